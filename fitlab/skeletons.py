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
    """An ordered set of named joints and the bones between them.

    Parameters
    ----------
    name : str
        Such as ``MPII16``.
    joints : tuple of J str
        Names in the order of the joint axis.
    bones : tuple of B pairs of str
        Start and end joint of each bone.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def __repr__(self) -> str:
        return f"Skeleton({self.name}, {len(self)} joints)"

    def index(self, name: str) -> int:
        """Position of a joint on the joint axis.

        Parameters
        ----------
        name : str
            Such as ``left_knee``.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            With suggestions, for a joint that the skeleton does not have.
        """
        try:
            return self.joints.index(name)
        except ValueError:
            raise ValueError(unknown(name, self.joints, f"joint of {self.name}")) from None

    def indices(self, names: tuple[str, ...] | list[str]) -> list[int]:
        """Positions of several joints on the joint axis; errors as :meth:`index`."""
        return [self.index(name) for name in names]

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """For each joint the index of its counterpart on the other side; its own index for a joint on the midline."""
        return tuple(self.index(mirrored_name(name)) for name in self.joints)

    @cached_property
    def bone_indices(self) -> np.ndarray:
        """Array (B, 2) of int: the start and end joint of each bone."""
        return np.array([self.indices(bone) for bone in self.bones])


#: The two sides of a body; a joint of one side has its name and an underscore in front: ``left_knee``.
SIDES = ("left", "right")


def both_sides(name: str) -> tuple[str, str]:
    """The names of a joint on both sides.

    Parameters
    ----------
    name : str
        Without a side, such as ``knee``.

    Returns
    -------
    tuple of two str
        Left and right: ``("left_knee", "right_knee")``.
    """
    left, right = SIDES
    return f"{left}_{name}", f"{right}_{name}"


def side_of(name: str) -> str:
    """The side of a joint.

    Parameters
    ----------
    name : str
        Such as ``left_knee``.

    Returns
    -------
    str
        ``left`` or ``right``; empty for a joint on the midline, such as ``pelvis``.
    """
    return next((side for side in SIDES if name.startswith(f"{side}_")), "")


def without_side(name: str) -> str:
    """The name of a joint without its side.

    See :func:`side_of` for the parameters.

    Returns
    -------
    str
        ``knee`` for ``left_knee`` and ``right_knee``. A name without a side is returned as it is.
    """
    side = side_of(name)
    return name.removeprefix(f"{side}_") if side else name


def mirrored_name(name: str) -> str:
    """The name of the same joint on the other side.

    Parameters
    ----------
    name : str
        Such as ``right_knee``.

    Returns
    -------
    str
        ``left_knee`` for ``right_knee``, and the other way round. A joint on the midline keeps its name.
    """
    side = side_of(name)
    return next(other for other in both_sides(without_side(name)) if other != name) if side else name


def unknown(name: object, known: tuple[str, ...] | list[str], what: str) -> str:
    """The sentence to say when a name is not known.

    Parameters
    ----------
    name : object
        What was given.
    known : sequence of str
        What there is.
    what : str
        What a name stands for, such as ``exercise``.

    Returns
    -------
    str
        What was wrong, which names are similar, and all names that are known.
    """
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
    """Rearrange points from one skeleton to another, matching joints by their meaning.

    Parameters
    ----------
    points : (..., len(source), C) array
        Coordinates in any unit. For scores see :func:`convert_scores`.
    source, target : Skeleton

    Returns
    -------
    (..., len(target), C) array
        In the same unit. Pelvis, thorax and spine are midpoints where the source lacks them
        (:data:`DERIVED_JOINTS`). Any other joint that the source lacks is NaN.

    Raises
    ------
    ValueError
        If the points do not have the shape of the source.
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
    """Rearrange scores from one skeleton to another, as :func:`convert` rearranges points.

    Parameters
    ----------
    score : (..., len(source)) array
        0..1.
    source, target : Skeleton

    Returns
    -------
    (..., len(target)) array
        A derived joint has the lower score of its two parents. A joint that the source lacks has 0.
    """

    def joint(name: str) -> np.ndarray:
        if name in source.joints:
            return score[..., source.index(name)]
        if name in DERIVED_JOINTS:
            return np.minimum(*(joint(parent) for parent in DERIVED_JOINTS[name]))
        return np.zeros(score.shape[:-1])

    return np.stack([joint(name) for name in target.joints], axis=-1)
