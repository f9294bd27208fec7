"""A clip in the app: its farthest frame as a photo, its repetitions below, one analysis for both."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from fitlab_widgets.questions import shown_moment
from reports.clips import KNEES, SIZE, analysis
from widget_parts import jpeg, part, pose2d

from fitlab.exercises.calibration import default_calibration
from fitlab.exercises.intervals import interval
from fitlab.overlay.mp4 import mp4

COUNT = len(KNEES)


@pytest.fixture
def clip(tmp_path) -> bytes:
    with mp4(tmp_path / "squats.mp4", *SIZE, 5) as write:
        for frame in range(COUNT):
            write(np.full((SIZE[1], SIZE[0], 3), 10 * frame + 50, np.uint8), frame / 5)
    return (tmp_path / "squats.mp4").read_bytes()


@pytest.fixture
def judged(app, clip, monkeypatch):
    """The app that shows a clip, whose analysis is made up; ``told`` is what its progress said."""

    def made_up(frames, exercise, progress, box=None, box_at=None):
        app.boxes.append((box, box_at))
        for done, _ in enumerate(frames, 1):
            progress(done, COUNT)
        found = analysis()
        return type(found)(**vars(found) | {"frames": np.arange(COUNT)})

    monkeypatch.setattr("fitlab_widgets.questions.analyze_video", made_up)
    app.told, app.boxes = [], []
    app.input.observe(lambda change: app.told.append(change.new), "progress")
    assert app.input.offer_clip(clip, "squats.mp4")
    assert app.wait(20)
    return app


def test_the_deepest_frame_is_judged_and_the_repetitions_are_in_a_table(judged):
    assert judged.analysis.photo[0, 0].tolist() == pytest.approx([120] * 3, abs=4)  # frame 7
    assert judged.input.status == "Shown is repetition 2 at 1.4 s, where it turns."
    assert judged._table.value.count("<tr data-angle") == len(judged.exercise.checks)
    assert judged.clip._table.value.count("<tr data-repetition") == 2
    assert judged.clip.layout.display == ""
    assert judged.clip.scrubber.frame == 7
    assert len([share for share in judged.told if share]) >= COUNT
    assert not judged.busy


def test_report_table_and_data_are_those_of_the_clip(judged):
    saved = {}
    judged.saver.send = lambda message, buffers: saved.update({message["file"]: bytes(buffers[0]).decode()})
    for kind in ("report", "table", "data"):
        judged.saver._heard(None, {"save": kind}, [])
    assert saved["squat.html"].count("<img") == 1
    assert "squats.mp4" in saved["squat.html"]
    assert saved["squat.csv"].startswith("number,")
    assert '"repetitions": [{"number": 1' in saved["squat.json"]


def test_another_exercise_is_judged_without_looking_again(judged, monkeypatch):
    monkeypatch.setattr("fitlab_widgets.questions.analyze_video", None)
    judged.exercise = "plank"
    assert judged.wait(20)
    assert judged.video.exercise.name == "plank"
    assert judged.clip.scrubber.analysis is judged.video
    assert judged.clip._table.value == ""


def test_a_joint_that_is_moved_above_counts_below_and_the_other_way_round(judged):
    judged.editor.move("left_knee", 300, 250)
    below = {each.check.angle: each.degrees[7] for each in judged.video.findings}
    assert {each.check.angle: each.degrees for each in judged.analysis.findings} == below
    judged.editor.move("left_wrist", 30, 40)
    assert judged.video.pose2d.joint("left_wrist")[7].tolist() == [30, 40]
    assert judged.saver.analysis is judged.video
    judged.clip.scrubber.picture.move("left_wrist", 50, 60)
    assert judged.editor.pose2d.joint("left_wrist").tolist() == [50, 60]
    judged.clip.scrubber.go_to(2)
    judged.clip.scrubber.picture.move("left_wrist", 70, 80)
    assert judged.editor.pose2d.joint("left_wrist").tolist() == [50, 60]


def test_a_photo_after_a_clip_hides_it(judged):
    judged.input.offer(jpeg(), "me.jpg")
    assert judged.wait(20)
    assert judged.clip.layout.display == "none"
    assert judged.clip.scrubber is None
    assert judged.video is None
    assert judged.input.status == ""


def test_a_clip_is_not_turned_or_cropped_into_a_photo(judged):
    assert part(judged, "Turn").disabled
    assert part(judged, "Crop").disabled
    judged.input.offer(jpeg(), "me.jpg")
    assert judged.wait(20)
    assert not part(judged, "Turn").disabled


def test_a_crop_that_was_to_come_does_not_make_a_photo_of_a_clip(judged, clip):
    judged.input.offer(jpeg(), "me.jpg")
    assert judged.wait(20)
    part(judged, "Crop").value = True
    judged.input.offer_clip(clip, "again.mp4")
    assert judged.wait(20)
    assert judged.video is not None
    assert not part(judged, "Crop").value
    assert judged.editor.mode == "edit"


def test_a_stopped_clip_is_asked_about_no_more(judged, clip, monkeypatch):
    """Neither by a tap nor by another exercise: both are about the clip that is still shown, whose file is there."""
    free, asked = threading.Event(), []

    def waits(frames, exercise, progress, **person):
        asked.append((frames.path, exercise.name))
        assert free.wait(20)
        progress(1, COUNT)
        return analysis()

    monkeypatch.setattr("fitlab_widgets.questions.analyze_video", waits)
    shown = judged._judged.path
    judged.input.offer_clip(clip, "other.mp4")
    judged.editor.box = (5, 5, 5, 5)  # no button is pressed, and another clip is on its way
    part(judged, "Choose the person").value = True
    judged.editor.box = (5, 5, 5, 5)
    judged.stop()
    free.set()
    assert judged.wait(20)
    assert {path for path, _ in asked} <= {judged.input.clip}
    judged.exercise = "plank"
    assert judged.wait(20)
    assert judged.video.exercise.name == "plank"
    assert judged._judged.path == shown
    assert judged.saver.name == "squats.mp4"
    assert judged.analysis.photo[0, 0].tolist() == pytest.approx([120] * 3, abs=80)


def test_the_choice_of_a_person_outlives_another_exercise(judged, monkeypatch):
    free = threading.Event()

    def slow(photo, tap, *others):
        assert free.wait(20)
        return pose2d()

    monkeypatch.setattr("fitlab_widgets.questions.person_at", slow)
    part(judged, "Choose the person").value = True
    judged.editor.box = (300, 200, 300, 200)
    judged.exercise = "lunge"
    free.set()
    assert judged.wait(20)
    assert judged.boxes[-1][0] is not None
    assert judged.video is not None


def test_what_was_dragged_can_be_undone_after_another_exercise(judged):
    judged.editor.move("left_wrist", 30, 40)
    assert judged.input.status.startswith("Shown is ")
    judged.exercise = "sit_up"  # which is judged in the same frame
    assert judged.wait(20)
    judged.exercise = "squat"
    assert judged.wait(20)
    assert judged.editor.pose2d.joint("left_wrist").tolist() == [30, 40]
    judged.editor.undo()
    assert judged.editor.pose2d.joint("left_wrist").tolist() != [30, 40]
    assert judged.video.pose2d.joint("left_wrist")[7].tolist() != [30, 40]


def test_after_a_refused_file_a_joint_can_still_be_dragged(judged):
    judged.input.offer(b"no photo", "broken.jpg")
    assert judged.clip.scrubber is None
    judged.editor.move("left_wrist", 30, 40)
    assert judged.analysis.pose2d.joint("left_wrist").tolist() == [30, 40]
    assert judged.video is None


def test_a_frame_beside_the_turn_has_the_angles_of_the_clip(judged):
    """A drag often moves the turn by a frame."""
    moved = tuple(replace(each, turn_frame=each.turn_frame - 1) for each in judged.video.repetitions)
    beside = replace(judged._judged, video=replace(judged.video, repetitions=moved))
    shown = shown_moment(beside, judged.exercise)
    assert {each.check.angle: each.degrees for each in shown.findings} == {
        each.check.angle: each.degrees[7] for each in judged.video.findings
    }
    alone = shown_moment(replace(beside, video=replace(judged.video, repetitions=())), judged.exercise)
    assert alone.findings[0].low != shown.findings[0].low


def test_another_angle_of_a_clip_is_as_certain_as_those_of_clips(judged):
    judged.picker.triplet = ("left_hip", "left_knee", "left_ankle")
    pose, constants = judged.analysis.pose3d, default_calibration()
    of_clip, of_photo = (interval(pose, "left_knee", each) for each in (constants.of_clips(), constants))
    assert (judged.picker.degrees, judged.picker.low, judged.picker.high) == pytest.approx(of_clip)
    assert of_clip != pytest.approx(of_photo)
    judged.input.offer(jpeg(), "me.jpg")
    assert judged.wait(20)
    assert judged.picker.calibration is None


def test_another_person_of_the_clip_can_be_chosen(judged, monkeypatch):
    """The clip is looked at again, for whoever is at the tap in the frame that is shown."""
    shown, at = judged.analysis.photo, {(300.0, 200.0): pose2d(), (9.0, 9.0): pose2d(0.0)}
    asked = []
    monkeypatch.setattr(
        "fitlab_widgets.questions.person_at", lambda photo, tap, *others: asked.append(photo) or at[tap[:2]]
    )
    part(judged, "Choose the person").value = True
    judged.editor.box = (300, 200, 300, 200)
    assert judged.wait(20)
    assert asked[0] is shown
    known = pose2d().points
    assert judged.boxes == [(None, None), ((*known.min(0), *known.max(0)), pytest.approx(1.4))]
    assert judged.clip.layout.display == ""
    before = judged.video
    part(judged, "Choose the person").value = True
    judged.editor.box = (9, 9, 9, 9)
    assert judged.wait(20)
    assert "There is nobody at that place" in judged.input.status
    assert judged.video is before
    judged.exercise = "plank"
    assert judged.wait(20)
    assert judged.video.exercise.name == "plank"


def test_a_clip_can_be_stopped(app, clip, monkeypatch):
    begun, free, ended = threading.Event(), threading.Event(), []

    def endless(frames, exercise, progress, **person):
        for done, _ in enumerate(frames, 1):
            begun.set()
            assert free.wait(10)
            progress(done, COUNT)
        ended.append(True)

    monkeypatch.setattr("fitlab_widgets.questions.analyze_video", endless)
    shown = app.analysis
    app.input.offer_clip(clip, "squats.mp4")
    assert begun.wait(10)
    app.input._heard(None, {"action": "stop"}, [])
    free.set()
    assert app.wait(10)
    assert (app.analysis, app.video, ended) == (shown, None, [])
    assert app.input.status == "Stopped. What is shown is the photo before."


def test_of_photos_in_a_row_one_is_judged(app, monkeypatch):
    monkeypatch.setattr("fitlab.moments.detect", lambda photo, detector: pose2d())
    photos = tuple(np.full((100, 200, 3), grey, np.uint8) for grey in (60, 120, 180))
    app.input.name, app.input.burst = "3 photos", photos
    assert app.wait(20)
    assert any(app.analysis.photo is photo for photo in photos)
    assert app.input.photo is app.analysis.photo
