"""The values of a picture's pixels as 8-bit RGB: where white lies, transparency, and colours that are not RGB."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms

_BITS, _PHOTOMETRIC, _MAX_SAMPLE, _MAX_FLOAT_SAMPLE, _SAMPLE_FORMAT = 258, 262, 281, 341, 339  # tags of TIFF
_SIGNED = 2  # of sample formats
_WHITE_IS_ZERO = 0
_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
_DARK = 64  # of 255: a colour picture of 16 bits whose brightest pixel is darker may have used fewer of them
_OTHER_ORDER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if sys.byteorder == "little" else ";16L"}


@dataclass(frozen=True)
class Levels:
    """What a file says about its values.

    Parameters
    ----------
    white : float, optional
        The value of white, or of black where ``inverted``.
    inverted : bool
        Whether 0 is white.
    """

    white: float | None = None
    inverted: bool = False


def levels(picture: Image.Image) -> Levels:
    """What the file of an opened picture says about its values.

    Parameters
    ----------
    picture : PIL image
        Before it is turned, which loses what the file said.

    Returns
    -------
    Levels
    """
    tags = getattr(picture, "tag_v2", {})
    bits = _first(tags.get(_BITS))
    told = _first(tags.get(_MAX_SAMPLE)) or _first(tags.get(_MAX_FLOAT_SAMPLE))
    if not told and bits == 16 and _first(tags.get(_SAMPLE_FORMAT)) == _SIGNED:
        told = 2**15 - 1
    if not told and bits and bits not in (1, 8, 16, 32):
        told = 2**bits - 1
    return Levels(float(told) if told else None, tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def _first(value: object) -> float:
    """The value of a tag, which some writers give once and some for each colour; 0 for no number."""
    value = value[0] if isinstance(value, tuple) and value else value
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0


def low_bytes(picture: Image.Image) -> Image.Image | None:
    """The lower 8 of the 16 bits of a colour picture.

    Pillow keeps only the upper bits of colours, which are next to nothing where a camera has used 10 or 12 bits.

    Parameters
    ----------
    picture : PIL image
        Opened and not yet loaded.

    Returns
    -------
    PIL image or None
        None for pictures that are not of 16-bit colours, or whose file is not at hand.
    """
    tiles, stream = getattr(picture, "tile", []), getattr(picture, "fp", None)
    if picture.mode not in ("RGB", "RGBA") or stream is None or not any(";16" in str(tile.args) for tile in tiles):
        return None
    place = stream.tell()
    stream.seek(0)
    swapped = Image.open(io.BytesIO(stream.read()))
    stream.seek(place)
    swapped.tile = [tile._replace(args=_other_order(tile.args)) for tile in swapped.tile]
    try:
        swapped.load()
    except (OSError, ValueError):  # a layout that is only known in one order, or damage, which reading finds too
        return None
    return swapped


def _other_order(args: Any) -> Any:
    if isinstance(args, tuple):
        return tuple(_other_order(argument) for argument in args)
    if isinstance(args, str) and args[-4:] in _OTHER_ORDER:
        return args[:-4] + _OTHER_ORDER[args[-4:]]
    return args


def to_rgb(picture: Image.Image, known: Levels = Levels(), low: Image.Image | None = None) -> np.ndarray:
    """The pixels of a picture as 8-bit RGB.

    Parameters
    ----------
    picture : PIL image
        Of any mode.
    known : Levels
        What its file says about its values.
    low : PIL image, optional
        The lower bits of its colours; see :func:`low_bytes`.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    if picture.mode.startswith(("I", "F")):
        return np.repeat(_grey(picture, known)[..., None], 3, axis=2)
    if low is not None and low.mode == picture.mode and low.size == picture.size:
        picture = _brightened(picture, low, known)
    if picture.mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, lab, rgb, outputMode="RGB")
        return np.array(converted or picture)
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        if picture.getchannel("A").getextrema() != (0, 0):  # alpha that is 0 everywhere was left out, and says nothing
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _grey(picture: Image.Image, known: Levels) -> np.ndarray:
    values = np.asarray(picture, dtype=np.float32)
    finite = values[np.isfinite(values)]
    brightest = float(finite.max()) if finite.size else 0.0
    shares = np.clip(np.nan_to_num(values, posinf=np.inf) / _white(picture.mode, brightest, known.white), 0, 1)
    return ((1 - shares if known.inverted else shares) * 255).round().astype(np.uint8)


def _white(mode: str, brightest: float, told: float | None) -> float:
    """The value of white: few files say how far they count, and some that say it go further."""
    if told is not None and brightest <= told:
        return told
    if mode == "F" and brightest < _DARK:
        return max(brightest, 1.0)
    if brightest <= 255:
        return 65535 if mode.startswith("I;16") else 255
    return next((2**bits - 1 for bits in (10, 12, 14, 16) if brightest < 2**bits), brightest)


def _brightened(high: Image.Image, low: Image.Image, known: Levels) -> Image.Image:
    """A picture of 16 bits as 8 bits, where it uses fewer of the 16; else ``high``, the upper 8."""
    upper, lower = np.asarray(high), np.asarray(low)
    if upper[..., :3].max() >= _DARK:
        return high
    values = upper[..., :3].astype(np.float32) * 256 + lower[..., :3]
    white = _white("I;16", float(values.max()), known.white)
    colours = np.clip(values / white * 255, 0, 255).round().astype(np.uint8)
    return Image.fromarray(np.concatenate([colours, upper[..., 3:]], axis=2))
