"""What a detector would say of the joints' depth: true depth with errors like those of real detections.

Most of the error is common to all joints. On pictures of a real man three quarters of its variance (124 mm, without it
63 mm) are explained by a body that is taken for flatter than it is and for tilted: both are drawn here for a whole
pose. The rest is drawn joint by joint, and wider than the detector says.
"""

from __future__ import annotations

import numpy as np

from fitlab.lifting.inputs import person_size
from fitlab.skeletons import LIFT16, without_side

#: mm of the reference body, the mean absolute error that a detector reports of a joint, in the median.
_REPORTED = {"pelvis": 2.0, "hip": 25.0, "knee": 76.0, "ankle": 115.0, "spine": 30.0, "thorax": 60.0, "head_top": 90.0,
             "shoulder": 74.0, "elbow": 110.0, "wrist": 135.0}  # fmt: skip
_ERROR = np.array([_REPORTED[without_side(joint)] for joint in LIFT16.joints])
_FLATTER, _FLATTER_DEVIATION = -0.15, 0.22
_TILT = 0.13  # tangent of an angle, one standard deviation
_OWN = 0.6  # of what is reported


def measured_depth(
    true: np.ndarray,
    plane: np.ndarray,
    size: np.ndarray,
    rng: np.random.Generator,
    share: float,
    one_clip: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Depth with errors, and the errors that the detector expects.

    Parameters
    ----------
    true
        (N, 16) how far joints are behind the pelvis, over the pelvis's distance.
    plane
        (N, 16, 2) their places in the picture relative to the pelvis, over the focal length.
    size
        (N,) of the person there, for each mm of the reference body.
    rng
        What everything random is drawn from.
    share
        Of the samples in which depth is known; it is NaN in the others.
    one_clip
        Whether the samples are frames of one clip, in which a detector errs alike.

    Returns
    -------
    depth, error
        (N, 16) each, in the unit of ``true``.
    """
    count = 1 if one_clip else len(true)
    error = _ERROR * np.exp(rng.normal(0, 0.4, (count, 1)) + rng.normal(0, 0.25, (count, 16))) * size[:, None]
    flatter = rng.normal(_FLATTER, _FLATTER_DEVIATION, count).clip(-0.8, 0.3)
    common = flatter[:, None] * true + (rng.normal(0, _TILT, (count, 1, 2)) * plane).sum(-1)
    depth = true + common + rng.laplace(0, _OWN, (count, 16)) * error
    known = (rng.uniform(size=count) < share)[:, None]
    return np.where(known, depth, np.nan), error


def seen_depth(
    camera: np.ndarray, pixels: np.ndarray, rng: np.random.Generator, share: float, one_clip: bool = False
) -> np.ndarray:
    """The same in pixels, as a detector answers it (:attr:`fitlab.poses.Pose2D.depth`).

    Parameters
    ----------
    camera
        (N, 16, 3) mm, the joints in the cameras' axes.
    pixels
        (N, 16, 2) their places in the picture, (0, 0) in its middle.
    rng
        What everything random is drawn from.
    share
        Of the poses in which depth is known; it is NaN in the others.
    one_clip
        As :func:`measured_depth` takes it.

    Returns
    -------
    array
        (N, 16, 2) depth, and the error that the detector expects.
    """
    plane = camera[..., :2] / camera[..., 2:]
    focal = np.linalg.norm(pixels, axis=(1, 2)) / np.linalg.norm(plane, axis=(1, 2))
    size = person_size(plane, np.ones(plane.shape[:-1], bool))
    away = camera[..., 2] / camera[:, :1, 2] - 1
    depth = np.stack(measured_depth(away, plane - plane[:, :1], size, rng, share, one_clip), axis=-1)
    return depth * focal[:, None, None]
