import json

import numpy as np
import pandas as pd
import pytest
import torch

from fitlab.cli.main import main
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.studio import film
from fitlab.models.martinez import Martinez
from fitlab.training import runs, scores
from fitlab.training.runs import Runs, over_seeds
from fitlab.training.scores import AtItsWord


@pytest.fixture
def poses():
    standing = random_poses(np.random.default_rng(0), 20) + np.array([0, 0, 900])
    return film(Motion(standing, np.zeros(20, int), ("01_01",), 30), every=1)


def test_a_network_is_scored_once_on_every_test(tmp_path, monkeypatch, poses):
    asked = []
    monkeypatch.setattr(scores, "tests", lambda folder: asked.append(folder) or [("clips", poses, "middle")])
    network = Martinez(hidden=8).eval()
    first = scores.score(network, tmp_path)
    assert scores.score(network, tmp_path) == first
    assert asked == [tmp_path]
    with torch.no_grad():
        network.last.weight.zero_()
        network.last.bias.zero_()
    nothing = AtItsWord(network).lift(poses.pose2d)
    assert (nothing.points == 0).all()
    assert first["clips"]["summary"]["MPJPE mm"] > 100
    assert first["clips"]["count"] == 80


@pytest.fixture
def trained(tmp_path):
    """Two seeds of one recipe, the second not scored yet."""
    for seed, errors in ((1, [50.0, 40.0, 45.0]), (2, [52.0, 42.0, 41.0])):
        folder = tmp_path / "runs" / f"lifter-batch-64-{seed}"
        folder.mkdir(parents=True)
        rows = {"step": [10, 20, 30], "loss": 0.1, "learning_rate": 1e-3, "validation": errors}
        pd.DataFrame(rows | {"clips": [60.0, 48.0, 46.0]}).to_csv(folder / "history.csv", index=False)
    result = {"summary": {"MPJPE mm": 47.0}, "tables": {"by group": {"squat": {"mpjpe": 44.0}, "all": {"mpjpe": 47.0}}}}
    (tmp_path / "runs" / "lifter-batch-64-1" / "scores.json").write_text(json.dumps({"fitness": result}))
    assert main(["evaluate", "runs", str(tmp_path / "runs"), "--into", str(tmp_path / "results")]) == 0
    return Runs.read(tmp_path / "results")


def test_results_do_not_say_where_somebody_trained(tmp_path):
    folder = tmp_path / "runs" / "tuned-true-1"
    folder.mkdir(parents=True)
    (folder / "history.csv").write_text("step,loss,validation\n1,0.1,50\n")
    start = str(folder.parent / "lifter-batch-128-1" / "lifter.safetensors")
    (folder / "settings.json").write_text(json.dumps({"start": start}))
    runs.collect(folder.parent, tmp_path / "results")
    kept = json.loads((tmp_path / "results" / "tuned-true-1.json").read_text())
    assert kept["settings"]["start"].replace("\\", "/") == "{out}/lifter-batch-128-1/lifter.safetensors"


def test_what_is_done_and_what_is_not(trained):
    progress = trained.progress()
    assert progress.loc[("lifter-batch-64", 1)].to_list() == [3, True]
    assert progress.loc[("lifter-batch-64", 2)].to_list() == [3, False]


def test_choosing_on_the_test_flatters(trained):
    first = trained.chosen().loc[("lifter-batch-64", 1)]
    assert (first["epoch"], first["validation"], first["clips"], first["clips if chosen on it"]) == (2, 40, 48, 46)


def test_scores_are_tables(trained):
    assert trained.table().loc[("lifter-batch-64", 1), "fitness"] == 47.0
    assert trained.by_group("fitness").loc[("lifter-batch-64", 1), "squat"] == 44.0


def test_seeds_are_summed_up():
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)], names=["recipe", "seed"])
    text = over_seeds(pd.DataFrame({"clips": [40.0, 42.0, 50.0]}, index=index))
    assert text.loc["a"].to_list() == [2, "41.0 ± 1.4"]
    assert text.loc["b"].to_list() == [1, "50.0"]


def test_where_nothing_was_trained_yet_tables_are_empty(tmp_path):
    nothing = Runs.read(tmp_path)
    for table in (nothing.progress(), nothing.chosen(), nothing.table(), nothing.by_group("fitness")):
        assert table.empty
        assert over_seeds(table).empty
    assert runs.history_figure(nothing, {"lifter-batch-64": "red"}).axes


def test_a_history_has_a_line_for_each_seed(trained):
    figure = runs.history_figure(trained, {"lifter-batch-64": "red", "semgcn": "blue"})
    assert [len(axes.lines) for axes in figure.axes] == [2, 2]
    assert over_seeds(trained.chosen(), ["semgcn"]).empty
