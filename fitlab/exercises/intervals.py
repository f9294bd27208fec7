"""How certain is an angle? What it may be, as a distribution, and the 90 % interval of that.

Three things make an angle wrong: the 2D joints are off, the same 2D joints fit several 3D poses, and joints that the
picture does not show are guessed. The first is sampled (:meth:`fitlab.lifting.Lifter.lift` with ``samples``) and
differs from photo to photo. The second is a constant of the angle. The third is what the detector says of each joint.

Half of the interval's width is, far from the ends of what the angle can be, ``factor * hypot(deviation, floor) *
(1 + growth * uncertainty) * (1 + hidden)``: the deviation is the standard deviation of the angle over the samples, the
uncertainty is 1 less the lowest score of the angle's joints, and hidden is how probable it is that one of them is not
shown. ``floor``, ``growth`` and ``factor`` of each angle (:mod:`fitlab.exercises.calibration`) are chosen so that nine
in ten held-out angles lie inside.

References
----------
Floor and growth are those of the best interval score: T. Gneiting and A. Raftery, "Strictly proper scoring rules,
prediction, and estimation", JASA 2007, equation 43. The quantile is that of split conformal prediction, without its
guarantee, as floor and growth are chosen on the same errors: J. Lei et al., "Distribution-free predictive inference for
regression", JASA 2018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np

from fitlab.angles import Measure, measure
from fitlab.exercises.calibration import Calibration, Constants, default_calibration
from fitlab.poses import Pose3D, check_lift16
from fitlab.skeletons import without_side

COVERAGE = 0.9
#: How many poses are drawn; 2,000 change half an interval's width by half a degree in the median.
SAMPLES = 64
#: Joints that a picture shows or hides. Those of the trunk lie inside the body: detectors call them hidden in most
#: photos, and yet everybody sees where they are.
LIMBS = ("knee", "ankle", "elbow", "wrist")
_VALUES = 512  # that a distribution is made of
_GROWTHS = (0.0, 0.25, 0.5, 1.0, 2.0)  # larger ones would rest on a handful of joints with low scores
_MIDDLE = (0.16, 0.84)  # a normal distribution has 68 % within one standard deviation of its mean
_GOLDEN = (np.sqrt(5) - 1) / 2
_HALF = NormalDist().inv_cdf((1 + COVERAGE) / 2)  # half the width of the interval of a standard normal distribution


@dataclass(frozen=True)
class Distribution:
    """What an angle may be.

    Parameters
    ----------
    degrees : (...) array
        The estimate; NaN where it is unknown, as everything else is there.
    values : (..., N) array
        Degrees, ascending: as many angles that are equally likely.
    """

    degrees: np.ndarray
    values: np.ndarray

    def share_below(self, limit: float) -> np.ndarray:
        """How probable it is that the angle is smaller than a limit.

        Parameters
        ----------
        limit
            Degrees.

        Returns
        -------
        np.ndarray
            (...) from 0 to 1, NaN where the angle is unknown.
        """
        return np.where(np.isnan(self.degrees), np.nan, (self.values < limit).mean(-1))

    def interval(self, coverage: float = COVERAGE) -> tuple[np.ndarray, np.ndarray]:
        """The shortest interval that holds a share of the distribution.

        Parameters
        ----------
        coverage
            The share, from 0 to 1.

        Returns
        -------
        tuple of np.ndarray
            Lower and upper end, (...) degrees each.
        """
        count = self.values.shape[-1]
        left_out = 2 * int((1 - coverage) / 2 * count)  # an even number: as many on both sides of what is symmetric
        ends = self.values[..., count - left_out - 1 :]
        first = (ends - self.values[..., : left_out + 1]).argmin(-1)[..., None]
        low, high = (np.take_along_axis(part, first, -1)[..., 0] for part in (self.values, ends))
        return low, high


def distribution(
    pose: Pose3D, angle: str | Sequence[str], calibration: Calibration | None = None, measured: Measure | None = None
) -> Distribution:
    """What an angle of a pose may be.

    Each sample of the pose is one thing that the picture may show. Round it lies a normal distribution of what the
    samples leave open, so that the whole has the standard deviation that was calibrated. An angle goes no further than
    180 degrees, or below 0: what lies beyond is folded back, as a knee that bends by 5 degrees less than nothing bends
    by 5. So the distribution of a nearly straight limb is one-sided.

    Parameters
    ----------
    pose : Pose3D
        One pose (16, 3), a clip (T, 16, 3), or any other leading axes.
    angle : str or three names
        A named angle, or the joints or midpoints of a free one, the vertex in the middle.
    calibration : Calibration, optional
        Of the pair of detector and lifter that the pose comes from; by default that of the default pair.
    measured : Measure, optional
        What to measure in its place, with the constants of ``angle``.

    Returns
    -------
    Distribution

    Raises
    ------
    ValueError
        For a pose in another skeleton than LIFT16, whose joints would be mistaken for others, or an unknown angle.
    """
    check_lift16(pose)
    angle = angle if isinstance(angle, str) else tuple(angle)
    measured = measured or measure(angle)
    calibration = calibration or default_calibration()
    degrees = np.asarray(measured.compute(pose.points))
    samples = degrees[None] if pose.samples is None or not len(pose.samples) else measured.compute(pose.samples)
    deviation = _middle_deviation(samples)
    uncertainty = np.asarray(score_uncertainty(pose, measured.joints))
    widened = widening(pose, measured.joints) / _HALF
    whole, rest = (calibration.half_width(angle, part, uncertainty) * widened for part in (deviation, 0 * deviation))
    # The samples as they are, or nearer to the estimate where they are known to differ more than the truth does.
    share = np.sqrt(np.maximum(whole**2 - rest**2, 0)) / np.where(deviation > 0, deviation, 1)
    share = np.minimum(share, 1)
    around = np.sqrt(whole**2 - (share * deviation) ** 2)[..., None, None]
    apart = np.nan_to_num(np.moveaxis(samples, 0, -1) - degrees[..., None]) * share[..., None]
    values = (degrees[..., None] + apart)[..., None] + around * _normal(apart.shape[-1])
    values = values.reshape(*degrees.shape, values.shape[-2] * values.shape[-1])
    lowest, highest = (-180.0 if measured.signed else 0.0), 180.0
    under, over = (values < lowest).any(-1), (values > highest).any(-1)
    values = np.where(values > highest, 2 * highest - values, values)
    values = np.sort(np.clip(np.where(values < lowest, 2 * lowest - values, values), lowest, highest), axis=-1)
    values[..., 0] = np.where(under, lowest, values[..., 0])  # what is folded at an end begins there
    values[..., -1] = np.where(over, highest, values[..., -1])
    return Distribution(degrees, values)


@cache
def _normal(samples: int) -> np.ndarray:
    """(samples, K) values of a standard normal distribution: evenly spread for each sample, and over all of them."""
    each = max(_VALUES // max(samples, 1), 1)
    offset = (np.arange(samples) * _GOLDEN + 0.5) % 1
    places = (np.arange(each) + offset[:, None]) / each
    return np.vectorize(NormalDist().inv_cdf, otypes=[float])(np.clip(places, 0.5 / _VALUES, 1 - 0.5 / _VALUES))


def interval(pose: Pose3D, angle: str | Sequence[str], calibration: Calibration | None = None) -> tuple[Any, Any, Any]:
    """An angle with its 90 % interval.

    Parameters
    ----------
    pose, angle, calibration
        As for :func:`distribution`.

    Returns
    -------
    degrees, low, high
        Floats for one pose, arrays (...) for more; NaN where the angle is unknown.

    Raises
    ------
    ValueError
        As :func:`distribution`.
    """
    found = distribution(pose, angle, calibration)
    ends = (found.degrees, *found.interval())
    return ends if found.degrees.ndim else tuple(map(float, ends))  # type: ignore[return-value]


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


def widening(pose: Pose3D, joints: Sequence[str]) -> Any:
    """How many times as wide an angle's distribution is for what the picture does not show.

    Parameters
    ----------
    pose : Pose3D
        Points (..., 16, 3).
    joints : names
        Of the angle.

    Returns
    -------
    float or (...) array
        1 and how probable it is that one of its :data:`LIMBS` is hidden; 1 where the detector does not say.
    """
    shape = pose.points.shape[:-2]
    limbs = [joint for joint in joints if without_side(joint) in LIMBS]
    if pose.hidden is None or not limbs:
        return np.ones(shape) if shape else 1.0
    factor = 1 + pose.hidden[..., pose.skeleton.indices(limbs)].max(-1)
    return factor if shape else float(factor)


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
    deviation = np.zeros(shape) if pose.samples is None else _middle_deviation(compute(pose.samples))
    return deviation if shape else float(deviation)


def _middle_deviation(values: np.ndarray) -> np.ndarray:
    """(...) half the width of the middle 68 % of ``values`` (S, ...); 0 where fewer than two are known."""
    values = np.sort(values, axis=0)  # what is unknown comes last
    known = (~np.isnan(values)).sum(0)
    low, high = (_quantile(values, known, share) for share in _MIDDLE)
    return np.where(known < 2, 0.0, (high - low) / 2)


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

    The factor is the conformal quantile of the error over the width without it. Among floors of 1 to 30 degrees and
    growths of 0 to 2 those with the lowest interval score are taken: the width, and by how much an interval misses,
    which counts 20 times where nine in ten are to hold. The shortest intervals on average would be too short where a
    photo is hard, and too long where it is easy.

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
    rank = min(int(np.ceil((len(errors) + 1) * coverage - 1e-9)), len(errors))
    best, lowest = Constants(1.0, 0.0, np.inf), np.inf
    for floor in np.arange(1.0, 30.5, 1.0):
        for growth in _GROWTHS:
            scale = Constants(floor, growth, 1.0).half_width(deviations, uncertainties)
            factor = float(np.sort(errors / scale)[rank - 1])
            missed = np.maximum(errors - factor * scale, 0)
            score = float(2 * np.mean(factor * scale) + 2 / (1 - coverage) * np.mean(missed))
            if score < lowest:
                best, lowest = Constants(float(floor), growth, factor), score
    return best
