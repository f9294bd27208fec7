"""The poses that a lifter is trained, chosen and scored on in the report's experiments."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fitlab.datasets import catalogue, human36m, studio
from fitlab.datasets.records import PhotoSet, PoseSet
from fitlab.detection.detector import load_detector
from fitlab.evaluation.detections import detect_all
from fitlab.lifting.inputs import normalise_screen, to_lifter_joints
from fitlab.metrics import correct_keypoints, known_mean
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, unknown
from fitlab.training.loop import last_tenth

#: Everyday motion in a room with four cameras; Human3.6M, where the user has it; pictures of synthetic people.
DATA = ("everyday", "human36m", "pictures")
#: What the network is told of the spine, which 2D detectors do not have: the middle of pelvis and thorax, or, as in the
#: report's code, MPII's thorax. It matched joints by their number, so MPII's upper neck took the thorax's place.
SPINES = ("middle", "thorax")
TRUE = "true"


@dataclass(frozen=True)
class Source:
    """Which poses, and whence their joints in the picture.

    Parameters
    ----------
    data
        Of :data:`DATA`.
    joints
        ``true``; with Human3.6M the name of a file of detections, such as ``cpn_ft_h36m_dbb``; with pictures a
        detector, by name or file.
    pictures
        Folders written by `fitlab synthesize`.
    least_pck
        Pictures are left out of training and validation where less than this share of the joints was found, within half
        of the waist's width (PCK@0.5, as the report). 0 takes all.
    zoom
        Whether the detector looks again at the crop round the person, or only at the whole picture, as in the report.
    spine
        Of :data:`SPINES`.
    takes
        How often each clip of everyday motion is done in training, facing another way each time.
    every
        Of held-out sets one frame in so many is taken.
    """

    data: str = "everyday"
    joints: str = TRUE
    pictures: tuple[str, ...] = ()
    least_pck: float = 0.0
    zoom: bool = True
    spine: str = "middle"
    takes: int = 5
    every: int = 10

    def __post_init__(self) -> None:
        if self.data not in DATA:
            raise ValueError(unknown(self.data, DATA, "data"))
        if self.spine not in SPINES:
            raise ValueError(unknown(self.spine, SPINES, "spine"))
        if bool(self.pictures) != (self.data == "pictures"):
            raise ValueError("pictures (folders) and data = 'pictures' go together: give both or none")
        if self.data == "everyday" and self.joints != TRUE:
            raise ValueError(
                f"everyday motion has no pictures to detect joints in: joints is {TRUE}, not {self.joints}"
            )
        if not 0 <= self.least_pck <= 1:
            raise ValueError(f"least_pck is a share from 0 to 1, got {self.least_pck}")
        if min(self.takes, self.every) < 1:
            raise ValueError(f"takes and every are whole numbers of at least 1, got {self.takes} and {self.every}")


def read(source: Source, folder: Path) -> dict[str, PoseSet]:
    """The sets of a training.

    Parameters
    ----------
    source
    folder
        Of the training. What a detector found is kept beside it, for other trainings with the same pictures.

    Returns
    -------
    name -> PoseSet
        ``training``; ``validation``, to choose by; and those to be scored on once.
    """
    return {"everyday": _everyday, "human36m": _human36m, "pictures": _pictures}[source.data](source, Path(folder))


def _everyday(source: Source, _: Path) -> dict[str, PoseSet]:
    parts = studio.parts()
    sets = {"training": studio.film(parts["training"], name="training", every=1, takes=source.takes)}
    held_out = ("validation", "clips", "person")
    return sets | {name: studio.film(parts[name], name=name, every=source.every) for name in held_out}


def _human36m(source: Source, _: Path) -> dict[str, PoseSet]:
    joints = "gt" if source.joints == TRUE else source.joints
    learnt = [subject for subject in human36m.TRAINING if subject not in human36m.VALIDATION]
    sets = {"training": human36m.read(learnt, joints)}
    held_out = {"validation": human36m.VALIDATION, "test": human36m.TEST}
    return sets | {name: human36m.read(subjects, joints, source.every) for name, subjects in held_out.items()}


def _pictures(source: Source, folder: Path) -> dict[str, PoseSet]:
    parts: dict[str, list[PoseSet]] = {"training": [], "validation": []}
    for name in source.pictures:
        photos = catalogue.open_for_training(name)
        poses, held_out = in_pictures(photos, source, folder), last_tenth(len(photos), name)
        good = share_found(poses.pose2d.points, photos.points) >= source.least_pck
        for part, rows in (("training", ~held_out), ("validation", held_out)):
            parts[part].append(_some(poses, rows & good, int((rows & ~good).sum()), source.least_pck))
    sets = {name: _together(name, some) for name, some in parts.items()}
    forgotten = studio.film(studio.parts()["validation"], name="everyday", every=source.every)
    return sets | {"everyday": forgotten}


def in_pictures(photos: PhotoSet, source: Source, folder: Path) -> PoseSet:
    """People in pictures, with the joints that the source asks for. Detections are kept beside ``folder``.

    Parameters
    ----------
    photos
        A set with joints in space.
    source
        Whether the joints are the true ones, or whose detections.
    folder
        Of the training.

    Returns
    -------
    PoseSet
    """
    poses = photos.poses()
    if source.joints == TRUE:
        return poses
    of_what = [photos.name, len(photos), float(np.nansum(photos.points)), source.joints, source.zoom]
    key = hashlib.sha256(json.dumps(of_what).encode()).hexdigest()[:12]
    file = folder.parent / f"detections-{key}.npz"
    if not file.exists():
        found = detect_all(load_detector(source.joints), photos, zoom=source.zoom).pose
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.npz")
        np.savez(temporary, points=found.points, score=found.score, image_size=found.image_size)
        temporary.replace(file)
    with np.load(file) as found:
        return replace(poses, pose2d=Pose2D(found["points"], found["score"], found["image_size"]))


def share_found(points: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Share of the joints within half of the waist's width of their true places.

    Parameters
    ----------
    points, truth
        (N, 16, 2) px, in MPII16.

    Returns
    -------
    array
        (N,) in 0..1; 1 where nothing is known.
    """
    correct = correct_keypoints(points, truth, threshold=0.5, reference="waist")
    return np.nan_to_num(known_mean(correct, axis=-1), nan=1.0)


def _some(poses: PoseSet, chosen: np.ndarray, left_out: int, least_pck: float) -> PoseSet:
    columns = ("truth", "people", "groups", "heights", "field_of_view")
    rows = np.flatnonzero(chosen)
    known = {name: getattr(poses, name)[rows] for name in columns}
    reasons = {f"PCK@0.5 of the waist below {least_pck}": left_out} if left_out else {}
    return replace(poses, pose2d=poses.pose2d[rows], photos=None, left_out=reasons, **known)


def _together(name: str, parts: list[PoseSet]) -> PoseSet:
    def joined(values: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(values)

    poses = [part.pose2d for part in parts]
    sizes = [np.broadcast_to(pose.image_size, (len(part), 2)) for pose, part in zip(poses, parts, strict=True)]
    pose2d = Pose2D(joined([pose.points for pose in poses]), joined([pose.score for pose in poses]), joined(sizes))
    columns = ("truth", "people", "groups", "heights", "field_of_view")
    left_out = dict(sum((Counter(part.left_out) for part in parts), Counter()))
    known = (joined([getattr(part, column) for part in parts]) for column in columns)
    return PoseSet(name, pose2d, *known, left_out=left_out)  # type: ignore[arg-type, misc]


def network_inputs(pose2d: Pose2D, spine: str = "middle") -> np.ndarray:
    """Joints as the report's networks take them.

    Parameters
    ----------
    pose2d
        N poses; every joint that is known counts as seen, however low its score.
    spine
        Of :data:`SPINES`; ``thorax`` needs joints in MPII's order.

    Returns
    -------
    (N, 16, 2)
        LIFT16, in the normalisation ``screen``.

    Raises
    ------
    ValueError
        For ``thorax`` with joints in another order than MPII's.
    """
    known = np.isfinite(pose2d.points).all(-1).astype(float)
    points, seen, _ = to_lifter_joints(pose2d.points, known, np.zeros_like(known), pose2d.skeleton)
    if spine == "thorax":
        if pose2d.skeleton is not MPII16:
            raise ValueError(f"MPII's joints take others' places only where they are known, not in {pose2d.skeleton}")
        for place, joint in (("spine", "thorax"), ("thorax", "upper_neck")):
            points[:, LIFT16.index(place)] = pose2d.joint(joint)
            seen[:, LIFT16.index(place)] = np.isfinite(pose2d.joint(joint)).all(-1)
    return normalise_screen(points, seen, pose2d.image_size)
