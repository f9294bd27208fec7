import argparse
import os
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fitlab.evaluation import intervals as angle_evaluation
from fitlab.evaluation.intervals import angle_report, calibrate, run
from fitlab.folders import test_set as folder_of


def table_of(errors: np.ndarray, spreads: np.ndarray) -> pd.DataFrame:
    number = len(errors)
    return pd.DataFrame(
        {
            "picture": np.arange(number),
            "exercise": "squat",
            "angle": "left_knee",
            "degrees": 90.0,
            "truth": 90.0 + errors,
            "error": np.abs(errors),
            "spread": spreads,
            "doubt": 0.0,
        }
    )


def test_calibrated_intervals_hold_nine_in_ten_new_angles():
    rng = np.random.default_rng(0)
    spreads = rng.uniform(1, 12, 4000)
    errors = rng.normal(0, np.hypot(spreads, 5))
    fitted = calibrate(table_of(errors[:2000], spreads[:2000]))["knee"]
    held = np.abs(errors[2000:]) <= fitted.half_width(spreads[2000:], 0.0)
    assert 0.88 < held.mean() < 0.92


def test_both_sides_are_calibrated_together():
    rng = np.random.default_rng(1)
    left, right = (table_of(rng.normal(0, deviation, 500), np.zeros(500)) for deviation in (3, 9))
    fitted = calibrate(pd.concat([left, right.assign(angle="right_knee")]))
    assert list(fitted) == ["knee"]
    both = np.concatenate([left["error"], right["error"]])
    assert (both <= fitted["knee"].half_width(0.0, 0.0)).mean() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("name", ["fitness-test", "wild-test"])
def test_intervals_are_not_calibrated_on_what_they_are_tested_on(name, tmp_path):
    folder = folder_of(name)
    (tmp_path / "mine").symlink_to(folder)
    for data in (name, str(folder), os.path.relpath(folder), str(tmp_path / "mine")):
        with pytest.raises(ValueError, match="calibrate them on another set"):
            run(argparse.Namespace(data=data, calibrate=True))


@pytest.mark.parametrize(("knees", "missing"), [(0, "elbow, .*knee"), (9, "elbow")])
def test_constants_are_written_for_every_angle_or_not_at_all(knees, missing, tmp_path, monkeypatch):
    table = table_of(np.ones(knees), np.ones(knees))
    (tmp_path / "uncertainty.toml").write_text("as it was")
    monkeypatch.setattr(angle_evaluation, "files", lambda package: tmp_path)
    monkeypatch.setattr(angle_evaluation, "measured_angles", lambda *_: table)
    for name in ("load_detector", "load_lifter"):
        monkeypatch.setattr(angle_evaluation, name, lambda name: None)
    monkeypatch.setattr(angle_evaluation, "synthetic", SimpleNamespace(read=lambda folder: None))
    with pytest.raises(ValueError, match=f"no .*{missing}.* is judged, and every angle needs its constants"):
        run(argparse.Namespace(data=str(tmp_path), calibrate=True, detector="it", lifter="it"))
    assert (tmp_path / "uncertainty.toml").read_text() == "as it was"


def test_the_report_counts_what_the_intervals_hold():
    errors = np.array([0.5, 0.5, 0.5, 170.0])
    report = angle_report(table_of(errors, np.zeros(4)))
    assert "intervals hold the truth in 75.0%" in report
    assert "median error 0.5 degrees" in report
