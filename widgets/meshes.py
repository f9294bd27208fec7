"""Triangles for the 3D view: one mesh for a whole skeleton, ellipsoids of uncertainty, sectors of angles."""

from __future__ import annotations

from functools import cache

import numpy as np
from fitlab_widgets.geometry import to_scene

from fitlab.colours import bone_colour
from fitlab.poses import Pose3D
from fitlab.skeletons import Skeleton

JOINT_RADIUS, BONE_RADIUS, SECTOR_RADIUS = 0.032, 0.017, 0.16
SECTOR_STEPS = 24
#: Half axes of the ellipsoid that holds 90 % of a normal distribution in space, in standard deviations.
NINETY_PERCENT = 2.5
_PALE = np.array([0.80, 0.82, 0.85])


@cache
def sphere(around: int = 12, along: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere.

    Parameters
    ----------
    around, along
        How many faces it has round the poles, and from pole to pole.

    Returns
    -------
    tuple of np.ndarray
        Vertices (V, 3), which are the normals as well, and faces (F, 3).
    """
    polar, turn = np.meshgrid(np.linspace(0, np.pi, along + 1), np.linspace(0, 2 * np.pi, around + 1), indexing="ij")
    vertices = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar), np.sin(polar) * np.sin(turn)], -1)
    corner = (np.arange(along)[:, None] * (around + 1) + np.arange(around)).ravel()
    below = corner + around + 1
    faces = np.concatenate([np.stack([corner, corner + 1, below], 1), np.stack([below, corner + 1, below + 1], 1)])
    return vertices.reshape(-1, 3), faces


@cache
def tube(sides: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Open tube of radius 1 along y from -0.5 to 0.5.

    Parameters
    ----------
    sides
        Of its cross-section.

    Returns
    -------
    tuple of np.ndarray
        Vertices (V, 3), normals (V, 3) and faces (F, 3).
    """
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], 1)
    half = np.array([0, 0.5, 0])
    vertices = np.concatenate([ring - half, ring + half])
    corner = np.arange(sides)
    above = corner + sides + 1
    faces = np.concatenate([np.stack([corner, above, corner + 1], 1), np.stack([corner + 1, above, above + 1], 1)])
    return vertices, np.concatenate([ring, ring]), faces


def copies(faces: np.ndarray, vertices: int, count: int) -> np.ndarray:
    """Faces of copies of a shape, one after the other.

    Parameters
    ----------
    faces
        (F, 3) of the shape.
    vertices
        How many it has.
    count
        How many copies.

    Returns
    -------
    np.ndarray
        (count * F, 3).
    """
    return (faces[None] + vertices * np.arange(count)[:, None, None]).reshape(-1, 3)


def skeleton_faces(skeleton: Skeleton) -> np.ndarray:
    """Faces of the mesh of :func:`bake_skeleton`.

    Parameters
    ----------
    skeleton

    Returns
    -------
    np.ndarray
        (F * 3,) uint32 numbers of vertices.
    """
    ball, ball_faces = sphere()
    pipe, _, pipe_faces = tube()
    joints = copies(ball_faces, len(ball), len(skeleton))
    bones = copies(pipe_faces, len(pipe), len(skeleton.bones)) + len(ball) * len(skeleton)
    return np.concatenate([joints, bones]).astype(np.uint32).ravel()


def skeleton_colours(skeleton: Skeleton, score: np.ndarray, pale: bool = False) -> np.ndarray:
    """Colours of the mesh: right red, left blue, middle green; the less certain a joint is, the paler it is.

    Parameters
    ----------
    skeleton
    score
        (J,) from 0 to 1.
    pale
        Whether to mix all of it with grey, for a second figure.

    Returns
    -------
    np.ndarray
        (V, 3) float32, from 0 to 1.
    """
    sure = np.clip(np.nan_to_num(score), 0.15, 1)[:, None]
    joints = np.array([_rgb(bone_colour((name, name))) for name in skeleton.joints])
    bones = np.array([_rgb(bone_colour(bone)) for bone in skeleton.bones])
    joints = sure * joints + (1 - sure) * _PALE
    if pale:
        joints, bones = (0.35 * colours + 0.65 * _PALE for colours in (joints, bones))
    every = np.concatenate([np.repeat(joints, len(sphere()[0]), 0), np.repeat(bones, len(tube()[0]), 0)])
    return every.astype(np.float32)


def bake_skeleton(points: np.ndarray, skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Balls at the joints and tubes between them.

    Unknown joints and their bones shrink to nothing.

    Parameters
    ----------
    points
        (J, 3) m, in the scene's axes.
    skeleton

    Returns
    -------
    tuple of np.ndarray
        Vertices and normals, (V, 3) float32.
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
    """Where each bone is and how it lies.

    Parameters
    ----------
    points
        (..., J, 3) in any unit.
    skeleton

    Returns
    -------
    tuple of np.ndarray
        Middle (..., B, 3), axes (..., B, 3, 3) with y along the bone, and length (..., B), 0 if unknown.
    """
    start, end = (points[..., side, :] for side in skeleton.bone_indices.T)
    along = np.nan_to_num(end - start)
    length = np.linalg.norm(along, axis=-1)
    y = np.where(length[..., None] > 0, along / np.where(length > 0, length, 1)[..., None], [0.0, 1.0, 0.0])
    aside = np.where(np.abs(y[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    x = np.cross(y, aside)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.nan_to_num((start + end) / 2), np.stack([x, y, np.cross(x, y)], -2), length


def joint_covariance(pose: Pose3D) -> np.ndarray | None:
    """The covariance of the samples of a pose about each joint.

    Parameters
    ----------
    pose
        One person, (J, 3) mm.

    Returns
    -------
    np.ndarray or None
        (J, 3, 3) m² in the scene's axes; None without samples.
    """
    if pose.samples is None:
        return None
    offsets = to_scene(pose.samples - np.nanmean(pose.samples, axis=0))
    return np.einsum("sji,sjk->jik", np.nan_to_num(offsets), np.nan_to_num(offsets)) / len(offsets)


def bake_ellipsoids(points: np.ndarray, covariance: np.ndarray, smallest: float) -> tuple[np.ndarray, np.ndarray]:
    """The ellipsoids that hold 90 % of each joint.

    Those whose longest half axis is too short shrink to nothing.

    Parameters
    ----------
    points
        (J, 3) m, in the scene's axes.
    covariance
        (J, 3, 3) m².
    smallest
        m, the shortest longest half axis that is shown.

    Returns
    -------
    tuple of np.ndarray
        Vertices and normals, (V, 3) float32.
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
    """Faces of the mesh of :func:`bake_ellipsoids`.

    Parameters
    ----------
    count
        Of joints.

    Returns
    -------
    np.ndarray
        (F * 3,) uint32 numbers of vertices.
    """
    ball, faces = sphere()
    return copies(faces, len(ball), count).astype(np.uint32).ravel()


def bake_sector(first: np.ndarray, vertex: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The vertex of an angle, then an arc from the one segment to the other.

    Parameters
    ----------
    first, vertex, last
        (3,) m, the three joints.

    Returns
    -------
    np.ndarray
        (SECTOR_STEPS + 2, 3) float32; all at one place where a joint is unknown.
    """
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
    """Faces of sectors of :func:`bake_sector`.

    Parameters
    ----------
    count
        Of sectors.

    Returns
    -------
    np.ndarray
        (F * 3,) uint32 numbers of vertices.
    """
    step = np.arange(1, SECTOR_STEPS + 1)
    fan = np.stack([np.zeros_like(step), step, step + 1], 1)
    return copies(fan, SECTOR_STEPS + 2, count).astype(np.uint32).ravel()


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
