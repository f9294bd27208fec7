"""What a pose looks like, from whichever side the camera sees it: the numbers that exercises are told apart by."""

from __future__ import annotations

import numpy as np

from fitlab.angles import MEASURES
from fitlab.bodies import REFERENCE_BONES
from fitlab.rotations import unit
from fitlab.skeletons import LIFT16, SIDES

_PELVIS, _SPINE, _THORAX, _LEFT_HIP, _RIGHT_HIP, _LEFT_SHOULDER, _RIGHT_SHOULDER = LIFT16.indices(
    ["pelvis", "spine", "thorax", "left_hip", "right_hip", "left_shoulder", "right_shoulder"]
)
_PLACED = [joint for joint in range(len(LIFT16)) if joint not in (_PELVIS, _SPINE)]
_LIMBS = np.array(
    [
        LIFT16.indices([f"{side}_{start}", f"{side}_{end}"])
        for side in SIDES
        for start, end in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
    ]
    + [LIFT16.indices(["thorax", "head_top"])]
)
_ANGLES = np.array(
    [
        LIFT16.indices(MEASURES[f"{side}_{name}"].triplet)
        for side in SIDES
        for name in ("knee", "hip", "elbow", "shoulder")
    ]
)
_BONES = LIFT16.bone_indices
_DOWN = np.array([0.0, 1.0, 0.0])
#: How many numbers :func:`features` gives.
FEATURES = 4 * len(_PLACED) + 4 * len(_LIMBS) + 3 + len(_ANGLES) + len(LIFT16)


def features(points: np.ndarray) -> np.ndarray:
    """Describe poses by numbers that do not depend on the direction from which the camera sees them.

    Places of the joints and directions of the limbs along the body's own axes (left, front, up along the trunk), their
    heights along the picture's vertical, where that points in the body's axes, the cosines of the joint angles, and
    which joints are known. Sizes are relative to the bones that are known.

    Parameters
    ----------
    points : (..., 16, 3) array
        LIFT16 in camera axes and any unit; NaN where unknown.

    Returns
    -------
    (..., FEATURES) array
        Without unit; 0 for what is not known.
    """
    known = ~np.isnan(points).any(-1)
    axes = body_axes(points)  # (..., 3, 3), rows left, front, up
    placed = (points - points[..., _PELVIS, None, :])[..., _PLACED, :] / _size(points)[..., None, None]
    limbs = unit(points[..., _LIMBS[:, 1], :] - points[..., _LIMBS[:, 0], :])
    own = np.swapaxes(axes, -1, -2)
    first, second = (unit(points[..., _ANGLES[:, end], :] - points[..., _ANGLES[:, 1], :]) for end in (0, 2))
    parts = [
        _flat(placed @ own),
        placed @ _DOWN,
        _flat(limbs @ own),
        limbs @ _DOWN,
        axes @ _DOWN,
        (first * second).sum(-1),
        known.astype(float),
    ]
    return np.nan_to_num(np.concatenate(parts, -1))


def body_axes(points: np.ndarray) -> np.ndarray:
    """Left, front and up of the trunk.

    Parameters
    ----------
    points
        (..., 16, 3) LIFT16, in any unit and right-handed axes.

    Returns
    -------
    np.ndarray
        (..., 3, 3) unit vectors as rows; NaN where they are not known.
    """
    up = unit(points[..., _THORAX, :] - points[..., _PELVIS, :])
    hips = points[..., _LEFT_HIP, :] - points[..., _RIGHT_HIP, :]
    shoulders = points[..., _LEFT_SHOULDER, :] - points[..., _RIGHT_SHOULDER, :]
    across = np.where(np.isnan(hips), shoulders, hips + np.nan_to_num(shoulders))
    left = unit(across - (across * up).sum(-1, keepdims=True) * up)
    return np.stack([left, np.cross(left, up), up], -2)


def _size(points: np.ndarray) -> np.ndarray:
    """(...) root mean square of the lengths of the known bones over those of the reference body."""
    squares = np.square(points[..., _BONES[:, 1], :] - points[..., _BONES[:, 0], :]).sum(-1)
    reference = np.where(np.isnan(squares), 0.0, REFERENCE_BONES**2).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.sqrt(np.nansum(squares, -1) / reference) * 1000
    return np.where(size > 0, size, np.nan)


def _flat(vectors: np.ndarray) -> np.ndarray:
    return vectors.reshape(*vectors.shape[:-2], vectors.shape[-2] * vectors.shape[-1])
