"""The crops that a person finder learns from, and the circles in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from fitlab.datasets.records import OTHERS, PhotoSet
from fitlab.detection.people import MEDIAPIPE_CROP
from fitlab.detection.views import UPRIGHT_MARGIN, View
from fitlab.images import crop, transform
from fitlab.models.person_detector import INPUT_SIZE
from fitlab.skeletons import MPII16
from fitlab.training.augmentation import Augmentation, changed_picture, random_rotation, random_view, view_beside
from fitlab.training.crops import Crops, read_photo

_HIPS = MPII16.indices(["left_hip", "right_hip"])
_SHOULDERS = MPII16.indices(["left_shoulder", "right_shoulder"])
_MOST_OTHERS = 3  # in a picture


def circles(points: np.ndarray) -> np.ndarray:
    """The two points by which people are found: MediaPipe's crop is :func:`fitlab.detection.views.upright_view`'s.

    Parameters
    ----------
    points
        (..., 16, 2) px, MPII16.

    Returns
    -------
    array
        (..., 2, 2) px: the middle of the hips, and the point of the circle above it; NaN where hips or shoulders are.
    """
    hips, shoulders = points[..., _HIPS, :].mean(-2), points[..., _SHOULDERS, :].mean(-2)
    up = shoulders - hips
    apart = np.linalg.norm(points - hips[..., None, :], axis=-1)
    reach = np.where(np.isnan(apart), 0.0, apart).max(-1) * UPRIGHT_MARGIN / MEDIAPIPE_CROP
    length = np.linalg.norm(up, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        top = hips + up * (reach / np.where(length > 1e-3, length, np.nan))[..., None]
    return np.stack([np.where(np.isnan(top), np.nan, hips), top], axis=-2)


def everybody(photos: PhotoSet, index: int) -> np.ndarray:
    """The joints of all people in a picture whom the set knows.

    Parameters
    ----------
    photos
        The set.
    index
        Of the picture in it.

    Returns
    -------
    array
        (4, 16, 2) px, the labelled person first; NaN where there are fewer.
    """
    people = np.full((1 + _MOST_OTHERS, len(MPII16), 2), np.nan)
    people[0] = photos.points[index]
    others = photos.labels.get(OTHERS)
    if others is not None:
        people[1:] = others[index]
    return people


def people_crop(
    image: np.ndarray, people: np.ndarray, rng: np.random.Generator, settings: Augmentation
) -> tuple[np.ndarray, np.ndarray]:
    """A random training crop.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    people
        (P, 16, 2) px, NaN where nobody is.
    rng
        What everything random is drawn from.
    settings
        How often and how far.

    Returns
    -------
    picture, circles
        (224, 224, 3) uint8; (P, 2, 2) pixels of it as :func:`circles` answers them.
    """
    view = random_view(people[0], image.shape, rng, settings)
    if rng.random() < settings.nobody:
        view = view_beside(people[0], image.shape, view, rng)
    turned = view.rotation or random_rotation(rng, settings)
    view = replace(view, rotation=turned, mirror=bool(rng.random() < 0.5))
    border = None if rng.random() < 0.5 else (0, 0, 0)
    picture = crop(image, view.matrix(INPUT_SIZE), INPUT_SIZE, border)
    return changed_picture(picture, rng, settings), transform(circles(people), view.matrix(INPUT_SIZE))


def whole_crop(photos: PhotoSet, index: int) -> tuple[np.ndarray, np.ndarray]:
    """A whole picture, as a finder looks at it first.

    See :func:`everybody` for the parameters.

    Returns
    -------
    picture, circles
        As of :func:`people_crop`.
    """
    image = photos.picture(index, read_photo)
    height, width = image.shape[:2]
    matrix = View((width - 1) / 2, (height - 1) / 2, max(width, height)).matrix(INPUT_SIZE)
    return crop(image, matrix, INPUT_SIZE, (0, 0, 0)), transform(circles(everybody(photos, index)), matrix)


class PeopleCrops(Crops):
    """Crops with the circles of the people in them, as a finder learns from."""

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        rng, photos, index = self.drawn(number)
        image = photos.picture(index, read_photo)
        picture, shown = people_crop(image, everybody(photos, index), rng, self.config.augmentation)
        return torch.from_numpy(np.ascontiguousarray(picture)), torch.from_numpy(shown).float()
