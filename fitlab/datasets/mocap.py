"""Motion capture: joints of moving people in mm, from packed files or from the CMU database as downloaded.

Packed files (``motion/*.npz`` under ``$FITLAB_DATA``) hold ``kpts_mm`` (N, 17, 3) in Human3.6M's order, ``clip`` (N,),
``clip_names`` and ``fps``. World axes: z up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fitlab.datasets.io import asf_amc, bvh
from fitlab.folders import data_folder, require
from fitlab.skeletons import H36M17, LIFT16, convert, unknown

#: mm between the frames of a clip that no joint moves in 1/30 s: what jumps so far was not moving.
LONGEST_STEP = 300.0
#: How far a bone may be from the clip's median length.
BONE_TOLERANCE = 0.2

#: Frames per second of the packed motion.
FPS = 30.0

EVERYDAY = "general_cmu_30fps.npz"
EXERCISE = "exercise_cmu13_30fps.npz"


@dataclass(frozen=True)
class Motion:
    """Frames of one or many clips.

    points      (N, 16, 3) mm, LIFT16, z up
    clip        (N,) index into ``clip_names``
    labels      (N,) what is being done, or None
    left_out    reason -> number of frames that were not taken
    """

    points: np.ndarray
    clip: np.ndarray
    clip_names: tuple[str, ...]
    fps: float
    labels: np.ndarray | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: np.ndarray | slice) -> Motion:
        """Some frames, by index, mask or slice."""
        labels = None if self.labels is None else self.labels[frames]
        return replace(self, points=self.points[frames], clip=self.clip[frames], labels=labels)


def load_packed(file: str, report: Callable[[str], None] | None = None) -> Motion:
    """The usable frames of ``motion/FILE`` in the data folder; ``report`` is told what was rejected and why.

    FileNotFoundError says where the file was looked for.
    """
    path = require(data_folder() / "motion" / file, f"the motion {file}")
    with np.load(path) as packed:
        points = convert(packed["kpts_mm"], H36M17, LIFT16)
        labels = packed["label_names"][packed["label"]] if "label" in packed else None
        names = tuple(str(name) for name in packed["clip_names"])
        motion = Motion(points, packed["clip"].astype(int), names, float(packed["fps"]), labels)
    return usable(motion, report)


def read_clip(path: str | Path, skeleton_path: str | Path | None = None) -> Motion:
    """One clip of the CMU database: ``.bvh``, or ``.amc`` with the ``.asf`` of its person.

    Parameters
    ----------
    path
        Of the clip.
    skeleton_path
        Of the ASF file. By default the one beside the AMC file whose name starts alike (``13.asf`` for ``13_29.amc``).

    Returns
    -------
    Motion
        At the clip's own rate.

    Raises
    ------
    ValueError
        For other files, damaged ones, and joints that are not CMU's.
    FileNotFoundError
        If one of the files is not there.
    """
    path = Path(path)
    if path.suffix.lower() == ".bvh":
        joints, fps = bvh.read(path)
        source = CMU_BVH
    elif path.suffix.lower() == ".amc":
        skeleton_path = skeleton_path or path.with_name(path.stem.split("_")[0] + ".asf")
        joints, fps = asf_amc.read(skeleton_path, path)
        source = CMU_ASF
    else:
        raise ValueError(f"{path.name} is not motion capture that can be read; known: .bvh, .amc (with its .asf)")
    points = from_cmu(joints, source)
    return Motion(points, np.zeros(len(points), int), (path.stem,), fps)


def read_folder(folder: str | Path, report: Callable[[str], None] | None = None) -> Motion:
    """The usable frames of every clip in a folder and below, at about 30 frames/s.

    Parameters
    ----------
    folder
        With files as :func:`read_clip` takes them.
    report
        Called with a sentence where frames are left out.

    Returns
    -------
    Motion

    Raises
    ------
    FileNotFoundError
        If there is no clip in it.
    ValueError
        As :func:`read_clip`.
    """
    files = _clips_in(Path(folder))
    if not files:
        raise FileNotFoundError(f"there is no .bvh or .amc file in {folder}")
    clips = []
    for file in files:
        clip = read_clip(file)
        clips.append(clip[:: max(1, round(clip.fps / FPS))])
    return usable(
        Motion(
            np.concatenate([clip.points for clip in clips]),
            np.repeat(np.arange(len(clips)), [len(clip) for clip in clips]),
            tuple(file.stem for file in files),
            FPS,
        ),
        report,
    )


def is_folder(folder: Path) -> bool:
    """Whether there are clips in ``folder`` or below that :func:`read_folder` can read."""
    return folder.is_dir() and bool(_clips_in(folder))


def _clips_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".bvh", ".amc"))


def split_by_person(motion: Motion, every: int = 5) -> tuple[Motion, Motion]:
    """Split clips that are called PERSON_NUMBER so that nobody is on both sides.

    Parameters
    ----------
    motion
        Of several people.
    every
        Every so many people one is held out; where there are fewer, the last.

    Returns
    -------
    tuple of Motion
        The frames for training, and those held out.

    Raises
    ------
    ValueError
        If there is only one person.
    """
    people = sorted({name.split("_")[0] for name in motion.clip_names})
    if len(people) < 2:
        raise ValueError(f"all clips are of person {people[0]}: nobody is left to validate on")
    held_out = people[every - 1 :: every] or people[-1:]
    return split_by_clip(motion, [name for name in motion.clip_names if name.split("_")[0] in held_out])


def from_cmu(joints: dict[str, np.ndarray], source: dict[str, str]) -> np.ndarray:
    """Joints of LIFT16 from CMU's named points.

    Parameters
    ----------
    joints
        Name -> (T, 3) mm, y up.
    source
        Joint of LIFT16 -> the name of CMU's point; the pelvis is made from the hips.

    Returns
    -------
    np.ndarray
        (T, 16, 3) mm, z up.

    Raises
    ------
    ValueError
        For a point that is not among ``joints``.
    """
    missing = [name for name in source.values() if name not in joints]
    if missing:
        raise ValueError(unknown(missing[0], list(joints), "joint in this file; it is not of the CMU database:"))
    found = {joint: joints[name] for joint, name in source.items()}
    found["pelvis"] = (found["left_hip"] + found["right_hip"]) / 2
    points = np.stack([found[joint] for joint in LIFT16.joints], axis=1)
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def _sides(left: str, right: str, parts: dict[str, str]) -> dict[str, str]:
    sides = (("left", left), ("right", right))
    return {f"{side}_{joint}": prefix + name for side, prefix in sides for joint, name in parts.items()}


#: LIFT16 in the BVH conversions of the CMU database (a joint is where its own bone starts).
CMU_BVH = {
    "spine": "Spine",
    "thorax": "Neck",
    "head_top": "Head_end",
    **_sides(
        "Left",
        "Right",
        {"hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand"},
    ),
}

#: LIFT16 in ASF/AMC (a point is where the bone of that name ends).
CMU_ASF = {
    "spine": "lowerback",
    "thorax": "thorax",
    "head_top": "head",
    **_sides(
        "l",
        "r",
        {
            "hip": "hipjoint",
            "knee": "femur",
            "ankle": "tibia",
            "shoulder": "clavicle",
            "elbow": "humerus",
            "wrist": "radius",
        },
    ),
}


def usable(motion: Motion, report: Callable[[str], None] | None = None) -> Motion:
    """Only the frames that can be learnt from; ``report`` is told how many went and why.

    Rejected: frames with unknown joints; a calibration pose before the motion (the clip jumps away from its first
    frame); frames where a bone is longer or shorter than in the rest of its clip.
    """
    reasons = {
        "with unknown joints": np.isnan(motion.points).any((1, 2)),
        "calibration pose before the motion": _calibration(motion),
        "bone lengths unlike the rest of the clip": _broken(motion),
    }
    good, left_out = np.ones(len(motion), bool), {}
    for reason, bad in reasons.items():
        left_out[reason] = int((bad & good).sum())
        if report is not None:
            report(f"{left_out[reason]:6d} of {len(motion)} frames rejected: {reason}")
        good &= ~bad
    return replace(motion[good], left_out={**motion.left_out, **left_out})


def _calibration(motion: Motion) -> np.ndarray:
    first = np.flatnonzero(np.diff(motion.clip, prepend=-1))
    second = np.minimum(first + 1, len(motion) - 1)
    relative = motion.points - motion.points[:, :1]
    step = np.linalg.norm(relative[second] - relative[first], axis=-1).max(-1)
    bad = np.zeros(len(motion), bool)
    bad[first[(step > LONGEST_STEP) & (motion.clip[second] == motion.clip[first])]] = True
    return bad


def _broken(motion: Motion) -> np.ndarray:
    start, end = LIFT16.bone_indices.T
    lengths = np.linalg.norm(motion.points[:, start] - motion.points[:, end], axis=-1)
    bad = np.zeros(len(motion), bool)
    for clip in np.unique(motion.clip):
        frames = motion.clip == clip
        ratio = lengths[frames] / np.maximum(np.nanmedian(lengths[frames], axis=0), 1e-6)
        bad[frames] = (np.abs(ratio - 1) > BONE_TOLERANCE).any(-1)
    return bad


def split_by_clip(motion: Motion, held_out: Iterable[str]) -> tuple[Motion, Motion]:
    """Split by clip: each is on one side as a whole, as are all of one name.

    Parameters
    ----------
    motion
    held_out
        Names of clips.

    Returns
    -------
    tuple of Motion
        The frames for training, and those held out.

    Raises
    ------
    ValueError
        For a clip that there is not.
    """
    held_out = set(held_out)
    for name in held_out.difference(motion.clip_names):
        raise ValueError(unknown(name, motion.clip_names, "clip"))
    out = np.isin(motion.clip, [index for index, name in enumerate(motion.clip_names) if name in held_out])
    return motion[~out], motion[out]


def everyday_held_out(names: Iterable[str]) -> list[str]:
    """The clips of the everyday motion kept for validation: its test clips, and every fifth of persons 01 and 02."""
    numbered = [name for name in names if "/" not in name and int(name.split("_")[1]) % 5 == 0]
    return [name for name in names if name.startswith("test/")] + numbered


def everyday(report: Callable[[str], None] | None = None) -> tuple[Motion, Motion]:
    """Everyday motion (walking, sports, playground) of three persons: (training, validation), split by clip.

    Labels are what a clip shows where its name tells that, else the person.
    """
    motion = load_packed(EVERYDAY, report)
    kinds = [name.split("/")[1] if "/" in name else f"person {name[:2]}" for name in motion.clip_names]
    motion = replace(motion, labels=np.array(kinds)[motion.clip])
    return split_by_clip(motion, everyday_held_out(motion.clip_names))


def exercise(report: Callable[[str], None] | None = None) -> Motion:
    """A fourth person exercising (squats, jumping jacks, twists...), labelled; never trained on."""
    return load_packed(EXERCISE, report)
