import argparse
import json
import math
import os
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from killing import Killed, killed_at
from safetensors.torch import load_file

from fitlab.angles import angle_between
from fitlab.cli.main import main
from fitlab.datasets import anatomy, mocap
from fitlab.extras import install_command
from fitlab.lifting.lifter import load_lifter
from fitlab.skeletons import LIFT16
from fitlab.synthetic.people.body import body_model
from fitlab.training import lifter
from fitlab.training.lifter import train
from fitlab.training.lifter_settings import SHARES, DetectionSettings, LifterTraining, Poses
from fitlab.training.loop import Schedule
from fitlab.training.samples import Noise

OPTIONS = {"hidden": 8, "blocks": 1, "certainty": True}
BRIEF = Schedule(steps=6, check_every=2)
TINY = LifterTraining(options=OPTIONS, batch_size=8, schedule=BRIEF)
RECORDED = Poses(random=0.0)


@pytest.fixture(autouse=True)
def _motion(monkeypatch):
    """Random poses in place of recorded ones."""
    poses = anatomy.random_poses(np.random.default_rng(5), 40)
    motion = mocap.Motion(poses, np.zeros(40, int), ("clip",), 30)
    monkeypatch.setattr(mocap, "everyday", lambda report=None: (motion, motion))


def test_a_killed_and_resumed_training_ends_in_the_same_weights(tmp_path, monkeypatch):
    train(TINY, tmp_path / "whole")
    draw = lifter.draw_samples
    monkeypatch.setattr(lifter, "draw_samples", killed_at(5, draw))
    with pytest.raises(Killed):
        train(TINY, tmp_path / "resumed")
    monkeypatch.setattr(lifter, "draw_samples", draw)
    train(TINY, tmp_path / "resumed")
    for name in ("history.csv", "settings.json"):
        assert (tmp_path / "whole" / name).read_text() == (tmp_path / "resumed" / name).read_text()
    whole, resumed = (load_file(tmp_path / run / "lifter.safetensors") for run in ("whole", "resumed"))
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_recorded_legs_are_straightened_before_they_are_learned_from():
    standing = anatomy.random_poses(np.random.default_rng(1), 1).repeat(50, axis=0)
    hip, knee, ankle = LIFT16.indices(["left_hip", "left_knee", "left_ankle"])
    standing[:, knee] = standing[:, hip] + np.array([0, -100, -400])
    standing[:, ankle] = standing[:, hip] + np.array([0, 0, -800])
    legs = lifter.pose_source(replace(TINY, poses=RECORDED), standing)(np.random.default_rng(2), 50)
    bent = 180 - angle_between(legs[:, hip] - legs[:, knee], legs[:, ankle] - legs[:, knee])
    assert bent.max() < 25  # of 28 degrees
    assert np.ptp(bent) > 5


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_arms_of_all_poses_are_straightened_before_they_are_learned_from(share):
    """Recorded ones and synthetic ones."""
    person = anatomy.random_poses(np.random.default_rng(1), 1).repeat(50, axis=0)
    shoulder, elbow, wrist = LIFT16.indices(["left_shoulder", "left_elbow", "left_wrist"])
    person[:, elbow] = person[:, shoulder] + np.array([0, -100, 270])
    person[:, wrist] = person[:, shoulder] + np.array([0, 0, 540])  # up, bent by 41 degrees
    source = lifter.pose_source(replace(TINY, poses=Poses(random=0.0, synthetic=share)), person, person)
    arms = source(np.random.default_rng(2), 50)
    bent = 180 - angle_between(arms[:, shoulder] - arms[:, elbow], arms[:, wrist] - arms[:, elbow])
    assert bent.min() < 28
    assert bent.max() > 38


def test_samples_come_in_the_normalisation_of_the_settings(tmp_path, monkeypatch):
    asked = []
    draw = lifter.draw_samples
    monkeypatch.setattr(lifter, "draw_samples", lambda *args: asked.append(args[-1]) or draw(*args))
    train(replace(TINY, schedule=Schedule(steps=1), normalisation="screen"), tmp_path)
    assert set(asked) == {"screen"}
    assert load_lifter(str(tmp_path / "lifter.safetensors")).normalisation == "screen"


def test_a_finished_training_has_nothing_to_do(tmp_path):
    assert train(TINY, tmp_path) == train(TINY, tmp_path)


def test_another_training_is_not_continued(tmp_path):
    train(TINY, tmp_path)
    with pytest.raises(ValueError, match="batch_size = 8, not 4"):
        train(replace(TINY, batch_size=4), tmp_path)
    with pytest.raises(ValueError, match=r"schedule\.steps = 6, not 7"):
        train(replace(TINY, schedule=replace(BRIEF, steps=7)), tmp_path)


def test_training_learns(tmp_path):
    schedule = Schedule(steps=60, check_every=20, learning_rate=0.02)
    train(replace(TINY, options=OPTIONS | {"hidden": 32}, batch_size=64, weight_norm=0, schedule=schedule), tmp_path)
    rows = (tmp_path / "history.csv").read_text().splitlines()
    losses = [float(row.split(",")[1]) for row in rows[1:]]
    assert losses[-1] < 0.8 * losses[0]


def test_a_trained_lifter_is_a_start_for_fine_tuning(tmp_path):
    train(TINY, tmp_path / "first")
    start = str(tmp_path / "first" / "lifter.safetensors")
    tuned = replace(TINY, start=start, schedule=Schedule(steps=1, learning_rate=0.0, average=0.0))
    train(tuned, tmp_path / "second")
    first, second = (load_file(tmp_path / run / "lifter.safetensors") for run in ("first", "second"))
    assert torch.equal(first["last.weight"], second["last.weight"])
    with pytest.raises(ValueError, match="do not fit Martinez"):
        train(replace(tuned, options=OPTIONS | {"hidden": 16}), tmp_path / "third")


def test_a_start_that_reads_its_joints_otherwise_is_refused(tmp_path):
    train(replace(TINY, schedule=Schedule(steps=1)), tmp_path / "first")
    start = str(tmp_path / "first" / "lifter.safetensors")
    with pytest.raises(ValueError, match="takes joints in the normalisation person, not screen"):
        train(replace(TINY, normalisation="screen", start=start), tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_the_command_line_knows_every_setting(tmp_path):
    parser = argparse.ArgumentParser()
    lifter.add_arguments(parser)
    options = ["--steps", "2", "--batch-size", "8", "--options", "hidden=8", "--noise.exact", "1", "--loss", "distance"]
    options += ["--normalisation", "screen"]
    lifter.run(parser.parse_args(["--out", str(tmp_path), *options]))
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert (settings["options"], settings["noise"]["exact"], settings["loss"]) == ({"hidden": 8}, 1.0, "distance")
    assert settings["schedule"]["average"] == LifterTraining().schedule.average
    assert load_lifter(str(tmp_path / "lifter.safetensors")).normalisation == "screen"


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="'l3'"):
        LifterTraining(loss="l3")
    with pytest.raises(ValueError, match="'pixels'"):
        LifterTraining(normalisation="pixels")
    with pytest.raises(ValueError, match="more than 1"):
        Poses(random=0.8, synthetic=0.5)
    with pytest.raises(ValueError, match="go together"):
        DetectionSettings(share=0.5)
    for part, names in SHARES.items():
        for name in names:
            for wrong in (-0.5, 35, math.nan):
                pictures = {"pictures": ("a",)} if part == "detections" else {}
                with pytest.raises(ValueError, match=rf"{part}.{name} is a share from 0 to 1, got {wrong}|more than 1"):
                    LifterTraining(**{part: replace(getattr(TINY, part), **{name: wrong}, **pictures)})
    for wrong in (-1, math.nan):
        with pytest.raises(ValueError, match=f"weight_norm must be a number of at least 0, got {wrong}"):
            LifterTraining(weight_norm=wrong)
        with pytest.raises(ValueError, match=f"noise.deviation must be a number of at least 0, got {wrong}"):
            LifterTraining(noise=Noise(deviation=wrong))
    for share in (0.9, 0.1):
        with pytest.raises(ValueError, match=f"that is detected and one that is not, got a share of {share}"):
            LifterTraining(detections=DetectionSettings(share, ("a",)), batch_size=4)
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 2, got 0"):
        LifterTraining(batch_size=0)
    with pytest.raises(ValueError, match="synthetic_poses must be a whole number of at least 1, got 0"):
        Poses(synthetic_poses=0)


@pytest.mark.parametrize(
    ("wrong", "device"),
    [
        ({"start": "nobody"}, "cpu"),
        ({"detections": DetectionSettings(0.5, ("nowhere",))}, "cpu"),
        ({}, "gpu"),
        ({"options": {"width": 8}}, "cpu"),
    ],
)
def test_a_mistake_leaves_the_folder_free(tmp_path, wrong, device):
    with pytest.raises((FileNotFoundError, ValueError), match=r"nobody|nowhere|gpu|no options of martinez"):
        train(replace(TINY, **wrong), tmp_path / "run", device)
    assert not (tmp_path / "run").exists()


def test_without_a_body_no_folder_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_CACHE", str(tmp_path / "nothing"))
    monkeypatch.setitem(sys.modules, "anny", None)
    body_model.cache_clear()
    try:
        with pytest.raises(ImportError, match=re.escape(install_command("synthetic"))):
            train(replace(TINY, poses=Poses(synthetic=0.5)), tmp_path / "run")
    finally:
        body_model.cache_clear()
    assert not (tmp_path / "run").exists()


def test_each_held_out_set_is_named_at_the_end(tmp_path, monkeypatch, capsys):
    best = {"step": 50, "everyday": 40.0, "detected": 80.0, "mpjpe": 60.0}
    monkeypatch.setattr(lifter, "train", lambda *_: best)
    assert main(["train", "lifter", "--out", str(tmp_path)]) == 0
    assert "at step 50: MPJPE in mm on held-out poses: everyday 40.0, detected 80.0; their mean 60.0" in (
        capsys.readouterr().out
    )


def test_processes_do_not_take_each_others_unfinished_file(tmp_path, monkeypatch):
    poses = SimpleNamespace(sample_poses=lambda count, seed: {"lift16": np.zeros((count, 16, 3))})
    monkeypatch.setitem(sys.modules, "fitlab.synthetic.pose_sets", poses)
    settings, save = replace(TINY, poses=Poses(synthetic_poses=2)), np.save

    def overtaken(temporary, array):
        save(temporary, array)
        with monkeypatch.context() as other:
            other.setattr(np, "save", save)
            other.setattr(os, "getpid", lambda: 0)
            lifter.synthetic_poses(tmp_path, settings)

    monkeypatch.setattr(np, "save", overtaken)
    assert lifter.synthetic_poses(tmp_path, settings).shape == (2, 16, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["synthetic.npy"]
