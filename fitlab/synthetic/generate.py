"""From one seed to a labelled picture: draw a person, a repetition, a room and a camera, render, label."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from fitlab import cameras
from fitlab.skeletons import COCO17, LIFT16, MPII16
from fitlab.synthetic import body, everyday, raster, scene, textures, wear
from fitlab.synthetic.body import SPLITS, body_model
from fitlab.synthetic.catalogue import PictureSet, exercise_named, picture_set
from fitlab.synthetic.figure import Pose, Rig, lowest, rig_of
from fitlab.synthetic.motion import NONE, Motion, draw_motion, solve

OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2
#: How far behind the visible surface a joint may lie and count as seen, metres: joints are inside the body.
DEPTH_IN_BODY = {"hip": 0.16, "pelvis": 0.16, "spine": 0.16, "thorax": 0.16, "shoulder": 0.12, "head": 0.12, "neck": 0.12}
LIMB_DEPTH = 0.085
#: A drawn pose is refused when a part sinks deeper than this into the floor, metres.
DEEPEST = 0.02
#: A picture is drawn again when fewer joints are visible.
FEWEST_VISIBLE = 6


@dataclass(frozen=True)
class Sample:
    """A picture and all that is known about the person in it.

    image (S, S, 3) uint8; labels as described in :data:`LABELS`; jpeg the encoded picture, whose pixels ``image`` has.
    """

    image: np.ndarray
    jpeg: bytes
    labels: dict[str, np.ndarray | str | float | int]


#: Columns of the label table: name -> what it holds.
LABELS = {
    "image": "file name",
    "seed": "seed and number of the sample, which reproduce it",
    "person": "number of the person: bodies of test sets never occur in training sets",
    "exercise": "name", "phase": "0 start to 1 turning point", "error": "form error or none", "grade": "0..1, how bad",
    "phenotype": "gender, age, muscle, weight, height, proportions, each 0..1", "height_m": "standing height, metres",
    "wear": "what the person wears",
    "mpii16": "(16, 2) px; the centre of the top-left pixel is (0, 0)", "coco17": "(17, 2) px", "lift16": "(16, 2) px",
    "visibility": "(16,) of mpii16: 0 outside the picture, 1 hidden, 2 visible",
    "lift16_camera": "(16, 3) mm, camera axes", "mpii16_camera": "(16, 3) mm, camera axes", "lift16_world": "(16, 3) mm, z up",
    "intrinsics": "(3, 3) px", "rotation": "(3, 3)", "translation": "(3,) mm: camera = rotation @ world + translation",
    "box": "(4,) x0, y0, x1, y1 of the person, px, cut at the frame", "area_ratio": "area of the box / area of the picture",
    "people": "how many people there are",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One dressed and posed person: rig and pose have N = 1."""

    number: int
    phenotype: np.ndarray
    rest: np.ndarray
    rig: Rig
    outfit: wear.Outfit
    motion: Motion
    phase: float
    pose: Pose
    place: np.ndarray
    heading: np.ndarray

    def skinned(self, points: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """World positions (P, 3) of rest points (P, 3) that move with the body's ``vertices`` (P,)."""
        weights = body_model().weights[vertices]
        posed = body.skin(points[None], weights, self.rig.heads, self.pose.rotations, self.pose.heads)[0]
        return posed @ self.heading.T + self.place


def draw_person(
    rng: np.random.Generator, number: int, exercise: str, error: str | None = None, phase: float | None = None,
    place: np.ndarray | None = None, heading: float = 0.0,
) -> Person:  # fmt: skip
    """Dress and pose person ``number``; poses that sink into the floor are drawn again.

    ``place`` (3,) metres and ``heading`` degrees put the person elsewhere in the room.
    """
    phenotype = body.draw_phenotypes(np.array([number]))
    coefficients = body.shape_coefficients(phenotype)
    rest = body.rest_vertices(coefficients)[0].astype(float)
    outfit = wear.dress(rng, rest, woman=phenotype[0, 0] > 0.5)
    rig = rig_of(coefficients, np.array([outfit.sole]))
    for _ in range(12):
        motion = draw_motion(exercise_named(exercise), rig, rng, error)
        now = rng.random() if phase is None else phase
        if phase is None and motion.error[0] != NONE:
            now = max(now, rng.random())
        pose, _ = solve(motion, np.array([now]))
        if lowest(rig, pose, "ground")[0] > -DEEPEST:
            break
    place = np.zeros(3) if place is None else place
    c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return Person(number, phenotype[0], rest, rig, outfit, motion, float(now), pose, place, turned)


def make_sample(
    settings: PictureSet, seed: int, number: int, size: int = 256, split: str = "train", samples: int = 2,
    person: int | None = None, exercise: str | None = None, error: str | None = None, phase: float | None = None,
    azimuth: float | None = None, elevation: float | None = None, distance: float | None = None,
) -> Sample:  # fmt: skip
    """Sample ``number`` of a set: the same arguments give the same bytes. What is None is drawn."""
    rng = np.random.default_rng([seed, number, SPLITS[split][0]])
    drawn = int(body.person_numbers(rng, split, 1)[0])
    chosen = _draw_exercise(rng, settings)
    subject = draw_person(rng, drawn if person is None else person, exercise or chosen, error, phase)
    soup = raster.Soup()
    wear.add_person(soup, subject.outfit, subject.rest, subject.skinned, 1)
    used = np.arange(0, body.HELPERS, 5)
    cloud = subject.skinned(subject.rest[used], used)
    held = subject.motion.parameters.get("prop", ["none"])[0]
    scene.add_equipment(soup, rng, str(held), subject.pose, subject.rig)
    for _ in range(6):
        camera = _draw_camera(rng, settings, cloud, size, azimuth, elevation, distance)
        surroundings, people = _surround(rng, settings, soup, camera, cloud, split)
        lying = np.ptp(cloud[:, 2]) < 1.1
        room, outdoors = scene.build_room(rng, camera.position, cloud.mean(0), lying)
        rendering = raster.render(
            surroundings, textures.bank()[0], camera.intrinsics, camera.rotation, camera.translation, (size, size),
            scene.draw_lights(rng, outdoors), room, int(rng.integers(2**31)), samples,
        )  # fmt: skip
        labels = _labels(subject, camera, rendering, size)
        if (labels["visibility"] == VISIBLE).sum() >= FEWEST_VISIBLE and not np.isnan(labels["box"]).any():
            break
    jpeg = _photograph(rng, rendering.colour)
    image = np.asarray(Image.open(io.BytesIO(jpeg)))
    return Sample(image, jpeg, labels | {"seed": f"{seed}/{number}", "people": people})


def synthesize(name: str, count: int, seed: int, size: int = 256, split: str = "train") -> Iterator[Sample]:
    """Yield ``count`` samples of the set ``name`` (fitness, wild or mixed)."""
    for number in range(count):
        yield make_sample(picture_set(name), seed, number, size, split)


def _draw_exercise(rng: np.random.Generator, settings: PictureSet) -> str:
    shares = {
        name: share for name, share in settings.exercises.items() if name != "everyday" or everyday.available()
    }
    return str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))


def _draw_camera(
    rng: np.random.Generator, settings: PictureSet, cloud: np.ndarray, size: int,
    azimuth: float | None, elevation: float | None, distance: float | None,
) -> scene.Camera:  # fmt: skip
    azimuth = rng.uniform(-180, 180) if azimuth is None else azimuth
    usual = rng.uniform(-8, 25) if rng.random() < 0.7 else rng.uniform(-15, 62)
    elevation = usual if elevation is None else elevation
    roll = np.clip(rng.normal(0, 3.5), -10, 10)
    view = rng.uniform(22, 75) if rng.random() < 0.8 else rng.uniform(12, 30)
    shift, overhang = rng.uniform(-1, 1, 2), 0.0
    if distance is not None:
        return scene.camera_at(cloud, size, azimuth, elevation, roll, view, distance)
    if settings.by_area:
        fill = _fill_for_area(cloud, size, (azimuth, elevation, roll, view), np.exp(rng.uniform(*np.log(settings.size_range))))
    else:
        fill = rng.uniform(*settings.size_range)
    if rng.random() < settings.cut:
        overhang = rng.uniform(0.03, 0.36)
        fill = fill if settings.by_area else max(fill, 0.6) * rng.uniform(1.0, 1.35)
    return scene.place_camera(cloud, size, azimuth, elevation, roll, view, fill, shift, overhang)


def _fill_for_area(cloud: np.ndarray, size: int, view: tuple[float, float, float, float], area: float) -> float:
    """The share of the longer side at which the person's box has a share ``area`` of the picture."""
    fill = 0.8 * np.sqrt(area)
    for _ in range(4):
        camera = scene.place_camera(cloud, size, *view, fill, np.zeros(2))
        flat = cameras.project(cameras.to_camera(cloud, camera.rotation, camera.translation), camera.intrinsics)
        fill = min(fill * np.sqrt(area * size**2 / np.prod(np.ptp(flat, axis=0))), 0.97)
    return float(fill)


def _surround(
    rng: np.random.Generator, settings: PictureSet, subject: raster.Soup, camera: scene.Camera, cloud: np.ndarray, split: str
) -> tuple[raster.Soup, int]:
    """The scene with further people, furniture and perhaps something in front; and how many people there are."""
    soup, centre = subject.copy(), cloud.mean(0)
    people = 1 + _add_company(rng, settings, soup, camera.position, centre, split)
    for _ in range(rng.integers(0, 11)):
        scene.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, False, 4.0))
    if rng.random() < settings.occluders:
        tallest = max(rng.uniform(0.4, 1.2) * cloud[:, 2].max(), 0.5)
        scene.add_thing(soup, rng, scene.free_spot(rng, camera.position, centre, True, 0.0), tallest)
    return soup, people


def _add_company(
    rng: np.random.Generator, settings: PictureSet, soup: raster.Soup, camera: np.ndarray, centre: np.ndarray, split: str
) -> int:
    """Further people beside and behind, now and then in front; how many."""
    if rng.random() >= settings.company:
        return 0
    count = min(int(rng.geometric(0.5)), settings.most_people)
    for k in range(count):
        spot = scene.free_spot(rng, camera, centre, rng.random() < 0.12, 4.5)
        number = int(body.person_numbers(rng, split, 1)[0])
        other = draw_person(rng, number, _draw_exercise(rng, settings), place=spot, heading=rng.uniform(0, 360))
        wear.add_person(soup, other.outfit, other.rest, other.skinned, 2 + k)
    return count


def _photograph(rng: np.random.Generator, light: np.ndarray) -> bytes:
    """Exposure, white balance, tone curve, lens and motion blur, noise and JPEG, as cheap cameras have them."""
    level = np.percentile(light, 90)
    exposure = np.clip(0.75 / max(level, 1e-3), 0.4, 3) ** 0.7 * rng.uniform(0.55, 1.6)
    light = light * exposure * (1 + rng.uniform(-0.1, 0.1, 3))
    display = np.sqrt(np.clip(light / (1 + 0.2 * light) * 1.15, 0, 1))
    contrast = rng.uniform(0.75, 1.2)
    display = np.clip(0.5 + (display - 0.5) * contrast + rng.uniform(-0.05, 0.05), 0, 1)
    grey = display.mean(2, keepdims=True)
    display = np.clip(grey + (display - grey) * rng.choice([rng.uniform(0.3, 1.3), 1.0, 0.0], p=[0.7, 0.26, 0.04]), 0, 1)
    picture = Image.fromarray((display * 255).astype(np.uint8))
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.1) * picture.width / 256))
    if rng.random() < 0.08:
        picture = picture.resize([round(side * rng.uniform(0.4, 0.7)) for side in picture.size]).resize(picture.size)
    noisy = np.asarray(picture) + rng.normal(0, rng.uniform(0, 7), (*display.shape[:2], 3)) * rng.uniform(0.5, 1)
    stream = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=int(rng.integers(62, 95)))
    return stream.getvalue()


def _labels(subject: Person, camera: scene.Camera, rendering: raster.Rendering, size: int) -> dict:
    pose, rig = subject.pose, subject.rig
    vertices = subject.skinned(subject.rest, np.arange(len(subject.rest)))
    posed = pose.heads @ subject.heading.T + subject.place
    joints = body.named_joints(posed, vertices[None, body.HEAD_TOP].mean(1))
    sets = {"mpii16": body.mpii16(joints)[0], "lift16": body.lift16(joints)[0], "coco17": body.coco17(vertices)}
    seen = {name: cameras.to_camera(points, camera.rotation, camera.translation) for name, points in sets.items()}
    flat = {name: cameras.project(points, camera.intrinsics).astype(np.float32) for name, points in seen.items()}
    box = _box(rendering, size)
    return {
        "image": "", "person": subject.number, "exercise": subject.motion.exercise.name, "phase": subject.phase,
        "error": str(subject.motion.error[0]), "grade": float(subject.motion.grade[0]),
        "phenotype": subject.phenotype.astype(np.float32), "height_m": float(np.ptp(subject.rest[: body.HELPERS, 2])),
        "wear": " ".join(subject.outfit.names.values()), **flat,
        "visibility": _visibility(seen["mpii16"], flat["mpii16"], rendering, size),
        "lift16_camera": (1000 * seen["lift16"]).astype(np.float32), "mpii16_camera": (1000 * seen["mpii16"]).astype(np.float32),
        "lift16_world": (1000 * sets["lift16"]).astype(np.float32), "intrinsics": camera.intrinsics, "rotation": camera.rotation,
        "translation": 1000 * camera.translation, "box": box,
        "area_ratio": float((box[2] - box[0]) * (box[3] - box[1]) / size**2),
    }  # fmt: skip


def _box(rendering: raster.Rendering, size: int) -> np.ndarray:
    """(4,) x0, y0, x1, y1 of the person's visible pixels; NaN if nothing is visible."""
    rows, columns = np.nonzero(rendering.owner == 1)
    if not len(rows):
        return np.full(4, np.nan, np.float32)
    edges = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / rendering.samples - 0.5
    return edges.astype(np.float32)


def _visibility(points: np.ndarray, flat: np.ndarray, rendering: raster.Rendering, size: int) -> np.ndarray:
    """(16,) by the z-buffer: a joint is visible where nothing lies more than half a limb in front of it."""
    state = np.full(len(points), OUTSIDE, np.int8)
    for k, name in enumerate(MPII16.joints):
        x, y = flat[k]
        if not (-0.5 <= x < size - 0.5 and -0.5 <= y < size - 0.5):
            continue
        part = name.split("_")[-1] if "_" in name and not name.startswith("head") else name.split("_")[0]
        column, row = (np.array([x, y]) + 0.5) * rendering.samples
        window = rendering.depth[max(int(row) - 1, 0) : int(row) + 2, max(int(column) - 1, 0) : int(column) + 2]
        near = points[k, 2] - window.min() < DEPTH_IN_BODY.get(part, LIMB_DEPTH)
        state[k] = VISIBLE if near else HIDDEN
    return state
