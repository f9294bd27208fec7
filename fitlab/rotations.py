"""Batched rotations as matrices, and two-bone reach. Arrays have any leading axes; angles are degrees unless said."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

X, Y, Z = np.eye(3)

#: Neither elbows nor knees bend further than to this inner angle, degrees.
SHARPEST = 32.0


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors of unit length in the same directions.

    Parameters
    ----------
    vector : (..., C) array
        In any unit.

    Returns
    -------
    (..., C) array
        Without unit; 0 for a vector without length.
    """
    return vector / (np.linalg.norm(vector, axis=-1, keepdims=True) + 1e-12)


def turn(axis: ArrayLike, degrees: np.ndarray | float) -> np.ndarray:
    """Rotations by degrees about an axis.

    Parameters
    ----------
    axis : (3,) or (N, 3) array
        Of any length above 0.
    degrees : (N,) array

    Returns
    -------
    (N, 3, 3) array
    """
    angle = np.deg2rad(np.asarray(degrees, float))
    return about_axis(unit(np.broadcast_to(axis, (*angle.shape, 3))), angle)


def about_axis(axis: np.ndarray, angle: np.ndarray | float) -> np.ndarray:
    """Rotations by radians about an axis of unit length, by Rodrigues' formula.

    Parameters
    ----------
    axis : (..., 3) array
        Unit vectors.
    angle : (...) array
        Radians.

    Returns
    -------
    (..., 3, 3) array
    """
    x, y, z = np.moveaxis(np.asarray(axis, float), -1, 0)
    s, c = np.sin(angle), np.cos(angle)
    d = 1 - c
    rotation = np.empty((*np.broadcast_shapes(x.shape, np.shape(angle)), 3, 3))
    rotation[..., 0, 0], rotation[..., 0, 1], rotation[..., 0, 2] = c + x * x * d, x * y * d - z * s, x * z * d + y * s
    rotation[..., 1, 0], rotation[..., 1, 1], rotation[..., 1, 2] = y * x * d + z * s, c + y * y * d, y * z * d - x * s
    rotation[..., 2, 0], rotation[..., 2, 1], rotation[..., 2, 2] = z * x * d - y * s, z * y * d + x * s, c + z * z * d
    return rotation


def pitch(degrees: np.ndarray) -> np.ndarray:
    """Rotations that make an upright body lean forward.

    Parameters
    ----------
    degrees : (N,) array
        90 lays the body on its belly, -90 on its back.

    Returns
    -------
    (N, 3, 3) array
    """
    return turn(X, degrees)


def apply(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Rotations applied to vectors.

    Parameters
    ----------
    rotation : (..., 3, 3) array
    vector : (..., 3) array
        In any unit.

    Returns
    -------
    (..., 3) array
        In the same unit.
    """
    return (rotation @ np.asarray(vector, float)[..., None])[..., 0]


def rotation_vector(rotation: np.ndarray) -> np.ndarray:
    """Rotations as axis times angle.

    It is accurate below a half turn, which no joint of a body reaches.

    Parameters
    ----------
    rotation : (N, 3, 3) array

    Returns
    -------
    (N, 3) array
        Radians.
    """
    axis = np.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        -1,
    )
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, np.trace(rotation, axis1=-2, axis2=-1) - 1)
    return axis * (angle / np.maximum(sine, 1e-9))[..., None]


def between(first: np.ndarray, second: np.ndarray, weights: tuple[float, ...]) -> list[np.ndarray]:
    """Rotations on the way from one to another.

    Parameters
    ----------
    first, second : (N, 3, 3) arrays
    weights : tuple of W float
        How far on the way: 0 gives the first, 1 the second.

    Returns
    -------
    list of W (N, 3, 3) arrays
    """
    vector = rotation_vector(second @ np.swapaxes(first, -1, -2))
    degrees = np.rad2deg(np.linalg.norm(vector, axis=-1))
    return [turn(vector, weight * degrees) @ first for weight in weights]


def shortest_turn(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The rotations that turn one direction into another by the smallest angle.

    Parameters
    ----------
    first, second : (..., 3) arrays
        Unit vectors.

    Returns
    -------
    (..., 3, 3) array
        Where the two are opposite, half a turn about some axis at right angles to them.
    """
    crossed, sine = np.cross(first, second), np.linalg.norm(np.cross(first, second), axis=-1)
    # The axis of the world that is least along the first direction is never parallel to it.
    other = np.eye(3)[np.abs(first).argmin(-1)]
    axis = np.where(sine[..., None] > 1e-9, crossed, np.cross(first, other))
    return about_axis(unit(axis), np.arctan2(sine, (first * second).sum(-1)))


def euler_zyx(rotation: np.ndarray) -> np.ndarray:
    """Angles about z, then the turned y, then the turned x: rotation = Rz Ry Rx.

    Parameters
    ----------
    rotation : (..., 3, 3) array

    Returns
    -------
    (..., 3) array
        Degrees about z, y and x; y lies in -90..90. Where it is at an end, x is 0.
    """
    r = rotation
    flat = np.hypot(r[..., 0, 0], r[..., 1, 0])
    locked = flat < 1e-9
    y = np.arctan2(-r[..., 2, 0], flat)
    z = np.where(locked, np.arctan2(-r[..., 0, 1], r[..., 1, 1]), np.arctan2(r[..., 1, 0], r[..., 0, 0]))
    x = np.where(locked, 0.0, np.arctan2(r[..., 2, 1], r[..., 2, 2]))
    return np.rad2deg(np.stack([z, y, x], -1))


def frame(direction: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Axes from a direction and a normal.

    Parameters
    ----------
    direction : (N, 3) array
        The first axis.
    normal : (N, 3) array
        Near the second axis; it is made orthogonal to the first.

    Returns
    -------
    (N, 3, 3) array
        Rotations. The columns are the two axes and their cross product.
    """
    direction = unit(direction)
    normal = unit(normal - direction * (direction * normal).sum(-1, keepdims=True))
    return np.stack([direction, normal, np.cross(direction, normal)], -1)


def reach(
    start: np.ndarray, target: np.ndarray, first: np.ndarray, second: np.ndarray, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Directions of two bones that together reach a target.

    The middle joint bends towards the pole, to :data:`SHARPEST` degrees at most. A target out of reach is pointed at
    with an almost straight limb.

    Parameters
    ----------
    start, target : (N, 3) arrays
        Where the first bone begins, and where the second should end; all lengths in one unit.
    first, second : (N,) arrays
        Lengths of the bones.
    pole : (N, 3) array
        Direction in which the middle joint bends.

    Returns
    -------
    first, second : (N, 3) arrays
        Unit vectors along the bones.
    """
    way = target - start
    distance = np.linalg.norm(way, axis=-1)
    along = way / distance[..., None]
    nearest = np.sqrt(first**2 + second**2 - 2 * first * second * np.cos(np.deg2rad(SHARPEST)))
    distance = np.clip(distance, nearest, (first + second) * 0.9995)
    side = unit(pole - along * (pole * along).sum(-1, keepdims=True))
    projection = (first**2 - second**2 + distance**2) / (2 * distance)
    height = np.sqrt(np.maximum(first**2 - projection**2, 0))
    middle = along * projection[..., None] + side * height[..., None]
    return unit(middle), unit(along * distance[..., None] - middle)


def random_rotations(rng: np.random.Generator, count: int) -> np.ndarray:
    """Random rotations, from normal quaternions. Each rotation is as probable as any other.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int

    Returns
    -------
    (count, 3, 3) array
    """
    w, x, y, z = (q := rng.standard_normal((4, count))) / np.linalg.norm(q, axis=0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
