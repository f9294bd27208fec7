"""Acclaim's pair of files (.asf, .amc): a person's bones, and their rotations over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitlab.datasets.io.text import floats, lines_of
from fitlab.rotations import about_axis

#: AMC files do not say it; the CMU database was recorded at this rate.
CMU_FPS = 120.0

_FREEDOMS = ("TX", "TY", "TZ", "RX", "RY", "RZ")
_INCHES = ("", "in", "inch", "inches")
_Lines = list[tuple[int, str]]  # with the numbers that they have in the file


@dataclass
class _Bone:
    name: str = "root"
    direction: np.ndarray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.eye(3))
    freedoms: list[str] = field(default_factory=list)
    parent: str = ""


@dataclass
class _Body:
    bones: dict[str, _Bone]  # parents first
    unit_mm: float  # mm for a unit of length
    degree: float  # degrees for a unit of angles


def read(skeleton_path: str | Path, motion_path: str | Path) -> tuple[dict[str, np.ndarray], float]:
    """Read a motion with the skeleton of its person.

    Lengths are inches over the ``length`` of the skeleton's units. Angles are degrees or radians, as the files say.

    Parameters
    ----------
    skeleton_path : str or Path
        The ASF file.
    motion_path : str or Path
        The AMC file.

    Returns
    -------
    bones : dict of (T, 3) arrays
        The place of the end of each bone over time in mm, in the files' axes (y up). ``root`` is the root's own place.
    fps : float
        CMU's frames per second.

    Raises
    ------
    FileNotFoundError
        If the skeleton is not there.
    ValueError
        With the file's name, and the line that is wrong, for a file that is not ASF or AMC.
    """
    skeleton_path, motion_path = Path(skeleton_path), Path(motion_path)
    if not skeleton_path.exists():
        raise FileNotFoundError(f"{motion_path.name} needs the skeleton of its person, and there is no {skeleton_path}")
    skeleton, motion = lines_of(skeleton_path), lines_of(motion_path)
    try:
        body = _parse_asf(skeleton)
    except ValueError as error:
        raise ValueError(f"{skeleton_path.name} is not an ASF file that can be read: {error}") from None
    try:
        values = _parse_amc(motion, body)
    except ValueError as error:
        raise ValueError(f"{motion_path.name} is not an AMC file for {skeleton_path.name}: {error}") from None
    return {name: place * body.unit_mm for name, place in _positions(body.bones, values).items()}, CMU_FPS


def _parse_asf(lines: _Lines) -> _Body:
    root, bone = _Bone(freedoms=list(_FREEDOMS)), _Bone(name="")
    body = _Body({"root": root}, 25.4, 1.0)
    section = ""
    for number, line in lines:
        words = line.split()
        if words[0].startswith(":"):
            section = words[0].lower()
            continue
        match section, [words[0].lower(), *words[1:]]:
            case ":units", ["length", size, *unit]:
                body.unit_mm = _unit(number, size, " ".join(unit))
            case ":units", ["angle", unit, *_]:
                body.degree = _degree(number, unit)
            case ":root", ["order", *order]:
                root.freedoms = _freedoms(number, order)
            case ":root", ["position" | "orientation" as what, *numbers]:
                if any(floats(number, numbers, 3)):
                    raise ValueError(f"line {number} has a root whose {what} is not 0 0 0, which is not supported")
            case ":bonedata", ["begin"]:
                bone = _Bone(name="")
            case ":bonedata", ["name", *names]:
                bone.name = " ".join(names)
            case ":bonedata", ["direction", *numbers]:
                bone.direction = np.array(floats(number, numbers, 3))
            case ":bonedata", ["length", *numbers]:
                bone.length = floats(number, numbers, 1)[0]
            case ":bonedata", ["axis", *numbers, order]:
                bone.axis = _euler(number, np.deg2rad(floats(number, numbers, 3)) * body.degree, order)
            case ":bonedata", ["dof", *names]:
                bone.freedoms = _freedoms(number, names)
            case ":bonedata", ["end"]:
                body.bones[bone.name] = bone
            case ":hierarchy", [_, *children] if words[0] in body.bones:
                _hang(number, children, words[0], body.bones)
    if not root.freedoms:
        raise ValueError("its :root has no order")
    body.bones = _parents_first(body.bones)
    return body


def _unit(number: int, size: str, unit: str) -> float:
    value = floats(number, [size])[0]
    if unit.lower() not in _INCHES or value <= 0:
        raise ValueError(f"line {number} has lengths of {size} {unit}; known: inches, with a number above 0")
    return 25.4 / value


def _degree(number: int, unit: str) -> float:
    known = {"deg": 1.0, "degree": 1.0, "degrees": 1.0, "rad": 180 / np.pi, "radian": 180 / np.pi}
    known["radians"] = known["rad"]
    if unit.lower() not in known:
        raise ValueError(f"line {number} has angles in {unit!r}; known: deg, rad")
    return known[unit.lower()]


def _freedoms(number: int, names: list[str]) -> list[str]:
    freedoms = [name.upper() for name in names]
    if strange := [name for name in freedoms if name not in _FREEDOMS]:
        raise ValueError(f"line {number} has the degree of freedom {strange[0]!r}; known: {', '.join(_FREEDOMS)}")
    return freedoms


def _hang(number: int, children: list[str], parent: str, bones: dict[str, _Bone]) -> None:
    for child in children:
        if child not in bones:
            raise ValueError(f"line {number} names the bone {child!r}, which is not in :bonedata")
        bones[child].parent = parent


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


def _parse_amc(lines: _Lines, body: _Body) -> dict[str, np.ndarray]:
    """name -> (T, degrees of freedom) values of the bones that move: units of length, and degrees."""
    frames: list[dict[str, list[float]]] = []
    degree = body.degree
    moving = {name: bone.freedoms for name, bone in body.bones.items() if bone.freedoms}
    for number, line in lines:
        words = line.split()
        if words[0].upper() in (":DEGREES", ":RADIANS"):
            degree = _degree(number, words[0][1:])
        elif len(words) == 1 and words[0].isdigit():
            frames.append({})
        elif frames and words[0] in moving:
            frames[-1][words[0]] = floats(number, words[1:], len(moving[words[0]]))
    if not frames:
        raise ValueError("it has no frames")
    for count, frame in enumerate(frames, 1):
        if missing := [name for name in moving if name not in frame]:
            raise ValueError(f"frame {count} lacks {missing[0]}, which {len(moving[missing[0]])} numbers move")
    units = {name: [degree if freedom.startswith("R") else 1.0 for freedom in moving[name]] for name in moving}
    return {name: np.array([frame[name] for frame in frames]) * units[name] for name in moving}


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


def _euler(number: int, angles: np.ndarray, order: str) -> np.ndarray:
    """Rotations about the fixed axes by radians, the first letter's first."""
    if sorted(order.upper()) != ["X", "Y", "Z"]:
        raise ValueError(f"line {number} has axes in the order {order!r}; known: XYZ, ZYX and the like")
    rotation = np.eye(3)
    for angle, letter in zip(angles, order.upper(), strict=True):
        rotation = about_axis(np.eye(3)["XYZ".index(letter)], angle) @ rotation
    return rotation
