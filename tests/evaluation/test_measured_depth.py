import numpy as np
import pytest

from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.virtual_cameras import Views
from fitlab.evaluation.measured_depth import measured_depth
from fitlab.training.samples import Noise, draw_samples


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def test_depth_is_mostly_right_flatter_and_tilted(rng):
    true, plane = rng.normal(0, 0.03, (4000, 16)), rng.normal(0, 0.03, (4000, 16, 2))
    size = np.full(4000, 1e-4)
    depth, error = measured_depth(true, plane, size, rng, 1.0)
    assert np.isfinite(depth).all()
    flatter = np.array([np.polyfit(one, other, 1)[0] for one, other in zip(true, depth, strict=True)])
    assert 0.7 < flatter.mean() < 0.95
    away = np.abs(depth - true) / error
    assert 0.5 < np.median(away) < 2  # it says about how wrong it is


def test_depth_is_known_as_often_as_asked(rng):
    true, plane = rng.normal(0, 0.1, (1000, 16)), np.zeros((1000, 16, 2))
    depth, _ = measured_depth(true, plane, np.full(1000, 1e-4), rng, 0.3)
    known = np.isfinite(depth)
    assert (known.all(1) | ~known.any(1)).all()
    assert 0.2 < known.any(1).mean() < 0.4


def test_a_detector_errs_alike_in_all_frames_of_a_clip(rng):
    still = np.repeat(rng.normal(0, 0.1, (1, 16)), 50, 0), np.zeros((50, 16, 2)), np.full(50, 1e-4)
    apart, _ = measured_depth(*still, rng, 1.0)
    alike, error = measured_depth(*still, rng, 1.0, one_clip=True)
    assert alike.shape == error.shape == (50, 16)
    assert np.ptp(alike, axis=0).max() == 0 < np.ptp(apart, axis=0).min()
    assert np.abs(alike - still[0]).min() > 0


def test_samples_hold_depth_in_the_unit_of_the_targets(rng):
    noise = Noise(exact=1.0, unseen=0.0, depth=1.0)
    samples = draw_samples(random_poses, rng, 500, Views(), None, noise)
    depth, certainty = np.moveaxis(samples.depth, -1, 0)
    slope = np.polyfit(samples.target[..., 2].ravel(), depth.ravel(), 1)[0]
    assert 0.75 < slope < 1.15
    assert np.corrcoef(samples.target[..., 2].ravel(), depth.ravel())[0, 1] > 0.8
    assert (certainty > 0).all()
    assert (certainty <= 1).all()
    without = draw_samples(random_poses, rng, 20, Views(), None, Noise(exact=1.0, unseen=0.0))
    assert not without.depth.any()
