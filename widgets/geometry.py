"""Places and turns in the 3D view.

The scene is in metres, y up, z towards the viewer who stands where the camera stood.
"""

from __future__ import annotations

import numpy as np

from fitlab.skeletons import LIFT16

_PAIRS = ("hip", "shoulder")
_BEFORE = np.array([0.0, 0.0, 1.0])


def to_scene(points: np.ndarray) -> np.ndarray:
    """Camera axes (x right, y down, z away) as the scene's axes.

    Parameters
    ----------
    points
        (..., 3) mm.

    Returns
    -------
    np.ndarray
        (..., 3) m.
    """
    return np.asarray(points, float) * [0.001, -0.001, -0.001]


def centre_of(points: np.ndarray) -> np.ndarray:
    """Middle of the box round all known points.

    Parameters
    ----------
    points
        (..., J, 3) m, in the scene's axes.

    Returns
    -------
    np.ndarray
        (3,); the origin where no point is known.
    """
    known = points[~np.isnan(points).any(-1)]
    return (known.min(0) + known.max(0)) / 2 if len(known) else np.zeros(3)


def view_from(direction: str, points: np.ndarray, stood: np.ndarray = _BEFORE) -> np.ndarray:
    """Where to stand for a view of a pose, seen from its middle.

    Parameters
    ----------
    direction
        ``front`` is where the camera ``stood`` and ``top`` above; ``side`` is level on the person's right, or on the
        camera's right where the pose does not say which way the person faces.
    points
        (16, 3) m, LIFT16, in the scene's axes.
    stood
        (3,) where the camera was, in the scene's axes.

    Returns
    -------
    np.ndarray
        (3,).
    """
    if direction == "top":
        return np.array([0.0, 1.0, 0.0])
    if direction == "front":
        return stood
    across = sum(points[LIFT16.index(f"right_{joint}")] - points[LIFT16.index(f"left_{joint}")] for joint in _PAIRS)
    level = np.array([across[0], 0.0, across[2]])
    size = np.linalg.norm(level)
    if not size > 0.5 * np.linalg.norm(across) > 0:
        level, size = np.array([1.0, 0.0, 0.0]), 1.0  # type: ignore[assignment]
    return level / size + [0.0, 0.12, 0.0]


def quaternion(axes: np.ndarray) -> np.ndarray:
    """Turns as three.js wants them.

    Parameters
    ----------
    axes
        (..., 3, 3) right-handed, whose rows are where x, y and z go.

    Returns
    -------
    np.ndarray
        (..., 4) x, y, z, w.
    """
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
    """The turn of a camera that looks at the origin, its upper edge up.

    Parameters
    ----------
    position
        (3,) of the camera, not the origin.

    Returns
    -------
    np.ndarray
        (4,) x, y, z, w.
    """
    z = np.asarray(position, float) / np.linalg.norm(position)
    up = np.array([0.0, 1.0, 0.0]) if abs(z[1]) < 0.999 else np.array([0.0, 0.0, -1.0])
    x = np.cross(up, z)
    x /= np.linalg.norm(x)
    return quaternion(np.stack([x, np.cross(z, x), z]))
