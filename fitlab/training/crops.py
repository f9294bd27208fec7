"""The crops that a detector learns from and is validated on.

Every sample is drawn from (seed, its number), so a run that was killed and resumed sees exactly the samples that an
uninterrupted one sees.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from fitlab.datasets import catalogue
from fitlab.datasets.records import PhotoSet
from fitlab.detection.views import upright_view, view_around
from fitlab.images import crop, transform
from fitlab.training.augmentation import augmented_crop
from fitlab.training.detector_settings import DetectorTraining, PhotoTraining
from fitlab.training.freed import RelativeSteps
from fitlab.training.loop import Task, fit, last_tenth
from fitlab.training.run_folder import save_weights


def read_sets(config: PhotoTraining) -> tuple[list[PhotoSet], list[PhotoSet]]:
    """The photos that a detector is trained and validated on.

    Parameters
    ----------
    config
        Names the sets.

    Returns
    -------
    training, validation
        Lists of photo sets. The validation sets choose the best weights.

    Raises
    ------
    ValueError
        For a test set, one that is still being made, since its last tenth changes, or one too small to validate on.
    """
    training, validation = [], []
    for name in config.data:
        photos, chosen_by = catalogue.open_for_training(name), catalogue.find(name).validation
        if chosen_by:
            training.append(photos)
            validation.append(catalogue.open_photos(chosen_by))
        else:
            held_out = last_tenth(len(photos), name)
            training.append(photos.subset(~held_out))
            validation.append(photos.subset(held_out))
    for photos in (*training, *validation):
        print(f"{photos.name}: {len(photos)} photos")
    return training, validation


class Crops(Dataset):
    """Endlessly many training crops. Crop ``n`` depends on the seed and ``n`` alone.

    Parameters
    ----------
    sets
        The photos.
    config
        Settings of the training.
    """

    def __init__(self, sets: list[PhotoSet], config: PhotoTraining) -> None:
        self.sets, self.config = sets, config
        self.shares = np.array(config.shares) / np.sum(config.shares)

    def drawn(self, number: int) -> tuple[np.random.Generator, PhotoSet, int]:
        """Which photo crop ``number`` is of: its set and its place there; and what the rest is to be drawn from."""
        rng = np.random.default_rng((self.config.seed, number))
        photos = self.sets[rng.choice(len(self.sets), p=self.shares)]
        return rng, photos, int(rng.integers(len(photos)))


class JointCrops(Crops):
    """Crops with a person's joints, as a detector learns from; ``config`` is a :class:`DetectorTraining`."""

    config: DetectorTraining

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rng, photos, index = self.drawn(number)
        image = photos.picture(index, read_photo)
        shown = augmented_crop(
            image,
            photos.points[index],
            photos.visibility[index],
            self.config.size,
            rng,
            self.config.crops,
            None if photos.depth is None else photos.depth[index],
        )
        labels = (torch.from_numpy(part).float() for part in (shown.points, shown.visibility, shown.depth))
        return (torch.from_numpy(np.ascontiguousarray(shown.picture)), *labels)  # type: ignore[return-value]


def read_photo(file: Path) -> np.ndarray:
    """A photo of the training data, read as fast as possible.

    Parameters
    ----------
    file
        Its path.

    Returns
    -------
    array
        (H, W, 3) uint8 RGB.

    Raises
    ------
    ValueError
        For a file that cannot be read.
    """
    image = cv2.imread(str(file))
    if image is None:
        raise ValueError(f"the photo {file} of the training data cannot be read; copy the data set again")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


class CropBatches:
    """Batch ``step`` of the run, prepared by another process while the network computes."""

    def __init__(self, crops: Dataset, config: PhotoTraining):
        self.crops, self.config = crops, config
        self.next_step, self.iterator = -1, iter(())

    def __call__(self, seed_step_rank: Sequence[int]) -> tuple[Tensor, ...]:
        _, step, rank = seed_step_rank
        if step != self.next_step:
            self.iterator = iter(self._loader(step, rank))
        self.next_step = step + 1
        return tuple(next(self.iterator))

    def _loader(self, step: int, rank: int) -> DataLoader:
        each, world = self.config.batch_size, int(os.environ.get("WORLD_SIZE", "1"))
        numbers = (
            range(first, first + each)
            for first in range((step * world + rank) * each, self.config.schedule.steps * world * each, world * each)
        )
        return DataLoader(
            self.crops,
            batch_sampler=list(numbers),  # type: ignore[arg-type]
            num_workers=self.config.workers,
            worker_init_fn=_single_thread,
            prefetch_factor=4 if self.config.workers else None,
        )


def fit_on_crops(
    network: nn.Module,
    crops: Crops,
    folder: Path,
    loss: Callable[[nn.Module, tuple[Tensor, ...]], Tensor],
    validate: Callable[[nn.Module], dict[str, float]],
) -> Path:
    """Train a network as the settings of its crops say.

    Parameters
    ----------
    network
        To be trained, in place.
    crops
        What it learns from.
    folder
        Of the run.
    loss, validate
        As of :class:`fitlab.training.loop.Task`; the best weights are those of the least ``error``.

    Returns
    -------
    Path
        The file of the best weights.
    """
    config = crops.config
    best = folder / f"{config.network}-{config.about['input_size']}.safetensors"
    steps = RelativeSteps(network, config.free if config.free_relative else ())
    task = Task(
        CropBatches(crops, config),
        loss,
        validate,
        "error",
        after_step=steps.after,
        before_step=steps.before,
        slow=config.free,
        slow_rate=config.free_rate,
    )

    def keep_best(model: nn.Module) -> None:
        save_weights(model, best, {"fitlab": json.dumps(config.about)})

    fit(network, task, config.schedule, folder, keep_best, seed=config.seed)
    return best


def _single_thread(_: int) -> None:
    cv2.setNumThreads(0)


def plain_crop(photos: PhotoSet, index: int, size: int, upright: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """A crop round the true joints, without augmentation.

    Parameters
    ----------
    photos
        The set.
    index
        Of the photo in it.
    size
        Side S of the crop in pixels.
    upright
        Whether it is turned so that the trunk stands upright.

    Returns
    -------
    picture, points, side
        (S, S, 3) uint8; (16, 2) pixels of the crop; and the side of the crop in pixels of the photo.
    """
    points = photos.points[index]
    view = (upright_view(points) if upright else None) or view_around(points)
    matrix = view.matrix(size)
    return crop(photos.picture(index, read_photo), matrix, size), transform(points, matrix), view.side
