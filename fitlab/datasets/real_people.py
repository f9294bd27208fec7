"""Real people in 2D and 3D: a man who balances on a beam, seen by four cameras. For measuring, never for training.

Demo data of Pose2Sim (Pagnon, Domalain and Reveret, "Pose2Sim: An open-source Python package for multiview markerless
kinematics", 2022; BSD 3-Clause). The truth is triangulated from joints found in all four pictures of an instant, and so
is what people label in pictures, not the centres of joints in bones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitlab.datasets.records import PhotoSet
from fitlab.folders import data_folder, require
from fitlab.poses import HIDDEN, VISIBLE
from fitlab.skeletons import LIFT16, MPII16, Skeleton

#: Frames a second of the recording, of which every fourth frame is here.
FPS = 60.0


def home() -> Path:
    """The folder of the set: ``real_people`` in the data folder."""
    return data_folder() / "real_people"


def read(folder: Path | None = None) -> PhotoSet:
    """The pictures that have a truth.

    Parameters
    ----------
    folder : path, optional
        By default :func:`home`.

    Returns
    -------
    PhotoSet
        Twelve joints are labelled, in the picture and in space; all others are NaN, except the pelvis in space, which
        is the middle of the hips. Groups are the cameras. One person is in all pictures, so ``people`` are the
        instants: what four cameras saw at once is one draw of the intervals. The label ``seconds`` is when that was.

    Raises
    ------
    FileNotFoundError
        If the folder is not there.
    """
    folder = require(folder or home(), "the set of real people")
    with np.load(folder / "labels.npz") as file:
        labels = dict(file)
    joints = [str(name) for name in labels.pop("joints")]
    points = _placed(labels["points_px"], joints, MPII16)
    space = _placed(labels["points_mm"], joints, LIFT16)
    hips = space[:, LIFT16.indices(["left_hip", "right_hip"])]
    pelvis = hips.mean(axis=1)
    space[:, LIFT16.index("pelvis")] = pelvis
    width = labels["image_size"].max(-1)
    focal = width / 2 / np.tan(np.radians(labels["field_of_view"].astype(float)) / 2)
    away = _placed(labels["points_mm"], joints, MPII16)[..., 2]
    photos = PhotoSet(
        "real-people",
        tuple(folder / "images" / str(name) for name in labels["image"]),
        points,
        np.where(np.isnan(points[..., 0]), HIDDEN, VISIBLE),
        np.array([f"camera {number}" for number in labels["camera"]]),
        people=labels["frame"],
        space=space - pelvis[:, None],
        image_size=labels["image_size"],
        field_of_view=labels["field_of_view"].astype(float),
        labels=labels,
        depth=(away / pelvis[:, 2:] - 1) * focal[:, None],
    )
    labels["seconds"] = labels["frame"] / FPS
    known = ~np.isnan(points).all((1, 2))
    return photos.subset(known, left_out={"no truth at that instant": int((~known).sum())})


def _placed(points: np.ndarray, joints: list[str], skeleton: Skeleton) -> np.ndarray:
    """Points (N, len(joints), C) at their places in ``skeleton``, by name; NaN at all others."""
    placed = np.full((len(points), len(skeleton), points.shape[-1]), np.nan)
    placed[:, skeleton.indices(joints)] = points
    return placed
