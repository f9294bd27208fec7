"""What happens to a labelled photo before the detector sees it: another crop, another light, things in the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fitlab.detection.views import View, upright_view, view_around
from fitlab.images import crop, transform
from fitlab.poses import OUTSIDE
from fitlab.skeletons import MPII16


@dataclass(frozen=True)
class Augmentation:
    """How often (0..1) and how far each change goes."""

    upright: float = 0.0  # a crop turned so that the trunk stands upright, as the detector makes them
    upright_jitter: tuple[float, float, float] = (
        15.0,
        0.04,
        0.12,
    )  # of it: degrees, shares of its side, log of its side
    rotate: float = 0.5
    rotation: float = 60.0  # degrees to either side
    full_turn: float = 0.08  # people do handstands, and push-ups lie
    scale: tuple[float, float] = (0.7, 1.45)  # side of the crop against the person's square
    far: float = 0.15  # the first pass sees the whole photo, with a small person in it
    far_scale: tuple[float, float] = (1.45, 3.5)
    shift: float = 0.12  # of the person's square, to either side
    nobody: float = 0.04  # a crop without the person, so that an empty photo scores low
    cut_off: float = 0.12  # a crop that leaves part of the person out
    edge: float = 0.12  # the photo ends within the person, the crop goes on
    colour: float = 0.7
    grey: float = 0.05
    blur: float = 0.1
    noise: float = 0.1
    compress: float = 0.1
    occlude: float = 0.2


@dataclass(frozen=True)
class TrainingCrop:
    """A crop and the labels that are right for it.

    Attributes
    ----------
    picture
        (S, S, 3) uint8.
    points
        (16, 2) pixels of the crop; NaN where unlabelled. A joint beyond the photo's edge keeps its place: a detector
        that knows where it is does not look for it in the photo.
    visibility
        (16,) OUTSIDE for joints beyond the crop or the photo, else as labelled.
    depth
        (16,) depth relative to the pelvis in sides of the crop; NaN where unknown.
    """

    picture: np.ndarray
    points: np.ndarray
    visibility: np.ndarray
    depth: np.ndarray


def augmented_crop(
    image: np.ndarray,
    points: np.ndarray,
    visibility: np.ndarray,
    size: int,
    rng: np.random.Generator,
    settings: Augmentation = Augmentation(),
    depth: np.ndarray | None = None,
) -> TrainingCrop:
    """A random training crop of one person.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    points
        (16, 2) px, NaN where unlabelled; all NaN where nobody is in the photo.
    visibility
        (16,) as in :mod:`fitlab.datasets.records`.
    size
        Side of the crop in pixels.
    rng
        What everything random is drawn from.
    settings
        How often and how far.
    depth
        (16,) px relative to the pelvis, where it is known.

    Returns
    -------
    TrainingCrop
        The picture and the labels in its pixels.
    """
    view = random_view(points, image.shape, rng, settings)
    if rng.random() < settings.nobody:
        view = view_beside(points, image.shape, view, rng)
    mirror = bool(rng.random() < 0.5)
    if not view.rotation and not settings.upright:
        view = replace(view, rotation=random_rotation(rng, settings))
    view = replace(view, mirror=mirror)
    border = None if rng.random() < 0.5 else tuple(int(v) for v in rng.integers(0, 256, 3))
    picture = crop(image, view.matrix(size), size, border)  # type: ignore[arg-type]
    points = transform(points, view.matrix(size))
    depth = np.full(len(points), np.nan) if depth is None else depth / view.side
    if mirror:
        order = list(MPII16.mirror)
        points, visibility, depth = points[order], visibility[order], depth[order]
    with np.errstate(invalid="ignore"):
        # An unlabelled joint is as visible as it was said to be: nobody knows whether it is in the crop.
        beyond = ~((points >= -0.5) & (points <= size - 0.5)).all(axis=1) & ~np.isnan(points[:, 0])
        visibility = np.where(beyond, OUTSIDE, visibility)
        inside = (visibility != OUTSIDE) & ~np.isnan(points[:, 0])
        if rng.random() < settings.edge and inside.sum() > 4:
            picture, kept = _ended(picture, points, inside, border, rng)  # type: ignore[arg-type]
            visibility = np.where(kept | np.isnan(points[:, 0]), visibility, OUTSIDE)
    return TrainingCrop(changed_picture(picture, rng, settings), points, visibility, depth)


def random_view(points: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator, settings: Augmentation) -> View:
    """A random square of a photo with a person in it.

    Parameters
    ----------
    points
        (16, 2) joints in pixels; all NaN where nobody is in the photo.
    shape
        Of the photo.
    rng, settings
        As :func:`augmented_crop`.

    Returns
    -------
    View
    """
    if np.isnan(points).all():  # nobody is in the photo: any square of it
        height, width = shape[:2]
        x, y = rng.uniform([0, 0], [width, height])
        return View(x, y, float(np.exp(rng.uniform(np.log(0.3), np.log(1.3))) * max(width, height)))
    if settings.upright and rng.random() < settings.upright:
        view = upright_view(points)
        if view is not None:
            return _jittered(view, rng, settings)
    plain = view_around(points)
    x, y, side = _random_square(np.array([plain.x, plain.y, plain.side]), rng, settings)
    return View(x, y, side, random_rotation(rng, settings) if settings.upright else 0.0)


def _jittered(view: View, rng: np.random.Generator, settings: Augmentation) -> View:
    """As wrong as a first look at somebody would place it."""
    turn, shift, scale = settings.upright_jitter
    dx, dy = rng.normal(0, shift, 2) * view.side
    side = view.side * np.exp(rng.normal(0, scale))
    if rng.random() < settings.cut_off:
        side *= rng.uniform(0.5, 0.9)
    return View(view.x + dx, view.y + dy, side, view.rotation + rng.normal(0, turn))


def _random_square(square: np.ndarray, rng: np.random.Generator, settings: Augmentation) -> np.ndarray:
    x, y, side = square
    far = rng.random() < settings.far
    scale = np.exp(rng.uniform(*np.log(settings.far_scale if far else settings.scale)))
    shift = settings.shift * side * (scale if far else 1.0)
    if rng.random() < settings.cut_off:
        scale, shift = rng.uniform(0.45, 0.9), 0.4 * side
    dx, dy = rng.uniform(-shift, shift, 2)
    return np.array([x + dx, y + dy, side * scale])


def view_beside(points: np.ndarray, shape: tuple[int, ...], otherwise: View, rng: np.random.Generator) -> View:
    """A square of the photo that holds no joint.

    Parameters
    ----------
    points, shape, rng
        As of :func:`random_view`.
    otherwise
        What is returned where a few tries find none.

    Returns
    -------
    View
    """
    height, width = shape[:2]
    for _ in range(8):
        side = rng.uniform(0.15, 0.6) * min(width, height)
        x, y = rng.uniform([side / 2, side / 2], [width - side / 2, height - side / 2])
        # 0.8 of the side to each side of the centre: also clear of the joints after a turn of the crop.
        if not (np.abs(points - [x, y]).max(axis=1) < 0.8 * side).any():
            return View(float(x), float(y), float(side))
    return otherwise


def _ended(
    picture: np.ndarray,
    points: np.ndarray,
    inside: np.ndarray,
    border: tuple[int, int, int] | None,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """As if the photo ended on one side, somewhere in the person; and which joints (16,) are before that edge."""
    turns = int(rng.integers(4))
    picture = np.rot90(picture, turns).copy()  # so that the side to cut is the bottom one
    right, lower = points.T
    to_right, to_bottom = picture.shape[1] - 1 - right, picture.shape[0] - 1 - lower
    down = (lower, to_right, to_bottom, right)[turns]
    first, last = down[inside].min(), down[inside].max()
    edge = int(np.clip(first + rng.uniform(0.5, 1.0) * (last - first), 1, picture.shape[0] - 1))
    picture[edge:] = picture[edge - 1] if border is None else border
    return np.ascontiguousarray(np.rot90(picture, -turns)), down <= edge - 0.5


def random_rotation(rng: np.random.Generator, settings: Augmentation) -> float:
    """How far a crop is turned; see :func:`augmented_crop` for the parameters.

    Returns
    -------
    float
        Degrees.
    """
    if rng.random() < settings.full_turn:
        return float(rng.uniform(-180, 180))
    if rng.random() < settings.rotate:
        return float(np.clip(rng.normal(0, settings.rotation / 2.5), -settings.rotation, settings.rotation))
    return 0.0


def changed_picture(picture: np.ndarray, rng: np.random.Generator, settings: Augmentation) -> np.ndarray:
    """A crop with other light, from another camera, with something in front. The joints stay where they are.

    Parameters
    ----------
    picture
        (S, S, 3) uint8.
    rng
        What everything random is drawn from.
    settings
        How often and how far.

    Returns
    -------
    array
        (S, S, 3) uint8.
    """
    if rng.random() < settings.occlude:
        picture = _occluded(picture, rng)
    if rng.random() < settings.blur:
        picture = _blurred(picture, rng)
    values = picture.astype(np.float32)
    if rng.random() < settings.colour:
        values = _recoloured(values, rng)
    if rng.random() < settings.grey:
        values = np.repeat(values @ np.array([0.299, 0.587, 0.114], np.float32)[:, None], 3, axis=2)
    if rng.random() < settings.noise:
        values += rng.normal(0, rng.uniform(2, 14), values.shape).astype(np.float32)
    picture = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < settings.compress:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))])
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return picture


def _recoloured(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mean = values.mean()
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * np.float32(rng.uniform(0.4, 1.5))
    values = mean + (values - mean) * np.float32(rng.uniform(0.6, 1.4))
    gains = np.exp(rng.normal(0, 0.07, 3)) * rng.uniform(0.6, 1.4)
    values = np.clip(values * gains.astype(np.float32), 0, 255)
    return 255 * (values / 255) ** np.float32(np.exp(rng.normal(0, 0.2)))


def _blurred(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 2.2))
    length, angle = rng.uniform(3, 11), rng.uniform(0, np.pi)  # a moving camera
    kernel = np.zeros((11, 11), np.float32)
    dx, dy = length / 2 * np.cos(angle), length / 2 * np.sin(angle)
    cv2.line(kernel, (round(5 - dx), round(5 - dy)), (round(5 + dx), round(5 + dy)), 1.0)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def _occluded(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cover one to four places with plain colour, noise, or a piece of the picture from elsewhere."""
    picture = picture.copy()
    size = picture.shape[0]
    for _ in range(rng.integers(1, 5)):
        width, height = (np.exp(rng.uniform(np.log(0.05), np.log(0.3), 2)) * size).astype(int) + 1
        x, y = rng.integers(0, size - width), rng.integers(0, size - height)
        kind = rng.random()
        if kind < 0.4:
            patch = np.broadcast_to(rng.integers(0, 256, 3), (height, width, 3))
        elif kind < 0.6:
            patch = rng.integers(0, 256, (height, width, 3))
        else:
            u, v = rng.integers(0, size - width), rng.integers(0, size - height)
            patch = picture[v : v + height, u : u + width].copy()
        picture[y : y + height, x : x + width] = patch
    return picture
