"""Detectors side by side, as in the report's Tables 1 to 3: the same photos, the same joints, the same yardstick."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import nn

from fitlab.datasets.records import PhotoSet
from fitlab.detection.detector import load_detector
from fitlab.evaluation.detections import Detections, detect_all
from fitlab.figures import draw_against_truth
from fitlab.metrics import bootstrap_interval, correct_keypoints, known_mean
from fitlab.models import catalogue
from fitlab.skeletons import MPII16
from fitlab.weights import registry

#: The joints of the report's tables, left and right together.
JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
NOT_HERE = "not available here"
NOBODY = "no pictures"
_COLUMNS = [index for joint in JOINTS for index, name in enumerate(MPII16.joints) if name.endswith(joint)]


@dataclass(frozen=True)
class Trial:
    """What several detectors answered for the same photos.

    Parameters
    ----------
    photos : PhotoSet of N pictures
        Intervals are over the people in them.
    found : detector -> Detections or None
        What it answered; None where its weights are not on this machine.
    """

    photos: PhotoSet
    found: Mapping[str, Detections | None]

    def correct(self, name: str, threshold: float = 0.5, reference: str = "waist") -> np.ndarray | None:
        """Which joints a detector found.

        Parameters
        ----------
        name : str
            Of the detector.
        threshold, reference
            See :func:`fitlab.metrics.correct_keypoints`.

        Returns
        -------
        (N, 12) array or None
            1 where shoulders, elbows, wrists, hips, knees and ankles are right, else 0; NaN where they are not judged.
            None where the detector was not asked.
        """
        answers = self.found[name]
        if answers is None:
            return None
        return correct_keypoints(answers.points, self.photos.judged_points(), threshold, reference)[:, _COLUMNS]


def compare(
    names: Sequence[str | Path],
    photos: PhotoSet,
    flip: bool = False,
    zoom: bool = False,
    use_box: bool = False,
    scales: bool = False,
) -> Trial:
    """Ask every detector that is on this machine about every photo; nothing is downloaded.

    Parameters
    ----------
    names : sequence of str or path
        Detectors of the registry, or files that a training wrote.
    photos : PhotoSet
    flip, scales : bool
        Add the mirrored view; a wider and a closer one.
    zoom : bool
        Look closer at the person that was found. False squeezes the whole photo into the network's input, which is the
        report's way.
    use_box : bool
        Give the detector the crop round the true joints instead.

    Returns
    -------
    Trial
    """
    found: dict[str, Detections | None] = {}
    for name in map(str, names):
        found[name] = None
        if registry.is_here(name):
            found[name] = detect_all(load_detector(name), photos, use_box, flip=flip, zoom=zoom, scales=scales)
    return Trial(photos, found)


def joint_table(trial: Trial, threshold: float = 0.5, reference: str = "waist") -> pd.DataFrame:
    """PCK by joint, as in the report's Tables 1 and 3.

    Parameters
    ----------
    trial : Trial
    threshold, reference
        See :func:`fitlab.metrics.correct_keypoints`.

    Returns
    -------
    DataFrame
        A row for each detector: PCK of each joint, their mean with its 95 % interval over people, and the median
        seconds for an image.
    """
    rows = {}
    for name, answers in trial.found.items():
        correct = trial.correct(name, threshold, reference)
        if answers is None or correct is None:
            rows[name] = dict.fromkeys(JOINTS, NOT_HERE) | dict.fromkeys(("mean", "95 %", "seconds"), NOT_HERE)
            continue
        sides = correct.reshape(len(correct), len(JOINTS), 2)
        by_joint = [float(known_mean(sides[:, number])) for number in range(len(JOINTS))]
        rows[name] = dict(zip(JOINTS, (f"{value:.3f}" for value in by_joint), strict=True)) | {
            "mean": f"{_mean(correct):.3f}",
            "95 %": _interval(correct, trial.photos.people),  # type: ignore[arg-type]
            "seconds": f"{np.median(answers.seconds):.3f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def bin_table(
    trial: Trial, values: np.ndarray, edges: Sequence[float], threshold: float = 0.5, reference: str = "waist"
) -> pd.DataFrame:
    """Mean PCK by something that is known of each photo, as in the report's Table 2.

    Parameters
    ----------
    trial : Trial
    values : (N,)
        What the photos are sorted by.
    edges : sequence of float
        A bin lies between each two neighbours.
    threshold, reference
        See :func:`fitlab.metrics.correct_keypoints`.

    Returns
    -------
    DataFrame
        A row for each detector, a column for each bin with the number of its photos; 95 % intervals in brackets.
    """
    rows = {}
    bins = list(pairwise(edges))
    for name in trial.found:
        correct = trial.correct(name, threshold, reference)
        row = {}
        for low, high in bins:
            chosen = (values >= low) & (values < high)
            label = f"{low:g} to {high:g} ({chosen.sum()})" if np.isfinite(high) else f"{low:g} and up ({chosen.sum()})"
            row[label] = NOT_HERE if chosen.any() else NOBODY
            if correct is not None and chosen.any():
                row[label] = f"{_mean(correct[chosen]):.3f} ({_interval(correct[chosen], trial.photos.people[chosen])})"  # type: ignore[index]
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def gain(
    before: Trial,
    after: Trial,
    chosen: np.ndarray | slice = slice(None),
    threshold: float = 0.5,
    reference: str = "waist",
) -> pd.DataFrame:
    """How much higher each detector's mean PCK is in one trial than in another.

    The difference is taken photo by photo, and is real where its 95 % interval leaves out 0.

    Parameters
    ----------
    before, after : Trial
    chosen : (N,) bool or slice
        Which photos count.
    threshold, reference
        See :func:`fitlab.metrics.correct_keypoints`.

    Returns
    -------
    DataFrame
        A row for each detector: before, after, gain and its 95 % interval.

    Raises
    ------
    ValueError
        If the two trials are not of the same photos.
    """
    first, second = before.photos, after.photos
    if first.images != second.images or not np.array_equal(first.ends, second.ends):  # type: ignore[arg-type]
        raise ValueError("a gain is between two ways to look at the same photos; these trials have different ones")
    pairs = {
        name: (before.correct(name, threshold, reference), after.correct(name, threshold, reference))
        for name in before.found
    }
    return _differences(pairs, before.photos.people, chosen, ("before", "after", "gain"))  # type: ignore[arg-type]


def differences(trial: Trial, name: str, threshold: float = 0.5, reference: str = "waist") -> pd.DataFrame:
    """How much higher the mean PCK of every other detector is than that of ``name``, as in :func:`gain`."""
    ours = trial.correct(name, threshold, reference)
    pairs = {other: (ours, trial.correct(other, threshold, reference)) for other in trial.found if other != name}
    return _differences(pairs, trial.photos.people, slice(None), (name, "this one", "difference"))  # type: ignore[arg-type]


def _differences(
    pairs: Mapping[str, tuple[np.ndarray | None, np.ndarray | None]],
    people: np.ndarray,
    chosen: np.ndarray | slice,
    titles: tuple[str, str, str],
) -> pd.DataFrame:
    rows = {}
    for name, (before, after) in pairs.items():
        if before is None or after is None:
            rows[name] = dict.fromkeys((*titles, "95 %"), NOT_HERE)
            continue
        difference = (after - before)[chosen]
        means = f"{_mean(before[chosen]):.3f}", f"{_mean(after[chosen]):.3f}", f"{_mean(difference):+.3f}"
        rows[name] = dict(zip(titles, means, strict=True)) | {"95 %": _interval(difference, people[chosen], "+.3f")}
    return pd.DataFrame.from_dict(rows, orient="index")


def examples(trial: Trial, rows: Sequence[int]) -> Figure:
    """The photos number ``rows`` under every detector that was asked: found joints in cyan over the true ones."""
    names = [name for name, answers in trial.found.items() if answers is not None]
    figure = Figure(figsize=(2.4 * len(names), 2.5 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), len(names), squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        photo = trial.photos.picture(row)
        for axes, name in zip(line, names, strict=True):
            draw_against_truth(axes, photo, trial.found[name].points[row], trial.photos.points[row])  # type: ignore[union-attr]
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(name, fontsize=9)
    return figure


def network_table(names: Sequence[str | Path], repeats: int = 3) -> pd.DataFrame:
    """Size and speed of networks alone, for one picture on this machine, also of those whose weights are not here.

    A name is one of the registry, or a file that a training wrote. Speed does not depend on the weights, so those of
    the registry are left random; median of ``repeats`` runs after one that is not counted.
    """
    rows = {}
    for name in map(str, names):
        network, size = _network(name)
        picture = torch.zeros(1, 3, size, size).contiguous(memory_format=torch.channels_last)
        seconds = []
        with torch.inference_mode():
            for _ in range(repeats + 1):
                start = time.perf_counter()
                network(picture)
                seconds.append(time.perf_counter() - start)
        rows[name] = {
            "weights": "here" if registry.is_here(name) else NOT_HERE,
            "input px": size,
            "million parameters": round(sum(value.numel() for value in network.parameters()) / 1e6, 2),
            "ms": round(1000 * float(np.median(seconds[1:]))),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _network(name: str) -> tuple[nn.Module, int]:
    """A detector's network, made fast, and the side of its input in pixels."""
    entry = registry.find(name, catalogue.DETECTOR)
    network = catalogue.network(entry.network).ready(registry.build(entry))
    return network.to(memory_format=torch.channels_last), entry.input_size  # type: ignore[call-overload]  # missing in the stubs


def _mean(correct: np.ndarray) -> float:
    return float(known_mean(correct))


def _interval(correct: np.ndarray, people: np.ndarray, form: str = ".3f") -> str:
    low, high = bootstrap_interval(correct, people)
    return f"{low:{form}} to {high:{form}}"
