from dataclasses import replace

import numpy as np
import pytest
from bodies import before, body, pose, squat
from calibrations import even

from fitlab.angles import MEASURES
from fitlab.exercises.calibration import ANGLES, Calibration, Constants, default_calibration
from fitlab.exercises.intervals import distribution, fit_constants, interval, sample_deviation, score_uncertainty
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16


def held_out(rng: np.random.Generator, count: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of a detector that knows how unsure it is, and of a lifter that is 7 degrees off."""
    deviations = rng.uniform(1, 15, count)
    return np.abs(rng.normal(0, np.hypot(deviations, 7))), deviations, np.zeros(count)


def test_nine_in_ten_intervals_hold_the_truth_on_fresh_data():
    rng = np.random.default_rng(0)
    fitted = fit_constants(*held_out(rng))
    errors, deviations, uncertainties = held_out(rng)
    assert 0.88 <= (errors <= fitted.half_width(deviations, uncertainties)).mean() <= 0.92


def test_another_coverage():
    rng = np.random.default_rng(1)
    fitted = fit_constants(*held_out(rng), coverage=0.5)
    errors, deviations, uncertainties = held_out(rng)
    assert 0.47 <= (errors <= fitted.half_width(deviations, uncertainties)).mean() <= 0.53


def test_few_poses_make_wide_intervals():
    errors = np.arange(1.0, 6)
    assert fit_constants(errors, np.zeros(5), np.zeros(5)).half_width(0, 0) >= errors.max()


def test_uncertain_joints_get_the_wider_intervals():
    """Twice the error where the score is 0.5, and few of these: easy joints alone would make the shortest intervals."""
    rng = np.random.default_rng(3)
    uncertainties = np.repeat([0.0, 0.5], [3600, 400])
    errors, deviations = np.abs(rng.normal(0, np.where(uncertainties > 0, 10, 5))), np.zeros(4000)
    fitted = fit_constants(errors, deviations, uncertainties)
    held = errors <= fitted.half_width(deviations, uncertainties)
    assert held.mean() == pytest.approx(0.9, abs=0.01)
    assert held[:3600].mean() == pytest.approx(0.9, abs=0.02)
    assert held[3600:].mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("triplet", [("left_hip", "left_knee", "left_ankle"), ("left_ankle", "left_knee", "left_hip")])
def test_the_joints_of_a_named_angle_are_as_certain_as_by_its_name(triplet):
    assert interval(pose(squat(90)), triplet) == pytest.approx(interval(pose(squat(90)), "left_knee"))


def test_other_joints_are_as_uncertain_as_the_least_certain_angle_between_three():
    degrees, low, _ = interval(pose(squat(90)), ("thorax", "left_knee", "right_ankle"))
    between = [name for name, measure in MEASURES.items() if measure.triplet]
    assert degrees - low == pytest.approx(
        max(default_calibration().of(name).half_width(0, 0) for name in between), rel=0.01
    )


@pytest.mark.parametrize("knee", ["left_knee", ["left_hip", "left_knee", "left_ankle"]])
def test_without_samples_the_floor_is_left(knee):
    assert interval(pose(squat(90)), knee, even(5, 1, 2)) == pytest.approx((90, 80, 100), abs=0.1)


def test_the_least_certain_joint_of_the_angle_counts():
    unsure = pose(squat(90))
    unsure.score[LIFT16.index("left_ankle")] = 0.4
    assert interval(unsure, "left_knee", even(5, 1, 2)) == pytest.approx((90, 74, 106), abs=0.1)
    assert interval(unsure, "right_knee", even(5, 1, 2)) == pytest.approx((90, 80, 100), abs=0.1)


def test_a_hidden_limb_makes_an_angle_up_to_twice_as_uncertain():
    """The far ankle is behind the near leg; whose hips a detector calls hidden are where everybody sees them."""
    hidden = np.zeros(16)
    hidden[LIFT16.indices(["right_ankle", "left_hip"])] = 0.5, 1.0
    far = replace(pose(squat(90)), hidden=hidden)
    assert interval(far, "right_knee", even(10)) == pytest.approx((90, 75, 105), abs=0.1)
    assert interval(far, "left_knee", even(10)) == pytest.approx((90, 80, 100), abs=0.1)


def test_what_the_samples_show_is_what_the_angle_may_be():
    """The detector may have taken one leg for the other: one knee in four is straight. Nothing lies between."""
    samples = np.stack([before(squat(degrees)) for degrees in [90] * 48 + [170] * 16])
    found = distribution(replace(pose(squat(90)), samples=samples), "left_knee", even(3, factor=1.645))
    assert found.share_below(130) == pytest.approx(0.75)
    assert found.share_below(105) == pytest.approx(0.75)
    assert found.interval()[1] > 165


def test_samples_are_not_spread_beyond_what_was_calibrated():
    samples = np.stack([before(squat(degrees)) for degrees in np.linspace(70, 110, 65)])
    narrow = Calibration("a", "b", dict.fromkeys(ANGLES, Constants(0, 0, 0.5)))
    _, low, high = interval(replace(pose(squat(90)), samples=samples), "left_knee", narrow)
    assert high - low < 0.5 * 40


def test_the_interval_is_the_shortest_that_holds_nine_in_ten():
    """Near 180 what lies beyond is folded back, and the interval reaches the end."""
    for knee, low, high in ((90, 70, 110), (170, 154, 180), (180, 160, 180)):
        found = distribution(pose(squat(knee)), "left_knee", even(20))
        assert found.interval() == pytest.approx((low, high), abs=0.4)
        inside = found.share_below(found.interval()[1]) - found.share_below(found.interval()[0])
        assert inside == pytest.approx(0.9, abs=0.005)


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
    assert sample_deviation(steady, MEASURES["left_knee"].compute) == pytest.approx(10, rel=0.15)


def test_samples_of_an_unknown_angle_do_not_count():
    """Of a frame only the samples that are known; fewer than two say nothing."""
    samples = np.stack([before(squat(degrees)) for degrees in (80, 90, 100)])[:, None].repeat(3, 1)
    samples[2, 1] = samples[1:, 2] = np.nan
    clip = Pose3D(np.stack([before(squat(90))] * 3), np.ones((3, 16)), samples)
    knee = MEASURES["left_knee"].compute
    assert sample_deviation(clip, knee) == pytest.approx([6.8, 3.4, 0])
    assert [sample_deviation(clip[frame], knee) for frame in range(3)] == pytest.approx([6.8, 3.4, 0])


def test_uncertainty_is_that_of_the_lowest_score_in_every_frame():
    clip = Pose3D(np.stack([before(squat())] * 2), np.array([[0.9] * 16, [0.9] * 15 + [0.4]]))
    assert score_uncertainty(clip, LIFT16.joints) == pytest.approx([0.1, 0.6])
