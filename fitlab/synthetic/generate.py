"""From one seed to a labelled picture, or to a clip: draw a person, a repetition, a room and a camera, and render."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from fitlab.poses import VISIBLE
from fitlab.synthetic import nobody
from fitlab.synthetic.company import (
    CLOUD,
    add_mirror,
    cloud_of,
    draw_exercise,
    draw_mirror,
    draw_partners,
    place_partners,
    prominence,
)
from fitlab.synthetic.exercises.motion import drifting, phase_over_time
from fitlab.synthetic.labels import labels_of, labels_of_nobody, labels_of_others
from fitlab.synthetic.people import body
from fitlab.synthetic.people.body import SPLITS
from fitlab.synthetic.person import Person, at_phase, draw_person
from fitlab.synthetic.rendering import photography, raster, scene, textures, things, wear
from fitlab.synthetic.rendering.framing import draw_framing, upend
from fitlab.synthetic.rendering.meshes import Soup
from fitlab.synthetic.sets import PictureSet, part_of, picture_set


@dataclass(frozen=True)
class Sample:
    """A picture and all that is known about the person in it.

    Parameters
    ----------
    image
        (H, W, 3) uint8, what the file shows.
    jpeg
        The file.
    labels
        As in :data:`fitlab.synthetic.labels.LABELS`; of some sets also those of MORE_LABELS.
    """

    image: np.ndarray
    jpeg: bytes
    labels: dict[str, np.ndarray | str | float | int]


@dataclass(frozen=True)
class Wish:
    """What is asked for; None is drawn.

    Parameters
    ----------
    person
        Number of the person.
    exercise
        Name of the movement.
    error
        Form error of the movement, or ``none``.
    phase
        0 start, 1 turning point.
    azimuth
        Degrees; 0 sees the front, 90 the person's left.
    elevation
        Degrees above the horizon.
    distance
        Metres from the person, who is then in the middle of the picture.
    """

    person: int | None = None
    exercise: str | None = None
    error: str | None = None
    phase: float | None = None
    azimuth: float | None = None
    elevation: float | None = None
    distance: float | None = None


ANY = Wish()


def make_sample(
    settings: PictureSet,
    seed: int,
    number: int,
    size: int = 256,
    split: str = "train",
    wish: Wish = ANY,
    samples: int = 2,
) -> Sample:
    """Make one sample of a set. The same arguments give the same bytes.

    Parameters
    ----------
    settings
        The set, see :func:`fitlab.synthetic.sets.picture_set`.
    seed, number
        Of the set, and of the sample in it.
    size
        Pixels along the longer side.
    split
        ``train`` or ``test``: whose bodies. They have nobody in common.
    wish
        What is not left to chance.
    samples
        Rays along each side of a pixel.

    Returns
    -------
    Sample
        Where the person is hardly seen or has a rival, the scene is shot again, six times at most; the last one counts.

    Raises
    ------
    ValueError
        If there is no such exercise or form error.
    """
    settings = part_of(settings, seed, number)
    rng = np.random.default_rng([seed, number, SPLITS[split][0]])
    if settings.nobody:
        return _picture_of_nobody(rng, settings, f"{seed}/{number}", size, split, samples)
    drawn = int(body.person_numbers(rng, split, 1)[0])
    exercise = draw_exercise(rng, settings)
    person = draw_person(
        rng, drawn if wish.person is None else wish.person, wish.exercise or exercise, wish.error, wish.phase
    )
    subject = _posed(person, rng)
    cloud = cloud_of(person)
    partners = draw_partners(rng, settings, exercise, split) if settings.partners else []
    for _ in range(6):
        shot = _shoot(rng, settings, person, subject, cloud, partners, wish, size, split, samples)
        labels = labels_of(shot.people[shot.main], shot.camera, shot.rendering, shot.main)
        seen = (labels["visibility"] == VISIBLE).sum() >= settings.fewest
        if seen and shot.clear and not np.isnan([*labels["box"], *labels["mpii16"].flat]).any():
            break
    labels |= {"seed": f"{seed}/{number}", "people": len(shot.people)}
    if settings.names_others:
        others = [shot.people[owner] for owner in shot.ranked if owner != shot.main]
        labels |= labels_of_others(others, shot.camera, shot.rendering)
    return _sample(photography.photograph(rng, shot.rendering.colour), labels)


@dataclass(frozen=True)
class _Shot:
    """A rendering of people by their numbers in it; who is labelled, who is seen at all, whether it is clear who."""

    camera: photography.Camera
    rendering: raster.Rendering
    people: dict[int, Person]
    main: int
    ranked: list[int]
    clear: bool


def _shoot(
    rng: np.random.Generator,
    settings: PictureSet,
    person: Person,
    subject: Soup,
    cloud: np.ndarray,
    partners: list[Person],
    wish: Wish,
    size: int,
    split: str,
    samples: int,
) -> _Shot:
    """Put everybody and everything in place, choose a camera and render."""
    azimuth, mirror, group, framing, points = wish.azimuth, None, [], None, cloud
    if settings.partners:
        azimuth = rng.uniform(-180, 180)
        group = place_partners(rng, cloud, partners, azimuth)
        if rng.random() < 0.65:
            points = np.concatenate([cloud, *map(cloud_of, group)])
        mirror = draw_mirror(rng, cloud, azimuth) if rng.random() < settings.mirrors or not group else None
    if settings.framed and rng.random() < settings.framed:
        framing = draw_framing(rng, cloud, CLOUD)
    camera = photography.draw_camera(rng, settings, points, size, azimuth, wish.elevation, wish.distance, framing)
    soup, strangers = _surround(rng, settings, subject, camera, cloud, split)
    people = dict(enumerate([person, *strangers, *group], 1))
    candidates = [1, *range(2 + len(strangers), len(people) + 1)]
    for owner in candidates[1:]:
        _add(soup, people[owner], rng, owner)
    room, lights = _room(rng, camera, cloud)
    if mirror is not None:
        room = add_mirror(soup, rng, mirror, cloud.mean(0), room)
        for one in [person, *group]:
            people[len(people) + 1] = replace(one, mirror=mirror)
            _add(soup, people[len(people)], rng, len(people))
    rendering = _rendered(soup, camera, size, lights, room, int(rng.integers(2**31)), samples)
    if not settings.names_others:
        return _Shot(camera, rendering, people, 1, [1], True)
    if settings.upended and rng.random() < settings.upended:
        camera, rendering = upend(rng, camera, rendering)
    seen = prominence(rendering)
    main = (seen.order(candidates) or [1])[0]
    return _Shot(camera, rendering, people, main, seen.order(list(people)), seen.clear(candidates))


def _picture_of_nobody(
    rng: np.random.Generator, settings: PictureSet, seed: str, size: int, split: str, samples: int
) -> Sample:
    if rng.random() < 0.25:
        camera, rendering = nobody.any_camera(size), nobody.flat_rendering(nobody.flat_light(rng, size))
    else:
        soup, camera, lights, room = nobody.make_scene(rng, size, split)
        rendering = _rendered(soup, camera, size, lights, room, int(rng.integers(2**31)), samples)
    if rng.random() < settings.upended:
        camera, rendering = upend(rng, camera, rendering)
    labels = labels_of_nobody(camera) | labels_of_others([], camera, rendering)
    return _sample(photography.photograph(rng, rendering.colour), labels | {"seed": seed, "people": 0})


def synthesize(name: str, count: int, seed: int, size: int = 256, split: str = "train") -> Iterator[Sample]:
    """Yield ``count`` samples of the set ``name`` of :data:`fitlab.synthetic.sets.SETS`."""
    for number in range(count):
        yield make_sample(picture_set(name), seed, number, size, split)


def make_clip(
    exercise: str,
    seed: int,
    repetitions: int = 3,
    fps: float = 30.0,
    size: int = 256,
    split: str = "train",
    wish: Wish = ANY,
) -> Iterator[Sample]:
    """Yield the frames of one person exercising before a camera that stands still.

    Parameters
    ----------
    exercise
        Name of the movement.
    seed
        The same seed gives the same bytes.
    repetitions
        How often the movement is done.
    fps
        Frames per second.
    size, split, wish
        As for :func:`make_sample`.

    Yields
    ------
    Sample
        Its labels also hold ``time`` (seconds) and ``repetition``, counted from 0, and -1 before the first.
    """
    settings = picture_set("fitness")
    rng = np.random.default_rng([seed, 13, SPLITS[split][0]])
    drawn = int(body.person_numbers(rng, split, 1)[0])
    person = draw_person(rng, drawn if wish.person is None else wish.person, exercise, wish.error, 0.0)
    phases, repetition = phase_over_time(rng, repetitions, fps, person.motion.movement.still)
    moving = drifting(person.motion, rng, len(phases), fps)
    cloud = np.concatenate([cloud_of(at_phase(person, moving.take(np.array([0])), phase)) for phase in (0.0, 0.5, 1.0)])
    camera = photography.draw_camera(rng, settings, cloud, size, wish.azimuth, wish.elevation, wish.distance)
    around, strangers = _surround(rng, settings, Soup(), camera, cloud, split)
    room, lights = _room(rng, camera, cloud)
    look, noise = int(rng.integers(2**31)), int(rng.integers(2**31))
    for frame, phase in enumerate(phases):
        now = at_phase(person, moving.take(np.array([frame])), float(phase))
        soup = _posed(now, np.random.default_rng(look), around)
        rendering = _rendered(soup, camera, size, lights, room, look)
        labels = labels_of(now, camera, rendering) | {"seed": f"{seed}/{frame}", "people": 1 + len(strangers)}
        labels |= {"time": frame / fps, "repetition": int(repetition[frame])}
        yield _sample(photography.photograph(np.random.default_rng(noise), rendering.colour), labels)


def _rendered(
    soup: Soup,
    camera: photography.Camera,
    size: int,
    lights: raster.Lights,
    room: raster.Room,
    look: int,
    samples: int = 2,
) -> raster.Rendering:
    view = (camera.intrinsics, camera.rotation, camera.translation, (size, size))
    return raster.render(soup, textures.bank()[0], *view, lights, room, look, samples)


def _sample(jpeg: bytes, labels: dict) -> Sample:
    return Sample(np.asarray(Image.open(io.BytesIO(jpeg))), jpeg, labels)


def _posed(person: Person, rng: np.random.Generator, around: Soup | None = None) -> Soup:
    """The person with what is in the hands, together with what is ``around``."""
    soup = Soup() if around is None else around.copy()
    _add(soup, person, rng, 1)
    return soup


def _add(soup: Soup, person: Person, rng: np.random.Generator, owner: int) -> None:
    """The person with what is in the hands."""
    wear.add_person(soup, person.outfit, person.rest, person.skinned, owner)
    held = person.motion.parameters.get("prop", ["none"])[0]
    things.add_equipment(soup, rng, str(held), person.pose, person.rig, person.moved)


def _surround(
    rng: np.random.Generator,
    settings: PictureSet,
    subject: Soup,
    camera: photography.Camera,
    cloud: np.ndarray,
    split: str,
) -> tuple[Soup, list[Person]]:
    """The scene with further people, furniture and perhaps something in front; and the further people."""
    soup, centre = subject.copy(), cloud.mean(0)
    strangers = _add_company(rng, settings, soup, camera.position, centre, split)
    for _ in range(rng.integers(0, 11)):
        things.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, False, 4.0))
    if rng.random() < settings.occluders:
        tallest = max(rng.uniform(0.4, 1.2) * cloud[:, 2].max(), 0.5)
        things.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, True, 0.0), tallest)
    return soup, strangers


def _add_company(
    rng: np.random.Generator,
    settings: PictureSet,
    soup: Soup,
    camera: np.ndarray,
    centre: np.ndarray,
    split: str,
) -> list[Person]:
    """Further people beside and behind, now and then in front."""
    strangers: list[Person] = []
    if rng.random() >= settings.company:
        return strangers
    count = min(int(rng.geometric(0.5)), settings.most_people)
    for k in range(count):
        spot = scene.free_spot(rng, camera, centre, rng.random() < 0.12, 4.5)
        number = int(body.person_numbers(rng, split, 1)[0])
        exercise = draw_exercise(rng, settings)
        other = draw_person(rng, number, exercise, place=spot, heading=rng.uniform(0, 360))
        wear.add_person(soup, other.outfit, other.rest, other.skinned, 2 + k)
        strangers.append(other)
    return strangers


def _room(rng: np.random.Generator, camera: photography.Camera, cloud: np.ndarray) -> tuple[raster.Room, raster.Lights]:
    lying = np.ptp(cloud[:, 2]) < 1.1
    room, outdoors = scene.build_room(rng, camera.position, cloud.mean(0), lying)
    return room, scene.draw_lights(rng, outdoors)
