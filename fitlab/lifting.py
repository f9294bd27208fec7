"""Pose2D to Pose3D: the joints of one person in the camera's axes, from their places in the picture.

A picture does not tell how large a person is. The network therefore answers for a body of reference size
(:data:`REFERENCE_HEIGHT`), and ``height_mm`` rescales its answer to the person's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitlab import weights
from fitlab.poses import SEEN, Pose2D, Pose3D
from fitlab.skeletons import LIFT16, Skeleton, convert, convert_scores, unknown

if TYPE_CHECKING:
    from torch import nn

DEFAULT_LIFTER = "martinez-general"
NORMALISATIONS = ("person", "screen")

#: mm in one unit of the network's output and, with the ``person`` normalisation, of its input.
UNIT_MM = 300.0

#: A joint whose place is known to this many mm of the reference body (one standard deviation) is half certain.
HALF_CERTAIN_MM = 30.0

#: Degrees that the longer side of a picture is taken to show where nobody knows: between a phone's main camera (67) and
#: its portrait lens or a cropped picture (35 to 40).
FIELD_OF_VIEW = 50.0

#: With fewer joints seen than this there is no body to speak of: the whole pose is unknown.
FEWEST_JOINTS = 5

_LENGTHS = {
    ("hip", "knee"): 410.0,
    ("knee", "ankle"): 410.0,
    ("shoulder", "elbow"): 295.0,
    ("elbow", "wrist"): 230.0,
    ("pelvis", "hip"): 110.0,
    ("pelvis", "spine"): 235.0,
    ("spine", "thorax"): 235.0,
    ("thorax", "shoulder"): 185.0,
    ("thorax", "head_top"): 280.0,
}


def _part(joint: str) -> str:
    return joint.removeprefix("left_").removeprefix("right_")


#: (B,) mm, the lengths of LIFT16's bones in the reference body.
REFERENCE_BONES = np.array([_LENGTHS[_part(start), _part(end)] for start, end in LIFT16.bones])

#: mm, the height of the body that the network answers for: between the means of women and men.
REFERENCE_HEIGHT = 1710.0

#: Shin, thigh, and hips to shoulders as shares of the body height: standing people's ankles, knees, hips and shoulders
#: are at 0.039, 0.285, 0.530 and 0.818 of it (Drillis & Contini, Body Segment Parameters, 1966).
SHIN, THIGH, TRUNK = 0.246, 0.245, 0.288

_PELVIS, _SPINE, _THORAX = LIFT16.indices(["pelvis", "spine", "thorax"])
_DERIVED = (
    (_PELVIS, LIFT16.indices(["left_hip", "right_hip"])),
    (_THORAX, LIFT16.indices(["left_shoulder", "right_shoulder"])),
)


@dataclass(frozen=True)
class Lifter:
    """A network in eval mode, and what its input looks like.

    network        (B, 16, 2), and certainty (B, 16) if its ``certainty`` is true -> (B, 15, 3) in :data:`UNIT_MM`
    normalisation  ``person``: relative to the pelvis and divided by the person's size in the picture (see
                   :func:`normalise_person`), indifferent to crop, zoom and camera; or ``screen``: the report's,
                   the picture's width is -1..1
    """

    network: nn.Module
    normalisation: str = "person"

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(unknown(self.normalisation, NORMALISATIONS, "normalisation"))
        self.network.eval()

    def lift(
        self,
        pose2d: Pose2D,
        height_mm: float | None = None,
        samples: int = 0,
        seed: int = 0,
        field_of_view: float | np.ndarray = FIELD_OF_VIEW,
    ) -> Pose3D:
        """The pose in LIFT16, mm, camera axes, pelvis at 0; leading axes stay, a clip goes in one batch.

        A joint with a score below :data:`fitlab.poses.SEEN` is not looked at and NaN in the answer; with fewer than
        :data:`FEWEST_JOINTS` seen the whole pose is NaN. ``height_mm`` is the person's height, one person in all
        frames (see :func:`scale_to_height`). ``samples`` poses are lifted from keypoints drawn from the covariance,
        with numbers that ``seed`` fixes. ``field_of_view`` is what the picture's longer side shows, in degrees, one or
        (...,); it turns the whole pose and leaves its angles alone. ValueError if there is no covariance to draw from.
        """
        spread = _spread(pose2d)
        points = self._lift(pose2d.points, pose2d, spread, field_of_view)
        drawn = None
        if samples:
            drawn = self._lift(draw_points(pose2d, samples, seed), pose2d, spread, field_of_view)
        if height_mm is not None:
            scale = scale_to_height(points, height_mm)
            points = points * scale
            drawn = None if drawn is None else drawn * scale
        score = convert_scores(pose2d.score, pose2d.skeleton, LIFT16)
        for joint, sides in _DERIVED:  # what is lifted from both sides is as sure as they are
            score[..., joint] = np.maximum(score[..., joint], score[..., sides].min(-1))
        return Pose3D(points, score, drawn)

    def _lift(
        self, points: np.ndarray, pose2d: Pose2D, spread: np.ndarray, field_of_view: float | np.ndarray
    ) -> np.ndarray:
        """(..., 16, 3) mm for ``points`` in the skeleton of ``pose2d``, whose scores say what is seen."""
        points, seen, spread = to_lifter_joints(points, pose2d.score, spread, pose2d.skeleton)
        size = person_size(points, seen)
        if self.normalisation == "person":
            inputs, turn = normalise_person(points, seen), towards(points, seen, pose2d.image_size, field_of_view)
        else:
            inputs, turn = normalise_screen(points, seen, pose2d.image_size), np.eye(3)
        certainty = certainty_of(spread / np.where(size > 0, size, np.nan)[..., None], seen)
        lifted = self.run(inputs, certainty) @ np.swapaxes(turn, -1, -2) * UNIT_MM
        answered = seen & (seen.sum(-1, keepdims=True) >= FEWEST_JOINTS) & (size > 0)[..., None]
        return np.where(answered[..., None], lifted, np.nan)

    def run(self, inputs: np.ndarray, certainty: np.ndarray) -> np.ndarray:
        """The network on normalised ``inputs`` (..., 16, 2): (..., 16, 3) in its own units, the pelvis 0."""
        import torch

        device = next(self.network.parameters()).device
        rows = torch.from_numpy(inputs.reshape(-1, *inputs.shape[-2:]).astype(np.float32))
        sure = torch.from_numpy(certainty.reshape(-1, certainty.shape[-1]).astype(np.float32))
        with torch.inference_mode():
            batches = zip(rows.split(4096), sure.split(4096), strict=True)
            lifted = torch.cat([self.network(some.to(device), known.to(device)).cpu() for some, known in batches])
        joints = lifted.numpy().reshape(*inputs.shape[:-2], -1, 3).astype(float)
        return np.concatenate([np.zeros_like(joints[..., :1, :]), joints], axis=-2)


def lift(
    pose2d: Pose2D,
    height_mm: float | None = None,
    samples: int = 0,
    lifter: str | Lifter = DEFAULT_LIFTER,
    seed: int = 0,
    field_of_view: float | np.ndarray = FIELD_OF_VIEW,
) -> Pose3D:
    """``pose2d`` in 3D; see :meth:`Lifter.lift`. ``lifter`` is one, or the name of one."""
    return _as_lifter(lifter).lift(pose2d, height_mm, samples, seed, field_of_view)


def _as_lifter(lifter: str | Lifter) -> Lifter:
    return lifter if isinstance(lifter, Lifter) else load_lifter(lifter)


@cache
def load_lifter(name: str = DEFAULT_LIFTER) -> Lifter:
    """The lifter called ``name`` in the registry, or the one in a ``.safetensors`` file that fitlab trained.

    ValueError for an unknown name or weights that are not right, FileNotFoundError where they are not here.
    """
    if str(name).endswith(".safetensors"):
        content, tensors = _read_trained(Path(name))
        network = build_network(content["network"], content["options"])
        weights.load_into(network, tensors, str(name))
        return Lifter(network, content["normalisation"])
    entry = weights.entry(name)
    if entry.kind != "lifter":
        raise ValueError(f"{name} is a {entry.kind}, not a lifter")
    network = build_network(entry.network, entry.options)
    weights.load_into(network, weights.state_dict(name), name)
    return Lifter(network, entry.normalisation)


def build_network(network: str, options: dict) -> nn.Module:
    """A lifter's network by the name that the registry uses, untrained."""
    if network != "martinez":
        raise ValueError(unknown(network, ("martinez",), "network of a lifter"))
    from fitlab.models.martinez import Martinez

    return Martinez(**options)


def _read_trained(file: Path) -> tuple[dict, dict]:
    """What a trained file says about itself (network, options, normalisation), and its tensors."""
    from safetensors import safe_open

    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    with safe_open(file, "pt") as opened:
        about = json.loads((opened.metadata() or {}).get("fitlab", "{}"))
    if not about:
        raise ValueError(f"{file} does not say which network it is for: it was not written by fitlab's training")
    return about, weights.read_tensors(file.read_bytes(), file)


def to_lifter_joints(
    points: np.ndarray, score: np.ndarray, spread: np.ndarray, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Joints as every lifter takes them: points (..., 16, 2) in LIFT16, seen (..., 16), spread (..., 16).

    Leading axes of ``points`` beyond those of ``score`` are samples. A pelvis or thorax that is not seen is the middle
    of the hips or shoulders where those are; the spine is always the middle of pelvis and thorax, as 2D detectors have
    no other.
    """
    seen = convert_scores(np.where(np.isfinite(points).all(-1), score, 0.0), skeleton, LIFT16) >= SEEN
    points = convert(points, skeleton, LIFT16)
    spread = np.broadcast_to(convert(spread[..., None], skeleton, LIFT16)[..., 0], seen.shape).copy()
    for joint, sides in _DERIVED:
        use = ~seen[..., joint] & seen[..., sides].all(-1)
        points[..., joint, :] = np.where(use[..., None], points[..., sides, :].mean(-2), points[..., joint, :])
        spread[..., joint] = np.where(use, spread[..., sides].mean(-1), spread[..., joint])
        seen[..., joint] |= use
    points[..., _SPINE, :] = (points[..., _PELVIS, :] + points[..., _THORAX, :]) / 2
    spread[..., _SPINE] = (spread[..., _PELVIS] + spread[..., _THORAX]) / 2
    seen[..., _SPINE] = seen[..., _PELVIS] & seen[..., _THORAX]
    return points, seen, spread


def person_size(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """How large the person is in the picture, pixels for a mm of the reference body: (...,) from (..., 16, 2).

    The root of the mean square length of the bones that are seen, over the same for the reference body: it hardly
    changes when somebody lies down, and any part of a body gives an estimate. NaN where no bone is seen.
    """
    start, end = LIFT16.bone_indices.T
    used = seen[..., start] & seen[..., end]
    squares = np.where(used, np.square(points[..., end, :] - points[..., start, :]).sum(-1), 0.0).sum(-1)
    reference = np.where(used, REFERENCE_BONES**2, 0.0).sum(-1)
    with np.errstate(invalid="ignore"):
        return np.sqrt(squares / reference)


def normalise_person(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Points (..., 16, 2) relative to the :func:`origin`, over the person's size; an unseen joint is 0."""
    size = person_size(points, seen)
    scale = np.where(size > 0, size, 1.0) * UNIT_MM
    normalised = (points - origin(points, seen)[..., None, :]) / scale[..., None, None]
    return np.where(seen[..., None], normalised, 0.0)


def origin(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(..., 2) px: the pelvis, or where that is not seen the middle of all joints that are."""
    visible = np.where(seen[..., None], points, 0.0)
    middle = visible.sum(-2) / np.maximum(seen.sum(-1), 1)[..., None]
    return np.where(seen[..., _PELVIS, None], visible[..., _PELVIS, :], middle)


def towards(
    points: np.ndarray,
    seen: np.ndarray,
    image_size: tuple[float, float],
    field_of_view: float | np.ndarray = FIELD_OF_VIEW,
) -> np.ndarray:
    """(..., 3, 3) rotation from the axes of a camera that looks straight at the person to those of the real one.

    In ``person`` normalisation a network does not know where in the picture somebody is, and answers as if in the
    middle. How far the camera would have to turn follows from the place and from ``field_of_view``, the degrees that
    the picture's longer side shows.
    """
    width, height = image_size
    focal = max(width, height) / 2 / np.tan(np.deg2rad(field_of_view) / 2)
    offset = (origin(points, seen) - [(width - 1) / 2, (height - 1) / 2]) / np.asarray(focal)[..., None]
    return turn_to(np.concatenate([offset, np.ones_like(offset[..., :1])], axis=-1))


def turn_to(ray: np.ndarray) -> np.ndarray:
    """(..., 3, 3) the smallest rotation that takes the z axis to the direction of ``ray`` (..., 3), z > 0."""
    x, y, z = np.moveaxis(ray / np.linalg.norm(ray, axis=-1, keepdims=True), -1, 0)
    shared = 1 / (1 + z)
    rows = [[1 - x * x * shared, -x * y * shared, x], [-x * y * shared, 1 - y * y * shared, y], [-x, -y, z]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def normalise_screen(points: np.ndarray, seen: np.ndarray, image_size: tuple[float, float]) -> np.ndarray:
    """The report's: x from -1 to 1 over the width, y at the same scale, 0 in the middle; an unseen joint is 0."""
    width, height = image_size
    normalised = (2 * (points + 0.5) - np.array([width, height])) / width
    return np.where(seen[..., None], normalised, 0.0)


def certainty_of(spread_mm: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """From each joint's standard deviation in mm of the reference body: 1 exactly known, 0 not seen."""
    return np.where(seen, 1 / (1 + np.nan_to_num(spread_mm) / HALF_CERTAIN_MM), 0.0)


def body_height(points: np.ndarray) -> np.ndarray:
    """How tall people are, (...,) mm, whatever they do: from their shins, thighs and trunks in points (..., 16, 3).

    What is seen of those is compared with what it measures in people of a known height. The trunk goes from the pelvis
    over the spine to the middle of the shoulders, since data sets do not agree on where a thorax is. NaN if neither
    a shin, a thigh nor the trunk is known.
    """
    place = {joint: points[..., index, :] for index, joint in enumerate(LIFT16.joints)}
    shoulders = (place["left_shoulder"] + place["right_shoulder"]) / 2
    trunk = _length(place["pelvis"], place["spine"]) + _length(place["spine"], shoulders)
    lengths, shares = [trunk], [TRUNK]
    for side in ("left", "right"):
        hip, knee, ankle = (place[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        lengths += [_length(hip, knee), _length(knee, ankle)]
        shares += [THIGH, SHIN]
    lengths = np.stack(lengths, axis=-1)
    compared = np.where(np.isnan(lengths), 0.0, shares).sum(-1)
    return np.nansum(lengths, -1) / np.where(compared > 0, compared, np.nan)


def _length(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.linalg.norm(end - start, axis=-1)


def scale_to_height(points: np.ndarray, height_mm: float) -> float:
    """The factor that makes the lifted ``points`` (..., 16, 3) a person of ``height_mm``, by the median over frames.

    ValueError for a height that no person has, or where :func:`body_height` cannot tell it in any frame.
    """
    if not 500 <= height_mm <= 2500:
        raise ValueError(f"height_mm is the person's height in millimetres, 500 to 2500; got {height_mm}")
    heights = body_height(points)
    if np.isnan(heights).all():
        raise ValueError("height_mm cannot be used: neither a leg nor the trunk is seen; leave it out")
    return float(height_mm / np.nanmedian(heights))


def draw_points(pose2d: Pose2D, samples: int, seed: int) -> np.ndarray:
    """(samples, ..., J, 2) keypoints drawn from the normal distributions that ``pose2d`` describes."""
    if pose2d.covariance is None:
        raise ValueError("samples are drawn from the keypoints' covariance, and this Pose2D has none; use samples=0")
    values, axes = np.linalg.eigh(np.nan_to_num(pose2d.covariance))
    spread = axes * np.sqrt(np.maximum(values, 0))[..., None, :]
    drawn = np.random.default_rng(seed).standard_normal((samples, *pose2d.points.shape))
    return pose2d.points + (spread @ drawn[..., None])[..., 0]


def _spread(pose2d: Pose2D) -> np.ndarray:
    """(..., J) px, one standard deviation of each keypoint; 0 where the detector says nothing."""
    if pose2d.covariance is None:
        return np.zeros(pose2d.score.shape)
    variance = np.trace(pose2d.covariance, axis1=-2, axis2=-1) / 2
    return np.sqrt(np.maximum(np.nan_to_num(variance), 0))
