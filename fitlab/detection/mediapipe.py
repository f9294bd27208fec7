"""MediaPipe's BlazePose as a detector, asked as MediaPipe asks it: what a user would pick instead of fitlab's own.

The person is found by another detector. Then BlazePose looks at a square round the hips, turned so that the trunk
stands upright; its own two auxiliary landmarks (33, the middle of the hips, and 34, a point above it at the radius of
the person) give the next square. Landmarks are refined within 7x7 cells of the heatmaps. MPII's neck and head top are
no landmarks of BlazePose and stay unknown; pelvis and thorax are the middles of hips and shoulders.

References
----------
Bazarevsky et al. 2020, BlazePose: On-device Real-time Body Pose tracking, arXiv 2006.10204.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from fitlab.detection.people import CROP, MEDIAPIPE_CROP, PersonFinder
from fitlab.detection.pixels import as_input
from fitlab.detection.search import NOBODY, as_pose, box_view
from fitlab.detection.views import View, upright_square
from fitlab.images import checked_image, crop, inverse, transform
from fitlab.models.blazepose import HEATMAP_SIZE, INPUT_SIZE, LANDMARKS, Landmarks
from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16, mirrored_name

if TYPE_CHECKING:
    from fitlab.detection.detector import Box

_CENTRE, _ALIGNMENT = LANDMARKS.index("hip_centre"), LANDMARKS.index("alignment")
_PASSES = 2
_PRESENT = 0.5  # of the probability that there is a person
_REFINED = 0.5  # a heatmap counts where its highest probability is at least this
_OTHER_SIDE = {"mouth_left": "mouth_right", "mouth_right": "mouth_left"}
_MIRROR = [LANDMARKS.index(_OTHER_SIDE.get(name, mirrored_name(name))) for name in LANDMARKS]
_BLACK = (0, 0, 0)


@dataclass(frozen=True)
class Landmarker:
    """BlazePose with the detector that finds the person for it.

    Attributes
    ----------
    name
        In the registry.
    network
        A :class:`~fitlab.models.blazepose.BlazePose` in eval mode.
    finder
        Finds the person in the photo.
    """

    name: str
    network: nn.Module = field(repr=False)
    finder: PersonFinder

    #: Side of the square input in pixels.
    size = INPUT_SIZE

    def detect(
        self, image: np.ndarray, box: Box | None = None, flip: bool = False, zoom: bool = True, scales: bool = False
    ) -> Pose2D:
        """The joints of one person in a photo, as :meth:`fitlab.detection.detector.Detector.detect` answers them.

        Parameters
        ----------
        image, box
            As there.
        flip
            Average with the landmarks of the mirrored square, which MediaPipe does not do.
        zoom
            Find the person first; without it the whole photo, or the box, is squeezed into the input.
        scales
            Not used: MediaPipe looks once.

        Returns
        -------
        Pose2D
            (16, 2) px of ``image``, MPII16.
        """
        height, width = checked_image(image).shape[:2]
        first = View((width - 1) / 2, (height - 1) / 2, max(width, height))
        if box is not None:
            first = box_view(box, width, height)
        passes = 1
        if zoom or box is not None:
            passes = _PASSES
            first, crowd = self.finder.search(image) if box is None else (first, self.finder.look(image, [first])[0])
            if not crowd.present and box is None:
                return as_pose(NOBODY, width, height)
            first = crowd.views()[0].scaled(MEDIAPIPE_CROP / CROP) if crowd.people else first
        view = first
        for _ in range(passes):
            points, score, present = self._look(image, view, flip)
            view = _next_view(points)
        if present < _PRESENT and zoom and box is None:
            score = np.zeros_like(score)
        return _as_pose(points, score, width, height)

    def _look(self, image: np.ndarray, view: View, flip: bool) -> tuple[np.ndarray, np.ndarray, float]:
        """Landmarks (39, 2) px of the photo, their scores (39,), and the probability that somebody is there."""
        shown = crop(image, view.matrix(INPUT_SIZE), INPUT_SIZE, _BLACK)
        crops = np.stack([shown, shown[:, ::-1]] if flip else [shown])
        with torch.inference_mode():
            answer = self.network(as_input(torch.from_numpy(crops), "unit"))
        points, score = refined(answer), answer.landmarks[..., 3:].sigmoid().prod(-1).numpy()
        if flip:
            points[1, :, 0] = INPUT_SIZE - 1 - points[1, :, 0]
            points[1], score[1] = points[1, _MIRROR], score[1, _MIRROR]
        back = inverse(view.matrix(INPUT_SIZE))
        return transform(points.mean(0), back), score.mean(0), float(answer.presence.mean())


def refined(answer: Landmarks) -> np.ndarray:
    """Landmarks refined by the heatmaps.

    Where a heatmap has a high enough probability within 3 cells of a landmark, its weighted mean there takes the
    landmark's place.

    Parameters
    ----------
    answer
        Of the network, for B crops.

    Returns
    -------
    array
        (B, 39, 2) pixels of the crop; the centre of the first pixel is 0.
    """
    points = answer.landmarks[..., :2].double()
    probability = answer.heatmap.double().sigmoid()
    scale = INPUT_SIZE / HEATMAP_SIZE
    cells = (points / scale).floor()
    axis = torch.arange(HEATMAP_SIZE, device=points.device)
    near = (axis - cells[..., None]).abs() <= 3  # (B, 39, 2, 64)
    weight = probability * near[..., 1, :, None] * near[..., 0, None, :]
    total = weight.sum((-2, -1)).clamp_min(1e-12)
    middle = torch.stack([(weight.sum(-2) * axis).sum(-1), (weight.sum(-1) * axis).sum(-1)], -1) / total[..., None]
    sure = weight.amax((-2, -1)) >= _REFINED
    return (torch.where(sure[..., None], middle * scale, points) - 0.5).numpy()


def _next_view(points: np.ndarray) -> View:
    """The square that MediaPipe would look at next."""
    up = points[_ALIGNMENT] - points[_CENTRE]
    return upright_square(points[_CENTRE], up, MEDIAPIPE_CROP * float(np.linalg.norm(up)))


def _as_pose(points: np.ndarray, score: np.ndarray, width: int, height: int) -> Pose2D:
    places = {name: (points[i], score[i]) for i, name in enumerate(LANDMARKS)}
    for middle, part in (("pelvis", "hip"), ("thorax", "shoulder")):
        both = [places[f"{side}_{part}"] for side in ("left", "right")]
        places[middle] = (both[0][0] + both[1][0]) / 2, min(both[0][1], both[1][1])
    unknown = np.full(2, np.nan), 0.0
    chosen = [places.get(name, unknown) for name in MPII16.joints]
    joints, scores = (np.stack([np.asarray(one[part], float) for one in chosen]) for part in (0, 1))
    with np.errstate(invalid="ignore"):
        inside = ((joints > -1) & (joints < [width, height])).all(axis=1)
    return Pose2D(joints, np.where(inside, scores, 0.0), (width, height))
