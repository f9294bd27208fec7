"""How far an estimate is from the truth: PCK in the picture, MPJPE and its relatives in space, angle errors.

Unknown joints (NaN) in either are left out of every mean; where nothing is left, the answer is NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fitlab.skeletons import MPII16, Skeleton

_TORSO = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))
_DRAWS = 1000  # of the bootstrap


def reference_length(truth: np.ndarray, reference: str = "torso", skeleton: Skeleton = MPII16) -> np.ndarray:
    """The length that PCK measures in, (...,) px, from true joints (..., J, 2).

    reference  ``torso``: the longer diagonal of the torso, shoulder to the other side's hip (LSP and BlazePose);
               ``waist``: between the hips (the report); it shrinks to nothing in a side view;
               ``head``: 0.6 of upper neck to head top (PCKh of MPII: 0.6 of the head box's diagonal)
    """
    if reference == "torso":
        lengths = np.stack([_distance(truth, start, end, skeleton) for start, end in _TORSO])
        return np.where(np.isnan(lengths).all(0), np.nan, np.fmax(*lengths))
    if reference == "waist":
        return _distance(truth, "left_hip", "right_hip", skeleton)
    if reference == "head":
        return 0.6 * _distance(truth, "upper_neck", "head_top", skeleton)
    raise ValueError(f"unknown reference {reference!r} of PCK; known: torso, waist, head")


def correct_keypoints(
    estimate: np.ndarray,
    truth: np.ndarray,
    threshold: float = 0.2,
    reference: str = "torso",
    skeleton: Skeleton = MPII16,
) -> np.ndarray:
    """(..., J): 1 where a joint is within ``threshold`` times the reference length of its true place, else 0.

    A joint that was not found (NaN in ``estimate``) is wrong; one whose true place, or whose reference, is unknown
    is NaN: it does not count.
    """
    error = np.linalg.norm(estimate - truth, axis=-1)
    limit = threshold * reference_length(truth, reference, skeleton)
    correct = np.where(np.isnan(error), 0.0, error <= limit[..., None])
    known = ~np.isnan(truth).any(-1) & (limit > 0)[..., None]
    return np.where(known, correct, np.nan)


def pck(
    estimate: np.ndarray,
    truth: np.ndarray,
    threshold: float = 0.2,
    reference: str = "torso",
    skeleton: Skeleton = MPII16,
) -> float:
    """Share of correct keypoints over all known joints of all people (..., J, 2); see :func:`correct_keypoints`."""
    return float(known_mean(correct_keypoints(estimate, truth, threshold, reference, skeleton)))


def joint_errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(..., J) distance between each joint and its true place, in the unit of the points (..., J, C)."""
    return np.linalg.norm(estimate - truth, axis=-1)


def mpjpe(estimate: np.ndarray, truth: np.ndarray, with_root: bool = False) -> np.ndarray:
    """Mean per joint position error (...,) mm of poses (..., J, 3), both relative to joint 0, the pelvis.

    Over the joints without the pelvis, whose error is 0 by definition; ``with_root`` counts it, as the report does.
    """
    errors = joint_errors(relative(estimate), relative(truth))
    return known_mean(errors if with_root else errors[..., 1:], -1)


def n_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE after the one scale that fits best (Rhodin et al., 2018): blind to the person's size."""
    estimate, truth = _both_known(relative(estimate), relative(truth))
    dot, square = np.nansum(estimate * truth, (-2, -1)), np.nansum(estimate**2, (-2, -1))
    scale = dot / np.where(square > 0, square, np.nan)
    return mpjpe(estimate * scale[..., None, None], truth)


def pa_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE after the best similarity transform (Procrustes: turn, scale, shift): the shape alone.

    Over all joints, as the transform leaves none at 0. NaN where fewer than three joints are known.
    """
    estimate, truth = _both_known(np.asarray(estimate, float), np.asarray(truth, float))
    shape = truth.shape[:-2]
    rows = [
        _procrustes_error(*pair)
        for pair in zip(estimate.reshape(-1, *truth.shape[-2:]), truth.reshape(-1, *truth.shape[-2:]), strict=True)
    ]
    return np.array(rows).reshape(shape)


def _procrustes_error(estimate: np.ndarray, truth: np.ndarray) -> float:
    known = ~np.isnan(truth).any(-1)
    if known.sum() < 3:
        return np.nan
    moved, fixed = (points[known] - points[known].mean(0) for points in (estimate, truth))
    left, stretch, right = np.linalg.svd(moved.T @ fixed)
    handed = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    square = (moved**2).sum()
    scale = (stretch * handed).sum() / square if square > 0 else 0.0
    return float(np.linalg.norm(scale * moved @ (left * handed) @ right - fixed, axis=-1).mean())


def angle_errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Absolute differences of interior angles (...,) in degrees; NaN where either is unknown."""
    return np.abs(np.asarray(estimate, float) - np.asarray(truth, float))


def bootstrap_interval(
    values: np.ndarray,
    people: np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.nanmean,
) -> tuple[float, float]:
    """The 95 % interval of ``statistic`` of ``values`` (N, ...) if other people of the same kind had been measured.

    ``people`` (N,) tells whose value it is; whole people are drawn with replacement (Efron's percentile bootstrap),
    since pictures of one person resemble each other. ValueError if the two differ in length or are empty.
    """
    values, people = np.asarray(values, float), np.asarray(people)
    if len(values) != len(people) or not len(values):
        raise ValueError(f"one person for each value is needed, got {len(people)} for {len(values)} values")
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(people == person) for person in np.unique(people)]
    drawn = (rng.integers(len(rows), size=len(rows)) for _ in range(_DRAWS))
    results = [statistic(values[np.concatenate([rows[person] for person in some])]) for some in drawn]
    low, high = np.nanquantile(results, [0.025, 0.975])
    return float(low), float(high)


def relative(points: np.ndarray) -> np.ndarray:
    """Points (..., J, C) relative to joint 0, LIFT16's pelvis."""
    return points - points[..., :1, :]


def _both_known(estimate: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unknown = np.isnan(estimate).any(-1, keepdims=True) | np.isnan(truth).any(-1, keepdims=True)
    return np.where(unknown, np.nan, estimate), np.where(unknown, np.nan, truth)


def known_mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of what is known; NaN, without a warning, where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis)
    return np.where(count > 0, np.where(known, values, 0).sum(axis) / np.maximum(count, 1), np.nan)


def _distance(points: np.ndarray, start: str, end: str, skeleton: Skeleton) -> np.ndarray:
    return np.linalg.norm(points[..., skeleton.index(start), :] - points[..., skeleton.index(end), :], axis=-1)
