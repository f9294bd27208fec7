"""Training what tells exercises apart: ``fitlab train --recipe notebooks/recipes/recogniser.toml --out FOLDER``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.datasets.virtual_cameras import Views
from fitlab.exercises.features import FEATURES, features
from fitlab.lifting.lifter import DEFAULT_LIFTER, load_lifter
from fitlab.models.recogniser import Recogniser
from fitlab.training.loop import Schedule, Task, check_whole, fit
from fitlab.training.recogniser_samples import as_lifted, classes, draw_named, loosened
from fitlab.training.run_folder import claim, save_weights
from fitlab.training.samples import Noise, Variation


@dataclass(frozen=True)
class RecogniserTraining:
    """The settings of one training; saved beside its weights.

    Parameters
    ----------
    poses
        How many are drawn; a tenth of the people is kept for validation and for the temperature.
    cameras
        Before how many cameras each pose is put.
    lifter
        Whose answers are told apart, by name or file.
    hidden, dropout
        Of :class:`fitlab.models.recogniser.Recogniser`.
    views, variation, noise
        As a lifter is trained (:mod:`fitlab.training.samples`); nobody is tilted, as that is what tells postures apart.
    batch_size, schedule
        How.
    """

    poses: int = 50_000
    cameras: int = 4
    lifter: str = DEFAULT_LIFTER
    hidden: int = 96
    dropout: float = 0.1
    views: Views = field(default_factory=lambda: Views(level=0.5))
    variation: Variation = field(default_factory=lambda: Variation(bodies=0.5, tilted=0.0, rolled=0.15))
    noise: Noise = field(default_factory=Noise)
    batch_size: int = 1024
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=5000, learning_rate=3e-3, weight_decay=1e-2, average=0.998)
    )
    seed: int = 1

    def __post_init__(self) -> None:
        check_whole(self, poses=100, cameras=1, hidden=1, batch_size=2, seed=0)


@dataclass(frozen=True)
class _Learnt:
    """Features (N, F), places of the names in :func:`classes` (N,), and who is held out (N,)."""

    features: np.ndarray
    codes: np.ndarray
    held_out: np.ndarray


def train(settings: RecogniserTraining, folder: Path, device: str = "auto") -> dict[str, float]:
    """Train a recogniser, or go on where a run in ``folder`` stopped.

    Parameters
    ----------
    settings
        Of the training.
    folder
        Gets ``recogniser.safetensors`` (the best on people who are held out), ``settings.json``, ``history.csv``,
        ``checkpoint.pt`` and the samples.
    device
        See :func:`fitlab.training.loop.choose_device`.

    Returns
    -------
    dict
        The best validation: its step, the mean negative logarithm of the right name's probability (``nll``), the share
        of right names, and the temperature.

    Raises
    ------
    ValueError
        If the folder holds a run with other settings.
    """
    folder = Path(folder)
    claim(folder, settings)
    learnt = _samples(folder, settings)
    rows = np.flatnonzero(~learnt.held_out)
    held_out = torch.from_numpy(learnt.features[learnt.held_out]), torch.from_numpy(learnt.codes[learnt.held_out])

    def batch(key: Sequence[int]) -> tuple[Tensor, ...]:
        drawn = rows[np.random.default_rng(key).integers(len(rows), size=settings.batch_size)]
        return torch.from_numpy(learnt.features[drawn]), torch.from_numpy(learnt.codes[drawn])

    def loss(network: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        return nn.functional.cross_entropy(network(tensors[0]).float(), tensors[1])

    def validate(network: nn.Module) -> dict[str, float]:
        logits = _answers(network, held_out[0])
        temperature, nll = best_temperature(logits, held_out[1])
        right = (logits.argmax(-1) == held_out[1]).float().mean()
        return {"nll": nll, "right": float(right), "temperature": temperature}

    def keep(network: nn.Module) -> None:
        options: dict[str, Any] = {"names": list(classes()), "features": FEATURES, "hidden": settings.hidden}
        about = {"kind": "recogniser", "network": "recogniser", "options": options, "normalisation": "body"}
        calibrated = Recogniser(**options)
        calibrated.load_state_dict(network.state_dict())
        calibrated.calibrate(best_temperature(_answers(network, held_out[0]), held_out[1])[0])
        save_weights(calibrated, folder / "recogniser.safetensors", {"fitlab": json.dumps(about)})

    torch.manual_seed(settings.seed)
    network = Recogniser(classes(), FEATURES, settings.hidden, settings.dropout)
    return fit(network, Task(batch, loss, validate, "nll"), settings.schedule, folder, keep, settings.seed, device)


@torch.no_grad()
def best_temperature(logits: Tensor, codes: Tensor) -> tuple[float, float]:
    """The temperature, of 60 from 0.5 to 3, by which logits fit the names best.

    Parameters
    ----------
    logits
        (N, C).
    codes
        (N,) the right column of each.

    Returns
    -------
    tuple of float
        The temperature, and the cross-entropy with it in nats.
    """
    tried = torch.logspace(np.log10(0.5), np.log10(3.0), 60)
    losses = torch.stack([nn.functional.cross_entropy(logits / one, codes) for one in tried])
    return float(tried[losses.argmin()]), float(losses.min())


@torch.no_grad()
def _answers(network: nn.Module, rows: Tensor) -> Tensor:
    where = next(network.parameters()).device
    return network(rows.to(where)).float().cpu()


def _samples(folder: Path, settings: RecogniserTraining) -> _Learnt:
    """What is learnt, kept in ``folder`` so that a resumed run has the same."""
    file = folder / "samples.npz"
    if not file.exists():
        named = draw_named(settings.poses, settings.seed)
        rng, lifter = np.random.default_rng([settings.seed, 11]), load_lifter(settings.lifter)
        seen = (settings.views, settings.variation, settings.noise)
        parts = [
            features(as_lifted(loosened(named.points, named.names, rng), rng, lifter, *seen))
            for _ in range(settings.cameras)
        ]
        codes = np.array([classes().index(name) for name in named.names])
        temporary = file.with_suffix(f".{os.getpid()}.npz")  # under torchrun every process writes the same
        np.savez(
            temporary,
            features=np.concatenate(parts).astype(np.float32),
            codes=np.tile(codes, settings.cameras),
            held_out=np.tile(named.people % 10 == 0, settings.cameras),
        )
        temporary.replace(file)
    with np.load(file) as kept:
        return _Learnt(**kept)
