"""Around the person: equipment in the hands, furniture and clutter, rooms and outdoors, light, cameras."""

from __future__ import annotations

import numpy as np

from fitlab.synthetic import shapes, textures
from fitlab.synthetic.body import SIDES, body_model
from fitlab.synthetic.raster import Lights, Material, Room, Soup
from fitlab.synthetic.rig import Pose, Rig
from fitlab.synthetic.wear import linear

FLOORS = ("wood", "wood", "rubber", "rubber", "tiles", "carpet", "concrete", "paint")
WALLS = (
    "paint",
    "paint",
    "paint",
    "concrete",
    "brick",
    "panels",
    "wood",
    "shelves",
    "shelves",
    "window",
    "window",
    "posters",
    "posters",
    "rack",
    "rack",
    "mirror",
    "clutter",
    "clutter",
    "noise",
)
GROUNDS = ("grass", "grass", "grass", "gravel", "concrete", "tiles")
VIEWS = ("foliage", "foliage", "foliage", "street", "street", "sky", "brick", "clutter")


# -- things -----------------------------------------------------------------------------------------------------


def _paint(rng: np.random.Generator, gloss: float = 0.1) -> Material:
    tone = tuple(linear(textures.colour(rng, 5, 240)))
    return Material(0, tone, tone, 1.0, gloss)


def _surface(
    rng: np.random.Generator, kinds: tuple[str, ...], tile: tuple[float, float], glow: float = 0.0
) -> Material:
    kind = str(rng.choice(kinds))
    page = int(rng.choice(textures.bank()[1][kind]))
    tint = rng.uniform(0.45, 1.15) * (1 + rng.uniform(-0.15, 0.15, 3))
    if kind in ("paint", "panels", "concrete", "carpet") and rng.random() < 0.5:
        tone = textures.colour(rng, 60, 250)
        tint = linear(0.6 * tone.mean() + 0.4 * tone) * 1.2
    return Material(page, (0, 0, 0), tuple(tint), rng.uniform(*tile), 0.0, glow)


def _palm(pose: Pose, rig: Rig, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Where a hand grips (3,), and the palm's three axes (3, 3): along the hand, out of the palm, across."""
    model, letter = body_model(), SIDES[side]
    wrist = model.bone(f"wrist.{letter}")
    axes = pose.rotations[0, wrist] @ rig.frames[f"{side}_hand"][0]
    middle = 0.75 * pose.heads[0, model.bone(f"finger3-1.{letter}")] + 0.25 * pose.heads[0, wrist]
    return middle + 0.03 * axes[:, 1], axes


def add_equipment(soup: Soup, rng: np.random.Generator, kind: str, pose: Pose, rig: Rig) -> None:
    """What the person holds: barbell, dumbbells, dumbbells_neutral or goblet."""
    steel = Material(0, (0.35,) * 3, (0.35,) * 3, 1.0, 0.5)
    disc = _paint(rng, 0.15) if rng.random() < 0.45 else Material(0, (0.01,) * 3, (0.01,) * 3, 1.0, 0.1)
    grips = {side: _palm(pose, rig, side) for side in SIDES}
    left, right = grips["left"][0], grips["right"][0]
    if kind == "barbell":
        along, middle, half = (left - right) / np.linalg.norm(left - right), (left + right) / 2, rng.uniform(0.7, 1.1)
        soup.add(*shapes.cylinder(middle - half * along, middle + half * along, 0.014), steel)
        radius = rng.choice([0.0, rng.uniform(0.06, 0.23)], p=[0.2, 0.8])
        for sign in (-1, 1) if radius > 0 else ():
            soup.add(
                *shapes.cylinder(
                    middle + sign * (half - 0.15) * along, middle + sign * (half - 0.06) * along, radius, 24
                ),
                disc,
            )
    elif kind.startswith("dumbbells"):
        radius, half = rng.uniform(0.03, 0.075), rng.uniform(0.09, 0.15)
        for middle, axes in grips.values():
            along = axes[:, 2]
            soup.add(*shapes.cylinder(middle - half * along, middle + half * along, 0.014), steel)
            for sign in (-1, 1):
                soup.add(*shapes.cylinder(middle + sign * 0.055 * along, middle + sign * half * along, radius), disc)
    elif kind == "goblet":
        middle, up = (left + right) / 2, np.array([0, 0, 1.0])
        soup.add(*shapes.cylinder(middle - 0.12 * up, middle + 0.1 * up, 0.016), steel)
        for sign in (-1, 1):
            soup.add(
                *shapes.cylinder(middle + 0.06 * sign * up, middle + 0.13 * sign * up, rng.uniform(0.05, 0.08)), disc
            )


def add_thing(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float = 2.3) -> None:
    """A piece of furniture, equipment, a plant or a column that stands at ``foot`` (3,)."""
    up, kind = np.array([0, 0, 1.0]), rng.integers(8)
    if kind <= 1:
        half = np.array([rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.6), rng.uniform(0.05, 0.5 * min(tallest, 1.9))])
        material = _surface(rng, ("wood", "clutter", "paint", "shelves", "print", "carpet", "posters"), (0.5, 1.5))
        soup.add(*shapes.box(foot + half[2] * up, half, rng.uniform(0, 90)), material, corner_uv=shapes.box_uv(half))
    elif kind == 2:
        radius = rng.uniform(0.1, 0.38)
        soup.add(*shapes.sphere(foot + radius * up, radius), _paint(rng, 0.25))
    elif kind == 3:
        soup.add(*shapes.cylinder(foot, foot + rng.uniform(0.4, tallest) * up, rng.uniform(0.02, 0.2)), _paint(rng))
    elif kind == 4:
        green = Material(0, (0.02, 0.06, 0.01), tuple(linear([60, 110, 40]) * rng.uniform(0.5, 1.6)), 1.0)
        height = rng.uniform(0.3, 0.8 * tallest)
        soup.add(*shapes.cylinder(foot, foot + 0.25 * height * up, 0.15, taper=1.3), _paint(rng))
        soup.add(*shapes.leaves(rng, foot + 0.25 * height * up, height, rng.uniform(0.2, 0.6), 40), green)
    elif kind == 5:
        yaw, width, height = rng.uniform(0, 180), rng.uniform(0.3, 0.9), rng.uniform(0.5, tallest)
        side = width * np.array([np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw)), 0])
        metal = _paint(rng, 0.3)
        for sign in (-1, 1):
            soup.add(*shapes.cylinder(foot + sign * side, foot + sign * side + height * up, 0.03), metal)
        for level in np.arange(0.25, height, rng.uniform(0.25, 0.6)):
            soup.add(*shapes.box(foot + level * up, np.array([width, rng.uniform(0.03, 0.25), 0.02]), yaw), _paint(rng))
            for _ in range(rng.integers(0, 4)):
                spot = foot + level * up + side * rng.uniform(-0.9, 0.9) + 0.08 * up
                soup.add(*shapes.sphere(spot, rng.uniform(0.04, 0.09), 6), _paint(rng))
    elif kind == 6:
        half = np.array([rng.uniform(0.4, 0.7), 0.14, 0.04])
        yaw = rng.uniform(0, 180)
        soup.add(*shapes.box(foot + 0.45 * up, half, yaw), _paint(rng))
        for sign in (-1, 1):
            end = foot + sign * 0.8 * half[0] * np.array([np.cos(np.deg2rad(yaw)), np.sin(np.deg2rad(yaw)), 0])
            soup.add(*shapes.cylinder(end, end + 0.45 * up, 0.03), _paint(rng, 0.3))
    else:
        yaw = rng.uniform(0, 2 * np.pi)
        along = np.array([np.cos(yaw), np.sin(yaw), 0])
        radius = rng.uniform(0.05, 0.22)
        for sign in (-1, 1):
            centre = foot + radius * up + sign * rng.uniform(0.08, 0.6) * along
            soup.add(*shapes.cylinder(centre - 0.04 * along, centre + 0.04 * along, radius, 20), _paint(rng, 0.2))


def free_spot(
    rng: np.random.Generator, camera: np.ndarray, person: np.ndarray, between: bool, farthest: float
) -> np.ndarray:
    """A place (3,) on the floor behind or beside the person, or between camera and person but to one side."""
    towards = camera[:2] - person[:2]
    distance = np.linalg.norm(towards)
    towards = towards / distance
    across = np.array([-towards[1], towards[0]])
    if between:
        way = rng.uniform(0.35, 0.75) * distance
        # Covers a limb or a flank, hardly ever the whole person.
        aside = rng.choice([-1, 1]) * rng.uniform(0.08, 0.45) * (1 - way / distance) * 2
    else:
        way = -rng.uniform(0.7, farthest) if rng.random() < 0.8 else rng.uniform(-0.7, 0.4 * distance)
        aside = rng.uniform(-1, 1) * farthest
        if way > -1.0 and abs(aside) < 1.6:
            aside = np.sign(aside) * rng.uniform(1.6, farthest + 1.7)
    return np.array([*(person[:2] + way * towards + aside * across), 0.0])


# -- rooms and light ----------------------------------------------------------------------------------------------


def build_room(rng: np.random.Generator, camera: np.ndarray, person: np.ndarray, lying: bool) -> tuple[Room, bool]:
    """A room, gym or place outdoors that holds both camera and person; whether it is outdoors."""
    outdoors = rng.random() < 0.25
    if outdoors:
        far = rng.uniform(9, 22)
        box = np.array([-far, far, -far, far, rng.uniform(7, 14)])
        sides = [_surface(rng, VIEWS, (0.6 * far, 2 * far), 0.75) for _ in range(4)]
        materials = [_surface(rng, GROUNDS, (0.8, 2.5)), *sides, _surface(rng, ("sky",), (20, 30), 0.9)]
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
        sides = [_surface(rng, (kinds[rng.integers(2)],), (1.2, 4.5), rng.choice([0.0, 0.35])) for _ in range(4)]
        materials = [_surface(rng, FLOORS, (0.8, 2.6)), *sides, _surface(rng, ("paint", "panels", "concrete"), (2, 4))]
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
    materials.append(_surface(rng, ("heather", "carpet", "paint", "stripes", "print", "rubber"), (0.3, 1.2)))
    return Room(box, tuple(materials), mat), outdoors


def draw_lights(rng: np.random.Generator, outdoors: bool) -> Lights:
    """One or two key lights, hard or soft, low or high, and a dome of sky or ceiling."""
    directions, colours = [], []
    warm = rng.uniform(-0.15, 0.15)
    for strength in (1.0, rng.uniform(0.2, 0.8))[: 1 + (rng.random() < 0.4)]:
        azimuth, elevation = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(15, 80))
        key = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        spread = rng.uniform(0.01, 0.06) if outdoors or rng.random() < 0.3 else rng.uniform(0.06, 0.3)
        power = strength * rng.uniform(0.4, 1.5)
        for _ in range(5):
            ray = key + spread * rng.standard_normal(3)
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
