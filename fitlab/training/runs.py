"""What came of trainings by epochs: their histories and scores, and the tables that the notebooks show of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fitlab.training.epochs import train
from fitlab.training.recipes import read_recipe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HISTORY = "history.csv"
#: Columns of a history that are no held-out set.
_NO_SETS = ("step", "loss", "learning_rate", "epoch", "cpu_seconds")


def collect(runs: Path, results: Path) -> list[str]:
    """Put the histories, settings and scores of all runs where the notebooks find them.

    Parameters
    ----------
    runs
        A folder in which each run has a folder.
    results
        The folder to write into.

    Returns
    -------
    list of str
        The runs' names.
    """
    results.mkdir(parents=True, exist_ok=True)
    names = []
    for folder in sorted(path.parent for path in Path(runs).glob(f"*/{HISTORY}")):
        names.append(folder.name)
        shutil.copyfile(folder / HISTORY, results / f"{folder.name}.csv")
        known = {part: folder / f"{part}.json" for part in ("settings", "sets", "scores")}
        content = {part: json.loads(file.read_text("utf-8")) for part, file in known.items() if file.exists()}
        # As in a recipe, {out} stands for the folder of all runs, which is nobody else's.
        text = json.dumps(content, indent=1).replace(json.dumps(str(Path(runs).resolve()))[1:-1], "{out}")
        (results / f"{folder.name}.json").write_text(text + "\n", encoding="utf-8")
    return names


@dataclass(frozen=True)
class Runs:
    """Trainings as :func:`collect` kept them.

    Parameters
    ----------
    histories
        (recipe, seed) -> a row for each epoch.
    scores
        (recipe, seed) -> name of a test -> what a result has. A training that is still running has none.
    sets
        (recipe, seed) -> name of a set -> how many poses it has, and how many were left out and why.
    """

    histories: Mapping[tuple[str, int], pd.DataFrame]
    scores: Mapping[tuple[str, int], Mapping[str, Any]]
    sets: Mapping[tuple[str, int], Mapping[str, Any]]

    @classmethod
    def read(cls, results: str | Path) -> Runs:
        """Those in a folder."""
        histories = {_key(file): _history(file) for file in sorted(Path(results).glob("*.csv"))}
        files = {_key(file): json.loads(file.read_text("utf-8")) for file in sorted(Path(results).glob("*.json"))}
        parts = ({key: some[part] for key, some in files.items() if part in some} for part in ("scores", "sets"))
        return cls(histories, *parts)

    def progress(self) -> pd.DataFrame:
        """Epochs done and whether it was scored, by recipe and seed."""
        rows = {
            key: {"epochs": len(history), "finished": key in self.scores} for key, history in self.histories.items()
        }
        return _indexed(rows)

    def left_out(self) -> pd.DataFrame:
        """How many poses were trained and chosen on, and how many were left out, by recipe and seed."""
        rows = {}
        for key, sets in self.sets.items():
            rows[key] = {name: sets[name]["poses"] for name in ("training", "validation")}
            rows[key]["left out"] = sum(sum(some["left out"].values()) for some in sets.values())
        return _indexed(rows)

    def chosen(self) -> pd.DataFrame:
        """MPJPE in mm of the epoch that the validation chooses, and what choosing on a test would have said of it.

        A column for each held-out set, and ``SET if chosen on it``: the smallest of the history. And the median of the
        CPU's seconds that an epoch took.
        """
        rows = {}
        for key, history in self.histories.items():
            sets = [name for name in history if name not in _NO_SETS]
            best = history.loc[history["validation"].idxmin()]
            rows[key] = {"epoch": best["epoch"], **best[sets]}
            if "cpu_seconds" in history:
                rows[key]["CPU seconds an epoch"] = history["cpu_seconds"].median()
            rows[key] |= {f"{name} if chosen on it": history[name].min() for name in sets if name != "validation"}
        return _indexed(rows)

    def table(self, score: str = "MPJPE mm") -> pd.DataFrame:
        """One number of every test, by recipe and seed."""
        rows = {
            key: {name: result["summary"].get(score) for name, result in some.items()}
            for key, some in self.scores.items()
        }
        return _indexed(rows)

    def by_group(self, test: str, column: str = "mpjpe") -> pd.DataFrame:
        """A column of the scores by group of one test, such as by exercise: a row for each recipe and seed."""
        rows = {}
        for key, some in self.scores.items():
            if test in some:
                groups = some[test]["tables"]["by group"]
                rows[key] = {group: values.get(column) for group, values in groups.items()}
        return _indexed(rows)


def over_seeds(table: pd.DataFrame, recipes: Iterable[str] | None = None) -> pd.DataFrame:
    """Mean over the seeds of each recipe and, where there are several, their standard deviation.

    Parameters
    ----------
    table
        Rows by recipe and seed.
    recipes
        Which of them, by default all. Those of which there is nothing yet are left out.

    Returns
    -------
    DataFrame
        Texts, a row for each recipe.
    """
    if recipes is not None:
        table = table[table.index.get_level_values("recipe").isin(list(recipes))]
    grouped = table.groupby(level="recipe", sort=False)
    mean, deviation, count = grouped.mean(), grouped.std(), grouped.size()
    text = mean.map("{:.1f}".format) + deviation.map(lambda value: "" if np.isnan(value) else f" ± {value:.1f}")
    text.insert(0, "seeds", count)
    return text


def short_run(recipe: str | Path, data: str = "everyday", **settings: Any) -> pd.DataFrame:
    """The history of a training that takes seconds and is thrown away: does the code work?

    Parameters
    ----------
    recipe
        File of a training by epochs.
    data
        Everyday motion, or Human3.6M where the user has it.
    settings
        In place of the recipe's, by default five epochs of a few steps.
    """
    few = {"epochs": 5, "share": 0.02, "source.data": data, "source.takes": 1, "source.every": 50}
    with TemporaryDirectory() as folder, redirect_stderr(StringIO()):  # without the progress bar
        train(read_recipe(recipe).settings(few | settings), Path(folder))
        return _history(Path(folder) / HISTORY)


def history_figure(runs: Runs, recipes: Mapping[str, str], held_out: str = "validation") -> Figure:
    """The report's Fig. 8: the loss in training and the error on held-out poses over the epochs, a line for each seed.

    Parameters
    ----------
    runs
    recipes
        Name -> colour. Those of which there is nothing yet are left out.
    held_out
        A column of the histories.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (recipe, _), history in runs.histories.items():
        if recipe in recipes and held_out in history:
            colour, label = recipes[recipe], recipe if recipe not in left.get_legend_handles_labels()[1] else None
            left.plot(history["epoch"], history["loss"], color=colour, label=label, linewidth=1)
            right.plot(history["epoch"], history[held_out], color=colour, linewidth=1)
    left.set(xlabel="epoch", ylabel="training loss", yscale="log")
    right.set(xlabel="epoch", ylabel=f"MPJPE on {held_out}, mm")
    if runs.histories:
        left.legend(fontsize=8)
    return figure


def _key(file: Path) -> tuple[str, int]:
    recipe, _, seed = file.stem.rpartition("-")
    return recipe, int(seed)


def _history(file: Path) -> pd.DataFrame:
    history = pd.read_csv(file)
    history["epoch"] = np.arange(1, len(history) + 1)
    return history


def _indexed(rows: Mapping[tuple[str, int], Mapping[str, Any]]) -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples(list(rows) or [("", 0)], names=["recipe", "seed"])[: len(rows)]
    return pd.DataFrame(list(rows.values()), index=index)
