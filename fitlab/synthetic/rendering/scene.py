"""Around the person: free places, rooms and outdoors, light."""

from __future__ import annotations

import numpy as np

from fitlab.synthetic.rendering.raster import Lights, Room
from fitlab.synthetic.rendering.things import covering

FLOORS = ("wood", "wood", "rubber", "rubber", "tiles", "carpet", "concrete", "paint")
#: Kinds of texture pages; a kind that stands here twice is twice as common.
WALLS = (
    "paint", "paint", "paint", "concrete", "brick", "panels", "wood", "shelves", "shelves", "window", "window",
    "posters", "posters", "rack", "rack", "mirror", "clutter", "clutter", "noise",
)  # fmt: skip
GROUNDS = ("grass", "grass", "grass", "gravel", "concrete", "tiles")
VIEWS = ("foliage", "foliage", "foliage", "street", "street", "sky", "brick", "clutter")


def free_spot(
    rng: np.random.Generator, camera: np.ndarray, person: np.ndarray, between: bool, farthest: float
) -> np.ndarray:
    """A place on the floor behind or beside the person, or between camera and person but to one side.

    Parameters
    ----------
    rng
        What it is drawn from.
    camera, person
        (3,) metres, where they are.
    between
        Whether it is between camera and person.
    farthest
        Metres behind the person at most; to the side it may be 1.7 m more. Not used between camera and person.

    Returns
    -------
    np.ndarray
        (3,) metres.
    """
    towards = camera[:2] - person[:2]
    distance = np.linalg.norm(towards)
    towards = towards / distance
    across = np.array([-towards[1], towards[0]])
    if between:
        way = rng.uniform(0.35, 0.75) * distance
        # Covers a limb or a flank, hardly ever the whole person.
        aside = rng.choice([-1, 1]) * rng.uniform(0.08, 0.45) * (1 - way / distance) * 2
    else:
        way = -rng.uniform(0.7, farthest) if rng.random() < 0.8 else rng.uniform(-0.7, 0.4 * distance)  # type: ignore[assignment]
        aside = rng.uniform(-1, 1) * farthest
        if way > -1.0 and abs(aside) < 1.6:
            aside = np.sign(aside) * rng.uniform(1.6, farthest + 1.7)
    return np.array([*(person[:2] + way * towards + aside * across), 0.0])


# -- rooms and light ----------------------------------------------------------------------------------------------


def build_room(rng: np.random.Generator, camera: np.ndarray, person: np.ndarray, lying: bool) -> tuple[Room, bool]:
    """A room, gym or place outdoors that holds both camera and person.

    Parameters
    ----------
    rng
        What it is drawn from.
    camera, person
        (3,) metres, where they are.
    lying
        Whether the person lies, on a mat as a rule.

    Returns
    -------
    tuple of (Room, bool)
        The room, and whether it is outdoors.
    """
    outdoors = rng.random() < 0.25
    if outdoors:
        far = rng.uniform(9, 22)
        box = np.array([-far, far, -far, far, rng.uniform(7, 14)])
        sides = [covering(rng, VIEWS, (0.6 * far, 2 * far), 0.75) for _ in range(4)]
        materials = [covering(rng, GROUNDS, (0.8, 2.5)), *sides, covering(rng, ("sky",), (20, 30), 0.9)]
    else:
        box = np.array(
            [
                -rng.uniform(1.4, 6),
                rng.uniform(1.4, 6),
                -rng.uniform(1.6, 6),
                rng.uniform(1.6, 6),
                rng.uniform(2.4, 3.8),
            ]
        )
        kinds = [WALLS[rng.integers(len(WALLS))] for _ in range(2)]
        sides = [covering(rng, (kinds[rng.integers(2)],), (1.2, 4.5), rng.choice([0.0, 0.35])) for _ in range(4)]
        materials = [covering(rng, FLOORS, (0.8, 2.6)), *sides, covering(rng, ("paint", "panels", "concrete"), (2, 4))]
    for axis in (0, 1):
        box[2 * axis] = min(box[2 * axis], camera[axis] - 0.4, person[axis] - 1.0)
        box[2 * axis + 1] = max(box[2 * axis + 1], camera[axis] + 0.4, person[axis] + 1.0)
    box[4] = max(box[4], camera[2] + 0.3, 2.3)
    angle = np.deg2rad(rng.normal(0, 8))
    mat = np.array(
        [
            float(rng.random() < (0.6 if lying else 0.2)),
            person[0] + rng.normal(0, 0.1),
            person[1] + rng.normal(0, 0.15),
            rng.uniform(0.28, 0.5),
            rng.uniform(0.85, 1.1),
            np.cos(angle),
            np.sin(angle),
        ]
    )
    materials.append(covering(rng, ("heather", "carpet", "paint", "stripes", "print", "rubber"), (0.3, 1.2)))
    return Room(box, tuple(materials), mat), outdoors


def draw_lights(rng: np.random.Generator, outdoors: bool) -> Lights:
    """One or two key lights, hard or soft, low or high, and a dome of sky or ceiling."""
    directions, colours = [], []
    warm = rng.uniform(-0.15, 0.15)
    for strength in (1.0, rng.uniform(0.2, 0.8))[: 1 + (rng.random() < 0.4)]:
        azimuth, elevation = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(15, 80))
        key = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        softness = rng.uniform(0.01, 0.06) if outdoors or rng.random() < 0.3 else rng.uniform(0.06, 0.3)
        power = strength * rng.uniform(0.4, 1.5)
        for _ in range(5):
            ray = key + softness * rng.standard_normal(3)
            directions.append(ray / np.linalg.norm(ray))
            colours.append(np.array([1 + warm, 1, 1 - warm]) * power / 5)
    count, power = 8, rng.uniform(0.25, 0.95)
    for k in range(count):
        up = 0.1 + 0.85 * (k + rng.random()) / count
        azimuth = 2 * np.pi * (0.618 * k + 0.3 * rng.random())
        directions.append(np.array([np.sqrt(1 - up**2) * np.cos(azimuth), np.sqrt(1 - up**2) * np.sin(azimuth), up]))
        colours.append(np.array([1 - 0.7 * warm, 1, 1 + 0.7 * warm]) * 1.6 * power / count)
    ambient = np.full(3, rng.uniform(0.03, 0.14))
    return Lights(np.array(directions, np.float32), np.array(colours, np.float32), ambient)
