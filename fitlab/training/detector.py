"""Training of the 2D detectors: labelled photos in, weights out."""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.datasets.records import PhotoSet
from fitlab.detection import heatmaps
from fitlab.detection.pixels import as_input
from fitlab.models.answers import as_answer
from fitlab.models.catalogue import Network
from fitlab.training import recipes
from fitlab.training.crops import JointCrops, fit_on_crops, plain_crop, read_sets
from fitlab.training.depth import fit_depth
from fitlab.training.detector_loss import loss_of, torso_diagonal
from fitlab.training.detector_settings import DetectorTraining
from fitlab.training.freed import free_parts
from fitlab.training.run_folder import claim
from fitlab.training.start import starting_network


@torch.no_grad()
def score_error(network: nn.Module, sets: list[PhotoSet], config: DetectorTraining, batches: int = 12) -> float:
    """Cross-entropy of the scores on crops of held-out people, many of them cut off."""
    network.eval()
    device = next(network.parameters()).device
    crops = JointCrops(sets, replace(config, seed=config.seed + 1, shares=(1.0,) * len(sets)))
    nothing = replace(config, score_weight=0.0, visibility_weight=0.0, depth_weight=0.0)
    judged = replace(nothing, score_weight=1.0)
    losses = []
    for first in range(0, batches * config.batch_size, config.batch_size):
        parts = zip(*(crops[first + number] for number in range(config.batch_size)), strict=True)
        pictures, *labels = (torch.stack(part).to(device) for part in parts)
        answer = as_answer(network(as_input(pictures, config.row.pixels)))
        losses.append(loss_of(answer, labels, judged) - loss_of(answer, labels, nothing))
    return float(torch.stack(losses).mean())


@torch.no_grad()
def validate(
    network: nn.Module, sets: list[PhotoSet], size: int, row: Network, batch_size: int = 50
) -> dict[str, float]:
    """PCK@0.2 of the torso on crops round the true joints.

    Parameters
    ----------
    network
        Of the row.
    sets
        Held-out photos.
    size
        Side of the crops in pixels.
    row
        What the catalogue says of the network.
    batch_size
        Crops at once.

    Returns
    -------
    dict
        ``error``, 1 less the mean PCK of the sets, and the PCK of each set. Of networks that answer depth and
        visibility also the median depth error in hundredths of the crop, and the share of joints whose state is right.
    """
    network.eval()
    device = next(network.parameters()).device
    scores = {}
    depths, states = [], []
    for photos in sets:
        right = []
        shown = np.flatnonzero(~np.isnan(photos.points).all((1, 2)))
        for first in range(0, len(shown), batch_size):
            part = photos.subset(shown[first : first + batch_size])
            pictures, points, sides = zip(
                *(plain_crop(part, i, size, row.upright) for i in range(len(part))), strict=True
            )
            pictures = torch.from_numpy(np.stack(pictures)).to(device)
            answer = as_answer(network(as_input(pictures, row.pixels)))
            heatmap = answer.heatmaps[-1].cpu().float()
            cells, _ = heatmaps.decode(heatmap.flatten(2).softmax(-1).view(heatmap.shape))
            truth = torch.from_numpy(np.stack(points)).float()
            labelled = ~torch.isnan(truth[..., 0])
            error = (heatmaps.to_crop(cells) - truth).norm(dim=-1)
            torso = torso_diagonal(torch.nan_to_num(truth), labelled, size)[:, None]
            right.append((error < 0.2 * torso)[labelled])
            if answer.visibility is not None and photos.depth is not None:
                states.append((answer.visibility.argmax(-1).cpu().numpy() == part.visibility).ravel())
                off = answer.depth[..., 0].cpu().numpy() - part.depth / np.array(sides)[:, None]  # type: ignore[index]
                depths.append(np.abs(off[np.isfinite(off)]))
        if right:  # a set without people has no joints
            scores[f"pck {photos.name}"] = torch.cat(right).float().mean().item()
    more = {}
    if states:
        more = {
            "visibility": float(np.concatenate(states).mean()),
            "depth": 100 * float(np.median(np.concatenate(depths))),
        }
    return {"error": 1 - float(np.mean(list(scores.values()))), **scores, **more}


def train_detector(config: DetectorTraining, folder: Path) -> Path:
    """Train a detector, or go on where a run in ``folder`` stopped.

    Parameters
    ----------
    config
        Settings of the training.
    folder
        Of the run.

    Returns
    -------
    Path
        The file of the best weights, which :func:`fitlab.detection.detector.load_detector` takes.

    Raises
    ------
    ValueError
        If the folder holds a run with other settings, for a size of crops that the network cannot take, and where depth
        is to be learnt by a network without a part for it, or from photos without labels of it.
    """
    sets, held_out = read_sets(config)
    without = [photos.name for photos in held_out if photos.depth is None]
    if config.learn == "depth" and without:
        raise ValueError(f"{without[0]} has no labels of depth to learn from; synthetic pictures have")
    network = starting_network(config.network, config.start, config.seed).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    _check_size(network, config)
    row = config.row
    _choose_parts(network, row, config)
    claim(folder, config)  # not before: settings that cannot be trained with would lock the folder
    # What is not learnt keeps its statistics too; an encoder that begins at random has none to keep.
    still = [row.steady] if row.steady and config.start != "random" else []

    def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pictures, *labels = batch
        if config.learn == "score":
            model.eval()
        for part in still:
            getattr(model, "module", model).get_submodule(part).eval()
        shown = as_input(pictures, row.pixels)
        with torch.autocast(shown.device.type, enabled=not row.exact and torch.is_autocast_enabled(shown.device.type)):
            answer = as_answer(model(shown))
        return loss_of(answer, labels, config)

    def held_out_scores(model: nn.Module) -> dict[str, float]:
        if config.learn == "score":
            return {"error": score_error(model, held_out, config)}
        return validate(model, held_out, config.size, row)

    if config.learn == "depth":
        return fit_depth(network, sets, held_out, config, folder)
    return fit_on_crops(network, JointCrops(sets, config), folder, loss, held_out_scores)


def _choose_parts(network: nn.Module, row: Network, config: DetectorTraining) -> None:
    """Say which weights are learnt: what judges joints, or all but what the row freezes, and what the settings free."""
    if config.learn != "all":
        for key, weight in network.named_parameters():
            weight.requires_grad_(key.startswith(row.alone[config.learn]))
        if not any(weight.requires_grad for weight in network.parameters()):
            raise ValueError(f"{config.network} has no {config.learn} of its own to learn")
    free_parts(network, config.free, config.network)


@torch.no_grad()
def _check_size(network: nn.Module, config: DetectorTraining) -> None:
    """ValueError where the ``network`` cannot be trained on crops of this size: it is asked about black ones."""
    black = torch.zeros(min(config.batch_size, 2), 3, config.size, config.size)
    try:
        copy.deepcopy(network).train(config.learn == "all")(black)
    except (ValueError, RuntimeError) as error:
        raise ValueError(
            f"{config.network} cannot be trained on crops of {config.size} px, {config.batch_size} at once: {error}; "
            f"its own size is {config.variant.size}"
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab train detector``: each setting is one (:mod:`fitlab.training.recipes`)."""
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run found there is resumed")
    recipes.add_options(parser, DetectorTraining)


def run(arguments: argparse.Namespace) -> None:
    """Carry out ``fitlab train detector``."""
    settings = recipes.from_options(arguments, DetectorTraining)
    print(f"best weights: {train_detector(settings, arguments.out)}")
