"""How certain is an angle? 90 % intervals from the detector's uncertainty, calibrated on people no model has seen.

Two things make an angle wrong: the 2D joints are off, and the same 2D joints fit several 3D poses. The first is
sampled (:meth:`fitlab.lifting.Lifter.lift` with ``samples``) and differs from photo to photo; the second is a constant
of the angle. And the lower the score of a joint, the more often the detector took something else for it. An interval is
``degrees -+ factor * hypot(deviation, floor) * (1 + growth * uncertainty)``: the deviation is the standard deviation
of the angle over the samples, the uncertainty is 1 less the lowest score of the angle's joints. ``floor``, ``growth``
and ``factor`` of each angle (:mod:`fitlab.exercises.calibration`) are chosen so that nine in ten held-out angles lie
inside.

References
----------
Split conformal prediction: J. Lei et al., "Distribution-free predictive inference for regression", JASA 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fitlab.angles import measure
from fitlab.exercises.calibration import Calibration, Constants, default_calibration
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16

COVERAGE = 0.9
#: How many poses are drawn; 2,000 change half an interval's width by half a degree in the median.
SAMPLES = 64
_GROWTHS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_MIDDLE = (0.16, 0.84)  # a normal distribution has 68 % within one standard deviation of its mean


def interval(pose: Pose3D, angle: str | Sequence[str], calibration: Calibration | None = None) -> tuple[Any, Any, Any]:
    """An angle with its 90 % interval.

    Parameters
    ----------
    pose : Pose3D
        One pose (16, 3), a clip (T, 16, 3), or any other leading axes.
    angle : str or three names
        A named angle, or the joints or midpoints of a free one, the vertex in the middle.
    calibration : Calibration, optional
        Of the pair of detector and lifter that the pose comes from; by default that of the default pair.

    Returns
    -------
    degrees, low, high
        Floats for one pose, arrays (...) for more; NaN where the angle is unknown.

    Raises
    ------
    ValueError
        For a pose in another skeleton than LIFT16, whose joints would be mistaken for others, or an unknown angle.
    """
    check_lift16(pose)
    angle = angle if isinstance(angle, str) else tuple(angle)
    measured = measure(angle)
    degrees = measured.compute(pose.points)
    deviation = sample_deviation(pose, measured.compute)
    uncertainty = score_uncertainty(pose, measured.joints)
    half = (calibration or default_calibration()).half_width(angle, deviation, uncertainty)
    lowest = -180.0 if measured.signed else 0.0
    found = degrees, np.maximum(degrees - half, lowest), np.minimum(degrees + half, 180.0)
    return found if degrees.ndim else tuple(map(float, found))  # type: ignore[return-value]


def check_lift16(pose: Pose3D) -> None:
    """ValueError for a pose in another skeleton than LIFT16."""
    if pose.skeleton.joints != LIFT16.joints:
        raise ValueError(f"angles are measured on poses in LIFT16, got {pose.skeleton.name}; convert it first")


def score_uncertainty(pose: Pose3D, joints: Sequence[str]) -> Any:
    """How uncertain the detector is of some joints.

    Parameters
    ----------
    pose : Pose3D
        Points (..., 16, 3).
    joints : names

    Returns
    -------
    float or (...) array
        1 less the lowest of their scores.
    """
    uncertainty = 1 - pose.score[..., pose.skeleton.indices(list(joints))].min(-1)
    return uncertainty if uncertainty.ndim else float(uncertainty)


def sample_deviation(pose: Pose3D, compute: Callable[[np.ndarray], np.ndarray]) -> Any:
    """The standard deviation of an angle over the samples of a pose.

    It is half the width of their middle 68 %, so that a few samples far away do not count.

    Parameters
    ----------
    pose : Pose3D
        Points (..., 16, 3), with samples (S, ..., 16, 3) or without.
    compute : callable
        From points (..., 16, 3) to degrees (...), such as :attr:`fitlab.angles.Measure.compute`.

    Returns
    -------
    float or (...) array
        Degrees; 0 without samples, or where fewer than two of them are known.
    """
    shape = pose.points.shape[:-2]
    if pose.samples is None:
        return np.zeros(shape) if shape else 0.0
    values = np.sort(compute(pose.samples), axis=0)  # what is unknown comes last
    known = (~np.isnan(values)).sum(0)
    low, high = (_quantile(values, known, share) for share in _MIDDLE)
    deviation = np.where(known < 2, 0.0, (high - low) / 2)
    return deviation if shape else float(deviation)


def _quantile(values: np.ndarray, known: np.ndarray, share: float) -> np.ndarray:
    """(...) linear quantile of the first ``known`` (...) of sorted ``values`` (S, ...)."""
    if not len(values):
        return np.full(known.shape, np.nan)
    place = share * np.maximum(known - 1, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, len(values) - 1)
    first, second = (np.take_along_axis(values, index[None], axis=0)[0] for index in (below, above))
    part = place - below
    return np.where(part > 0, first + (second - first) * part, first)


def fit_constants(
    errors: np.ndarray, deviations: np.ndarray, uncertainties: np.ndarray, coverage: float = COVERAGE
) -> Constants:
    """The constants that make ``coverage`` of the intervals hold their truth.

    Among floors of 1 to 30 degrees and growths of 0 to 8 those with the shortest intervals on average are taken; the
    factor is then the conformal quantile of the error over the width without it.

    Parameters
    ----------
    errors : (N,) array
        Degrees, absolute errors on held-out poses.
    deviations : (N,) array
        Degrees, see :func:`sample_deviation`.
    uncertainties : (N,) array
        See :func:`score_uncertainty`.
    coverage : float
        The share of intervals that are to hold their truth.

    Returns
    -------
    Constants
    """
    rank = min(np.ceil((len(errors) + 1) * coverage) / len(errors), 1.0)
    best, shortest = Constants(1.0, 0.0, np.inf), np.inf
    for floor in np.arange(1.0, 30.5, 1.0):
        for growth in _GROWTHS:
            scale = Constants(floor, growth, 1.0).half_width(deviations, uncertainties)
            factor = float(np.quantile(errors / scale, rank, method="higher"))
            if factor * np.mean(scale) < shortest:
                best, shortest = Constants(float(floor), growth, factor), factor * np.mean(scale)  # type: ignore[assignment]
    return best
