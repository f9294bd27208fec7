import argparse
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from fitlab.evaluation import intervals as angle_evaluation
from fitlab.evaluation.intervals import angle_report, calibrate, run
from fitlab.exercises.calibration import ANGLES, read_calibrations
from fitlab.folders import test_set as folder_of

ROOT = Path(__file__).parents[2]


def table_of(errors: np.ndarray, deviations: np.ndarray) -> pd.DataFrame:
    number = len(errors)
    return pd.DataFrame(
        {
            "picture": np.arange(number),
            "exercise": "squat",
            "angle": "left_knee",
            "degrees": 90.0,
            "truth": 90.0 + errors,
            "error": np.abs(errors),
            "deviation": deviations,
            "uncertainty": 0.0,
        }
    )


def test_calibrated_intervals_hold_nine_in_ten_new_angles():
    rng = np.random.default_rng(0)
    deviations = rng.uniform(1, 12, 4000)
    errors = rng.normal(0, np.hypot(deviations, 5))
    fitted = calibrate(table_of(errors[:2000], deviations[:2000]))["knee"]
    held = np.abs(errors[2000:]) <= fitted.half_width(deviations[2000:], 0.0)
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
            run(argparse.Namespace(data=data, calibrate=tmp_path / "calibration.toml"))


@pytest.mark.parametrize(("knees", "missing"), [(0, "elbow, .*knee"), (9, "elbow")])
def test_constants_are_written_for_every_angle_or_not_at_all(knees, missing, tmp_path, monkeypatch):
    table = table_of(np.ones(knees), np.ones(knees))
    file = tmp_path / "calibration.toml"
    monkeypatch.setattr(angle_evaluation, "measured_angles", lambda *_: table)
    for name in ("load_detector", "load_lifter"):
        monkeypatch.setattr(angle_evaluation, name, lambda name: None)
    monkeypatch.setattr(angle_evaluation, "synthetic", SimpleNamespace(read=lambda folder: None))
    with pytest.raises(ValueError, match=f"no .*{missing}.* is judged, and every angle needs its constants"):
        run(argparse.Namespace(data=str(tmp_path), calibrate=file, detector="it", lifter="it"))
    assert not file.exists()


def test_the_constants_of_a_pair_go_where_the_user_says_and_nowhere_else(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    rows = [table_of(rng.normal(0, 5, 50), np.ones(50)).assign(angle=angle) for angle in ANGLES]
    monkeypatch.setattr(angle_evaluation, "measured_angles", lambda *_: pd.concat(rows))
    for name in ("load_detector", "load_lifter"):
        monkeypatch.setattr(angle_evaluation, name, lambda name: None)
    monkeypatch.setattr(angle_evaluation, "synthetic", SimpleNamespace(read=lambda folder: None))
    file = tmp_path / "mine.toml"
    shipped = [(path, path.read_bytes()) for path in ROOT.glob("[fw]*/**/*.toml")]
    run(argparse.Namespace(data=str(tmp_path), calibrate=file, detector="it", lifter="that"))
    assert read_calibrations(file)["it+that"].constants.keys() == set(ANGLES)
    assert all(path.read_bytes() == content for path, content in shipped)


def test_the_report_counts_what_the_intervals_hold():
    errors = np.array([0.5, 0.5, 0.5, 170.0])
    report = angle_report(table_of(errors, np.zeros(4)))
    assert "intervals hold the truth in 75.0%" in report
    assert "median error 0.5 degrees" in report
