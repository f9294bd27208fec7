"""The widgets without a browser: what they hold, what they answer, what they say when something is wrong."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from fitlab.analysis import analyze_pose
from fitlab.exercises.assessment import GOOD, NOT_JUDGED
from fitlab.exercises.definition import exercise_named
from fitlab.images import ImageError
from fitlab.lifting.lifter import Lifter
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import LIFT16, MPII16

pytest.importorskip("pythreejs")

import fitlab_widgets
from fitlab_widgets import (
    AngleTripletPicker,
    ExerciseSelector,
    FormCheck,
    FrameScrubber,
    KeypointEditor,
    PhotoInput,
    PoseViewer,
)
from fitlab_widgets.angle_curve import AngleCurve
from fitlab_widgets.joint_picture import _MOST_UNDO, moved_joint, preview
from fitlab_widgets.playback import Playback
from fitlab_widgets.results import headline
from fitlab_widgets.style import stylesheet
from fitlab_widgets.worker import LatestWorker

PHOTO = np.full((100, 200, 3), 90, np.uint8)


def standing() -> np.ndarray:
    """LIFT16 in mm: upright, arms hanging, y down."""
    places = {
        "pelvis": (0, 0), "hip": (100, 0), "knee": (100, 400), "ankle": (100, 800), "spine": (0, -250),
        "thorax": (0, -500), "head_top": (0, -800), "shoulder": (180, -480), "elbow": (180, -200), "wrist": (180, 50),
    }  # fmt: skip
    points = []
    for name in LIFT16.joints:
        x, y = places[name.removeprefix("left_").removeprefix("right_")]
        points.append((-x if name.startswith("right_") else x, y, 0))
    return np.array(points, float)


def pose3d(points: np.ndarray | None = None) -> Pose3D:
    points = standing() if points is None else points
    return Pose3D(points, np.ones(points.shape[:-1]))


def pose2d(score: float = 0.9) -> Pose2D:
    points = np.stack([np.linspace(10, 160, 16), np.linspace(10, 85, 16)], 1)
    return Pose2D(points, np.full(16, score), (200, 100), np.tile(np.eye(2) * 9.0, (16, 1, 1)))


def jpeg(photo: np.ndarray = PHOTO) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "JPEG")
    return stream.getvalue()


def during(monkeypatch: pytest.MonkeyPatch, function, action) -> threading.Thread:
    """A thread that does ``action`` during the next call of a function of joint_picture, unless a lock lets it wait."""
    thread = threading.Thread(target=action, daemon=True)

    def interrupted(*arguments: object) -> object:
        if thread.ident is None:
            thread.start()
            thread.join(0.3)
        return function(*arguments)

    monkeypatch.setattr(f"fitlab_widgets.joint_picture.{function.__name__}", interrupted)
    return thread


def part(widget, description: str):
    """The part of ``widget``, however deep, that bears ``description``."""
    inside = [widget]
    for one in inside:
        inside += getattr(one, "children", ())
    return next(one for one in inside if getattr(one, "description", "") == description)


def contrast_with_white(colour: str) -> float:
    """WCAG 2's ratio of white to a colour such as #1550b8."""
    share = np.array(list(bytes.fromhex(colour.removeprefix("#")))) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


class TestConstructors:
    @pytest.mark.parametrize("name", fitlab_widgets.__all__)
    def test_a_misspelt_trait_is_refused_with_what_there_is(self, name):
        clip = (None, None, pose3d(np.stack([standing()] * 3)), 30) if name == "FrameScrubber" else ()
        with pytest.raises(TypeError, match=f"trait of {name} 'tooltop'; did you mean tooltip"):
            getattr(fitlab_widgets, name)(*clip, tooltop="a word")

    def test_the_traits_of_a_scrubber_act_on_its_parts(self):
        scrubber = FrameScrubber(None, None, pose3d(np.stack([standing()] * 3)), 30, frame=2, playing=True)
        assert (scrubber.frame, scrubber.curve.frame, scrubber.curve.playing) == (2, 2, True)

    def test_the_traits_of_a_form_check_act_on_its_parts(self, tmp_path):
        assert FormCheck(samples=tmp_path, measuring=True).editor.mode == "pick"

    def test_the_traits_of_a_picker_act_on_its_parts(self):
        picker = AngleTripletPicker(PHOTO, pose2d(), pose3d(), triplet=("left_hip", "left_knee", "left_ankle"))
        check = picker.keep("my knee", 80, 100)
        again = AngleTripletPicker(kept={"my knee": check})
        assert again.arcs == (check.joints,)
        assert len(again._list.children) == 1

    def test_the_menu_of_a_selector_has_the_exercises_it_was_given(self):
        selector = ExerciseSelector(exercises={"lunge": exercise_named("lunge")})
        assert [name for _, name in selector._menu.options] == ["lunge"]


class TestStyle:
    def test_what_has_the_focus_stands_out_from_white(self):
        focused = re.findall(r"focus-visible[^{]*\{[^}]*?(?:outline|stroke): [^;}]*?(#\w{6})\b", stylesheet().value)
        assert len(focused) == 3
        assert min(map(contrast_with_white, focused)) >= 3

    def test_a_joint_that_has_the_focus_has_a_white_halo_against_a_dark_photo(self):
        assert re.search(r"\.fitlab-joint:focus-visible \.fitlab-halo[^{]*\{ stroke: #fff;", stylesheet().value)


class TestKeypointEditor:
    def test_a_moved_joint_is_where_it_was_put_and_surely_known(self):
        moved = moved_joint(pose2d(0.4), "left_knee", 50, 60)
        assert moved.joint("left_knee").tolist() == [50, 60]
        assert moved.score[MPII16.index("left_knee")] == 1
        assert moved.covariance[MPII16.index("left_knee")][0, 0] < 1
        assert moved.joint("right_knee").tolist() == pose2d().joint("right_knee").tolist()

    def test_a_joint_cannot_leave_the_photo(self):
        assert moved_joint(pose2d(), "left_knee", -5, 1000).joint("left_knee").tolist() == [0, 99]

    def test_undo_takes_back_one_drag_and_reset_all(self):
        start = pose2d()
        editor = KeypointEditor(PHOTO, start)
        editor.move("left_knee", 10, 10, more=True)
        editor.move("left_knee", 20, 20, more=False)
        editor.move("left_hip", 30, 30)
        editor.undo()
        assert editor.pose2d.joint("left_knee").tolist() == [20, 20]
        assert editor.pose2d.joint("left_hip").tolist() == start.joint("left_hip").tolist()
        editor.undo()
        assert editor.pose2d is start
        editor.move("left_hip", 30, 30)
        editor.move("left_knee", 20, 20)
        editor.reset()
        assert editor.pose2d is start
        editor.undo()
        assert editor.pose2d is start

    def test_reset_takes_back_more_movements_than_can_be_undone(self):
        start = pose2d()
        editor = KeypointEditor(PHOTO, start)
        for step in range(_MOST_UNDO + 1):
            editor.move("left_knee", step, 10)
        editor.reset()
        assert editor.pose2d is start
        assert not editor._can_undo
        assert not editor._can_reset

    def test_reset_is_still_there_when_nothing_more_can_be_undone(self):
        start = pose2d()
        editor = KeypointEditor(PHOTO, start)
        for step in range(_MOST_UNDO + 1):
            editor.move("left_knee", step, 10)
        for _ in range(_MOST_UNDO):
            editor.undo()
        assert not editor._can_undo
        assert editor._can_reset
        editor.reset()
        assert editor.pose2d is start

    def test_what_was_undone_to_the_first_pose_needs_no_reset(self):
        editor = KeypointEditor(PHOTO, pose2d())
        editor.move("left_knee", 10, 10)
        editor.undo()
        assert not editor._can_reset

    def test_a_joint_that_was_not_found_can_be_put_in_place(self):
        nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (200, 100))
        editor = KeypointEditor(PHOTO, nobody)
        assert editor._points == [None] * 16
        editor.move("left_knee", 20, 30)
        assert editor._points[MPII16.index("left_knee")] == [20, 30, 1]

    def test_it_tells_how_joints_are_moved_without_a_mouse(self):
        told = KeypointEditor().get_state()["help"]
        assert "Tab" in told
        assert "arrow keys" in told

    def test_without_a_pose_it_says_what_to_do(self):
        with pytest.raises(ValueError, match="load a photo"):
            KeypointEditor().move("left_knee", 1, 1)

    def test_a_new_photo_comes_with_its_joints(self):
        editor, new, seen = KeypointEditor(PHOTO, pose2d()), pose2d(), []
        editor.observe(lambda change: seen.append(editor.pose2d), "photo")
        editor.load(PHOTO.copy(), new)
        assert len(seen) == 1
        assert seen[0] is new

    def test_a_drag_while_a_photo_is_loaded_leaves_nothing_of_the_old_one_to_undo(self, monkeypatch):
        editor, new = KeypointEditor(PHOTO, pose2d()), pose2d()
        drag = during(monkeypatch, preview, lambda: editor.move("left_knee", 20, 20))
        editor.load(PHOTO.copy(), new)
        drag.join(10)
        editor.undo()
        assert editor.pose2d is new

    def test_a_photo_that_comes_during_a_drag_keeps_its_own_joints(self, monkeypatch):
        editor, new = KeypointEditor(PHOTO, pose2d()), pose2d()
        load = during(monkeypatch, moved_joint, lambda: editor.load(PHOTO.copy(), new))
        editor.move("left_knee", 20, 20)
        load.join(10)
        assert editor.pose2d is new

    def test_the_browser_gets_a_small_picture(self):
        large = np.zeros((3000, 4000, 3), np.uint8)
        assert Image.open(io.BytesIO(preview(large))).size == (1280, 960)
        assert Image.open(io.BytesIO(preview(PHOTO))).size == (200, 100)


class TestPhotoInput:
    def send(self, source: PhotoInput, content: bytes, name: str = "me.jpg", number: int = 1) -> None:
        source._heard(source, {"action": "begin", "number": number, "name": name, "bytes": len(content)}, [])
        for start in range(0, len(content), 500):
            source._heard(source, {"action": "piece", "number": number}, [memoryview(content[start : start + 500])])

    def test_a_photo_arrives_in_pieces(self):
        source = PhotoInput()
        self.send(source, jpeg())
        assert source.photo.shape == PHOTO.shape
        assert (source.name, source.status, source.failed) == ("me.jpg", "", False)

    def test_a_pdf_named_jpg_is_refused_in_a_sentence_and_the_last_photo_stays(self):
        source = PhotoInput()
        self.send(source, jpeg())
        self.send(source, b"%PDF-1.7 nothing to see", "trick.jpg", number=2)
        assert source.failed
        assert "trick.jpg is not an image" in source.status
        assert source.photo.shape == PHOTO.shape

    def test_pieces_of_an_upload_that_was_replaced_are_dropped(self):
        source = PhotoInput()
        source._heard(source, {"action": "begin", "number": 1, "name": "old.jpg", "bytes": 10}, [])
        self.send(source, jpeg(), "new.jpg", number=2)
        source._heard(source, {"action": "piece", "number": 1}, [b"0123456789"])
        assert source.name == "new.jpg"

    def test_samples_are_the_photos_of_a_folder(self, tmp_path):
        (tmp_path / "squat.jpg").write_bytes(jpeg())
        (tmp_path / "notes.txt").write_text("no photo")
        source = PhotoInput(tmp_path)
        assert source.samples == ("squat",)
        source.choose("squat")
        assert source.name == "squat"
        with pytest.raises(ValueError, match="there are: squat"):
            source.choose("plank")

    def test_samples_may_end_as_cameras_and_phones_write_it(self, tmp_path):
        for file in ("a.jpeg", "b.JPG", "c.PNG", "d.webp", "e.JPEG"):
            (tmp_path / file).write_bytes(jpeg())
        assert PhotoInput(tmp_path).samples == ("a", "b", "c", "d", "e")

    def test_a_missing_folder_of_samples_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            PhotoInput(tmp_path / "nowhere")


class TestExerciseSelector:
    def test_it_holds_the_exercise_and_shows_its_advice_and_targets(self):
        selector = ExerciseSelector("push_up")
        assert selector.exercise == exercise_named("push_up")
        selector._menu.value = "squat"
        assert selector.exercise.name == "squat"
        assert selector.exercise.camera in selector._advice.value
        assert selector.exercise.checks[0].target in selector._table.value

    def test_a_name_may_be_assigned_and_an_unknown_one_is_refused(self):
        selector = ExerciseSelector()
        selector.exercise = "plank"
        assert selector._menu.value == "plank"
        with pytest.raises(ValueError, match="did you mean squat"):
            selector.exercise = "squad"

    def test_an_exercise_of_ones_own_is_added(self):
        own = replace(exercise_named("squat"), name="deep_squat", title="Deep squat")
        selector = ExerciseSelector(own)
        assert selector.exercise is own
        assert (selector._menu.label, selector._menu.value) == ("Deep squat", "deep_squat")
        selector._menu.value = "plank"
        selector._menu.value = "deep_squat"
        assert selector.exercise is own

    def test_an_exercise_that_is_assigned_stays_whatever_its_name(self):
        selector = ExerciseSelector("plank")
        for name in ("squat", "mine"):
            own = replace(exercise_named("squat"), name=name, title="Mine")
            selector.exercise = own
            assert selector.exercise is own
        assert selector._menu.value is None

    def test_adding_chooses_nothing_else_on_the_way(self):
        selector, chosen = ExerciseSelector("plank"), []
        selector.observe(lambda change: chosen.append(change.new.name), "exercise")
        selector.add(replace(exercise_named("squat"), name="mine"))
        assert chosen == ["mine"]


class TestPoseViewer:
    def test_unknown_joints_shrink_to_nothing(self):
        points = standing()
        points[LIFT16.index("left_wrist")] = np.nan
        viewer = PoseViewer(pose3d(points))
        assert np.isfinite(viewer._skeleton._place.array).all()

    def test_no_sector_is_left_where_the_pose_is_taken_away(self):
        viewer = PoseViewer(pose3d(), arcs=(("left_hip", "left_knee", "left_ankle"),))
        assert viewer._sectors.mesh.visible
        viewer.pose = None
        assert not viewer._sectors.mesh.visible

    def test_arcs_tell_their_degrees(self):
        viewer = PoseViewer(pose3d(), arcs=(("left_hip", "left_knee", "left_ankle"),))
        assert "left hip - left knee - left ankle: 180°" in viewer._words.value

    def test_a_click_near_a_joint_picks_it_and_one_on_nothing_does_not(self):
        viewer = PoseViewer(pose3d())
        knee = np.array([0.1, -0.4, 0.0]) + viewer.stage.position
        picker = viewer._renderers[0].controls[1]
        picker.object = viewer._skeleton.mesh
        picker.point = tuple(knee)
        assert viewer.picked == "left_knee"
        picker.object = None
        picker.point = (0.0, 0.0, 0.0)
        assert (viewer.picked, viewer.clicks) == ("", 2)

    def test_a_clip_is_refused(self):
        with pytest.raises(ValueError, match="index the clip"):
            PoseViewer(pose3d(np.stack([standing()] * 3)))

    @pytest.mark.parametrize("name", ["pose", "comparison"])
    def test_a_pose_of_other_joints_is_refused_and_the_last_one_stays(self, name):
        last = pose3d()
        viewer = PoseViewer()
        setattr(viewer, name, last)
        with pytest.raises(ValueError, match="shown in LIFT16, as the lifters give them, got one of MPII16"):
            setattr(viewer, name, replace(last, skeleton=MPII16))
        assert getattr(viewer, name) is last

    def test_nothing_of_the_still_pose_is_drawn_beside_a_playing_one(self):
        doubtful = replace(pose3d(), samples=np.stack([standing() - 200, standing(), standing() + 200]))
        viewer = PoseViewer(doubtful)
        playback = Playback(np.stack([standing()] * 2) / 1000, LIFT16, 10)
        viewer.play(playback)
        viewer.arcs = (("left_hip", "left_knee", "left_ankle"),)
        viewer.uncertainty = True
        viewer.comparison = pose3d()
        assert not any(part.mesh.visible for part in viewer._meshes)
        viewer.pause(playback)
        assert all(part.mesh.visible for part in viewer._meshes)


class TestAngleTripletPicker:
    def picker(self) -> AngleTripletPicker:
        return AngleTripletPicker(PHOTO, pose2d(), pose3d())

    def test_three_clicks_in_the_picture_give_the_angle_in_space(self):
        picker = self.picker()
        picker.picture.picked = ("left_hip", "left_knee", "left_ankle")
        assert picker.degrees == pytest.approx(180)
        assert picker.low < picker.degrees
        assert "180° in space" in picker._result.value

    def test_a_kept_angle_joins_the_exercise(self):
        picker = self.picker()
        picker.triplet = ("left_hip", "left_knee", "left_ankle")
        picker.keep("my knee", 80, 100)
        checks = picker.added_to(exercise_named("squat")).checks
        assert (checks[-1].angle, checks[-1].target) == ("my knee", "80 to 100")
        picker.forget("my knee")
        assert picker.added_to(exercise_named("squat")) == exercise_named("squat")

    def test_what_cannot_be_kept_is_said_in_the_widget(self):
        picker = self.picker()
        picker._keep_pressed(None)
        assert "choose three joints" in picker._hint.value.lower()

    def test_a_joint_without_a_place_in_space_is_named(self):
        picker = self.picker()
        picker.picture.picked = ("upper_neck",)
        assert "upper neck" in picker._hint.value
        assert picker.triplet == ()

    def test_a_joint_that_was_refused_does_not_stay_picked(self):
        picker = self.picker()
        picker.picture.picked = ("left_hip",)
        picker.picture.picked = ("left_hip", "upper_neck")
        assert picker.picture.picked == picker.triplet == ("left_hip",)
        assert "upper neck" in picker._hint.value
        picker.picture.picked = ("left_hip", "left_knee")
        assert picker._hint.value == ""

    def test_the_hint_goes_with_the_next_choice_whatever_it_comes_from(self):
        picker = self.picker()
        picker.picture.picked = ("upper_neck",)
        picker.triplet = ("left_hip",)
        assert picker._hint.value == ""

    @pytest.mark.parametrize("vertex", ["mid_knees", "spine"])
    def test_joints_that_the_picture_does_not_have_can_be_chosen(self, vertex):
        picker = self.picker()
        picker.triplet = ("left_hip", vertex, "left_ankle")
        assert picker.triplet == ("left_hip", vertex, "left_ankle")
        assert picker.picture.picked == ("left_hip", "left_ankle")
        assert np.isfinite(picker.degrees)

    @pytest.mark.parametrize("vertex", ["mid_knees", "spine"])
    def test_joints_that_the_picture_does_not_have_can_be_chosen_from_the_lists(self, vertex):
        picker = self.picker()
        for menu, name in zip(picker._lists, ("left_hip", vertex, "left_ankle"), strict=True):
            menu.value = name
        assert picker.triplet == tuple(menu.value for menu in picker._lists) == ("left_hip", vertex, "left_ankle")

    @pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
    def test_the_lists_can_be_filled_in_any_order(self, order):
        picker, names = self.picker(), ("left_hip", "left_knee", "left_ankle")
        filled = ["", "", ""]
        for place in order:
            assert picker.triplet == ()
            picker._lists[place].value = filled[place] = names[place]
            assert [menu.value for menu in picker._lists] == filled
        assert picker.triplet == names

    def test_a_list_that_is_emptied_leaves_the_others_and_the_angle(self):
        picker = self.picker()
        picker.triplet = ("left_hip", "left_knee", "left_ankle")
        picker._lists[0].value = ""
        assert [menu.value for menu in picker._lists] == ["", "left_knee", "left_ankle"]
        assert picker.triplet == ("left_hip", "left_knee", "left_ankle")
        picker._lists[0].value = "pelvis"
        assert picker.triplet == ("pelvis", "left_knee", "left_ankle")

    @pytest.mark.parametrize(("place", "name"), [(0, "left_knee"), (1, "left_ankle"), (2, "left_hip")])
    def test_a_joint_twice_leaves_the_lists_as_the_angle_is(self, place, name):
        picker = self.picker()
        picker.triplet = ("left_hip", "left_knee", "left_ankle")
        picker._lists[place].value = name
        assert tuple(menu.value for menu in picker._lists) == picker.triplet == ("left_hip", "left_knee", "left_ankle")
        assert "three different joints" in picker._hint.value

    def test_clear_empties_lists_that_are_not_full_yet(self):
        picker = self.picker()
        picker._lists[1].value = "left_knee"
        picker._clear.click()
        assert [menu.value for menu in picker._lists] == [""] * 3

    def test_a_moved_joint_leaves_lists_that_are_not_full_yet(self):
        picker = self.picker()
        picker._lists[1].value = "left_knee"
        picker.pose2d = pose2d()
        assert picker._lists[1].value == "left_knee"

    def test_a_click_in_the_picture_leaves_the_joints_that_it_does_not_have(self):
        picker = self.picker()
        picker.triplet = ("spine", "left_hip")
        picker.picture.picked = ("left_hip", "left_knee")
        assert picker.triplet == ("spine", "left_hip", "left_knee")
        picker.picture.picked = ("left_knee",)
        assert picker.triplet == ("spine", "left_knee")
        picker.triplet = ("left_hip", "spine", "left_knee")
        picker.picture.picked = ("left_hip", "left_knee", "left_ankle")
        assert picker.triplet == picker.picture.picked == ("left_ankle",)

    def test_clear_lets_go_of_the_joints_and_keeps_the_kept_angles(self):
        picker = self.picker()
        picker.triplet = ("left_hip", "left_knee", "left_ankle")
        picker.keep("my knee")
        picker.triplet = ("left_shoulder", "left_hip", "left_knee")
        picker.picture.hint = "There is no joint at that place."
        picker.clear()
        assert picker.triplet == picker.picture.picked == ()
        assert picker.arcs == (("left_hip", "left_knee", "left_ankle"),)
        assert picker.picture.hint == ""

    def test_the_example_of_a_name_is_an_angle_between_joints_that_there_are(self):
        example = part(self.picker(), "Name").placeholder
        assert example == "such as: left shin to thigh"

    def test_a_click_on_nothing_in_the_3d_view_is_answered(self):
        picker = self.picker()
        picker.viewer.picked = ""
        picker.viewer.clicks += 1
        assert "no joint" in picker._hint.value


class TestFrameScrubber:
    def scrubber(self, **options: object) -> FrameScrubber:
        bent = standing()
        bent[LIFT16.index("left_ankle")] = [100, 400, 400]
        clip = pose3d(np.stack([standing(), bent, standing()]))
        return FrameScrubber(np.stack([PHOTO] * 3), None, clip, fps=10, **options)

    def test_frame_picture_curve_and_skeleton_move_together(self):
        scrubber = self.scrubber()
        scrubber.frame = 1
        assert scrubber.curve.frame == 1
        assert scrubber.curve.values == [180, 90, 180]
        assert scrubber.viewer.pose.joint("left_ankle").tolist() == [100, 400, 400]
        scrubber.curve.frame = 2
        assert scrubber.frame == 2
        scrubber.step(5)
        assert scrubber.frame == 2

    def test_the_curve_shows_any_angle(self):
        scrubber = self.scrubber(angle=("left_hip", "left_knee", "left_ankle"))
        assert scrubber.curve.values == [180, 90, 180]
        with pytest.raises(ValueError, match="did you mean"):
            scrubber.angle = "knee"

    def test_playing_shows_the_moving_skeleton_and_pausing_the_still_one(self):
        scrubber = self.scrubber()
        scrubber.playing = True
        assert scrubber.curve.playing
        assert scrubber._playback.group.visible
        assert not scrubber.viewer._skeleton.mesh.visible
        scrubber.playing = False
        assert not scrubber._playback.group.visible
        assert scrubber.viewer._skeleton.mesh.visible

    def test_only_the_words_count_the_frames(self):
        scrubber = self.scrubber(frame=1)
        assert "frame 2 of 3" in scrubber._words.value
        assert not part(scrubber, "Frame").readout

    def test_the_button_plays_and_shows_whether_it_plays(self):
        scrubber = self.scrubber()
        play = part(scrubber, "Play")
        play.value = True
        assert scrubber.playing
        scrubber.step(1)
        assert not play.value

    def test_a_clip_of_one_frame_does_not_play(self):
        scrubber = FrameScrubber(None, None, pose3d(standing()[None]), fps=10)
        play = part(scrubber, "Play")
        play.value = True
        assert (scrubber.playing, play.value) == (False, False)
        scrubber.playing = True
        assert (scrubber.playing, play.value, scrubber.curve.playing) == (False, False, False)

    def test_frames_and_poses_of_different_length_are_refused(self):
        with pytest.raises(ValueError, match="2 of frames, 1 of pose3d"):
            FrameScrubber([PHOTO, PHOTO], None, pose3d(standing()[None]), fps=10)

    def test_a_clip_of_other_joints_is_refused(self):
        with pytest.raises(ValueError, match="shown in LIFT16, as the lifters give them, got one of MPII16"):
            FrameScrubber(None, None, replace(pose3d(standing()[None]), skeleton=MPII16), fps=10)

    def test_another_angle_while_it_plays_draws_no_sector(self):
        scrubber = self.scrubber()
        scrubber.playing = True
        scrubber.angle = "right_knee"
        assert not scrubber.viewer._sectors.mesh.visible
        scrubber.playing = False
        assert scrubber.viewer._sectors.mesh.visible


class TestAngleCurve:
    def test_the_frame_stays_within_fewer_values(self):
        curve = AngleCurve(values=[90] * 20, frame=15)
        curve.values = [90, 100]
        assert curve.frame == 1
        curve.values = []
        assert curve.frame == 0


@pytest.fixture
def app(monkeypatch, tmp_path):
    """A FormCheck whose models find everybody standing, and nobody in a photo that is all white."""

    def answer(question):
        nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (200, 100))
        found = nobody if question.photo.min() == 255 else pose2d()
        return analyze_pose(question.photo, question.pose2d or found, question.exercise, lifter=Standing())

    monkeypatch.setattr("fitlab_widgets.form_check._answer", answer)
    for name in ("squat", "plank"):
        (tmp_path / f"{name}.jpg").write_bytes(jpeg())
    return FormCheck(samples=tmp_path)


class Standing(Lifter):
    """Finds the same standing person in every picture."""

    def __init__(self):
        super().__init__(torch.nn.Identity())

    def lift(self, pose2d, height_mm=None, samples=0, seed=0, field_of_view=None, flip=True):
        return pose3d()


class TestFormCheck:
    def test_it_starts_with_the_sample_of_its_exercise(self, app):
        assert app.analysis.exercise.name == "squat"
        assert "left knee" in app._table.value
        assert app.editor.pose2d is app.analysis.pose2d
        assert app.viewer.pose is app.analysis.pose3d

    def test_a_sample_named_after_an_exercise_chooses_it(self, app):
        app.input.choose("plank")
        assert app.wait(10)
        assert app.exercise.name == app.analysis.exercise.name == "plank"
        assert app.selector.exercise.name == "plank"

    def test_another_exercise_judges_the_same_joints_anew(self, app):
        before = app.analysis.pose2d
        app.selector._menu.value = "lunge"
        assert app.analysis.exercise.name == "lunge"
        assert app.analysis.pose2d is before

    def test_a_moved_joint_is_analysed_at_once(self, app):
        app.editor.move("left_knee", 50, 60)
        assert app.analysis.pose2d.joint("left_knee").tolist() == [50, 60]

    def test_without_a_person_it_says_so(self, app):
        app.input.offer(jpeg(np.full((100, 200, 3), 255, np.uint8)), "wall.jpg")
        assert app.wait(10)
        assert not app.analysis.found
        assert "Nobody" in app.input.status
        assert app.input.failed
        assert "Nobody found" in app._headline.value

    def test_joints_put_in_place_by_hand_end_the_complaint(self, app):
        app.input.offer(jpeg(np.full((100, 200, 3), 255, np.uint8)), "wall.jpg")
        assert app.wait(10)
        app.editor.move("left_knee", 50, 60)
        assert app.analysis.found
        assert (app.input.status, app.input.failed) == ("", False)
        app.editor.undo()
        assert "Nobody" in app.input.status
        assert app.input.failed

    def test_a_refused_upload_is_told_while_another_photo_is_analysed_and_afterwards(self, app):
        free, work = threading.Event(), app._worker._work
        app._worker._work = lambda question: free.wait(10) and work(question)
        app.input.offer(jpeg(), "me.jpg")
        app.input.offer(b"no photo", "trick.jpg")
        assert "trick.jpg is not an image" in app.input.status
        assert "me.jpg" in app.input.status
        assert app.input.failed
        assert app.input.busy
        free.set()
        assert app.wait(10)
        assert app.input.status == app.input.complaint
        assert "trick.jpg is not an image" in app.input.status
        assert app.input.failed
        assert not app.input.busy

    @pytest.mark.parametrize(
        "action",
        [
            lambda app: app.input.offer(jpeg(), "me.jpg"),
            lambda app: app.input._heard(None, {"action": "begin", "number": 7, "name": "me.jpg", "bytes": 9}, []),
            lambda app: setattr(app.selector._menu, "value", "lunge"),
            lambda app: app.editor.move("left_knee", 50, 60),
            lambda app: app.editor.undo(),
            lambda app: app.editor.reset(),
        ],
        ids=["photo", "upload", "exercise", "drag", "undo", "reset"],
    )
    def test_a_refused_upload_is_forgotten_with_the_next_action(self, app, action):
        app.editor.move("left_knee", 20, 20)
        app.input.offer(b"no photo", "trick.jpg")
        assert app.input.failed
        action(app)
        assert app.wait(10)
        assert (app.input.status, app.input.failed) == ("", False)

    def test_little_that_can_be_judged_is_no_reason_for_praise(self, app):
        only = replace(app.analysis.findings[0], verdict=GOOD, reason="")
        others = [replace(only, verdict=NOT_JUDGED)] * 2
        assert "well done" in headline(replace(app.analysis, findings=(only, only, *others)))
        assert "only 1 of 3 angles can be judged" in headline(replace(app.analysis, findings=(only, *others)))
        risk = replace(only, verdict=NOT_JUDGED, check=replace(only.check, severity="risk"))
        assert "only 2 of 3 angles can be judged" in headline(replace(app.analysis, findings=(only, only, risk)))

    def test_what_goes_wrong_is_told_and_the_last_result_stays(self, app, monkeypatch):
        before = app.analysis

        def broken(question):
            raise RuntimeError("the weights are gone")

        monkeypatch.setattr("fitlab_widgets.form_check._answer", broken)
        app._worker._work = broken
        app.input.offer(jpeg(), "me.jpg")
        assert app.wait(10)
        assert "the weights are gone" in app.input.status
        assert app.analysis is before
        assert not app.busy

    def test_a_damaged_sample_is_told_and_the_next_photo_is_analysed(self, app, tmp_path):
        (tmp_path / "squat.jpg").write_bytes(jpeg()[:100])
        other = FormCheck(samples=tmp_path)
        assert other.input.status.startswith("squat is ")
        assert other.input.failed
        other.input.choose("plank")
        assert other.wait(10)
        assert other.analysis.found

    def test_an_exercise_of_ones_own_is_judged_as_it_is(self, app, tmp_path):
        own = replace(exercise_named("squat"), title="Mine")
        app.selector._menu.value = "plank"
        app.exercise = own
        assert app.exercise is app.selector.exercise is own
        assert app.analysis.exercise == own
        app.input.choose("squat")
        assert app.wait(10)
        assert app.analysis.exercise == own
        new = replace(own, name="mine")
        assert FormCheck(new, tmp_path).analysis.exercise == new

    def test_a_drag_while_a_photo_arrives_moves_a_joint_of_the_new_one(self, app, monkeypatch):
        before = app.editor.pose2d
        drag = during(monkeypatch, preview, lambda: app.editor.move("left_knee", 20, 20))
        app.input.offer(jpeg(), "me.jpg")
        assert app.wait(10)
        drag.join(10)
        assert app.analysis.photo is app.editor.photo is app.input.photo
        assert app.analysis.pose2d is app.editor.pose2d
        app.editor.undo()
        assert app.analysis.pose2d is app.editor.pose2d
        assert app.editor.pose2d is not before

    def test_a_drag_and_a_photo_at_the_same_time_do_not_wait_for_each_other(self, app, monkeypatch):
        offer = during(monkeypatch, moved_joint, lambda: app.input.offer(jpeg(), "me.jpg"))
        drag = threading.Thread(target=app.editor.move, args=("left_knee", 20, 20), daemon=True)
        drag.start()
        drag.join(10)
        assert not drag.is_alive()
        offer.join(10)
        assert app.wait(10)
        assert app.analysis.photo is app.editor.photo is app.input.photo

    def test_an_answer_that_comes_late_does_not_end_the_wait_for_the_newest(self, app):
        free, delivered, work, deliver = threading.Event(), threading.Event(), app._worker._work, app._worker._deliver
        newest = threading.Thread(target=app.input.offer, args=(jpeg(), "newest.jpg"), daemon=True)

        def work_until_free(question):
            assert newest.ident is None or free.wait(10)
            return work(question)

        def deliver_late(question, analysis):
            if newest.ident is None:
                newest.start()
                newest.join(0.3)
            deliver(question, analysis)
            delivered.set()

        app._worker._work, app._worker._deliver = work_until_free, deliver_late
        app.input.offer(jpeg(), "first.jpg")
        assert delivered.wait(10)
        newest.join(10)
        assert app.busy
        assert "newest.jpg" in app.input.status
        free.set()
        assert app.wait(10)
        assert not app.busy

    def test_a_kept_angle_gets_a_row_in_the_table(self, app):
        app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
        app.picker.keep("my knee", 80, 100)
        assert "my knee" in app._table.value
        assert app.analysis.findings[-1].verdict == "too large"

    def test_an_angle_kept_without_a_target_is_shown_and_not_judged(self, app):
        counted = headline(app.analysis)
        app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
        app.picker.keep("my knee")
        row = app._table.value[app._table.value.index("my knee") :]
        assert "180°" in row
        assert "no target" in row
        assert GOOD not in row
        assert headline(app.analysis) == counted
        assert "no target" in app.picker._list.children[0].children[1].value
        loose = app.analysis.findings[-1]
        assert "well done" not in headline(replace(app.analysis, findings=(loose,)))

    def test_measuring_changes_what_a_click_on_a_joint_does(self, app):
        app.measuring = True
        assert app.editor.mode == "pick"
        app.measuring = False
        assert app.editor.mode == "edit"

    def test_measuring_leaves_no_marks_but_kept_angles(self, app):
        arcs = app.viewer.arcs
        app.measuring = True
        app.editor.picked = ("left_shoulder", "right_shoulder", "right_hip")
        assert app.viewer.arcs != arcs
        app.measuring = False
        assert app.editor.picked == app.picker.triplet == ()
        assert app.viewer.arcs == arcs

    def test_a_new_photo_comes_without_the_marks_of_the_last_one(self, app):
        arcs = app.viewer.arcs
        app.measuring = True
        app.editor.picked = ("left_shoulder", "right_shoulder", "right_hip")
        app.input.offer(jpeg(), "me.jpg")
        assert app.wait(10)
        assert app.editor.picked == app.picker.triplet == ()
        assert app.viewer.arcs == arcs
        assert app.measuring

    def test_the_button_that_keeps_an_angle_says_for_how_long(self, app):
        app.picker.triplet = ("left_hip", "left_knee", "left_ankle")
        keep = part(app, "Keep this angle")
        keep.click()
        app.selector._menu.value = "lunge"
        assert app.analysis.findings[-1].check.joints == app.picker.triplet
        assert keep.tooltip == "Keep in the table, for every exercise"

    def test_it_says_what_it_does_not_judge_right_under_the_advice(self, app):
        column = app.children[1].children[1].children
        note = column[column.index(app._advice) + 1]
        assert "A training aid, not a medical device." in note.value
        for unseen in ("heels", "rounding of the back", "neck", "knees that fall inward", "uneven load"):
            assert unseen in note.value

    def test_words_of_a_users_exercise_cannot_break_the_page(self, app):
        strange = replace(app.exercise, title="<script>alert(1)</script>")
        app.selector.add(replace(strange, name="strange"))
        assert "<script>" not in app._headline.value


class TestLatestWorker:
    def test_the_last_of_three_wins(self):
        free, delivered = threading.Event(), []
        worker = LatestWorker(
            lambda item: free.wait(10) and item, lambda item, result: delivered.append(result), lambda *_: None
        )
        for item in (1, 2, 3):
            worker.submit(item)
        free.set()
        assert worker.wait(10)
        assert delivered == [3]

    def test_a_newer_item_waits_until_the_older_one_is_delivered(self):
        happened = []

        def submit_newer() -> None:
            worker.submit("newer")
            happened.append("submitted newer")

        def deliver(item: str, result: str) -> None:
            if item == "older":
                newer.start()
                newer.join(0.3)
            happened.append(f"delivered {item}")

        newer = threading.Thread(target=submit_newer, daemon=True)
        worker = LatestWorker(lambda item: item, deliver, lambda *_: None)
        worker.submit("older")
        assert worker.wait(10)
        newer.join(10)
        assert worker.wait(10)
        assert happened.index("delivered older") < happened.index("submitted newer")

    def test_an_error_is_told_and_the_next_job_runs(self):
        told, delivered = [], []

        def work(item: str) -> str:
            if item == "bad":
                raise ImageError("cannot be read")
            return item

        worker = LatestWorker(
            work, lambda item, result: delivered.append(result), lambda item, error: told.append(error)
        )
        worker.submit("bad")
        assert worker.wait(10)
        worker.submit("good")
        assert worker.wait(10)
        assert [str(error) for error in told] == ["cannot be read"]
        assert delivered == ["good"]
