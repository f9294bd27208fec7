"""ONNX Runtime gives PyTorch's answers, faster; wherever it cannot, PyTorch answers."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from fitlab.detection.detector import load_detector
from fitlab.images import read_image
from fitlab.models.answers import Answer, as_answer
from fitlab.models.blazepose import BlazePose, Landmarks
from fitlab.models.catalogue import NETWORKS
from fitlab.models.efficientpose import efficientpose
from fitlab.models.fitpose import FitPose
from fitlab.models.fitpose_blaze import FitPoseBlaze
from fitlab.models.hourglass import hourglass
from fitlab.models.person_detector import People, PersonDetector
from fitlab.weights import engine, registry

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
SAMPLES = Path(__file__).parents[2] / "notebooks" / "data" / "samples"
SMALL = {
    "fitpose": (FitPose, (), 64),
    "fitpose-blaze": (partial(FitPoseBlaze, guided=True, deep=True), ("lite",), 256),
    "person-detector": (PersonDetector, (), 224),
    "blazepose": (BlazePose, ("lite",), 256),
    "efficientpose": (efficientpose, ("rt-lite",), 64),
    "hourglass": (hourglass, ("hg2-small",), 64),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the files are put, and no word of the user's."""
    monkeypatch.setenv("FITLAB_CACHE", str(tmp_path))
    monkeypatch.delenv(engine.VARIABLE, raising=False)
    return tmp_path / "engines"


@pytest.fixture
def lite0(folder):
    """What is run, and the file that it was written to."""
    return engine.network(registry.entry("fitpose-lite0")), next(folder.iterdir())


def test_every_network_that_is_said_to_be_portable_is_tested_here():
    assert set(SMALL) == {name for name, row in NETWORKS.items() if row.portable}


@pytest.mark.parametrize("name", SMALL)
def test_the_answers_are_pytorchs_for_any_number_of_pictures(name, folder):
    network, options, size = SMALL[name]
    torch.manual_seed(0)
    module = NETWORKS[name].ready(network(*options))
    folder.mkdir()
    exported = engine._exported(module, folder / "small-1.onnx", size)
    picture = torch.rand(3, 3, size, size).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        right, answer = module(picture), exported(picture)
    right = right if isinstance(right, (Landmarks, People)) else as_answer(right)
    assert type(answer) is type(right)
    assert isinstance(answer, (Answer, Landmarks, People))
    assert [part is None for part in answer] == [part is None for part in right]
    for part, expected in zip(answer, right, strict=True):
        torch.testing.assert_close(part, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["efficientpose-rt-lite", "hg2-small"])
def test_joints_are_pytorchs_far_below_the_last_digit_that_is_published(name):
    """So a result that was measured with one engine holds for the other."""
    entry, detector = registry.entry(name), load_detector(name)
    by_onnx, by_torch = (replace(detector, network=run(entry)) for run in (engine.network, engine.by_pytorch))
    assert isinstance(by_onnx.network, engine.Exported)
    for sample in ("squat.jpg", "lunge.jpg"):
        image = read_image(SAMPLES / sample)
        fast, plain = by_onnx.detect(image, scales=False), by_torch.detect(image, scales=False)
        np.testing.assert_allclose(fast.points, plain.points, atol=0.01)  # px
        np.testing.assert_allclose(fast.score, plain.score, atol=5e-4)  # 2.4e-4 with one thread of PyTorch


def test_the_second_time_the_file_is_read_and_not_written(lite0, monkeypatch):
    network, file = lite0
    monkeypatch.setattr(engine, "_exported", lambda *_: pytest.fail("it was exported again"))
    again = engine.network(registry.entry("fitpose-lite0"))
    picture = torch.rand(1, 3, 224, 224)
    assert isinstance(network, engine.Exported)
    assert torch.equal(again(picture).heatmaps[0], network(picture).heatmaps[0])
    assert sorted(file.parent.iterdir()) == [file]


def test_a_damaged_file_is_written_again(lite0):
    _, file = lite0
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert isinstance(engine.network(registry.entry("fitpose-lite0")), engine.Exported)
    assert file.stat().st_size == len(whole)


def test_a_file_of_before_is_taken_away(lite0, monkeypatch):
    _, file = lite0
    other = file.with_name(f"fitpose-heavy-{'0' * 16}.onnx")
    other.touch()
    monkeypatch.setattr(engine, "__version__", "0.0.0")
    engine.network(registry.entry("fitpose-lite0"))
    assert not file.exists()
    assert len(list(file.parent.iterdir())) == 2
    assert other.exists()


def test_wrong_answers_are_not_used(folder, monkeypatch):
    monkeypatch.setattr(engine, "TOLERANCE", 0.0)
    assert not isinstance(engine.network(registry.entry("fitpose-lite0")), engine.Exported)
    assert list(folder.iterdir()) == []


def test_without_a_folder_to_write_to_pytorch_answers(folder, monkeypatch):
    folder.write_text("a file, where the folder should be")
    assert isinstance(engine.network(registry.entry("fitpose-lite0")), FitPose)


def test_without_the_package_pytorch_answers(folder, monkeypatch):
    monkeypatch.setattr(engine, "_installed", lambda: False)
    assert isinstance(engine.network(registry.entry("fitpose-lite0")), FitPose)
    assert not folder.exists()


def test_the_user_says_which(folder, monkeypatch):
    monkeypatch.setenv(engine.VARIABLE, "torch")
    assert isinstance(engine.network(registry.entry("fitpose-lite0")), FitPose)
    monkeypatch.setenv(engine.VARIABLE, "onnx")
    with pytest.raises(ValueError, match="unknown engine in FITLAB_ENGINE 'onnx'; did you mean onnxruntime"):
        engine.network(registry.entry("fitpose-lite0"))


def test_it_has_as_many_threads_as_pytorch(lite0):
    network, _ = lite0
    picture = torch.rand(1, 3, 224, 224)
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            network(picture)
            assert network._opened[1].get_session_options().intra_op_num_threads == threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows knows no fork")
def test_a_forked_process_has_threads_of_its_own(lite0):
    code = """
import multiprocessing, torch
from fitlab.weights import engine, registry
torch.set_num_threads(2)
network, picture = engine.network(registry.entry("fitpose-lite0")), torch.rand(1, 3, 224, 224)
right = network(picture).score
def differs(_):
    return float((network(picture).score - right).abs().max())
with multiprocessing.get_context("fork").Pool(1) as pool:
    assert pool.map_async(differs, [0]).get(60)[0] < 1e-4
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=100)
