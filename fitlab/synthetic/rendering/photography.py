"""The camera: where it stands, and what its lens, sensor and JPEG make of the light."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from fitlab import cameras
from fitlab.synthetic.sets import PictureSet


@dataclass(frozen=True)
class Camera:
    """Intrinsics K (3, 3) px, rotation R (3, 3) and translation t (3,) metres: camera = R @ world + t."""

    intrinsics: np.ndarray
    rotation: np.ndarray
    translation: np.ndarray

    @property
    def position(self) -> np.ndarray:
        """Where the camera is, (3,) metres."""
        return -self.rotation.T @ self.translation


@dataclass(frozen=True)
class Framing:
    """Points (P, 3) that fill the frame, how much of it, and from their middle to what is left out (3,), metres."""

    points: np.ndarray
    fill: float
    towards: np.ndarray


def above_floor(elevation: np.ndarray | float, height: np.ndarray | float, distance: np.ndarray | float) -> np.ndarray:
    """Raise elevations where the camera would be less than 8 cm above the floor.

    Parameters
    ----------
    elevation
        (...) degrees.
    height, distance
        (...) metres, of the point that the camera looks at: above the floor, and from the camera.

    Returns
    -------
    numpy.ndarray
        (...) degrees.
    """
    return np.maximum(elevation, -np.rad2deg(np.arcsin(np.clip((height - 0.08) / distance, -1, 1))))


def place_camera(
    points: np.ndarray,
    size: int,
    azimuth: float,
    elevation: float,
    roll: float,
    field_of_view: float,
    fill: float,
    shift: np.ndarray,
    overhang: float = 0.0,
) -> Camera:
    """Place a camera at a direction from the person, so near that the person fills the picture as asked.

    Parameters
    ----------
    points
        (P, 3) metres, what must fill the frame.
    size
        Pixels along each side.
    azimuth, elevation, roll, field_of_view
        Degrees.
    fill
        Share of the picture's longer side.
    shift
        (2,) in -1..1: where in the free margin the person is put.
    overhang
        Share of the person's extent that is cut off, on the side to which ``shift`` points most.

    Returns
    -------
    Camera
    """
    focal = size / 2 / np.tan(np.deg2rad(field_of_view) / 2)
    matrix = cameras.intrinsics(focal, size, size)
    low, high = points.min(0), points.max(0)
    centre = (low + high) / 2
    near, far = 0.5, 60.0
    for _ in range(20):
        distance = (near + far) / 2
        rotation = cameras.look_at(azimuth, above_floor(elevation, centre[2], distance), roll)
        seen = (points - centre) @ rotation.T + [0, 0, distance]
        extent = np.inf
        if seen[:, 2].min() > 0.2:
            flat = seen[:, :2] / seen[:, 2:] * focal
            extent = np.ptp(flat, axis=0).max() / size
        near, far = (distance, far) if extent > fill else (near, distance)
    distance = far
    translation = np.array([0, 0, distance]) - rotation @ centre
    for _ in range(3):
        flat = cameras.project(cameras.to_camera(points, rotation, translation), matrix)
        low, high = flat.min(0), flat.max(0)
        offset = shift * np.maximum((size - (high - low)) / 2 * 0.94, 0)
        if overhang > 0:
            axis = np.abs(shift).argmax()
            offset[axis] = np.sign(shift[axis]) * (size / 2 - (0.5 - overhang) * (high - low)[axis])
        wanted = (size - 1) / 2 + offset
        towards = np.array([*((low + high) / 2 - wanted) / focal, 1.0])
        towards /= np.linalg.norm(towards)
        # Turn the camera about its own centre so that the person's middle moves to where it is wanted.
        axis = np.cross([0, 0, 1.0], towards)
        sine = np.linalg.norm(axis)
        if sine < 1e-9:
            break
        k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        step = np.eye(3) + k + k @ k / (1 + towards[2])
        rotation, translation = step.T @ rotation, step.T @ translation
    return Camera(matrix, rotation, translation)


def camera_at(
    points: np.ndarray, size: int, azimuth: float, elevation: float, roll: float, field_of_view: float, distance: float
) -> Camera:
    """A camera that looks at the middle of points; never under the floor.

    Parameters
    ----------
    points
        (P, 3) metres.
    size
        Pixels along each side.
    azimuth, elevation, roll, field_of_view
        Degrees.
    distance
        Metres from that middle.

    Returns
    -------
    Camera
    """
    centre = (points.min(0) + points.max(0)) / 2
    rotation = cameras.look_at(azimuth, above_floor(elevation, centre[2], distance), roll)
    focal = size / 2 / np.tan(np.deg2rad(field_of_view) / 2)
    return Camera(cameras.intrinsics(focal, size, size), rotation, np.array([0, 0, distance]) - rotation @ centre)


def draw_camera(
    rng: np.random.Generator,
    settings: PictureSet,
    cloud: np.ndarray,
    size: int,
    azimuth: float | None,
    elevation: float | None,
    distance: float | None,
    framing: Framing | None = None,
) -> Camera:
    """A camera as the set has them; directions that are given are not drawn.

    Parameters
    ----------
    rng
        What is not given is drawn from.
    settings
        Of the set of pictures.
    cloud
        (P, 3) points of who is photographed, metres.
    size
        Pixels along each side.
    azimuth, elevation
        Degrees, where the camera stands; None draws it.
    distance
        Metres from the person, who is then in the middle; None draws how much of the frame the person fills.
    framing
        What a photographer leaves out, instead of what the set says about sizes.

    Returns
    -------
    Camera
    """
    azimuth = rng.uniform(-180, 180) if azimuth is None else azimuth
    usual = rng.uniform(-8, 25) if rng.random() < 0.7 else rng.uniform(-15, 62)
    elevation = usual if elevation is None else elevation
    roll = np.clip(rng.normal(0, 3.5), -10, 10)
    if settings.any_camera:
        elevation, roll = _any_direction(rng)
    view = rng.uniform(22, 75) if rng.random() < 0.8 else rng.uniform(12, 30)
    shift, overhang = rng.uniform(-1, 1, 2), 0.0
    if distance is not None:
        return camera_at(cloud, size, azimuth, elevation, roll, view, distance)
    if framing is not None:
        return _framed(rng, size, framing, azimuth, elevation, roll, view)
    if settings.by_area:
        fill = _fill_for_area(
            cloud, size, (azimuth, elevation, roll, view), np.exp(rng.uniform(*np.log(settings.size_range)))
        )
    else:
        fill = rng.uniform(*settings.size_range)
    if rng.random() < settings.cut:
        overhang = rng.uniform(0.03, 0.36)
        fill = fill if settings.by_area else max(fill, 0.6) * rng.uniform(1.0, 1.35)
    return place_camera(cloud, size, azimuth, elevation, roll, view, fill, shift, overhang)


def _any_direction(rng: np.random.Generator) -> tuple[float, float]:
    """Elevation and roll in degrees: mostly as people hold a camera, else from far above, the floor, or rolled."""
    low, high = ((-12, 25), (-15, 60), (30, 78), (-45, -8))[rng.choice(4, p=[0.55, 0.23, 0.12, 0.1])]
    roll = rng.normal(0, 4) if rng.random() < 0.72 else rng.normal(0, 22)
    return float(rng.uniform(low, high)), float(roll)


def _framed(
    rng: np.random.Generator,
    size: int,
    framing: Framing,
    azimuth: float,
    elevation: float,
    roll: float,
    view: float,
) -> Camera:
    """What is kept fills the frame, and lies at that side of it where the rest is left out."""
    towards = cameras.look_at(azimuth, elevation, roll) @ framing.towards
    shift = towards[:2] / max(np.abs(towards[:2]).max(), 1e-6)
    aside = np.abs(shift).argmin()
    shift[aside] = np.clip(shift[aside] + rng.uniform(-0.7, 0.7), -1, 1)
    return place_camera(framing.points, size, azimuth, elevation, roll, view, framing.fill, shift)


def _fill_for_area(cloud: np.ndarray, size: int, view: tuple[float, float, float, float], area: float) -> float:
    """The share of the longer side at which the person's box has a share ``area`` of the picture."""
    fill = 0.8 * np.sqrt(area)
    for _ in range(4):
        camera = place_camera(cloud, size, *view, fill, np.zeros(2))
        flat = cameras.project(cameras.to_camera(cloud, camera.rotation, camera.translation), camera.intrinsics)
        fill = min(fill * np.sqrt(area * size**2 / np.prod(np.ptp(flat, axis=0))), 0.97)
    return float(fill)


def photograph(rng: np.random.Generator, light: np.ndarray) -> bytes:
    """Exposure, white balance, tone curve, lens and motion blur, noise and JPEG, as cheap cameras have them.

    Parameters
    ----------
    rng
        What they are drawn from.
    light
        (H, W, 3) linear light.

    Returns
    -------
    bytes
        A JPEG file.
    """
    level = np.percentile(light, 90)
    exposure = np.clip(0.75 / max(level, 1e-3), 0.4, 3) ** 0.7 * rng.uniform(0.55, 1.6)
    light = light * exposure * (1 + rng.uniform(-0.1, 0.1, 3))
    display = np.sqrt(np.clip(light / (1 + 0.2 * light) * 1.15, 0, 1))
    contrast = rng.uniform(0.75, 1.2)
    display = np.clip(0.5 + (display - 0.5) * contrast + rng.uniform(-0.05, 0.05), 0, 1)
    grey = display.mean(2, keepdims=True)
    display = np.clip(
        grey + (display - grey) * rng.choice([rng.uniform(0.3, 1.3), 1.0, 0.0], p=[0.7, 0.26, 0.04]), 0, 1
    )
    picture = Image.fromarray((display * 255).astype(np.uint8))
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 1.1) * picture.width / 256))
    if rng.random() < 0.08:
        picture = picture.resize([round(side * rng.uniform(0.4, 0.7)) for side in picture.size]).resize(picture.size)
    noisy = np.asarray(picture) + rng.normal(0, rng.uniform(0, 7), (*display.shape[:2], 3)) * rng.uniform(0.5, 1)
    stream = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=int(rng.integers(62, 95)))
    return stream.getvalue()
