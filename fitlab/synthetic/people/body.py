"""Bodies: shape from a few numbers, bones, skinning, and where the labelled joints are.

Metres, z up; at rest a body stands, faces -y, and its left is +x. ``N`` is a number of people.
"""

from __future__ import annotations

import functools
from collections.abc import Set
from dataclasses import dataclass

import numpy as np

from fitlab.skeletons import COCO17, LIFT16, MPII16
from fitlab.synthetic.people.export import exported_body

PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions")
VARIATIONS = {
    "race": 3,
    "gender": 2,
    "age": 5,
    "muscle": 3,
    "weight": 3,
    "height": 2,
    "proportions": 2,
    "cupsize": 3,
    "firmness": 3,
}
HEAD_TOP = [879, 881, 882]
#: First vertex that belongs to helper geometry (cloth and hair hulls) and not to the body.
HELPERS = 13380

SIDES = {"left": "L", "right": "R"}
#: Person numbers of training and of test sets never meet: the halves of the 32-bit numbers.
SPLITS = {"train": (0, 2**31), "test": (2**31, 2**32)}


@dataclass(frozen=True)
class BodyModel:
    """The exported body; arrays as :mod:`fitlab.synthetic.people.export` writes them."""

    template: np.ndarray
    blend_shapes: np.ndarray
    bone_template: np.ndarray
    bone_shapes: np.ndarray
    bones: list[str]
    parents: np.ndarray
    weights: np.ndarray
    faces: np.ndarray
    corner_uv: np.ndarray
    shape_mask: np.ndarray
    shape_projection: np.ndarray
    keypoint_weights: np.ndarray
    keypoint_names: list[str]
    hull_faces: dict[str, np.ndarray]
    skin_masks: dict[str, np.ndarray]

    def bone(self, name: str) -> int:
        """The number of a bone.

        Parameters
        ----------
        name
            As the body model calls it.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            For a name that there is not.
        """
        return self.bones.index(name)


@functools.cache
def body_model() -> BodyModel:
    """The exported body, read once (exported first where it is missing)."""
    with np.load(exported_body()) as file:
        data = dict(file)
    weights = np.zeros((len(data["template"]), len(data["bones"])), np.float32)
    np.add.at(weights, (np.arange(len(weights))[:, None], data["skin_bones"]), data["skin_weights"])
    data["blend_shapes"] = data["blend_shapes"].astype(np.float32)
    return BodyModel(
        bones=data["bones"].tolist(),
        weights=weights,
        hull_faces={name: data[f"faces_{name}"] for name in ("tights", "skirt", "hair")},
        skin_masks={key.removeprefix("mask_"): value for key, value in data.items() if key.startswith("mask_")},
        keypoint_names=data["keypoint_names"].tolist(),
        **{
            key: data[key]
            for key in BodyModel.__annotations__
            if key in data and key not in ("bones", "keypoint_names")
        },
    )


@functools.cache
def template_normals() -> np.ndarray:
    """Unit normals of the template's surface.

    Returns
    -------
    np.ndarray
        (V, 3); 0 on vertices that no face uses.
    """
    model = body_model()
    faces = np.concatenate([model.faces, model.hull_faces["hair"]])
    corners = model.template[faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(model.template)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], face_normals)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def person_numbers(rng: np.random.Generator, split: str, count: int) -> np.ndarray:
    """Numbers of people; the two splits share nobody.

    Parameters
    ----------
    rng
        What they are drawn from.
    split
        One of :data:`SPLITS`.
    count
        How many.

    Returns
    -------
    np.ndarray
        (count,) int.
    """
    return rng.integers(*SPLITS[split], size=count)


def draw_phenotypes(people: np.ndarray) -> np.ndarray:
    """What people are like; a person number always gives the same body.

    Parameters
    ----------
    people
        (N,) person numbers.

    Returns
    -------
    np.ndarray
        (N, 6) in the order of :data:`PHENOTYPES`.
    """
    rows = []
    for person in people:
        rng = np.random.default_rng([7, person])
        gender = rng.uniform(0, 0.15) if rng.random() < 0.5 else rng.uniform(0.85, 1)
        age = rng.uniform(0.62, 0.97)
        height = np.clip(0.42 + 0.09 * rng.standard_normal(), 0.16, 0.58)
        muscle, weight = np.clip([0.55, 0.5] + 0.2 * rng.standard_normal(2), 0.12, 0.98)
        rows.append([gender, age, muscle, weight, height, rng.uniform(0.2, 1)])
    return np.array(rows)


def shape_coefficients(phenotypes: np.ndarray) -> np.ndarray:
    """Blend shape coefficients: products of piecewise linear weights of the phenotypes' anchors.

    Parameters
    ----------
    phenotypes
        (N, 6), of :func:`draw_phenotypes`.

    Returns
    -------
    np.ndarray
        (N, K).
    """
    model = body_model()
    count = len(phenotypes)
    columns = [np.full((count, VARIATIONS["race"]), 1 / 3)]
    for name in list(VARIATIONS)[1:]:
        value = phenotypes[:, PHENOTYPES.index(name)] if name in PHENOTYPES else np.full(count, 0.5)
        anchors = np.linspace(-1 / 3 if name == "age" else 0, 1, VARIATIONS[name])
        columns.append(np.stack([np.interp(value, anchors, row) for row in np.eye(len(anchors))], 1))
    values = np.concatenate(columns, 1)
    factors = np.ones((count, len(model.shape_mask)))
    for column, mask in zip(values.T, model.shape_mask.T, strict=True):
        factors[:, mask > 0] *= column[:, None]
    return factors @ model.shape_projection


def rest_vertices(coefficients: np.ndarray, vertices: tuple[int, ...] | None = None) -> np.ndarray:
    """Vertices of bodies at rest.

    Parameters
    ----------
    coefficients
        (N, K), of :func:`shape_coefficients`.
    vertices
        Numbers of the vertices that are wanted; None for all.

    Returns
    -------
    np.ndarray
        (N, V, 3) metres.
    """
    template, shapes = _shapes_of(vertices)
    moved = coefficients.astype(np.float32) @ shapes
    return template + moved.reshape(len(coefficients), -1, 3)


@functools.cache
def _shapes_of(vertices: tuple[int, ...] | None) -> tuple[np.ndarray, np.ndarray]:
    """Template (V, 3) and blend shapes (K, 3 V) of some vertices, of all for None."""
    model = body_model()
    chosen = slice(None) if vertices is None else list(vertices)
    shapes = model.blend_shapes[:, chosen]
    return model.template[chosen], shapes.reshape(len(shapes), -1)


def rest_bones(coefficients: np.ndarray) -> np.ndarray:
    """Heads of all bones of bodies at rest.

    Parameters
    ----------
    coefficients
        (N, K), of :func:`shape_coefficients`.

    Returns
    -------
    np.ndarray
        (N, B, 3) metres.
    """
    model = body_model()
    return model.bone_template + np.einsum("nk,kbc->nbc", coefficients, model.bone_shapes)


def bone_positions(
    heads: np.ndarray, rotations: np.ndarray, root: np.ndarray, only: Set[int] | None = None
) -> np.ndarray:
    """Posed heads of bones: each parent carries the head of its child.

    Parameters
    ----------
    heads
        (N, B, 3) metres, at rest.
    rotations
        (N, B, 3, 3), from rest to posed, in world axes.
    root
        (N, 3) metres.
    only
        Bones that are wanted (their parents must be among them); the others are NaN. None for all.

    Returns
    -------
    np.ndarray
        (N, B, 3) metres.
    """
    parents = body_model().parents
    posed = np.full(heads.shape, np.nan)
    for bone, parent in enumerate(parents):
        if parent < 0:
            posed[:, bone] = root
        elif only is None or bone in only:
            offset = heads[:, bone] - heads[:, parent]
            posed[:, bone] = posed[:, parent] + (rotations[:, parent] @ offset[..., None])[..., 0]
    return posed


def skin(
    points: np.ndarray, weights: np.ndarray, heads: np.ndarray, rotations: np.ndarray, posed: np.ndarray
) -> np.ndarray:
    """Linear blend skinning.

    Parameters
    ----------
    points
        (N, P, 3) metres, at rest.
    weights
        (P, B), how much each bone carries a point.
    heads
        (N, B, 3) metres, at rest.
    rotations
        (N, B, 3, 3), from rest to posed.
    posed
        (N, B, 3) metres, of :func:`bone_positions`.

    Returns
    -------
    np.ndarray
        (N, P, 3) metres.
    """
    count, bones = heads.shape[:2]
    shift = posed - (rotations @ heads[..., None])[..., 0]
    affine = np.concatenate([rotations, shift[..., None]], -1).reshape(count, bones, 12).astype(np.float32)
    blended = (weights.astype(np.float32) @ affine).reshape(count, -1, 3, 4)
    return np.einsum("npij,npj->npi", blended[..., :3], points.astype(np.float32)) + blended[..., 3]


def named_joints(posed: np.ndarray, head_top: np.ndarray) -> dict[str, np.ndarray]:
    """Joints of MPII16 and LIFT16 by name.

    Parameters
    ----------
    posed
        (N, B, 3) metres, of :func:`bone_positions`.
    head_top
        (N, 3) metres.

    Returns
    -------
    dict
        Name -> (N, 3) metres.
    """
    model = body_model()
    joints = {"head_top": head_top}
    for side, letter in SIDES.items():
        for joint, bone in (
            ("hip", "upperleg01"),
            ("knee", "lowerleg01"),
            ("ankle", "foot"),
            ("shoulder", "upperarm01"),
            ("elbow", "lowerarm01"),
            ("wrist", "wrist"),
        ):
            joints[f"{side}_{joint}"] = posed[:, model.bone(f"{bone}.{letter}")]
    joints["pelvis"] = (joints["left_hip"] + joints["right_hip"]) / 2
    joints["spine"] = posed[:, model.bone("spine02")]
    shoulders = (joints["left_shoulder"] + joints["right_shoulder"]) / 2
    joints["thorax"] = (posed[:, model.bone("neck01")] + shoulders) / 2
    joints["upper_neck"] = posed[:, model.bone("head")]
    return joints


def lift16(joints: dict[str, np.ndarray]) -> np.ndarray:
    """Joints in the order of LIFT16.

    Parameters
    ----------
    joints
        Name -> (N, 3).

    Returns
    -------
    np.ndarray
        (N, 16, 3).
    """
    return np.stack([joints[name] for name in LIFT16.joints], -2)


def mpii16(joints: dict[str, np.ndarray]) -> np.ndarray:
    """Joints in the order of MPII16. See :func:`lift16` for the parameters and answer."""
    return np.stack([joints[name] for name in MPII16.joints], -2)


def coco17(vertices: np.ndarray) -> np.ndarray:
    """Joints in the order of COCO17, from the surface of one body.

    Parameters
    ----------
    vertices
        (V, 3) metres, posed.

    Returns
    -------
    np.ndarray
        (17, 3) metres.
    """
    model = body_model()
    order = [model.keypoint_names.index(name) for name in COCO17.joints]
    return model.keypoint_weights[order] @ vertices
