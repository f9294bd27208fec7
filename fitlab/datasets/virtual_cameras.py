"""Recorded poses before random virtual cameras: what a lifter trains on, and what it is scored on without photos.

Everything is drawn from the generator that is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitlab.bodies import body_height
from fitlab.cameras import field_of_view, look_at
from fitlab.datasets.mocap import Motion
from fitlab.datasets.records import PoseSet
from fitlab.metrics import relative
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16

#: px, the side of a virtual picture.
IMAGE = 1000.0
_LEVEL = (-8.0, 25.0)


@dataclass(frozen=True)
class Views:
    """Where the virtual cameras stand.

    Parameters
    ----------
    elevation
        Degrees, uniform in this range; azimuth is uniform all round.
    level
        Share of the cameras that stand at the heights where people hold or put a phone: -8 to 25 degrees.
    roll
        Degrees, one standard deviation.
    distance
        mm to the pelvis, log-uniform: 1.5 to 6 m.
    field
        Degrees, what the picture's longer side sees: from a phone at twice zoom to its wide main lens.
    off_centre
        How far the pelvis is from the middle, of half the picture, one standard deviation.
    """

    elevation: tuple[float, float] = (-15.0, 50.0)
    level: float = 0.0
    roll: float = 4.0
    distance: tuple[float, float] = (1500.0, 6000.0)
    field: tuple[float, float] = (38.0, 75.0)
    off_centre: float = 0.2


def photograph(
    poses: np.ndarray, rng: np.random.Generator, views: Views, rolled: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """People before random cameras.

    A camera that would stand inside the person steps back until every joint is 0.4 m in front of it.

    Parameters
    ----------
    poses : (N, 16, 3) mm, z up, relative to the pelvis
    rng : Generator
    views : Views
    rolled : float
        Share of the cameras that are rolled by up to 30 degrees.

    Returns
    -------
    camera : (N, 16, 3) mm
        The joints in the cameras' axes.
    pixels : (N, 16, 2) px
        Of a picture :data:`IMAGE` wide, (0, 0) in its middle.
    """
    count = len(poses)
    roll = rng.normal(0, views.roll, count)
    roll = np.where(rng.uniform(size=count) < rolled, rng.uniform(-30, 30, count), roll)
    elevation = some(rng, views.level, rng.uniform(*_LEVEL, count), rng.uniform(*views.elevation, count))
    rotation = look_at(rng.uniform(0, 360, count), elevation, roll)
    camera = poses @ np.swapaxes(rotation, -1, -2)
    half_field = np.tan(np.deg2rad(rng.uniform(*views.field, count)) / 2)
    nearest, farthest = np.log(views.distance)
    distance = np.exp(rng.uniform(nearest, farthest, count))
    distance = np.maximum(distance, 400 - camera[..., 2].min(-1))
    aside = np.clip(rng.normal(0, views.off_centre, (count, 2)), -0.6, 0.6) * half_field[:, None]
    camera = camera + (distance[:, None] * np.concatenate([aside, np.ones((count, 1))], axis=-1))[:, None]
    pixels = camera[..., :2] / camera[..., 2:] * (IMAGE / 2 / half_field)[:, None, None]
    return camera, pixels


def before_cameras(motion: Motion, name: str = "motion", every: int = 5, cameras: int = 4, seed: int = 20) -> PoseSet:
    """Recorded motion as pictures without pixels, seen by fixed random cameras.

    Parameters
    ----------
    motion : Motion
        N frames; the groups are its labels, or its clips where it has none.
    name : str
        Of the set.
    every : int
        Takes each ``every``-th frame.
    cameras : int
        How many cameras see a frame, each another one.
    seed : int
        Places the cameras.

    Returns
    -------
    PoseSet
        Of ``cameras * ceil(N / every)`` poses. The intervals are over clips.
    """
    chosen = np.repeat(np.arange(0, len(motion), every), cameras)
    clips = np.array(motion.clip_names)[motion.clip]
    groups = clips if motion.labels is None else motion.labels
    camera, pixels = photograph(relative(motion.points[chosen]), np.random.default_rng(seed), Views())
    side = int(IMAGE)
    pose2d = Pose2D(pixels + (side - 1) / 2, np.ones(pixels.shape[:-1]), (side, side), skeleton=LIFT16)
    focal = np.linalg.norm(pixels, axis=(1, 2)) / np.linalg.norm(camera[..., :2] / camera[..., 2:], axis=(1, 2))
    return PoseSet(
        name,
        pose2d,
        relative(camera),
        clips[chosen],
        groups[chosen],
        body_height(motion.points[chosen]),
        field_of_view(side, focal),
        left_out=motion.left_out,
    )


def some(rng: np.random.Generator, share: float, changed: np.ndarray, unchanged: np.ndarray) -> np.ndarray:
    """Take each row of ``changed`` with a probability, else that of ``unchanged``.

    Parameters
    ----------
    rng
        What is drawn from.
    share
        The probability, from 0 to 1.
    changed, unchanged
        (N, ...) alike.

    Returns
    -------
    np.ndarray
        (N, ...).
    """
    chosen = rng.uniform(size=len(changed)) < share
    return np.where(chosen.reshape(-1, *[1] * (changed.ndim - 1)), changed, unchanged)
