"""Joints of a clip made steady: sides kept from flipping, short gaps bridged, noise weighed by its covariance.

References
----------
H. Rauch, F. Tung and C. Striebel, "Maximum likelihood estimates of linear dynamic systems", AIAA Journal 3(8), 1965:
the backward pass after a Kalman filter. Its model here is a velocity that wanders (white-noise acceleration).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import both_sides

#: Seconds; a longer gap stays unknown.
LONGEST_GAP = 0.5
#: Seconds that somebody may be out of sight and still be the same person, who goes on with the same repetition. Where
#: the joints are meanwhile is not told after :data:`LONGEST_GAP`.
LONGEST_ABSENCE = 1.0
#: How strongly joints are accelerated: standard deviation of the change of velocity in one second, in sizes of the
#: person over seconds. Chosen on synthetic repetitions of 0.8 s, which it must not flatten.
AGILITY = 6.0
#: Innovations beyond so many standard deviations count as errors of the detector, and for less.
_PLAUSIBLE = 3.0
#: The least standard deviation of a detected joint, as a share of the person's size.
_LEAST = 0.008
#: Parts whose left and right joints are exchanged together.
_PARTS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
#: What a frame costs in which a part is taken to be exchanged, in mean moves over the person's size.
_EXCHANGED = 0.03


def person_extent(points: np.ndarray) -> np.ndarray:
    """The size of people in pictures.

    Parameters
    ----------
    points : (..., J, 2) array
        Pixels; NaN where unknown.

    Returns
    -------
    (...) array
        Pixels, the root mean square distance of the joints from their middle; NaN where none is known.
    """
    known = np.isfinite(points).all(-1)
    count = np.maximum(known.sum(-1), 1)[..., None]
    inner = np.where(known[..., None], points, 0.0)
    middle = inner.sum(-2) / count
    squares = np.where(known, np.square(inner - middle[..., None, :]).sum(-1), 0.0).sum(-1)
    return np.where(known.any(-1), np.sqrt(squares / count[..., 0]), np.nan)


def steady(pose: Pose2D, times: np.ndarray) -> tuple[Pose2D, np.ndarray]:
    """One person's joints over an unbroken stretch of a clip, steady.

    Parameters
    ----------
    pose : Pose2D
        (T, J, 2) as detected frame by frame; NaN or a score below :data:`~fitlab.poses.SEEN` where a joint is not seen.
    times : (T,) array
        Seconds, increasing.

    Returns
    -------
    pose : Pose2D
        Smoothed points. A joint that was not seen for at most :data:`LONGEST_GAP` has the score of the frames round
        the gap; covariances stay the detector's, which has errors that time does not average out. So does depth:
        smoothed, it changed the errors of angles by less than 0.1 degrees on frames of a real man.
    bridged : (T,) bool array
        Frames in which the person was not seen at all, and is known from those round them.
    """
    pose = sides_kept(pose)
    seen = np.isfinite(pose.points).all(-1)
    size = np.nanmedian(person_extent(pose.points))
    variance = _variance(pose, size)
    points = kalman_smoothed(pose.points, variance, times, AGILITY * size)
    near = gaps_within(seen, times, LONGEST_GAP)
    points = np.where((seen | near)[..., None], points, np.nan)
    sure = seen & (pose.score >= SEEN)
    score = np.where(gaps_within(sure, times, LONGEST_GAP), interpolated(pose.score, sure, times), pose.score)
    score = np.where(seen | near, score, 0.0)
    covariance = pose.covariance
    if covariance is not None:
        flat = covariance.reshape(*covariance.shape[:2], 4)
        covariance = np.where(near[..., None], interpolated(flat, seen, times), flat).reshape(covariance.shape)
    others: dict[str, Any] = {
        name: np.where(near[..., None], interpolated(values, seen, times), values)
        for name in ("depth", "visibility")
        if (values := getattr(pose, name)) is not None
    }
    bridged = ~seen.any(-1) & near.any(-1)
    return replace(pose, points=points, score=score, covariance=covariance, **others), bridged


def _variance(pose: Pose2D, size: float) -> np.ndarray:
    """(T, J, 2) px² of what was seen; infinite where nothing was."""
    seen = np.isfinite(pose.points)
    least = (_LEAST * size) ** 2
    variance = np.full(pose.points.shape, least)
    if pose.covariance is not None:
        variance = np.maximum(np.diagonal(pose.covariance, axis1=-2, axis2=-1), least)
    # A joint that the detector does not believe in itself says little about where it is.
    trust = np.clip(pose.score, 0.05, 1.0)[..., None] ** 2
    return np.where(seen, np.nan_to_num(variance, nan=least) / trust, np.inf)


def kalman_smoothed(points: np.ndarray, variance: np.ndarray, times: np.ndarray, agility: float) -> np.ndarray:
    """Kalman filter and Rauch-Tung-Striebel smoother of many coordinates at once.

    Parameters
    ----------
    points : (T, ...) array
        Measurements; NaN where there is none.
    variance : (T, ...) array
        Of the measurements; infinite where there is none.
    times : (T,) array
        Seconds, increasing.
    agility : float
        Units of ``points`` a second: the standard deviation of how much a velocity changes in one second.

    Returns
    -------
    (T, ...) array
        NaN for coordinates that were never measured.
    """
    count = len(times)
    measured = np.isfinite(points)
    known = measured.any(0)
    first = np.take_along_axis(points, measured.argmax(0)[None], 0)[0]
    place, velocity = np.where(known, first, 0.0), np.zeros(points.shape[1:])
    wide = np.nanmax(np.where(np.isfinite(variance), variance, np.nan), initial=1.0)
    p00, p01 = np.full(place.shape, 1e4 * wide), np.zeros(place.shape)
    p11 = np.full(place.shape, agility**2)
    shape = (count, *place.shape)
    filtered, predicted = (tuple(np.empty(shape) for _ in range(5)) for _ in range(2))
    steps = np.diff(times, prepend=times[0])
    for t in range(count):
        dt, noise = steps[t], agility**2
        place = place + dt * velocity
        p00 = p00 + 2 * dt * p01 + dt**2 * p11 + noise * dt**3 / 3
        p01 = p01 + dt * p11 + noise * dt**2 / 2
        p11 = p11 + noise * dt
        for store, value in zip(predicted, (place, velocity, p00, p01, p11), strict=True):
            store[t] = value
        innovation = np.where(measured[t], points[t] - place, 0.0)
        around = np.where(measured[t], variance[t], np.inf)
        beyond = np.abs(innovation) / np.sqrt(p00 + np.where(measured[t], variance[t], 1.0)) / _PLAUSIBLE
        total = p00 + around * np.maximum(beyond, 1.0) ** 2
        gain0, gain1 = p00 / total, p01 / total
        place, velocity = place + gain0 * innovation, velocity + gain1 * innovation
        p11, p01, p00 = p11 - gain1 * p01, (1 - gain0) * p01, (1 - gain0) * p00
        for store, value in zip(filtered, (place, velocity, p00, p01, p11), strict=True):
            store[t] = value
    return np.where(known, _backward(filtered, predicted, steps), np.nan)


def _backward(filtered: tuple[np.ndarray, ...], predicted: tuple[np.ndarray, ...], steps: np.ndarray) -> np.ndarray:
    """The places after the pass from the last frame to the first."""
    places, velocities, p00, p01, p11 = filtered
    smooth, speed = places.copy(), velocities.copy()
    for t in range(len(steps) - 2, -1, -1):
        dt = steps[t + 1]
        q00, q01, q11 = (part[t + 1] for part in predicted[2:])
        determinant = np.maximum(q00 * q11 - q01 * q01, 1e-12)
        a00, a01 = p00[t] + dt * p01[t], p01[t]
        a10, a11 = p01[t] + dt * p11[t], p11[t]
        off0, off1 = smooth[t + 1] - predicted[0][t + 1], speed[t + 1] - predicted[1][t + 1]
        solved0, solved1 = (q11 * off0 - q01 * off1) / determinant, (q00 * off1 - q01 * off0) / determinant
        smooth[t] += a00 * solved0 + a01 * solved1
        speed[t] += a10 * solved0 + a11 * solved1
    return smooth


def gaps_within(known: np.ndarray, times: np.ndarray, longest: float) -> np.ndarray:
    """Where something is unknown between two known frames that are near each other.

    Parameters
    ----------
    known : (T, ...) bool array
    times : (T,) array
        Seconds.
    longest : float
        The most seconds that a gap may last.

    Returns
    -------
    (T, ...) bool array
        True inside gaps that are no longer.
    """
    stamps = times.reshape(-1, *[1] * (known.ndim - 1))
    before = np.maximum.accumulate(np.where(known, stamps, -np.inf), axis=0)
    after = np.minimum.accumulate(np.where(known, stamps, np.inf)[::-1], axis=0)[::-1]
    step = np.median(np.diff(times)) if len(times) > 1 else 0.0
    # From the last frame that is known to the next one there is one step more than the gap has frames.
    return ~known & (after - before <= longest + step + 1e-9)


def interpolated(values: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Values between the known frames on straight lines.

    Parameters
    ----------
    values : (T, J) or (T, J, C) array
    known : (T, J) bool array
    times : (T,) array
        Seconds.

    Returns
    -------
    array
        Of the shape of ``values``; as they are for a joint that is never known.
    """
    filled = values.copy()
    for joint in np.flatnonzero(known.any(0) & ~known.all(0)):
        rows = known[:, joint]
        columns = filled[:, joint].reshape(len(times), -1)
        for column in range(columns.shape[1]):
            columns[:, column] = np.interp(times, times[rows], columns[rows, column])
        filled[:, joint] = columns.reshape(filled[:, joint].shape)
    return filled


def sides_kept(pose: Pose2D) -> Pose2D:
    """Left and right as they are in most frames, where a detector takes one for the other now and then.

    For legs and arms apart the sequence of frames in which the sides are exchanged is found that moves the joints
    least (the Viterbi algorithm over two states), where an exchange costs something itself.

    Parameters
    ----------
    pose : Pose2D
        (T, J, 2).

    Returns
    -------
    Pose2D
        With joints, scores and the rest exchanged where they were.
    """
    order = np.tile(np.arange(len(pose.skeleton)), (len(pose.points), 1))
    size = person_extent(pose.points)
    frames = np.flatnonzero(np.isfinite(size))
    if len(frames) < 3:
        return pose
    unit = np.median(size[frames])
    for part in _PARTS:
        left, right = (pose.skeleton.indices([both_sides(joint)[side] for joint in part]) for side in (0, 1))
        exchanged = _exchanged(pose.points[frames][:, [left, right]] / unit, pose.score[frames][:, [left, right]])
        rows = frames[exchanged]
        order[np.ix_(rows, left)], order[np.ix_(rows, right)] = right, left
    return _reordered(pose, order)


def _exchanged(points: np.ndarray, score: np.ndarray) -> np.ndarray:
    """(T,) bool: whether the two sides of points (T, 2, 3, 2) are to be exchanged."""
    weight = np.minimum(score[1:], score[:-1]) + 0.05

    def moves(other: np.ndarray) -> np.ndarray:
        far = np.minimum(np.linalg.norm(np.nan_to_num(points[1:] - other), axis=-1), 0.5)
        return (weight * far).sum((-2, -1)) / weight.sum((-2, -1))

    same, crossed = moves(points[:-1]), moves(points[:-1, ::-1])
    cost, back = np.array([0.0, _EXCHANGED]), np.zeros((len(points), 2), int)
    for t in range(1, len(points)):
        choices = cost[:, None] + np.array([[same[t - 1], crossed[t - 1]], [crossed[t - 1], same[t - 1]]])
        back[t] = choices.argmin(0)
        cost = choices.min(0) + np.array([0.0, _EXCHANGED])
    state = np.zeros(len(points), int)
    state[-1] = cost.argmin()
    for t in range(len(points) - 1, 0, -1):
        state[t - 1] = back[t, state[t]]
    return state.astype(bool)


def _reordered(pose: Pose2D, order: np.ndarray) -> Pose2D:
    """``pose`` with the joints of each frame in ``order`` (T, J)."""
    rows = np.arange(len(order))[:, None]
    parts: dict[str, Any] = {
        name: getattr(pose, name) for name in ("points", "score", "covariance", "depth", "visibility")
    }
    moved: dict[str, Any] = {name: None if part is None else part[rows, order] for name, part in parts.items()}
    return replace(pose, **moved)
