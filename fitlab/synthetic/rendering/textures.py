"""Procedural texture pages: cloth, floors, walls, foliage, sky and clutter. Nothing photographed, nothing to license.

Backgrounds are what a detector must not mistake for limbs, so many pages follow natural pictures' statistics:
1/f noise and "dead leaves" (opaque shapes of power-law sizes lying on each other; Lee, Mumford & Huang, IJCV 2001).
"""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw

SIZE = 256
#: How many pages there are of each kind; the names are what scenes and clothes ask for.
COUNTS = {
    "plain": 1,
    "skin": 3,
    "hair": 3,
    "heather": 3,
    "stripes": 4,
    "checks": 3,
    "dots": 2,
    "camouflage": 3,
    "print": 5,
    "wood": 4,
    "rubber": 2,
    "tiles": 3,
    "carpet": 3,
    "concrete": 3,
    "grass": 3,
    "gravel": 2,
    "paint": 2,
    "brick": 2,
    "panels": 2,
    "shelves": 4,
    "window": 3,
    "posters": 4,
    "rack": 4,
    "mirror": 3,
    "foliage": 4,
    "sky": 3,
    "street": 4,
    "clutter": 8,
    "noise": 6,
}


def noise(rng: np.random.Generator, slope: float = 1.0, channels: int = 1) -> np.ndarray:
    """Repeating noise of mean 0 and standard deviation 1.

    Parameters
    ----------
    rng
        What it is drawn from.
    slope
        The amplitude is 1/frequency**slope.
    channels
        How many, each by itself.

    Returns
    -------
    np.ndarray
        (SIZE, SIZE, channels).
    """
    fx, fy = np.meshgrid(np.fft.fftfreq(SIZE), np.fft.rfftfreq(SIZE), indexing="ij")
    amplitude = 1 / np.maximum(np.hypot(fx, fy), 1 / SIZE) ** slope
    amplitude[0, 0] = 0
    planes = []
    for _ in range(channels):
        plane = np.fft.irfft2(amplitude * np.fft.rfft2(rng.standard_normal((SIZE, SIZE))), s=(SIZE, SIZE))
        planes.append(plane / plane.std())
    return np.stack(planes, -1)


def colour(rng: np.random.Generator, low: float = 10, high: float = 245) -> np.ndarray:
    """A random colour, as often grey as coloured.

    Parameters
    ----------
    rng
        What it is drawn from.
    low, high
        The range of its channels, 0..255.

    Returns
    -------
    np.ndarray
        (3,).
    """
    grey = np.full(3, rng.uniform(low, high))
    return grey if rng.random() < 0.45 else 0.5 * grey + 0.5 * rng.uniform(low, high, 3)


def dead_leaves(
    rng: np.random.Generator, palette: np.ndarray, smallest: float, largest: float, count: int, kinds: str = "bep"
) -> np.ndarray:
    """Opaque shapes of power-law sizes, each shaded from one end to the other.

    Parameters
    ----------
    rng
        What they are drawn from.
    palette
        (C, 3) colours, 0..255.
    smallest, largest
        Their sizes, pixels.
    count
        How many.
    kinds
        Letters: b boxes, e ellipses, p polygons.

    Returns
    -------
    np.ndarray
        (SIZE, SIZE, 3), 0..255.
    """
    canvas = Image.new("RGB", (SIZE, SIZE), tuple(int(value) for value in palette[0]))
    for _ in range(count):
        radius = (largest**-1 + rng.random() * (smallest**-1 - largest**-1)) ** -1
        x, y = rng.uniform(-0.1, 1.1, 2) * SIZE
        tone = np.clip(palette[rng.integers(len(palette))] * rng.uniform(0.55, 1.3), 0, 255).astype(int)
        kind, aspect = kinds[rng.integers(len(kinds))], rng.uniform(0.2, 1)
        width, height = (radius, radius * aspect) if rng.random() < 0.5 else (radius * aspect, radius)
        draw = ImageDraw.Draw(canvas)
        if kind == "b":
            draw.rectangle([x - width, y - height, x + width, y + height], tuple(tone))
            if rng.random() < 0.5:
                draw.rectangle(
                    [x - 0.6 * width, y - height, x + width, y + 0.5 * height], tuple(np.minimum(tone + 25, 255))
                )
        elif kind == "e":
            draw.ellipse([x - width, y - height, x + width, y + height], tuple(tone))
        else:
            angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
            corners = np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], 1)
            draw.polygon([tuple(corner) for corner in corners], tuple(tone))
    return np.asarray(canvas, float)


def _grid(rng: np.random.Generator, across: int, down: int, gap: int, offset: bool = False) -> np.ndarray:
    """(SIZE, SIZE, 1) cells of slightly different brightness with dark joints, as tiles and bricks have."""
    y, x = np.mgrid[:SIZE, :SIZE]
    row = y * down // SIZE
    shifted = (x + (row % 2) * (SIZE // across // 2)) % SIZE if offset else x
    column = shifted * across // SIZE
    cell = 1 + 0.08 * rng.standard_normal((down, across))[row, column]
    joint = (y % (SIZE // down) < gap) | (shifted % (SIZE // across) < gap)
    return np.where(joint, 0.62, cell)[..., None]


def _wood(rng: np.random.Generator) -> np.ndarray:
    page = np.zeros((SIZE, SIZE, 1))
    base = np.array([[178, 128, 80], [120, 82, 52], [205, 170, 125], [90, 62, 45], [170, 165, 158]])[rng.integers(5)]
    grain = noise(rng, 0.9)
    width = int(rng.choice([16, 32, 64]))
    for left in range(0, SIZE, width):
        stretched = (
            np.roll(grain, rng.integers(SIZE), 1)[:, :1]
            + 0.5 * np.roll(grain, rng.integers(SIZE), 0)[:, left : left + width]
        )
        page[:, left : left + width] = 1 + 0.06 * stretched + rng.uniform(-0.14, 0.14)
        page[:, left : left + 1] -= 0.3
    return page * base


def _shelves(rng: np.random.Generator) -> np.ndarray:
    canvas = Image.new("RGB", (SIZE, SIZE), tuple(colour(rng, 20, 120).astype(int)))
    draw = ImageDraw.Draw(canvas)
    step = int(rng.integers(32, 80))
    for bottom in range(step, SIZE + step, step):
        x = 0
        while x < SIZE:
            width, height = rng.integers(4, 26), rng.integers(step // 3, step - 4)
            if rng.random() < 0.85:
                draw.rectangle([x, bottom - height, x + width - 1, bottom - 3], tuple(colour(rng).astype(int)))  # type: ignore[arg-type]
            x += width  # type: ignore[assignment]
        draw.rectangle([0, bottom - 3, SIZE, bottom], tuple(colour(rng, 60, 220).astype(int)))
    return np.asarray(canvas, float)


def _frames(rng: np.random.Generator, inside: str) -> np.ndarray:
    """Windows, posters or mirrors on a wall."""
    canvas = np.ones((SIZE, SIZE, 3)) * colour(rng, 120, 240)
    canvas *= 1 + 0.02 * noise(rng)
    for _ in range(rng.integers(1, 6)):
        width, height = rng.integers(30, 120), rng.integers(40, 150)
        x, y = rng.integers(0, SIZE - width), rng.integers(0, SIZE - height)
        canvas[y : y + height, x : x + width] = colour(rng, 10, 250)
        if inside == "window":
            picture = 170 + 60 * np.linspace(1, 0, SIZE)[:, None, None] + 18 * noise(rng, 1.4) * [1, 1, 1.1]
        elif inside == "mirror":
            picture = dead_leaves(rng, np.array([colour(rng, 60, 200) for _ in range(8)]), 10, 120, 60)
        else:
            picture = dead_leaves(rng, np.array([colour(rng) for _ in range(5)]), 3, 60, 80)
        canvas[y + 4 : y + height - 4, x + 4 : x + width - 4] = picture[y + 4 : y + height - 4, x + 4 : x + width - 4]
        if inside == "window":
            canvas[y : y + height, x + width // 2 - 2 : x + width // 2 + 2] = 230
    return canvas


def _rack(rng: np.random.Generator) -> np.ndarray:
    """Bars, uprights and discs: the limb-like things of a gym."""
    canvas = Image.new("RGB", (SIZE, SIZE), tuple(colour(rng, 20, 200).astype(int)))
    draw = ImageDraw.Draw(canvas)
    for _ in range(rng.integers(8, 26)):
        tone = tuple(colour(rng, 5, 230).astype(int))
        x, y, width = rng.integers(SIZE), rng.integers(SIZE), int(rng.integers(2, 12))
        kind = rng.integers(4)
        if kind == 0:
            draw.line([x, 0, x + rng.integers(-15, 16), SIZE], tone, width)  # type: ignore[arg-type]
        elif kind == 1:
            draw.line([0, y, SIZE, y + rng.integers(-15, 16)], tone, width)  # type: ignore[arg-type]
        elif kind == 2:
            draw.line([x, y, *rng.integers(0, SIZE, 2).tolist()], tone, width)
        else:
            radius = int(rng.integers(6, 30))
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], tone, tuple(colour(rng, 5, 120).astype(int)))  # type: ignore[arg-type]
    return np.asarray(canvas, float)


def _outdoors(rng: np.random.Generator, kind: str) -> np.ndarray:
    """A backdrop whose lower half is ground, trees or houses; sky above (row 0 is the top)."""
    sky = np.array([150, 185, 235]) * rng.uniform(0.75, 1.1) + 60 * np.linspace(0, 1, SIZE)[:, None, None]
    page = np.clip(sky + 22 * np.maximum(noise(rng, 1.5), -0.3), 0, 255)
    if kind == "sky":
        return page
    horizon = int(SIZE * rng.uniform(0.15, 0.55))
    if kind == "foliage":
        greens = np.array([[40, 70, 25], [70, 100, 40], [25, 45, 20], [110, 130, 60], [90, 75, 50], [150, 160, 110]])
        front = dead_leaves(rng, greens, 2, 26, 1500, "ep")
    else:
        front = dead_leaves(rng, np.array([colour(rng, 50, 220) for _ in range(9)]), 5, 110, 160, "bbbp")
    edge = (horizon + 14 * noise(rng, 1.5)[0, :, 0]).astype(int)
    below = np.arange(SIZE)[:, None] > edge[None]
    return np.where(below[..., None], front, page)


def _page(kind: str, rng: np.random.Generator) -> np.ndarray:
    """(SIZE, SIZE, 3 or 1) values 0..255 of one page."""
    y, x = np.mgrid[:SIZE, :SIZE]
    white = np.full((SIZE, SIZE, 1), 255.0)
    greys = np.array([[230, 230, 230], [110, 110, 110], [30, 30, 30], [170, 170, 170]])
    fine = rng.standard_normal((SIZE, SIZE, 1))
    match kind:
        case "plain":
            return white
        case "skin":
            return 232 + 9 * noise(rng, 1.2) + 5 * noise(rng, 0.3)
        case "hair":
            return 150 + 45 * np.repeat(noise(rng, 0.4)[:, :1], SIZE, 1) + 18 * fine
        case "heather":
            return 205 + rng.uniform(4, 26) * noise(rng, rng.uniform(0, 0.8)) + 8 * noise(rng, 1.2)
        case "stripes":
            along, period = (x, y)[rng.integers(2)], int(rng.choice([8, 16, 32, 64]))
            return np.where((along % period < period * rng.uniform(0.2, 0.7))[..., None], 240.0, 20) + 5 * fine
        case "checks":
            period = int(rng.choice([16, 32, 64]))
            return 80.0 * ((x // period % 2) + (y // period % 2))[..., None] + 50 + 6 * fine
        case "dots":
            period = int(rng.choice([16, 32]))
            inside = np.hypot(x % period - period / 2, y % period - period / 2) < period * rng.uniform(0.15, 0.4)
            return np.where(inside[..., None], 240.0, 25)
        case "camouflage":
            return dead_leaves(rng, greys, 12, 60, 140, "ep")
        case "print":
            return np.where(
                rng.random() < 0.5,
                255 - dead_leaves(rng, greys, 3, 40, 60),
                dead_leaves(rng, np.stack([colour(rng) for _ in range(6)]), 3, 50, 90),
            )
        case "wood":
            return _wood(rng)
        case "rubber":
            return (
                60 + 8 * noise(rng, 0.6) + 90 * (rng.random((SIZE, SIZE, 1)) > 0.985) * [1, rng.random(), rng.random()]
            )
        case "tiles":
            return (
                205 * _grid(rng, *(int(rng.choice([2, 4, 8])),) * 2, 3) * (1 + 0.04 * noise(rng, 1.2)) * [1, 0.99, 0.96]
            )
        case "carpet":
            return (125 + 14 * fine + 12 * noise(rng, 1.1)) * rng.uniform(0.7, 1.3) * rng.uniform(0.88, 1.12, 3)
        case "concrete":
            return 150 + 16 * noise(rng, 1.1) + 5 * fine
        case "grass":
            return np.clip(
                np.array([95, 125, 50])
                * rng.uniform(0.7, 1.2, 3)
                * (1 + 0.22 * noise(rng, 0.5) + 0.1 * noise(rng, 1.5)),
                8,
                255,
            )
        case "gravel":
            return dead_leaves(rng, greys * rng.uniform(0.6, 1) * rng.uniform(0.9, 1.05, 3), 2, 9, 3500, "ep")
        case "paint":
            return 232 + 5 * noise(rng, 1.6) + 2 * fine
        case "brick":
            return (
                np.array([165, 90, 70])
                * rng.uniform(0.7, 1.2, 3)
                * _grid(rng, 4, 8, 3, True)
                * (1 + 0.08 * noise(rng, 0.8))
            )
        case "panels":
            return 200 * _grid(rng, int(rng.choice([2, 8])), int(rng.choice([1, 4])), 3) * (1 + 0.03 * noise(rng, 1.3))
        case "shelves":
            return _shelves(rng)
        case "window" | "posters" | "mirror":
            return _frames(rng, kind)
        case "rack":
            return _rack(rng)
        case "foliage" | "sky" | "street":
            return _outdoors(rng, kind)
        case "clutter":
            palette = np.stack([colour(rng) for _ in range(12)])
            page = dead_leaves(rng, palette, rng.uniform(2, 12), rng.uniform(40, 150), 320)
            return page * (1 + 0.1 * noise(rng, 1.0)) + 4 * fine
        case _:
            slope, strength = rng.uniform(0.6, 1.6), rng.uniform(25, 60)
            return rng.uniform(90, 170) + strength * (noise(rng, slope) + 0.4 * noise(rng, slope, 3))


@functools.cache
def bank() -> tuple[np.ndarray, dict[str, list[int]]]:
    """All pages of textures; always the same.

    Returns
    -------
    tuple of (np.ndarray, dict)
        (P, SIZE, SIZE, 3) uint8, and the numbers of the pages of each kind.
    """
    pages: list[np.ndarray] = []
    numbers: dict[str, list[int]] = {}
    for kind, count in COUNTS.items():
        numbers[kind] = list(range(len(pages), len(pages) + count))
        for variant in range(count):
            page = np.broadcast_to(_page(kind, np.random.default_rng([11, len(pages), variant])), (SIZE, SIZE, 3))
            pages.append(np.clip(page, 0, 255).astype(np.uint8))
    return np.stack(pages), numbers
