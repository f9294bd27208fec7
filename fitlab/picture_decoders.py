"""The decoders of pictures: which one reads a file, what Pillow does not read, and silence where they would print."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator
from contextlib import contextmanager

import pi_heif
from PIL import Image, TiffImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from fitlab.picture_files import format_of

_BITS, _COMPRESSION, _SAMPLES, _SAMPLE_FORMAT = 258, 259, 277, 339  # tags of TIFF
_GREY = {("unsigned", 12), ("unsigned", 32), ("signed", 8), ("signed", 16), ("signed", 32), ("floating-point", 32)}
_SAMPLE_FORMATS = {1: "unsigned", 2: "signed", 3: "floating-point", 5: "complex", 6: "complex"}


def opened(data: bytes) -> Image.Image:
    """A picture whose pixels are not decoded yet, where the format allows it.

    Pillow's guard against huge pictures is left out for JPEG, which can be read at a fraction of its size.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    PIL image

    Raises
    ------
    Exception
        Of many kinds, as Pillow's decoders do.
    """
    kind = format_of(data)
    if kind == "JPEG":
        return JpegImageFile(io.BytesIO(data))
    if kind == "HEIC":
        # Pillow's own way, without its registry, which belongs to the whole process; the size is known before pixels.
        return pi_heif.HeifImageFile(io.BytesIO(data))
    return Image.open(io.BytesIO(data))


def kind_of_tiff(data: bytes) -> str:
    """What a TIFF holds that Pillow has no mode for.

    See :func:`opened` for the parameters.

    Returns
    -------
    str
        Such as ``3 floating-point values of 32 bits for each pixel``; empty where the file does not say or is damaged,
        or where the pixels are of an ordinary kind.
    """
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if data[2:4] in (b"+\0", b"\0+") else 8])
        stream = io.BytesIO(data)
        stream.seek(tags.next)
        tags.load(stream)
        bits, samples = tags.get(_BITS, (1,))[0], tags.get(_SAMPLES, 1)
        form = _SAMPLE_FORMATS[tags.get(_SAMPLE_FORMAT, (1,))[0]]
    except Exception:  # as many kinds as there are ways to damage a file
        return ""
    if form == "unsigned" and bits in (1, 2, 4, 8, 16):
        return ""
    if samples == 1 and (form, bits) in _GREY:
        return ""
    return f"{samples} {form} value{'s' * (samples != 1)} of {bits} bits for each pixel"


@contextmanager
def quiet_libtiff() -> Iterator[None]:
    """Keep Pillow's libtiff, which prints what is wrong with a file to standard error, from doing so."""
    try:
        library = ctypes.CDLL(Image.core.__file__)
        setters = [library.TIFFSetErrorHandler, library.TIFFSetWarningHandler]
    except (AttributeError, OSError):  # a Pillow without libtiff, or one whose libtiff cannot be reached
        yield
        return
    for setter in setters:
        setter.restype, setter.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    before = [setter(None) for setter in setters]
    try:
        yield
    finally:
        for setter, handler in zip(setters, before, strict=True):
            setter(handler)
