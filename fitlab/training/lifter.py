"""Training a lifter: ``fitlab train lifter``.

Poses come from motion capture (:mod:`fitlab.datasets.mocap`), from the ranges of human joints
(:mod:`fitlab.datasets.anatomy`) and from synthetic exercises, in shares that the settings name; virtual cameras and
detector noise are drawn anew for each batch (:mod:`fitlab.training.samples`). A share of the samples may be what
a detector really finds in synthetic pictures (:mod:`fitlab.training.detected_samples`).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fitlab.datasets import anatomy, catalogue, mocap
from fitlab.detection.detector import load_detector
from fitlab.lifting.inputs import UNIT_MM
from fitlab.lifting.lifter import Lifter
from fitlab.metrics import mpjpe
from fitlab.skeletons import LIFT16
from fitlab.training import detected_samples, recipes
from fitlab.training.detected_samples import Detected
from fitlab.training.lifter_files import save_lifter, starting_lifter
from fitlab.training.lifter_settings import LifterTraining
from fitlab.training.loop import Task, choose_device, fit, last_tenth
from fitlab.training.run_folder import claim
from fitlab.training.samples import (
    Noise,
    PoseSource,
    Samples,
    Views,
    draw_samples,
    frames,
    joined,
    mixture,
)

_VALIDATION_SEED = 20
_LIKELIHOOD = 0.1
_PARENTS = [LIFT16.index({end: start for start, end in LIFT16.bones}[joint]) for joint in LIFT16.joints[1:]]


def train(settings: LifterTraining, folder: Path, device: str = "auto") -> dict[str, float]:
    """Train a lifter, or go on where a run in ``folder`` stopped.

    Parameters
    ----------
    settings
        Of the training.
    folder
        Gets ``lifter.safetensors`` (the best on held-out clips), ``settings.json``, ``history.csv`` and
        ``checkpoint.pt``.
    device
        See :func:`fitlab.training.loop.choose_device`.

    Returns
    -------
    dict
        The best validation: its step, and MPJPE in mm by set and as their mean.

    Raises
    ------
    ValueError
        If the folder holds a run with other settings, or for a start that does not fit them.
    """
    folder = Path(folder)
    recorded, held_out = recorded_motion(settings.poses.motion)
    network = starting_lifter(settings.network, settings.options, settings.normalisation, settings.start, settings.seed)
    if settings.weight_norm and not hasattr(network, "limit_weights"):
        raise ValueError(f"{settings.network} has no weights to limit; give weight_norm = 0")
    choose_device(device)
    if settings.detections.share:
        _check_pictures(folder, settings)
    if settings.poses.synthetic:
        from fitlab.synthetic.people.body import body_model

        body_model()  # ImportError where it can neither be read nor made
    claim(folder, settings)  # not before: settings that cannot be trained with would lock the folder
    exercises = synthetic_poses(folder, settings) if settings.poses.synthetic else None
    source = pose_source(settings, recorded.points, exercises)
    found = detected_people(folder, settings) if settings.detections.share else None
    how = {"normalisation": settings.normalisation, "depth": bool(settings.noise.depth)}
    validation = {"everyday": validation_samples(held_out.points, **how)}  # type: ignore[arg-type]
    if settings.poses.synthetic:
        validation["exercise"] = validation_samples(exercise_poses(), every=1, **how)  # type: ignore[arg-type]
    if found:
        people, others = found
        validation["detected"] = others.samples()

    def given(samples: Samples) -> tuple[np.ndarray, ...]:
        return (samples.points, samples.certainty, *([samples.depth] if settings.noise.depth else []))

    def batch(key: tuple[int, ...]) -> tuple[Tensor, ...]:
        rng = np.random.default_rng(key)
        made_up, parts = settings.batch_size - settings.found, (settings.views, settings.variation, settings.noise)
        samples = draw_samples(source, rng, made_up, *parts, settings.normalisation)
        if settings.found:
            samples = joined(samples, detected_samples.draw_detected(people, rng, settings.found))
        return tuple(torch.from_numpy(array.astype(np.float32)) for array in (*given(samples), samples.target))

    def loss(network: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        *inputs, target = tensors
        answer = network(*inputs).float()
        difference = answer[..., :3] - target[:, 1:]
        if settings.loss == "mse":
            return difference.square().mean()
        distance = difference.square().sum(-1).add(1e-6).sqrt().mean()
        return (
            distance if settings.loss == "distance" else distance + _LIKELIHOOD * _unlikely(answer, difference[..., 2])
        )

    def validate(network: nn.Module) -> dict[str, float]:
        lifter = Lifter(network, settings.normalisation)
        scores = {}
        for name, some in validation.items():
            depth = some.depth if settings.noise.depth else None
            lifted = lifter.run(some.points, some.certainty, depth=depth)[..., :3]
            scores[name] = float(mpjpe(lifted * UNIT_MM, some.target * UNIT_MM).mean())
        return scores | {"mpjpe": float(np.mean(list(scores.values())))}

    def limit(network: nn.Module) -> None:
        network.limit_weights(settings.weight_norm)  # type: ignore[operator]

    task = Task(batch, loss, validate, "mpjpe", limit if settings.weight_norm else None)  # type: ignore[arg-type]
    return fit(
        network,
        task,
        settings.schedule,
        folder,
        lambda best: save(best, settings, folder),
        settings.seed,
        device,
    )


def _unlikely(answer: Tensor, error: Tensor) -> Tensor:
    """The mean negative log-likelihood of the bones' depths by Laplace's distribution.

    ``answer`` (B, 15, 4) holds the logarithm of its scale, ``error`` (B, 15) is that of the joints' depths.
    """
    whole = nn.functional.pad(error, (1, 0))  # the pelvis is known
    between = whole[:, 1:] - whole[:, _PARENTS]
    return (between.abs() * (-answer[..., 3]).exp() + answer[..., 3]).mean()


def recorded_motion(folder: str) -> tuple[mocap.Motion, mocap.Motion]:
    """(training, validation): the packed everyday motion, or the clips in ``folder``; says what is rejected."""
    if folder:
        return mocap.split_by_person(mocap.read_folder(folder, print))
    return mocap.everyday(print)


def pose_source(settings: LifterTraining, recorded: np.ndarray, synthetic: np.ndarray | None = None) -> PoseSource:
    """Recorded, random and synthetic poses in the shares of the settings.

    Straight limbs are rarer in recorded and synthetic poses than in people, and are made less rare.

    Parameters
    ----------
    settings
        Of the training.
    recorded
        (N, 16, 3) mm, z up.
    synthetic
        (M, 16, 3) mm, z up.

    Returns
    -------
    PoseSource
    """
    sources = [
        (1 - settings.poses.random - settings.poses.synthetic, _changed(frames(recorded), anatomy.straightened)),
        (settings.poses.random, anatomy.random_poses),
    ]
    if synthetic is not None:
        sources.append((settings.poses.synthetic, frames(synthetic)))
    return _changed(mixture(*sources), anatomy.straightened_arms)


def _changed(source: PoseSource, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> PoseSource:
    return lambda rng, count: change(source(rng, count), rng)


def synthetic_poses(folder: Path, settings: LifterTraining) -> np.ndarray:
    """Exercise poses of the training people.

    Parameters
    ----------
    folder
        Of the run, where they are kept so that a resumed run has the same.
    settings
        Of the training.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm, z up.
    """
    file = folder / "synthetic.npy"
    if not file.exists():
        from fitlab.synthetic.pose_sets import sample_poses

        temporary = folder / f"synthetic.{os.getpid()}.npy"  # under torchrun every process writes the same
        np.save(temporary, sample_poses(settings.poses.synthetic_poses, settings.seed)["lift16"].astype(np.float32))
        temporary.replace(file)
    return np.load(file)


def detected_people(folder: Path, settings: LifterTraining) -> tuple[Detected, Detected]:
    """What the detector finds in the pictures.

    Parameters
    ----------
    folder
        Of the run, where it is kept for a resumed one.
    settings
        Of the training.

    Returns
    -------
    tuple of Detected
        For training, and for validation.

    Raises
    ------
    ValueError
        If too few people are found for one of them.
    """
    parts = []
    for pictures, file in _detections(folder, settings):
        if not file.exists():
            detected_samples.write(detected_samples.detect_people(pictures, settings.detections.detector), file)
        people = detected_samples.read(file)
        parts.append([people.take(np.flatnonzero(chosen)) for chosen in (~people.held_out, people.held_out)])
    training, validation = (joined(*some) for some in zip(*parts, strict=True))
    if not (len(training) and len(validation)):
        raise ValueError(
            f"of the people in {', '.join(settings.detections.pictures)} {len(training)} are usable for training and "
            f"{len(validation)} for validation, at least one is needed for each; {settings.detections.detector} finds "
            "too few of them"
        )
    return training, validation


def _detections(folder: Path, settings: LifterTraining) -> list[tuple[str, Path]]:
    """Each folder of pictures, and the file that keeps what is detected in it."""
    names = settings.detections.pictures
    return [(pictures, folder / f"detected-{number}.npz") for number, pictures in enumerate(names)]


def _check_pictures(folder: Path, settings: LifterTraining) -> None:
    """Errors of :func:`detected_people` that are known before anything is detected."""
    for pictures, file in _detections(folder, settings):
        if not file.exists():
            load_detector(settings.detections.detector)
            last_tenth(len(catalogue.open_for_training(pictures)), pictures)


def exercise_poses(count: int = 1500) -> np.ndarray:
    """Synthetic exercise poses that no training draws: their people are not those of a training.

    Parameters
    ----------
    count
        How many.

    Returns
    -------
    np.ndarray
        (count, 16, 3) mm, z up.
    """
    from fitlab.synthetic.pose_sets import sample_poses

    return sample_poses(count, _VALIDATION_SEED)["lift16"]


def validation_samples(
    points: np.ndarray, normalisation: str = "person", every: int = 10, cameras: int = 2, depth: bool = False
) -> Samples:
    """Held-out frames before fixed random cameras, with true joints in the picture and bodies as they are.

    Parameters
    ----------
    points
        (N, 16, 3) mm.
    normalisation
        ``person`` or ``screen``.
    every
        One frame in so many is taken.
    cameras
        Before how many cameras each frame is put.
    depth
        Whether a detector says how deep joints are, as wrongly as in training.

    Returns
    -------
    Samples
    """
    rng = np.random.default_rng(_VALIDATION_SEED)
    poses = np.repeat(points[::every], cameras, axis=0)
    nothing = Noise(exact=1.0, unseen=0.0, depth=float(depth))
    return draw_samples(lambda *_: poses, rng, len(poses), Views(), None, nothing, normalisation)


def save(network: nn.Module, settings: LifterTraining, folder: Path) -> None:
    """Write the lifter."""
    save_lifter(network, settings.network, settings.options, settings.normalisation, folder)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of ``fitlab train lifter``: each setting is an option (:mod:`fitlab.training.recipes`)."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of this training; resumed if it was begun",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ...")
    recipes.add_options(parser, LifterTraining)


def run(args: argparse.Namespace) -> None:
    """Train with the options of :func:`add_arguments` and say how good it became."""
    settings = recipes.from_options(args, LifterTraining)
    best = train(settings, args.out, args.device)
    if best:
        sets = ", ".join(f"{name} {value:.1f}" for name, value in best.items() if name not in ("step", "mpjpe"))
        print(f"best at step {best['step']:.0f}: MPJPE in mm on held-out poses: {sets}; their mean {best['mpjpe']:.1f}")
        print(args.out / "lifter.safetensors")
