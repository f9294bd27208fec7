"""Lines, dots, panels and text on pictures, in place and fast enough for every frame of a clip."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel
_FINE = 1 << _SHIFT
_FAR = 1 << 14  # OpenCV's coordinates end at 2^15


def line(image: np.ndarray, points: np.ndarray, colour: Colour, width: float) -> None:
    """A line through points.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        Drawn on.
    points : (N, 2) array
        Pixels.
    colour : three int
    width : float
        Pixels.
    """
    cv2.polylines(image, [_fine(points)], False, colour, max(round(width), 1), cv2.LINE_AA, _SHIFT)


def dot(image: np.ndarray, centre: np.ndarray, radius: float, fill: Colour, edge: Colour, width: float) -> None:
    """Draw a filled circle with an edge.

    Parameters
    ----------
    image
        (H, W, 3) uint8, drawn into.
    centre
        (2,) px.
    radius
        px.
    fill, edge
        RGB, 0 to 255.
    width
        px, of the edge.
    """
    x, y = (int(value) for value in _fine(centre))
    cv2.circle(image, (x, y), int(radius * _FINE), fill, -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(image, (x, y), int(radius * _FINE), edge, max(round(width), 1), cv2.LINE_AA, _SHIFT)


def shape(image: np.ndarray, points: np.ndarray, colour: Colour, opacity: float) -> None:
    """Draw a filled convex shape, through which the picture shines.

    Parameters
    ----------
    image
        (H, W, 3) uint8, drawn into.
    points
        (N, 2) px, its corners.
    colour
        RGB, 0 to 255.
    opacity
        From 0 to 1.
    """
    low, high = np.floor(points.min(0)).astype(int), np.ceil(points.max(0)).astype(int) + 1
    (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, image.shape[1::-1])
    if left >= right or top >= bottom:
        return
    part = image[top:bottom, left:right]
    filled = part.copy()
    cv2.fillConvexPoly(filled, _fine(points - [left, top]), colour, cv2.LINE_AA, _SHIFT)
    cv2.addWeighted(filled, opacity, part, 1 - opacity, 0, dst=part)


def panel(image: np.ndarray, box: tuple[int, int, int, int], colour: Colour, opacity: float) -> None:
    """Draw a rectangle, through which the picture shines.

    Parameters
    ----------
    image
        (H, W, 3) uint8, drawn into.
    box
        Left, top, right and bottom in px.
    colour
        RGB, 0 to 255.
    opacity
        From 0 to 1.
    """
    left, top, right, bottom = box
    part = image[max(top, 0) : bottom, max(left, 0) : right]
    if part.size:
        part[:] = cv2.addWeighted(np.full_like(part, colour), opacity, part, 1 - opacity, 0)


def text(image: np.ndarray, words: str, x: float, y: float, size: int, colour: Colour, align: str = "left") -> None:
    """A line of text.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        Drawn on; what lies outside is cut off.
    words : str
    x, y : float
        Pixels: the left end, the middle or the right end of the line (``align``), and its vertical middle.
    size : int
        Height of the letters' line in pixels.
    colour : three int
    align : str
        ``left``, ``middle`` or ``right``.
    """
    mask = _letters(words, size)
    height, width = mask.shape[:2]
    left = round(x - {"left": 0, "middle": width / 2, "right": width}[align])
    top = round(y - height / 2)
    from_x, from_y = max(-left, 0), max(-top, 0)
    part = image[top + from_y : top + height, left + from_x : left + width]
    if not part.size or top + height <= 0 or left + width <= 0:
        return
    share = mask[from_y : from_y + part.shape[0], from_x : from_x + part.shape[1]]
    part[:] = (part + (np.array(colour, np.float32) - part) * share + 0.5).astype(np.uint8)


def text_width(words: str, size: int) -> float:
    """Pixels that a line of text needs."""
    return _font(size).getlength(words)


@lru_cache(maxsize=512)
def wrapped(words: str, size: int, width: int, lines: int) -> tuple[str, ...]:
    """Words as at most ``lines`` lines of ``width`` pixels; what does not fit ends in an ellipsis."""
    done: list[str] = []
    for word in words.split():
        longer = f"{done[-1]} {word}" if done else word
        if done and text_width(longer, size) <= width:
            done[-1] = longer
        else:
            done.append(word)
    if len(done) <= lines:
        return tuple(done)
    last = done[lines - 1]
    while last and text_width(f"{last} …", size) > width:
        last = last.rpartition(" ")[0]
    return (*done[: lines - 1], f"{last} …".strip())


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf", size)


@lru_cache(maxsize=512)
def _letters(words: str, size: int) -> np.ndarray:
    """(H, W, 1) float32, how much of each pixel is covered; H is the same for all words of a size."""
    font = _font(size)
    ascent, descent = font.getmetrics()
    letters = Image.new("L", (max(int(np.ceil(font.getlength(words))), 1), ascent + descent))
    ImageDraw.Draw(letters).text((0, ascent), words, fill=255, font=font, anchor="ls")
    return np.asarray(letters, np.float32)[..., None] / 255


def _fine(points: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(points, -_FAR / 2, _FAR / 2) * _FINE).astype(np.int32)
