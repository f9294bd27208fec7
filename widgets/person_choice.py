"""The person that was pointed at, where several are in a photo."""

from __future__ import annotations

import numpy as np

from fitlab.detection.company import somebody_else
from fitlab.detection.detector import Box, detect
from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import MPII16

#: Half sides of the squares round a tap in which a person is looked for, as shares of the photo's longer side.
HALF_SIDES = (0.15, 0.3, 0.5)
#: A tap this far outside the box round a person's joints, as a share of its longer side, still means that person.
_BESIDE = 0.15
#: Who has at least this share of the seen joints in a drawn box is in it.
_INSIDE = 0.8
_HOW = "press Choose the person and tap them"


class NobodyThereError(ValueError):
    """Where somebody pointed there is nobody."""

    def __init__(self) -> None:
        super().__init__("There is nobody at that place; press Choose the person again, and tap them.")


def person_at(photo: np.ndarray, box: Box, judged: Pose2D | None = None, other: Pose2D | None = None) -> Pose2D:
    """Joints of the person in a box, or round a tap.

    Parameters
    ----------
    photo
        (H, W, 3) uint8.
    box
        (left, top, right, bottom) in its pixels. Without a size it is a tap: of the people found in squares of
        several sizes round it the one at the tap with the highest scores is taken.
    judged, other
        Who was judged before, and somebody else whose joints are known (:func:`fitlab.detection.company.other_person`):
        a tap nearer to the other, or a box round them alone, means them.

    Returns
    -------
    Pose2D
        All NaN with a score of 0 where nobody is at the tap, and where the box is outside the photo.
    """
    left, top, right, bottom = box
    height, width = photo.shape[:2]
    if right <= 0 or bottom <= 0 or left >= width or top >= height:  # on the border beside the photo
        return Pose2D(np.full((len(MPII16), 2), np.nan), np.zeros(len(MPII16)), (width, height))
    if judged is not None and other is not None and _means_the_other(box, judged, other):
        return other
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


def _means_the_other(box: Box, judged: Pose2D, other: Pose2D) -> bool:
    left, top, right, bottom = box
    if right > left and bottom > top:
        return _share_in(other, box) >= _INSIDE > _share_in(judged, box)
    return _at(other, left, top) and _distance(other, left, top) < _distance(judged, left, top)


def _share_in(pose: Pose2D, box: Box) -> float:
    seen = pose.points[pose.score >= SEEN]
    return float(((seen >= box[:2]) & (seen <= box[2:])).all(axis=1).mean()) if len(seen) else 0.0


def _distance(pose: Pose2D, x: float, y: float) -> float:
    """To the nearest joint or middle of a bone that is seen, px."""
    points = np.where((pose.score >= SEEN)[:, None], pose.points, np.nan)
    places = np.concatenate([points, points[pose.skeleton.bone_indices].mean(axis=1)])
    return float(np.fmin.reduce(np.linalg.norm(places - [x, y], axis=1), initial=np.inf))


def told_of(judged: Pose2D, other: Pose2D | None) -> str:
    """That somebody else is there, as HTML that is read out when it comes.

    Parameters
    ----------
    judged, other
        Who is judged, and who is beside; None for nobody. (16, 2) px each.

    Returns
    -------
    str
        Empty where nobody is.
    """
    return "" if other is None else f"<div role='status'>{somebody_else(judged, other, _HOW)}</div>"
