"""How sure is an angle? 90 % intervals from the detector's doubt, calibrated on people the models never saw.

Two things make an angle wrong: the 2D joints are off, and the same 2D joints fit several 3D poses. The first is
sampled (:meth:`fitlab.lifting.Lifter.lift` with ``samples``) and differs from photo to photo; the second is a constant
of the angle. And the less sure the detector is of a joint, the more often it took something else for it. An interval is
``degrees -+ factor * hypot(spread of the samples, floor) * (1 + growth * doubt)``, the doubt being 1 less the lowest
score of the angle's joints; ``floor``, ``growth`` and ``factor`` of each angle are chosen so that nine in ten held-out
angles lie inside (split conformal prediction: Lei et al. 2018, "Distribution-free predictive inference for
regression"). ``fitlab evaluate angles --calibrate`` measures them anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from fitlab.angles import MEASURES, measure
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16

COVERAGE = 0.9
#: How many poses are drawn for the spread; 2,000 change half an interval's width by half a degree in the median.
SAMPLES = 64
_GROWTHS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Constants:
    """What turns spread (degrees) and doubt (0..1) into half the width of an interval, in degrees."""

    floor: float
    growth: float
    factor: float

    def half_width(self, spread: np.ndarray | float, doubt: np.ndarray | float) -> np.ndarray | float:
        return self.factor * np.hypot(spread, self.floor) * (1 + self.growth * doubt)


def interval(pose: Pose3D, angle: str | Sequence[str]) -> tuple[float, float, float]:
    """(degrees, low, high) of a named or free angle of one pose (16, 3); all NaN where the angle is unknown.

    ValueError for a clip, and for a pose in another skeleton than LIFT16, whose joints would be mistaken for others.
    """
    if pose.skeleton.joints != LIFT16.joints:
        raise ValueError(f"angles are measured on poses in LIFT16, got {pose.skeleton.name}; convert it first")
    if pose.points.shape != (len(LIFT16), 3):
        wanted, got = (len(LIFT16), 3), pose.points.shape
        raise ValueError(f"intervals are those of one pose {wanted}, got {got}; index the clip first")
    measured = measure(angle if isinstance(angle, str) else tuple(angle))
    degrees = float(measured.compute(pose.points))
    spread, doubt = spread_of(pose, measured.compute), doubt_of(pose, measured.joints)
    half = max(constants(name).half_width(spread, doubt) for name in _named(angle))
    lowest = -180.0 if measured.signed else 0.0
    return degrees, float(max(degrees - half, lowest)), float(min(degrees + half, 180.0))


def doubt_of(pose: Pose3D, joints: Sequence[str]) -> float:
    """1 less the lowest score of some joints of one pose."""
    return 1 - float(pose.score[pose.skeleton.indices(joints)].min())


def spread_of(pose: Pose3D, compute) -> float:
    """Standard deviation in degrees of an angle over the pose's samples, from its middle 68 %; 0 without samples."""
    if pose.samples is None:
        return 0.0
    values = compute(pose.samples)
    values = values[~np.isnan(values)]
    if values.size < 2:
        return 0.0
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2


def constants(name: str) -> Constants:
    """The constants of a named angle, the same on both sides of the body."""
    return _table()[without_side(name)]


def without_side(name: str) -> str:
    """``knee`` for ``left_knee`` and ``right_knee``; other names as they are."""
    return name.removeprefix("left_").removeprefix("right_")


def _named(angle: str | Sequence[str]) -> list[str]:
    """The named angles as sure as which an angle is: itself, or the one between the same joints; of any other joints
    nothing was measured, so it is as unsure as the least sure of all angles between three joints.
    """
    if isinstance(angle, str):
        return [angle]
    between = {name: named.triplet for name, named in MEASURES.items() if named.triplet}
    same = [name for name, triplet in between.items() if tuple(angle) in (triplet, triplet[::-1])]
    return same or list(between)


def fit_constants(errors: np.ndarray, spreads: np.ndarray, doubts: np.ndarray, coverage: float = COVERAGE) -> Constants:
    """The constants that make ``coverage`` of the intervals hold their truth.

    errors   (N,) absolute errors in degrees on held-out poses
    spreads  (N,) standard deviations of their samples in degrees
    doubts   (N,) 1 less the lowest score of their joints

    Among floors of 1 to 30 degrees and growths of 0 to 8 those with the shortest intervals on average are taken; the
    factor is then the conformal quantile of the error over the width without it.
    """
    rank = min(np.ceil((len(errors) + 1) * coverage) / len(errors), 1.0)
    best, shortest = None, np.inf
    for floor in np.arange(1.0, 30.5, 1.0):
        for growth in _GROWTHS:
            scale = Constants(floor, growth, 1.0).half_width(spreads, doubts)
            factor = float(np.quantile(errors / scale, rank, method="higher"))
            if factor * scale.mean() < shortest:
                best, shortest = Constants(float(floor), growth, factor), factor * scale.mean()
    return best


@cache
def _table() -> dict[str, Constants]:
    tables = tomllib.loads((files("fitlab.exercises") / "intervals.toml").read_text(encoding="utf-8"))
    return {name: Constants(**table) for name, table in tables.items()}
