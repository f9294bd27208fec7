import numpy as np
import pytest
from bodies import before, body, pose, squat

from fitlab import uncertainty
from fitlab.angles import MEASURES
from fitlab.poses import Pose3D
from fitlab.uncertainty import constants, fit_constants, interval


def held_out(rng: np.random.Generator, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Errors of a detector that knows how unsure it is, and of a lifter that is 7 degrees off."""
    spreads = rng.uniform(1, 15, count)
    return np.abs(rng.normal(0, np.hypot(spreads, 7))), spreads


def test_nine_in_ten_intervals_hold_the_truth_on_fresh_data():
    rng = np.random.default_rng(0)
    floor, factor = fit_constants(*held_out(rng))
    errors, spreads = held_out(rng)
    assert 0.88 <= (errors <= factor * np.hypot(spreads, floor)).mean() <= 0.92


def test_another_coverage():
    rng = np.random.default_rng(1)
    floor, factor = fit_constants(*held_out(rng), coverage=0.5)
    errors, spreads = held_out(rng)
    assert 0.47 <= (errors <= factor * np.hypot(spreads, floor)).mean() <= 0.53


def test_few_poses_make_wide_intervals():
    errors = np.arange(1.0, 6)
    floor, factor = fit_constants(errors, np.zeros(5))
    assert floor * factor >= errors.max()


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_its_constants(name):
    floor, factor = constants(name)
    assert floor > 0
    assert factor > 0


def test_a_free_angle_is_as_unsure_as_the_least_sure_named_one():
    assert constants("free") == tuple(np.max([constants(name) for name in MEASURES], axis=0))


def test_without_samples_the_floor_is_left(monkeypatch):
    monkeypatch.setattr(uncertainty, "constants", lambda angle: (5.0, 2.0))
    assert interval(pose(squat(90)), "left_knee") == pytest.approx((90, 80, 100))
    assert interval(pose(squat(90)), ["left_hip", "left_knee", "left_ankle"]) == pytest.approx((90, 80, 100))


def test_an_interval_stays_among_possible_angles():
    _, low, high = interval(pose(body()), "left_knee")
    assert low < 180
    assert high == 180
    _, low, _ = interval(pose(body()), "knee_difference")
    assert low == 0
    assert interval(pose(body()), "body_bend")[1] < 0


def test_unknown_is_unknown():
    assert np.isnan(interval(Pose3D(np.full((16, 3), np.nan), np.zeros(16)), "left_knee")).all()


def test_a_few_wild_samples_do_not_widen_it():
    rng = np.random.default_rng(2)
    degrees = rng.normal(90, 10, 500)
    degrees[:20] = 175
    samples = np.stack([before(squat(value)) for value in degrees])
    steady = Pose3D(before(squat(90)), np.ones(16), samples)
    assert uncertainty.spread_of(steady, MEASURES["left_knee"].compute) == pytest.approx(10, rel=0.15)
