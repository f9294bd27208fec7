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
from fitlab.lifting.fit import fit
from fitlab.lifting.inputs import (
    DERIVED,
    FIELD_OF_VIEW,
    NORMALISATIONS,
    UNIT_MM,
    certainty_of,
    check_field_of_view,
    depth_inputs,
    lifter_depth,
    normalise_person,
    normalise_screen,
    person_size,
    rays_of,
    to_lifter_joints,
    towards,
)
from fitlab.models.catalogue import LIFTER
from fitlab.poses import SEEN, VISIBLE, Pose2D, Pose3D, check_pose2d
from fitlab.skeletons import DERIVED_JOINTS, LIFT16, convert_scores, unknown
from fitlab.weights import registry

if TYPE_CHECKING:
    from torch import nn

DEFAULT_LIFTER = "martinez-depth"

#: With fewer joints seen than this there is no body to speak of: the whole pose is unknown.
FEWEST_JOINTS = 5
_NO_COVARIANCE = "samples show what the keypoints' covariance leaves open, and this Pose2D has none; use samples=0"
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
    depth : bool
        Whether the network also takes what the detector says of the joints' depth.
    """

    network: nn.Module
    normalisation: str = "person"
    name: str = ""
    depth: bool = False

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
        one_person: bool = False,
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
            How many poses to draw: from what the fit to the picture leaves open or, by a network that says nothing of
            its depth, from keypoints drawn from the covariance.
        seed : int
            Fixes the numbers that are drawn.
        field_of_view : float or (...) array
            Degrees that the picture's longer side shows; it turns the whole pose, and changes its angles by a little.
        flip : bool
            Average with the lifted mirror image (test-time augmentation).
        one_person : bool
            Whether all poses are of one person, whose bones have one length in all of them; only for lifters whose
            answer is fitted to the picture (:mod:`fitlab.lifting.fit`).

        Returns
        -------
        Pose3D
            Points (..., 16, 3), samples (samples, ..., 16, 3) if there are any.

        Raises
        ------
        ValueError
            For a field of view that no lens has, fewer samples than none, or if samples are wanted and there is no
            covariance.
        TypeError
            For what is not a Pose2D.

        References
        ----------
        D. Pavllo et al., "3D human pose estimation in video with temporal convolutions and semi-supervised training",
        CVPR 2019: averaging with the mirror image.
        """
        check_pose2d(pose2d)
        check_field_of_view(field_of_view)
        if not isinstance(samples, int) or samples < 0:
            raise ValueError(f"samples is a whole number of poses, 0 or more; got {samples!r}")
        if samples and pose2d.covariance is None:
            raise ValueError(_NO_COVARIANCE)
        points, drawn = self._lift(pose2d.points, pose2d, field_of_view, flip, samples, seed, one_person)
        if samples and drawn is None:
            several = draw_points(pose2d, samples, seed)
            drawn, _ = self._lift(several, pose2d, field_of_view, flip)
        score = convert_scores(pose2d.score, pose2d.skeleton, LIFT16)
        for joint, sides in DERIVED:  # what is not seen itself is lifted from both sides, and as sure as they are
            both, own = score[..., sides].min(-1), score[..., joint]
            score[..., joint] = np.where(own < SEEN, np.maximum(own, both), own)
        score[..., _SPINE] = score[..., _ENDS].min(-1)
        pose = Pose3D(points, score, drawn, hidden=_hidden(pose2d))
        return pose if height_mm is None else rescaled(pose, height_mm)

    def _lift(
        self,
        points: np.ndarray,
        pose2d: Pose2D,
        field_of_view: float | np.ndarray,
        flip: bool,
        samples: int = 0,
        seed: int = 0,
        one_person: bool = False,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """(..., 16, 3) mm for ``points`` in the skeleton of ``pose2d``, whose scores say what is seen.

        Poses are drawn only by a network that says how sure its depth is.
        """
        points, seen, deviation = to_lifter_joints(points, pose2d.score, _deviation(pose2d), pose2d.skeleton)
        size = person_size(points, seen)
        answered = seen & (seen.sum(-1, keepdims=True) >= FEWEST_JOINTS) & (size > 0)[..., None]
        certainty = certainty_of(deviation / np.where(size > 0, size, np.nan)[..., None], seen)
        if self.normalisation == "screen":
            inputs = normalise_screen(points, seen, pose2d.image_size)
            return np.where(answered[..., None], self.run(inputs, certainty, flip=flip) * UNIT_MM, np.nan), None
        rays, focal = rays_of(points, pose2d.image_size, field_of_view)
        turn = towards(rays, seen)
        inputs, depth = normalise_person(points, seen), None
        if self.depth:
            away, error = np.moveaxis(lifter_depth(pose2d) / focal[..., None, None], -1, 0)
            depth = depth_inputs(rays, away, error, seen, turn)
        answer = self.run(inputs, certainty, flip, depth)
        lifted, drawn = answer[..., :3] @ np.swapaxes(turn, -1, -2) * UNIT_MM, None
        if answer.shape[-1] > 3:
            scale = np.exp(answer[..., 1:, 3]) * UNIT_MM
            lifted, drawn = fit(rays, deviation / focal[..., None], answered, lifted, scale, samples, seed, one_person)
        known = answered[..., None]
        return np.where(known, lifted, np.nan), None if drawn is None else np.where(known, drawn, np.nan)

    def run(
        self, inputs: np.ndarray, certainty: np.ndarray, flip: bool = True, depth: np.ndarray | None = None
    ) -> np.ndarray:
        """The network on normalised joints.

        Parameters
        ----------
        inputs
            (..., 16, 2), as :mod:`fitlab.lifting.inputs` makes them.
        certainty
            (..., 16) keypoint scores.
        flip
            Average with the answer to the mirror image.
        depth
            (..., 16, 2), for networks that take the detector's depth.

        Returns
        -------
        np.ndarray
            (..., 16, 3) in the network's units, the pelvis 0. With a network that answers scales (..., 16, 4): the last
            is the logarithm of the mean error, in the same units, of the depth between a joint and its parent.
        """
        import torch

        sides = list(LIFT16.mirror)
        given = [inputs, certainty, *([] if depth is None else [depth])]
        if flip:  # both in one batch: for a single pose the time goes into reading the weights
            other = [_mirrored(inputs), *(np.take(part, sides, axis=certainty.ndim - 1) for part in given[1:])]
            points, known, *more = (np.stack(pair) for pair in zip(given, other, strict=True))
            plain, mirrored = self.run(points, known, False, *more)
            return (plain + _mirrored(mirrored)) / 2

        device = next(self.network.parameters()).device
        rows = [torch.from_numpy(part.reshape(-1, *part.shape[inputs.ndim - 2 :]).astype(np.float32)) for part in given]
        with torch.inference_mode():
            batches = zip(*(part.split(4096) for part in rows), strict=True)
            lifted = torch.cat([self.network(*(part.to(device) for part in batch)).cpu() for batch in batches])
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
    one_person: bool = False,
) -> Pose3D:
    """A pose in 3D, by a lifter or by the default one; see :meth:`Lifter.lift`.

    Parameters
    ----------
    pose2d, height_mm, samples, seed, field_of_view, flip, one_person
        As for :meth:`Lifter.lift`.
    lifter
        One, or what :func:`load_lifter` takes.

    Returns
    -------
    Pose3D
        (..., 16, 3) mm in camera axes, the pelvis at 0.

    Raises
    ------
    ValueError, TypeError
        As :meth:`Lifter.lift`.
    """
    return _as_lifter(lifter).lift(pose2d, height_mm, samples, seed, field_of_view, flip, one_person)


def rescaled(pose: Pose3D, height_mm: float) -> Pose3D:
    """A pose as that of a person of another height.

    Parameters
    ----------
    pose
        (..., 16, 3) mm.
    height_mm
        Of the person, barefoot.

    Returns
    -------
    Pose3D
        With its samples scaled as well.

    Raises
    ------
    ValueError
        As :func:`fitlab.bodies.scale_to_height`.
    """
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
    return Lifter(registry.network(entry), entry.normalisation, entry.name, bool(entry.options.get("depth")))


def draw_points(pose2d: Pose2D, samples: int, seed: int) -> np.ndarray:
    """Draw keypoints from the normal distributions that a pose describes.

    Parameters
    ----------
    pose2d
        (..., J, 2) px with a covariance.
    samples
        How many.
    seed
        The same seed gives the same samples.

    Returns
    -------
    np.ndarray
        (samples, ..., J, 2) px.

    Raises
    ------
    ValueError
        If there is no covariance.
    """
    if pose2d.covariance is None:
        raise ValueError(_NO_COVARIANCE)
    values, axes = np.linalg.eigh(np.nan_to_num(pose2d.covariance))
    root = axes * np.sqrt(np.maximum(values, 0))[..., None, :]
    drawn = np.random.default_rng(seed).standard_normal((samples, *pose2d.points.shape))
    return pose2d.points + (root @ drawn[..., None])[..., 0]


def _hidden(pose2d: Pose2D) -> np.ndarray | None:
    """(..., 16) how probable it is that a joint is not shown, 0 where nobody is; None where nothing says."""
    if pose2d.visibility is None:
        return None
    shown = np.clip(np.nan_to_num(pose2d.visibility[..., VISIBLE], nan=1.0), 0, 1)
    return 1 - convert_scores(shown, pose2d.skeleton, LIFT16)


def _deviation(pose2d: Pose2D) -> np.ndarray:
    """(..., J) px, one standard deviation of each keypoint; 0 where the detector says nothing."""
    if pose2d.covariance is None:
        return np.zeros(pose2d.score.shape)
    variance = np.trace(pose2d.covariance, axis1=-2, axis2=-1) / 2
    return np.sqrt(np.maximum(np.nan_to_num(variance), 0))
