"""What a lifter's network sees: which joints, relative to what, in which unit, how certain."""

from __future__ import annotations

import numpy as np

from fitlab.bodies import REFERENCE_BONES
from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import DERIVED_JOINTS, LIFT16, Skeleton, convert, convert_scores

NORMALISATIONS = ("person", "screen")

#: mm in one unit of the network's output and, with the ``person`` normalisation, of its input.
UNIT_MM = 300.0

#: A joint whose place is known to this many mm of the reference body (one standard deviation) is half certain.
HALF_CERTAIN_MM = 30.0

#: Degrees that the longer side of a picture is taken to show where nobody knows: between a phone's main camera (67) and
#: its portrait lens or a cropped picture (35 to 40).
FIELD_OF_VIEW = 50.0
#: What lenses have, from telephoto to fisheye.
FIELDS_OF_VIEW = (1.0, 160.0)

_PELVIS, _SPINE = LIFT16.indices(["pelvis", "spine"])
#: Joints that are the middle of two others where they are not seen themselves.
DERIVED = tuple((LIFT16.index(joint), LIFT16.indices(DERIVED_JOINTS[joint])) for joint in ("pelvis", "thorax"))
_SPINE_ENDS = LIFT16.indices(DERIVED_JOINTS["spine"])


def check_field_of_view(degrees: float | np.ndarray) -> None:
    """Refuse what no lens has.

    Parameters
    ----------
    degrees
        That the longer side of a picture shows, of any shape.

    Raises
    ------
    ValueError
        With what is allowed.
    """
    (least, most), values = FIELDS_OF_VIEW, np.asarray(degrees)
    if values.dtype.kind not in "iuf" or not ((values >= least) & (values <= most)).all():
        raise ValueError(f"field_of_view is a number of degrees from {least:g} to {most:g}; got {values.tolist()!r}")


def to_lifter_joints(
    points: np.ndarray, score: np.ndarray, deviation: np.ndarray, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints as every lifter takes them.

    A pelvis or thorax that is not seen is the middle of the hips or shoulders where those are; the spine is always the
    middle of pelvis and thorax, as 2D detectors have no other.

    Parameters
    ----------
    points : (S, ..., J, 2) or (..., J, 2) array
        Pixels. Leading axes beyond those of ``score`` are samples.
    score : (..., J) array
        0..1.
    deviation : (..., J) array
        Pixels, one standard deviation of each keypoint.
    skeleton : Skeleton
        Which joint is which.

    Returns
    -------
    points : array of the same leading axes, (16, 2) in LIFT16
    seen : (..., 16) bool array
    deviation : (..., 16) array
    """
    seen = convert_scores(np.where(np.isfinite(points).all(-1), score, 0.0), skeleton, LIFT16) >= SEEN
    points = convert(points, skeleton, LIFT16)
    deviation = np.broadcast_to(convert(deviation[..., None], skeleton, LIFT16)[..., 0], seen.shape).copy()
    for joint, sides in DERIVED:
        use = ~seen[..., joint] & seen[..., sides].all(-1)
        points[..., joint, :] = np.where(use[..., None], points[..., sides, :].mean(-2), points[..., joint, :])
        deviation[..., joint] = np.where(use, deviation[..., sides].mean(-1), deviation[..., joint])
        seen[..., joint] |= use
    points[..., _SPINE, :] = points[..., _SPINE_ENDS, :].mean(-2)
    deviation[..., _SPINE] = deviation[..., _SPINE_ENDS].mean(-1)
    seen[..., _SPINE] = seen[..., _SPINE_ENDS].all(-1)
    return points, seen, deviation


def lifter_depth(pose2d: Pose2D) -> np.ndarray:
    """The depth of the lifter's joints.

    Parameters
    ----------
    pose2d
        (..., J, 2) px, of a detector that answers depth or of one that does not.

    Returns
    -------
    np.ndarray
        (..., 16, 2) px, the depth and the error to be expected; NaN where nobody says it.
    """
    if pose2d.depth is None:
        return np.full((*pose2d.score.shape[:-1], len(LIFT16), 2), np.nan)
    parts = [
        to_lifter_joints(pose2d.points, pose2d.score, part, pose2d.skeleton)[2]
        for part in np.moveaxis(pose2d.depth, -1, 0)
    ]
    return np.stack(parts, -1)


def person_size(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """How large the person is in the picture.

    The root of the mean square length of the bones that are seen, over the same for the reference body: it hardly
    changes when somebody lies down, and any part of a body gives an estimate.

    Parameters
    ----------
    points : (..., 16, 2) array
        Pixels, LIFT16.
    seen : (..., 16) bool array

    Returns
    -------
    (...) array
        Pixels for a mm of the reference body; NaN where no bone is seen.
    """
    start, end = LIFT16.bone_indices.T
    used = seen[..., start] & seen[..., end]
    squares = np.where(used, np.square(points[..., end, :] - points[..., start, :]).sum(-1), 0.0).sum(-1)
    reference = np.where(used, REFERENCE_BONES**2, 0.0).sum(-1)
    with np.errstate(invalid="ignore"):
        return np.sqrt(squares / reference)


def normalise_person(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Points relative to the :func:`origin`, over the person's size.

    Parameters
    ----------
    points
        (..., 16, 2) px, or on the plane at distance 1.
    seen
        (..., 16) bool.

    Returns
    -------
    np.ndarray
        (..., 16, 2) without a unit; an unseen joint is 0.
    """
    size = person_size(points, seen)
    scale = np.where(size > 0, size, 1.0) * UNIT_MM
    normalised = (points - origin(points, seen)[..., None, :]) / scale[..., None, None]
    return np.where(seen[..., None], normalised, 0.0)


def origin(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The pelvis, or where that is not seen the middle of all joints that are.

    Parameters
    ----------
    points
        (..., 16, 2) px, LIFT16.
    seen
        (..., 16) bool.

    Returns
    -------
    np.ndarray
        (..., 2) px.
    """
    visible = np.where(seen[..., None], points, 0.0)
    middle = visible.sum(-2) / np.maximum(seen.sum(-1), 1)[..., None]
    return np.where(seen[..., _PELVIS, None], visible[..., _PELVIS, :], middle)


def rays_of(
    points: np.ndarray, image_size: tuple[float, float] | np.ndarray, field_of_view: float | np.ndarray = FIELD_OF_VIEW
) -> tuple[np.ndarray, np.ndarray]:
    """Where the camera sees points.

    Parameters
    ----------
    points : (..., 16, 2) array
        Pixels.
    image_size : (width, height) or (..., 2) array
        Pixels.
    field_of_view : float or (...) array
        Degrees that the picture's longer side shows.

    Returns
    -------
    rays : (..., 16, 2) array
        From the picture's middle, over the focal length.
    focal : array
        The focal length in pixels, of the leading axes of size and field of view.
    """
    size = np.asarray(image_size)
    focal = np.asarray(size.max(-1) / 2 / np.tan(np.deg2rad(field_of_view) / 2))
    return (points - (size[..., None, :] - 1) / 2) / focal[..., None, None], focal


def towards(rays: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Rotation from the axes of a camera that looks straight at the person to those of the real one.

    In ``person`` normalisation a network does not know where in the picture somebody is, and answers as if in the
    middle. How far the camera would have to turn follows from the rays.

    Parameters
    ----------
    rays
        (..., 16, 2), of :func:`rays_of`.
    seen
        (..., 16) bool.

    Returns
    -------
    np.ndarray
        (..., 3, 3).
    """
    middle = origin(rays, seen)
    return turn_to(np.concatenate([middle, np.ones_like(middle[..., :1])], axis=-1))


def turn_to(ray: np.ndarray) -> np.ndarray:
    """The smallest rotation that takes the z axis to a direction.

    Parameters
    ----------
    ray
        (..., 3) of any length, z > 0.

    Returns
    -------
    np.ndarray
        (..., 3, 3).
    """
    x, y, z = np.moveaxis(ray / np.linalg.norm(ray, axis=-1, keepdims=True), -1, 0)
    shared = 1 / (1 + z)
    rows = [[1 - x * x * shared, -x * y * shared, x], [-x * y * shared, 1 - y * y * shared, y], [-x, -y, z]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def normalise_screen(points: np.ndarray, seen: np.ndarray, image_size: tuple[float, float] | np.ndarray) -> np.ndarray:
    """The report's normalisation: x from -1 to 1 over the width, y at the same scale, 0 in the middle.

    Parameters
    ----------
    points
        (..., 16, 2) px.
    seen
        (..., 16) bool.
    image_size
        Width and height in px, (2,) or (..., 2).

    Returns
    -------
    np.ndarray
        (..., 16, 2) without a unit; an unseen joint is 0.
    """
    size = np.asarray(image_size)[..., None, :]
    normalised = (2 * (points + 0.5) - size) / size[..., :1]
    return np.where(seen[..., None], normalised, 0.0)


def certainty_of(deviation_mm: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """How certain the place of each joint is, as networks take it.

    Parameters
    ----------
    deviation_mm : (..., 16) array
        One standard deviation in mm of the reference body.
    seen : (..., 16) bool array

    Returns
    -------
    (..., 16) array
        1 exactly known, 0 not seen.
    """
    return np.where(seen, 1 / (1 + np.nan_to_num(deviation_mm) / HALF_CERTAIN_MM), 0.0)


def depth_inputs(
    rays: np.ndarray, depth: np.ndarray, error: np.ndarray, seen: np.ndarray, turn: np.ndarray
) -> np.ndarray:
    """What a detector read of the joints' depth, as networks take it in the ``person`` normalisation.

    Parameters
    ----------
    rays : (..., 16, 2) array
        Places in the picture from its middle, over the focal length.
    depth : (..., 16) array
        How far a joint is behind the pelvis, over the pelvis's distance to the camera; NaN where unknown.
    error : (..., 16) array
        The mean absolute error to be expected, in the same unit.
    seen : (..., 16) bool array
    turn : (..., 3, 3) array
        See :func:`towards`: depth is along the axis of the real camera, networks take it along that of one that looks
        at the person.

    Returns
    -------
    (..., 16, 2) array
        Depth in the network's unit, and how certain it is (:func:`certainty_of`); both 0 where it is unknown.
    """
    known = seen & np.isfinite(depth) & np.isfinite(error)
    size = person_size(rays, seen)[..., None]
    size = np.where(size > 0, size, 1.0)
    place = np.concatenate([rays, np.ones_like(rays[..., :1])], -1)
    middle = np.concatenate([origin(rays, seen), np.ones_like(rays[..., 0, :1])], -1)[..., None, :]
    away = ((place * (1 + np.where(known, depth, 0.0))[..., None] - middle) @ turn)[..., 2] / size / UNIT_MM
    return np.where(known[..., None], np.stack([away, certainty_of(error / size, known)], -1), 0.0)
