"""Holds of people whose posture can be told by looking at the numbers."""

import numpy as np
import pytest
from bodies import before, body, plank, squat

from fitlab.exercises.assessment import NOT_JUDGED, TOO_LARGE, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.holds import held, judged_holds
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16

PLANK = load_exercises()["plank"]
FPS = 10
#: Where the elbows are below the shoulders.
ELBOWS = LIFT16.indices(["left_elbow", "right_elbow"])


def forearm_plank(sag: float = 0.0) -> np.ndarray:
    points = plank(sag)
    shoulders = points[LIFT16.indices(["left_shoulder", "right_shoulder"])]
    points[ELBOWS] = shoulders - [0, 0, 295]
    points[LIFT16.indices(["left_wrist", "right_wrist"])] = shoulders - [0, 230, 295]
    return points


def clip(*parts: tuple[np.ndarray, float]) -> tuple[np.ndarray, np.ndarray]:
    """(points (T, 16, 3) seen from the side, times (T,)) of postures that last some seconds each."""
    points = np.concatenate([np.repeat(before(posture, azimuth=90)[None], round(s * FPS), 0) for posture, s in parts])
    return points, np.arange(len(points)) / FPS


def seconds(stretches, times):
    return [(float(times[frames[0]]), float(times[frames[-1]])) for frames in stretches]


def holds(points, times, track=None):
    return held(points, times, np.zeros(len(times), int) if track is None else track, PLANK)


def test_standing_before_and_after_is_no_hold():
    points, times = clip((body(), 3), (forearm_plank(), 8), (squat(), 2), (body(), 3))
    [(start, end)] = seconds(holds(points, times), times)
    assert (start, end) == pytest.approx((3.0, 10.9), abs=0.15)


def test_a_pause_makes_two_and_a_moment_does_not():
    points, times = clip((forearm_plank(), 4), (body(), 0.4), (forearm_plank(), 4), (body(), 2), (forearm_plank(), 4))
    found = seconds(holds(points, times), times)
    assert [round(end - start) for start, end in found] == [8, 4]


def test_passing_through_is_none():
    points, times = clip((body(), 4), (forearm_plank(), 1.5), (body(), 4))
    assert holds(points, times) == []
    assert holds(np.full((30, 16, 3), np.nan), np.arange(30) / FPS) == []
    assert holds(points, times, np.full(len(times), -1)) == []


def test_a_cut_ends_a_hold():
    points, times = clip((forearm_plank(), 6))
    found = holds(points, times, (times >= 3).astype(int))
    assert [round(end - start, 1) for start, end in seconds(found, times)] == [2.9, 2.9]


def test_seconds_in_form_leave_out_sagging_hips():
    points, times = clip((forearm_plank(), 6), (forearm_plank(170), 2))
    stretches = holds(points, times)
    phase = np.full(len(times), "end")
    findings = assess(Pose3D(points, np.ones(points.shape[:2])), PLANK, phase=phase)
    [hold] = judged_holds(stretches, findings, times)
    assert hold.tempo["hold"] == pytest.approx(7.9, abs=0.15)
    assert hold.tempo["in form"] == pytest.approx(6.0, abs=0.25)
    assert hold.verdict == TOO_LARGE
    assert "they sag" in hold.sentence
    assert (hold.start_frame, hold.end_frame) == (stretches[0][0], stretches[0][-1])


def test_what_is_not_seen_is_not_in_form():
    points, times = clip((forearm_plank(), 5))
    findings = assess(Pose3D(points, np.full(points.shape[:2], 0.1)), PLANK, phase=np.full(len(times), "end"))
    [hold] = judged_holds(holds(points, times), findings, times)
    assert hold.tempo["in form"] == 0
    assert hold.verdict == NOT_JUDGED
    assert "not judged, because" in hold.sentence
