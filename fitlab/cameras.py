"""Pinhole cameras: world to camera, projection to pixels, where they look.

World axes are metric with z up; camera axes are x right, y down, z away from the camera.
A camera is ``K`` (3, 3) in pixels, ``R`` (3, 3) and ``t`` (3,) with ``camera = R @ world + t``.
"""

from __future__ import annotations

import numpy as np


def to_camera(world: np.ndarray, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """World points (..., J, 3) in camera axes; rotation (..., 3, 3), translation (..., 3)."""
    return world @ np.swapaxes(rotation, -1, -2) + translation[..., None, :]


def project(camera: np.ndarray, intrinsics: np.ndarray) -> np.ndarray:
    """Camera points (..., J, 3) to pixels (..., J, 2); NaN for points behind the camera."""
    depth = np.where(camera[..., 2:] > 0, camera[..., 2:], np.nan)
    homogeneous = (camera / depth) @ np.swapaxes(intrinsics, -1, -2)
    return homogeneous[..., :2]


def intrinsics(focal: float, width: int, height: int) -> np.ndarray:
    """K (3, 3) of a camera with square pixels, the principal point in the middle, ``focal`` in pixels."""
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1.0]])


def field_of_view(pixels: np.ndarray | float, focal: np.ndarray | float) -> np.ndarray:
    """Degrees (...,) that a picture's side of ``pixels`` shows, the focal length being in pixels too."""
    return np.rad2deg(2 * np.arctan(np.asarray(pixels) / 2 / focal))


def look_at(azimuth: np.ndarray, elevation: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Rotation (..., 3, 3) of a camera that looks at the world's origin.

    azimuth    degrees; 0 looks along world +y (a person facing -y is seen from the front), 90 from the person's left
    elevation  degrees; positive is above the horizon, looking down
    roll       degrees; positive turns the picture clockwise
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
