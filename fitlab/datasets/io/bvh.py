"""Biovision hierarchies (.bvh): a tree of joints and their rotations over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitlab.rotations import about_axis

#: mm for one unit of length in the BVH conversions of the CMU database (inches / 0.45).
CMU_UNIT_MM = 25.4 / 0.45


@dataclass
class _Joint:
    name: str
    parent: int
    offset: np.ndarray = field(default_factory=lambda: np.zeros(3))
    channels: list[str] = field(default_factory=list)


def read(path: str | Path, unit_mm: float = CMU_UNIT_MM) -> tuple[dict[str, np.ndarray], float]:
    """Every joint's place over time, name -> (T, 3) mm in the file's axes (y up), and the frames per second.

    The end of a chain is called after its joint: ``Head_end``. ValueError, with the file's name, for anything that
    is not a BVH file.
    """
    path = Path(path)
    try:
        hierarchy, motion = path.read_text(encoding="utf-8", errors="replace").split("MOTION", 1)
        joints = _parse_hierarchy(hierarchy)
        header, frames = motion.split("Frame Time:", 1)
        seconds, *rows = frames.strip().splitlines()
        count = int(header.split(":", 1)[1])
        values = np.array([row.split() for row in rows if row.strip()], float)
        if values.shape != (count, sum(len(joint.channels) for joint in joints)):
            raise ValueError(f"{values.shape} values where the header announces {count} frames")
        return _positions(joints, values, unit_mm), 1 / float(seconds)
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(f"{path.name} is not a BVH file that can be read: {error}") from None


def _parse_hierarchy(text: str) -> list[_Joint]:
    joints: list[_Joint] = []
    open_joints: list[int] = []
    for line in text.splitlines():
        match line.split():
            case ["ROOT" | "JOINT", name]:
                joints.append(_Joint(name, open_joints[-1] if open_joints else -1))
            case ["End", _]:
                joints.append(_Joint(joints[open_joints[-1]].name + "_end", open_joints[-1]))
            case ["{"]:
                open_joints.append(len(joints) - 1)
            case ["}"]:
                open_joints.pop()
            case ["OFFSET", *numbers]:
                joints[-1].offset = np.array(numbers, float)
            case ["CHANNELS", _, *channels]:
                joints[-1].channels = channels
    return joints


def _positions(joints: list[_Joint], values: np.ndarray, unit_mm: float) -> dict[str, np.ndarray]:
    """Forward kinematics: a joint's rotations apply in the order in which its channels are listed."""
    positions: list[np.ndarray] = []
    rotations: list[np.ndarray] = []
    column = 0
    for joint in joints:
        rotation = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        translation = np.broadcast_to(joint.offset, (len(values), 3)).copy()
        for channel in joint.channels:
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
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
