"""How far an estimate is from the truth: PCK in the picture, MPJPE and its relatives in space, angle errors.

Unknown joints (NaN) in either are left out of every mean; where nothing is left, the answer is NaN.
"""

from __future__ import annotations

import numpy as np

from fitlab.skeletons import MPII16, Skeleton

_TORSO = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))
_DRAWS = 1000  # of the bootstrap


def reference_length(truth: np.ndarray, reference: str = "torso", skeleton: Skeleton = MPII16) -> np.ndarray:
    """The length that PCK measures in.

    Parameters
    ----------
    truth : (..., J, 2) array
        True joints in pixels.
    reference : str
        ``torso``: the longer diagonal of the torso, from a shoulder to the other side's hip (LSP and BlazePose).
        ``waist``: between the hips (the report); it shrinks to nothing in a side view.
        ``head``: 0.6 of upper neck to head top (PCKh of MPII: 0.6 of the head box's diagonal).
    skeleton : Skeleton
        Of the joints.

    Returns
    -------
    (...) array
        Pixels; NaN where a joint that it needs is unknown.

    Raises
    ------
    ValueError
        For an unknown reference.
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
    """Which joints are near their true places.

    Parameters
    ----------
    estimate, truth : (..., J, 2) arrays
        Pixels.
    threshold : float
        How near, as a share of the reference length.
    reference : str
        See :func:`reference_length`.
    skeleton : Skeleton
        Of the joints.

    Returns
    -------
    (..., J) array
        1 for a joint within the threshold, else 0. A joint that was not found is wrong. A joint is NaN, and does not
        count, where its true place or the reference length is unknown.
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
    """Share of correct keypoints over all known joints of all people.

    Parameters
    ----------
    estimate, truth : (..., J, 2) arrays
        Pixels.
    threshold, reference, skeleton
        See :func:`correct_keypoints`.

    Returns
    -------
    float
        0..1; NaN where no joint is known.
    """
    return float(known_mean(correct_keypoints(estimate, truth, threshold, reference, skeleton)))


def joint_errors(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Distance between each joint and its true place.

    Parameters
    ----------
    estimate, truth : (..., J, C) arrays
        In one unit.

    Returns
    -------
    (..., J) array
        In the same unit; NaN where a joint is unknown.
    """
    return np.linalg.norm(estimate - truth, axis=-1)


def mpjpe(estimate: np.ndarray, truth: np.ndarray, with_root: bool = False) -> np.ndarray:
    """Mean per joint position error, of poses relative to joint 0, the pelvis.

    Parameters
    ----------
    estimate, truth : (..., J, 3) arrays
        Millimetres.
    with_root : bool
        Whether the pelvis counts, whose error is 0 by definition; the report counts it.

    Returns
    -------
    (...) array
        Millimetres; the mean over the known joints.
    """
    errors = joint_errors(relative(estimate), relative(truth))
    return known_mean(errors if with_root else errors[..., 1:], -1)


def n_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE after the one scale that fits best: the person's size does not count.

    Parameters
    ----------
    estimate, truth : (..., J, 3) arrays
        Millimetres.

    Returns
    -------
    (...) array
        Millimetres.

    References
    ----------
    H. Rhodin et al., "Learning monocular 3D human pose estimation from multi-view images", CVPR 2018.
    """
    estimate, truth = _both_known(relative(estimate), relative(truth))
    dot, square = np.nansum(estimate * truth, (-2, -1)), np.nansum(estimate**2, (-2, -1))
    scale = dot / np.where(square > 0, square, np.nan)
    return mpjpe(estimate * scale[..., None, None], truth)


def pa_mpjpe(estimate: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE after the similarity transform that fits best (Procrustes: turn, scale and shift).

    It is over all joints, since the transform leaves none at 0.

    Parameters
    ----------
    estimate, truth : (..., J, 3) arrays
        Millimetres.

    Returns
    -------
    (...) array
        Millimetres; NaN where fewer than three joints are known.
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
    """Absolute differences of interior angles.

    Parameters
    ----------
    estimate, truth : (...) arrays
        Degrees.

    Returns
    -------
    (...) array
        Degrees; NaN where either is unknown.
    """
    return np.abs(np.asarray(estimate, float) - np.asarray(truth, float))


def bootstrap_interval(values: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean of what is known, if other people of the same kind had been measured.

    Whole people are drawn with replacement, since pictures of one person resemble each other.

    Parameters
    ----------
    values : (N, ...) array
        In any unit; NaN where unknown.
    people : (N,) array
        Whose value each is.

    Returns
    -------
    low, high : float
        In the unit of the values; NaN where nothing is known.

    Raises
    ------
    ValueError
        If values and people differ in length, or are empty.

    References
    ----------
    B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 1979: the percentile interval.
    """
    values, people = np.asarray(values, float), np.asarray(people)
    if len(values) != len(people) or not len(values):
        raise ValueError(f"one person for each value is needed, got {len(people)} for {len(values)} values")
    known = ~np.isnan(values)
    if not known.any():
        return np.nan, np.nan
    names, whose = np.unique(people, return_inverse=True)
    # A mean is a sum over a count, and those of a person are the same in every draw.
    every = tuple(range(1, values.ndim))
    sums = np.bincount(whose, np.where(known, values, 0).sum(every))
    counts = np.bincount(whose, known.sum(every))
    drawn = np.random.default_rng(0).integers(len(names), size=(_DRAWS, len(names)))
    with np.errstate(invalid="ignore"):  # all who are drawn may be such of whom nothing is known
        low, high = np.nanquantile(sums[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def relative(points: np.ndarray) -> np.ndarray:
    """Points relative to joint 0, the pelvis of LIFT16.

    Parameters
    ----------
    points : (..., J, C) array
        In any unit.

    Returns
    -------
    (..., J, C) array
        In the same unit.
    """
    return points - points[..., :1, :]


def _both_known(estimate: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unknown = np.isnan(estimate).any(-1, keepdims=True) | np.isnan(truth).any(-1, keepdims=True)
    return np.where(unknown, np.nan, estimate), np.where(unknown, np.nan, truth)


def known_mean(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of the values that are known.

    Parameters
    ----------
    values : array
        NaN where unknown.
    axis : int, optional
        By default over all axes.

    Returns
    -------
    array
        NaN, without a warning, where nothing is known.
    """
    known = ~np.isnan(values)
    count = known.sum(axis)
    return np.where(count > 0, np.where(known, values, 0).sum(axis) / np.maximum(count, 1), np.nan)


def _distance(points: np.ndarray, start: str, end: str, skeleton: Skeleton) -> np.ndarray:
    return np.linalg.norm(points[..., skeleton.index(start), :] - points[..., skeleton.index(end), :], axis=-1)
