"""What a lifter learns from: poses photographed by random virtual cameras, seen by an imperfect detector.

Everything is drawn from the generator that is passed in, so a batch is a function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from fitlab.datasets.anatomy import reproportioned
from fitlab.datasets.virtual_cameras import IMAGE, Views, photograph, some
from fitlab.evaluation.measured_depth import seen_depth
from fitlab.lifting.inputs import (
    UNIT_MM,
    certainty_of,
    depth_inputs,
    normalise_person,
    normalise_screen,
    origin,
    person_size,
    turn_to,
)
from fitlab.rotations import about_axis, random_rotations
from fitlab.skeletons import LIFT16, both_sides

#: (rng, count) -> (count, 16, 3) mm, LIFT16, z up.
PoseSource = Callable[[np.random.Generator, int], np.ndarray]

Rows = TypeVar("Rows")

_SIDES = LIFT16.mirror
_SPINE, _PELVIS, _THORAX = LIFT16.indices(["spine", "pelvis", "thorax"])


@dataclass(frozen=True)
class Variation:
    """How much the poses are varied; each is the share of the samples that it happens to.

    Parameters
    ----------
    bodies
        Take the pose with a body of other proportions.
    tilted
        The whole person is turned: half of them lying, half in any attitude.
    rolled
        The camera is rolled by up to 30 degrees.
    """

    bodies: float = 0.8
    tilted: float = 0.3
    rolled: float = 0.3


@dataclass(frozen=True)
class Noise:
    """An imperfect detector, in mm of the reference body.

    Parameters
    ----------
    exact
        Share of the samples whose joints are exactly known.
    deviation
        Median over samples of the standard deviation of a joint that is neither easy nor hard.
    gross
        Probability that a joint of an inexact sample is somewhere else on the body.
    swapped
        Probability that left and right of legs, arms, or both are taken for each other.
    unseen
        Share of the samples with joints that are not seen.
    depth
        Share of the samples in which it says how deep joints are.
    """

    exact: float = 0.35
    deviation: float = 25.0
    gross: float = 0.015
    swapped: float = 0.02
    unseen: float = 0.35
    depth: float = 0.0


#: How hard a joint is to place: its standard deviation over the common one.
_HARDNESS = np.array(
    [
        {"pelvis": 0.8, "spine": 0.8, "thorax": 0.7, "head_top": 0.8, "hip": 1.2, "knee": 1.0, "ankle": 1.2,
         "shoulder": 0.8, "elbow": 1.0, "wrist": 1.4}[name.removeprefix("left_").removeprefix("right_")]
        for name in LIFT16.joints
    ]
)  # fmt: skip

_LEGS, _ARMS = (
    LIFT16.indices([f"{side}_{joint}" for side in ("left", "right") for joint in joints])
    for joints in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)
#: What is out of the picture or hidden together.
_HIDDEN = [
    LIFT16.indices(names)
    for names in (
        ["left_ankle", "right_ankle"],
        ["left_knee", "right_knee", "left_ankle", "right_ankle"],
        ["pelvis", *(name for joint in ("hip", "knee", "ankle") for name in both_sides(joint))],
        ["left_elbow", "left_wrist"],
        ["right_elbow", "right_wrist"],
        ["left_shoulder", "left_elbow", "left_wrist"],
        ["right_shoulder", "right_elbow", "right_wrist"],
        ["left_hip", "left_knee", "left_ankle"],
        ["right_hip", "right_knee", "right_ankle"],
        ["head_top"],
        ["left_wrist", "right_wrist"],
    )
]


@dataclass(frozen=True)
class Samples:
    """What a lifter learns from.

    Parameters
    ----------
    points
        (N, 16, 2), as the network takes them.
    certainty
        (N, 16), as the network takes it.
    target
        (N, 16, 3) in the network's units, relative to the pelvis. For the ``person`` normalisation the axes are those
        of a camera that looks at the pelvis (see :func:`fitlab.lifting.inputs.towards`), for ``screen`` those of the
        camera.
    depth
        (N, 16, 2), as the network takes it.
    """

    points: np.ndarray
    certainty: np.ndarray
    target: np.ndarray
    depth: np.ndarray


def joined(*parts: Rows) -> Rows:
    """The rows of several dataclasses of arrays as one.

    Parameters
    ----------
    *parts
        Dataclasses of one kind, whose fields are arrays.

    Returns
    -------
    dataclass
        Of the same kind.
    """
    names = [field.name for field in fields(parts[0])]  # type: ignore[arg-type]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def frames(points: np.ndarray) -> PoseSource:
    """A source that draws among recorded poses.

    Parameters
    ----------
    points
        (N, 16, 3) mm.

    Returns
    -------
    PoseSource
    """
    return lambda rng, count: points[rng.integers(len(points), size=count)]


def mixture(*sources: tuple[float, PoseSource]) -> PoseSource:
    """A source that draws from several sources.

    Parameters
    ----------
    *sources
        Each with its share of every batch; the shares add up to 1.

    Returns
    -------
    callable
        Draws (count, 16, 3) mm.

    Raises
    ------
    ValueError
        If the shares do not add up to 1.
    """
    shares, drawers = zip(*sources, strict=True)
    if not np.isclose(sum(shares), 1):
        raise ValueError(f"the shares of the sources must add up to 1, got {shares}")

    def draw(rng: np.random.Generator, count: int) -> np.ndarray:
        edges = np.round(np.cumsum((0.0, *shares)) * count).astype(int)
        counts = np.diff(edges)
        return np.concatenate([drawer(rng, size) for drawer, size in zip(drawers, counts, strict=True) if size])

    return draw


def draw_samples(
    source: PoseSource,
    rng: np.random.Generator,
    count: int,
    views: Views,
    variation: Variation | None,
    noise: Noise,
    normalisation: str = "person",
) -> Samples:
    """Random training samples of a lifter.

    Parameters
    ----------
    source
        Of the poses.
    rng
        What everything random is drawn from.
    count
        How many samples, N.
    views
        Where the cameras are.
    variation
        How the poses are varied; None to leave them as they are.
    noise
        How the detector errs.
    normalisation
        ``person`` or ``screen`` (:mod:`fitlab.lifting.inputs`).

    Returns
    -------
    Samples
    """
    poses = source(rng, count)
    if variation is not None:
        poses = varied(poses, rng, variation)
    camera, pixels = photograph(poses - poses[:, :1], rng, views, variation.rolled if variation else 0.0)
    plane = camera[..., :2] / camera[..., 2:]
    focal = np.linalg.norm(pixels, axis=(1, 2)) / np.linalg.norm(plane, axis=(1, 2))
    exact = pixels
    pixels, deviation, seen = detected(exact, rng, noise)
    target = (camera - camera[:, :1]) / UNIT_MM
    depth = np.zeros_like(pixels)
    if normalisation == "person":
        middle = origin(plane, seen)  # the pelvis, or what stands for it where it is not seen
        turn = turn_to(np.concatenate([middle, np.ones_like(middle[:, :1])], axis=-1))
        points, target = normalise_person(pixels, seen), target @ turn
        if noise.depth:
            away, error = np.moveaxis(seen_depth(camera, exact, rng, noise.depth) / focal[:, None, None], -1, 0)
            depth = depth_inputs(pixels / focal[:, None, None], away, error, seen, turn)
    else:
        points = normalise_screen(pixels + (IMAGE - 1) / 2, seen, (IMAGE, IMAGE))
    return Samples(points, certainty_of(deviation / person_size(pixels, seen)[:, None], seen), target, depth)


def varied(poses: np.ndarray, rng: np.random.Generator, variation: Variation) -> np.ndarray:
    """Poses mirrored, with other bodies, and in other attitudes.

    A body that is made up has the reference height. One that was recorded or modelled as a whole keeps its own, since
    its proportions tell a little of its size.

    Parameters
    ----------
    poses
        (N, 16, 3) mm.
    rng
        What everything random is drawn from.
    variation
        How often each happens.

    Returns
    -------
    array
        (N, 16, 3) mm, relative to the pelvis.
    """
    poses = poses - poses[:, :1]
    mirrored = poses[:, _SIDES] * np.array([-1, 1, 1])
    poses = some(rng, 0.5, mirrored, poses)
    poses = some(rng, variation.bodies, reproportioned(poses, rng), poses)
    return some(rng, variation.tilted, tilted(poses, rng), poses)


def tilted(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """People turned as a whole: half of them lying within 25 degrees, on any side, half in any attitude.

    Parameters
    ----------
    poses
        (N, 16, 3) mm, z up.
    rng
        What the turns are drawn from.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm.
    """
    count = len(poses)
    facing = rng.uniform(0, 2 * np.pi, count)
    sideways = np.stack([np.cos(facing), np.sin(facing), np.zeros(count)], axis=-1)
    lying = about_axis(sideways, np.deg2rad(rng.normal(90, 15, count)))
    turn = some(rng, 0.5, lying, random_rotations(rng, count))
    return poses @ np.swapaxes(turn, -1, -2)


def detected(pixels: np.ndarray, rng: np.random.Generator, noise: Noise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What an imperfect detector would say.

    The standard deviation that is reported is the true one within a factor of about 1.5. Where a joint is taken for
    another one, the heatmap often has a peak at both places, so that some of the way between them is reported as
    uncertainty.

    Parameters
    ----------
    pixels
        (N, 16, 2) true joints.
    rng
        What everything random is drawn from.
    noise
        How the detector errs.

    Returns
    -------
    points, deviation, seen
        (N, 16, 2) pixels, their standard deviation (N, 16) in pixels, and (N, 16) bool.
    """
    count, joints = pixels.shape[:2]
    size = person_size(pixels, np.ones((count, joints), bool))
    inexact = rng.uniform(size=count) >= noise.exact
    level = noise.deviation * np.exp(rng.normal(0, 0.9, count)) * inexact * size
    deviation = level[:, None] * _HARDNESS * np.exp(rng.normal(0, 0.5, (count, joints)))
    points = _swapped(pixels, rng, noise.swapped, inexact)  # type: ignore[arg-type]
    elsewhere = points[np.arange(count)[:, None], rng.integers(joints, size=(count, joints))]
    gross = (rng.uniform(size=(count, joints)) < noise.gross) & inexact[:, None]  # type: ignore[index]
    points = np.where(gross[..., None], elsewhere, points)
    missed = np.linalg.norm(points - pixels, axis=-1) * rng.uniform(0, 0.5, (count, joints))
    reported = np.hypot(deviation * np.exp(rng.normal(0, 0.4, deviation.shape)), missed)
    points = points + deviation[..., None] * rng.standard_normal(points.shape)
    points[:, _SPINE] = (points[:, _PELVIS] + points[:, _THORAX]) / 2
    reported[:, _SPINE] = (reported[:, _PELVIS] + reported[:, _THORAX]) / 2
    return points, reported, _seen(rng, count, joints, noise.unseen)


def _swapped(points: np.ndarray, rng: np.random.Generator, probability: float, among: np.ndarray) -> np.ndarray:
    points = points.copy()
    for group in (_LEGS, _ARMS, _LEGS + _ARMS):
        hit = (rng.uniform(size=len(points)) < probability) & among
        points[np.ix_(hit, group)] = points[np.ix_(hit, [_SIDES[joint] for joint in group])]
    return points


def _seen(rng: np.random.Generator, count: int, joints: int, share: float) -> np.ndarray:
    """A third each of the affected samples: a part of the body, single joints, both."""
    part = np.ones((len(_HIDDEN), joints), bool)
    for row, hidden in enumerate(_HIDDEN):
        part[row, hidden] = False
    parts = part[rng.integers(len(_HIDDEN), size=count)]
    singles = rng.uniform(size=(count, joints)) > 0.1
    kind = np.where(rng.uniform(size=count) < share, rng.integers(3, size=count), -1)[:, None]
    seen = np.where((kind == 0) | (kind == 2), parts, True) & np.where(kind >= 1, singles, True)
    seen[:, _SPINE] = seen[:, _PELVIS] & seen[:, _THORAX]
    return seen
