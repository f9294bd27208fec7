"""Repetitions of signals that can be drawn by hand, and of synthetic people before cameras all round."""

import numpy as np
import pytest
from bodies import before, body, squat

from fitlab.exercises.counting import count, swings
from fitlab.exercises.definition import load_exercises
from fitlab.skeletons import LIFT16

OWN = load_exercises()
FPS = 20


def bends(*depths, top=170.0, seconds=2.0, rest=1.0, fps=FPS):
    """Knee angles that go down to each of ``depths`` and up again, with rests."""
    t = np.linspace(0, 1, round(seconds * fps))
    parts = [np.full(round(rest * fps), top)]
    for depth in depths:
        parts += [top - (top - depth) * np.sin(np.pi * t) ** 2, np.full(round(rest * fps), top)]
    return np.concatenate(parts)


def press(elbow):
    """Upper arms straight up, and forearms that close ``elbow`` degrees with them."""
    points = body()
    angle = np.deg2rad(elbow)
    for side in ("left", "right"):
        shoulder, low, hand = LIFT16.indices([f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")])
        points[low] = points[shoulder] + [0, 0, 300]
        points[hand] = points[low] + 250 * np.array([0, -np.sin(angle), -np.cos(angle)])
    return points


def counted(degrees, exercise="squat", track=None):
    pose = press if exercise == "overhead_press" else squat
    points = np.stack([before(pose(angle), azimuth=70) for angle in degrees])
    times = np.arange(len(degrees)) / FPS
    track = np.zeros(len(degrees), int) if track is None else track
    return count(np.asarray(degrees, float), points, times, track, OWN[exercise])


def test_three_squats_are_three():
    found = counted(bends(80, 85, 78))
    assert len(found) == 3
    np.testing.assert_allclose([each.turn for each in found], [2, 5, 8], atol=0.06)
    np.testing.assert_allclose([each.start for each in found], [1, 4, 7], atol=0.15)
    np.testing.assert_allclose([each.end for each in found], [3, 6, 9], atol=0.15)
    assert all(each.complete for each in found)


def test_who_pauses_on_the_way_has_not_begun_seconds_earlier():
    """Two seconds at two thirds of the way down, and of the way up, of a squat that begins at 3 s."""

    def way(first, last, seconds):
        t = np.linspace(0, 1, round(seconds * FPS))
        return first + (last - first) * (1 - np.cos(np.pi * t)) / 2

    stay = np.full(2 * FPS, 110.0)
    up = np.full(3 * FPS, 170.0)
    parts = [up, way(170, 110, 0.8), stay, way(110, 80, 0.6), way(80, 110, 0.6), stay, way(110, 170, 0.8), up]
    [one] = counted(np.concatenate(parts))
    assert abs(one.start - 3) < 0.4
    assert abs(one.end - 9.8) < 0.4


def test_a_quarter_squat_among_full_ones_is_none():
    assert [round(each.turn) for each in counted(bends(80, 135, 82, 138, 79))] == [2, 8, 14]


def test_shallow_ones_count_where_all_are_shallow():
    assert len(counted(bends(115, 118, 114))) == 3


def test_a_camera_that_shows_every_press_too_low_changes_nothing():
    """Elbows that the eye sees at 130 degrees, of which the camera shows 95; the exercise begins at 110."""
    found = counted(bends(95, 97, 93, top=45.0), "overhead_press")
    assert [round(each.turn) for each in found] == [2, 5, 8]
    assert counted(bends(75, 74, 76, top=45.0), "overhead_press") == []


def test_swaying_is_no_squat():
    assert counted(bends(158, 155, 160)) == []
    assert counted(np.full(100, 170.0)) == []
    assert counted(np.full(100, np.nan)) == []


def test_one_that_the_clip_cuts_off_counts_from_a_quarter_of_the_way_back():
    whole = bends(80, 80)
    bottom = round(5 * FPS)
    assert len(counted(whole[: bottom + 2])) == 1
    cut = counted(whole[: bottom + round(0.4 * FPS)])
    assert [each.complete for each in cut] == [True, False]
    alone = [counted(bends(80)[: round(end * FPS)]) for end in (2.45, 2.65, 2.85)]  # 42, 73 and 95 % of the way back
    assert [each.complete for (each,) in alone] == [False, False, True]


def test_a_cut_in_the_picture_ends_a_repetition():
    knee = bends(80, 80, 80)
    track = np.zeros(len(knee), int)
    track[round(4.9 * FPS) :] = 1  # in the middle of the second, on its way down
    found = counted(knee, track=track)
    assert [round(each.turn) for each in found] == [2, 8]


def test_after_a_cut_the_same_may_be_seen_smaller():
    """Another camera shows the same squats by three fifths; two quarter squats among them are none there either."""
    knee = np.concatenate([bends(80, 80, 80), 170 - 0.6 * (170 - bends(80, 130, 80, 80))])
    track = np.repeat([0, 1], [len(bends(80, 80, 80)), len(bends(80, 130, 80, 80))])
    assert [round(each.turn) for each in counted(knee, track=track)] == [2, 5, 8, 12, 18, 21]


def test_what_the_angle_itself_does_not_do_is_no_repetition():
    """Somebody walks, and the whole body moves as in a squat, but the knees stay as they are."""
    knee = bends(80, 80, 80)
    points = np.stack([before(squat(angle), azimuth=70) for angle in knee])
    points[: round(3.5 * FPS)] = points[0]
    found = count(knee, points, np.arange(len(knee)) / FPS, np.zeros(len(knee), int), OWN["squat"])
    assert [round(each.turn) for each in found] == [5, 8]


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    knee = bends(80, 80)
    knee[round(1.5 * FPS) : round(1.8 * FPS)] = np.nan
    assert len(counted(knee)) == 2
    knee[round(1.3 * FPS) : round(2.6 * FPS)] = np.nan
    assert [round(each.turn) for each in counted(knee)] == [5]


def test_lying_down_is_no_squat():
    """Somebody who bends the knees on the back is in another posture."""
    knee = bends(80, 80, 80)
    lying = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    points = np.stack([before(squat(angle) @ lying.T, azimuth=90) for angle in knee])
    assert count(knee, points, np.arange(len(knee)) / FPS, np.zeros(len(knee), int), OWN["squat"]) == []


def test_bending_down_for_the_weight_is_another_posture():
    knee = bends(75, 80, 80, 80, 80)
    points = np.stack([before(squat(angle), azimuth=90) for angle in knee])
    first = slice(FPS, round(3 * FPS))
    tip = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0.0]])  # the trunk folds forward by a right angle
    upper = LIFT16.indices(UPPER)
    points[first] = np.stack([before(folded(squat(angle), tip, upper), azimuth=90) for angle in knee[first]])
    found = count(knee, points, np.arange(len(knee)) / FPS, np.zeros(len(knee), int), OWN["squat"])
    assert [round(each.turn) for each in found] == [5, 8, 11, 14]


UPPER = ("spine", "thorax", "head_top", "left_shoulder", "left_elbow", "left_wrist")
UPPER += ("right_shoulder", "right_elbow", "right_wrist")


def folded(points, turn, upper):
    points = points.copy()
    points[upper] = points[upper] @ turn.T
    return points


@pytest.mark.parametrize("threshold", [10, 40])
def test_swings_have_their_rests_and_sizes(threshold):
    found = swings(-bends(80, 120), threshold)
    assert [(round(each.there), round(each.back)) for each in found] == [(90, 90), (50, 50)]
