import numpy as np
import pytest

from fitlab import metrics
from fitlab.skeletons import LIFT16, MPII16


def upright() -> np.ndarray:
    """(16, 2) MPII joints: torso 300 px high and 400 wide (diagonal 500), hips 400 apart, head 100."""
    points = np.arange(32, dtype=float).reshape(16, 2)
    for name, place in {
        "left_shoulder": (400, 0),
        "right_shoulder": (0, 0),
        "left_hip": (400, 300),
        "right_hip": (0, 300),
        "upper_neck": (200, -50),
        "head_top": (200, -150),
    }.items():
        points[MPII16.index(name)] = place
    return points


@pytest.mark.parametrize(("reference", "length"), [("torso", 500), ("waist", 400), ("head", 60)])
def test_reference_lengths(reference, length):
    assert metrics.reference_length(upright(), reference) == pytest.approx(length)


def test_unknown_reference_is_named():
    with pytest.raises(ValueError, match=r"'neck'.*torso, waist, head"):
        metrics.reference_length(upright(), "neck")


def test_pck_counts_joints_within_the_threshold():
    truth = upright()
    estimate = truth.copy()
    estimate[0] += (100, 0)  # exactly 0.2 of the diagonal: still correct
    estimate[1] += (0, 101)
    estimate[2] = np.nan  # not found: wrong
    truth[3] = np.nan  # not labelled: does not count; its diagonal is unknown, the other one serves
    assert metrics.pck(estimate, truth, 0.2) == pytest.approx(13 / 15)


def test_pck_without_a_reference_is_nan():
    truth = upright()
    truth[MPII16.indices(["left_hip", "right_hip"])] = np.nan
    assert np.isnan(metrics.pck(truth, truth))


def test_mpjpe_is_relative_to_the_pelvis_and_leaves_it_out():
    truth = np.zeros((16, 3))
    estimate = np.zeros((16, 3))
    estimate[1:, 2] = 30
    estimate += 1000
    assert metrics.mpjpe(estimate, truth) == pytest.approx(30)
    assert metrics.mpjpe(estimate, truth, with_root=True) == pytest.approx(30 * 15 / 16)


def test_mpjpe_leaves_unknown_joints_out():
    truth = np.zeros((2, 16, 3))
    estimate = np.zeros((2, 16, 3))
    estimate[0, 1:, 0] = 10
    estimate[0, 1] = np.nan
    estimate[1, 1:] = np.nan
    np.testing.assert_allclose(metrics.mpjpe(estimate, truth), [10, np.nan])


def test_n_mpjpe_forgives_size_and_only_size():
    truth = np.random.default_rng(0).normal(size=(16, 3))
    truth -= truth[0]
    assert metrics.n_mpjpe(truth * 0.3, truth) == pytest.approx(0, abs=1e-12)
    assert metrics.n_mpjpe(truth[:, [1, 0, 2]], truth) > 0.1


def test_pa_mpjpe_forgives_a_turn_a_size_and_a_shift_but_no_mirror():
    truth = np.random.default_rng(0).normal(size=(2, 16, 3))
    quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    np.testing.assert_allclose(metrics.pa_mpjpe(2 * truth @ quarter + 5, truth), 0, atol=1e-12)
    assert (metrics.pa_mpjpe(truth * [-1, 1, 1], truth) > 0.1).all()


def test_pa_mpjpe_of_an_unknown_pose_is_nan():
    truth = np.random.default_rng(0).normal(size=(16, 3))
    assert np.isnan(metrics.pa_mpjpe(np.full((16, 3), np.nan), truth))


def test_angle_errors_are_absolute():
    np.testing.assert_allclose(metrics.angle_errors([90, 100, np.nan], [95, 90, 3]), [5, 10, np.nan])


def test_bootstrap_draws_people_not_pictures():
    values = np.repeat([0.0, 10.0], 50)
    low, high = metrics.bootstrap_interval(values, np.repeat(["ann", "bob"], 50))
    assert (low, high) == (0, 10)
    low, high = metrics.bootstrap_interval(values, np.arange(100))
    assert 2.5 < low < 5 < high < 7.5


@pytest.mark.parametrize("people", [np.arange(120), np.random.default_rng(1).integers(30, size=120)])
def test_bootstrap_is_that_of_means_over_the_drawn_people(people):
    rng = np.random.default_rng(2)
    values = np.where(rng.random((120, 14)) < 0.3, np.nan, rng.random((120, 14)))
    values[people == people[0]] = np.nan
    again = np.random.default_rng(0)
    rows = [np.flatnonzero(people == person) for person in np.unique(people)]
    drawn = [again.integers(len(rows), size=len(rows)) for _ in range(1000)]
    means = [np.nanmean(values[np.concatenate([rows[person] for person in some])]) for some in drawn]
    np.testing.assert_allclose(metrics.bootstrap_interval(values, people), np.quantile(means, [0.025, 0.975]))


def test_bootstrap_of_nothing_known_is_nothing():
    assert np.isnan(metrics.bootstrap_interval(np.full((3, 2), np.nan), np.arange(3))).all()


def test_bootstrap_needs_a_person_for_each_value():
    with pytest.raises(ValueError, match="2 for 3"):
        metrics.bootstrap_interval(np.zeros(3), np.zeros(2))


def test_lift16_starts_at_the_pelvis():
    assert LIFT16.index("pelvis") == 0
