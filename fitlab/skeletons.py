"""Joint sets, their bones and left/right pairs, and conversion between them by name.

A joint is always addressed by its name (``left_knee``); left is the person's left. Each public data set
numbers its joints differently, so an index is only meaningful together with a :class:`Skeleton`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Skeleton:
    """An ordered set of named joints and the bones between them."""

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def __repr__(self) -> str:
        return f"Skeleton({self.name}, {len(self)} joints)"

    def index(self, name: str) -> int:
        """Position of joint ``name`` on the joint axis; ValueError with suggestions if there is none."""
        try:
            return self.joints.index(name)
        except ValueError:
            raise ValueError(unknown(name, self.joints, f"joint of {self.name}")) from None

    def indices(self, names: tuple[str, ...] | list[str]) -> list[int]:
        return [self.index(name) for name in names]

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """For each joint the index of its left/right counterpart (itself for joints on the midline)."""
        return tuple(self.index(mirrored_name(name)) for name in self.joints)

    @cached_property
    def bone_indices(self) -> np.ndarray:
        """(B, 2) start and end joint of each bone."""
        return np.array([self.indices(bone) for bone in self.bones])


#: The two sides of a body; a joint of one side has its name and an underscore in front: ``left_knee``.
SIDES = ("left", "right")


def both_sides(name: str) -> tuple[str, str]:
    """``("left_knee", "right_knee")`` for ``knee``."""
    left, right = SIDES
    return f"{left}_{name}", f"{right}_{name}"


def side_of(name: str) -> str:
    """``left`` for ``left_knee``; empty for a joint on the midline, such as ``pelvis``."""
    return next((side for side in SIDES if name.startswith(f"{side}_")), "")


def without_side(name: str) -> str:
    """``knee`` for ``left_knee`` and ``right_knee``; other names as they are."""
    side = side_of(name)
    return name.removeprefix(f"{side}_") if side else name


def mirrored_name(name: str) -> str:
    """``left_knee`` for ``right_knee`` and the other way round; joints on the midline stay."""
    side = side_of(name)
    return next(other for other in both_sides(without_side(name)) if other != name) if side else name


def unknown(name: object, known: tuple[str, ...] | list[str], what: str) -> str:
    """The sentence to say when ``name`` is not among ``known``: what was wrong, what is near, what there is."""
    text = str(name)
    near = [candidate for candidate in known if text and text in candidate.split("_")]
    near = near or difflib.get_close_matches(text, known, n=3, cutoff=0.5)
    suggestion = f" did you mean {' or '.join(near)}?" if near else ""
    return f"unknown {what} {text!r};{suggestion} known: {', '.join(known)}"


_LIMBS = tuple(
    (f"{side}_{start}", f"{side}_{end}")
    for side in reversed(SIDES)
    for start, end in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
)
_HIPS = (("pelvis", "right_hip"), ("pelvis", "left_hip"))
_SHOULDERS = (("thorax", "right_shoulder"), ("thorax", "left_shoulder"))

#: MPII's 16 joints in MPII's order; every 2D detector of fitlab answers in it.
MPII16 = Skeleton(
    "MPII16",
    (
        "right_ankle",
        "right_knee",
        "right_hip",
        "left_hip",
        "left_knee",
        "left_ankle",
        "pelvis",
        "thorax",
        "upper_neck",
        "head_top",
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
    ),
    (*_LIMBS, *_HIPS, ("pelvis", "thorax"), *_SHOULDERS, ("thorax", "upper_neck"), ("upper_neck", "head_top")),
)

#: COCO's 17 keypoints: no pelvis, thorax or head top, but a face.
COCO17 = Skeleton(
    "COCO17",
    (
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
        "left_elbow",
        "right_elbow",
        "left_wrist",
        "right_wrist",
        "left_hip",
        "right_hip",
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ),
    (
        *_LIMBS,
        ("right_hip", "left_hip"),
        ("right_shoulder", "left_shoulder"),
        ("right_shoulder", "right_hip"),
        ("left_shoulder", "left_hip"),
        ("nose", "left_eye"),
        ("nose", "right_eye"),
        ("left_eye", "left_ear"),
        ("right_eye", "right_ear"),
    ),
)

_TRUNK = (("pelvis", "spine"), ("spine", "thorax"))

#: Human3.6M's 17 joints; ``nose`` is its neck/nose joint.
H36M17 = Skeleton(
    "H36M17",
    (
        "pelvis",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "spine",
        "thorax",
        "nose",
        "head_top",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
    ),
    (*_LIMBS, *_HIPS, *_TRUNK, *_SHOULDERS, ("thorax", "nose"), ("nose", "head_top")),
)

#: The joints a lifter sees and answers in: H36M17 without the neck/nose joint. The pelvis is the root.
LIFT16 = Skeleton(
    "LIFT16",
    tuple(name for name in H36M17.joints if name != "nose"),
    (*_LIMBS, *_HIPS, *_TRUNK, *_SHOULDERS, ("thorax", "head_top")),
)

SKELETONS = {skeleton.name: skeleton for skeleton in (MPII16, COCO17, H36M17, LIFT16)}

#: Joints that one set has and another lacks, each with the two that it is the middle of, in an order in which they can
#: be derived. MPII's thorax is H36M's thorax (the base of the neck), but MPII has no spine: matching the two sets by
#: index, as the report did, feeds a thorax where a spine belongs.
DERIVED_JOINTS = {
    "pelvis": both_sides("hip"),
    "thorax": both_sides("shoulder"),
    "spine": ("pelvis", "thorax"),
}


def convert(points: np.ndarray, source: Skeleton, target: Skeleton) -> np.ndarray:
    """Rearrange ``points`` (..., len(source), C) into (..., len(target), C), matching joints by meaning.

    Pelvis, thorax and spine are derived as midpoints where the source lacks them; any other joint that the
    source does not have is NaN. Works for coordinates; for scores see :func:`convert_scores`.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim < 2 or points.shape[-2] != len(source):
        raise ValueError(f"expected (..., {len(source)}, C) points of {source.name}, got shape {points.shape}")

    def joint(name: str) -> np.ndarray:
        if name in source.joints:
            return points[..., source.index(name), :]
        if name in DERIVED_JOINTS:
            first, second = DERIVED_JOINTS[name]
            return (joint(first) + joint(second)) / 2
        return np.full((*points.shape[:-2], points.shape[-1]), np.nan)

    return np.stack([joint(name) for name in target.joints], axis=-2)


def convert_scores(score: np.ndarray, source: Skeleton, target: Skeleton) -> np.ndarray:
    """Rearrange ``score`` (..., len(source)); a derived joint is as sure as the less sure of its two parents."""

    def joint(name: str) -> np.ndarray:
        if name in source.joints:
            return score[..., source.index(name)]
        if name in DERIVED_JOINTS:
            return np.minimum(*(joint(parent) for parent in DERIVED_JOINTS[name]))
        return np.zeros(score.shape[:-1])

    return np.stack([joint(name) for name in target.joints], axis=-1)
