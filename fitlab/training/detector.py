"""Training of the 2D detectors: labelled photos in, weights out.

Every sample is drawn from (seed, its number), so a run that was killed and resumed sees exactly the samples that an
uninterrupted one sees.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from fitlab.datasets import catalogue as data_sets
from fitlab.datasets.records import OUTSIDE, PhotoSet
from fitlab.detection import heatmaps
from fitlab.detection.pixels import as_input
from fitlab.detection.views import upright_view, view_around
from fitlab.images import crop, transform
from fitlab.models import catalogue
from fitlab.models.answers import Answer, as_answer
from fitlab.models.catalogue import DETECTOR, Network, Variant
from fitlab.skeletons import MPII16, unknown
from fitlab.training.augmentation import Augmentation, augmented_crop
from fitlab.training.loop import Schedule, Task, check_whole, claim, fit, last_tenth, save_weights
from fitlab.training.start import starting_network

LEARN = ("all", "score")
_TORSO = MPII16.indices(["left_shoulder", "right_hip", "right_shoulder", "left_hip"])


@dataclass(frozen=True)
class DetectorTraining:
    """Settings of one run; they are saved beside its result."""

    network: str = "fitpose"  # a name in fitlab.models.catalogue
    data: tuple[str, ...] = ("lspet",)  # "lspet", or folders written by `fitlab synthesize`
    shares: tuple[float, ...] = (1.0,)  # how much of every batch each data set gives
    size: int = 192
    sigma: float = 1.2  # of the target, in heatmap cells
    score_weight: float = 0.02
    visibility_weight: float = 0.05
    depth_weight: float = 0.1
    start: str = "imagenet"  # or a weights file to go on from
    free: tuple[str, ...] = ()  # parts to learn that the catalogue freezes
    learn: str = "all"  # or "score": only the judgement of joints, on crops that often cut people off
    batch_size: int = 32
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=6000, learning_rate=2e-3, weight_decay=1e-2, check_every=400)
    )
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0

    def __post_init__(self) -> None:
        catalogue.variant(self.network, DETECTOR)
        check_whole(self, size=1, batch_size=1, seed=0)
        if self.learn not in LEARN:
            raise ValueError(unknown(self.learn, LEARN, "part to learn"))
        if self.learn == "score" and not self.row.judge:
            raise ValueError(f"{self.network} has no score of its own to learn")
        if self.learn == "score" and self.start in ("imagenet", "random"):
            raise ValueError(
                f"a score is learnt for a network that finds joints already: start is a weights file, not {self.start}"
            )
        if not self.data:
            raise ValueError("there is no data to train on; name lspet, or folders written by `fitlab synthesize`")
        if len(self.data) != len(self.shares):
            raise ValueError(f"{len(self.data)} data sets need as many shares, got {len(self.shares)}")
        if not all(0 <= share < math.inf for share in self.shares) or not sum(self.shares):
            raise ValueError(f"shares must be numbers of at least 0, and one of them above 0; got {self.shares}")
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"sigma must be a number of heatmap cells above 0, got {self.sigma}")
        if not 0 <= self.score_weight < math.inf:
            raise ValueError(f"score_weight must be a number of at least 0, got {self.score_weight}")

    @property
    def variant(self) -> Variant:
        """The network's size and options."""
        return catalogue.variant(self.network, DETECTOR)[1]

    @property
    def row(self) -> Network:
        """What the catalogue says of the network."""
        return catalogue.network(catalogue.variant(self.network, DETECTOR)[0])

    @property
    def about(self) -> dict[str, object]:
        """What the file of trained weights says about itself: all that a detector needs to know."""
        return {
            "kind": DETECTOR,
            "network": catalogue.variant(self.network, DETECTOR)[0],
            "options": dict(self.variant.options),
            "input_size": self.size,
            "normalisation": self.row.pixels,
            "heatmap": "softmax",
        }


class Crops(Dataset):
    """Numbered, endlessly many training crops; sample ``n`` depends on the seed and ``n`` alone."""

    def __init__(self, sets: list[PhotoSet], config: DetectorTraining):
        self.sets, self.config = sets, config
        self.shares = np.array(config.shares) / np.sum(config.shares)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((self.config.seed, number))
        photos = self.sets[rng.choice(len(self.sets), p=self.shares)]
        index = int(rng.integers(len(photos)))
        image = read_photo(photos.images[index])
        shown = augmented_crop(
            image,
            photos.points[index],
            photos.visibility[index],
            self.config.size,
            rng,
            self.config.augmentation,
            None if photos.depth is None else photos.depth[index],
        )
        labels = (torch.from_numpy(part).float() for part in (shown.points, shown.visibility, shown.depth))
        return (torch.from_numpy(np.ascontiguousarray(shown.picture)), *labels)


def read_photo(file: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB, read as fast as can be; ValueError for a file that cannot be read."""
    image = cv2.imread(str(file))
    if image is None:
        raise ValueError(f"the photo {file} of the training data cannot be read; copy the data set again")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


class Batches:
    """Batch ``step`` of the run, prepared by another process while the network computes."""

    def __init__(self, crops: Crops, config: DetectorTraining, workers: int):
        self.crops, self.config, self.workers = crops, config, workers
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
            batch_sampler=list(numbers),
            num_workers=self.workers,
            worker_init_fn=_single_thread,
            prefetch_factor=4 if self.workers else None,
        )


def _single_thread(_: int) -> None:
    cv2.setNumThreads(0)


def loss_of(answer: Answer, labels: tuple[Tensor, Tensor, Tensor], config: DetectorTraining) -> Tensor:
    """How wrong an answer is, the parts weighted as the settings say.

    Heatmaps: cross-entropy over labelled joints in the crop, the mean over the stacks (Newell et al. 2016:
    intermediate supervision). Score: how well it foretells a correct joint; one beyond the photo's edge has a place in
    the crop too, but is never a correct one. Visibility: cross-entropy of its three states. Depth: a Laplace
    distribution's negative log-likelihood (Kendall and Gal 2017), in sides of the crop.

    Parameters
    ----------
    answer
        Of the network, for B crops.
    labels
        points (B, 16, 2) px of the crop, NaN where unlabelled; visibility (B, 16); depth (B, 16), NaN where unknown.
    config
        Settings of the training.
    """
    points, visibility, depth = labels
    logits = answer.heatmaps[-1].float()
    labelled = ~torch.isnan(points[..., 0])
    outside = visibility == OUTSIDE
    cells = heatmaps.to_cells(torch.nan_to_num(points))
    targets = heatmaps.gaussian_targets(cells, logits.shape[-1], config.sigma)
    place = sum(heatmaps.cross_entropy(stack.float(), targets) for stack in answer.heatmaps) / len(answer.heatmaps)
    placed = labelled & heatmaps.in_crop(points, logits.shape[-1])
    total = _mean(place, placed)
    judged = labelled | outside
    if answer.score is not None:
        with torch.no_grad():
            error = (heatmaps.peaks(logits) - cells).norm(dim=-1)
            near = error < 0.2 * _torso(cells, labelled, logits.shape[-1])[:, None]
            correct = (labelled & ~outside & near).float()
        foretold = nn.functional.binary_cross_entropy_with_logits(answer.score.float(), correct, reduction="none")
        total = total + config.score_weight * _mean(foretold, judged)
    if answer.visibility is not None:
        states = nn.functional.cross_entropy(
            answer.visibility.float().flatten(0, 1), visibility.long().flatten(), reduction="none"
        )
        total = total + config.visibility_weight * _mean(states.view(visibility.shape), judged)
    if answer.depth is not None:
        middle, log_scale = answer.depth.float().unbind(-1)
        error = (torch.nan_to_num(depth) - middle).abs()
        total = total + config.depth_weight * _mean(error * (-log_scale).exp() + log_scale, ~torch.isnan(depth))
    return total


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum() / chosen.sum().clamp_min(1)


def _torso(cells: Tensor, labelled: Tensor, size: int) -> Tensor:
    """(B,) longer labelled torso diagonal; a quarter of the crop where neither is labelled."""
    first, second, third, fourth = (cells[:, index] for index in _TORSO)
    diagonals = torch.stack([(first - second).norm(dim=-1), (third - fourth).norm(dim=-1)], dim=-1)
    known = torch.stack([labelled[:, _TORSO[:2]].all(-1), labelled[:, _TORSO[2:]].all(-1)], dim=-1)
    return torch.where(known.any(-1), (diagonals * known).amax(-1), torch.full_like(diagonals[:, 0], size / 4))


def read_sets(config: DetectorTraining) -> tuple[list[PhotoSet], list[PhotoSet]]:
    """The training sets, and the validation sets that choose the best weights.

    ValueError for a test set, for one that is still being made, as its last tenth changes, or that is too small to
    validate on.
    """
    training, validation = [], []
    for name in config.data:
        photos, chosen_by = data_sets.open_for_training(name), data_sets.find(name).validation
        if chosen_by:
            training.append(photos)
            validation.append(data_sets.open_photos(chosen_by))
        else:
            held_out = last_tenth(len(photos), name)
            training.append(photos.subset(~held_out))
            validation.append(photos.subset(held_out))
    return training, validation


@torch.no_grad()
def score_error(network: nn.Module, sets: list[PhotoSet], config: DetectorTraining, batches: int = 12) -> float:
    """Cross-entropy of the scores on crops of held-out people, many of them cut off."""
    network.eval()
    device = next(network.parameters()).device
    crops = Crops(sets, replace(config, seed=config.seed + 1, shares=(1.0,) * len(sets)))
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
    """PCK@0.2 of the torso on crops round the true joints, by set and as their mean.

    Of networks that answer depth and visibility also how right these are, over all sets: the median depth error in
    hundredths of the crop, and the share of joints whose state is right.
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
            torso = _torso(torch.nan_to_num(truth), labelled, size)[:, None]
            right.append((error < 0.2 * torso)[labelled])
            if answer.visibility is not None and photos.depth is not None:
                states.append((answer.visibility.argmax(-1).cpu().numpy() == part.visibility).ravel())
                off = answer.depth[..., 0].cpu().numpy() - part.depth / np.array(sides)[:, None]
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


def plain_crop(photos: PhotoSet, index: int, size: int, upright: bool) -> tuple[np.ndarray, np.ndarray, float]:
    """The crop (S, S, 3) round the true joints without augmentation, the joints in it, and its side in the photo."""
    points = photos.points[index]
    view = (upright_view(points) if upright else None) or view_around(points)
    matrix = view.matrix(size)
    return crop(read_photo(photos.images[index]), matrix, size), transform(points, matrix), view.side


def train_detector(config: DetectorTraining, folder: Path, workers: int = 1) -> Path:
    """Train in ``folder`` (resuming what is there) and return the best weights' file, which
    :func:`fitlab.detection.load_detector` takes.

    ValueError if the folder holds a run with other settings, or for a size of crops that the network cannot take.
    """
    sets, held_out = read_sets(config)
    for photos in (*sets, *held_out):
        print(f"{photos.name}: {len(photos)} photos")
    network = starting_network(config.network, config.start, config.seed).to(memory_format=torch.channels_last)
    _check_size(network, config)
    claim(folder, config)  # not before: settings that cannot be trained with would lock the folder
    row = config.row
    _choose_parts(network, row, config)
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

    best = folder / f"{config.network}-{config.size}.safetensors"
    fit(
        network,
        Task(
            batch=Batches(Crops(sets, config), config, workers),
            loss=loss,
            validate=held_out_scores,
            best_by="error",
        ),
        config.schedule,
        folder,
        keep_best=lambda model: save_weights(model, best, {"fitlab": json.dumps(config.about)}),
        seed=config.seed,
    )
    return best


def _choose_parts(network: nn.Module, row: Network, config: DetectorTraining) -> None:
    """Say which weights are learnt: what judges joints, or all but what the row freezes, and what the settings free."""
    if config.learn == "score":
        for key, weight in network.named_parameters():
            weight.requires_grad_(key.startswith(row.judge))
    for part in config.free:
        try:
            network.get_submodule(part).requires_grad_(True)
        except AttributeError:
            raise ValueError(f"{config.network} has no part {part!r} to free; its parts: {_parts(network)}") from None


def _parts(network: nn.Module) -> str:
    return ", ".join(name for name, _ in network.named_modules() if 0 < len(name.split(".")) <= 3 and name)


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
    """The options of `fitlab train detector`."""
    plain = DetectorTraining()
    parser.add_argument("--network", choices=tuple(catalogue.trainable(DETECTOR)), default=plain.network)
    parser.add_argument("--data", nargs="+", default=["lspet"], help="lspet, or folders written by `fitlab synthesize`")
    parser.add_argument("--shares", nargs="+", type=float, help="of each data set in a batch (default: equal)")
    parser.add_argument("--size", type=int, help="side of the crops in pixels (default: the network's own)")
    parser.add_argument("--start", default=plain.start, help="imagenet, random, or a .safetensors file to go on from")
    parser.add_argument("--learn", choices=LEARN, default=plain.learn, help="score: only how sure a joint is")
    parser.add_argument("--steps", type=int, default=plain.schedule.steps)
    parser.add_argument("--batch-size", type=int, default=plain.batch_size)
    parser.add_argument("--rate", type=float, default=plain.schedule.learning_rate, help="learning rate")
    parser.add_argument("--check-every", type=int, default=plain.schedule.check_every, help="steps between checkpoints")
    parser.add_argument("--seed", type=int, default=plain.seed)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; a run found there is resumed")


def run(arguments: argparse.Namespace) -> None:
    """Carry out `fitlab train detector`."""
    plain = DetectorTraining()
    schedule = replace(
        plain.schedule,
        steps=arguments.steps,
        learning_rate=arguments.rate,
        check_every=arguments.check_every,
    )
    cut_off = {"cut_off": 0.25, "edge": 0.3, "far": 0.05} if arguments.learn == "score" else {}
    config = DetectorTraining(
        learn=arguments.learn,
        augmentation=Augmentation(**cut_off),
        data=tuple(arguments.data),
        shares=tuple(arguments.shares or [1.0] * len(arguments.data)),
        network=arguments.network,
        size=catalogue.variant(arguments.network, DETECTOR)[1].size if arguments.size is None else arguments.size,
        start=arguments.start,
        batch_size=arguments.batch_size,
        schedule=schedule,
        seed=arguments.seed,
    )
    print(f"best weights: {train_detector(config, arguments.out, arguments.workers)}")
