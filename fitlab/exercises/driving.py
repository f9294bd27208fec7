"""What repetitions are counted by: the driving angle, steadied by what else in the picture goes along with it."""

from __future__ import annotations

import numpy as np

from fitlab.angles import measure, point
from fitlab.exercises.records import Exercise, measured_sides
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, both_sides, convert
from fitlab.smoothing import person_extent

#: Angles that are that of one of the two sides, now this one and now that: of which joint.
_ONE_OF = {"front_knee": "knee", "back_knee": "knee", "bent_elbow": "elbow"}
#: Angles of which now one side moves and now the other: no way of the whole body goes along with both.
_BY_TURNS = ("bent_elbow",)
#: What goes along with the angle less than this (correlation) says nothing about it.
_ALONG = 0.7
#: How much of the signal is the distance between the joints that drive, and then the movement of the whole body.
_DISTANCE, _BODY = 0.5, 0.75
#: The least frames in which something is compared.
_LEAST = 10
#: Joints with a smaller score are not looked at, nor those that are seen in a smaller share of the frames.
_SEEN, _OFTEN = 0.3, 0.9
#: Seconds: how near in time counts for the scale (standard deviation), and how often it is worked out; s² below which
#: times are too close to each other for a trend.
_NEAR, _KNOTS, _LEAST_VARIANCE = 0.8, 0.25, 1e-3


def driving_signal(points: np.ndarray, pose2d: Pose2D | None, times: np.ndarray, exercise: Exercise) -> np.ndarray:
    """The driving angle as repetitions are counted by.

    One angle comes from three joints, each with an error, and from in front and behind from their depth alone. Two
    signals of the picture are averaged with it where they go along with it, each scaled to its mean and deviation: the
    distance between the ends of the joints that drive (hip and ankle of a knee), and the main way in which all joints
    move about their middle, their first principal component. Of an angle of now one side and now the other the
    distance is that of the side whose ends are nearer, and the second signal is left out.

    Parameters
    ----------
    points : (T, 16, 3) array
        LIFT16 in mm, one unbroken stretch.
    pose2d : Pose2D, optional
        (T, J, 2), the same in the picture.
    times : (T,) array
        Seconds.
    exercise : Exercise
        With a driving angle.

    Returns
    -------
    (T,) array
        Degrees; NaN where unknown.
    """
    angle = exercise.drive_angle(points)
    if pose2d is None:
        return angle
    unit = shown_scale(points, pose2d, times)
    steadied = _averaged(angle, _distance(pose2d, exercise) / unit, _DISTANCE)
    if exercise.drive in _BY_TURNS:
        return steadied
    return _averaged(steadied, _main_movement(pose2d, unit), _BODY)


def shown_scale(points: np.ndarray, pose2d: Pose2D, times: np.ndarray) -> np.ndarray:
    """How large the picture shows a millimetre of the body over time.

    The size of the body in the picture changes with its posture, and with the camera's zoom and place. The pose in 3D
    tells the two apart, as its bones keep their lengths. A camera's scale changes slowly, the errors of a pose do not:
    the logarithm is fitted by a line about each frame (local linear regression, Cleveland 1979).

    See :func:`fitlab.exercises.course.course` for the parameters.

    Returns
    -------
    (T,) array
        Pixels; NaN if nothing is known.
    """
    seen = np.where((pose2d.score >= _SEEN)[..., None], pose2d.points, np.nan)
    shown = convert(seen, pose2d.skeleton, LIFT16)
    both = np.isfinite(shown).all(-1) & np.isfinite(points).all(-1)
    pixels, millimetres = (person_extent(np.where(both[..., None], part, np.nan)) for part in (shown, points[..., :2]))
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.log(pixels / millimetres)
    known = np.isfinite(scale)
    if not known.any():
        return np.full(len(scale), np.nan)
    return np.exp(_local_lines(scale[known], times[known], times))


def _local_lines(values: np.ndarray, at: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(T,) values at ``times``, by lines through those of ``values`` (N,), known ``at`` (N,) s, that are near."""
    knots, heights = np.arange(at[0], at[-1] + _KNOTS, _KNOTS), []
    for knot in knots:
        first, last = np.searchsorted(at, [knot - 3 * _NEAR, knot + 3 * _NEAR])
        if first == last:
            heights.append(np.nan)
            continue
        away = at[first:last] - knot
        weight = np.exp(-0.5 * np.square(away / _NEAR))
        weight /= weight.sum()
        middle = weight @ away
        variance = max(weight @ np.square(away - middle), _LEAST_VARIANCE)
        slope = weight @ ((away - middle) * values[first:last]) / variance
        heights.append(weight @ values[first:last] - slope * middle)
    told = np.isfinite(heights)
    return np.interp(times, knots[told], np.array(heights)[told])


def _averaged(signal: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """``signal`` with a share of ``other`` (T,) in any unit, where the two go along with each other."""
    both = np.isfinite(signal) & np.isfinite(other)
    if both.sum() < _LEAST or min(np.ptp(signal[both]), np.ptp(other[both])) < 1e-6:
        return signal
    correlation = np.corrcoef(signal[both], other[both])[0, 1]
    if abs(correlation) < _ALONG:
        return signal
    slope = np.sign(correlation) * np.std(signal[both]) / np.std(other[both])
    fitted = np.mean(signal[both]) + slope * (other - np.mean(other[both]))
    return np.where(both, (1 - share) * signal + share * fitted, signal)


def _distance(pose2d: Pose2D, exercise: Exercise) -> np.ndarray:
    """(T,) px, how far apart the ends of the driving angle are in the picture: the mean of both sides, or the less."""
    seen = np.where((pose2d.score >= _SEEN)[..., None], pose2d.points, np.nan)
    reach = [
        np.linalg.norm(point(seen, a, pose2d.skeleton) - point(seen, b, pose2d.skeleton), axis=-1)
        for a, b in _ends(exercise)
    ]
    if not reach:
        return np.full(len(seen), np.nan)
    known = np.isfinite(reach)
    if exercise.drive in _BY_TURNS:
        return np.where(known.any(0), np.where(known, reach, np.inf).min(0), np.nan)
    return np.where(known, reach, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)


def _main_movement(pose2d: Pose2D, unit: np.ndarray) -> np.ndarray:
    """(T,) the first principal component of the joints about their middle, joints weighed by their covariance."""
    found = np.isfinite(pose2d.points).all(-1) & (pose2d.score >= _SEEN)
    frames = found.any(-1)
    joints = found[frames].mean(0) >= _OFTEN
    rows = found[:, joints].all(-1) & np.isfinite(unit)
    movement = np.full(len(found), np.nan)
    if joints.sum() < 4 or rows.sum() < _LEAST:
        return movement
    places = pose2d.points[rows][:, joints] / unit[rows, None, None]
    places = places - places.mean(1, keepdims=True)
    if pose2d.covariance is not None:
        variance = np.diagonal(pose2d.covariance[rows][:, joints], axis1=-2, axis2=-1) / unit[rows, None, None] ** 2
        places = places / np.sqrt(np.median(variance, axis=0))
    flat = places.reshape(len(places), -1)
    flat = flat - flat.mean(0)
    direction = np.linalg.eigh(flat.T @ flat)[1][:, -1]  # of the largest eigenvalue
    movement[rows] = flat @ direction
    return movement


def _ends(exercise: Exercise) -> list[tuple[str, str]]:
    """The outer joints of each driving angle, which are those of both sides where it is one of two."""
    sides = both_sides(_ONE_OF[exercise.drive]) if exercise.drive in _ONE_OF else measured_sides(exercise.drive)
    triplets = [measure(name).triplet for name in sides]
    return [(triplet[0], triplet[2]) for triplet in triplets if triplet and not triplet[0].startswith("mid_")]
