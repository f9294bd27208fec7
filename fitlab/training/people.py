"""Training of the person finder: labelled photos in, weights out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fitlab.datasets.records import PhotoSet
from fitlab.detection.people import crowd_of
from fitlab.detection.pixels import as_input
from fitlab.models.catalogue import FINDER
from fitlab.models.person_detector import INPUT_SIZE, People
from fitlab.training.augmentation import Augmentation
from fitlab.training.crops import fit_on_crops, read_sets
from fitlab.training.detector_settings import PhotoTraining, check_weights
from fitlab.training.freed import free_parts
from fitlab.training.loop import Schedule
from fitlab.training.people_crops import PeopleCrops, whole_crop
from fitlab.training.run_folder import claim
from fitlab.training.start import starting_network

#: Anchors that answer for a person: the best of those that are wrong by less than this share of the radius.
_ANSWERING, _NEAR = 4, 1.0
#: An answer that is wrong by less than this share of the radius is not called wrong, though another one is better.
_GOOD = 0.3
#: How much an error of one radius weighs against a nat of the score where anchors are chosen.
_PLACE_AGAINST_SCORE = 6.0
_FOCUS = 2.0  # exponent of the focal loss
#: Somebody is found where the two points are wrong by less than this share of the radius on average.
FOUND = 0.25


@dataclass(frozen=True)
class FinderTraining(PhotoTraining):
    """Settings of a person finder's training, beside those of :class:`PhotoTraining`.

    Attributes
    ----------
    place_weight
        Of the points' part of the loss, beside 1 for the scores.
    """

    kind: ClassVar[str] = FINDER

    network: str = "fitpose-person"
    data: tuple[str, ...] = ("people",)
    start: str = "blazepose"
    place_weight: float = 4.0
    schedule: Schedule = field(
        default_factory=lambda: Schedule(
            steps=600, learning_rate=1e-3, warmup=30, weight_decay=1e-2, average=0.98, check_every=100
        )
    )
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(
            rotate=0.6, full_turn=0.3, scale=(0.9, 1.8), far=0.35, far_scale=(1.8, 4.0)
        )
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_weights(self, "place_weight")


def loss_of(answer: People, circles: Tensor, place_weight: float) -> Tensor:
    """How wrong the answers about crops are.

    Of the anchors near a person's hips the few that answer best for them already are those that shall answer (as in
    Ge et al. 2021, YOLOX, Sec. 2.2), so that the network need not learn another division of work than it came with.
    Scores: focal loss (Lin et al. 2017). Points: smooth L1, in radii. Neither right nor wrong are the answers of other
    anchors that are good, of those near other people, and all of those of a crop that the person's hips lie outside of.

    Parameters
    ----------
    answer
        For B crops.
    circles
        (B, P, 2, 2) px as :func:`fitlab.training.people_crops.circles`; the first person is to be found, NaN for none.
    place_weight
        Of the points.

    Returns
    -------
    Tensor
        () the weighted sum.
    """
    known = circles.isfinite().all(-1).all(-1)  # (B, P)
    circles = circles.nan_to_num(-1e6)
    radius = (circles[..., 1, :] - circles[..., 0, :]).norm(dim=-1).clamp_min(1.0)
    own = circles[:, 0]
    inside = known[:, 0] & ((own[:, 0] >= 0) & (own[:, 0] <= INPUT_SIZE)).all(-1)
    off = (answer.points - own[:, None]) / radius[:, :1, None, None]  # (B, A, 2, 2) radii
    error = off.norm(dim=-1).mean(-1)
    with torch.no_grad():
        near = error < _NEAR
        cost = F.softplus(-answer.logits) + _PLACE_AGAINST_SCORE * error
        cost = cost.masked_fill(~near, torch.inf)
        best = cost.topk(_ANSWERING, largest=False)
        answers = torch.zeros_like(near).scatter_(1, best.indices, best.values.isfinite())
        answers &= inside[:, None]
        others = (answer.points[:, :, None] - circles[:, None, 1:]).norm(dim=-1).mean(-1) / radius[:, None, 1:]
        at_others = ((others < _NEAR / 2) & known[:, None, 1:]).any(-1)
        undecided = (error < _GOOD) | at_others | (known[:, 0] & ~inside)[:, None]
        judged = answers | ~undecided
    wrong = F.binary_cross_entropy_with_logits(answer.logits, answers.float(), reduction="none")
    focal = wrong * (1 - (-wrong).exp()) ** _FOCUS
    count = answers.sum().clamp_min(1)
    place = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.1, reduction="none").sum((-2, -1))
    return (focal * judged).sum() / count + place_weight * (place * answers).sum() / count


@torch.no_grad()
def validate(network: nn.Module, sets: list[PhotoSet], pixels: str, batch_size: int = 32) -> dict[str, float]:
    """Whether the person is the first who is found in whole held-out pictures.

    Parameters
    ----------
    network
        In any mode.
    sets
        Held-out photos.
    pixels
        Of its input, a name in :data:`fitlab.detection.pixels.PIXELS`.
    batch_size
        Pictures at once.

    Returns
    -------
    dict
        ``error``, 1 less the share of the pictures in which that is so, or in which nobody is and nobody is found; and
        that share for each set.
    """
    network.eval()
    device = next(network.parameters()).device
    scores = {}
    for photos in sets:
        right = []
        for first in range(0, len(photos), batch_size):
            rows = range(first, min(first + batch_size, len(photos)))
            pictures, circles = zip(*(whole_crop(photos, row) for row in rows), strict=True)
            answer = network(as_input(torch.from_numpy(np.stack(pictures)).to(device), pixels))
            parts = (part.float().cpu() for part in answer)
            right += [_found(People(*each), truth[0]) for *each, truth in zip(*parts, circles, strict=True)]
        if right:
            scores[f"found {photos.name}"] = float(np.mean(right))
    return {"error": 1 - float(np.mean(list(scores.values()))), **scores}


def _found(answer: People, truth: np.ndarray) -> bool:
    """Whether the first person in one picture is the one with this circle; where there is none, whether nobody is."""
    crowd = crowd_of(answer, np.eye(2, 3))
    if not np.isfinite(truth).all():
        return not crowd.present
    if not crowd.present:
        return False
    seen = np.stack([crowd.people[0].centre, crowd.people[0].top])
    radius = float(np.linalg.norm(truth[1] - truth[0]))
    return bool(np.linalg.norm(seen - truth, axis=-1).mean() < FOUND * radius)


def train_finder(config: FinderTraining, folder: Path) -> Path:
    """Train a person finder, or go on where a run in ``folder`` stopped.

    See :func:`fitlab.training.detector.train_detector` for the parameters and errors.

    Returns
    -------
    Path
        The file of the best weights, which :func:`fitlab.detection.people.load_person_finder` takes.
    """
    sets, held_out = read_sets(config)
    network = starting_network(config.network, config.start, config.seed, FINDER)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
    free_parts(network, config.free, config.network)
    claim(folder, config)
    pixels = config.row.pixels

    def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        pictures, circles = batch
        with torch.autocast(pictures.device.type, enabled=False):
            return loss_of(model(as_input(pictures, pixels)), circles, config.place_weight)

    return fit_on_crops(
        network, PeopleCrops(sets, config), folder, loss, lambda model: validate(model, held_out, pixels)
    )
