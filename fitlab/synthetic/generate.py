"""From one seed to a labelled picture, or to a clip: draw a person, a repetition, a room and a camera, and render."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fitlab.datasets.records import VISIBLE
from fitlab.synthetic.exercises import everyday
from fitlab.synthetic.exercises.motion import drifting, phase_over_time
from fitlab.synthetic.labels import labels_of
from fitlab.synthetic.people import body
from fitlab.synthetic.people.body import SPLITS
from fitlab.synthetic.person import Person, at_phase, draw_person
from fitlab.synthetic.rendering import photography, raster, scene, textures, things, wear
from fitlab.synthetic.sets import PictureSet, picture_set

#: A picture is drawn again when fewer joints are visible.
FEWEST_VISIBLE = 6


@dataclass(frozen=True)
class Sample:
    """A picture and all that is known about the person in it.

    image (S, S, 3) uint8; labels as in :data:`fitlab.synthetic.labels.LABELS`; jpeg the file, which shows ``image``.
    """

    image: np.ndarray
    jpeg: bytes
    labels: dict[str, np.ndarray | str | float | int]


@dataclass(frozen=True)
class Wish:
    """What is asked for; None is drawn.

    person     number of the person
    error      form error of the exercise, or ``none``
    phase      0 start, 1 turning point
    azimuth    degrees; 0 sees the front, 90 the person's left
    elevation  degrees above the horizon
    distance   metres from the person, who is then in the middle of the picture
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
    """Sample ``number`` of a set: the same arguments give the same bytes.

    size     pixels along each side; samples  rays along each side of a pixel
    split    ``train`` or ``test``: whose bodies; they have nobody in common

    ValueError for an exercise or form error that there is not.
    """
    rng = np.random.default_rng([seed, number, SPLITS[split][0]])
    drawn = int(body.person_numbers(rng, split, 1)[0])
    exercise = _draw_exercise(rng, settings)
    person = draw_person(
        rng, drawn if wish.person is None else wish.person, wish.exercise or exercise, wish.error, wish.phase
    )
    subject = _posed(person, rng)
    cloud = _cloud(person)
    for _ in range(6):
        direction = (wish.azimuth, wish.elevation, wish.distance)
        camera = photography.draw_camera(rng, settings, cloud, size, *direction)
        soup, people = _surround(rng, settings, subject, camera, cloud, split)
        room, lights = _room(rng, camera, cloud)
        rendering = _rendered(soup, camera, size, lights, room, int(rng.integers(2**31)), samples)
        labels = labels_of(person, camera, rendering, size)
        if (labels["visibility"] == VISIBLE).sum() >= FEWEST_VISIBLE and not np.isnan(labels["box"]).any():
            break
    return _sample(
        photography.photograph(rng, rendering.colour), labels | {"seed": f"{seed}/{number}", "people": people}
    )


def synthesize(name: str, count: int, seed: int, size: int = 256, split: str = "train") -> Iterator[Sample]:
    """Yield ``count`` samples of the set ``name`` (fitness, wild or mixed)."""
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
    """Yield the frames of one person doing ``repetitions`` before a camera that stands still.

    The labels of each frame also hold ``time`` (seconds) and ``repetition``, counted from 0 and -1 before the first.
    """
    settings = picture_set("fitness")
    rng = np.random.default_rng([seed, 13, SPLITS[split][0]])
    drawn = int(body.person_numbers(rng, split, 1)[0])
    person = draw_person(rng, drawn if wish.person is None else wish.person, exercise, wish.error, 0.0)
    phases, repetition = phase_over_time(rng, repetitions, fps, person.motion.movement.still)
    moving = drifting(person.motion, rng, len(phases), fps)
    cloud = np.concatenate([_cloud(at_phase(person, moving.take(np.array([0])), phase)) for phase in (0.0, 0.5, 1.0)])
    camera = photography.draw_camera(rng, settings, cloud, size, wish.azimuth, wish.elevation, wish.distance)
    around, people = _surround(rng, settings, raster.Soup(), camera, cloud, split)
    room, lights = _room(rng, camera, cloud)
    look, noise = int(rng.integers(2**31)), int(rng.integers(2**31))
    for frame, phase in enumerate(phases):
        now = at_phase(person, moving.take(np.array([frame])), float(phase))
        soup = _posed(now, np.random.default_rng(look), around)
        rendering = _rendered(soup, camera, size, lights, room, look)
        labels = labels_of(now, camera, rendering, size) | {"seed": f"{seed}/{frame}", "people": people}
        labels |= {"time": frame / fps, "repetition": int(repetition[frame])}
        yield _sample(photography.photograph(np.random.default_rng(noise), rendering.colour), labels)


def _rendered(
    soup: raster.Soup,
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


def _draw_exercise(rng: np.random.Generator, settings: PictureSet) -> str:
    shares = {name: share for name, share in settings.exercises.items() if name != "everyday" or everyday.available()}
    return str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))


def _posed(person: Person, rng: np.random.Generator, around: raster.Soup | None = None) -> raster.Soup:
    """The person with what is in the hands, together with what is ``around``."""
    soup = raster.Soup() if around is None else around.copy()
    wear.add_person(soup, person.outfit, person.rest, person.skinned, 1)
    held = person.motion.parameters.get("prop", ["none"])[0]
    things.add_equipment(soup, rng, str(held), person.pose, person.rig)
    return soup


def _cloud(person: Person) -> np.ndarray:
    """(P, 3) points all over the person, metres."""
    used = np.arange(0, body.HELPERS, 5)
    return person.skinned(person.rest[used], used)


def _surround(
    rng: np.random.Generator,
    settings: PictureSet,
    subject: raster.Soup,
    camera: photography.Camera,
    cloud: np.ndarray,
    split: str,
) -> tuple[raster.Soup, int]:
    """The scene with further people, furniture and perhaps something in front; and how many people there are."""
    soup, centre = subject.copy(), cloud.mean(0)
    people = 1 + _add_company(rng, settings, soup, camera.position, centre, split)
    for _ in range(rng.integers(0, 11)):
        things.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, False, 4.0))
    if rng.random() < settings.occluders:
        tallest = max(rng.uniform(0.4, 1.2) * cloud[:, 2].max(), 0.5)
        things.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, True, 0.0), tallest)
    return soup, people


def _add_company(
    rng: np.random.Generator,
    settings: PictureSet,
    soup: raster.Soup,
    camera: np.ndarray,
    centre: np.ndarray,
    split: str,
) -> int:
    """Further people beside and behind, now and then in front; how many."""
    if rng.random() >= settings.company:
        return 0
    count = min(int(rng.geometric(0.5)), settings.most_people)
    for k in range(count):
        spot = scene.free_spot(rng, camera, centre, rng.random() < 0.12, 4.5)
        number = int(body.person_numbers(rng, split, 1)[0])
        exercise = _draw_exercise(rng, settings)
        other = draw_person(rng, number, exercise, place=spot, heading=rng.uniform(0, 360))
        wear.add_person(soup, other.outfit, other.rest, other.skinned, 2 + k)
    return count


def _room(rng: np.random.Generator, camera: photography.Camera, cloud: np.ndarray) -> tuple[raster.Room, raster.Lights]:
    lying = np.ptp(cloud[:, 2]) < 1.1
    room, outdoors = scene.build_room(rng, camera.position, cloud.mean(0), lying)
    return room, scene.draw_lights(rng, outdoors)
