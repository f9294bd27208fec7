"""The signal that repetitions are counted by, of people whose every joint is known."""

from dataclasses import replace

import numpy as np
import pytest
from bodies import before, squat

from fitlab.exercises.definition import load_exercises
from fitlab.exercises.driving import driving_signal, shown_scale
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16

SQUAT = load_exercises()["squat"]
KNEE = 125 + 45 * np.cos(np.linspace(0, 6 * np.pi, 90))
TIMES = np.arange(90) / 15


@pytest.fixture(scope="module")
def clip():
    """(points (T, 16, 3), Pose2D in the same skeleton): three squats seen from the side."""
    points = np.stack([before(squat(knee), azimuth=90) for knee in KNEE])
    flat = points[..., :2] / 5 + 200
    return points, Pose2D(flat, np.ones(flat.shape[:2]), (400, 400), skeleton=LIFT16)


def test_without_a_picture_it_is_the_angle(clip):
    np.testing.assert_allclose(driving_signal(clip[0], None, TIMES, SQUAT), KNEE)


def test_the_picture_steadies_an_angle_with_errors(clip):
    points, pose2d = clip
    noisy = points.copy()
    noisy[..., 2] += np.random.default_rng(0).normal(0, 80, points.shape[:2])  # depth alone is wrong
    alone, steadied = SQUAT.drive_angle(noisy), driving_signal(noisy, pose2d, TIMES, SQUAT)
    unexplained = [1 - np.corrcoef(signal, KNEE)[0, 1] ** 2 for signal in (alone, steadied)]
    assert unexplained[1] < 0.3 * unexplained[0]


def test_a_camera_that_wanders_changes_nothing(clip):
    points, pose2d = clip
    walk = np.cumsum(np.random.default_rng(1).normal(0, 8, (len(KNEE), 1, 2)), 0)
    handheld = replace(pose2d, points=pose2d.points + walk)
    np.testing.assert_allclose(
        driving_signal(points, handheld, TIMES, SQUAT), driving_signal(points, pose2d, TIMES, SQUAT), atol=1e-6
    )


def test_a_zoom_changes_nothing(clip):
    points, pose2d = clip
    zoom = 1.05**TIMES
    zoomed = replace(pose2d, points=pose2d.points * zoom[:, None, None])
    np.testing.assert_allclose(shown_scale(points, zoomed, TIMES), zoom / 5)
    np.testing.assert_allclose(
        driving_signal(points, zoomed, TIMES, SQUAT), driving_signal(points, pose2d, TIMES, SQUAT), atol=1e-6
    )


def test_the_scale_does_not_follow_errors_of_the_pose(clip):
    points, pose2d = clip
    noisy = points * np.exp(np.random.default_rng(3).normal(0, 0.05, (len(points), 1, 1)))
    scale = shown_scale(noisy, pose2d, TIMES)
    assert np.abs(np.log(scale * 5)).max() < 0.03
    gone = replace(pose2d, score=np.where(np.arange(90)[:, None] < 40, 0.0, pose2d.score))
    np.testing.assert_allclose(shown_scale(points, gone, TIMES), 0.2)
    assert np.isnan(shown_scale(points, replace(pose2d, score=np.zeros_like(pose2d.score)), TIMES)).all()


def test_what_does_not_go_along_with_the_angle_is_left_out(clip):
    points, pose2d = clip
    elsewhere = replace(pose2d, points=np.random.default_rng(2).normal(200, 50, pose2d.points.shape))
    np.testing.assert_allclose(driving_signal(points, elsewhere, TIMES, SQUAT), KNEE)


def test_joints_that_are_never_seen_and_frames_without_anybody(clip):
    points, pose2d = clip
    score, flat = pose2d.score.copy(), pose2d.points.copy()
    score[:, LIFT16.index("right_wrist")] = 0.0
    flat[30:35], score[30:35] = np.nan, 0.0
    lost = points.copy()
    lost[30:35] = np.nan
    signal = driving_signal(lost, replace(pose2d, points=flat, score=score), TIMES, SQUAT)
    assert np.isnan(signal[30:35]).all()
    np.testing.assert_allclose(np.delete(signal, range(30, 35)), np.delete(KNEE, range(30, 35)), atol=15)
