"""Pictures without people: rooms, outdoors, equipment, plants, clothes on a rail, balls, the moon, drawings, noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from fitlab import cameras
from fitlab.synthetic.people import body
from fitlab.synthetic.person import draw_person
from fitlab.synthetic.rendering import photography, raster, scene, shapes, textures, things, wear
from fitlab.synthetic.rendering.meshes import Material, Soup
from fitlab.synthetic.rendering.raster import Lights, Room

GARMENTS = ("tank", "tee", "long", "hoodie", "leggings", "track_pants", "shorts", "loose_shorts")
FLAT = ("drawing", "drawing", "drawing", "drawing", "noise", "clutter", "posters", "print", "camouflage", "foliage")


def make_scene(rng: np.random.Generator, size: int, split: str) -> tuple[Soup, photography.Camera, Lights, Room]:
    """Things, the camera, light and room of a place where nobody is."""
    soup, centre = Soup(), np.array([*rng.uniform(-0.5, 0.5, 2), 0.0])
    extent = np.array([*rng.uniform(0.15, 0.9, 2), rng.uniform(0.3, 1.9)])
    cloud = centre + rng.uniform([-1, -1, 0], [1, 1, 1], (60, 3)) * extent
    camera = photography.place_camera(
        cloud, size, rng.uniform(-180, 180), rng.uniform(-10, 40), rng.normal(0, 4), rng.uniform(25, 75),
        rng.uniform(0.3, 1.0), rng.uniform(-1, 1, 2),
    )  # fmt: skip
    room, outdoors = scene.build_room(rng, camera.position, centre, rng.random() < 0.3)
    lights = scene.draw_lights(rng, outdoors)
    kind = rng.choice(["things", "thing", "clothes", "moon", "bare"], p=[0.5, 0.2, 0.14, 0.08, 0.08])
    if kind == "clothes":
        _add_clothes(soup, rng, centre, split)
    elif kind == "moon":
        return _night(soup, rng, camera, cloud, room)
    elif kind != "bare":
        things.add_thing(soup, rng, centre, max(extent[2], 0.5))
    more = rng.integers(0, 3) if kind in ("thing", "bare") else rng.integers(1, 14)
    for _ in range(max(more, kind == "bare")):  # the renderer needs something to draw
        spot = scene.free_spot(rng, camera.position, centre, rng.random() < 0.1, 4.0)
        things.add_thing(soup, rng, spot)
    return soup, camera, lights, room


def flat_light(rng: np.random.Generator, size: int) -> np.ndarray:
    """A drawing, a poster or noise that fills the picture.

    Parameters
    ----------
    rng
        What it is drawn from.
    size
        Pixels of each side.

    Returns
    -------
    np.ndarray
        (size, size, 3) linear light.
    """
    kind = str(rng.choice(FLAT))
    page = drawing(rng) if kind == "drawing" else textures.bank()[0][rng.choice(textures.bank()[1][kind])]
    start = rng.integers(0, textures.SIZE // 2, 2)
    side = int(rng.integers(textures.SIZE // 2, textures.SIZE + 1))
    page = np.roll(page, -start, (0, 1))[:side, :side]
    picture = Image.fromarray(page.astype(np.uint8)).resize((size, size), Image.Resampling.BICUBIC)
    return (np.asarray(picture, float) / 255) ** 2 * rng.uniform(0.5, 1.3)


def drawing(rng: np.random.Generator) -> np.ndarray:
    """Lines, circles and arcs in one or two inks on paper.

    Parameters
    ----------
    rng
        What they are drawn from.

    Returns
    -------
    np.ndarray
        (S, S, 3) uint8.
    """
    paper = textures.colour(rng, 190, 255) if rng.random() < 0.8 else textures.colour(rng, 5, 70)
    canvas = Image.new("RGB", (textures.SIZE,) * 2, tuple(int(value) for value in paper))
    pen = ImageDraw.Draw(canvas)
    inks = [textures.colour(rng, 0, 120) if paper.mean() > 128 else textures.colour(rng, 150, 255) for _ in range(2)]
    for _ in range(rng.integers(4, 40)):
        ink, wide = tuple(int(value) for value in inks[rng.integers(2)]), int(rng.integers(1, 6))
        x, y = middle = rng.uniform(-0.1, 1.1, 2) * textures.SIZE
        reach = rng.uniform(6, 110)
        kind = rng.integers(4)
        if kind == 0:
            walk = middle + np.cumsum(rng.normal(0, reach / 3, (rng.integers(2, 9), 2)), 0)
            pen.line([tuple(point) for point in walk], ink, wide, joint="curve")
        elif kind == 1:
            high = reach * rng.uniform(0.2, 0.5)
            pen.ellipse([x - reach / 2, y - high, x + reach / 2, y + high], outline=ink, width=wide)
        elif kind == 2:
            pen.arc([x - reach, y - reach, x + reach, y + reach], *rng.uniform(0, 360, 2), fill=ink, width=wide)  # type: ignore[misc]
        else:
            pen.polygon([tuple(point) for point in middle + rng.normal(0, reach / 2, (4, 2))], outline=ink)
    return np.asarray(canvas)


def _night(
    soup: Soup, rng: np.random.Generator, camera: photography.Camera, cloud: np.ndarray, room: Room
) -> tuple[Soup, photography.Camera, Lights, Room]:
    """A bright ball, such as the moon or a lamp, before a dark sky."""
    centre = cloud.mean(0) + 0.5 * things.UP
    page = int(rng.choice(textures.bank()[1][str(rng.choice(["concrete", "noise", "paint", "camouflage"]))]))
    bright = tuple(rng.uniform(0.7, 1.2) * np.array([1, rng.uniform(0.85, 1), rng.uniform(0.6, 1)]))
    moon = Material(page, tuple(0.35 * np.array(bright)), bright, 1.0, 0.0, rng.uniform(0.6, 1.0))
    soup.add(*shapes.sphere(centre, rng.uniform(0.1, 0.7), 24), moon)
    if rng.random() < 0.5:
        soup.add(*shapes.cylinder(centre * [1, 1, 0], centre, rng.uniform(0.01, 0.04)), things.paint(rng))
    sky = Material(0, (0, 0, 0), tuple(rng.uniform(0.001, 0.03, 3)), 1.0, 0.0, 1.0)
    lights = Lights(np.array([[0.3, 0.2, 0.93]], np.float32), np.full((1, 3), 0.02, np.float32), np.full(3, 0.01))
    return soup, camera, lights, replace(room, materials=(sky,) * 7)


def _add_clothes(soup: Soup, rng: np.random.Generator, centre: np.ndarray, split: str) -> None:
    """Garments without anybody in them, drawn flat, on a rail; or one on a hook."""
    number = int(body.person_numbers(rng, split, 1)[0])
    person = draw_person(rng, number, "at_ease")
    hung = person.skinned(person.rest, np.arange(len(person.rest)))
    yaw, rail = np.deg2rad(rng.uniform(0, 360)), rng.uniform(1.5, 2.0)
    turned = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    count = int(rng.integers(1, 7))
    spacing = rng.uniform(0.08, 0.3)
    for k in range(count):
        outfit = wear.dress(rng, person.rest, bool(rng.random() < 0.5))
        named = dict(zip(outfit.names, outfit.parts, strict=False))
        worn = [part for name, part in named.items() if name in GARMENTS]
        if not worn:
            continue
        garment = worn[rng.integers(len(worn))]
        used = np.unique(garment.faces)
        top = hung[used[garment.keep[used] > 0], 2].max() if (garment.keep[used] > 0).any() else 1.4  # type: ignore[index]
        place = centre + turned @ np.array([0, (k - count / 2) * spacing, rail - top])

        def placed(points: np.ndarray, vertices: np.ndarray, place: np.ndarray = place) -> np.ndarray:
            return (person.skinned(points, vertices) * [1, 0.4, 1]) @ turned.T + place

        wear.add_person(soup, replace(outfit, parts=(garment,)), person.rest, placed, 0)
    ends = [centre + turned @ np.array([0, sign * (count / 2 + 1) * spacing, rail]) for sign in (-1, 1)]
    metal = things.paint(rng, 0.4)
    soup.add(*shapes.cylinder(*ends, 0.015), metal)  # type: ignore[call-arg]
    for end in ends:
        soup.add(*shapes.cylinder(end * [1, 1, 0], end, 0.02), metal)


def any_camera(size: int) -> photography.Camera:
    """The camera that a picture without depth is said to be taken with."""
    return photography.Camera(cameras.intrinsics(float(size), size, size), np.eye(3), np.zeros(3))


def flat_rendering(light: np.ndarray) -> raster.Rendering:
    """A picture as if it had been rendered: nothing is near, nobody is there.

    Parameters
    ----------
    light
        (S, S, 3) linear light.

    Returns
    -------
    raster.Rendering
    """
    return raster.Rendering(light, np.full(light.shape[:2], np.inf), np.full(light.shape[:2], raster.NOTHING), 1)
