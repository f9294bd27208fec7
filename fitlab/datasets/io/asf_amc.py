"""Acclaim's pair of files (.asf, .amc): a person's bones, and their rotations over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitlab.rotations import about_axis

#: AMC files do not say it; the CMU database was recorded at this rate.
CMU_FPS = 120.0


@dataclass
class _Bone:
    name: str = "root"
    direction: np.ndarray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.eye(3))
    freedoms: list[str] = field(default_factory=list)
    parent: str = ""


def read(skeleton_path: str | Path, motion_path: str | Path) -> tuple[dict[str, np.ndarray], float]:
    """The end of each bone over time, name -> (T, 3) mm in the files' axes (y up), and CMU's frames per second.

    ``root`` is the root's own place. ValueError, with the file's name, for a file that is not ASF or AMC.
    """
    skeleton_path, motion_path = Path(skeleton_path), Path(motion_path)
    if not skeleton_path.is_file():
        raise FileNotFoundError(f"{motion_path.name} needs the skeleton of its person, and there is no {skeleton_path}")
    try:
        bones, unit_mm = _parse_asf(skeleton_path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"{skeleton_path.name} is not an ASF file that can be read: {error}") from None
    try:
        values = _parse_amc(motion_path.read_text(encoding="utf-8", errors="replace"), bones)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"{motion_path.name} is not an AMC file for {skeleton_path.name}: {error}") from None
    return {name: place * unit_mm for name, place in _positions(bones, values).items()}, CMU_FPS


def _parse_asf(text: str) -> tuple[dict[str, _Bone], float]:
    """Bones by name, parents first, and mm for a unit of length."""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    bones = {"root": _Bone(freedoms=["TX", "TY", "TZ", "RX", "RY", "RZ"])}
    unit_mm, section, bone = 25.4, "", _Bone()
    for words in lines:
        if words[0].startswith(":"):
            section = words[0]
            continue
        match section, words:
            case ":units", ["length", number]:
                unit_mm = 25.4 / float(number)
            case ":root", ["order", *order]:
                bones["root"].freedoms = [name.upper() for name in order]
            case ":bonedata", ["begin"]:
                bone = _Bone()
            case ":bonedata", ["name", name]:
                bone.name = name
            case ":bonedata", ["direction", *numbers]:
                bone.direction = np.array(numbers, float)
            case ":bonedata", ["length", number]:
                bone.length = float(number)
            case ":bonedata", ["axis", *numbers, order]:
                bone.axis = _euler(np.deg2rad(np.array(numbers, float)), order)
            case ":bonedata", ["dof", *names]:
                bone.freedoms = [name.upper() for name in names]
            case ":bonedata", ["end"]:
                bones[bone.name] = bone
            case ":hierarchy", [parent, *children] if parent in bones:
                for child in children:
                    bones[child].parent = parent
    return _parents_first(bones), unit_mm


def _parents_first(bones: dict[str, _Bone]) -> dict[str, _Bone]:
    if len(bones) < 2:
        raise ValueError("it has no :bonedata")
    ordered = {"root": bones["root"]}
    while len(ordered) < len(bones):
        ready = {name: bone for name, bone in bones.items() if name not in ordered and bone.parent in ordered}
        if not ready:
            raise ValueError(f"{next(name for name in bones if name not in ordered)} hangs on no other bone")
        ordered |= ready
    return ordered


def _parse_amc(text: str, bones: dict[str, _Bone]) -> dict[str, np.ndarray]:
    """name -> (T, degrees of freedom) values as they stand in the file, for the bones that move."""
    frames: list[dict[str, list[str]]] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == 1 and words[0].isdigit():
            frames.append({})
        elif frames and words:
            frames[-1][words[0]] = words[1:]
    if not frames:
        raise ValueError("it has no frames")
    moving = [name for name, bone in bones.items() if bone.freedoms]
    values = {name: np.array([frame[name] for frame in frames], float) for name in moving}
    for name, numbers in values.items():
        if numbers.shape[1] != len(bones[name].freedoms):
            raise ValueError(f"{numbers.shape[1]} values for {name}, which has {len(bones[name].freedoms)}")
    return values


def _positions(bones: dict[str, _Bone], values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Forward kinematics: a bone turns about its own axes, which stand as ``axis`` says when nothing is rotated."""
    count = len(values["root"])
    rotations: dict[str, np.ndarray] = {}
    places: dict[str, np.ndarray] = {}
    for name, bone in bones.items():
        own = np.broadcast_to(np.eye(3), (count, 3, 3))
        start = np.zeros((count, 3)) if name == "root" else places[bone.parent]
        for freedom, value in zip(bone.freedoms, values.get(name, np.zeros((count, 0))).T, strict=True):
            axis = "XYZ".index(freedom[-1])
            if freedom.startswith("T"):
                start = start + value[:, None] * np.eye(3)[axis]
            else:
                own = about_axis(np.eye(3)[axis], np.deg2rad(value)) @ own
        turned = bone.axis @ own @ bone.axis.T
        rotations[name] = turned if name == "root" else rotations[bone.parent] @ turned
        places[name] = start + (rotations[name] @ bone.direction) * bone.length
    return places


def _euler(angles: np.ndarray, order: str) -> np.ndarray:
    """Rotations about the fixed axes, the first letter's first."""
    rotation = np.eye(3)
    for angle, letter in zip(angles, order.upper(), strict=True):
        rotation = about_axis(np.eye(3)["XYZ".index(letter)], angle) @ rotation
    return rotation
