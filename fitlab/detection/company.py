"""Is somebody else in the photo, who could be chosen instead?

The finder sees everybody. Whoever is in another place than the person who was found, and whose joints the detector is
sure of there, is somebody else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitlab.detection.detector import DEFAULT_DETECTOR, Box, Detector, as_detector
from fitlab.detection.glances import Glances, augmentations
from fitlab.detection.search import Found, as_pose, closer, whole_photo, windows
from fitlab.detection.views import distinct
from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import MPII16

#: The least probability of somebody at which the detector is asked, and the least sureness of the detector.
_GLIMPSED, _SURE = 0.3, 0.7
#: Mean distance of the joints of two people at least, and of the middles of their hips, as shares of the extent.
_APART, _HIPS_APART = 0.3, 0.15
_PELVIS = MPII16.index("pelvis")
_MOST = 4  # people whom the detector is asked about


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
        What :func:`fitlab.detection.detector.load_detector` takes, or a loaded one. The default is asked in place of
        one that has no finder.

    Returns
    -------
    Pose2D or None
        The other person's joints, as :func:`fitlab.detection.detector.detect` would answer them. None where nobody else
        is seen, and where nobody was found at all.
    """
    if not pose.found:
        return None
    asked = as_detector(detector)
    if not isinstance(asked, Detector) or asked.finder is None:
        asked = as_detector(DEFAULT_DETECTOR)
        assert isinstance(asked, Detector)
        assert asked.finder is not None
    height, width = image.shape[:2]
    for views in ([whole_photo(width, height)], windows(width, height)):
        crowds = asked.finder.look(image, views)
        people = [person for crowd in crowds for person in crowd.people if person.score >= _GLIMPSED]
        places, _ = distinct([person.view() for person in sorted(people, key=lambda person: -person.score)])
        glances = Glances(asked, image)
        seen = glances.look(places[:_MOST])
        others = [number for number, found in enumerate(seen) if found.sureness >= _SURE and _apart(pose, found)]
        if others:
            surest = max(others, key=lambda number: seen[number].sureness)
            view, _ = closer(glances.look, places[surest], seen[surest], 1, asked.upright)
            (found,) = glances.look([view], augmentations(flip=True, scales=asked.scaled))
            other = as_pose(found, width, height, known=True)
            return other if other.found and _apart(pose, found) else None
    return None


def _apart(pose: Pose2D, found: Found) -> bool:
    """Whether what was found is another person than ``pose``."""
    extent = max(float(np.linalg.norm(np.ptp(found.points, axis=0))), 1e-6)
    far = np.linalg.norm(found.points - pose.points, axis=1) / extent
    return bool(np.nanmean(far) >= _APART and far[_PELVIS] >= _HIPS_APART)


def box_of(pose: Pose2D) -> Box:
    """The box round the joints that are seen.

    Parameters
    ----------
    pose
        (16, 2) px, of somebody.

    Returns
    -------
    tuple
        (left, top, right, bottom) px.
    """
    seen = pose.points[pose.score >= SEEN]
    left, top, right, bottom = (float(value) for value in (*seen.min(0), *seen.max(0)))
    return left, top, right, bottom


def somebody_else(pose: Pose2D, other: Pose2D, how: str, what: str = "photo") -> str:
    """The sentence that says that another person is there.

    Parameters
    ----------
    pose, other
        Who is judged, and who else is there, in pixels of one photo.
    how
        How to choose them, after *to judge them,*.
    what
        That they are in, a photo or a clip.

    Returns
    -------
    str
    """
    first, second = (float(np.nanmean(person.points[person.score >= SEEN, 0])) for person in (pose, other))
    side = "left" if second < first else "right"
    return f"Somebody else is in this {what}, further {side}; to judge them, {how}."
