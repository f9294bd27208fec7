"""Training of a detector's part for depth: what the rest sees in crops is computed once, and learnt from many times."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from fitlab.datasets.records import PhotoSet
from fitlab.detection.pixels import as_input
from fitlab.models.fitpose_blaze import bounded
from fitlab.training.crops import JointCrops
from fitlab.training.detector_loss import unlikely_depth
from fitlab.training.detector_settings import DetectorTraining
from fitlab.training.loop import Task, choose_device, fit
from fitlab.training.run_folder import save_weights, save_whole

_AT_ONCE, _IN_FILE = 20, 500
_HELD_OUT = 1000  # crops that validate


def fit_depth(
    network: Any, sets: list[PhotoSet], held_out: list[PhotoSet], config: DetectorTraining, folder: Path
) -> Path:
    """Train the part for depth of a network, all else of which stays as it is.

    Parameters
    ----------
    network
        A :class:`~fitlab.models.fitpose_blaze.FitPoseBlaze` with such a part, changed in place.
    sets, held_out
        Photos with labels of depth, to learn from and to validate on.
    config
        Settings of the training.
    folder
        Of the run; what was computed is kept in it, so that a run that was stopped goes on.

    Returns
    -------
    Path
        The file of the best weights: of the least mean error on crops of the held-out photos.

    Raises
    ------
    ValueError
        Under ``torchrun`` with several processes: the part is too small for that.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ValueError("depth is learnt by one process; start the training without torchrun")
    learnt = looked(network, JointCrops(sets, config), config.looks, folder / "learnt")
    apart = replace(config, shares=(1.0,) * len(held_out), seed=config.seed + 1)
    validated = looked(network, JointCrops(held_out, apart), min(_HELD_OUT, config.looks), folder / "held-out")
    best = folder / f"{config.network}-{config.about['input_size']}.safetensors"

    def draw(key: Sequence[int]) -> tuple[Tensor, ...]:
        rows = np.random.default_rng(tuple(key)).integers(len(learnt[-1]), size=config.batch_size)
        return tuple(part[rows] for part in learnt)

    def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        *asked, depth = (part.float() for part in batch)
        with torch.autocast(depth.device.type, enabled=False):  # as the network answers it
            return unlikely_depth(bounded(model(*asked)), depth)

    @torch.no_grad()
    def held_out_error(model: nn.Module) -> dict[str, float]:
        device = next(model.parameters()).device
        *asked, depth = (part.float().to(device) for part in validated)
        off = (bounded(model(*asked))[..., 0] - depth).abs()
        return {"error": 100 * float(off[~off.isnan()].mean())}

    def keep_best(model: nn.Module) -> None:
        network.depth.load_state_dict(model.state_dict())
        save_weights(network, best, {"fitlab": json.dumps(config.about)})

    task = Task(draw, loss, held_out_error, "error")
    fit(copy.deepcopy(network.depth), task, config.schedule, folder, keep_best, seed=config.seed)
    return best


def looked(network: Any, crops: JointCrops, count: int, folder: Path) -> tuple[Tensor, ...]:
    """What a network's part for depth is asked about crops, and the true depths (count, 16) in sides of the crop.

    Parameters
    ----------
    network
        Has ``asked_of_depth``; in eval mode from here on.
    crops
        Of which the first ``count`` are taken.
    count
        How many.
    folder
        Where they are kept, and read from where they have been computed before.

    Returns
    -------
    tuple of Tensor
        In half precision.
    """
    network.eval().to(choose_device("auto"))
    folder.mkdir(exist_ok=True)
    pixels = crops.config.row.pixels
    parts = []
    for first in tqdm(range(0, count, _IN_FILE), desc=folder.name):
        file = folder / f"{first:06}.pt"
        if not file.is_file():
            numbers = range(first, min(first + _IN_FILE, count))
            save_whole(file, _asked(network, pixels, crops.__getitem__, numbers))
        parts.append(torch.load(file, weights_only=True))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


@torch.inference_mode()
def _asked(network: Any, pixels: str, crop: Callable[[int], tuple[Tensor, ...]], numbers: range) -> list[Tensor]:
    rows, device = [], next(network.parameters()).device
    for first in range(0, len(numbers), _AT_ONCE):
        drawn = zip(*map(crop, numbers[first : first + _AT_ONCE]), strict=True)
        pictures, _, _, depth = (torch.stack(part) for part in drawn)
        asked = network.asked_of_depth(as_input(pictures.to(device), pixels))
        rows.append([part.half().cpu() for part in (*asked, depth)])
    return [torch.cat(column) for column in zip(*rows, strict=True)]
