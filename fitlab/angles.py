"""Joint angles in degrees, named and free, on poses of any leading shape.

Interior angles are unsigned, 0..180, and NaN where a joint is unknown or a segment has no length. They do not depend
on the camera: a rotated or scaled pose has the same angles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import LIFT16, SIDES, Skeleton, both_sides, unknown

#: Points that are the middle between a left and a right joint.
MIDPOINTS = {f"mid_{joint}s": both_sides(joint) for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")}


def angle_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The angle between two vectors.

    atan2(|a x b|, a.b) equals the report's arccos formula (Sec. 3.3) and stays exact near 0 and 180 degrees.

    Parameters
    ----------
    a, b : (..., 2) or (..., 3) arrays
        In any unit; they are broadcast against each other.

    Returns
    -------
    (...) array
        Degrees, 0..180; NaN where a vector has no length.
    """
    a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
    pairs = [(0, 1)] if a.shape[-1] == 2 else [(0, 1), (1, 2), (2, 0)]  # np.cross takes four times as long
    crossed = np.sqrt(sum((a[..., i] * b[..., j] - a[..., j] * b[..., i]) ** 2 for i, j in pairs))
    degrees = np.degrees(np.arctan2(crossed, (a * b).sum(-1)))
    without_length = (np.abs(a).max(-1) == 0) | (np.abs(b).max(-1) == 0)
    return np.where(without_length, np.nan, degrees)


def point(points: np.ndarray, name: str, skeleton: Skeleton = LIFT16) -> np.ndarray:
    """Place of a joint or of a midpoint.

    Parameters
    ----------
    points
        (..., J, C) of ``skeleton``, in any unit.
    name
        A joint, or a midpoint such as ``mid_knees``.
    skeleton
        Of the points.

    Returns
    -------
    np.ndarray
        (..., C), in the unit of ``points``.

    Raises
    ------
    ValueError
        For an unknown name, with suggestions.
    """
    if name in MIDPOINTS:
        left, right = (points[..., skeleton.index(joint), :] for joint in MIDPOINTS[name])
        return (left + right) / 2
    if name not in skeleton.joints:
        raise ValueError(unknown(name, (*skeleton.joints, *MIDPOINTS), f"joint of {skeleton.name}"))
    return points[..., skeleton.index(name), :]


def joint_angle(pose: Pose3D | Pose2D, first: str, vertex: str, last: str) -> np.ndarray | float:
    """Interior angle at ``vertex`` between the segments to ``first`` and ``last``.

    Parameters
    ----------
    pose : Pose3D or Pose2D
        Of any leading axes. On a Pose2D it is the angle seen in the picture.
    first, vertex, last : str
        Joints, or midpoints such as ``mid_knees``.

    Returns
    -------
    float or (...) array
        Degrees, 0..180, one for each frame of a clip; NaN where a joint is unknown.

    Raises
    ------
    ValueError
        For a name that the pose's skeleton does not have, with suggestions.
    TypeError
        For what is no pose, such as points alone.
    """
    if not isinstance(pose, Pose2D | Pose3D):
        raise TypeError(
            f"angles are measured on a Pose3D or Pose2D, got {type(pose).__name__}; make one of points and scores, or "
            "take fitlab.angles.angle_between of two vectors"
        )
    a, v, b = (point(pose.points, name, pose.skeleton) for name in (first, vertex, last))
    degrees = angle_between(a - v, b - v)
    return float(degrees) if degrees.ndim == 0 else degrees


@dataclass(frozen=True)
class Measure:
    """A named angle: what it is computed from, and how.

    Parameters
    ----------
    joints : tuple of str
        Names that must be known.
    compute : callable
        From LIFT16 points (..., 16, 3) to degrees (...).
    triplet : tuple of str
        The three joints or midpoints between which it lies, vertex in the middle; empty if there are none.
    signed : bool
        Whether it is negative to one side; all others are 0..180.
    """

    joints: tuple[str, ...]
    compute: Callable[[np.ndarray], np.ndarray]
    triplet: tuple[str, ...] = ()
    signed: bool = False


def free_angle(first: str, vertex: str, last: str) -> Measure:
    """The measure of any three joints or midpoints."""
    names = (first, vertex, last)
    for name in names:
        point(np.zeros((len(LIFT16), 3)), name)

    def compute(points: np.ndarray) -> np.ndarray:
        a, v, b = (point(points, name) for name in names)
        return angle_between(a - v, b - v)

    return Measure(tuple(joint for name in names for joint in MIDPOINTS.get(name, (name,))), compute, names)


def front(points: np.ndarray) -> np.ndarray:
    """Direction that the pelvis faces.

    Parameters
    ----------
    points
        (..., 16, 3) LIFT16, in right-handed axes and any unit.

    Returns
    -------
    np.ndarray
        (..., 3), not of unit length.
    """
    left = point(points, "left_hip") - point(points, "right_hip")
    up = point(points, "thorax") - point(points, "pelvis")
    return np.cross(left, up)


def _body_bend(points: np.ndarray) -> np.ndarray:
    """180 minus the body line, positive where the hips are in front of it (sag, arched back), negative for a pike."""
    pelvis = point(points, "pelvis")
    to_thorax, to_knees = point(points, "thorax") - pelvis, point(points, "mid_knees") - pelvis
    size = 180 - angle_between(to_thorax, to_knees)
    # The bisector of the two segments points from the bend to its inner side.
    inner = ((_unit(to_thorax) + _unit(to_knees)) * front(points)).sum(-1)
    return _choose(inner, -size, size)


def _trunk_lean(points: np.ndarray) -> np.ndarray:
    """Between the trunk and the mean direction of the shins, positive where the trunk tips forward of them."""
    return _tipped(points, point(points, "mid_knees") - point(points, "mid_ankles"))


def _lean_over_front_leg(points: np.ndarray) -> np.ndarray:
    """Between the trunk and the shin of the leg in front, positive where the trunk tips forward of it."""
    left, right = (point(points, f"{side}_knee") - point(points, f"{side}_ankle") for side in SIDES)
    return _tipped(points, _choose(_left_ahead(points)[..., None], left, right))


def _tipped(points: np.ndarray, shin: np.ndarray) -> np.ndarray:
    """Degrees between trunk and ``shin`` (..., 3), negative where the shin tips forward of the trunk."""
    trunk = point(points, "thorax") - point(points, "pelvis")
    size = angle_between(trunk, shin)
    # The front is at right angles to the trunk, so a shin that has a part of it is tipped forward of the trunk.
    return _choose((shin * front(points)).sum(-1), -size, size)


def _left_ahead(points: np.ndarray) -> np.ndarray:
    """(...) how far the left ankle is in front of the right one, in no unit; negative where it is behind."""
    step = point(points, "left_ankle") - point(points, "right_ankle")
    return (step * front(points)).sum(-1)


def _leg_knee(front_leg: bool) -> Callable[[np.ndarray], np.ndarray]:
    def compute(points: np.ndarray) -> np.ndarray:
        left, right = (MEASURES[name].compute(points) for name in _KNEES)
        ahead = _left_ahead(points)
        return _choose(ahead, left, right) if front_leg else _choose(ahead, right, left)

    return compute


def _difference(joint: str) -> Callable[[np.ndarray], np.ndarray]:
    def compute(points: np.ndarray) -> np.ndarray:
        left, right = (MEASURES[name].compute(points) for name in both_sides(joint))
        return np.abs(left - right)

    return compute


def _bent_elbow(points: np.ndarray) -> np.ndarray:
    return np.minimum(*(MEASURES[name].compute(points) for name in both_sides("elbow")))


def _choose(sign: np.ndarray, positive: np.ndarray, negative: np.ndarray) -> np.ndarray:
    """One of two by the sign of a third, unknown where that is unknown."""
    return np.where(np.isnan(sign), np.nan, np.where(sign > 0, positive, negative))


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / np.where(length > 0, length, np.nan)


_CHAINS = {
    "knee": ("hip", "knee", "ankle"),
    "hip": ("shoulder", "hip", "knee"),
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
}
_LEGS = tuple(f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle"))
_KNEES = both_sides("knee")
_ELBOWS = tuple(f"{side}_{joint}" for side in SIDES for joint in _CHAINS["elbow"])

#: Every named measure.
MEASURES: dict[str, Measure] = {
    **{
        f"{side}_{name}": free_angle(*(f"{side}_{joint}" for joint in chain))
        for name, chain in _CHAINS.items()
        for side in SIDES
    },
    "body_line": free_angle("thorax", "pelvis", "mid_knees"),
    "body_bend": Measure(("thorax", "pelvis", *both_sides("hip"), *_KNEES), _body_bend, signed=True),
    "trunk_lean": Measure((*_LEGS, "thorax", "pelvis"), _trunk_lean, signed=True),
    "lean_over_front_leg": Measure((*_LEGS, "thorax", "pelvis"), _lean_over_front_leg, signed=True),
    "front_knee": Measure((*_LEGS, "thorax", "pelvis"), _leg_knee(True)),
    "back_knee": Measure((*_LEGS, "thorax", "pelvis"), _leg_knee(False)),
    "knee_difference": Measure(_LEGS, _difference("knee")),
    "bent_elbow": Measure(_ELBOWS, _bent_elbow),
    "elbow_difference": Measure(_ELBOWS, _difference("elbow")),
}


def measure(name: str | list[str] | tuple[str, ...]) -> Measure:
    """The named measure, or the free angle of three joints.

    Parameters
    ----------
    name
        Of :data:`MEASURES`, or three names of joints or midpoints, the vertex in the middle.

    Returns
    -------
    Measure

    Raises
    ------
    ValueError
        For an unknown name, with suggestions, and for more or fewer than three joints.
    """
    if isinstance(name, str):
        if name not in MEASURES:
            raise ValueError(unknown(name, tuple(MEASURES), "angle"))
        return MEASURES[name]
    if len(name) != 3:
        raise ValueError(f"a free angle is three joints, the vertex in the middle; got {len(name)}: {', '.join(name)}")
    return free_angle(*name)
