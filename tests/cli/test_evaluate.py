import numpy as np
import pandas as pd
import pytest

from fitlab.cli import evaluate
from fitlab.cli.main import main
from fitlab.datasets.records import PhotoSet
from fitlab.evaluation import results
from fitlab.evaluation.detections import Detections
from fitlab.exercises.calibration import ANGLES, default_calibration, read_calibrations
from fitlab.folders import shipped
from fitlab.poses import VISIBLE, Pose2D


@pytest.fixture
def photos(monkeypatch) -> PhotoSet:
    points = np.random.default_rng(0).uniform(0, 100, (2, 16, 2))
    photos = PhotoSet("toy", ("0", "1"), points, np.full((2, 16), VISIBLE), np.array(["squat"] * 2))
    monkeypatch.setattr(evaluate.catalogue, "open_photos", lambda name: photos)
    for part in ("detector", "lifter"):
        monkeypatch.setattr(evaluate, f"load_{part}", lambda name: None)
    return photos


@pytest.mark.parametrize("off", ["flip", "zoom", "scales"])
def test_each_option_switches_its_own_part_off(off, photos, monkeypatch):
    asked = []

    def record(detector, photos, **how):
        asked.append(how)
        return Detections(Pose2D(photos.points, np.ones((2, 16)), (100, 100)), np.ones(2))

    monkeypatch.setattr(evaluate, "detect_all", record)
    assert main(["evaluate", "detector", "fitpose-lite0", "--whole", f"--no-{off}"]) == 0
    assert asked == [{"use_box": False, "flip": off != "flip", "zoom": off != "zoom", "scales": off != "scales"}]


def test_what_is_saved_names_the_command_that_was_given(photos, monkeypatch, tmp_path, capsys):
    found = Detections(Pose2D(photos.points, np.ones((2, 16)), (100, 100)), np.ones(2))
    monkeypatch.setattr(evaluate, "detect_all", lambda *_, **how: found)
    monkeypatch.setattr(results, "notebooks", lambda: tmp_path)
    assert main(["evaluate", "detector", "fitpose-lite0", "--no-flip", "--save", "--data", "mine"]) == 0
    file = tmp_path / "results" / "detector-fitpose-lite0-mine-no-flip.json"
    assert f"written: {file}" in capsys.readouterr().out
    assert results.load(file)["command"] == "fitlab evaluate detector fitpose-lite0 --data mine --no-flip"
    assert main(["evaluate", "detector", "fitpose-lite0", "--save", str(tmp_path / "own.json")]) == 0
    assert results.load(tmp_path / "own.json")["summary"]["PCK@0.2"] == 1


def angles(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    columns = {
        "picture": 0,
        "group": "squat",
        "degrees": 90.0,
        "truth": 90.0,
        "deviation": 1.0,
        "uncertainty": 0.0,
        "widening": 1.0,
    }
    return pd.concat(
        [pd.DataFrame({"angle": [name] * rows, "error": rng.uniform(0, 5, rows)}) for name in ANGLES]
    ).assign(**columns)


def test_the_constants_of_a_pair_go_where_the_user_says(photos, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(evaluate.intervals, "lifted_people", lambda *_: (np.arange(20), None))
    monkeypatch.setattr(evaluate.intervals, "measured_angles", lambda *_: angles(20))
    monkeypatch.setattr(evaluate.catalogue, "refuse_test", lambda name, purpose: None)
    file = tmp_path / "mine.toml"
    words = ["evaluate", "angles", "--data", "mine", "--detector", "it", "--lifter", "that", "--calibrate", str(file)]
    assert main(words) == 0
    assert read_calibrations(file)["it+that"].constants.keys() == set(ANGLES)


def test_the_constants_of_clips_are_written_beside_those_of_photos(monkeypatch, tmp_path):
    monkeypatch.setattr("fitlab.evaluation.clip_intervals.clip_angles", lambda _: angles(20).assign(clip=3))
    file, factors = tmp_path / "mine.toml", []
    for widen in ("1", "1.5"):
        assert main(["evaluate", "repetitions", "--calibrate", str(file), "--widen", widen]) == 0
        written = read_calibrations(file)[default_calibration().pair]
        assert written.constants == default_calibration().constants
        assert written.clips.keys() == set(ANGLES)
        factors.append(written.clips["knee"].factor)
    assert factors[1] == pytest.approx(1.5 * factors[0], rel=1e-3)


@pytest.mark.parametrize("data", ["fitness-test", "real-people", str(shipped("wild-test"))])
def test_intervals_are_not_calibrated_on_what_they_are_tested_on(data, tmp_path, capsys):
    assert main(["evaluate", "angles", "--data", data, "--calibrate", str(tmp_path / "it.toml")]) == 2
    assert "is a test set, on which everything is scored; calibrate on another set" in capsys.readouterr().err
    assert not (tmp_path / "it.toml").exists()


def test_who_does_not_say_what_to_evaluate_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["evaluate"])
    assert "required: detector | lifter | angles" in capsys.readouterr().err
