"""The measures of people that posing needs, and how far their parts are from the floor.

All arrays have a leading axis of N people, so that a thousand poses cost little more than one.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from fitlab.rotations import X, frame
from fitlab.synthetic.people import body
from fitlab.synthetic.people.body import SIDES, body_model

OUT = {"left": np.array([1.0, 0, 0]), "right": np.array([-1.0, 0, 0])}
SIGN = {"left": 1.0, "right": -1.0}

#: Bones of each body part that can rest on the floor, and the least weight they must have on a vertex.
PARTS = {
    "foot": (("foot", "toe"), 0.7),
    "toes": (("toe",), 0.7),
    "hand": (("wrist", "metacarpal", "finger"), 0.7),
    "knee": (("upperleg02", "lowerleg01"), 0.6),
    "forearm": (("lowerarm",), 0.7),
    "buttocks": (("root", "pelvis", "spine05", "upperleg01"), 0.5),
    "back": (("spine01", "spine02", "clavicle"), 0.5),
    "skull": (("head",), 0.8),
}
_BILATERAL = ("foot", "toes", "hand", "knee", "forearm")


@functools.cache
def part_hulls() -> dict[str, np.ndarray]:
    """Vertices of the convex hull of each part of the body: whatever touches the floor is among them.

    Returns
    -------
    dict
        Part -> numbers of vertices.
    """
    model = body_model()
    hulls = {}
    for part, (prefixes, least) in PARTS.items():
        for side in SIDES if part in _BILATERAL else ("",):
            ending = f".{SIDES[side]}" if side else ""
            bones = [i for i, name in enumerate(model.bones) if name.startswith(prefixes) and name.endswith(ending)]
            chosen = np.flatnonzero(model.weights[: body.HELPERS, bones].sum(1) > least)
            name = f"{side}_{part}" if side else part
            hulls[name] = chosen[ConvexHull(model.template[chosen]).vertices]
    return hulls


@functools.cache
def _touching_vertices() -> tuple[int, ...]:
    """The vertices of all hulls and of the top of the head, in order."""
    return tuple(np.unique(np.concatenate([*part_hulls().values(), body.HEAD_TOP])).tolist())


@dataclass(frozen=True)
class Rig:
    """Measures of N people in metres; only ``lengths["left_toe_out"]`` and its like are degrees.

    heads (N, B, 3) bone heads at rest; hulls: part -> (N, P, 3) rest points that may touch the floor;
    head_top (N, 3); per side: lengths (N,) and the rest frames of the limb bones (N, 3, 3).
    """

    heads: np.ndarray
    hulls: dict[str, np.ndarray]
    head_top: np.ndarray
    lengths: dict[str, np.ndarray]
    frames: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.heads)

    def take(self, people: np.ndarray) -> Rig:
        """The rig of some people.

        Parameters
        ----------
        people
            (M,) indices; one may occur more than once.

        Returns
        -------
        Rig
            Of M people.
        """
        tables = (
            {name: values[people] for name, values in table.items()}
            for table in (self.hulls, self.lengths, self.frames)
        )
        hulls, lengths, frames = tables
        return Rig(self.heads[people], hulls, self.head_top[people], lengths, frames)

    def head(self, bone: str) -> np.ndarray:
        """Where a bone begins at rest.

        Parameters
        ----------
        bone
            Its name in the body model.

        Returns
        -------
        np.ndarray
            (N, 3) metres.
        """
        return self.heads[:, body_model().bone(bone)]

    def joint(self, side: str, bone: str) -> np.ndarray:
        """Where a bone of one side begins at rest.

        Parameters
        ----------
        side
            ``left`` or ``right``.
        bone
            Its name in the body model, without the side.

        Returns
        -------
        np.ndarray
            (N, 3) metres.
        """
        return self.head(f"{bone}.{SIDES[side]}")

    @property
    def hips(self) -> np.ndarray:
        """(N, 3) middle of the hip joints at rest."""
        return (self.joint("left", "upperleg01") + self.joint("right", "upperleg01")) / 2

    @property
    def shoulders(self) -> np.ndarray:
        """The middle of the shoulders at rest.

        Returns
        -------
        np.ndarray
            (N, 3) metres.
        """
        return (self.joint("left", "upperarm01") + self.joint("right", "upperarm01")) / 2


def rig_of(coefficients: np.ndarray, sole: np.ndarray) -> Rig:
    """Measures of people.

    Parameters
    ----------
    coefficients
        (N, K), of :func:`~fitlab.synthetic.people.body.shape_coefficients`.
    sole
        (N,) metres, the thickness of the shoes' soles.

    Returns
    -------
    Rig
    """
    heads = body.rest_bones(coefficients)
    part_vertices = part_hulls()
    every = _touching_vertices()
    points = body.rest_vertices(coefficients, every).astype(float)
    hulls = {}
    for part, chosen in part_vertices.items():
        hulls[part] = points[:, np.searchsorted(every, chosen)]
        if part.endswith(("foot", "toes")):
            hulls[part] = hulls[part] + body.template_normals()[chosen] * sole[:, None, None]
    head_top = points[:, np.searchsorted(every, body.HEAD_TOP)].mean(1)
    rig = Rig(heads, hulls, head_top, {}, {})
    for side in SIDES:
        hip, knee, ankle = (rig.joint(side, bone) for bone in ("upperleg01", "lowerleg01", "foot"))
        shoulder, elbow, wrist = (rig.joint(side, bone) for bone in ("upperarm01", "lowerarm01", "wrist"))
        hand = rig.joint(side, "finger3-1") - wrist
        across = rig.joint(side, "finger2-1") - rig.joint(side, "finger5-1")
        bend = np.cross(elbow - shoulder, wrist - elbow)
        hinge = np.broadcast_to(X, hip.shape)
        for bone, start, end, normal in (
            ("thigh", hip, knee, hinge),
            ("shank", knee, ankle, hinge),
            ("upperarm", shoulder, elbow, bend),
            ("forearm", elbow, wrist, bend),
            ("hand", 0 * hand, hand, SIGN[side] * np.cross(hand, across)),
        ):
            rig.lengths[f"{side}_{bone}"] = np.linalg.norm(end - start, axis=-1)
            rig.frames[f"{side}_{bone}"] = frame(end - start, normal)
        toe = rig.joint(side, "toe2-1") - ankle
        rig.lengths[f"{side}_toe_out"] = np.rad2deg(np.arctan2(toe[:, 0] * SIGN[side], -toe[:, 1]))
        rig.lengths[f"{side}_ankle"] = ankle[:, 2] - hulls[f"{side}_foot"][..., 2].min(1)
    rig.lengths["leg"] = rig.lengths["left_thigh"] + rig.lengths["left_shank"]
    rig.lengths["arm"] = rig.lengths["left_upperarm"] + rig.lengths["left_forearm"]
    rig.lengths["hip_half"] = rig.joint("left", "upperleg01")[:, 0]
    rig.lengths["shoulder_half"] = rig.joint("left", "upperarm01")[:, 0]
    rig.lengths["trunk"] = np.linalg.norm((rig.shoulders - rig.hips)[:, 1:], axis=-1)
    rig.lengths["ankle"] = rig.lengths["left_ankle"]
    return rig


@dataclass(frozen=True)
class BonePose:
    """Rotations (N, B, 3, 3) of all bones from rest to posed, in world axes; root (N, 3) and posed heads (N, B, 3)."""

    rotations: np.ndarray
    root: np.ndarray
    heads: np.ndarray


def lowest(rig: Rig, pose: BonePose, part: str) -> np.ndarray:
    """How high the lowest point of a body part is.

    Parameters
    ----------
    rig, pose
        Of N people.
    part
        Its name; ``ground`` for all parts.

    Returns
    -------
    np.ndarray
        (N,) metres above the floor.
    """
    if part == "ground":
        return np.min([lowest(rig, pose, each) for each in rig.hulls], axis=0)
    weights = body_model().weights[part_hulls()[part]]
    used = np.flatnonzero(weights.any(0))
    # Only the heights are needed: one row of each bone's transform.
    row = pose.rotations[:, used, 2]
    shift = pose.heads[:, used, 2] - (row * rig.heads[:, used]).sum(-1)
    blended = weights[:, used] @ np.concatenate([row, shift[..., None]], -1)
    return ((blended[..., :3] * rig.hulls[part]).sum(-1) + blended[..., 3]).min(1)
