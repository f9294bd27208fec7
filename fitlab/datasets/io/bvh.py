"""Biovision hierarchies (.bvh): a tree of joints and their rotations over time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitlab.datasets.io.text import floats, lines_of
from fitlab.rotations import about_axis

#: mm for one unit of length in the BVH conversions of the CMU database (inches / 0.45).
CMU_UNIT_MM = 25.4 / 0.45

_CHANNEL = re.compile(r"([xyz])(position|rotation)", re.IGNORECASE)
_Lines = list[tuple[int, str]]  # with the numbers that they have in the file


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)


def read(path: str | Path, unit_mm: float = CMU_UNIT_MM) -> tuple[dict[str, np.ndarray], float]:
    """Read a file.

    Names of joints may have spaces. Keywords and channels may be written in small letters.

    Parameters
    ----------
    path : str or Path
    unit_mm : float
        mm for one unit of length, which files do not say.

    Returns
    -------
    joints : dict of (T, 3) arrays
        Every joint's place over time in mm, in the file's axes (y up). The end of a chain is called after its joint:
        ``Head_end``.
    fps : float
        Frames per second.

    Raises
    ------
    ValueError
        With the file's name, and the line that is wrong, for anything that is not a BVH file.
    """
    path = Path(path)
    lines = lines_of(path, comment="")
    try:
        start = next((index for index, (_, line) in enumerate(lines) if line.upper() == "MOTION"), None)
        if start is None:
            raise ValueError("it has no line MOTION")
        joints = _parse_hierarchy(lines[:start])
        values, seconds = _parse_motion(lines[start + 1 :], sum(len(joint.channels) for joint in joints))
    except ValueError as error:
        raise ValueError(f"{path.name} is not a BVH file that can be read: {error}") from None
    return _positions(joints, values, unit_mm), 1 / seconds


def _parse_hierarchy(lines: _Lines) -> list[_Joint]:
    joints: list[_Joint] = []
    open_joints: list[int] = []
    for number, line in _with_braces_alone(lines):
        words = line.split()
        match words[0].upper():
            case "HIERARCHY":
                pass
            case "ROOT" | "JOINT":
                joints.append(_Joint(_name(number, words), open_joints[-1] if open_joints else -1))
            case "END":
                if not open_joints:
                    raise ValueError(f"line {number} ends a joint that did not begin")
                joints.append(_Joint(joints[open_joints[-1]].name + "_end", open_joints[-1]))
            case "{" if joints:
                open_joints.append(len(joints) - 1)
            case "}" if open_joints:
                open_joints.pop()
            case "OFFSET" if joints:
                joints[-1].offset = np.array(floats(number, words[1:], 3))
            case "CHANNELS" if joints:
                joints[-1].channels = _channels(number, words)
            case _:
                raise ValueError(f"line {number} is not understood: {line[:80]}")
    if not joints or open_joints:
        raise ValueError(f"its hierarchy {'does not end' if joints else 'has no joints'}")
    return joints


def _with_braces_alone(lines: _Lines) -> _Lines:
    """The lines with each brace on one of its own, as some writers have ``JOINT Hips {``."""
    pieces = [(number, piece.strip()) for number, line in lines for piece in re.split(r"([{}])", line)]
    return [(number, piece) for number, piece in pieces if piece]


def _name(number: int, words: list[str]) -> str:
    if len(words) < 2:
        raise ValueError(f"line {number} names no joint")
    return " ".join(words[1:])


def _channels(number: int, words: list[str]) -> list[str]:
    channels = words[2:]
    if words[1:2] != [str(len(channels))]:
        raise ValueError(f"line {number} announces {' '.join(words[1:2]) or 'no'} channels and has {len(channels)}")
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            raise ValueError(f"line {number} has the channel {channel!r}; known: Xposition ... Zrotation")
    return channels


def _parse_motion(lines: _Lines, channels: int) -> tuple[np.ndarray, float]:
    """(T, channels) values, and the seconds of a frame."""
    count, seconds = _told("Frames", lines[:1]), _told("Frame Time", lines[1:2])
    if seconds <= 0:
        raise ValueError(f"line {lines[1][0]} gives a frame {seconds:g} seconds")
    rows = lines[2:]
    if len(rows) != count:
        raise ValueError(f"it announces {count:g} frames and has {len(rows)} lines of values")
    if not rows:
        raise ValueError("it has no frames")
    return np.array([floats(number, line.split(), channels) for number, line in rows]), seconds


def _told(what: str, lines: _Lines) -> float:
    if not lines:
        raise ValueError(f"it does not say its '{what}:'")
    number, line = lines[0]
    name, _, value = line.partition(":")
    if " ".join(name.split()).lower() != what.lower():
        raise ValueError(f"line {number} should begin with '{what}:': {line[:80]}")
    return floats(number, value.split(), 1)[0]


def _positions(joints: list[_Joint], values: np.ndarray, unit_mm: float) -> dict[str, np.ndarray]:
    """Forward kinematics: a joint's rotations apply in the order in which its channels are listed."""
    positions: list[np.ndarray] = []
    rotations: list[np.ndarray] = []
    column = 0
    for joint in joints:
        rotation = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        translation = np.broadcast_to(joint.offset, (len(values), 3)).copy()
        for channel in joint.channels:
            axis = "xyz".index(channel[0].lower())
            if channel.lower().endswith("position"):
                translation[:, axis] = values[:, column]
            else:
                rotation = rotation @ about_axis(np.eye(3)[axis], np.deg2rad(values[:, column]))
            column += 1
        if joint.parent >= 0:
            parent = rotations[joint.parent]
            translation = positions[joint.parent] + (parent @ translation[..., None])[..., 0]
            rotation = parent @ rotation
        positions.append(translation)
        rotations.append(rotation)
    return {joint.name: place * unit_mm for joint, place in zip(joints, positions, strict=True)}
