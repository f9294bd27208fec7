"""Somebody else in the photo: told of where there is one, and never where a single person is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fitlab.detection.company import other_person, somebody_else
from fitlab.detection.detector import detect
from fitlab.images import read_image

PHOTOS = Path(__file__).parents[2] / "notebooks" / "data" / "photos"


def photo(name: str) -> np.ndarray:
    return read_image(PHOTOS / f"office_{name}.jpg")


@pytest.mark.parametrize("name", ["lunge_left", "one_hand_side_lunge_left", "warrior_right", "yogi_squat"])
def test_nobody_else_is_seen_beside_a_single_person(name):
    alone = photo(name)
    assert other_person(alone, detect(alone)) is None


def test_of_two_people_the_other_is_told_with_joints_as_good_as_alone():
    left, right = photo("lunge_left"), photo("warrior_right")
    both = np.concatenate([left, right], axis=1)
    single = [np.add(detect(each).points, [shift, 0]) for each, shift in ((left, 0), (right, left.shape[1]))]
    judged = detect(both)
    first, second = sorted(single, key=lambda points: np.abs(points - judged.points).mean())
    other = other_person(both, judged)
    trunk = np.linalg.norm(second[:, 1].max() - second[:, 1].min())
    assert np.median(np.linalg.norm(other.points - second, axis=1)) < 0.05 * trunk
    assert other.covariance is not None
    side = "left" if second[:, 0].mean() < first[:, 0].mean() else "right"
    assert (
        somebody_else(judged, other, "tap them")
        == f"Somebody else is in this photo, further {side}; to judge them, tap them."
    )


def test_where_nobody_was_found_there_is_nobody_else():
    alone = photo("lunge_left")
    found = detect(alone)
    nobody = replace(found, points=np.full_like(found.points, np.nan), score=np.zeros(16))
    assert other_person(alone, nobody) is None


def test_the_other_is_seen_in_a_wide_photo_too():
    left, right = photo("lunge_left"), photo("yogi_squat")
    both = np.concatenate([left, right], axis=1)
    judged = detect(both)
    other = other_person(both, judged)
    width = left.shape[1]
    middles = sorted(np.median(pose.points[:, 0]) for pose in (judged, other))
    assert middles[0] < width < middles[1]
