"""Things of a room: furniture, equipment on the floor and in the hands, plants; painted and papered at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fitlab.synthetic.people.body import SIDES, body_model
from fitlab.synthetic.people.rig import BonePose, Rig, lowest
from fitlab.synthetic.people.surface import linear
from fitlab.synthetic.rendering import shapes, textures
from fitlab.synthetic.rendering.meshes import Material, Soup

UP = np.array([0, 0, 1.0])
#: Points (P, 3) -> (P, 3), from where a person was posed to where the person is in the room.
Move = Callable[[np.ndarray], np.ndarray]
Add = Callable[[shapes.Mesh, Material], None]


def paint(rng: np.random.Generator, gloss: float = 0.1) -> Material:
    """A material of one random colour.

    Parameters
    ----------
    rng
        What the colour is drawn from.
    gloss
        How much it shines, 0..1.

    Returns
    -------
    Material
    """
    tone = tuple(linear(textures.colour(rng, 5, 240)))
    return Material(0, tone, tone, 1.0, gloss)


def covering(
    rng: np.random.Generator, kinds: tuple[str, ...], tile: tuple[float, float], glow: float = 0.0
) -> Material:
    """A tinted material with a texture.

    Parameters
    ----------
    rng
        What page and tint are drawn from.
    kinds
        Of the texture, one of which is drawn.
    tile
        Metres that a page covers, from and to.
    glow
        Light that it gives by itself.

    Returns
    -------
    Material
    """
    kind = str(rng.choice(kinds))
    page = int(rng.choice(textures.bank()[1][kind]))
    tint = rng.uniform(0.45, 1.15) * (1 + rng.uniform(-0.15, 0.15, 3))
    if kind in ("paint", "panels", "concrete", "carpet") and rng.random() < 0.5:
        tone = textures.colour(rng, 60, 250)
        tint = linear(0.6 * tone.mean() + 0.4 * tone) * 1.2
    return Material(page, (0, 0, 0), tuple(tint), rng.uniform(*tile), 0.0, glow)


def _palm(pose: BonePose, rig: Rig, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Where a hand grips (3,), and the palm's three axes (3, 3): along the hand, out of the palm, across."""
    model, letter = body_model(), SIDES[side]
    wrist = model.bone(f"wrist.{letter}")
    axes = pose.rotations[0, wrist] @ rig.frames[f"{side}_hand"][0]
    middle = 0.75 * pose.heads[0, model.bone(f"finger3-1.{letter}")] + 0.25 * pose.heads[0, wrist]
    return middle + 0.03 * axes[:, 1], axes


def add_equipment(
    soup: Soup, rng: np.random.Generator, kind: str, pose: BonePose, rig: Rig, move: Move = lambda points: points
) -> None:
    """Add what the person holds, sits on or hangs from.

    Parameters
    ----------
    soup
        The scene, which is changed.
    rng
        What looks are drawn from.
    kind
        barbell, dumbbells, dumbbells_neutral, goblet, seat, bar, or none.
    pose, rig
        Of the person.
    move
        Takes points (P, 3) from where the person was posed to where the person is in the room.
    """

    def add(mesh: shapes.Mesh, material: Material) -> None:
        soup.add(move(mesh[0]), mesh[1], material)

    steel = Material(0, (0.35,) * 3, (0.35,) * 3, 1.0, 0.5)
    disc = paint(rng, 0.15) if rng.random() < 0.45 else Material(0, (0.01,) * 3, (0.01,) * 3, 1.0, 0.1)
    grips = {side: _palm(pose, rig, side) for side in SIDES}
    left, right = grips["left"][0], grips["right"][0]
    if kind == "barbell":
        along, middle, half = (left - right) / np.linalg.norm(left - right), (left + right) / 2, rng.uniform(0.7, 1.1)
        add(shapes.cylinder(middle - half * along, middle + half * along, 0.014), steel)
        radius = rng.choice([0.0, rng.uniform(0.06, 0.23)], p=[0.2, 0.8])
        for sign in (-1, 1) if radius > 0 else ():
            inner, outer = (middle + sign * (half - short) * along for short in (0.15, 0.06))
            add(shapes.cylinder(inner, outer, radius, 24), disc)
    elif kind.startswith("dumbbells"):
        radius, half = rng.uniform(0.03, 0.075), rng.uniform(0.09, 0.15)
        for middle, axes in grips.values():
            along = axes[:, 2]
            add(shapes.cylinder(middle - half * along, middle + half * along, 0.014), steel)
            for sign in (-1, 1):
                add(shapes.cylinder(middle + sign * 0.055 * along, middle + sign * half * along, radius), disc)
    elif kind == "goblet":
        middle, up = (left + right) / 2, UP
        add(shapes.cylinder(middle - 0.12 * up, middle + 0.1 * up, 0.016), steel)
        for sign in (-1, 1):
            low, high = middle + 0.06 * sign * up, middle + 0.13 * sign * up
            add(shapes.cylinder(low, high, rng.uniform(0.05, 0.08)), disc)
    elif kind == "seat":
        _add_seat(add, rng, pose, rig)
    elif kind == "bar":
        _add_bar(add, rng, (left + right) / 2, left - right)


def _add_seat(add: Add, rng: np.random.Generator, pose: BonePose, rig: Rig) -> None:
    """A box, a stool or a chair under who sits, facing -y."""
    model = body_model()
    hips = (pose.heads[0, model.bone("upperleg01.L")] + pose.heads[0, model.bone("upperleg01.R")]) / 2
    top, material = lowest(rig, pose, "buttocks")[0], paint(rng, 0.2)
    seat, kind = np.array([hips[0], hips[1] - 0.05, max(top, 0.08)]), rng.integers(3)
    half = np.array([rng.uniform(0.2, 0.3), rng.uniform(0.18, 0.26), 0.025])
    if kind == 0:
        add(shapes.box(seat * [1, 1, 0.5], np.array([*(half[:2] * rng.uniform(0.9, 1.6)), seat[2] / 2])), material)
        return
    add(shapes.box(seat - half[2] * UP, half), material)
    feet = [(x, y) for x in (-0.9, 0.9) for y in (-0.9, 0.9)] if kind == 1 else [(0, 0)]
    for x, y in feet:
        under = seat + np.array([x * half[0], y * half[1], -0.02])
        add(shapes.cylinder(under * [1, 1, 0], under, 0.018 if kind == 1 else 0.04), material)
    if kind == 1 and rng.random() < 0.6:
        back = seat + np.array([0, half[1] + 0.12, rng.uniform(0.25, 0.4)])
        add(shapes.box(back, np.array([half[0], 0.015, rng.uniform(0.08, 0.25)])), material)


def _add_bar(add: Add, rng: np.random.Generator, middle: np.ndarray, across: np.ndarray) -> None:
    """A level bar through the hands, now and then on two posts, or on ropes as a trapeze."""
    along = np.array([*across[:2], 0.0]) / max(np.linalg.norm(across[:2]), 1e-6)
    half, metal = rng.uniform(0.5, 1.4), paint(rng, 0.4)
    ends = [middle - half * along, middle + half * along]
    add(shapes.cylinder(*ends, rng.uniform(0.012, 0.025)), metal)  # type: ignore[call-arg]
    kind = rng.integers(3)
    for end in ends if kind < 2 else ():
        other = end * [1, 1, 0] if kind == 0 else end + 3 * UP
        add(shapes.cylinder(other, end, 0.03 if kind == 0 else 0.01), metal)


# -- what stands about: each takes where its foot is (3,) and how tall it may be, metres -----------------------


def _level(degrees: float) -> np.ndarray:
    """(3,) a level direction."""
    return np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees)), 0])


def _block(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    half = np.array([rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.6), rng.uniform(0.05, 0.5 * min(tallest, 1.9))])
    material = covering(rng, ("wood", "clutter", "paint", "shelves", "print", "carpet", "posters"), (0.5, 1.5))
    soup.add(*shapes.box(foot + half[2] * UP, half, rng.uniform(0, 90)), material, corner_uv=shapes.box_uv(half))


def _ball(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    radius = rng.uniform(0.1, 0.38)
    soup.add(*shapes.sphere(foot + radius * UP, radius), paint(rng, 0.25))


def _column(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    soup.add(*shapes.cylinder(foot, foot + rng.uniform(0.4, tallest) * UP, rng.uniform(0.02, 0.2)), paint(rng))


def _plant(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    green = Material(0, (0.02, 0.06, 0.01), tuple(linear([60, 110, 40]) * rng.uniform(0.5, 1.6)), 1.0)
    height = rng.uniform(0.3, 0.8 * tallest)
    soup.add(*shapes.cylinder(foot, foot + 0.25 * height * UP, 0.15, taper=1.3), paint(rng))
    soup.add(*shapes.leaves(rng, foot + 0.25 * height * UP, height, rng.uniform(0.2, 0.6), 40), green)


def _rack(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    yaw, width, height = rng.uniform(0, 180), rng.uniform(0.3, 0.9), rng.uniform(0.5, tallest)
    side, metal = width * _level(yaw), paint(rng, 0.3)
    for sign in (-1, 1):
        soup.add(*shapes.cylinder(foot + sign * side, foot + sign * side + height * UP, 0.03), metal)
    for level in np.arange(0.25, height, rng.uniform(0.25, 0.6)):
        soup.add(*shapes.box(foot + level * UP, np.array([width, rng.uniform(0.03, 0.25), 0.02]), yaw), paint(rng))
        for _ in range(rng.integers(0, 4)):
            spot = foot + level * UP + side * rng.uniform(-0.9, 0.9) + 0.08 * UP
            soup.add(*shapes.sphere(spot, rng.uniform(0.04, 0.09), 6), paint(rng))


def _bench(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    half, yaw = np.array([rng.uniform(0.4, 0.7), 0.14, 0.04]), rng.uniform(0, 180)
    soup.add(*shapes.box(foot + 0.45 * UP, half, yaw), paint(rng))
    for sign in (-1, 1):
        end = foot + sign * 0.8 * half[0] * _level(yaw)
        soup.add(*shapes.cylinder(end, end + 0.45 * UP, 0.03), paint(rng, 0.3))


def _discs(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float) -> None:
    yaw = rng.uniform(0, 2 * np.pi)
    along, radius = np.array([np.cos(yaw), np.sin(yaw), 0]), rng.uniform(0.05, 0.22)
    for sign in (-1, 1):
        centre = foot + radius * UP + sign * rng.uniform(0.08, 0.6) * along
        soup.add(*shapes.cylinder(centre - 0.04 * along, centre + 0.04 * along, radius, 20), paint(rng, 0.2))


_THINGS: tuple[Callable[[Soup, np.random.Generator, np.ndarray, float], None], ...] = (
    _block, _block, _ball, _column, _plant, _rack, _bench, _discs,
)  # fmt: skip


def add_thing(soup: Soup, rng: np.random.Generator, foot: np.ndarray, tallest: float = 2.3) -> None:
    """Add a piece of furniture, equipment, a plant or a column.

    Parameters
    ----------
    soup
        The scene, which is changed.
    rng
        What it is drawn from.
    foot
        (3,) metres, where it stands.
    tallest
        Metres.
    """
    _THINGS[rng.integers(len(_THINGS))](soup, rng, foot, tallest)
