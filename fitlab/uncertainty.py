"""How sure is an angle? 90 % intervals from the detector's doubt, calibrated on people the models never saw.

Two things make an angle wrong: the 2D joints are off, and the same 2D joints fit several 3D poses. The first is
sampled (:meth:`fitlab.lifting.Lifter.lift` with ``samples``) and differs from photo to photo; the second is a constant
of the angle. An interval is ``degrees -+ factor * hypot(spread of the samples, floor)``; ``floor`` and ``factor`` of
each angle are chosen so that nine in ten held-out angles lie inside (split conformal prediction: Lei et al. 2018,
"Distribution-free predictive inference for regression"). ``fitlab evaluate angles --calibrate`` measures them anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from fitlab.angles import MEASURES, measure
from fitlab.poses import Pose3D

COVERAGE = 0.9
#: How many poses are drawn for the spread; more change an interval by less than a degree.
SAMPLES = 64


def interval(pose: Pose3D, angle: str | Sequence[str]) -> tuple[float, float, float]:
    """(degrees, low, high) of a named or free angle of one pose (16, 3); all NaN where the angle is unknown."""
    compute = measure(angle if isinstance(angle, str) else tuple(angle)).compute
    degrees = float(compute(pose.points))
    floor, factor = constants(angle if isinstance(angle, str) else "free")
    half = factor * np.hypot(spread_of(pose, compute), floor)
    lowest, highest = (-180.0, 180.0) if angle == "body_bend" else (0.0, 180.0)
    return degrees, float(max(degrees - half, lowest)), float(min(degrees + half, highest))


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


def constants(angle: str) -> tuple[float, float]:
    """(floor in degrees, factor) of an angle; a free angle has those of the least certain named one."""
    table = _table()
    if angle in table:
        return table[angle]["floor"], table[angle]["factor"]
    interior = [table[name] for name in MEASURES if name in table]
    return max(row["floor"] for row in interior), max(row["factor"] for row in interior)


def fit_constants(errors: np.ndarray, spreads: np.ndarray, coverage: float = COVERAGE) -> tuple[float, float]:
    """(floor, factor) that make ``coverage`` of the intervals hold their truth.

    errors   (N,) absolute errors in degrees on held-out poses
    spreads  (N,) standard deviations of their samples in degrees

    Among floors of 1 to 30 degrees the one with the shortest intervals on average is taken; the factor is then the
    conformal quantile of error / hypot(spread, floor).
    """
    best = (np.inf, 0.0, 0.0)
    for floor in np.arange(1.0, 30.5, 1.0):
        scale = np.hypot(spreads, floor)
        rank = min(np.ceil((len(errors) + 1) * coverage) / len(errors), 1.0)
        factor = float(np.quantile(errors / scale, rank, method="higher"))
        best = min(best, (float(factor * scale.mean()), float(floor), factor))
    return best[1], best[2]


@cache
def _table() -> dict[str, dict[str, float]]:
    return tomllib.loads((files("fitlab") / "uncertainty.toml").read_text(encoding="utf-8"))
