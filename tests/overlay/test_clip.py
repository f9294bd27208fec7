"""Annotated clips: what is drawn where, and a file that players and readers take."""

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from bodies import before, plank, squat
from test_analysis import photographed

from fitlab.colours import STRONG_COLOURS, bone_colour, rgb
from fitlab.exercises.assessment import GOOD, TOO_LARGE, TOO_SMALL, assess
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.repetitions import Repetition
from fitlab.overlay.clip import LONGEST, write_annotated
from fitlab.overlay.frame import Overlay, draw_frame
from fitlab.overlay.story import corners, overlay, shown_angle
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import MPII16

SQUAT, PLANK, LUNGE = (exercise_named(name) for name in ("squat", "plank", "lunge"))
SIZE = (640, 480)
TIMES = np.array([0.0, 0.1, 0.2, 0.35, 0.5, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3])
DEPTHS = [170, 140, 110, 90, 80, 90, 110, 140, 170, 150, 130, 120]
GREY = (120, 120, 120)


def poses(knees=DEPTHS, azimuth: float = 60) -> tuple[Pose2D, Pose3D]:
    flat = Pose2D.stacked([photographed(squat(knee), azimuth) for knee in knees])
    solid = np.stack([before(squat(knee), azimuth) for knee in knees])
    return flat, Pose3D(solid, np.ones(solid.shape[:-1]))


def story(**changes) -> Overlay:
    pose2d, pose3d = poses()
    done = [Repetition(1, 0, 0.5, 1.0, 0, 4, 8, verdict=TOO_LARGE, sentence="Repetition 1: go deeper.")]
    told = overlay(SQUAT, TIMES, pose2d, pose3d, assess(pose3d, SQUAT), done)
    return replace(told, **changes)


def picture() -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8)


def drawn(told: Overlay, frame: int, image: np.ndarray | None = None, scale: float = 1.0) -> np.ndarray:
    image = picture() if image is None else image
    draw_frame(image, told, frame, scale)
    return image


def near(pixel: np.ndarray, colour: tuple[int, int, int], within: float = 40) -> bool:
    return np.abs(pixel.astype(int) - colour).max() <= within


def at(image: np.ndarray, place: np.ndarray) -> np.ndarray:
    x, y = np.rint(place).astype(int)
    return image[y, x]


@pytest.mark.parametrize("joint", ["left_shoulder", "right_wrist", "upper_neck"])
def test_a_certain_joint_is_filled_an_uncertain_one_hollow_and_an_unseen_one_left_out(joint):
    told, index = story(), MPII16.index(joint)
    place, colour = told.pose2d.points[0, index], rgb(bone_colour((joint, joint)))
    score = told.pose2d.score.copy()
    assert near(at(drawn(told, 0), place), colour)
    score[0, index] = 0.45
    unsure = replace(told, pose2d=replace(told.pose2d, score=score.copy()))
    assert near(at(drawn(unsure, 0), place), (255, 255, 255))
    score[0, index] = 0.1
    unseen = replace(told, pose2d=replace(told.pose2d, score=score))
    assert near(at(drawn(unseen, 0), place), GREY)


def test_joints_of_a_bridged_gap_are_all_hollow():
    told = story(bridged=np.arange(12) == 3)
    place = told.pose2d.points[3, MPII16.index("left_shoulder")]
    assert near(at(drawn(told, 3), place), (255, 255, 255))
    assert not near(at(drawn(told, 2), place), (255, 255, 255))


def test_the_counter_counts_what_has_ended_and_the_sentence_follows():
    told = story()
    assert told.counter == ["0"] * 8 + ["1"] * 4
    assert (told.unit, told.title) == ("repetitions", "Squat")
    assert [told.unit_in(frame) for frame in (0, 11)] == ["repetitions", "repetition"]
    assert told.words == [""] * 8 + ["Repetition 1: go deeper."] * 4
    low_left = np.array([3, SIZE[1] - 3])
    assert near(at(drawn(told, 9), low_left), rgb(STRONG_COLOURS[TOO_LARGE]))
    assert not near(at(drawn(told, 2), low_left), rgb(STRONG_COLOURS[TOO_LARGE]))


def test_a_hold_counts_seconds_and_says_what_is_wrong_now():
    points = np.stack([before(plank(sag), 90) for sag in (0, 0, 300, 300, 0)])
    pose3d = Pose3D(points, np.ones(points.shape[:-1]))
    pose2d = Pose2D.stacked([photographed(plank(sag), 90) for sag in (0, 0, 300, 300, 0)])
    held = [Repetition(1, 0, 0.5, 1.2, 0, 0, 1), Repetition(2, 3, 3.5, 4, 3, 3, 4)]
    told = overlay(PLANK, np.arange(5.0), pose2d, pose3d, assess(pose3d, PLANK), held)
    assert told.counter == ["0", "1", "1", "1", "2"]
    assert told.unit == "seconds held"
    assert told.words[0] == told.words[4]
    assert told.words[0].startswith("Move the elbows")  # the arms hang
    assert told.words[2].startswith("Lift the hips")
    assert told.angle == "Line of the hips"
    assert told.target_words == "target -20 to 10°"


def test_the_running_angle_is_that_of_the_side_that_is_seen_better():
    pose2d, _ = poses()
    score = pose2d.score.copy()
    score[:, MPII16.index("left_ankle")] = 0.2
    assert shown_angle(SQUAT, pose2d) == "left_knee"
    assert shown_angle(SQUAT, replace(pose2d, score=score)) == "right_knee"
    assert shown_angle(LUNGE, pose2d) == "front_knee"


def test_the_arc_is_at_the_joint_and_the_front_knee_is_the_knee_in_front():
    from bodies import lunge

    for front, joint in (("left", "left_knee"), ("right", "right_knee")):
        points = before(lunge(front), 60)[None]
        pose2d = Pose2D.stacked([photographed(lunge(front), 60)])
        vertex = corners("front_knee", pose2d, Pose3D(points, np.ones((1, 16))))[0, 1]
        np.testing.assert_allclose(vertex, pose2d.points[0, MPII16.index(joint)])
    assert np.isnan(corners("trunk_lean", *poses())).all()


def test_the_arc_has_the_colour_of_the_verdict():
    told = story()
    without = replace(told, corner=np.full_like(told.corner, np.nan))
    changed = (drawn(told, 4) != drawn(without, 4)).any(-1)
    assert changed.sum() > 300
    rows, columns = changed.nonzero()
    away = np.hypot(columns - told.corner[4, 1, 0], rows - told.corner[4, 1, 1])
    assert np.median(away) < 90
    colours = drawn(replace(told, verdict=[GOOD] * 12), 4) != drawn(replace(told, verdict=[TOO_SMALL] * 12), 4)
    assert colours.any(-1)[changed].mean() > 0.5


def test_the_scale_shows_where_the_angle_is():
    told = story()
    dots = []
    for frame in (0, 4):
        image = drawn(told, frame)
        low = image[int(SIZE[1] * 0.8) :]
        dots.append((low == 255).all(-1).sum(0)[: SIZE[0]])
    assert told.degrees[0] > told.degrees[4] + 80
    assert not np.array_equal(*dots)


@pytest.mark.parametrize("size", [(640, 480), (360, 640), (321, 241), (160, 120)])
def test_any_size_is_drawn_on_and_what_is_unknown_is_left_out(size):
    told = story()
    scale = min(size[0] / SIZE[0], size[1] / SIZE[1])
    for frame in range(12):
        drawn(told, frame, np.zeros((size[1], size[0], 3), np.uint8), scale)
    nothing = Pose2D(np.full((12, 16, 2), np.nan), np.zeros((12, 16)), SIZE)
    nowhere = Pose3D(np.full((12, 16, 3), np.nan), np.zeros((12, 16)))
    drawn(overlay(SQUAT, TIMES, nothing, nowhere, assess(nowhere, SQUAT)), 3)
    far = replace(told, pose2d=replace(told.pose2d, points=told.pose2d.points + 1e6), corner=told.corner + 1e6)
    drawn(far, 0)


def frames(count: int = 12, size: tuple[int, int] = SIZE):
    for number in range(count):
        yield (
            number,
            np.full((size[1], size[0], 3), (30, 60, 200) if number % 2 else (200, 60, 30), np.uint8),
            TIMES[number] + 7,
        )


def read_again(path: Path) -> tuple[list[float], np.ndarray, av.stream.Stream]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pictures = [
            (float(each.pts * stream.time_base), each.to_ndarray(format="rgb24")) for each in container.decode(0)
        ]
        return [second for second, _ in pictures], np.stack([image for _, image in pictures]), stream


def test_the_file_has_every_frame_at_its_own_time_and_in_its_colours(tmp_path):
    assert write_annotated(tmp_path / "a.mp4", frames(), story(), SIZE, fps=10) == 12
    times, pictures, stream = read_again(tmp_path / "a.mp4")
    np.testing.assert_allclose(np.array(times) - times[0], TIMES, atol=1e-3)
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
    blank = pictures[:, 250:300, 20:60].mean((1, 2))
    np.testing.assert_allclose(blank[::2], np.broadcast_to((200, 60, 30), (6, 3)), atol=8)
    np.testing.assert_allclose(blank[1::2], np.broadcast_to((30, 60, 200), (6, 3)), atol=8)
    head = (tmp_path / "a.mp4").read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")  # so that a browser plays it while it loads


@pytest.mark.parametrize(("size", "wanted"), [((641, 481), (640, 480)), ((2562, 1442), (LONGEST, 720))])
def test_sides_are_even_and_large_clips_are_made_smaller(size, wanted, tmp_path):
    told = story()
    write_annotated(tmp_path / "a.mp4", frames(3, size), told, size)
    _, pictures, _ = read_again(tmp_path / "a.mp4")
    assert pictures.shape[1:3] == wanted[::-1]
    assert len(pictures) == 3


def test_a_clip_that_breaks_off_leaves_no_file(tmp_path):
    def broken():
        yield from frames(3)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="the disk is full"):
        write_annotated(tmp_path / "a.mp4", broken(), story(), SIZE)
    assert list(tmp_path.iterdir()) == []


def test_no_frame_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"a\.mp4 was not written: there is no frame to draw on"):
        write_annotated(tmp_path / "a.mp4", frames(0), story(), SIZE)
    assert list(tmp_path.iterdir()) == []


def test_times_that_stand_still_are_written_all_the_same(tmp_path):
    same = ((number, image, 1.0) for number, image, _ in frames())
    assert write_annotated(tmp_path / "a.mp4", same, story(), SIZE, fps=float(Fraction(30000, 1001))) == 12
    times, _, _ = read_again(tmp_path / "a.mp4")
    assert len(times) == 12
    assert (np.diff(times) > 0).all()


def test_forty_frames_of_720_lines_are_drawn_in_a_second():
    """Processor time, so that a busy machine does not matter."""
    told, images = story(), np.zeros((24, 720, 1280, 3), np.uint8)
    drawn(told, 0, images[0], 1.5)
    begun = time.process_time()
    for number, image in enumerate(images):
        drawn(told, number % 12, image, 1.5)
    assert (time.process_time() - begun) / len(images) < 1 / 40


@pytest.mark.parametrize(("shift", "side"), [(-200, "left"), (200, "right")])
def test_the_3d_skeleton_is_on_the_side_where_the_person_is_not(shift, side):
    pose2d = poses()[0]
    told = story(pose2d=replace(pose2d, points=np.add(pose2d.points, [shift, 0.0]), image_size=SIZE))
    assert told.on_the_right == (side == "right")
    image = drawn(told, 0)
    size = int(0.36 * SIZE[1])
    below_the_counter = image[size - 8, [size - 20, SIZE[0] - size + 20]]  # only the inset is so high
    changed = [not near(pixel, GREY, 8) for pixel in below_the_counter]
    assert changed == [side == "right", side == "left"]
