"""Joint rotations of a skeleton with constant bones, as a Biovision hierarchy (BVH) for animation tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fitlab.bodies import REFERENCE_BONES
from fitlab.export.markers import Y_UP
from fitlab.export.sampling import EvenClip
from fitlab.rotations import apply, euler_zyx, frame, shortest_turn, unit
from fitlab.skeletons import LIFT16, SIDES, mirrored_name, side_of, without_side
from fitlab.whole_files import write_text

#: mm of one unit of length in the files: they are in centimetres.
UNIT_MM = 10.0
#: The rotations of a joint in the order in which they apply: about z, about the turned y, about the turned x.
ORDER = ("Zrotation", "Yrotation", "Xrotation")
ROOT = "pelvis"

#: (joint, its parent, the joint at the end of the bone that it turns) of the middle and of a side. Where several bones
#: begin in one place, each is turned by a joint of its own, without length.
_MIDDLE = (
    ("lower_back", ROOT, "spine"),
    ("spine", "lower_back", "thorax"),
    ("thorax", "spine", ""),
    ("neck", "thorax", "head_top"),
    ("head_top", "neck", ""),
)
_SIDE = (
    ("collar", "thorax", "shoulder"),
    ("shoulder", "collar", "elbow"),
    ("elbow", "shoulder", "wrist"),
    ("wrist", "elbow", ""),
    ("hip_joint", ROOT, "hip"),
    ("hip", "hip_joint", "knee"),
    ("knee", "hip", "ankle"),
    ("ankle", "knee", ""),
)
_START = {end: start for start, end in LIFT16.bones}
#: cm; what follows the last joint of a chain only shows tools in which direction it points.
_TIP = 8.0


def _sided(name: str, side: str) -> str:
    return name if name in (ROOT, "thorax", "") else f"{side}_{name}"


#: (joint, parent, end of its bone) of all joints but the root, parents first.
NODES = (*_MIDDLE, *(tuple(_sided(name, side) for name in row) for side in SIDES for row in _SIDE))
_PARENT = {name: parent for name, parent, _ in NODES}


def _depth_first(name: str = ROOT, depth: int = 0) -> Iterator[tuple[str, int]]:
    yield name, depth
    for child, parent, _ in NODES:
        if parent == name:
            yield from _depth_first(child, depth + 1)


#: (joint, depth below the root) of every joint, as a hierarchy lists them.
_ORDERED = tuple(_depth_first())


def write_bvh(path: Path, clip: EvenClip) -> None:
    """Write a clip as a BVH file, whole or not at all.

    Centimetres, y up; in the rest pose the person faces z with the arms out to the sides. The root is the pelvis, with
    translation and rotation. A bone has the same length in all frames, its median, and points where the joints say.
    Positions do not tell the twist about a bone's own axis, so that it is turned from its parent by the shortest way.
    The format knows no gaps: over unknown frames a bone turns from the last known direction to the next, and stands
    still before the first and after the last.

    Parameters
    ----------
    path : Path
    clip : EvenClip
    """
    points = clip.points @ Y_UP.T
    turned = _rotations(points)
    columns = [_filled(points[:, LIFT16.index(ROOT)], np.zeros(3)) / UNIT_MM]
    for name, _ in _ORDERED:
        own = np.swapaxes(turned[_PARENT[name]], -1, -2) @ turned[name] if name in _PARENT else turned[name]
        columns.append(np.unwrap(euler_zyx(own), axis=0, period=360))
    rows = np.concatenate(columns, axis=1)
    motion = ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1 / clip.rate:.9f}", *map(_numbers, rows)]
    write_text(path, "\n".join(["HIERARCHY", *_hierarchy(_offsets(points)), *motion]) + "\n")


def _hierarchy(offsets: dict[str, np.ndarray]) -> list[str]:
    """The lines that say which joint hangs on which, and (3,) cm of each from its parent."""
    lines = []
    depths = [*(depth for _, depth in _ORDERED), 0]
    for (name, depth), following in zip(_ORDERED, depths[1:], strict=True):
        indent, inner = "\t" * depth, "\t" * (depth + 1)
        channels = [*ORDER] if name in _PARENT else ["Xposition", "Yposition", "Zposition", *ORDER]
        lines += [f"{indent}{'JOINT' if name in _PARENT else 'ROOT'} {name}", indent + "{"]
        lines += [f"{inner}OFFSET {_numbers(offsets[name])}"]
        lines += [f"{inner}CHANNELS {len(channels)} {' '.join(channels)}"]
        if following <= depth:
            tip = f"{inner}\tOFFSET {_numbers(_TIP * _rest_direction(name))}"
            lines += [f"{inner}End Site", inner + "{", tip, inner + "}"]
        lines += ["\t" * each + "}" for each in range(depth, following - 1, -1)]
    return lines


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:z.5f}" for value in values)


def _rest_direction(end: str) -> np.ndarray:
    """Where the bone that ends in a joint points in the rest pose: legs down, arms out, the left side at +x."""
    name, outwards = without_side(end), 1.0 if side_of(end) == "left" else -1.0
    if name in ("knee", "ankle"):
        return np.array([0.0, -1.0, 0.0])
    return np.array([0.0, 1.0, 0.0]) if name == end else np.array([outwards, 0.0, 0.0])


def _offsets(points: np.ndarray) -> dict[str, np.ndarray]:
    """(3,) cm of every joint from its parent: the length of the bone that ends there, along its rest direction."""
    lengths = _bone_lengths(points)
    offsets = {name: np.zeros(3) for name in (ROOT, *(name for name, _, _ in NODES))}
    return offsets | {end: length / UNIT_MM * _rest_direction(end) for end, length in lengths.items()}


def _bone_lengths(points: np.ndarray) -> dict[str, float]:
    """mm of every bone, by its end: its median, else that of the other side, else that of the reference body."""
    ends = LIFT16.bone_indices
    measured = np.linalg.norm(points[:, ends[:, 1]] - points[:, ends[:, 0]], axis=-1)
    known = {
        end: float(np.nanmedian(column))
        for (_, end), column in zip(LIFT16.bones, measured.T, strict=True)
        if not np.isnan(column).all()
    }
    reference = {end: float(length) for (_, end), length in zip(LIFT16.bones, REFERENCE_BONES, strict=True)}
    return {end: known.get(end, known.get(mirrored_name(end), reference[end])) for end in reference}


def _rotations(points: np.ndarray) -> dict[str, np.ndarray]:
    """(T, 3, 3) rotation of every joint in the axes of the file."""
    still = np.broadcast_to(np.eye(3), (len(points), 3, 3))
    turned = {ROOT: _across(points, "hip", (ROOT, "thorax"), still)}
    for name, parent, end in NODES:
        if name == "thorax":
            turned[name] = _across(points, "shoulder", ("spine", "thorax"), turned[parent])
        elif end:
            rest = apply(turned[parent], _rest_direction(end))
            start = points[:, LIFT16.index(_START[end])]
            way = _filled(_directions(points[:, LIFT16.index(end)] - start), rest)
            turned[name] = shortest_turn(rest, unit(way)) @ turned[parent]
        else:
            turned[name] = turned[parent]
    return turned


def _across(points: np.ndarray, pair: str, trunk: tuple[str, str], unknown: np.ndarray) -> np.ndarray:
    """(T, 3, 3) axes of pelvis or chest: x from right to left, y up the trunk; ``unknown`` where they never are."""
    right, left, low, high = (points[:, i] for i in LIFT16.indices([f"right_{pair}", f"left_{pair}", *trunk]))
    axes = frame(_directions(left - right), high - low)
    flat = axes.reshape(len(points), 9)
    return _orthonormal(_filled(flat, unknown.reshape(-1, 9)).reshape(-1, 3, 3))


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors; NaN where there is no length."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, np.nan)


def _orthonormal(axes: np.ndarray) -> np.ndarray:
    """Rotations from axes that are only nearly at right angles, as those in between two rotations."""
    return frame(axes[..., 0], axes[..., 1])


def _filled(values: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """(T, C) values with straight lines over the gaps, and the nearest known one beyond the ends."""
    known = ~np.isnan(values).any(-1)
    if not known.any():
        return np.broadcast_to(otherwise, values.shape)
    at = np.arange(len(values))
    return np.stack([np.interp(at, at[known], column[known]) for column in values.T], axis=-1)
