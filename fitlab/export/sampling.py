"""A clip of poses at an even frame rate, as motion files want it, with unseen joints unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fitlab.poses import SEEN, Pose3D, check_lift16

#: Frames a second of a single pose, which has no rate of its own.
SINGLE = 30.0
#: Frames count as even if none is further from its place than this share of the time between two.
_UNEVEN = 0.1


@dataclass(frozen=True)
class EvenClip:
    """Joints at an even frame rate.

    Parameters
    ----------
    points : (T, 16, 3) array
        mm in LIFT16, in the axes of the camera; NaN where unknown.
    start : float
        Seconds of the first frame.
    rate : float
        Frames a second.
    """

    points: np.ndarray
    start: float
    rate: float

    @property
    def times(self) -> np.ndarray:
        """(T,) seconds."""
        return self.start + np.arange(len(self.points)) / self.rate


def evenly(times: ArrayLike, pose: Pose3D) -> EvenClip:
    """A clip at an even frame rate: its own, if that is even, else in between the frames at their usual distance.

    Joints that are not seen are unknown (NaN). A moment between two frames is on the straight line between them, and
    unknown where one of the two is.

    Parameters
    ----------
    times : (T,) array
        Seconds of the frames, each later than the one before.
    pose : Pose3D (T, 16, 3)
        In LIFT16.

    Returns
    -------
    EvenClip

    Raises
    ------
    ValueError
        For another skeleton, times that do not belong to the frames or do not rise, and a clip without any known joint.
    """
    times = np.asarray(times, float)
    check_lift16(pose, "motion files are written of")
    if pose.points.ndim != 3 or times.shape != pose.points.shape[:1] or not len(times):
        raise ValueError(f"a clip has poses (T, 16, 3) and times (T,), got {pose.points.shape} and {times.shape}")
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise ValueError("times are seconds, each later than the one before")
    points = np.where((pose.score >= SEEN)[..., None], pose.points, np.nan)
    if np.isnan(points).all():
        raise ValueError("no joint is known in any frame, so that there is nothing to write")
    if len(times) == 1:
        return EvenClip(points, float(times[0]), SINGLE)
    step = float(times[-1] - times[0]) / (len(times) - 1)
    even = times[0] + step * np.arange(len(times))
    if np.abs(times - even).max() <= _UNEVEN * step:
        return EvenClip(points, float(times[0]), _tidy(1 / step))
    rate = _tidy(1 / float(np.median(np.diff(times))))
    wanted = times[0] + np.arange(int((times[-1] - times[0]) * rate + 1e-6) + 1) / rate
    return EvenClip(between(times, points, wanted), float(times[0]), rate)


def between(times: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values at other moments, on straight lines.

    Parameters
    ----------
    times : (T,) array
        Rising.
    values : (T, ...) array
    wanted : (N,) array
        Within ``times``.

    Returns
    -------
    (N, ...) array
        NaN where one of the two neighbours is NaN.
    """
    after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
    share = np.clip((wanted - times[after - 1]) / (times[after] - times[after - 1]), 0, 1)
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    # A moment that is a frame does not need its neighbour.
    on_first, on_second = share < 1e-6, share > 1 - 1e-6
    mixed = values[after - 1] * (1 - share) + values[after] * share
    return np.where(on_first, values[after - 1], np.where(on_second, values[after], mixed))


def _tidy(rate: float) -> float:
    """A whole number of frames a second where it is one but for rounding."""
    return float(round(rate)) if abs(rate - round(rate)) < 1e-3 * rate else rate
