"""Rotations as matrices."""

from __future__ import annotations

import numpy as np


def about_axis(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotation (..., 3, 3) by ``angle`` (...) radians about the unit vector ``axis`` (..., 3) (Rodrigues)."""
    axis, angle = np.asarray(axis, float), np.asarray(angle, float)[..., None, None]
    x, y, z = np.moveaxis(axis, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def random_rotations(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 3, 3) rotations, each direction as probable as any other (from normal quaternions)."""
    w, x, y, z = (q := rng.standard_normal((4, count))) / np.linalg.norm(q, axis=0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
