"""Differences of angles, and poses that face the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bodies import before, squat

from fitlab.analysis import PhotoAnalysis
from fitlab.differences import ALIKE, LARGER, SMALLER, UNKNOWN, angle_differences, turned_like
from fitlab.exercises.assessment import Finding
from fitlab.exercises.definition import load_exercises
from fitlab.poses import Pose2D, Pose3D

SQUAT = load_exercises()["squat"]


def photo(*angles: tuple[float, float, float]) -> PhotoAnalysis:
    """An analysis whose first checks have these degrees with their intervals."""
    findings = tuple(Finding(check, *angle, "good") for check, angle in zip(SQUAT.checks, angles, strict=False))
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (64, 64))
    pose = Pose3D(np.zeros((16, 3)), np.ones(16))
    return PhotoAnalysis(np.zeros((64, 64, 3), np.uint8), SQUAT, nobody, pose, findings, [])


def test_arms_of_3_and_4_degrees_make_one_of_5():
    first, second = photo((90, 87, 93)), photo((100, 96, 104))
    (row,) = angle_differences(first, second).itertuples(index=False)
    assert (row.angle, row.first, row.second, row.difference) == (SQUAT.checks[0].angle, 90, 100, 10)
    assert (row.low, row.high, row.verdict) == (5, 15, LARGER)
    (back,) = angle_differences(second, first).itertuples(index=False)
    assert (back.low, back.high, back.verdict) == (-15, -5, SMALLER)


def test_what_holds_0_is_no_clear_difference_and_what_is_unknown_stays_so():
    first = photo((90, 80, 100), (90, 87, 93))
    table = angle_differences(first, photo((100, 90, 110), (np.nan,) * 3))
    assert table.verdict.tolist() == [ALIKE, UNKNOWN]
    assert np.isnan(table.difference[1])


def test_only_angles_of_both_are_compared():
    first, second = photo((90, 80, 100), (90, 80, 100)), photo((90, 80, 100))
    assert len(angle_differences(first, second)) == 1
    assert angle_differences(first, photo()).empty


@pytest.mark.parametrize("azimuth", [30, 120, 250])
def test_the_same_body_from_another_side_is_turned_onto_itself(azimuth):
    pose, other = (Pose3D(before(squat(90), azimuth=angle), np.ones(16)) for angle in (0, azimuth))
    np.testing.assert_allclose(turned_like(pose, other).points, other.points, atol=1e-6)
    unknown = replace(pose, points=np.full((16, 3), np.nan))
    assert turned_like(pose, unknown) is pose
