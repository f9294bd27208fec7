"""A new network is one module and one row: it is trained, saved, loaded, asked and timed like any other."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import fitlab
from fitlab.datasets.records import PhotoSet
from fitlab.evaluation import comparison, detectors
from fitlab.evaluation.detections import detect_all
from fitlab.models import catalogue
from fitlab.poses import VISIBLE
from fitlab.skeletons import MPII16
from fitlab.training import detector
from fitlab.training.detector import DetectorTraining, train_detector
from fitlab.training.loop import Schedule

MODULE = """
from torch import nn


class Toy(nn.Sequential):
    def __init__(self, width=4):
        super().__init__(nn.Conv2d(3, width, 4, stride=4), nn.ReLU(), nn.Conv2d(width, 16, 1))
"""
ROW = catalogue.Network("detector", "toy:Toy", {"toy-wide": catalogue.Variant({"width": 8}, 32)}, pixels="unit")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The two things that are added: a module in models/ and a row in its catalogue."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "toy.py").write_text(MODULE)
    monkeypatch.setattr(fitlab.models, "__path__", [*fitlab.models.__path__, str(tmp_path / "models")])
    monkeypatch.setitem(catalogue.NETWORKS, "toy", ROW)


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for file in files:
        Image.fromarray(rng.integers(0, 256, (60, 50, 3), dtype=np.uint8)).save(file)
    points = rng.uniform(5, 45, (3, len(MPII16), 2))
    return PhotoSet("noise", tuple(files), points, np.full((3, 16), VISIBLE), np.full(3, "nothing"))


def test_a_toy_network_is_trained_saved_loaded_scored_and_used(toy, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(detector, "read_sets", lambda _: ([photos], [photos]))
    settings = DetectorTraining(network="toy-wide", workers=0, start="random", batch_size=2)
    settings = replace(settings, schedule=Schedule(steps=2, warmup=0, check_every=1))
    file = train_detector(settings, tmp_path / "run")
    trained = fitlab.load_detector(file)
    assert (trained.size, trained.normalisation, trained.upright) == (32, "unit", False)
    assert trained.network[0].weight.shape == (8, 3, 4, 4)
    pose = fitlab.detect(Image.open(photos.images[0]), box=(0, 0, 50, 60), detector=file)
    assert np.isfinite(pose.points).all()
    result = detectors.score_detections(photos, detect_all(trained, photos, use_box=True))
    assert 0 <= result.summary["PCK@0.2"] <= 1
    assert comparison.network_table([file], repeats=1).loc[str(file), "input px"] == 32
    assert torch.equal(fitlab.load_detector(file).network[0].weight, trained.network[0].weight)
