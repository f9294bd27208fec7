"""What a lifter learns from besides made-up noise: the joints that a detector really finds in synthetic pictures.

A detector errs where a joint is hidden, foreshortened or like another one, so its errors depend on the pose as no
independent noise does (the report's Sec. 4.5.3 fine-tunes on detections for the same reason).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fitlab.datasets import catalogue
from fitlab.detection.detector import load_detector
from fitlab.evaluation.detections import detect_all
from fitlab.lifting.inputs import (
    UNIT_MM,
    certainty_of,
    depth_inputs,
    lifter_depth,
    normalise_person,
    origin,
    person_size,
    to_lifter_joints,
    turn_to,
)
from fitlab.skeletons import LIFT16, MPII16
from fitlab.training.loop import last_tenth
from fitlab.training.samples import Samples

#: A detection with fewer joints seen, or with less than half of the joints near the truth, teaches nothing.
FEWEST_SEEN = 8
_NEAR = 0.5  # of the torso
#: By how much detections are varied: joints in their deviations, depth as a share and as the tangent of a tilt.
_MOVED, _DEEPER, _TILTED = 0.5, 0.12, 0.07
_TORSO = LIFT16.indices(["pelvis", "thorax"])
_SIDES = LIFT16.mirror


@dataclass(frozen=True)
class Detected:
    """Detections of N people and their truth.

    Parameters
    ----------
    points
        (N, 16, 2) in LIFT16: pixels from the middle of the picture, over the focal length.
    deviation
        (N, 16) one standard deviation, in the same unit.
    seen
        (N, 16) bool.
    truth
        (N, 16, 3) mm, in LIFT16 and camera axes, relative to the pelvis.
    held_out
        (N,) bool: which of them are in that tenth of their set that is kept for validation.
    depth
        (N, 16, 2) how far joints are behind the pelvis by the detector, and the error it expects, in the unit of
        ``points``; NaN where it says nothing.
    """

    points: np.ndarray
    deviation: np.ndarray
    seen: np.ndarray
    truth: np.ndarray
    held_out: np.ndarray
    depth: np.ndarray

    def __len__(self) -> int:
        return len(self.points)

    def take(self, rows: np.ndarray) -> Detected:
        """Some of them.

        Parameters
        ----------
        rows
            Indices, of which one may occur more than once, or a mask (N,).

        Returns
        -------
        Detected
        """
        return Detected(**{name: values[rows] for name, values in vars(self).items()})

    def samples(self) -> Samples:
        """All of them in the ``person`` normalisation."""
        middle = origin(self.points, self.seen)
        turn = turn_to(np.concatenate([middle, np.ones_like(middle[..., :1])], axis=-1))
        deviation = self.deviation / person_size(self.points, self.seen)[:, None]
        points = normalise_person(self.points, self.seen)
        away, error = np.moveaxis(self.depth, -1, 0)
        depth = depth_inputs(self.points, away, error, self.seen, turn)
        return Samples(points, certainty_of(deviation, self.seen), self.truth / UNIT_MM @ turn, depth)


def detect_people(folder: Path | str, detector: str, report: Callable[[str], object] = print) -> Detected:
    """Find the joints of all people in the whole pictures of a synthetic set.

    People of whom the detector sees too few joints, and those where it found somebody else, are left out.

    Parameters
    ----------
    folder
        Of the set.
    detector
        By name or file.
    report
        Is told how many people are left out.

    Returns
    -------
    Detected

    Raises
    ------
    ValueError
        For a test set, or one that is still being made.
    """
    data = catalogue.open_for_training(folder)
    found = detect_all(load_detector(detector), data)
    points, seen, deviation = to_lifter_joints(found.points, found.score, np.nan_to_num(found.deviation), MPII16)
    truth_2d = data.labels["lift16"].astype(float)
    torso = np.linalg.norm(truth_2d[:, _TORSO[0]] - truth_2d[:, _TORSO[1]], axis=-1)
    near = np.linalg.norm(points - truth_2d, axis=-1) < _NEAR * np.maximum(torso, 1)[:, None]
    few = seen.sum(1) < FEWEST_SEEN
    other = ~few & ((near & seen).sum(1) < seen.sum(1) / 2)
    report(f"{len(points)} people: {few.sum()} with too few joints seen, {other.sum()} with somebody else found")
    focal = data.labels["intrinsics"][:, :1, :1].astype(float)
    middle = data.labels["intrinsics"][:, None, :2, 2].astype(float)
    usable = ~few & ~other
    held_out = last_tenth(len(points), folder)
    depth = lifter_depth(found.pose) / focal
    every = Detected((points - middle) / focal, deviation / focal[..., 0], seen, data.space, held_out, depth)  # type: ignore[arg-type]
    return every.take(np.flatnonzero(usable))


def draw_detected(people: Detected, rng: np.random.Generator, count: int) -> Samples:
    """Random detected people, half of them mirrored, before cameras that are rolled by a few degrees, some by up to 30.

    Joints are moved within what the detector says of its error, and depth as a whole is made flatter or deeper and
    tilted: there are few people with real detections, and a network of millions of weights would learn them by heart.

    Parameters
    ----------
    people
        To draw from.
    rng
        What everything random is drawn from.
    count
        How many.

    Returns
    -------
    Samples
        In the ``person`` normalisation.
    """
    drawn = people.take(rng.integers(len(people), size=count))
    roll = rng.normal(0, 4.0, count)
    roll = np.deg2rad(np.where(rng.uniform(size=count) < 0.2, rng.uniform(-30, 30, count), roll))
    turn = np.stack([np.cos(roll), -np.sin(roll), np.sin(roll), np.cos(roll)], axis=-1).reshape(-1, 2, 2)
    points = drawn.points @ np.swapaxes(turn, -1, -2)
    truth = np.concatenate([drawn.truth[..., :2] @ np.swapaxes(turn, -1, -2), drawn.truth[..., 2:]], axis=-1)
    points = points + _MOVED * drawn.deviation[..., None] * rng.standard_normal(points.shape)
    middle = origin(points, drawn.seen)[:, None]
    common = 1 + _DEEPER * rng.standard_normal((count, 1)), _TILTED * rng.standard_normal((count, 1, 2))
    away = drawn.depth[..., 0] * common[0] + ((points - middle) * common[1]).sum(-1)
    depth = np.stack([away, drawn.depth[..., 1]], axis=-1)
    mirrored = rng.uniform(size=count) < 0.5
    return _mirrored(replace(drawn, points=points, truth=truth, depth=depth), mirrored).samples()


def _mirrored(people: Detected, which: np.ndarray) -> Detected:
    def chosen(values: np.ndarray, sign: np.ndarray | float) -> np.ndarray:
        return np.where(which.reshape(-1, *[1] * (values.ndim - 1)), values[:, list(_SIDES)] * sign, values)

    return replace(
        people,
        points=chosen(people.points, np.array([-1.0, 1.0])),
        deviation=chosen(people.deviation, 1.0),
        seen=np.where(which[:, None], people.seen[:, list(_SIDES)], people.seen),
        truth=chosen(people.truth, np.array([-1.0, 1.0, 1.0])),
        depth=chosen(people.depth, 1.0),
    )


def read(file: Path) -> Detected:
    """What :func:`write` wrote."""
    with np.load(file) as arrays:
        return Detected(**arrays)


def write(people: Detected, file: Path) -> None:
    """Keep detections in an .npz file; a file that is there is whole."""
    temporary = file.with_suffix(f".{os.getpid()}.npz")  # under torchrun every process writes the same
    np.savez(temporary, **vars(people))
    temporary.replace(file)
