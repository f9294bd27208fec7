"""Where is down? The direction of gravity before a camera of unknown pitch, from how a body keeps its balance.

People hold a camera level within some degrees. Somebody who stands has their weight above their feet, and somebody on
hands and feet has them on one floor. Each is an observation of the camera's pitch and roll with an uncertainty; they
are weighed by it.

References
----------
D. A. Winter, "Biomechanics and Motor Control of Human Movement", 2009, Table 4.1: what parts of a body weigh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitlab.poses import Pose3D
from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16, SIDES, both_sides

#: Degrees, one standard deviation: how level a camera is held (pitch, roll).
LEVEL = (15.0, 5.0)
#: mm: how far from the middle of the feet the weight of somebody who stands is; how unequal in height hands and feet of
#: somebody on a floor are.
_BALANCE, _FLOOR = 110.0, 90.0
#: Somebody stands whose weight is at least so far (mm) above the ankles and whose knees are above them.
_STANDING = 200.0
#: Share of the body's weight, and the two joints in whose middle it is.
_PARTS = [
    (0.497, "pelvis", "thorax"),
    (0.081, "thorax", "head_top"),
    *(
        (share, f"{side}_{start}", f"{side}_{end}")
        for share, start, end in (
            (0.028, "shoulder", "elbow"),
            (0.022, "elbow", "wrist"),
            (0.100, "hip", "knee"),
            (0.061, "knee", "ankle"),
        )
        for side in SIDES
    ),
]
_SHARES = np.array([share for share, _, _ in _PARTS])
_FROM, _TO = LIFT16.indices([start for _, start, _ in _PARTS]), LIFT16.indices([end for _, _, end in _PARTS])
_ANKLES, _WRISTS, _KNEES = (LIFT16.indices(list(both_sides(name))) for name in ("ankle", "wrist", "knee"))


@dataclass(frozen=True)
class Gravity:
    """The direction of gravity in the camera's axes.

    Parameters
    ----------
    down : (..., 3) array
        Of length 1; (0, 1, 0) before a level camera.
    deviation : (..., 2) array
        Degrees, one standard deviation of the camera's pitch and of its roll.
    """

    down: np.ndarray
    deviation: np.ndarray


def gravity(pose: Pose3D, one_camera: bool = False) -> Gravity:
    """Where down is, from one pose or from several.

    Parameters
    ----------
    pose : Pose3D
        Points (..., 16, 3) in LIFT16 and camera axes.
    one_camera : bool
        Whether all poses are before one camera that does not move, as the frames of a clip: they have one direction of
        down, for which each counts by what it tells. Frames are alike, so that many are no more certain than one.

    Returns
    -------
    Gravity
        A level camera with the uncertainty of one where the body tells nothing. Without the leading axes of the pose
        where there is one camera.
    """
    points = pose.points
    level = np.radians(LEVEL)
    weights = [np.broadcast_to(level**-2.0, (*points.shape[:-2], 2))]
    angles = [np.zeros((*points.shape[:-2], 2))]
    for seen, deviation in (_balanced(points), _on_one_floor(points)):
        known = np.isfinite(seen) & np.isfinite(deviation)
        weights.append(np.where(known, np.where(known, deviation, 1.0) ** -2.0, 0.0))
        angles.append(np.where(known, seen, 0.0))
    weight = np.sum(weights, axis=0)
    turned = np.sum([w * a for w, a in zip(weights, angles, strict=True)], axis=0)
    if one_camera:
        more, turned = (weight - level**-2.0).reshape(-1, 2), turned.reshape(-1, 2)
        telling = np.maximum((more > 0).sum(0), 1)  # a frame that tells nothing does not say that it is level
        weight, turned = level**-2.0 + more.sum(0) / telling, turned.sum(0) / telling
    pitch, roll = np.moveaxis(turned / weight, -1, 0)
    down = np.stack([np.tan(roll), np.ones_like(roll), np.tan(pitch)], axis=-1)
    return Gravity(down / np.linalg.norm(down, axis=-1, keepdims=True), np.degrees(weight**-0.5))


def upright(pose: Pose3D, down: np.ndarray) -> Pose3D:
    """A pose as a level camera would see it: turned by the least that makes ``down`` the y axis.

    Parameters
    ----------
    pose
        (..., J, 3) mm, in camera axes.
    down
        (3,) or (..., 3) unit vector, where gravity pulls in camera axes.

    Returns
    -------
    Pose3D
        With its samples turned as well.
    """
    turned = np.swapaxes(levelling(down), -1, -2)
    return replace(pose, points=pose.points @ turned, samples=None if pose.samples is None else pose.samples @ turned)


def standing_upright(pose: Pose3D) -> Pose3D:
    """A pose, or all frames of a clip with one direction of down, as a level camera would see it.

    Parameters
    ----------
    pose
        (..., 16, 3) mm, LIFT16, in camera axes; with leading axes before one camera that does not move.

    Returns
    -------
    Pose3D
        With its samples turned as well.
    """
    return upright(pose, gravity(pose, one_camera=True).down)


def levelling(down: np.ndarray) -> np.ndarray:
    """The smallest rotation that makes a direction the y axis.

    Parameters
    ----------
    down
        (..., 3) unit vector, where gravity pulls in camera axes.

    Returns
    -------
    np.ndarray
        (..., 3, 3) rotation.
    """
    target = np.array([0.0, 1.0, 0.0])
    axis = np.cross(down, target)
    size = np.linalg.norm(axis, axis=-1, keepdims=True)
    about = np.where(size > 1e-9, axis / np.maximum(size, 1e-9), [1.0, 0.0, 0.0])
    return about_axis(about, np.arctan2(size[..., 0], down @ target))


def _balanced(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(..., 2) radians of pitch and roll, their standard deviation, from the weight above the feet; NaN lying."""
    weight = ((points[..., _FROM, :] + points[..., _TO, :]) / 2 * _SHARES[:, None]).sum(-2)
    feet = points[..., _ANKLES, :].mean(-2)
    leg = feet - weight  # from the weight down to the feet
    knees = points[..., _KNEES, 1].max(-1)
    height = leg[..., 1]
    stands = (height > _STANDING) & (knees < points[..., _ANKLES, 1].max(-1)) & ~_hands_on_floor(points)
    known = np.where(stands, height, np.nan)[..., None]
    apart = np.abs(points[..., _ANKLES[0], :] - points[..., _ANKLES[1], :])[..., [2, 0]]  # between them all is balance
    return np.arctan(leg[..., [2, 0]] / known), np.hypot(_BALANCE, 0.3 * apart) / known


def _hands_on_floor(points: np.ndarray) -> np.ndarray:
    """(...) whether both wrists are about as low as the ankles, and the body is not."""
    hands, feet = points[..., _WRISTS, 1].mean(-1), points[..., _ANKLES, 1].mean(-1)
    along = np.linalg.norm(points[..., _WRISTS, :].mean(-2) - points[..., _ANKLES, :].mean(-2), axis=-1)
    return (np.abs(hands - feet) < 0.35 * along) & (along > 600) & (points[..., 0, 1] < np.maximum(hands, feet))


def _on_one_floor(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(..., 2) radians of pitch and roll, their standard deviation, from hands and feet on one floor; else NaN."""
    along = points[..., _WRISTS, :].mean(-2) - points[..., _ANKLES, :].mean(-2)
    on = _hands_on_floor(points)[..., None]
    # Down is at right angles to the line from feet to hands: tan(pitch) z + y + tan(roll) x = 0 along it.
    flat = np.hypot(along[..., 0], along[..., 2])[..., None]
    flat = np.where(on & (flat > 0), flat, np.nan)
    share = along[..., [2, 0]] / flat
    deviation = _FLOOR / flat / np.maximum(np.abs(share), 1e-3)
    return np.arctan(-along[..., 1:2] / flat * share), deviation
