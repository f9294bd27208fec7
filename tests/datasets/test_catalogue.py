"""Data sets by name: what is open to whom, and what a new one takes."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from paint import colour_detector, painted
from PIL import Image

import fitlab
from fitlab import datasets
from fitlab.cli import evaluate
from fitlab.cli.main import main
from fitlab.datasets import catalogue, infiniteform, mpii
from fitlab.datasets.catalogue import Row
from fitlab.datasets.records import PhotoSet
from fitlab.folders import shipped
from fitlab.poses import VISIBLE


def toy() -> PhotoSet:
    """The reader of a new set, which makes its one picture itself: all that there is to write, but for a row."""
    image, points = painted(200, 200, (100, 95), 0.11)
    file = Path(tempfile.mkdtemp()) / "0.png"
    Image.fromarray(image).save(file)
    return PhotoSet("toy", (file,), points[None], np.full((1, 16), VISIBLE), np.array(["squat"]))


def test_a_new_set_is_a_reader_and_a_row(monkeypatch, capsys):
    monkeypatch.setattr(catalogue, "SETS", (*catalogue.SETS, Row("toy", toy, "one painted person")))
    assert len(fitlab.datasets.open("toy")) == 1
    monkeypatch.setattr(evaluate, "load_detector", lambda name: colour_detector())
    assert main(["evaluate", "detector", "colours", "--data", "toy", "--whole"]) == 0
    assert "toy: 1 scored" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["fitness-test", "wild-test"])
def test_shipped_sets_are_known_by_name_and_by_whatever_path(name, tmp_path):
    folder = shipped(name)
    (tmp_path / "mine").symlink_to(folder)
    assert len(datasets.open(name)) == len(datasets.open(folder))
    for data in (name, folder, os.path.relpath(folder), tmp_path / "mine"):
        for purpose in ("train", "calibrate"):
            with pytest.raises(ValueError, match=f"is a test set, on which everything is scored; {purpose} on another"):
                catalogue.refuse_test(data, purpose)
        with pytest.raises(ValueError, match="is a test set"):
            datasets.open_for_training(data)


def test_nothing_is_trained_on_people_that_everything_is_scored_on():
    tests = {row.name for row in catalogue.SETS if row.test}
    assert tests >= {"lspet-test", "fitness-test", "wild-test", "real-people", "cmu-exercise"}
    chosen_by = {row.validation for row in catalogue.SETS if row.validation}
    assert not tests & chosen_by


def test_names_that_are_unknown_bring_suggestions():
    with pytest.raises(ValueError, match="unknown data set 'fitnes-test'; did you mean fitness-test"):
        datasets.open("fitnes-test")
    with pytest.raises(ValueError, match="did you mean lspet-train"):
        datasets.open("lspet-training")
    with pytest.raises(FileNotFoundError, match="there is no data set at nowhere/people"):
        datasets.open("nowhere/people")


def test_a_folder_that_is_no_data_set_is_said_to_be_none(tmp_path):
    with pytest.raises(ValueError, match="is not a data set; a path is the labels of MPII"):
        datasets.open(tmp_path)


def test_sets_that_only_the_user_has_are_opened_too(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="InfiniteForm was not found"):
        datasets.open("infiniteform")
    asked = []
    form = next(form for form in catalogue.FORMATS if form.read is mpii.read)
    assert form.fits(tmp_path / "mpii.json")
    monkeypatch.setattr(catalogue, "FORMATS", (catalogue.Format(form.name, asked.append, "", form.fits),))
    datasets.open(tmp_path / "mpii.json")
    assert asked == [tmp_path / "mpii.json"]
    assert infiniteform.read in [row.read for row in catalogue.SETS]


def test_motion_has_no_pictures_and_photos_without_space_no_poses(monkeypatch):
    motion = datasets.catalogue.mocap.Motion(np.zeros((5, 16, 3)), np.zeros(5, int), ("1",), 30.0)
    rows = (Row("toy", toy, ""), Row("moving", lambda: motion, ""))
    monkeypatch.setattr(catalogue, "SETS", rows)
    with pytest.raises(ValueError, match="moving has no pictures"):
        datasets.open_photos("moving")
    with pytest.raises(ValueError, match="toy does not know its people in space"):
        datasets.open_poses("toy")


def test_what_a_set_is_validated_on_is_a_set():
    for row in catalogue.SETS:
        assert not row.validation or catalogue.find(row.validation).name == row.validation
    assert catalogue.find("lspet").name == "lspet-train"
