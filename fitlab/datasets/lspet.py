"""Leeds Sports Pose Extended: 10,000 photos of sport, gymnastics and parkour, 14 joints by hand.

Johnson & Everingham, "Learning Effective Human Pose Estimation from Inaccurate Annotation", CVPR 2011. The photos
come from Flickr and are meant for research.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fitlab.datasets.records import PhotoSet
from fitlab.folders import data_folder, require
from fitlab.poses import HIDDEN, OUTSIDE, VISIBLE
from fitlab.skeletons import MPII16

# LSP's neck sits where MPII has its thorax; LSP has no upper neck, and its hips give the pelvis.
_NAMES = {"neck": "thorax"}

#: First and last file number of each split. Consecutive files often show one person, so the split is by number.
SPLITS = {"train": (1, 7800), "validation": (7801, 8370), "test": (8371, 9000)}

#: Photos of the validation people whose left and right are exchanged in the labels. Found where two detectors agreed
#: with each other and with the mirrored labels (one trained on LSPET's other people, one on synthetic people), and put
#: here only where the eye is sure too: face and chest, or the back, are plain to see.
EXCHANGED = {
    "validation": (7906, 7988, 8067, 8081, 8088, 8104, 8106, 8161, 8184, 8261, 8269, 8280),
}

#: Where people cut photos off: the share of the way from the one joints to the other.
CUTS = {
    "at the chest": ("shoulder", "hip", 0.4),
    "below the hips": ("hip", "knee", 0.15),
    "above the knees": ("hip", "knee", 0.85),
    "above the ankles": ("knee", "ankle", 0.85),
}
_UPRIGHT = 0.8  # the least height of the trunk in the photo, as a share of its length
_WIDE = 0.45  # how far apart shoulders are that are not seen from the side, in lengths of the trunk
_ALL = 2**31 - 1  # px, more than a photo has


def cut_off(photos: PhotoSet) -> PhotoSet:
    """Photos that end within the person, as people frame them: those of upright people, cut by turns as in CUTS.

    Parameters
    ----------
    photos : PhotoSet

    Returns
    -------
    PhotoSet
        Joints below the cut are outside the picture; ``groups`` says where it was cut.
    """
    at, upright = _upright(photos)
    rows = np.flatnonzero(upright)
    kinds = np.array(list(CUTS))[np.arange(len(rows)) % len(CUTS)]
    ends = np.full((len(rows), 2), _ALL)
    for number, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        above, below, share = CUTS[kind]
        ends[number, 1] = (1 - share) * at[above][row, 1] + share * at[below][row, 1]
    return _ending(photos, rows, ends, kinds, "cut", "not upright, or not labelled")


def halved(photos: PhotoSet) -> PhotoSet:
    """Photos whose right border runs along the trunk: of upright people whom one sees from the front or from behind.

    Parameters
    ----------
    photos : PhotoSet

    Returns
    -------
    PhotoSet
        Joints right of the middle of the trunk are outside the picture.
    """
    at, upright = _upright(photos)
    sides = photos.points[:, MPII16.indices(["left_shoulder", "right_shoulder"])]
    shoulders = np.linalg.norm(sides[:, 0] - sides[:, 1], axis=-1)
    wide = shoulders > _WIDE * np.linalg.norm(at["hip"] - at["shoulder"], axis=-1)
    middle = (at["shoulder"] + at["hip"])[:, 0] / 2
    rows = np.flatnonzero(upright & wide & (middle >= 1))
    ends = np.column_stack([middle[rows].astype(int), np.full(len(rows), _ALL)])
    kinds = np.full(len(rows), "along the trunk")
    return _ending(photos, rows, ends, kinds, "halved", "not upright, seen from the side, or not labelled")


def _upright(photos: PhotoSet) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The middle (N, 2) of each pair of joints that cuts lie between, and which people (N,) are upright."""
    at = {
        part: photos.points[:, MPII16.indices([f"left_{part}", f"right_{part}"])].mean(1)
        for part in ("shoulder", "hip", "knee", "ankle")
    }
    trunk = at["hip"] - at["shoulder"]
    with np.errstate(invalid="ignore"):
        upright = trunk[:, 1] > _UPRIGHT * np.linalg.norm(trunk, axis=-1)
        upright &= (at["knee"][:, 1] > at["hip"][:, 1]) & (at["ankle"][:, 1] > at["knee"][:, 1])
        upright &= at["shoulder"][:, 1] >= 1
    return at, upright


def _ending(photos: PhotoSet, rows: np.ndarray, ends: np.ndarray, kinds: np.ndarray, name: str, why: str) -> PhotoSet:
    """Some ``rows`` of a set, their pictures ending after ``ends``; the others are left out, for a reason."""
    chosen = photos.subset(rows, f"{photos.name}-{name}", {why: len(photos) - len(rows)})
    with np.errstate(invalid="ignore"):
        outside = (chosen.points > ends[:, None] - 0.5).any(-1)
    return replace(chosen, visibility=np.where(outside, OUTSIDE, chosen.visibility), groups=kinds, ends=ends)


def read(split: str, folder: Path | None = None, corrected: bool = False) -> PhotoSet:
    """The photos of one split.

    Parameters
    ----------
    split : str
        ``train``, ``validation`` or ``test``.
    folder : path, optional
        By default ``lspet`` in the data folder.
    corrected : bool
        Whether the labels of the photos in :data:`EXCHANGED` are turned round.

    Returns
    -------
    PhotoSet
        14 joints are labelled; the pelvis is the middle of the hips and nobody is judged by it.

    Raises
    ------
    ValueError
        For an unknown split.
    FileNotFoundError
        If the set is not there.

    References
    ----------
    S. Johnson and M. Everingham, "Learning Effective Human Pose Estimation from Inaccurate Annotation", CVPR 2011.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r} of lspet; known: {', '.join(SPLITS)}")
    folder = require(folder or data_folder() / "lspet", "Leeds Sports Pose Extended")
    with np.load(folder / "joints.npz") as labels:
        files, xy, labelled, joints = (labels[key] for key in ("filename", "xy", "labelled", "joint"))
    numbers = np.array([int(str(name)[2:7]) for name in files])
    first, last = SPLITS[split]
    chosen = (numbers >= first) & (numbers <= last)
    points = np.full((int(chosen.sum()), len(MPII16), 2), np.nan)
    for source, name in enumerate(joints):
        target = MPII16.index(_NAMES.get(str(name), str(name)))
        points[:, target] = np.where(labelled[chosen, source, None], xy[chosen, source], np.nan)
    name = f"lspet-{split}"
    if corrected:
        name += "-corrected"
        wrong = np.isin(numbers[chosen], EXCHANGED.get(split, ()))
        points[wrong] = points[wrong][:, MPII16.mirror]
    hips = points[:, MPII16.indices(["left_hip", "right_hip"])]
    points[:, MPII16.index("pelvis")] = hips.mean(axis=1)
    visibility = np.where(np.isnan(points[..., 0]), HIDDEN, VISIBLE)
    images = tuple(folder / "images" / str(name) for name in files[chosen])
    return PhotoSet(name, images, points, visibility, np.full(len(images), "sport"), derived=("pelvis",))
