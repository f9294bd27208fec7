"""Pinhole cameras: world to camera, projection to pixels, where they look.

World axes are metric with z up; camera axes are x right, y down, z away from the camera.
A camera is ``K`` (3, 3) in pixels, ``R`` (3, 3) and ``t`` (3,) with ``camera = R @ world + t``.
"""

from __future__ import annotations

import numpy as np


def to_camera(world: np.ndarray, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """World points in the axes of a camera.

    Parameters
    ----------
    world : (..., J, 3) array
        In any unit, z up.
    rotation : (..., 3, 3) array
    translation : (..., 3) array
        In the unit of the points.

    Returns
    -------
    (..., J, 3) array
        In the same unit; x right, y down, z away from the camera.
    """
    return world @ np.swapaxes(rotation, -1, -2) + translation[..., None, :]


def project(camera: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Where a camera sees points.

    Parameters
    ----------
    camera : (..., J, 3) array
        In the axes of the camera, in any unit.
    intrinsics : (..., 3, 3) array
        K in pixels, see :func:`intrinsics`.

    Returns
    -------
    (..., J, 2) array
        Pixels; NaN for points behind the camera.
    """
    depth = np.where(camera[..., 2:] > 0, camera[..., 2:], np.nan)
    homogeneous = (camera / depth) @ np.swapaxes(intrinsics, -1, -2)
    return homogeneous[..., :2]


def intrinsics(focal: float, width: int, height: int) -> np.ndarray:
    """K of a camera with square pixels and the principal point in the middle of the picture.

    Parameters
    ----------
    focal : float
        Focal length in pixels.
    width, height : int
        Of the picture in pixels.

    Returns
    -------
    (3, 3) array
    """
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])


def field_of_view(pixels: np.ndarray | float, focal: np.ndarray | float) -> np.ndarray:
    """The angle that a side of a picture shows.

    Parameters
    ----------
    pixels : float or (...) array
        Length of the side.
    focal : float or (...) array
        Focal length in pixels.

    Returns
    -------
    (...) array
        Degrees.
    """
    return np.rad2deg(2 * np.arctan(np.asarray(pixels) / 2 / focal))


def look_at(azimuth: np.ndarray | float, elevation: np.ndarray | float, roll: np.ndarray | float) -> np.ndarray:
    """Rotation of a camera that looks at the origin of the world.

    Parameters
    ----------
    azimuth : float or (...) array
        Degrees. 0 looks along world +y: a person who faces -y is seen from the front. 90 looks from the person's left.
    elevation : float or (...) array
        Degrees; positive is above the horizon, looking down.
    roll : float or (...) array
        Degrees; positive turns the picture clockwise.

    Returns
    -------
    (..., 3, 3) array
    """
    azimuth, elevation, roll = (np.deg2rad(np.asarray(angle, float)) for angle in (azimuth, elevation, roll))
    azimuth, elevation, roll = np.broadcast_arrays(azimuth, elevation, roll)
    zero = np.zeros_like(azimuth)
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    right = np.stack([ca, sa, zero], -1)
    away = np.stack([-sa * ce, ca * ce, -se], -1)
    down = np.cross(away, right)
    cr, sr = np.cos(roll)[..., None], np.sin(roll)[..., None]
    return np.stack([cr * right - sr * down, sr * right + cr * down, away], axis=-2)
