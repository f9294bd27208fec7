"""Pose2D to Pose3D: the joints of one person in the camera's axes, from their places in the picture.

A picture does not tell how large a person is. The network therefore answers for a body of reference size
(:data:`fitlab.bodies.REFERENCE_HEIGHT`), and ``height_mm`` rescales its answer to the person's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitlab.bodies import scale_to_height
from fitlab.lifting.inputs import (
    DERIVED,
    FIELD_OF_VIEW,
    NORMALISATIONS,
    UNIT_MM,
    certainty_of,
    normalise_person,
    normalise_screen,
    person_size,
    to_lifter_joints,
    towards,
)
from fitlab.models.catalogue import LIFTER
from fitlab.poses import SEEN, Pose2D, Pose3D
from fitlab.skeletons import DERIVED_JOINTS, LIFT16, convert_scores, unknown
from fitlab.weights import registry

if TYPE_CHECKING:
    from torch import nn

DEFAULT_LIFTER = "martinez-fitness"

#: With fewer joints seen than this there is no body to speak of: the whole pose is unknown.
FEWEST_JOINTS = 5
_SPINE, *_ENDS = LIFT16.indices(["spine", *DERIVED_JOINTS["spine"]])


@dataclass(frozen=True)
class Lifter:
    """A network in eval mode, and what its input looks like.

    Parameters
    ----------
    network : torch.nn.Module
        From points (B, 16, 2), and certainty (B, 16) if its ``certainty`` is true, to joints (B, 15, 3) in units of
        :data:`~fitlab.lifting.inputs.UNIT_MM`.
    normalisation : str
        ``person``: relative to the pelvis and divided by the person's size in the picture, indifferent to crop, zoom
        and camera; or ``screen``: the report's, the picture's width is -1..1 (:mod:`fitlab.lifting.inputs`).
    name : str
        In the registry, or the file that a training wrote; intervals are calibrated for it.
    """

    network: nn.Module
    normalisation: str = "person"
    name: str = ""

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(unknown(self.normalisation, NORMALISATIONS, "normalisation"))
        self.network.float().eval()  # whatever the host program's default dtype was when it was built

    def lift(
        self,
        pose2d: Pose2D,
        height_mm: float | None = None,
        samples: int = 0,
        seed: int = 0,
        field_of_view: float | np.ndarray = FIELD_OF_VIEW,
        flip: bool = True,
    ) -> Pose3D:
        """The pose in LIFT16, mm, camera axes, pelvis at 0; leading axes stay, a clip goes in one batch.

        A joint with a score below :data:`fitlab.poses.SEEN` is not looked at and NaN in the answer; with fewer than
        :data:`FEWEST_JOINTS` known, pelvis, spine and thorax from the joints round them too, the whole pose is NaN.

        Parameters
        ----------
        pose2d : Pose2D
            Joints (..., J, 2) in pixels, of any skeleton.
        height_mm : float, optional
            The person's height, one person in all frames (:func:`fitlab.bodies.scale_to_height`).
        samples : int
            How many poses to lift from keypoints drawn from the covariance.
        seed : int
            Fixes the numbers that are drawn.
        field_of_view : float or (...) array
            Degrees that the picture's longer side shows; it turns the whole pose and leaves its angles alone.
        flip : bool
            Average with the lifted mirror image (test-time augmentation).

        Returns
        -------
        Pose3D
            Points (..., 16, 3), samples (samples, ..., 16, 3) if there are any.

        Raises
        ------
        ValueError
            For a field of view that no lens has, or if samples are wanted and there is no covariance.

        References
        ----------
        D. Pavllo et al., "3D human pose estimation in video with temporal convolutions and semi-supervised training",
        CVPR 2019: averaging with the mirror image.
        """
        if not ((np.asarray(field_of_view) > 0) & (np.asarray(field_of_view) < 180)).all():
            raise ValueError(f"field_of_view is in degrees, more than 0 and less than 180; got {field_of_view}")
        deviation = _deviation(pose2d)
        points = self._lift(pose2d.points, pose2d, deviation, field_of_view, flip)
        drawn = None
        if samples:
            drawn = self._lift(draw_points(pose2d, samples, seed), pose2d, deviation, field_of_view, flip)
        score = convert_scores(pose2d.score, pose2d.skeleton, LIFT16)
        for joint, sides in DERIVED:  # what is not seen itself is lifted from both sides, and as sure as they are
            both, own = score[..., sides].min(-1), score[..., joint]
            score[..., joint] = np.where(own < SEEN, np.maximum(own, both), own)
        score[..., _SPINE] = score[..., _ENDS].min(-1)
        pose = Pose3D(points, score, drawn)
        return pose if height_mm is None else rescaled(pose, height_mm)

    def _lift(
        self, points: np.ndarray, pose2d: Pose2D, deviation: np.ndarray, field_of_view: float | np.ndarray, flip: bool
    ) -> np.ndarray:
        """(..., 16, 3) mm for ``points`` in the skeleton of ``pose2d``, whose scores say what is seen."""
        points, seen, deviation = to_lifter_joints(points, pose2d.score, deviation, pose2d.skeleton)
        size = person_size(points, seen)
        if self.normalisation == "person":
            inputs, turn = normalise_person(points, seen), towards(points, seen, pose2d.image_size, field_of_view)
        else:
            inputs, turn = normalise_screen(points, seen, pose2d.image_size), np.eye(3)
        certainty = certainty_of(deviation / np.where(size > 0, size, np.nan)[..., None], seen)
        lifted = self.run(inputs, certainty, flip) @ np.swapaxes(turn, -1, -2) * UNIT_MM
        answered = seen & (seen.sum(-1, keepdims=True) >= FEWEST_JOINTS) & (size > 0)[..., None]
        return np.where(answered[..., None], lifted, np.nan)

    def run(self, inputs: np.ndarray, certainty: np.ndarray, flip: bool = True) -> np.ndarray:
        """The network on normalised ``inputs`` (..., 16, 2): (..., 16, 3) in its own units, the pelvis 0."""
        import torch

        if flip:  # both in one batch: for a single pose the time goes into reading the weights
            both = np.stack([inputs, _mirrored(inputs)])
            plain, mirrored = self.run(both, np.stack([certainty, certainty[..., list(LIFT16.mirror)]]), flip=False)
            return (plain + _mirrored(mirrored)) / 2

        device = next(self.network.parameters()).device
        rows = torch.from_numpy(inputs.reshape(-1, *inputs.shape[-2:]).astype(np.float32))
        sure = torch.from_numpy(certainty.reshape(-1, certainty.shape[-1]).astype(np.float32))
        with torch.inference_mode():
            batches = zip(rows.split(4096), sure.split(4096), strict=True)
            lifted = torch.cat([self.network(some.to(device), known.to(device)).cpu() for some, known in batches])
        joints = lifted.numpy().reshape(*inputs.shape[:-2], *lifted.shape[-2:]).astype(float)
        return np.concatenate([np.zeros_like(joints[..., :1, :]), joints], axis=-2)


def _mirrored(joints: np.ndarray) -> np.ndarray:
    """What a mirror shows of joints (..., 16, 2 or 3) in LIFT16: x turned round, left and right exchanged."""
    turned = joints[..., list(LIFT16.mirror), :]
    return np.concatenate([-turned[..., :1], turned[..., 1:]], axis=-1)


def lift(
    pose2d: Pose2D,
    height_mm: float | None = None,
    samples: int = 0,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    seed: int = 0,
    field_of_view: float | np.ndarray = FIELD_OF_VIEW,
    flip: bool = True,
) -> Pose3D:
    """``pose2d`` in 3D; see :meth:`Lifter.lift`.

    Parameters
    ----------
    lifter : str, Path or Lifter
        One, or what :func:`load_lifter` takes.
    """
    return _as_lifter(lifter).lift(pose2d, height_mm, samples, seed, field_of_view, flip)


def rescaled(pose: Pose3D, height_mm: float) -> Pose3D:
    """``pose`` as that of a person of ``height_mm``; errors as :func:`fitlab.bodies.scale_to_height`."""
    scale = scale_to_height(pose.points, height_mm)
    samples = None if pose.samples is None else pose.samples * scale
    return replace(pose, points=pose.points * scale, samples=samples)


def _as_lifter(lifter: str | Path | Lifter) -> Lifter:
    return lifter if isinstance(lifter, Lifter) else load_lifter(lifter)


def load_lifter(name: str | Path = DEFAULT_LIFTER) -> Lifter:
    """The lifter called ``name`` in the registry, or the one in a ``.safetensors`` file that fitlab trained.

    One of the registry is kept; a file is read anew each time.

    Raises
    ------
    ValueError
        For an unknown name, or weights that are not right.
    FileNotFoundError
        Where the weights are not here.
    """
    return _made(registry.find(name, LIFTER)) if registry.is_file_name(name) else _known_lifter(str(name))


@cache
def _known_lifter(name: str) -> Lifter:
    return _made(registry.find(name, LIFTER))


def _made(entry: registry.Entry) -> Lifter:
    return Lifter(registry.network(entry), entry.normalisation, entry.name)


def draw_points(pose2d: Pose2D, samples: int, seed: int) -> np.ndarray:
    """(samples, ..., J, 2) keypoints drawn from the normal distributions that ``pose2d`` describes."""
    if pose2d.covariance is None:
        raise ValueError("samples are drawn from the keypoints' covariance, and this Pose2D has none; use samples=0")
    values, axes = np.linalg.eigh(np.nan_to_num(pose2d.covariance))
    root = axes * np.sqrt(np.maximum(values, 0))[..., None, :]
    drawn = np.random.default_rng(seed).standard_normal((samples, *pose2d.points.shape))
    return pose2d.points + (root @ drawn[..., None])[..., 0]


def _deviation(pose2d: Pose2D) -> np.ndarray:
    """(..., J) px, one standard deviation of each keypoint; 0 where the detector says nothing."""
    if pose2d.covariance is None:
        return np.zeros(pose2d.score.shape)
    variance = np.trace(pose2d.covariance, axis1=-2, axis2=-1) / 2
    return np.sqrt(np.maximum(np.nan_to_num(variance), 0))
