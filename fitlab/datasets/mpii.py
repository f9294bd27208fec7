"""MPII Human Pose: 25,000 pictures from videos of 410 activities, over 40,000 people with up to 16 joints by hand.

Andriluka, Pishchulin, Gehler and Schiele, 2D Human Pose Estimation: New Benchmark and State of the Art Analysis, CVPR
2014. For research; pictures and labels are to be had from the authors. This module reads their MATLAB file, and the
JSON into which the repositories of pose networks have converted it: with ``joint_self`` (one file, which also says what
is validation), or with ``joints`` and ``joints_vis`` (one file for each split).
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fitlab.datasets.records import PhotoSet
from fitlab.extras import missing
from fitlab.folders import data_folder, require
from fitlab.plain_files import LABELS, file_bytes, file_text, parse_json, reason
from fitlab.poses import HIDDEN, VISIBLE
from fitlab.skeletons import MPII16, unknown

#: The splits that the JSON with ``joint_self`` tells apart; the other files are read as a whole.
SPLITS = ("all", "train", "validation")

_MATLAB_ORIGIN = 1  # MATLAB calls the top-left pixel (1, 1), and every conversion has kept that


@dataclass
class _Person:
    """One labelled person; points (16, 2) px are NaN where a joint is not labelled."""

    image: str
    activity: str = "unknown"
    validation: bool | None = None
    points: np.ndarray = field(default_factory=lambda: np.full((len(MPII16), 2), np.nan))
    visibility: np.ndarray = field(default_factory=lambda: np.full(len(MPII16), HIDDEN))

    def put(self, joint: int, x: float, y: float, visible: bool) -> None:
        self.points[joint] = x - _MATLAB_ORIGIN, y - _MATLAB_ORIGIN
        self.visibility[joint] = VISIBLE if visible else HIDDEN


def read(annotations: Path, images: Path | None = None, split: str = "all", alone: bool = False) -> PhotoSet:
    """The labelled people, one record each, in the order of the file.

    Parameters
    ----------
    annotations : path
        MPII's labels, .mat or .json.
    images : path, optional
        Folder of the pictures; by default ``mpii/images`` in the data folder.
    split : str
        ``all``, or ``train`` or ``validation`` where the file tells them apart.
    alone : bool
        Leave out pictures with several labelled people.

    Returns
    -------
    PhotoSet
        Groups are the categories of activity, which only the MATLAB file knows.

    Raises
    ------
    ValueError
        For an unknown split, or a file in another format.
    FileNotFoundError
        If the labels are not there.
    """
    if split not in SPLITS:
        raise ValueError(unknown(split, SPLITS, "split of mpii"))
    annotations = require(Path(annotations), "the labels of MPII")
    readers = {".mat": _from_matlab, ".json": _from_json}
    if annotations.suffix not in readers:
        raise ValueError(f"{annotations.name}: the labels of MPII come as .mat or .json")
    people = list(readers[annotations.suffix](annotations))
    if split != "all":
        if any(person.validation is None for person in people):
            raise ValueError(f"{annotations.name} does not say who is in {split}: read it with split='all'")
        people = [person for person in people if person.validation == (split == "validation")]
    if alone:
        count = Counter(person.image for person in people)
        people = [person for person in people if count[person.image] == 1]
    images = images or data_folder() / "mpii" / "images"
    return PhotoSet(
        f"mpii-{split}",
        tuple(images / person.image for person in people),
        np.array([person.points for person in people]).reshape(-1, len(MPII16), 2),
        np.array([person.visibility for person in people], dtype=int).reshape(-1, len(MPII16)),
        np.array([person.activity for person in people], dtype=str),
    )


def _from_matlab(file: Path) -> Iterator[_Person]:
    """``RELEASE`` of mpii_human_pose_v1_u12_1.mat; its test pictures have no joints and so no people."""
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError:
        raise missing("official", "MPII's MATLAB file is read by scipy, which is not installed") from None
    broken = (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        NotImplementedError,
        OSError,
        zlib.error,
        MatReadError,
    )
    content = file_bytes(file, LABELS, "the labels of MPII")
    try:
        release = loadmat(io.BytesIO(content), squeeze_me=True, struct_as_record=False)["RELEASE"]
        pictures, activities = np.atleast_1d(release.annolist), np.atleast_1d(release.act)
    except broken as error:
        raise ValueError(f"{file.name} is damaged or not MPII's MATLAB file: {reason(error)}") from None
    for picture, activity in zip(pictures, activities, strict=True):
        category = getattr(activity, "cat_name", "")
        for rectangle in np.atleast_1d(picture.annorect):
            points = getattr(getattr(rectangle, "annopoints", None), "point", None)
            if points is None:
                continue
            person = _Person(picture.image.name, category if isinstance(category, str) and category else "unknown")
            for point in np.atleast_1d(points):
                # Written as a number, as text, or, for the head, not at all: MPII labels only heads that are seen.
                visible = getattr(point, "is_visible", 1)
                person.put(int(point.id), point.x, point.y, np.size(visible) == 0 or bool(int(visible)))
            yield person


def _from_json(file: Path) -> Iterator[_Person]:
    people = parse_json(file_text(file, LABELS, "the labels of MPII"), file.name)
    if not isinstance(people, list):
        raise ValueError(f"{file.name} should hold a list of people, but holds a {type(people).__name__}")
    for number, labels in enumerate(people):
        try:
            if "joint_self" in labels:
                if labels.get("dataset", "MPI").startswith("MPI"):
                    yield _from_joint_self(labels)
            else:
                yield _from_joints(labels)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ValueError(f"{file.name}: person {number} is not labelled as MPII's are ({reason(error)})") from None


def _from_joint_self(labels: dict[str, Any]) -> _Person:
    """16 rows (x, y, seen); a joint that is not labelled is (0, 0)."""
    person = _Person(labels["img_paths"], validation=bool(labels["isValidation"]))
    for joint, (x, y, seen) in enumerate(_rows(labels["joint_self"])):
        if (x, y) != (0, 0):
            person.put(joint, x, y, seen == 1)
    return person


def _from_joints(labels: dict[str, Any]) -> _Person:
    """16 rows (x, y), and 16 numbers that say whether the joint is labelled; whether it is seen got lost."""
    person = _Person(labels["image"])
    for joint, ((x, y), labelled) in enumerate(zip(_rows(labels["joints"]), labels["joints_vis"], strict=True)):
        if labelled:
            person.put(joint, x, y, visible=True)
    return person


def _rows(rows: list[list[float]]) -> list[list[float]]:
    if len(rows) != len(MPII16):
        raise ValueError(f"{len(rows)} joints instead of {len(MPII16)}")
    return rows
