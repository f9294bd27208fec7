from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fitlab.cameras import look_at
from fitlab.datasets.records import PhotoSet
from fitlab.evaluation.intervals import LEVELS, calibrate, camera_heights, score_angles
from fitlab.poses import VISIBLE


def table_of(errors: np.ndarray, deviations: np.ndarray) -> pd.DataFrame:
    number = len(errors)
    return pd.DataFrame(
        {
            "picture": np.arange(number),
            "group": "squat",
            "angle": "left_knee",
            "degrees": 90.0,
            "truth": 90.0 + errors,
            "error": np.abs(errors),
            "deviation": deviations,
            "uncertainty": 0.0,
            "widening": 1.0,
            "level": np.where(np.abs(errors) < 1, 0.5, np.inf),
            "viewpoint": "side",
            "height": "eyes",
        }
    )


def test_calibrated_intervals_hold_nine_in_ten_new_angles():
    rng = np.random.default_rng(0)
    deviations = rng.uniform(1, 12, 4000)
    errors = rng.normal(0, np.hypot(deviations, 5))
    known = calibrate(table_of(errors[:2000], deviations[:2000]), ["knee"])["knee"]
    held = np.abs(errors[2000:]) <= known.half_width(deviations[2000:], 0.0)
    assert 0.88 < held.mean() < 0.92


def test_both_sides_are_calibrated_together():
    rng = np.random.default_rng(1)
    left, right = (table_of(rng.normal(0, deviation, 500), np.zeros(500)) for deviation in (3, 9))
    known = calibrate(pd.concat([left, right.assign(angle="right_knee")]), ["knee"])
    assert list(known) == ["knee"]
    both = np.concatenate([left["error"], right["error"]])
    assert (both <= known["knee"].half_width(0.0, 0.0)).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("knees", "missing"), [(0, "elbow, .*knee"), (9, "elbow")])
def test_constants_are_fitted_for_every_angle_or_not_at_all(knees, missing):
    with pytest.raises(ValueError, match=f"no .*{missing}.* is judged in this set, and every angle needs its constant"):
        calibrate(table_of(np.ones(knees), np.ones(knees)))


def test_the_result_counts_what_the_intervals_hold():
    photos = PhotoSet("four", tuple("abcd"), np.zeros((4, 16, 2)), np.full((4, 16), VISIBLE), np.full(4, "squat"))
    errors = np.array([0.5, 0.5, 0.5, 170.0])
    result = score_angles(photos, table_of(errors, np.zeros(4)).assign(low=80.0, high=100.0))
    assert result.summary["held"] == result.summary["held of those four"] == 0.75
    assert result.summary["median error"] == result.summary["median error knee"] == 0.5
    assert result.tables["by group"].loc["squat", "judged"] == 4
    assert result.tables["by angle"].loc["left_knee", "interval -+"] == 10
    assert result.tables["by group and viewpoint"].loc["squat, side", "median error"] == 0.5
    assert result.tables["by group and height"].loc["squat, eyes", "judged"] == 4
    held = result.tables["held by nominal share"]
    assert held["knee"].tolist() == held["all"].tolist() == [0.75 * (level >= 0.5) for level in LEVELS]
    assert held["elbow"].isna().all()


def test_widened_intervals_are_that_many_times_as_wide():
    rng = np.random.default_rng(0)
    columns = {name: rng.uniform(0, 9, 60) for name in ("error", "deviation", "uncertainty")}
    table = pd.DataFrame({"angle": "left_knee", "widening": 1.0, **columns})
    plain, wide = (calibrate(table, ["knee"], widen)["knee"] for widen in (1.0, 1.5))
    assert wide.half_width(3.0, 0.2) == pytest.approx(1.5 * plain.half_width(3.0, 0.2))
    with pytest.raises(ValueError, match="widen is a factor above 0, got 0"):
        calibrate(table, ["knee"], 0)


def test_what_is_wide_because_a_joint_is_hidden_needs_no_larger_constants():
    """Twice the error where intervals are twice as wide already."""
    rng = np.random.default_rng(5)
    shown = table_of(rng.normal(0, 5, 400), np.zeros(400))
    hidden = shown.assign(error=2 * shown["error"], widening=2.0)
    alone, together = (calibrate(table, ["knee"])["knee"] for table in (shown, pd.concat([shown, hidden])))
    assert together.half_width(0.0, 0.0) == pytest.approx(alone.half_width(0.0, 0.0), rel=0.02)


def test_the_camera_is_as_high_as_its_labels_say():
    turn = np.stack([look_at(30, 20, 0), look_at(200, -5, 3), look_at(90, 0, 0)])
    places = np.array([[0, -3000, 1700], [500, 2000, 150], [3000, 0, 800.0]])
    labels = {"rotation": turn, "translation": -np.einsum("nij,nj->ni", turn, places)}
    photos = PhotoSet(
        "3", tuple("abc"), np.zeros((3, 16, 2)), np.full((3, 16), VISIBLE), np.full(3, "squat"), labels=labels
    )
    assert camera_heights(photos).tolist() == ["eyes", "floor", "chair"]
    assert set(camera_heights(replace(photos, labels={}))) == {"unknown"}
