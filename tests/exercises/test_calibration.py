import re
from pathlib import Path

import numpy as np
import pytest
from bodies import pose, squat
from calibrations import even

from fitlab.angles import MEASURES
from fitlab.detection.detector import DEFAULT_DETECTOR, load_detector
from fitlab.exercises.calibration import (
    ANGLES,
    Calibration,
    CalibrationError,
    calibration_of,
    default_calibration,
    parse_calibrations,
    read_calibrations,
    weights_name,
    write_calibration,
)
from fitlab.exercises.intervals import interval
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, load_lifter
from fitlab.skeletons import mirrored_name
from fitlab.weights import registry


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The file of a user's own calibrations."""
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights" / "calibration.toml"


def test_the_default_pair_is_calibrated():
    default = default_calibration()
    assert default == calibration_of(DEFAULT_DETECTOR, DEFAULT_LIFTER)
    assert default == calibration_of(load_detector(), load_lifter())
    assert default.pair == f"{DEFAULT_DETECTOR}+{DEFAULT_LIFTER}"


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_its_constants_the_same_on_both_sides(name):
    assert default_calibration().of(name).half_width(0, 0) > 0
    assert default_calibration().of(name) == default_calibration().of(mirrored_name(name))


def test_the_shipped_constants_were_measured_with_the_shipped_weights():
    """Whoever exchanges weights has to measure the constants anew; the file's head says with which they were."""
    text = (Path(__file__).parents[2] / "weights" / "calibration.toml").read_text(encoding="utf-8")
    told = dict(re.findall(r"([\w-]+)[ \n#]+([0-9a-f]{12})\b", text))
    used = [registry.entry(name) for pair in parse_calibrations(text) for name in pair.split("+")]
    used += [registry.entry(entry.finder) for entry in used if entry.finder]
    assert told == {entry.name: entry.sha256[:12] for entry in used}


def test_constants_belong_to_one_pair_and_those_of_another_are_never_taken():
    assert calibration_of(DEFAULT_DETECTOR, "martinez-general") is None
    assert calibration_of("hg2-small", DEFAULT_LIFTER) is None
    assert calibration_of(DEFAULT_DETECTOR, Lifter(load_lifter().network)) is None


def test_a_users_own_calibration_is_found_and_comes_first(own):
    mine = Calibration(DEFAULT_DETECTOR, "martinez-general", even(7).constants)
    again = Calibration(DEFAULT_DETECTOR, DEFAULT_LIFTER, even(3).constants)
    for each in (mine, again):
        write_calibration(own, each)
    assert calibration_of(DEFAULT_DETECTOR, "martinez-general") == mine
    assert default_calibration() == again
    degrees, low, _ = interval(pose(squat(90)), "left_knee")
    assert degrees - low == pytest.approx(3, abs=0.01)


def test_a_pair_is_written_in_the_place_of_its_last_constants_and_others_stay(tmp_path):
    file = tmp_path / "mine.toml"
    first, second, third = (Calibration(*names, even(floor, 0.5, 1.25).constants) for names, floor in (
        (("a", "b"), 1), (("a", "c"), 2), (("a", "b"), 3)))  # fmt: skip
    for each in (first, second, third):
        write_calibration(file, each)
    assert read_calibrations(file) == {"a+b": third, "a+c": second}


def test_clips_have_constants_of_their_own_where_they_were_measured(tmp_path):
    photos, clips = even(4).constants, even(9, 0.5, 1.25).constants
    mine = Calibration("a", "b", photos, clips)
    write_calibration(tmp_path / "mine.toml", mine)
    assert read_calibrations(tmp_path / "mine.toml") == {"a+b": mine}
    assert mine.of("left_knee").floor == 4
    assert mine.of_clips().of("left_knee").floor == 9
    assert even(4).of_clips() == even(4)


def test_a_file_of_something_else_is_not_written_over(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[squat]\ntitle = 'Squat'\n")
    with pytest.raises(CalibrationError, match=r"mine.toml, pair squat must be a table"):
        write_calibration(file, even(1))
    assert file.read_text().startswith("[squat]")


def test_two_trainings_that_wrote_the_same_name_are_told_apart(tmp_path):
    files = [tmp_path / run / "fitpose-192.safetensors" for run in ("first", "second")]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(file.parent.name.encode())
    first, second = map(weights_name, files)
    assert first.startswith("fitpose-192.safetensors@")
    assert first != second
    assert weights_name(str(files[0])) == first
    assert weights_name(DEFAULT_DETECTOR) == DEFAULT_DETECTOR


ROWS = "\n".join(f"{angle} = {{ floor = 1, growth = 0, factor = 1 }}" for angle in ANGLES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "own.toml is not valid TOML"),
        ("['a b']\n" + ROWS, r"""must be a table \["detector\+lifter"\]"""),
        ("'a+b' = 3", r"""must be a table \["detector\+lifter"\]"""),
        ("['a+b']\n" + ROWS.replace("knee =", "knie =", 1), r"own.toml, pair a\+b lacks knee; calibrate it anew"),
        ("['a+b']\n" + ROWS.replace("floor = 1", "floor = -1", 1), "three numbers from 0 up"),
        ("['a+b']\n" + ROWS.replace("floor = 1", "floor = nan", 1), "three numbers from 0 up"),
        ("['a+b']\n" + ROWS.replace("floor", "flor", 1), "must have floor, growth, factor"),
        ("['a+b']\n" + ROWS + "\n['a+b'.clips]\nknee = 3", r"pair a\+b, clips lacks hip.*; calibrate it anew"),
        ("['a+b']\nclips = 3\n" + ROWS, r"pair a\+b, clips must be a table with a row for each angle, got 3"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_is_wrong(text, said):
    with pytest.raises(CalibrationError, match=said):
        parse_calibrations(text, "own.toml")


def test_a_damaged_file_of_the_users_is_named(own):
    own.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationError, match=r"calibration.toml is not a text file"):
        default_calibration()


def test_without_a_home_there_are_the_shipped_constants(monkeypatch):
    def homeless() -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FITLAB_DATA", raising=False)
    monkeypatch.setattr("pathlib.Path.home", homeless)
    assert np.isfinite(default_calibration().half_width("left_knee", 0.0, 0.0))
