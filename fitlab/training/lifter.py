"""Training a lifter: ``fitlab train lifter``.

Poses come from motion capture (:mod:`fitlab.datasets.mocap`), from the ranges of human joints
(:mod:`fitlab.datasets.anatomy`) and from synthetic exercises, in shares that the settings name; virtual cameras and
detector noise are drawn anew for each batch (:mod:`fitlab.training.samples`). A share of the samples may be what
a detector really finds in synthetic pictures (:mod:`fitlab.training.detected_samples`).
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.datasets import anatomy, catalogue, mocap
from fitlab.detection.detector import load_detector
from fitlab.lifting.inputs import NORMALISATIONS, UNIT_MM
from fitlab.lifting.lifter import Lifter, build_network, load_lifter
from fitlab.metrics import mpjpe
from fitlab.skeletons import unknown
from fitlab.training import detected_samples
from fitlab.training.detected_samples import Detected
from fitlab.training.loop import Schedule, Task, check_whole, choose_device, claim, fit, last_tenth, save_weights
from fitlab.training.samples import (
    Noise,
    PoseSource,
    Samples,
    Variation,
    Views,
    draw_samples,
    frames,
    joined,
    mixture,
)
from fitlab.weights import registry

LOSSES = ("mse", "distance")
#: Settings that say which part of something is meant, 0 to 1.
SHARES = (
    *("random", "synthetic", "level", "bodies", "tilted", "rolled"),
    *("exact", "gross", "swapped", "unseen", "detected"),
)
_VALIDATION_SEED = 20


@dataclass(frozen=True)
class LifterTraining:
    """The settings of one training; saved beside its weights.

    hidden, blocks, dropout, certainty   of the network, see :class:`fitlab.models.martinez.Martinez`
    synthetic_poses  how many different synthetic poses there are to draw from
    normalisation    of the input, see :class:`fitlab.lifting.lifter.Lifter`
    weight_norm      limit of each layer's weights, as in Martinez et al.; 0 for none
    loss             ``mse``: the report's; ``distance``: the mean distance itself, less moved by hopeless cases
    random, synthetic  shares of poses drawn from the joints' ranges and of synthetic exercises; the rest is recorded
    level            share of cameras at usual heights, see :class:`~fitlab.training.samples.Views`
    bodies, tilted, rolled  see :class:`~fitlab.training.samples.Variation`
    exact, spread, gross, swapped, unseen  see :class:`~fitlab.training.samples.Noise`
    detected         share of the samples that are detections of synthetic people, in the picture sets of ``pictures``
    pictures         folders written by `fitlab synthesize`, separated by commas; best such as the detector never saw
    detector         whose detections, by name or file
    motion           folder of .bvh or .asf/.amc clips of the CMU database; empty for the packed everyday motion
    start            lifter to fine-tune, by name or file; empty to train from scratch
    """

    steps: int = 6000
    batch_size: int = 512
    learning_rate: float = 1e-3
    average: float = 0.998
    check_every: int = 250
    seed: int = 1
    hidden: int = 1024
    blocks: int = 2
    dropout: float = 0.5
    certainty: bool = True
    normalisation: str = "person"
    weight_norm: float = 1.0
    loss: str = "mse"
    random: float = 0.3
    synthetic: float = 0.0
    synthetic_poses: int = 50_000
    level: float = 0.0
    bodies: float = 0.8
    tilted: float = 0.3
    rolled: float = 0.3
    exact: float = 0.35
    spread: float = 25.0
    gross: float = 0.015
    swapped: float = 0.02
    unseen: float = 0.35
    detected: float = 0.0
    pictures: str = ""
    detector: str = "fitpose-lite0"
    motion: str = ""
    start: str = ""

    def __post_init__(self) -> None:
        check_whole(self, batch_size=2, seed=0, synthetic_poses=1, hidden=1, blocks=0)
        _ = self.schedule  # raises ValueError for wrong steps and rates
        if self.loss not in LOSSES:
            raise ValueError(unknown(self.loss, LOSSES, "loss"))
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(unknown(self.normalisation, NORMALISATIONS, "normalisation"))
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, got {getattr(self, name)}")
        for name in ("spread", "weight_norm"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of at least 0, got {getattr(self, name)}")
        if self.random + self.synthetic > 1:
            raise ValueError("the shares of random and synthetic poses add up to more than 1")
        if self.detected and not 0 < round(self.detected * self.batch_size) < self.batch_size:
            raise ValueError(
                f"of {self.batch_size} samples at once, detected must leave room for at least one that is detected and "
                f"one that is not, got {self.detected}"
            )
        if bool(self.detected) != bool(self.pictures):
            raise ValueError("detected (a share) and pictures (folders) go together: give both or none")
        if self.detected and self.normalisation != "person":
            raise ValueError("detected people are only prepared for the normalisation person")

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.steps, self.learning_rate, average=self.average, check_every=self.check_every)

    @property
    def network(self) -> dict[str, object]:
        """Keyword arguments of the network."""
        return {name: getattr(self, name) for name in ("hidden", "blocks", "dropout", "certainty")}

    def part(self, kind: type) -> object:
        """The settings that make a :class:`Variation` or :class:`Noise`."""
        return kind(**{field.name: getattr(self, field.name) for field in fields(kind)})


def train(settings: LifterTraining, folder: Path, device: str = "auto") -> dict[str, float]:
    """Train, or go on where a run in ``folder`` stopped; the best validation.

    ``folder`` gets ``lifter.safetensors`` (the best on held-out clips), ``settings.json``, ``history.csv`` and
    ``checkpoint.pt``. ValueError if the folder holds a run with other settings, or for a start that does not fit them.
    """
    folder = Path(folder)
    recorded, held_out = recorded_motion(settings.motion)
    torch.manual_seed(settings.seed)
    network = build_network("martinez", settings.network)
    if settings.start:
        start = load_lifter(settings.start)
        if start.normalisation != settings.normalisation:
            raise ValueError(
                f"the lifter {settings.start} takes joints in the normalisation {start.normalisation}, "
                f"not {settings.normalisation}: give --normalisation {start.normalisation}, or another start"
            )
        registry.load_into(network, start.network.state_dict(), settings.start)
    choose_device(device)
    if settings.detected:
        _check_pictures(folder, settings)
    if settings.synthetic:
        from fitlab.synthetic.people.body import body_model

        body_model()  # ImportError where it can neither be read nor made
    claim(folder, settings)  # not before: settings that cannot be trained with would lock the folder
    exercises = synthetic_poses(folder, settings) if settings.synthetic else None
    source = pose_source(settings, recorded.points, exercises)
    people = detected_people(folder, settings) if settings.detected else None
    views, variation, noise = Views(level=settings.level), settings.part(Variation), settings.part(Noise)
    validation = {"everyday": validation_samples(held_out.points, settings.normalisation)}
    if settings.synthetic:
        validation["exercise"] = validation_samples(exercise_poses(), settings.normalisation, every=1)
    if people:
        people, others = people
        validation["detected"] = others.samples()

    def batch(key: tuple[int, ...]) -> tuple[Tensor, ...]:
        rng = np.random.default_rng(key)
        found = round(settings.detected * settings.batch_size)
        made_up = settings.batch_size - found
        samples = draw_samples(source, rng, made_up, views, variation, noise, settings.normalisation)
        if found:
            samples = joined(samples, detected_samples.draw_detected(people, rng, found))
        return tuple(
            torch.from_numpy(array.astype(np.float32)) for array in (samples.points, samples.certainty, samples.target)
        )

    def loss(network: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        points, certainty, target = tensors
        difference = network(points, certainty).float() - target[:, 1:]
        if settings.loss == "mse":
            return difference.square().mean()
        return difference.square().sum(-1).add(1e-6).sqrt().mean()

    def validate(network: nn.Module) -> dict[str, float]:
        lifter = Lifter(network, settings.normalisation)
        scores = {
            name: float(mpjpe(lifter.run(some.points, some.certainty) * UNIT_MM, some.target * UNIT_MM).mean())
            for name, some in validation.items()
        }
        return scores | {"mpjpe": float(np.mean(list(scores.values())))}

    def limit(network: nn.Module) -> None:
        network.limit_weights(settings.weight_norm)

    task = Task(batch, loss, validate, "mpjpe", limit if settings.weight_norm else None)
    return fit(
        network,
        task,
        settings.schedule,
        folder,
        lambda best: save(best, settings, folder),
        settings.seed,
        device,
    )


def recorded_motion(folder: str) -> tuple[mocap.Motion, mocap.Motion]:
    """(training, validation): the packed everyday motion, or the clips in ``folder``; says what is rejected."""
    if folder:
        return mocap.split_by_person(mocap.read_folder(folder, print))
    return mocap.everyday(print)


def pose_source(settings: LifterTraining, recorded: np.ndarray, synthetic: np.ndarray | None = None) -> PoseSource:
    """Recorded, random and synthetic poses in the shares of the settings.

    Straight limbs are rarer in recorded and synthetic poses than in people, and are made less rare.
    """
    sources = [
        (1 - settings.random - settings.synthetic, _changed(frames(recorded), anatomy.straightened)),
        (settings.random, anatomy.random_poses),
    ]
    if synthetic is not None:
        sources.append((settings.synthetic, frames(synthetic)))
    return _changed(mixture(*sources), anatomy.straightened_arms)


def _changed(source: PoseSource, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> PoseSource:
    return lambda rng, count: change(source(rng, count), rng)


def synthetic_poses(folder: Path, settings: LifterTraining) -> np.ndarray:
    """(N, 16, 3) exercise poses of the training people, kept in ``folder`` so that a resumed run has the same."""
    file = folder / "synthetic.npy"
    if not file.exists():
        from fitlab.synthetic.pose_sets import sample_poses

        temporary = folder / f"synthetic.{os.getpid()}.npy"  # under torchrun every process writes the same
        np.save(temporary, sample_poses(settings.synthetic_poses, settings.seed)["lift16"].astype(np.float32))
        temporary.replace(file)
    return np.load(file)


def detected_people(folder: Path, settings: LifterTraining) -> tuple[Detected, Detected]:
    """(training, validation): what the detector finds in the pictures, kept in ``folder`` for a resumed run."""
    parts = []
    for pictures, file in _detections(folder, settings):
        if not file.exists():
            detected_samples.write(detected_samples.detect_people(pictures, settings.detector), file)
        people = detected_samples.read(file)
        parts.append([people.take(np.flatnonzero(chosen)) for chosen in (~people.held_out, people.held_out)])
    training, validation = (joined(*some) for some in zip(*parts, strict=True))
    if not (len(training) and len(validation)):
        raise ValueError(
            f"of the people in {settings.pictures} {len(training)} are usable for training and {len(validation)} for "
            f"validation, at least one is needed for each; {settings.detector} finds too few of them"
        )
    return training, validation


def _detections(folder: Path, settings: LifterTraining) -> list[tuple[str, Path]]:
    """Each folder of pictures, and the file that keeps what is detected in it."""
    names = settings.pictures.split(",")
    return [(pictures.strip(), folder / f"detected-{number}.npz") for number, pictures in enumerate(names)]


def _check_pictures(folder: Path, settings: LifterTraining) -> None:
    """Errors of :func:`detected_people` that are known before anything is detected."""
    for pictures, file in _detections(folder, settings):
        if not file.exists():
            load_detector(settings.detector)
            last_tenth(len(catalogue.open_for_training(pictures)), pictures)


def exercise_poses(count: int = 1500) -> np.ndarray:
    """(N, 16, 3) synthetic exercise poses that no training draws: their people are not those of a training."""
    from fitlab.synthetic.pose_sets import sample_poses

    return sample_poses(count, _VALIDATION_SEED)["lift16"]


def validation_samples(points: np.ndarray, normalisation: str = "person", every: int = 10, cameras: int = 2) -> Samples:
    """Held-out frames before fixed random cameras, true 2D, bodies as they are."""
    rng = np.random.default_rng(_VALIDATION_SEED)
    poses = np.repeat(points[::every], cameras, axis=0)
    nothing = Noise(exact=1.0, unseen=0.0)
    return draw_samples(lambda *_: poses, rng, len(poses), Views(), None, nothing, normalisation)


def save(network: nn.Module, settings: LifterTraining, folder: Path) -> None:
    """Write ``lifter.safetensors``, which :func:`fitlab.lifting.lifter.load_lifter` can read by its path."""
    about = {
        "kind": "lifter",
        "network": "martinez",
        "options": settings.network,
        "normalisation": settings.normalisation,
    }
    save_weights(network, folder / "lifter.safetensors", {"fitlab": json.dumps(about)})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of ``fitlab train lifter``: each setting is an option."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of this training; resumed if it was begun",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ...")
    for field in fields(LifterTraining):
        kind = type(field.default)
        option = f"--{field.name.replace('_', '-')}"
        if kind is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(
                option,
                type=kind,
                default=field.default,
                help=f"default: {field.default!r}",
            )


def run(args: argparse.Namespace) -> None:
    """Train with the options of :func:`add_arguments` and say how good it became."""
    settings = LifterTraining(**{field.name: getattr(args, field.name) for field in fields(LifterTraining)})
    best = train(settings, args.out, args.device)
    if best:
        sets = ", ".join(f"{name} {value:.1f}" for name, value in best.items() if name not in ("step", "mpjpe"))
        print(f"best at step {best['step']:.0f}: MPJPE in mm on held-out poses: {sets}; their mean {best['mpjpe']:.1f}")
        print(args.out / "lifter.safetensors")
