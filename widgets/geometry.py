"""Triangles for the 3D view: one mesh for a whole skeleton, ellipsoids of uncertainty, sectors of angles.

The scene is in metres, y up, z towards the viewer who stands where the camera stood.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from fitlab.colours import bone_colour
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16, Skeleton

JOINT_RADIUS, BONE_RADIUS, SECTOR_RADIUS = 0.032, 0.017, 0.16
SECTOR_STEPS = 24
#: Half axes of the ellipsoid that holds 90 % of a normal distribution in space, in standard deviations.
NINETY_PERCENT = 2.5
_PAIRS = ("hip", "shoulder")
_PALE = np.array([0.80, 0.82, 0.85])


def to_scene(points: np.ndarray) -> np.ndarray:
    """Camera axes in mm (x right, y down, z away) as the scene's axes in metres."""
    return np.asarray(points, float) * [0.001, -0.001, -0.001]


def centre_of(points: np.ndarray) -> np.ndarray:
    """(3,) middle of the box round all known scene points (..., J, 3); the origin where none is known."""
    known = points[~np.isnan(points).any(-1)]
    return (known.min(0) + known.max(0)) / 2 if len(known) else np.zeros(3)


def view_from(direction: str, points: np.ndarray) -> np.ndarray:
    """(3,) where to stand, seen from the middle of a pose with scene points (16, 3) of LIFT16, for a view of it.

    ``front`` is where the camera stood and ``top`` above; ``side`` is level on the person's right, or on the camera's
    right where the pose does not say which way the person faces.
    """
    if direction == "top":
        return np.array([0.0, 1.0, 0.0])
    if direction == "front":
        return np.array([0.0, 0.12, 1.0])
    across = sum(points[LIFT16.index(f"right_{joint}")] - points[LIFT16.index(f"left_{joint}")] for joint in _PAIRS)
    level = np.array([across[0], 0.0, across[2]])
    size = np.linalg.norm(level)
    if not size > 0.5 * np.linalg.norm(across) > 0:
        level, size = np.array([1.0, 0.0, 0.0]), 1.0  # type: ignore[assignment]
    return level / size + [0.0, 0.12, 0.0]


@cache
def sphere(around: int = 12, along: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere: vertices (V, 3), which are their own normals, and faces (F, 3)."""
    polar, turn = np.meshgrid(np.linspace(0, np.pi, along + 1), np.linspace(0, 2 * np.pi, around + 1), indexing="ij")
    vertices = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], -1)
    corner = (np.arange(along)[:, None] * (around + 1) + np.arange(around)).ravel()
    below = corner + around + 1
    faces = np.concatenate([np.stack([corner, corner + 1, below], 1), np.stack([below, corner + 1, below + 1], 1)])
    return vertices.reshape(-1, 3), faces


@cache
def tube(sides: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Open tube of radius 1 along y from -0.5 to 0.5: vertices, normals (V, 3) and faces (F, 3)."""
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], 1)
    half = np.array([0, 0.5, 0])
    vertices = np.concatenate([ring - half, ring + half])
    corner = np.arange(sides)
    above = corner + sides + 1
    faces = np.concatenate([np.stack([corner, above, corner + 1], 1), np.stack([corner + 1, above, above + 1], 1)])
    return vertices, np.concatenate([ring, ring]), faces


def copies(faces: np.ndarray, vertices: int, count: int) -> np.ndarray:
    """Faces of ``count`` copies of a shape of so many ``vertices``, one after the other."""
    return (faces[None] + vertices * np.arange(count)[:, None, None]).reshape(-1, 3)


def skeleton_faces(skeleton: Skeleton) -> np.ndarray:
    """(F * 3,) uint32 vertex numbers of the mesh of :func:`bake_skeleton`."""
    ball, ball_faces = sphere()
    pipe, _, pipe_faces = tube()
    joints = copies(ball_faces, len(ball), len(skeleton))
    bones = copies(pipe_faces, len(pipe), len(skeleton.bones)) + len(ball) * len(skeleton)
    return np.concatenate([joints, bones]).astype(np.uint32).ravel()


def skeleton_colours(skeleton: Skeleton, score: np.ndarray, pale: bool = False) -> np.ndarray:
    """(V, 3) float32: right red, left blue, middle green; the less sure a joint is (score), the paler it is."""
    sure = np.clip(np.nan_to_num(score), 0.15, 1)[:, None]
    joints = np.array([_rgb(bone_colour((name, name))) for name in skeleton.joints])
    bones = np.array([_rgb(bone_colour(bone)) for bone in skeleton.bones])
    joints = sure * joints + (1 - sure) * _PALE
    if pale:
        joints, bones = (0.35 * colours + 0.65 * _PALE for colours in (joints, bones))
    every = np.concatenate([np.repeat(joints, len(sphere()[0]), 0), np.repeat(bones, len(tube()[0]), 0)])
    return every.astype(np.float32)


def bake_skeleton(points: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and normals (V, 3) float32 of balls at the scene points (J, 3) and tubes between them.

    Unknown joints and their bones shrink to nothing.
    """
    ball = sphere()[0]
    known = ~np.isnan(points).any(1)
    at = np.nan_to_num(points)
    joints = at[:, None] + JOINT_RADIUS * known[:, None, None] * ball
    middle, axes, length = bone_frames(points, skeleton)
    pipe, normals, _ = tube()
    radius = np.where(length > 0, BONE_RADIUS, 0.0)
    scale = np.stack([radius, length, radius], 1)
    bones = (pipe * scale[:, None]) @ axes + middle[:, None]
    vertices = np.concatenate([joints.reshape(-1, 3), bones.reshape(-1, 3)])
    facing = np.concatenate([np.tile(ball, (len(at), 1)), (normals @ axes).reshape(-1, 3)])
    return vertices.astype(np.float32), facing.astype(np.float32)


def bone_frames(points: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each bone of (..., J, 3): middle (..., B, 3), axes (..., B, 3, 3) with y along it, length; 0 if unknown."""
    start, end = (points[..., side, :] for side in skeleton.bone_indices.T)
    along = np.nan_to_num(end - start)
    length = np.linalg.norm(along, axis=-1)
    y = np.where(length[..., None] > 0, along / np.where(length > 0, length, 1)[..., None], [0.0, 1.0, 0.0])
    aside = np.where(np.abs(y[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    x = np.cross(y, aside)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.nan_to_num((start + end) / 2), np.stack([x, y, np.cross(x, y)], -2), length


def joint_covariance(pose: Pose3D) -> np.ndarray | None:
    """(J, 3, 3) m² in the scene's axes from the samples of one pose; None without samples."""
    if pose.samples is None:
        return None
    offsets = to_scene(pose.samples - np.nanmean(pose.samples, axis=0))
    return np.einsum("sji,sjk->jik", np.nan_to_num(offsets), np.nan_to_num(offsets)) / len(offsets)


def bake_ellipsoids(points: np.ndarray, covariance: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and normals (V, 3) float32 of the ellipsoids that hold 90 % of each joint.

    Those whose longest half axis is below ``smallest`` metres shrink to nothing.
    """
    ball = sphere()[0]
    values, axes = np.linalg.eigh(covariance)
    half = NINETY_PERCENT * np.sqrt(np.maximum(values, 1e-12))
    shown = (half.max(1) >= smallest) & ~np.isnan(points).any(1)
    shape = (ball * (half * shown[:, None])[:, None]) @ axes.transpose(0, 2, 1)
    normals = (ball / half[:, None]) @ axes.transpose(0, 2, 1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    vertices = np.nan_to_num(points)[:, None] + shape
    return vertices.reshape(-1, 3).astype(np.float32), normals.reshape(-1, 3).astype(np.float32)


def ellipsoid_faces(count: int) -> np.ndarray:
    ball, faces = sphere()
    return copies(faces, len(ball), count).astype(np.uint32).ravel()


def bake_sector(first: np.ndarray, vertex: np.ndarray, last: np.ndarray) -> np.ndarray:
    """(SECTOR_STEPS + 2, 3) float32: the vertex, then an arc from the one segment to the other; see
    :func:`sector_faces`. All at one place where a joint is unknown."""
    a, b = first - vertex, last - vertex
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if not all(length > 0 for length in lengths):
        return np.zeros((SECTOR_STEPS + 2, 3), np.float32)
    a, b = a / lengths[0], b / lengths[1]
    across = b - (a @ b) * a
    # A straight joint has no plane of its own: any direction across it will do.
    if np.linalg.norm(across) < 1e-6:
        across = np.cross(a, [0.0, 0.0, 1.0] if abs(a[2]) < 0.9 else [1.0, 0.0, 0.0])
    across /= np.linalg.norm(across)
    turn = np.linspace(0, np.arctan2(b @ across, a @ b), SECTOR_STEPS + 1)[:, None]
    radius = min(SECTOR_RADIUS, *(0.8 * length for length in lengths))
    arc = vertex + radius * (np.cos(turn) * a + np.sin(turn) * across)
    return np.concatenate([vertex[None], arc]).astype(np.float32)


def sector_faces(count: int) -> np.ndarray:
    """(F * 3,) uint32 vertex numbers of ``count`` sectors of :func:`bake_sector`."""
    step = np.arange(1, SECTOR_STEPS + 1)
    fan = np.stack([np.zeros_like(step), step, step + 1], 1)
    return copies(fan, SECTOR_STEPS + 2, count).astype(np.uint32).ravel()


def quaternion(axes: np.ndarray) -> np.ndarray:
    """(..., 4) x, y, z, w of right-handed ``axes`` (..., 3, 3), whose rows are where x, y and z go."""
    m = np.swapaxes(axes, -1, -2)
    trace = np.trace(m, axis1=-2, axis2=-1)
    # The four squares of the components; dividing by the largest keeps the answer exact for every turn.
    squares = np.stack([1 + 2 * m[..., k, k] - trace for k in range(3)] + [1 + trace], -1)
    rows = np.stack(
        [
            [squares[..., 0], m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] - m[..., 1, 2]],
            [m[..., 1, 0] + m[..., 0, 1], squares[..., 1], m[..., 2, 1] + m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0]],
            [m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2], squares[..., 2], m[..., 1, 0] - m[..., 0, 1]],
            [m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1], squares[..., 3]],
        ]
    )
    rows = np.moveaxis(rows, (0, 1), (-2, -1))
    best = np.take_along_axis(rows, squares.argmax(-1)[..., None, None], -2)[..., 0, :]
    return best / np.linalg.norm(best, axis=-1, keepdims=True)


def looking_at_origin(position: np.ndarray) -> np.ndarray:
    """(4,) quaternion of a camera at ``position`` that looks at the origin, its upper edge up."""
    z = np.asarray(position, float) / np.linalg.norm(position)
    up = np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.999 else np.array([0.0, 0.0, -1.0])
    x = np.cross(up, z)
    x /= np.linalg.norm(x)
    return quaternion(np.stack([x, np.cross(z, x), z]))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
