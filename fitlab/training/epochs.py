"""Training a lifter as the report did: a finite set of poses, epoch by epoch, no augmentation.

The whole set lies on the device as tensors, and a batch is one look-up in them: no sample passes through Python.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.datasets.records import PoseSet
from fitlab.lifting.inputs import UNIT_MM
from fitlab.lifting.lifter import load_lifter
from fitlab.models import catalogue
from fitlab.skeletons import MPII16, unknown
from fitlab.training import lifter_sets, scores
from fitlab.training.lifter_files import save_lifter, starting_lifter
from fitlab.training.lifter_sets import Source
from fitlab.training.loop import Schedule, Task, check_whole, choose_device, fit
from fitlab.training.run_folder import claim
from fitlab.training.weight_limits import limit_weights, without_limits

#: What is kept to a norm of 1: the weights of each layer as it uses them, the gradient of all weights, or nothing.
LIMITS = ("weights", "gradients", "nothing")
_VALIDATION = "validation"


@dataclass(frozen=True)
class EpochTraining:
    """Settings of one training; the defaults are the report's (Sec. 4.5.1).

    Parameters
    ----------
    network, options
        A lifter of :mod:`fitlab.models.catalogue`, and keyword arguments of it. The report's network is told nothing
        of how certain a joint is.
    source
        The poses.
    epochs
        How many.
    share
        How much of the training set an epoch takes: with 0.2 five epochs see each sample once.
    batch_size, learning_rate
        64 and 1e-3.
    decay, decay_every
        The rate is multiplied by this after so many steps.
    limit
        Of :data:`LIMITS`.
    start
        Lifter to fine-tune, by name or file; empty to train from random weights.
    seed
        Of the first weights, the batches and dropout.
    """

    network: str = "martinez"
    options: Mapping[str, Any] = field(default_factory=dict)
    source: Source = field(default_factory=Source)
    epochs: int = 200
    share: float = 1.0
    batch_size: int = 64
    learning_rate: float = 1e-3
    decay: float = 0.96
    decay_every: int = 100_000
    limit: str = "weights"
    start: str = ""
    seed: int = 1

    def __post_init__(self) -> None:
        check_whole(self, epochs=1, batch_size=2, seed=0)
        if self.limit not in LIMITS:
            raise ValueError(unknown(self.limit, LIMITS, "limit"))
        if not 0 < self.share <= 1:
            raise ValueError(f"share is a part of the training set, more than 0 and at most 1, got {self.share}")
        if not 0 < self.decay <= 1:
            raise ValueError(f"decay is a factor, more than 0 and at most 1, got {self.decay}")
        _ = self.schedule(1)  # raises ValueError for wrong rates

    def schedule(self, steps: int) -> Schedule:
        """That of a training whose epochs have so many steps."""
        return Schedule(
            steps=self.epochs * steps,
            learning_rate=self.learning_rate,
            warmup=0,
            decay=self.decay,
            decay_every=self.decay_every,
            average=0.0,
            check_every=steps,
        )


class PoseTensors:
    """A set of poses as tensors on a device.

    Attributes
    ----------
    inputs : (N, 16, 2)
        What the network sees.
    targets : (N, 15, 3)
        Joints relative to the pelvis, in its unit.
    """

    def __init__(self, poses: PoseSet, source: Source, device: torch.device) -> None:
        # Recorded people have a spine of their own, and nothing takes its place.
        spine = source.spine if poses.pose2d.skeleton is MPII16 else "middle"
        inputs = lifter_sets.network_inputs(poses.pose2d, spine)
        targets = poses.truth[:, 1:] / UNIT_MM
        self.inputs = torch.from_numpy(inputs.astype(np.float32)).to(device)
        self.targets = torch.from_numpy(targets.astype(np.float32)).to(device)

    def __len__(self) -> int:
        return len(self.inputs)


class ShuffledBatches:
    """Batch ``step`` of an endless row of shuffled passes over the samples; a function of (seed, step, rank)."""

    def __init__(self, samples: PoseTensors, batch_size: int) -> None:
        self.samples, self.batch_size = samples, batch_size
        self.steps = max(1, len(samples) // batch_size)  # in a pass
        self.order: tuple[tuple[int, ...], Tensor] = ((), torch.empty(0))

    def __call__(self, seed_step_rank: Sequence[int]) -> tuple[Tensor, Tensor]:
        seed, step, rank = seed_step_rank
        number, place = divmod(step, self.steps)
        key = (seed, number, rank)
        if self.order[0] != key:
            order = np.random.default_rng(key).permutation(len(self.samples))
            self.order = (key, torch.from_numpy(order).to(self.samples.inputs.device))
        rows = self.order[1][place * self.batch_size : (place + 1) * self.batch_size]
        return self.samples.inputs[rows], self.samples.targets[rows]


def train(settings: EpochTraining, folder: Path, device: str = "auto") -> dict[str, float]:
    """Train, or go on where a run in ``folder`` stopped.

    Parameters
    ----------
    settings
    folder
        Gets ``lifter.safetensors`` (the best epoch by the validation set), ``history.csv`` (a row for each epoch: the
        loss, MPJPE in mm over 15 joints of each held-out set, seconds), ``sets.json`` (how many poses there are, were
        left out), ``settings.json`` and ``checkpoint.pt``.
    device
        ``auto``, ``cpu``, ``cuda``.

    Returns
    -------
    dict
        The best epoch's row.

    Raises
    ------
    ValueError
        If the folder holds a run with other settings, or a start does not fit them.
    """
    folder = Path(folder)
    where = choose_device(device)
    network = starting_lifter(settings.network, settings.options, "screen", settings.start, settings.seed)
    if settings.limit == "weights":
        limit_weights(network)
    sets = lifter_sets.read(settings.source, folder)
    claim(folder, settings)  # not before: settings that cannot be trained with would lock the folder
    about = {name: {"poses": len(poses), "left out": dict(poses.left_out)} for name, poses in sets.items()}
    (folder / "sets.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    samples = {name: PoseTensors(poses, settings.source, where) for name, poses in sets.items()}
    batches = ShuffledBatches(samples.pop("training"), settings.batch_size)
    steps = max(1, round(batches.steps * settings.share))
    task = Task(
        batch=batches,
        loss=_loss,
        validate=_Validation(samples),
        best_by=_VALIDATION,
        before_step=_limit_gradients if settings.limit == "gradients" else None,
    )
    return fit(
        network,
        task,
        settings.schedule(steps),
        folder,
        lambda best: save(best, settings, folder),
        settings.seed,
        device,
    )


def train_and_score(settings: EpochTraining, folder: Path, device: str = "auto") -> dict[str, float]:
    """Train as :func:`train`; then score the best weights once on every test (:func:`fitlab.training.scores.tests`).

    Parameters
    ----------
    settings
        Of the training.
    folder
        Of the run.
    device
        See :func:`fitlab.training.loop.choose_device`.

    Returns
    -------
    dict
        The best validation.
    """
    best = train(settings, folder, device)
    scores.score(load_lifter(Path(folder) / "lifter.safetensors").network, Path(folder))
    return best


class _Validation:
    """MPJPE of every held-out set, and the CPU's seconds since the last validation: what an epoch takes."""

    def __init__(self, samples: Mapping[str, PoseTensors]) -> None:
        self.samples, self.before = samples, time.process_time()

    def __call__(self, network: nn.Module) -> dict[str, float]:
        scores = {name: mpjpe(network, held_out) for name, held_out in self.samples.items()}
        now = time.process_time()
        scores["cpu_seconds"], self.before = round(now - self.before, 2), now
        return scores


def _loss(network: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
    inputs, targets = tensors
    return (network(inputs).float() - targets).square().mean()


def _limit_gradients(network: nn.Module) -> None:
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)


@torch.inference_mode()
def mpjpe(network: nn.Module, samples: PoseTensors) -> float:
    """Mean distance over all samples and the 15 joints.

    Parameters
    ----------
    network
        In eval mode.
    samples
        N of them.

    Returns
    -------
    float
        Millimetres.
    """
    distances = [
        (network(inputs).float() - targets).norm(dim=-1).mean(-1)
        for inputs, targets in zip(samples.inputs.split(4096), samples.targets.split(4096), strict=True)
    ]
    return float(torch.cat(distances).mean()) * UNIT_MM


def save(network: nn.Module, settings: EpochTraining, folder: Path) -> None:
    """Write the lifter, its weights as they are used."""
    plain = without_limits(network, catalogue.network(settings.network).build(**settings.options))
    save_lifter(plain, settings.network, settings.options, "screen", folder)
