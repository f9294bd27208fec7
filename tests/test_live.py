"""Repetitions are counted picture by picture, and once each however long it goes on."""

from __future__ import annotations

import numpy as np
import pytest
from bodies import before, squat

from fitlab.detection.search import Found
from fitlab.live import _WINDOW, LiveCounter
from fitlab.poses import Pose3D


def picture(knee: float) -> np.ndarray:
    """A picture that says by its grey how far the knees are bent; black where nobody is."""
    return np.full((48, 64, 3), knee, np.uint8)


class Known:
    """A follower that sees what :func:`picture` says."""

    def follow(self, image, seconds):
        knee = int(image[0, 0, 0])
        points = np.full((16, 2), float(knee))
        return (Found(points, np.tile(np.eye(2), (16, 1, 1)), np.ones(16)), 0) if knee else (None, 0)


@pytest.fixture
def counter(monkeypatch):
    monkeypatch.setattr("fitlab.live.as_detector", lambda detector: detector)
    monkeypatch.setattr("fitlab.live.Follower", lambda detector: Known())
    monkeypatch.setattr(
        "fitlab.live.lift", lambda pose2d, lifter, flip: Pose3D(before(squat(pose2d.points[0, 0])), np.ones(16))
    )
    return LiveCounter("squat")


def squats(seconds: float, rate: float = 10.0, each: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    times = np.arange(0, seconds, 1 / rate)
    return times, 125 + 45 * np.cos(2 * np.pi * times / each)


def test_the_count_rises_by_one_when_a_repetition_is_over(counter):
    times, knees = squats(10)
    counts = [counter.see(picture(knee), second).count for second, knee in zip(times, knees, strict=True)]
    assert set(np.diff(counts)) == {0, 1}
    assert counts[-1] == 3
    third = times[counts.index(3)]
    assert 8.2 < third < 9.6


def test_nobody_is_no_repetition_and_the_angle_is_told(counter):
    assert counter.see(picture(120), 0.0).degrees == pytest.approx(120, abs=2)
    gone = counter.see(picture(0), 0.1)
    assert (gone.pose2d, gone.pose3d, gone.count) == (None, None, 0)
    assert np.isnan(gone.degrees)


def test_what_lies_long_back_is_counted_once_and_forgotten(counter):
    times, knees = squats(3 * _WINDOW + 1)
    counts = [counter.see(picture(knee), second).count for second, knee in zip(times, knees, strict=True)]
    assert counts[-1] == 40
    assert (np.diff(counts) >= 0).all()
    assert len(counter._known) <= 2 * _WINDOW * 10 + 5
