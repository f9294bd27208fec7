"""The person that was pointed at, where several are in a photo."""

from __future__ import annotations

import numpy as np

from fitlab.detection.detector import detect
from fitlab.poses import SEEN, Pose2D

#: Half sides of the squares round a tap in which a person is looked for, as shares of the photo's longer side.
HALF_SIDES = (0.15, 0.3, 0.5)
#: A tap this far outside the box round a person's joints, as a share of its longer side, still means that person.
_BESIDE = 0.15


def person_at(photo: np.ndarray, box: tuple[float, float, float, float]) -> Pose2D:
    """Joints of the person in a box, or round a tap.

    Parameters
    ----------
    photo
        (H, W, 3) uint8.
    box
        (left, top, right, bottom) in its pixels. Without a size it is a tap: of the people found in squares of
        several sizes round it the one at the tap with the highest scores is taken.

    Returns
    -------
    Pose2D
        All NaN with a score of 0 where nobody is at the tap.
    """
    left, top, right, bottom = box
    if right > left and bottom > top:
        return detect(photo, box)
    halves = [share * max(photo.shape[:2]) for share in HALF_SIDES]
    found = [detect(photo, (left - half, top - half, left + half, top + half)) for half in halves]
    there = [pose for pose in found if _at(pose, left, top)]
    if there:
        return max(there, key=lambda pose: float(pose.score.mean()))
    return Pose2D(np.full_like(found[0].points, np.nan), np.zeros_like(found[0].score), found[0].image_size)


def _at(pose: Pose2D, x: float, y: float) -> bool:
    seen = pose.points[pose.score >= SEEN]
    if not len(seen):
        return False
    low, high = seen.min(0), seen.max(0)
    margin = _BESIDE * (high - low).max()
    return bool(((low - margin <= [x, y]) & ([x, y] <= high + margin)).all())
