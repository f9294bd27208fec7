"""Batched rotations as matrices, and two-bone reach. Arrays have any leading axes; angles are degrees unless said."""

from __future__ import annotations

import numpy as np

X, Y, Z = np.eye(3)

#: Neither elbows nor knees bend further than to this inner angle, degrees.
SHARPEST = 32.0


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / (np.linalg.norm(vector, axis=-1, keepdims=True) + 1e-12)


def turn(axis: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) by ``degrees`` (N,) about ``axis`` (3,) or (N, 3), by Rodrigues' formula."""
    angle = np.deg2rad(np.asarray(degrees, float))
    return about_axis(unit(np.broadcast_to(axis, (*angle.shape, 3))), angle)


def about_axis(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotations (..., 3, 3) by ``angle`` (...) radians about the unit vectors ``axis`` (..., 3) (Rodrigues)."""
    x, y, z = np.moveaxis(np.asarray(axis, float), -1, 0)
    s, c = np.sin(angle), np.cos(angle)
    d = 1 - c
    rotation = np.empty((*np.broadcast_shapes(x.shape, np.shape(angle)), 3, 3))
    rotation[..., 0, 0], rotation[..., 0, 1], rotation[..., 0, 2] = c + x * x * d, x * y * d - z * s, x * z * d + y * s
    rotation[..., 1, 0], rotation[..., 1, 1], rotation[..., 1, 2] = y * x * d + z * s, c + y * y * d, y * z * d - x * s
    rotation[..., 2, 0], rotation[..., 2, 1], rotation[..., 2, 2] = z * x * d - y * s, z * y * d + x * s, c + z * z * d
    return rotation


def pitch(degrees: np.ndarray) -> np.ndarray:
    """Forward lean: 90 lays an upright body on its belly, -90 on its back."""
    return turn(X, degrees)


def apply(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotations times (..., 3) vectors."""
    return (rotation @ np.asarray(vector, float)[..., None])[..., 0]


def rotation_vector(rotation: np.ndarray) -> np.ndarray:
    """Axis times angle in radians (N, 3); well behaved below a half turn, which is all that a body does."""
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
    """Rotations on the way from ``first`` to ``second``, one for each of ``weights`` (0 gives first, 1 second)."""
    vector = rotation_vector(second @ np.swapaxes(first, -1, -2))
    degrees = np.rad2deg(np.linalg.norm(vector, axis=-1))
    return [turn(vector, weight * degrees) @ first for weight in weights]


def frame(direction: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Rotation (N, 3, 3) with columns direction, normal (made orthogonal) and their cross product."""
    direction = unit(direction)
    normal = unit(normal - direction * (direction * normal).sum(-1, keepdims=True))
    return np.stack([direction, normal, np.cross(direction, normal)], -1)


def reach(
    start: np.ndarray, target: np.ndarray, first: np.ndarray, second: np.ndarray, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Directions (N, 3) of two bones of lengths ``first`` and ``second`` (N,) from ``start`` to ``target``.

    The middle joint bends towards ``pole``, to SHARPEST degrees at most. A target out of reach is pointed at with an
    almost straight limb.
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
    """(count, 3, 3) rotations, each direction as probable as any other (from normal quaternions)."""
    w, x, y, z = (q := rng.standard_normal((4, count))) / np.linalg.norm(q, axis=0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
