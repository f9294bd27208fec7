"""Clips as people film them: what is counted is what was done. Their people are those of nobody's training."""

import numpy as np
import pytest
from films import (
    FPS,
    counted,
    course_of,
    film,
    going,
    in_a_hand,
    in_the_dark,
    one_arm,
    repeated,
    walked,
    with_a_passer_by,
    with_dropped_frames,
)

SEED = 701


@pytest.mark.parametrize(
    ("chosen", "instead"),
    [
        ("squat", ""),
        *((name, f"this looks like a squat, not a {name.replace('_', '-')}") for name in ("sit_up", "push_up")),
    ],
)
def test_whoever_plainly_does_another_exercise_than_the_chosen_one_is_told_so(chosen, instead):
    assert course_of(film(repeated("squat", SEED), SEED), chosen).instead == instead


@pytest.mark.parametrize(("exercise", "azimuth"), [("squat", 0.0), ("overhead_press", 180.0)])
def test_from_in_front_and_from_behind(exercise, azimuth):
    assert len(counted(film(repeated(exercise, SEED), SEED, azimuth), exercise)) == 4


@pytest.mark.parametrize(
    ("exercise", "spoilt"), [("squat", in_a_hand), ("push_up", in_the_dark), ("curl", with_dropped_frames)]
)
def test_a_camera_in_a_hand_the_dark_and_frames_that_are_dropped(exercise, spoilt):
    assert len(counted(spoilt(film(repeated(exercise, SEED), SEED), SEED), exercise)) == 4


@pytest.mark.parametrize(("exercise", "seed"), [("push_up", 802), ("lunge", 801), ("overhead_press", 802)])
def test_a_zoom_by_a_fifth_is_no_repetition_and_hides_none(exercise, seed):
    act = repeated(exercise, seed)
    zoomed = in_a_hand(film(act, seed), seed)
    np.testing.assert_allclose(counted(zoomed, exercise), np.array(act.turns) / FPS, atol=0.4)


def test_quarter_squats_among_full_ones_are_none():
    act = repeated("squat", SEED, depths=(1, 0.3, 1, 0.35, 1))
    np.testing.assert_allclose(counted(film(act, SEED), "squat"), np.array(act.turns) / FPS, atol=0.4)


def test_resting_between_repetitions():
    act = repeated("push_up", SEED, 3, rest=4.0)
    np.testing.assert_allclose(counted(film(act, SEED), "push_up"), np.array(act.turns) / FPS, atol=0.4)


@pytest.mark.parametrize("exercise", ["lunge", "curl"])
def test_walking_into_position(exercise):
    act = repeated(exercise, SEED)
    walk = walked(act)
    act = walk + going(walk, act, 0.5) + act
    np.testing.assert_allclose(counted(film(act, SEED), exercise), np.array(act.turns) / FPS, atol=0.4)


def test_going_down_to_the_floor_for_push_ups():
    standing, act = repeated("squat", SEED, 1), repeated("push_up", SEED)
    down = standing[: standing.turns[0] - 1]
    act = down + going(down, act, 1.5) + act
    np.testing.assert_allclose(counted(film(act, SEED), "push_up"), np.array(act.turns) / FPS, atol=0.4)


@pytest.mark.parametrize("seed", [901, 903, 904, 914])
def test_one_arm_after_the_other(seed):
    """Each arm counts; by the mean of both elbows none was bent far enough, or only one arm was counted."""
    curl = repeated("curl", seed, 1)
    act = one_arm(curl, "right") + one_arm(curl, "left")
    turns = counted(film(act + act, seed), "alternating_curl")
    assert len(turns) == 4
    np.testing.assert_allclose(turns, np.array((act + act).turns) / FPS, atol=0.6)


def test_picking_up_the_weight_between_two_sets():
    half, low = repeated("overhead_press", SEED, 3), repeated("deadlift", SEED, 1)
    act = half + going(half, low, 1.0) + low + going(low, half, 1.0) + half
    turns = [turn for turn in act.turns if turn not in range(len(half), len(act) - len(half))]
    np.testing.assert_allclose(counted(film(act, SEED), "overhead_press"), np.array(turns) / FPS, atol=0.4)


def test_a_clip_that_begins_within_a_repetition():
    act = repeated("squat", SEED)
    assert len(counted(film(act[act.turns[0] + 1 :], SEED), "squat")) == 3


@pytest.mark.parametrize("exercise", ["lunge", "curl"])
def test_a_cut_to_another_person_before_another_camera(exercise):
    act, other = repeated(exercise, SEED, 4), repeated(exercise, SEED + 100, 3)
    assert len(counted(film(act, SEED).after(film(other, SEED + 1)), exercise)) == 7


@pytest.mark.parametrize(
    ("exercise", "seed", "turning"), [("squat", SEED, 1), ("squat", SEED, 1.5), ("push_up", 813, 1)]
)
def test_somebody_of_the_same_size_walks_across(exercise, seed, turning):
    act = repeated(exercise, seed, 3)
    passing = film(walked(act), seed)
    at = np.interp(turning, range(3), act.turns) / FPS
    assert len(counted(with_a_passer_by(film(act, seed), passing, at), exercise)) == 3
