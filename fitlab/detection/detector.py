"""Photo -> Pose2D: find the person, crop, find the joints, and answer in the photo's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fitlab.detection.glances import PLAIN, Glances, augmentations
from fitlab.detection.mediapipe import Landmarker
from fitlab.detection.people import PersonFinder, load_person_finder
from fitlab.detection.pixels import PIXELS, as_input
from fitlab.detection.reading import Augmented, Maps, Reading, maps_of, read
from fitlab.detection.search import (
    AGREED,
    BELIEVED,
    NOBODY,
    SURE,
    Found,
    as_pose,
    box_view,
    closer,
    elected,
    search,
    whole_photo,
)
from fitlab.detection.views import View, distinct
from fitlab.images import Source, checked_image, read_image
from fitlab.models import catalogue
from fitlab.models.answers import as_answer
from fitlab.poses import Pose2D
from fitlab.skeletons import unknown
from fitlab.weights import engine, registry

DEFAULT_DETECTOR, DEFAULT_FINDER = "fitpose-heavy", "fitpose-person"
HEATMAPS = ("softmax", "gaussian")
_PASSES = 3

Box = tuple[float, float, float, float]


def detect(
    image: np.ndarray | Source,
    box: Box | None = None,
    flip: bool = True,
    zoom: bool = True,
    detector: str | Path | Detector = DEFAULT_DETECTOR,
    scales: bool = True,
) -> Pose2D:
    """The 16 MPII joints of the most prominent person in a photo.

    Parameters
    ----------
    image
        (H, W, 3) uint8 RGB, or what :func:`fitlab.images.read_image` reads.
    box, flip, zoom, scales
        See :meth:`Detector.detect`.
    detector
        One, or what :func:`load_detector` takes.

    Returns
    -------
    Pose2D
        In pixels of the photo.

    Raises
    ------
    ValueError
        For a box without area or outside the photo, or an unknown detector.
    fitlab.images.ImageError
        For what is no photo.
    """
    return as_detector(detector).detect(read_image(image), box, flip, zoom, scales)


def load_detector(name: str | Path = DEFAULT_DETECTOR) -> Detector | Landmarker:
    """A detector by its name, or from a file that ``fitlab train detector`` wrote.

    Parameters
    ----------
    name
        In the registry of weights: loaded once and kept. Or a ``.safetensors`` file, read anew each time.

    Raises
    ------
    ValueError
        With suggestions, for an unknown name.
    FileNotFoundError
        With the command to run, where its weights have to be fetched first.
    fitlab.weights.WeightsError
        Where they must not be used.
    """
    return _made(registry.find(name, catalogue.DETECTOR)) if registry.is_file_name(name) else _loaded(str(name))


@lru_cache(maxsize=4)
def _loaded(name: str) -> Detector | Landmarker:
    return _made(registry.find(name, catalogue.DETECTOR))


def _made(entry: registry.Entry) -> Detector | Landmarker:
    network = engine.network(entry)
    if entry.heatmap == "landmarks":
        return Landmarker(entry.name, network, load_person_finder(entry.finder))
    upright = catalogue.network(entry.network).upright
    return Detector(
        entry.name,
        network,
        entry.input_size,
        entry.normalisation,
        entry.heatmap,
        entry.deviation_factor,
        upright,
        load_person_finder(entry.finder or DEFAULT_FINDER) if upright else None,
        entry.scaled_views,
        entry.deviation_growth,
        entry.deviation_trunk,
    )


def as_detector(detector: str | Path | Detector | Landmarker) -> Detector | Landmarker:
    """A detector, loaded where only its name is given.

    Parameters
    ----------
    detector
        A detector, which is returned as it is; or what :func:`load_detector` takes, with its errors.

    Returns
    -------
    Detector or Landmarker
    """
    return detector if isinstance(detector, (Detector, Landmarker)) else load_detector(detector)


@dataclass(frozen=True)
class Detector:
    """A network with what is needed to ask it about a photo.

    Attributes
    ----------
    name
        In the registry, or the path of its file.
    network
        (B, 3, S, S) -> an answer (:func:`fitlab.models.answers.as_answer`).
    size
        Side S of its square input in pixels.
    normalisation
        Of its pixels, a name in :data:`fitlab.detection.pixels.PIXELS`.
    heatmap
        How its heatmaps (B, 16, H, W), of any size, are read, one of ``HEATMAPS``: ``softmax`` logits, or ``gaussian``
        bumps.
    deviation_factor
        Makes the heatmaps' standard deviations those of the errors.
    upright
        Whether it sees people turned so that the trunk stands upright.
    finder
        What finds the person in the photo; None for itself.
    scaled
        Whether views of other scales have been worth their time.
    deviation_growth
        By how much these deviations grow from a score of 1 to one of 0, as a share.
    deviation_trunk
        Of the joints inside the trunk, see :func:`fitlab.detection.reading.read`.
    """

    name: str
    network: nn.Module = field(repr=False)
    size: int
    normalisation: str = "lite"
    heatmap: str = "softmax"
    deviation_factor: float = 1.0
    upright: bool = False
    finder: PersonFinder | None = None
    scaled: bool = True
    deviation_growth: float = 0.0
    deviation_trunk: float = 0.0

    def __post_init__(self) -> None:
        if self.normalisation not in PIXELS:
            raise ValueError(unknown(self.normalisation, tuple(PIXELS), "normalisation"))
        if self.heatmap not in HEATMAPS:
            raise ValueError(unknown(self.heatmap, HEATMAPS, "kind of heatmap"))

    def detect(
        self,
        image: np.ndarray,
        box: Box | None = None,
        flip: bool = True,
        zoom: bool = True,
        scales: bool = True,
    ) -> Pose2D:
        """Joints, scores and covariances of one person, and depth and visibility where the network answers them.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.
        box
            (left, top, right, bottom) in pixels round the person, where it is known. It replaces the search. It may
            reach beyond the photo by half of the photo's longer side; the rest is cut off.
        flip
            Average with the mirrored picture (test-time augmentation; report, Sec. 4.4.3).
        zoom
            Look first at the whole photo, then at crops round the joints found there, up to three times in all. Without
            it the whole photo is squeezed into the input, as in the report. Every joint then gets its likeliest place,
            however unlikely.
        scales
            Average also with crops that show a little more and a little less. Not used where the photo is squeezed in.

        Returns
        -------
        Pose2D
            In MPII16 and pixels of ``image``. Where nobody is found with confidence every point is NaN and every score
            0. A given box is assumed to hold a person, so its joints are always answered. Their scores tell how certain
            each is.

        Raises
        ------
        ValueError
            For a box without area or outside the photo.
        fitlab.images.ImageError
            For an array that is no photo.
        """
        height, width = checked_image(image).shape[:2]
        known = box is not None or not zoom
        start = whole_photo(width, height) if box is None else box_view(box, width, height)
        augmented = augmentations(flip, scales and self.scaled and (zoom or box is not None))
        glances = Glances(self, image)
        if self.finder is not None and (zoom or box is not None):
            _, found = self._found_for(self.finder, glances, box is None, start, augmented)
            return as_pose(found, width, height, known)
        view, seen = self._approach(glances, start, box is not None) if zoom else (start, None)
        # To find the view a plain look is enough; the answer is read from it with everything that helps.
        if seen is None or known or seen.present:
            seen = glances.look([view], augmented)[0]
        return as_pose(seen, width, height, known)

    def heatmaps(self, image: np.ndarray, box: Box | None = None, flip: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """The crop that the joints are read from, and where the network sees each.

        Parameters
        ----------
        image, box, flip
            As :meth:`detect`, with its errors.

        Returns
        -------
        crop
            (size, size, 3) uint8; the whole photo where nobody is found.
        probability
            (16, H, W) of each MPII16 joint's place, adding up to 1; a heatmap covers the crop.
        """
        height, width = checked_image(image).shape[:2]
        view = whole_photo(width, height) if box is None else box_view(box, width, height)
        augmented, glances = augmentations(flip, scales=False), Glances(self, image)
        if self.finder is None:
            view, _ = self._approach(glances, view, box is not None)
        else:
            view, _ = self._found_for(self.finder, glances, box is None, view, augmented)
        return glances.crop(view), glances.maps(view, augmented).place[0].numpy()

    def _approach(self, glances: Glances, view: View, boxed: bool) -> tuple[View, Found]:
        """The view round the person whom the detector finds itself, and what it saw in it."""
        height, width = glances.image.shape[:2]
        view, found = (view, glances.look([view])[0]) if boxed else search(glances.look, width, height)
        return closer(glances.look, view, found, 1 if boxed else _PASSES - 1, self.upright)

    def _found_for(
        self, finder: PersonFinder, glances: Glances, anywhere: bool, start: View, augmented: Sequence[Augmented]
    ) -> tuple[View, Found]:
        """The person whom a finder found, and the view of them; looked for from other sides where that is not sure."""
        image, look = glances.image, glances.look
        start, crowd = finder.search(image) if anywhere else (start, finder.look(image, [start])[0])
        proposed: list[View] = []
        seen: list[Found] = []
        for propose in (finder.first, finder.again, finder.elsewhere):
            proposed += propose(image, start, crowd)
            views, votes = distinct(proposed)
            seen += look(views[len(seen) :])
            if seen and seen[elected(seen, votes)].sureness >= SURE:
                break
        if not seen:
            return start, NOBODY if anywhere else look([start], augmented)[0]
        best = elected(seen, votes)
        if anywhere and not crowd.present and seen[best].sureness < AGREED:
            return start, NOBODY
        view, _ = closer(look, views[best], seen[best], 1, self.upright)
        found = look([view], augmented)[0]
        return (start, NOBODY) if anywhere and found.sureness < BELIEVED else (view, found)

    def look(self, image: np.ndarray, views: Sequence[View], augmented: Sequence[Augmented] = PLAIN) -> list[Found]:
        """What the network sees in several views of a photo that is not looked at again.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.
        views, augmented
            See :meth:`fitlab.detection.glances.Glances.look`.

        Returns
        -------
        list of Found
            One of each view, in pixels of the photo.
        """
        return Glances(self, image).look(views, augmented)

    def answer(self, pictures: np.ndarray) -> Maps:
        """What the network says about crops.

        Parameters
        ----------
        pictures
            (B, size, size, 3) uint8.

        Returns
        -------
        Maps
            Of the B crops.
        """
        with torch.inference_mode():
            answer = as_answer(self.network(as_input(torch.from_numpy(pictures), self.normalisation)))
            return maps_of(answer, self.heatmap)

    def read(self, maps: Maps) -> Reading:
        """Joints in crops, from what :meth:`answer` gives.

        Parameters
        ----------
        maps
            Of B crops.

        Returns
        -------
        Reading
            In pixels of the crops.
        """
        with torch.inference_mode():
            return read(maps, self.size, self.deviation_factor, self.deviation_growth, self.deviation_trunk)
