import numpy as np

from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16
from fitlab.smoothing import gaps_within, sides_kept, steady

FPS = 30
LEFT = MPII16.indices(["left_hip", "left_knee", "left_ankle"])
RIGHT = MPII16.indices(["right_hip", "right_knee", "right_ankle"])


def walker(frames=90, noise=0.0, seed=0):
    """Joints spread over 300 px that all move up and down by 60 px once in two seconds."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(100, 400, (16, 2))
    times = np.arange(frames) / FPS
    truth = places + np.stack([np.zeros(frames), 60 * np.sin(np.pi * times)], -1)[:, None]
    points = truth + rng.normal(0, noise, truth.shape) if noise else truth.copy()
    covariance = np.broadcast_to(np.eye(2) * max(noise, 1) ** 2, (frames, 16, 2, 2)).copy()
    return Pose2D(points, np.ones((frames, 16)), (640, 480), covariance), truth, times


def test_noise_is_halved_and_movement_is_kept():
    pose, truth, times = walker(noise=6.0)
    calm, _ = steady(pose, times)
    before, after = (np.sqrt(np.square(points - truth).mean()) for points in (pose.points, calm.points))
    assert after < 0.6 * before
    exact, _ = steady(walker()[0], times)
    assert np.abs(exact.points - truth).max() < 3


def test_short_gaps_are_bridged_and_long_ones_stay_unknown():
    pose, truth, times = walker()
    for rows in (slice(20, 32), slice(50, 72)):
        pose.points[rows], pose.score[rows] = np.nan, 0
    calm, bridged = steady(pose, times)
    assert bridged[20:32].all()
    assert not bridged[50:72].any()
    assert np.abs(calm.points[20:32] - truth[20:32]).max() < 12
    assert np.isnan(calm.points[52:70]).all()
    assert (calm.score[20:32] == 1).all()


def test_sides_that_flip_are_put_back():
    pose, _, _ = walker(noise=2.0)
    flipped = pose.points.copy()
    for rows in (slice(10, 13), slice(40, 47)):
        flipped[rows, [*LEFT, *RIGHT]] = flipped[rows, [*RIGHT, *LEFT]]
    kept = sides_kept(Pose2D(flipped, pose.score, pose.image_size, pose.covariance))
    np.testing.assert_array_equal(kept.points, pose.points)
    assert np.abs(flipped - pose.points).max() > 50


def test_gaps():
    known = np.array([1, 0, 0, 1, 0, 0, 0, 0, 1, 0], bool)
    np.testing.assert_array_equal(np.flatnonzero(gaps_within(known, np.arange(10) / 10, 0.3)), [1, 2])
