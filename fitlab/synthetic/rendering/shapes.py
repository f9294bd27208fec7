"""Meshes of things: (vertices (V, 3) metres, faces (F, 3))."""

from __future__ import annotations

import numpy as np

Mesh = tuple[np.ndarray, np.ndarray]


def cylinder(start: np.ndarray, end: np.ndarray, radius: float, sides: int = 14, taper: float = 1.0) -> Mesh:
    """A closed cylinder between two points.

    Parameters
    ----------
    start, end
        (3,) metres.
    radius
        Metres.
    sides
        How many.
    taper
        Factor on the radius at the end.

    Returns
    -------
    Mesh
    """
    axis = (end - start) / np.linalg.norm(end - start)
    u = np.cross(axis, [0.3, 0.5, 0.81])
    u /= np.linalg.norm(u)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
    ring = np.cos(angle) * u + np.sin(angle) * np.cross(axis, u)
    bottom, top = start + radius * ring, end + radius * taper * ring
    vertices = np.concatenate([bottom, top, bottom, top, [start], [end]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    n = sides
    walls = np.concatenate([np.stack([i, n + i, j], 1), np.stack([j, n + i, n + j], 1)])
    caps = np.concatenate(
        [np.stack([2 * n + j, 0 * i + 4 * n, 2 * n + i], 1), np.stack([3 * n + i, 0 * i + 4 * n + 1, 3 * n + j], 1)]
    )
    return vertices, np.concatenate([walls, caps])


def box(centre: np.ndarray, half: np.ndarray, yaw: float = 0.0) -> Mesh:
    """A box.

    Parameters
    ----------
    centre
        (3,) metres.
    half
        (3,) metres, half of its sizes.
    yaw
        Degrees that it is turned about the vertical.

    Returns
    -------
    Mesh
    """
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float) * half
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    vertices = np.concatenate([corners[quad] for quad in quads])
    faces = np.concatenate([[[4 * k, 4 * k + 1, 4 * k + 2], [4 * k, 4 * k + 2, 4 * k + 3]] for k in range(6)])
    c, s = np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw))
    return vertices @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + centre, faces


def box_uv(half: np.ndarray) -> np.ndarray:
    """Texture coordinates for the faces of :func:`box`.

    Parameters
    ----------
    half
        (3,) metres, half of its sizes.

    Returns
    -------
    np.ndarray
        (12, 3, 2) metres.
    """
    spans = [(1, 2), (1, 2), (2, 0), (2, 0), (0, 1), (0, 1)]
    uv = []
    for first, second in spans:
        a, b = 2 * half[second], 2 * half[first]
        uv += [[[0, 0], [a, 0], [a, b]], [[0, 0], [a, b], [0, b]]]
    return np.array(uv)


def sphere(centre: np.ndarray, radius: np.ndarray | float, rings: int = 9) -> Mesh:
    """A sphere or an ellipsoid.

    Parameters
    ----------
    centre
        (3,) metres.
    radius
        Metres; (3,) for an ellipsoid.
    rings
        How many.

    Returns
    -------
    Mesh
    """
    polar, around = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings), indexing="ij")
    points = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], -1).reshape(
        -1, 3
    )
    width = 2 * rings
    faces = [
        triangle
        for i in range(rings - 1)
        for j in range(width - 1)
        for triangle in (
            [i * width + j, (i + 1) * width + j, i * width + j + 1],
            [i * width + j + 1, (i + 1) * width + j, (i + 1) * width + j + 1],
        )
    ]
    return points * radius + centre, np.array(faces)


def leaves(rng: np.random.Generator, foot: np.ndarray, height: float, radius: float, count: int) -> Mesh:
    """A plant: long triangles that rise from a foot and bend outwards.

    Parameters
    ----------
    rng
        What they are drawn from.
    foot
        (3,) metres.
    height, radius
        Metres, upwards and sideways.
    count
        How many leaves.

    Returns
    -------
    Mesh
    """
    azimuth, out = rng.uniform(0, 2 * np.pi, count), radius * rng.uniform(0.2, 1, count)
    tip = foot + np.stack([out * np.cos(azimuth), out * np.sin(azimuth), height * rng.uniform(0.4, 1, count)], 1)
    middle = foot + 0.55 * (tip - foot) + [0, 0, 0.12 * height]
    across = 0.06 * radius * np.stack([-np.sin(azimuth), np.cos(azimuth), 0 * azimuth], 1) + 0.01
    vertices = np.stack([foot + 0.2 * (middle - foot), middle - across, middle + across, tip], 1).reshape(-1, 3)
    start = 4 * np.arange(count)[:, None]
    return vertices, np.concatenate([start + np.array(face) for face in ([0, 1, 2], [1, 3, 2])])
