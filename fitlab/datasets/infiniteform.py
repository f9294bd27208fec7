"""InfiniteForm: synthetic people exercising, rendered by Infinity AI, with labels that no human could draw.

Weitz, Colucci, Primas and Bent, InfiniteForm: A synthetic, minimal bias dataset for fitness applications, 2021
(CC BY 4.0). Both kinds of annotations are read:

- as published: COCO's 17 keypoints without nose and ears, and a ``pose_category``;
- as customised, also for the report: ``joint_keypoints``, by SMPL-X's names, with pixels (``x``, ``y``), the place in
  the world (``x_global``, ``y_global``, ``z_global``, metres) and the camera's place and angles.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from fitlab.cameras import to_camera
from fitlab.datasets.records import PhotoSet
from fitlab.folders import data_folder, require
from fitlab.metrics import correct_keypoints, known_mean
from fitlab.plain_files import LABELS, file_text, parse_json, printable, reason
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import COCO17, LIFT16, MPII16, convert, convert_scores

# SMPL-X's neck is the base of the neck and its head the base of the skull; it has nothing at the top of the head.
_SMPLX = {"neck": "thorax", "head": "upper_neck", "spine2": "spine"}

#: Where the labelled pixels are farther than this share of the person from the projected joints, the camera is not
#: what this module takes it to be.
_PROJECTION_TOLERANCE = 0.05
_FARTHEST = 1e9  # px


def read(annotations: Path | None = None, images: Path | None = None, whole: bool = True) -> PhotoSet:
    """The pictures with one person, by default those in which the whole person is.

    Parameters
    ----------
    annotations : path of a JSON file, optional
        By default ``infiniteform/annotations.json`` in the data folder.
    images : path of a folder, optional
        Of the pictures, or of folders of them; by default where the annotations are. A picture that is not at the path
        in the annotations is looked for by its name in all folders.
    whole : bool
        Leave out pictures in which a part of the person is cut off.

    Returns
    -------
    PhotoSet
        Groups are the exercises. ``space`` is NaN where it is unknown, as in the published set.

    Raises
    ------
    ValueError
        For a file in another format, or whose camera does not show the joints where they are labelled, and for a
        picture whose name several have, none of them at its path.
    FileNotFoundError
        If the annotations or a picture are not there.
    """
    annotations = require(Path(annotations or data_folder() / "infiniteform" / "annotations.json"), "InfiniteForm")
    labels = parse_json(file_text(annotations, LABELS, "InfiniteForm's annotations"), annotations.name)
    try:
        pictures = {picture["id"]: picture for picture in labels["images"]}
        people = [one for one in labels["annotations"] if "joint_keypoints" in one or "keypoints" in one]
        count = Counter(one["image_id"] for one in people)
        alone = [one for one in people if count[one["image_id"]] == 1]
        left_out = {"several people": len(count) - len(alone)}
        if whole:
            kept = [one for one in alone if _is_whole(one)]
            left_out["cut off"] = len(alone) - len(kept)
            alone = kept
        records = [_record(one, pictures[one["image_id"]]) for one in alone]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{annotations.name} is not annotated as InfiniteForm is ({reason(error)})") from None
    _check_cameras(records, annotations)
    files = [record.file for record in records]
    found = _find(files, Path(images or annotations.parent))
    missing = [file for file in files if file not in found]
    if missing:
        first = printable(missing[0])
        raise FileNotFoundError(f"{len(missing)} pictures of {annotations.name} are missing, the first is {first}")
    space = np.array([record.space for record in records]).reshape(-1, len(LIFT16), 3)
    return PhotoSet(
        "infiniteform",
        tuple(found[file] for file in files),
        np.array([record.points for record in records]).reshape(-1, len(MPII16), 2),
        np.array([record.visibility for record in records], dtype=int).reshape(-1, len(MPII16)),
        np.array([record.exercise for record in records], dtype=str),
        space=space - space[:, :1],
        left_out=left_out,
    )


def keep_well_detected(photos: PhotoSet, detected: np.ndarray, least: float = 0.6) -> tuple[PhotoSet, np.ndarray]:
    """The pictures in which a detector found the joints, as the report chose them for fine-tuning (Sec. 4.5.3).

    Parameters
    ----------
    photos : PhotoSet of N pictures
    detected : (N, 16, 2) px in MPII16 order
    least : float
        Share of the joints that must lie within half a waist of their true place (PCK@0.5).

    Returns
    -------
    PhotoSet
        Those pictures; the others are counted in ``left_out``.
    mask : (N,) bool
        Which pictures they are.
    """
    kept = known_mean(correct_keypoints(detected, photos.points, 0.5, "waist"), axis=1) >= least
    return photos.subset(kept, left_out={"badly detected": int((~kept).sum())}), kept


def _find(files: list[str], folder: Path) -> dict[str, Path]:
    """Where in ``folder`` the pictures lie: at their path, else wherever one of their bare name does.

    ValueError where the bare name does not tell which picture is meant.
    """
    lying = list(folder.rglob("*.*"))
    by_path = {path.relative_to(folder).as_posix(): path for path in lying}
    found = {file: by_path[file] for file in files if file in by_path}
    by_name = {path.name: path for path in lying}
    in_folder = Counter(path.name for path in lying)
    wanted = Counter(PurePosixPath(file).name for file in set(files))
    for file in files:
        name = PurePosixPath(file).name
        if file in found or name not in by_name:
            continue
        if in_folder[name] > 1 or wanted[name] > 1:
            raise ValueError(
                f"{file} is not in {folder}, and its name alone does not say which picture is meant: "
                f"{in_folder[name]} there and {wanted[name]} in the annotations are called {name}"
            )
        found[file] = by_name[name]
    return found


@dataclass(frozen=True)
class _Record:
    file: str  # as the annotations name it, with its folders
    exercise: str
    points: np.ndarray  # (16, 2) px, MPII16
    visibility: np.ndarray  # (16,)
    space: np.ndarray  # (16, 3) mm, LIFT16, camera axes
    centre: tuple[float, float] | None = None  # of the picture, px


def _is_whole(person: dict[str, Any]) -> bool:
    if "percent_in_fov" in person:
        return person["percent_in_fov"] == 100
    seen = np.reshape(person["keypoints"], (len(COCO17), 3))[:, 2]
    return bool((seen[COCO17.index("left_shoulder") :] > 0).all())  # all but the face


def _record(person: dict[str, Any], picture: dict[str, Any]) -> _Record:
    file = picture.get("file_name") or f"{picture['id']:08d}.rgb.png"
    file = PurePosixPath(file).as_posix()
    exercise = picture.get("avatar_exercise") or person.get("pose_category") or "unknown"
    exercise = exercise.lower().replace("_", " ").replace("-", " ")
    if "joint_keypoints" not in person:
        return _Record(file, exercise, *_from_coco(person), np.full((len(LIFT16), 3), np.nan))
    points, visibility = np.full((len(MPII16), 2), np.nan), np.full(len(MPII16), HIDDEN)
    world = np.full((len(LIFT16), 3), np.nan)
    for name, joint in person["joint_keypoints"].items():
        name = _SMPLX.get(name, name)
        if name in MPII16.joints:
            points[MPII16.index(name)] = joint["x"], joint["y"]
            visibility[MPII16.index(name)] = joint.get("v", VISIBLE)
        if name in LIFT16.joints:
            world[LIFT16.index(name)] = joint["x_global"], joint["y_global"], joint["z_global"]
    rotation = camera_rotation(*(picture.get(f"camera_{angle}", 0.0) for angle in ("pitch", "yaw", "roll")))
    location = np.array(picture["camera_location"], dtype=float)
    if np.isinf(world).any() or not (np.isfinite(rotation).all() and np.isfinite(location).all()):
        raise ValueError("joints or a camera's place or angles are not finite")
    space = 1000 * to_camera(world, rotation, -rotation @ location)
    centre = (picture["width"] / 2, picture["height"] / 2) if "width" in picture else None
    return _Record(file, exercise, points, visibility, space, centre)


def _from_coco(person: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Points and visibility in MPII16 order; COCO's codes 0, 1, 2 mean here outside, hidden and visible."""
    labelled = np.reshape(np.array(person["keypoints"], dtype=float), (len(COCO17), 3))
    if not (np.abs(labelled) < _FARTHEST).all():
        raise ValueError("joints are not finite")
    labelled[(labelled == 0).all(axis=1)] = np.nan, np.nan, HIDDEN  # the nose and the ears
    points = convert(labelled[:, :2], COCO17, MPII16)
    visibility = convert_scores(labelled[:, 2], COCO17, MPII16).astype(int)
    return points, np.where(np.isnan(points[:, 0]) & (visibility == OUTSIDE), HIDDEN, visibility)


def camera_rotation(pitch: float, yaw: float, roll: float) -> np.ndarray:
    """Rotation from the world (z up) to a camera (x right, y down, z away).

    A camera with pitch 90, yaw 0, roll 0 looks level along +y; yaw turns it to the left, pitch above 90 up.

    Parameters
    ----------
    pitch, yaw, roll
        Degrees, as Blender has them.

    Returns
    -------
    np.ndarray
        (3, 3).
    """
    (cx, cy, cz), (sx, sy, sz) = (turn(np.deg2rad([pitch, roll, yaw])) for turn in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    blender_axes = np.diag([1.0, -1.0, -1.0])  # a camera there has y up and looks along -z
    return blender_axes @ (about_z @ about_y @ about_x).T


def _check_cameras(records: list[_Record], file: Path) -> None:
    """ValueError where most people in space do not fall on their labelled pixels, whatever the focal length.

    The order and signs of the camera's angles are not documented: where an edition means others, this says so.
    """
    errors = [error for record in records if not np.isnan(error := _projection_error(record))]
    if errors and np.median(errors) > _PROJECTION_TOLERANCE:
        raise ValueError(
            f"{file.name}: its cameras do not show the joints where they are labelled (most people are off by more "
            f"than {_PROJECTION_TOLERANCE:.0%} of their size): the angles cannot be those of a Blender camera"
        )


def _projection_error(record: _Record) -> float:
    """Share of the person by which the projected joints miss the labels, with the focal length that fits best.

    The centre of projection is the picture's where its size is known, else fitted too. NaN where there is nothing in
    space; infinite for people who would be behind the camera or seen in a mirror.
    """
    shared = [joint for joint in MPII16.joints if joint in LIFT16.joints]
    space, pixels = record.space[LIFT16.indices(shared)], record.points[MPII16.indices(shared)]
    known = ~np.isnan(space).any(1) & ~np.isnan(pixels).any(1)
    space, pixels = space[known], pixels[known]
    if len(space) < 4:
        return np.nan
    if (space[:, 2] <= 0).any():
        return np.inf
    rays = (space[:, :2] / space[:, 2:]).ravel()
    target = (pixels - (record.centre or 0)).ravel()
    columns = [rays] if record.centre else [rays, np.tile([1, 0], len(space)), np.tile([0, 1], len(space))]
    equations = np.stack(columns, axis=1)
    focal, *_ = solution = np.linalg.lstsq(equations, target, rcond=None)[0]
    if focal <= 0:
        return np.inf
    return float(np.sqrt(np.mean((equations @ solution - target) ** 2)) / np.linalg.norm(np.ptp(pixels, axis=0)))
