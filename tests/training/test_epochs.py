from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from killing import Killed, killed_at
from safetensors.torch import load_file

from fitlab.datasets import anatomy, studio
from fitlab.datasets.mocap import Motion
from fitlab.lifting.inputs import UNIT_MM
from fitlab.lifting.lifter import load_lifter
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16
from fitlab.training import epochs, lifter_sets
from fitlab.training.epochs import EpochTraining, PoseTensors, ShuffledBatches, train
from fitlab.training.lifter_sets import Source, network_inputs

SMALL = {"hidden": 16, "blocks": 1, "dropout": 0.0}
TINY = EpochTraining(options=SMALL, epochs=2, batch_size=8, source=Source(takes=1, every=1))
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _parts(monkeypatch):
    """Random poses in place of recorded ones: 20 to train on, 10 in each other part."""

    def motion(count, seed):
        poses = anatomy.random_poses(np.random.default_rng(seed), count) + np.array([0, 0, 900])
        return Motion(poses, np.zeros(count, int), ("01_01",), 30)

    parts = {"training": motion(20, 1), "validation": motion(10, 2), "clips": motion(10, 3), "person": motion(10, 4)}
    monkeypatch.setattr(studio, "parts", lambda: parts)


def samples(source=TINY.source):
    return PoseTensors(lifter_sets.read(source, Path("nowhere"))["training"], source, CPU)


def test_a_pass_shows_every_sample_once():
    some = samples()
    batches = ShuffledBatches(some, 8)  # 20 frames before 4 cameras: 10 batches
    first = torch.cat([batches((1, step, 0))[0] for step in range(10)])
    second = torch.cat([batches((1, step, 0))[0] for step in range(10, 20)])
    assert not torch.equal(first, second)
    for shown in (first, second):
        assert torch.equal(shown.flatten(1).sum(1).sort().values, some.inputs.flatten(1).sum(1).sort().values)


def test_a_batch_depends_on_its_number_alone():
    forwards, backwards = ShuffledBatches(samples(), 8), ShuffledBatches(samples(), 8)
    wanted = [forwards((1, step, 0))[0] for step in range(15)]
    for step in reversed(range(15)):
        assert torch.equal(backwards((1, step, 0))[0], wanted[step])
    assert not torch.equal(forwards((2, 0, 0))[0], wanted[0])
    assert not torch.equal(forwards((1, 0, 1))[0], wanted[0])


def test_inputs_are_in_screen_normalisation_and_targets_relative_to_the_pelvis():
    poses, some = lifter_sets.read(TINY.source, Path("nowhere"))["training"], samples()
    pelvis = (poses.pose2d.joint("pelvis") + 0.5) / 500 - 1  # a picture of 1,000 px
    np.testing.assert_allclose(some.inputs[:, 0], pelvis, atol=1e-6)
    np.testing.assert_allclose(some.targets * UNIT_MM, poses.truth[:, 1:], atol=1e-3)


def test_the_mpii_thorax_can_take_the_place_of_the_spine():
    points = np.arange(32.0).reshape(1, 16, 2)
    pose = Pose2D(points, np.ones((1, 16)), (1000, 1000))
    fed = network_inputs(pose, "thorax")
    for place, joint in (("spine", "thorax"), ("thorax", "upper_neck"), ("left_knee", "left_knee")):
        expected = (points[0, MPII16.index(joint)] + 0.5) / 500 - 1
        assert fed[0, LIFT16.index(place)] == pytest.approx(expected)
    with pytest.raises(ValueError, match="only where they are known"):
        network_inputs(Pose2D(points, np.ones((1, 16)), (1000, 1000), skeleton=LIFT16), "thorax")


def test_recorded_people_keep_their_spine_where_detected_ones_are_given_the_thorax():
    assert torch.equal(samples(replace(TINY.source, spine="thorax")).inputs, samples().inputs)


def test_a_training_has_a_row_for_each_epoch_and_keeps_the_best_by_validation(tmp_path):
    best = train(replace(TINY, epochs=4), tmp_path)
    history = pd.read_csv(tmp_path / "history.csv")
    assert list(history["step"]) == [10, 20, 30, 40]
    assert {"loss", "validation", "clips", "person", "cpu_seconds"} <= set(history)
    assert best["validation"] == pytest.approx(history["validation"].min())
    lifter = load_lifter(str(tmp_path / "lifter.safetensors"))
    assert lifter.normalisation == "screen"
    held_out = PoseTensors(lifter_sets.read(TINY.source, Path("nowhere"))["validation"], TINY.source, CPU)
    assert epochs.mpjpe(lifter.network, held_out) == pytest.approx(best["validation"], rel=0.01)


def test_an_epoch_may_take_a_share_of_the_set(tmp_path):
    train(replace(TINY, share=0.2, epochs=3), tmp_path)
    assert list(pd.read_csv(tmp_path / "history.csv")["step"]) == [2, 4, 6]


def test_a_resumed_training_ends_in_the_same_weights(tmp_path):
    train(TINY, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epochs, "save", killed_at(1, epochs.save))
        with pytest.raises(Killed):
            train(TINY, tmp_path / "killed")
    train(TINY, tmp_path / "killed")
    whole, resumed = (load_file(tmp_path / run / "lifter.safetensors") for run in ("whole", "killed"))
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_limited_weights_are_used_and_saved_with_a_norm_of_at_most_1(tmp_path):
    train(TINY, tmp_path)
    saved = load_file(tmp_path / "lifter.safetensors")
    norms = {key: saved[key].float().norm().item() for key in saved if saved[key].dim() == 2}
    assert len(norms) == 4
    assert all(norm < 1.01 for norm in norms.values())
    free = replace(TINY, limit="nothing")
    train(free, tmp_path / "free")
    assert load_file(tmp_path / "free" / "lifter.safetensors")["blocks.0.layers.0.weight"].float().norm() > 2


def test_fine_tuning_starts_from_a_lifter_of_the_same_normalisation(tmp_path):
    train(TINY, tmp_path / "first")
    start = str(tmp_path / "first" / "lifter.safetensors")
    tuned = replace(TINY, start=start, learning_rate=1e-9, epochs=1)
    train(tuned, tmp_path / "second")
    first, second = (load_file(tmp_path / run / "lifter.safetensors") for run in ("first", "second"))
    torch.testing.assert_close(first["last.weight"], second["last.weight"])
    with pytest.raises(ValueError, match="takes joints in the normalisation person, not screen"):
        train(replace(TINY, start="martinez-fitness"), tmp_path / "third")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limit": "weight"}, "unknown limit 'weight'; did you mean weights"),
        ({"share": 0.0}, "share is a part of the training set"),
        ({"decay": 1.5}, "decay is a factor"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"learning_rate": -1.0}, "learning_rate must be a number of at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        EpochTraining(**wrong)
