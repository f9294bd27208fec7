"""Views: which square of a photo a network sees, how far it is turned, and whether mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fitlab.images import crop_matrix, square_around
from fitlab.skeletons import MPII16

_HIPS = MPII16.indices(["left_hip", "right_hip"])
_SHOULDERS = MPII16.indices(["left_shoulder", "right_shoulder"])

#: Side of an upright view over the largest distance of a joint from the hips: head, hands and feet have room in it.
UPRIGHT_MARGIN = 2.8


@dataclass(frozen=True)
class View:
    """A square of a photo.

    Attributes
    ----------
    x, y
        Its centre in pixels of the photo.
    side
        Its side in pixels of the photo.
    rotation
        Degrees by which its content is turned clockwise.
    mirror
        Whether it is flipped left to right.
    """

    x: float
    y: float
    side: float
    rotation: float = 0.0
    mirror: bool = False

    def matrix(self, size: int) -> np.ndarray:
        """The map from the photo to a crop.

        Parameters
        ----------
        size
            Side of the crop in pixels.

        Returns
        -------
        array
            (2, 3) affine map, from pixels of the photo to those of the crop.
        """
        return crop_matrix(np.array([self.x, self.y, self.side]), size, self.rotation, self.mirror)

    def scaled(self, factor: float) -> View:
        """The same view with its side multiplied.

        Parameters
        ----------
        factor
            On the side.

        Returns
        -------
        View
        """
        return replace(self, side=self.side * factor)

    def mirrored(self) -> View:
        """The same view, flipped left to right."""
        return replace(self, mirror=not self.mirror)

    def shows_as(self, other: View) -> bool:
        """Whether another view shows about the same.

        Parameters
        ----------
        other
            The other view.

        Returns
        -------
        bool
            True if their middles differ by less than a tenth of the side, their sides by less than 15 %, and their
            turns by less than 10 degrees.
        """
        turned = abs((self.rotation - other.rotation + 180) % 360 - 180)
        apart = max(abs(self.x - other.x), abs(self.y - other.y))
        return bool(0.85 < other.side / self.side < 1.15 and apart < 0.1 * self.side and turned < 10)


def view_around(points: np.ndarray, margin: float = 1.25) -> View:
    """The view round a person, not turned.

    Parameters
    ----------
    points
        (16, 2) pixels of the photo; NaN where unknown.
    margin
        Side over the larger extent of the known joints.

    Returns
    -------
    View
    """
    x, y, side = square_around(points, margin)
    return View(float(x), float(y), float(side))


def upright_square(centre: np.ndarray, up: np.ndarray, side: float) -> View:
    """The square round a point, turned so that a direction points up.

    Parameters
    ----------
    centre, up
        (2,) pixels of the photo.
    side
        In pixels of the photo; 2 at least.

    Returns
    -------
    View
    """
    rotation = -90.0 - float(np.rad2deg(np.arctan2(up[1], up[0])))
    return View(float(centre[0]), float(centre[1]), float(max(side, 2.0)), (rotation + 180) % 360 - 180)


def upright_view(points: np.ndarray, margin: float = UPRIGHT_MARGIN) -> View | None:
    """The view round a person, turned so that the trunk stands upright.

    Its middle is that of the hips, and the direction from there to the middle of the shoulders points up, as in the
    crops that BlazePose was trained on (Bazarevsky et al. 2020).

    Parameters
    ----------
    points
        (16, 2) joints in MPII16, pixels of the photo; NaN where unknown.
    margin
        Side over the largest distance of a known joint from the middle of the hips.

    Returns
    -------
    View or None
        None where hips or shoulders are unknown or in one place.
    """
    hips, shoulders = points[_HIPS].mean(0), points[_SHOULDERS].mean(0)
    up = shoulders - hips
    if not np.linalg.norm(up) > 1e-3:  # also where they are NaN
        return None
    reach = np.nanmax(np.linalg.norm(points - hips, axis=1))
    return upright_square(hips, up, margin * reach)


def distinct(views: Sequence[View]) -> tuple[list[View], list[int]]:
    """Views without those that show about the same as one before them.

    Parameters
    ----------
    views
        In the order of their worth.

    Returns
    -------
    views, counts
        Those that are left, and how many each stands for.
    """
    left: list[View] = []
    counts: list[int] = []
    for view in views:
        same = next((number for number, other in enumerate(left) if other.shows_as(view)), None)
        if same is None:
            left.append(view)
            counts.append(1)
        else:
            counts[same] += 1
    return left, counts
