"""Is somebody else in the photo, who could be chosen instead?

The person who was found is painted over, and the finder looks at what lies on either side of them. Whoever it sees
there must be seen by the detector too, in the photo as it is and in the one that is painted over, at the same place
and apart from the first person. So a limb that the paint leaves over is not taken for somebody.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from fitlab.detection.detector import DEFAULT_DETECTOR, GREY, Detector, as_detector, augmentations
from fitlab.detection.search import as_pose, closer
from fitlab.detection.views import View
from fitlab.poses import SEEN, Pose2D

#: Around the joints of the first person this share of their longer extent is painted over, too.
_PAINTED = 0.12
#: Narrower strips beside the first person are not looked at, as a share of the photo's longer side.
_NARROW = 0.15
#: The least mean score of the finder at which the detector is asked.
_GLIMPSED = 0.2
#: The least sureness of the detector.
_SURE = 0.5
#: Mean distance of the joints of two people at least, and of one person seen twice at most, as shares of the extent.
_APART, _SAME = 0.3, 0.15


def other_person(image: np.ndarray, pose: Pose2D, detector: str | Path | Detector = DEFAULT_DETECTOR) -> Pose2D | None:
    """Somebody else in a photo than the person who was found in it.

    The numbers in this module were chosen with the default detector on synthetic pairs and single people. Whoever is
    largely hidden behind the first person is not told apart.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    pose
        One person, (16, 2) MPII16 joints in its pixels.
    detector
        What :func:`fitlab.detection.detector.load_detector` takes, or a loaded one.

    Returns
    -------
    Pose2D or None
        The other person's joints, as :func:`fitlab.detection.detector.detect` would answer them. None where nobody else
        is seen, and where nobody was found at all.
    """
    seen = pose.points[(pose.score >= SEEN) & np.isfinite(pose.points).all(axis=1)]
    if not len(seen):
        return None
    asked = as_detector(detector)
    asked = asked if isinstance(asked, Detector) else asked.finder
    painted = _painted_over(image, seen)
    height, width = image.shape[:2]
    views = _beside(seen, width, height)
    glimpses = (asked.finder or asked).look(painted, views) if views else []
    glimpse = max(glimpses, key=lambda found: found.score.mean(), default=None)
    if glimpse is None or glimpse.score.mean() < _GLIMPSED:
        return None
    view = glimpse.view(asked.upright) or glimpse.view(asked.upright, doubted=True)
    if view is None:
        return None
    (alone,), (other,) = asked.look(painted, [view]), asked.look(image, [view])
    seen_twice = _distance(other.points, alone.points) <= _SAME
    if other.sureness < _SURE or not seen_twice or _distance(other.points, pose.points) < _APART:
        return None
    helped = augmentations(flip=True, scales=asked.scaled)
    look = partial(asked.look, image, augmented=helped)
    _, found = closer(look, view, look([view])[0], 1, asked.upright)
    return as_pose(found, width, height, known=True) if _distance(found.points, pose.points) >= _APART else None


def _painted_over(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    low, high = points.min(0), points.max(0)
    margin = _PAINTED * (high - low).max()
    left, top = np.floor(low - margin).astype(int).clip(0)
    right, bottom = np.ceil(high + margin).astype(int).clip(0)
    painted = image.copy()
    painted[top : bottom + 1, left : right + 1] = GREY
    return painted


def _beside(points: np.ndarray, width: int, height: int) -> list[View]:
    """Squares that show what is left and right of a person's middle."""
    middle = float((points[:, 0].min() + points[:, 0].max()) / 2)
    strips = [
        (left, right)
        for left, right in ((0.0, middle), (middle, width - 1.0))
        if right - left > _NARROW * max(width, height)
    ]
    return [View((left + right) / 2, (height - 1) / 2, max(right - left, height / 2)) for left, right in strips]


def _distance(points: np.ndarray, others: np.ndarray) -> float:
    """Mean distance of joints as a share of the extent of ``points``."""
    extent = max(float(np.linalg.norm(np.ptp(points, axis=0))), 1e-6)
    return float(np.nanmean(np.linalg.norm(points - others, axis=1))) / extent


def somebody_else(pose: Pose2D, other: Pose2D, how: str) -> str:
    """The sentence that says that another person is there.

    Parameters
    ----------
    pose, other
        Who is judged, and who else is there, in pixels of one photo.
    how
        How to choose them, after *to judge them,*.

    Returns
    -------
    str
    """
    first, second = (float(np.nanmean(person.points[person.score >= SEEN, 0])) for person in (pose, other))
    side = "left" if second < first else "right"
    return f"Somebody else is in this photo, further {side}; to judge them, {how}."
