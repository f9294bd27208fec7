"""Looking at one photo: crops of views, what the network says about them, and joints in pixels of the photo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from fitlab.detection.reading import Augmented, Maps, Reading, merged
from fitlab.detection.search import Found
from fitlab.detection.views import View
from fitlab.images import crop, inverse, transform

#: A view as it is, without test-time augmentation.
PLAIN: tuple[Augmented, ...] = ((1.0, False),)
#: What lies outside a photo: ImageNet's mean colour.
GREY = (124, 116, 104)
_AT_ONCE = 16  # crops in one batch, which bounds the memory
_WIDER, _CLOSER = 1.2, 0.85  # chosen on LSPET's validation people and held-out synthetic ones


def augmentations(flip: bool, scales: bool) -> tuple[Augmented, ...]:
    """The views whose answers are averaged: the plain one, mirrored ones, and those of other scales."""
    return PLAIN + ((1.0, True),) * flip + ((_WIDER, False), (_CLOSER, flip)) * scales


class Asked(Protocol):
    """The detector that looks."""

    @property
    def size(self) -> int:
        """Side of its square input in pixels."""

    def answer(self, pictures: np.ndarray) -> Maps:
        """What its network says about crops.

        See :meth:`fitlab.detection.detector.Detector.answer` for the parameters and answer.
        """

    def read(self, maps: Maps) -> Reading:
        """Joints in the crops."""


class Glances:
    """What a detector sees in views of one photo; it is not asked twice about the same one.

    Parameters
    ----------
    detector
        Who looks.
    image
        (H, W, 3) uint8 RGB.
    """

    def __init__(self, detector: Asked, image: np.ndarray) -> None:
        self.detector, self.image = detector, image
        self._maps: dict[tuple[View, Augmented], Maps] = {}

    def look(self, views: Sequence[View], augmented: Sequence[Augmented] = PLAIN) -> list[Found]:
        """What the network sees in several views.

        Parameters
        ----------
        views
            V views.
        augmented
            The test-time augmentations of each view, whose answers are averaged.

        Returns
        -------
        list of V Found
            In pixels of the photo.
        """
        each = max(_AT_ONCE // len(augmented), 1)
        parts = (views[first : first + each] for first in range(0, len(views), each))
        return [found for part in parts for found in self._look_at_once(part, augmented)]

    def maps(self, view: View, augmented: Sequence[Augmented]) -> Maps:
        """What the network says about a view, of its augmentations the mean: see :meth:`look`."""
        self._ask([view], augmented)
        return merged(joined([self._maps[view, each] for each in augmented]), augmented)

    def crop(self, view: View, scale: float = 1.0) -> np.ndarray:
        """What a view shows.

        Parameters
        ----------
        view
            Of the photo.
        scale
            By which its side is multiplied.

        Returns
        -------
        array
            (size, size, 3) uint8.
        """
        return crop(self.image, view.scaled(scale).matrix(self.detector.size), self.detector.size, GREY)

    def _look_at_once(self, views: Sequence[View], augmented: Sequence[Augmented]) -> list[Found]:
        if not views:
            return []
        self._ask(views, augmented)
        maps = joined([self._maps[view, each] for each in augmented for view in views])
        reading = self.detector.read(merged(maps, augmented))
        return [_in_photo(reading, number, view, self.detector.size) for number, view in enumerate(views)]

    def _ask(self, views: Sequence[View], augmented: Sequence[Augmented]) -> None:
        """Ask about what was not asked yet, all at once."""
        asked = [(view, each) for each in augmented for view in dict.fromkeys(views) if (view, each) not in self._maps]
        if not asked:
            return
        shown = {each: self.crop(*each) for each in {(view, scale) for view, (scale, _) in asked}}
        crops = [shown[view, scale][:, :: -1 if mirrored else 1] for view, (scale, mirrored) in asked]
        maps = self.detector.answer(np.stack(crops))
        self._maps |= {each: maps.row(number) for number, each in enumerate(asked)}


def joined(maps: Sequence[Maps]) -> Maps:
    """What was said about several crops as one answer about all of them."""
    columns = zip(*(vars(part).values() for part in maps), strict=True)
    return Maps(*(None if parts[0] is None else torch.cat(parts) for parts in columns))  # type: ignore[arg-type]


def _in_photo(reading: Reading, number: int, view: View, size: int) -> Found:
    """What was read in crop ``number``, which shows ``view``, in pixels of the photo."""
    back = inverse(view.matrix(size))
    linear = back[:, :2]
    depth = None if reading.depth is None else reading.depth[number] * view.side
    visibility = None if reading.visibility is None else reading.visibility[number]
    points, covariance = transform(reading.points[number], back), linear @ reading.covariance[number] @ linear.T
    return Found(points, covariance, reading.score[number], depth, visibility)
