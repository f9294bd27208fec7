from pathlib import Path

import numpy as np
import pytest
import torch

import fitlab
from fitlab.detection import detector as detection
from fitlab.lifting import lifter

SQUAT = Path(__file__).parents[2] / "notebooks" / "data" / "samples" / "squat.jpg"


@pytest.fixture
def doubles():
    """A program that counts in double precision by default."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def test_the_default_precision_of_the_program_changes_nothing(doubles, monkeypatch):
    monkeypatch.setenv("FITLAB_ENGINE", "torch")  # nothing is exported for ONNX Runtime in double precision
    detection._loaded.cache_clear()
    double = fitlab.detect(SQUAT)
    torch.set_default_dtype(torch.float32)
    detection._loaded.cache_clear()
    single = fitlab.detect(SQUAT)
    monkeypatch.undo()
    detection._loaded.cache_clear()
    np.testing.assert_allclose(double.points, single.points, atol=0.01)


@pytest.fixture
def elsewhere():
    """A program whose tensors are on another device by default."""
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)


def test_the_default_device_of_the_program_changes_nothing(elsewhere):
    detection._loaded.cache_clear()
    lifter._known_lifter.cache_clear()
    there = fitlab.lift(fitlab.detect(SQUAT))
    torch.set_default_device(None)
    here = fitlab.lift(fitlab.detect(SQUAT))
    np.testing.assert_allclose(there.points, here.points)
    assert not np.isnan(here.points).all()
