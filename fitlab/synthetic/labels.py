"""What is known about a picture: the columns of the table, and working them out from the scene."""

from __future__ import annotations

import numpy as np

from fitlab import cameras
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16
from fitlab.synthetic.people import body
from fitlab.synthetic.person import Person
from fitlab.synthetic.rendering.photography import Camera
from fitlab.synthetic.rendering.raster import NEAR, Rendering

#: How far behind the visible surface a joint may lie and count as seen, metres: joints are inside the body.
DEPTH_IN_BODY = {
    "hip": 0.16,
    "pelvis": 0.16,
    "spine": 0.16,
    "thorax": 0.16,
    "shoulder": 0.12,
    "head": 0.12,
    "neck": 0.12,
}
LIMB_DEPTH = 0.085
#: Columns of the label table: name -> what it holds.
LABELS = {
    "image": "file name",
    "seed": "seed and number of the sample, or of a clip's frame; with set, size and split they reproduce it",
    "person": "number of the person: bodies of test sets never occur in training sets",
    "exercise": "name",
    "phase": "0 start to 1 turning point",
    "error": "form error or none",
    "grade": "0..1, how bad",
    "phenotype": "gender, age, muscle, weight, height, proportions, each 0..1",
    "height_m": "standing height, metres",
    "wear": "what the person wears",
    "mpii16": "(16, 2) px; the centre of the top-left pixel is (0, 0)",
    "coco17": "(17, 2) px",
    "lift16": "(16, 2) px",
    "visibility": "(16,) of mpii16: 0 outside the picture, 1 hidden, 2 visible",
    "lift16_camera": "(16, 3) mm, camera axes",
    "mpii16_camera": "(16, 3) mm, camera axes",
    "lift16_world": "(16, 3) mm, z up",
    "intrinsics": "(3, 3) px",
    "rotation": "(3, 3)",
    "translation": "(3,) mm: camera = rotation @ world + translation",
    "box": "(4,) x0, y0, x1, y1 of the person's visible pixels, px",
    "area_ratio": "area of the box / area of the picture",
    "people": "how many people there are, with those outside the picture and those hidden",
}

#: Columns of the sets that say where everybody is; how many other people they have room for.
MORE_LABELS = {
    "others_mpii16": "(3, 16, 2) px, joints of other people, the most prominent first; in a mirror left and right are "
    "as they look; NaN where there is nobody",
    "picture_size": "(2,) width and height, px",
}
MOST_OTHERS = 3


def labels_of(subject: Person, camera: Camera, rendering: Rendering, owner: int = 1) -> dict:
    """Everything of LABELS but the seed and the number of people, of the person who is ``owner`` of pixels."""
    vertices = subject.skinned(subject.rest, np.arange(len(subject.rest)))
    joints = body.named_joints(subject.moved(subject.pose.heads), vertices[None, body.HEAD_TOP].mean(1))
    sets = {"mpii16": body.mpii16(joints)[0], "lift16": body.lift16(joints)[0], "coco17": body.coco17(vertices)}
    seen = {name: cameras.to_camera(points, camera.rotation, camera.translation) for name, points in sets.items()}
    flat = {name: _project(points, camera) for name, points in seen.items()}
    box = _box(rendering, owner)
    height, width = rendering.colour.shape[:2]
    return {
        "image": "",
        "person": subject.number,
        "exercise": subject.motion.movement.name,
        "phase": subject.phase,
        "error": str(subject.motion.error[0]),
        "grade": float(subject.motion.grade[0]),
        "phenotype": subject.phenotype.astype(np.float32),
        "height_m": float(np.ptp(subject.rest[: body.HELPERS, 2])),
        "wear": " ".join(subject.outfit.names.values()),
        **flat,
        "visibility": _visibility(seen["mpii16"], flat["mpii16"], rendering),
        "lift16_camera": (1000 * seen["lift16"]).astype(np.float32),
        "mpii16_camera": (1000 * seen["mpii16"]).astype(np.float32),
        "lift16_world": (1000 * sets["lift16"]).astype(np.float32),
        **_camera_labels(camera),
        "box": box,
        "area_ratio": float((box[2] - box[0]) * (box[3] - box[1]) / (width * height)),
    }


def labels_of_nobody(camera: Camera) -> dict:
    """The same columns for a picture without people: numbers are NaN, all joints are outside."""
    unknown: dict[str, tuple[int, ...]] = {
        "mpii16": (16, 2),
        "coco17": (17, 2),
        "lift16": (16, 2),
        "lift16_camera": (16, 3),
    }
    unknown |= {"mpii16_camera": (16, 3), "lift16_world": (16, 3), "phenotype": (len(body.PHENOTYPES),), "box": (4,)}
    return {
        "image": "",
        "person": -1,
        "exercise": "nobody",
        "phase": np.nan,
        "error": "none",
        "grade": 0.0,
        "height_m": np.nan,
        "wear": "",
        **{name: np.full(shape, np.nan, np.float32) for name, shape in unknown.items()},
        "visibility": np.full(len(MPII16), OUTSIDE, np.int8),
        **_camera_labels(camera),
        "area_ratio": 0.0,
    }


def _project(points: np.ndarray, camera: Camera) -> np.ndarray:
    """(J, 2) px of points (J, 3) in camera axes, metres; NaN for those behind the camera."""
    flat = cameras.project(points, camera.intrinsics).astype(np.float32)
    flat[points[:, 2] < NEAR] = np.nan
    return flat


def _camera_labels(camera: Camera) -> dict:
    return {
        "intrinsics": camera.intrinsics,
        "rotation": camera.rotation,
        "translation": 1000 * camera.translation,
    }


def labels_of_others(others: list[Person], camera: Camera, rendering: Rendering) -> dict:
    """The columns MORE_LABELS; ``others`` from the most to the least prominent."""
    flat = np.full((MOST_OTHERS, len(MPII16), 2), np.nan, np.float32)
    for row, other in zip(flat, others, strict=False):
        head_top = other.skinned(other.rest[body.HEAD_TOP], np.array(body.HEAD_TOP)).mean(0)
        joints = body.mpii16(body.named_joints(other.moved(other.pose.heads), head_top[None]))[0]
        seen = cameras.to_camera(joints, camera.rotation, camera.translation)
        row[:] = _project(seen if other.mirror is None else seen[list(MPII16.mirror)], camera)
    return {"others_mpii16": flat, "picture_size": np.array(rendering.colour.shape[1::-1])}


def _box(rendering: Rendering, owner: int) -> np.ndarray:
    """(4,) x0, y0, x1, y1 of the person's visible pixels; NaN if nothing is visible."""
    rows, columns = np.nonzero(rendering.owner == owner)
    if not len(rows):
        return np.full(4, np.nan, np.float32)
    edges = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / rendering.samples - 0.5
    return edges.astype(np.float32)


def _visibility(points: np.ndarray, flat: np.ndarray, rendering: Rendering) -> np.ndarray:
    """(16,) by the z-buffer: a joint is visible where nothing lies more than half a limb in front of it."""
    state = np.full(len(points), OUTSIDE, np.int8)
    height, width = rendering.colour.shape[:2]
    for k, name in enumerate(MPII16.joints):
        x, y = flat[k]
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            continue
        part = name.split("_")[-1] if "_" in name and not name.startswith("head") else name.split("_")[0]
        column, row = (np.array([x, y]) + 0.5) * rendering.samples
        window = rendering.depth[max(int(row) - 1, 0) : int(row) + 2, max(int(column) - 1, 0) : int(column) + 2]
        near = points[k, 2] - window.min() < DEPTH_IN_BODY.get(part, LIMB_DEPTH)
        state[k] = VISIBLE if near else HIDDEN
    return state
