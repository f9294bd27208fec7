"""Where is the person? The views to look at before the joints are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from fitlab.detection.views import View, upright_view, view_around
from fitlab.poses import OUTSIDE, SEEN, Pose2D
from fitlab.skeletons import MPII16

#: Somebody is found where at least this share of the joints is seen in the crop.
FOUND = 0.5
#: From this sureness on nobody looks for a better view of the person; chosen on half of LSPET's validation people.
SURE = 0.85
#: From this sureness on somebody is there, and from the second on also where the finder did not see anybody. Chosen on
#: LSPET's validation people and on pictures of things: below, most joints are wrong, or it is a thing.
BELIEVED, AGREED = 0.47, 0.6
#: Two views agree about a joint that they see nearer to each other than this share of the person's extent.
_ALIKE = 0.08
_POWER = 3  # of the sureness, in votes
#: A joint that seems to be as near to the photo's border as this share of the person's extent may as well be beyond it,
#: and the next one of a limb that is not seen there may be anywhere: such joints must be surer than others, and surer
#: still on the border itself. The first line was chosen on LSPET's validation people, whole and cut off, the others on
#: its training people: 536 pictures, cut off, halved, and cropped tightly from the front, from the side and lying.
_AT_BORDER, _SURE_AT_BORDER, _SURE_BEYOND = 0.3, 0.7, 0.9
_ON_BORDER, _SURE_ON_BORDER = 0.1, 0.9
#: A border that runs along the trunk, nearer than this share of the extent, cuts the person in halves, and joints of
#: the half beyond are put onto those of the other: joints that have a side must be surer.
_ALONG_TRUNK, _SURE_OF_SIDE = 0.5, 0.9
_TRUNK = MPII16.indices(["thorax", "pelvis"])
_HAVE_SIDES = np.array(MPII16.mirror) != np.arange(len(MPII16))
_BEFORE = {
    MPII16.index(f"{side}_{joint}"): MPII16.index(f"{side}_{before}")
    for joint, before in (("knee", "hip"), ("ankle", "knee"), ("elbow", "shoulder"), ("wrist", "elbow"))
    for side in ("left", "right")
}
_MOST_WINDOWS = 30  # along one side of a photo


class Sight(Protocol):
    """What was seen in one view of a photo."""

    @property
    def present(self) -> bool:
        """Whether there is somebody."""

    @property
    def certainty(self) -> float:
        """By which views are compared, 0..1."""


Seen = TypeVar("Seen", bound=Sight)


@dataclass(frozen=True)
class Found:
    """What was seen in one view.

    Attributes
    ----------
    points
        (16, 2) pixels of the photo.
    covariance
        (16, 2, 2) px².
    score
        (16,) in 0..1.
    depth
        (16, 2) px; None where the network does not answer it.
    visibility
        (16, 3) probabilities; None where the network does not answer them.
    """

    points: np.ndarray
    covariance: np.ndarray
    score: np.ndarray
    depth: np.ndarray | None = None
    visibility: np.ndarray | None = None

    @property
    def extent(self) -> float:
        """Pixels, the root mean square distance of the joints from their middle: little changes it but the zoom."""
        likely = self.points[self.score >= SEEN / 2]
        seen = likely if len(likely) > 3 else self.points
        return max(float(np.sqrt(np.square(seen - seen.mean(0)).sum(-1).mean())), 1.0)

    @property
    def present(self) -> bool:
        """Whether there is somebody."""
        return bool((self.score >= SEEN).mean() >= FOUND)

    @property
    def sureness(self) -> float:
        """Mean over the joints of the probability that it is known where they are, or that the picture ends before.

        Where nobody is present only the scores count: that a picture ends before all joints says nothing of a person.
        """
        if self.visibility is None or not self.present:
            return float(self.score.mean())
        return float(np.maximum(self.score, self.visibility[:, OUTSIDE]).mean())

    @property
    def certainty(self) -> float:
        """Mean of the scores."""
        return float(self.score.mean())

    def view(self, upright: bool = False) -> View | None:
        """The view round the joints that may be seen.

        Parameters
        ----------
        upright
            Whether it is turned so that the trunk stands upright, where hips and shoulders may be seen.

        Returns
        -------
        View or None
            None if too few joints are seen to tell.
        """
        seen, doubtful = self.score >= SEEN, self.score >= SEEN / 2
        if seen.sum() < 4:
            return None
        likely = np.where(doubtful[:, None], self.points, np.nan)
        turned = upright_view(likely) if upright else None
        if turned is not None:
            return turned
        # The fewer joints are seen, the more of the person may lie outside of what they span.
        return view_around(self.points[doubtful], margin=1.3 + 0.6 * (1 - seen.mean()))


#: What is known of nobody.
NOBODY = Found(np.full((16, 2), np.nan), np.full((16, 2, 2), np.nan), np.zeros(16))
#: Looks at several views of one photo.
Look = Callable[[Sequence[View]], Sequence[Seen]]


def search(look: Look[Seen], width: int, height: int) -> tuple[View, Seen]:
    """Find the person in a photo: in the whole of it or, where nobody shows up, in overlapping windows.

    Parameters
    ----------
    look
        Looks at several views.
    width, height
        Of the photo in pixels.

    Returns
    -------
    view, found
        The best view, and what was seen in it.
    """
    whole = whole_photo(width, height)
    found = look([whole])[0]
    if found.present:
        return whole, found
    views = windows(width, height)
    answers = look(views)
    best = max(range(len(answers)), key=lambda i: answers[i].certainty)
    if answers[best].certainty > found.certainty:
        return views[best], answers[best]
    return whole, found


def closer(look: Look[Found], view: View, found: Found, passes: int, upright: bool) -> tuple[View, Found]:
    """Look again at views round the joints, as long as the view still moves, turns or changes its size.

    Parameters
    ----------
    look
        Looks at several views.
    view, found
        The view to begin with, and what was seen in it.
    passes
        How often to look at most.
    upright
        Whether views are turned so that the trunk stands upright.

    Returns
    -------
    view, found
        The last view, and what was seen in it.
    """
    for _ in range(passes):
        nearer = found.view(upright)
        if nearer is None or view.shows_as(nearer):
            break
        again = look([nearer])[0]
        if again.certainty < 0.7 * found.certainty:
            break
        view, found = nearer, again
    return view, found


def elected(seen: Sequence[Found], votes: Sequence[int]) -> int:
    """Which of several views of a person is believed: the one that is sure itself, and which the sure ones agree with.

    Parameters
    ----------
    seen
        What was seen in each of N views.
    votes
        How often each view was proposed.

    Returns
    -------
    int
        Its place in ``seen``.
    """
    weight = np.array([found.sureness**_POWER for found in seen])
    alike = np.array([[_alike(found.points, other.points) for other in seen] for found in seen])
    return int(np.argmax(weight + alike @ (weight * votes) / np.sum(votes)))


def _alike(points: np.ndarray, others: np.ndarray) -> float:
    """Share of the joints that lie at the same places."""
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    return float((np.linalg.norm(points - others, axis=-1) < _ALIKE * extent).mean())


def whole_photo(width: int, height: int) -> View:
    """The square that holds all of a photo.

    Parameters
    ----------
    width, height
        Of the photo in pixels.

    Returns
    -------
    View
    """
    return View((width - 1) / 2, (height - 1) / 2, max(width, height))


def windows(width: int, height: int) -> list[View]:
    """Squares that together cover a photo, for people who are small in it.

    Neighbours overlap by a third of their side. Somebody who is smaller than that is whole in one of them. Only in
    photos many times longer than high do they overlap by less.

    See :func:`whole_photo` for the parameters.

    Returns
    -------
    list of View
    """
    side = min(width, height) if max(width, height) >= 1.3 * min(width, height) else 0.6 * max(width, height)

    def count(length: int, side: float) -> int:
        return int(np.clip(np.ceil(1.5 * (length / side - 1) - 1e-9) + 1, 2, _MOST_WINDOWS))

    centres = [
        np.linspace((side - 1) / 2, length - 1 - (side - 1) / 2, count(length, side))
        if length > side
        else np.array([(length - 1) / 2])
        for length in (width, height)
    ]
    return [View(float(x), float(y), float(side)) for y in centres[1] for x in centres[0]]


def box_view(box: tuple[float, float, float, float], width: int, height: int) -> View:
    """The view of a box in a photo of that size; of a box much larger than the photo only what is near it.

    Raises
    ------
    ValueError
        For what is no box, one of less than 2 pixels, or one outside the photo.
    """
    try:
        values = np.asarray(box, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (4,) or not np.isfinite(values).all():
        raise ValueError(f"a box is (left, top, right, bottom) in pixels, got {box!r}")
    left, top, right, bottom = values
    if right - left < 2 or bottom - top < 2:
        raise ValueError(
            f"the box {box} is less than 2 pixels wide or high; a box is (left, top, right, bottom) in pixels"
        )
    if right <= 0 or bottom <= 0 or left >= width or top >= height:
        raise ValueError(f"the box {box} lies outside the photo of {width} x {height} pixels")
    near = max(width, height) / 2
    left, top = max(left, -near), max(top, -near)
    right, bottom = min(right, width + near), min(bottom, height + near)
    return View((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * 1.1)


def as_pose(found: Found, width: int, height: int, known: bool = False) -> Pose2D:
    """What was found as a pose.

    Parameters
    ----------
    found
        In pixels of the photo.
    width, height
        Of the photo in pixels.
    known
        Whether somebody is known to be there; else too few joints mean nobody.

    Returns
    -------
    Pose2D
        Joints outside the photo have a score of 0. Where the network answers what is outside, joints that may well be
        so are seen only where it is surer of them than of others.
    """
    size = (width, height)
    if not (found.present or known):
        found = nobody(found)
    inside = ((found.points > -1) & (found.points < [width, height])).all(axis=1)
    score = np.where(inside, found.score, 0.0)
    if found.visibility is not None:  # a joint that is likely outside the picture is not where it seems to be
        score = np.fmin(score, 1 - found.visibility[:, OUTSIDE])
        score = _doubted(score, found, width, height)
    return Pose2D(found.points, score, size, found.covariance, depth=found.depth, visibility=found.visibility)


def _doubted(score: np.ndarray, found: Found, width: int, height: int) -> np.ndarray:
    """The scores (16,), where joints are not seen that may well be beyond the photo's border.

    Those are the joints at the border that are not sure, the next ones of a limb that is lost at the border, and joints
    of both sides where it runs along the trunk.
    """
    with np.errstate(invalid="ignore"):
        inwards = np.concatenate([found.points, [width - 1, height - 1] - found.points], -1)  # (16, 4) borders
        at_border, on_border = (inwards.min(-1) <= near * found.extent for near in (_AT_BORDER, _ON_BORDER))
        halved = inwards[_TRUNK].max(0).min() <= _ALONG_TRUNK * found.extent
    doubted = (at_border & (score < _SURE_AT_BORDER)) | (on_border & (score < _SURE_ON_BORDER))
    doubted |= halved & _HAVE_SIDES & (score < _SURE_OF_SIDE)
    score = np.where(doubted, np.minimum(score, SEEN / 2), score)
    for joint, before in _BEFORE.items():  # from the trunk outwards
        if at_border[before] and score[before] < SEEN and score[joint] < _SURE_BEYOND:
            score[joint] = min(score[joint], SEEN / 2)
    return score


def nobody(found: Found) -> Found:
    """As much as was ``found``, and none of it known: NaN, and scores of 0."""
    nothing = {name: None if part is None else np.full_like(part, np.nan) for name, part in vars(found).items()}
    return Found(**nothing | {"score": np.zeros(len(found.score))})  # type: ignore[arg-type]
