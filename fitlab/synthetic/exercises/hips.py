"""Where the hips are above feet that stand."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import apply
from fitlab.synthetic.people.rig import Rig


def hips_over(
    rig: Rig, xy: np.ndarray, pelvis: np.ndarray, ankles: dict[str, np.ndarray], span: np.ndarray
) -> np.ndarray:
    """Hips above a place, as high as both legs allow.

    Parameters
    ----------
    rig
        Of N people.
    xy
        (N, 2) metres.
    pelvis
        (N, 3, 3) rotation of the pelvis.
    ankles
        By side, (N, 3) metres.
    span
        (N,) metres from hip to ankle.

    Returns
    -------
    np.ndarray
        (N, 3) metres.
    """
    heights = [height_over(xy, hip_offset(rig, side, pelvis), ankle, span) for side, ankle in ankles.items()]
    return np.concatenate([xy, np.min(heights, axis=0)[:, None]], -1)


def hip_offset(rig: Rig, side: str, pelvis: np.ndarray) -> np.ndarray:
    """From the middle of the hips to one hip joint.

    Parameters
    ----------
    rig
        Of N people.
    side
        ``left`` or ``right``.
    pelvis
        (N, 3, 3) rotation of the pelvis.

    Returns
    -------
    np.ndarray
        (N, 3) metres.
    """
    return apply(pelvis, rig.joint(side, "upperleg01") - rig.hips)


def height_over(xy: np.ndarray, offset: np.ndarray, ankle: np.ndarray, span: np.ndarray) -> np.ndarray:
    """How high the middle of the hips is when a leg spans a length.

    Parameters
    ----------
    xy
        (N, 2) metres, where the middle of the hips is.
    offset
        (N, 3) metres from there to the hip joint.
    ankle
        (N, 3) metres.
    span
        (N,) metres from hip joint to ankle.

    Returns
    -------
    np.ndarray
        (N,) metres above the floor.
    """
    across = np.linalg.norm(xy + offset[:, :2] - ankle[:, :2], axis=-1)
    return ankle[:, 2] - offset[:, 2] + np.sqrt(np.maximum(span**2 - across**2, 0.01))
