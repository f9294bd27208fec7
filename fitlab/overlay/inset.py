"""The 3D skeleton of every frame from one side, on a floor, as a small picture in the corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitlab.angles import front
from fitlab.colours import bone_colour, rgb
from fitlab.overlay import canvas
from fitlab.rotations import X, Y, turn
from fitlab.skeletons import LIFT16, unknown

#: Name of a side of the person -> degrees from the front to there, and how far the camera looks down.
SIDES = {"front": (0.0, 8.0), "left": (90.0, 8.0), "right": (-90.0, 8.0), "back": (180.0, 8.0), "above": (0.0, 70.0)}
AUTO = "auto"
_BACKGROUND, _FLOOR, _EDGE = (24, 29, 38), (70, 78, 92), (255, 255, 255)
_GRID = 4


@dataclass(frozen=True)
class Inset:
    """A fixed camera before a clip of poses.

    Parameters
    ----------
    points : (T, 16, 3) array
        mm in the axes of the inset's camera, standing on the floor.
    scale : float
        Pixels of a picture one pixel wide, for one mm.
    middle : (2,) array
        mm, what is in the middle of the picture.
    floor : (2, N, 2, 2) array
        mm, lines of the floor's grid: both ends of each.
    """

    points: np.ndarray
    scale: float
    middle: np.ndarray
    floor: np.ndarray

    def draw(self, image: np.ndarray, frame: int, left: int, top: int, size: int) -> None:
        """Draw a frame into a square of a picture.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            Drawn on.
        frame : int
        left, top, size : int
            Pixels.
        """
        canvas.panel(image, (left, top, left + size, top + size), _BACKGROUND, 0.82)
        square = image[top : top + size, left : left + size]
        for segment in self.floor:
            canvas.line(square, self._placed(segment, size), _FLOOR, size / 200)
        points = self.points[frame]
        ends = points[LIFT16.bone_indices]
        known = ~np.isnan(ends).any((-2, -1))
        width = size / 45
        # The farthest first, so that what is near lies over it.
        for bone in sorted(known.nonzero()[0], key=lambda bone: -ends[bone, :, 2].mean()):
            way = self._placed(ends[bone, :, :2], size)
            canvas.line(square, way, _EDGE, width + 2)
            canvas.line(square, way, rgb(bone_colour(LIFT16.bones[bone])), width)

    def _placed(self, points: np.ndarray, size: int) -> np.ndarray:
        return (points - self.middle) * self.scale * size + size / 2


def inset(points: np.ndarray, side: str = AUTO) -> Inset:
    """A camera that sees a clip of poses from one side of the person.

    Each pose stands on the floor with its lowest joint, so that a person in a squat sinks and the feet stay. The
    picture has one scale for all frames, that of the largest.

    Parameters
    ----------
    points : (T, 16, 3) array
        mm in LIFT16 and camera axes; NaN where unknown.
    side : str
        One of :data:`SIDES`, or ``auto``: what the clip itself shows least, the left side of a person who is filmed
        from the front or the back, and the front of one who is filmed from a side.

    Returns
    -------
    Inset

    Raises
    ------
    ValueError
        For another side.
    """
    check_side(side)
    facing = _facing(points)
    if side == AUTO:
        side = "left" if abs(facing[2]) >= abs(facing[0]) else "front"
    azimuth, elevation = SIDES[side]
    azimuth += np.degrees(np.arctan2(facing[0], -facing[2]))
    lowest = np.nan_to_num(np.fmax.reduce(points[..., 1], axis=-1))
    standing = points - lowest[:, None, None] * Y
    view = (turn(X, np.array([elevation])) @ turn(Y, np.array([azimuth])))[0]
    seen = standing @ view.T
    flat = seen[..., :2].reshape(-1, 2)
    flat = flat[~np.isnan(flat).any(-1)]
    if not len(flat):
        flat = np.array([[-500.0, -1700.0], [500.0, 0.0]])
    low, high = flat.min(0), flat.max(0)
    extent = max((high - low).max(), 1000.0)
    reach = extent / 2 * np.linspace(-1, 1, _GRID + 1)
    across = np.array([[[x, 0, -reach[-1]], [x, 0, reach[-1]]] for x in reach])
    along = across[..., [2, 1, 0]]
    floor = (np.concatenate([across, along]) @ view.T)[..., :2] + [(low[0] + high[0]) / 2, 0]
    return Inset(seen, 0.86 / extent, (low + high) / 2, floor)


def check_side(side: str) -> None:
    """Refuse a side that there is not.

    Parameters
    ----------
    side
        One of :data:`SIDES`, or ``auto``.

    Raises
    ------
    ValueError
        For any other, with suggestions.
    """
    if side not in (AUTO, *SIDES):
        raise ValueError(unknown(side, (AUTO, *SIDES), "side"))


def _facing(points: np.ndarray) -> np.ndarray:
    """(3,) the level direction that the person mostly faces in the axes of the camera; to the camera if unknown."""
    ways = front(points) * [1, 0, 1]
    ways = ways[~np.isnan(ways).any(-1)]
    mean = (ways / np.maximum(np.linalg.norm(ways, axis=-1, keepdims=True), 1e-9)).sum(0)
    return mean if np.linalg.norm(mean) > 0 else np.array([0.0, 0.0, -1.0])
