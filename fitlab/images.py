"""Reading photos safely, and square crops of them with the way back to the photo's own pixels."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

#: Photos with more pixels are refused before they are decoded.
MAX_PIXELS = 100_000_000
MIN_SIDE = 16

_FORMATS = "JPEG, PNG, WebP, GIF, BMP or TIFF"
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
_EXIF_SIDES = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
_FILM_DIAGONAL = float(np.hypot(36, 24))  # mm
_OPENCV_SIDE = 2**15 - 1
_WARNINGS = Lock()


#: What a photo can be read from: a path, the bytes of a file, an open file, or Pillow's picture.
Source = str | Path | bytes | BinaryIO | Image.Image


class ImageError(ValueError):
    """A photo that cannot be used; the message says why and what to do."""


def read_image(source: Source | np.ndarray) -> np.ndarray:
    """A photo as (H, W, 3) uint8 RGB, upright.

    ``source`` is a path (``~`` is the home folder), the bytes of a file, an open file that is read from its start, a
    picture of Pillow's, or an array that is checked and returned. The EXIF orientation is applied, transparency is
    laid on white, grey, palette, CMYK and 16-bit pictures are converted, and of an animated file the first frame is
    taken. ImageError, in one sentence, for anything that is not such a photo.
    """
    if isinstance(source, np.ndarray):
        return checked_image(source)
    name, content = _content_of(source)
    if isinstance(content, bytes):
        _check_content(name, content)
    try:
        with _no_warnings():
            picture = _opened(content)
            _check_size(name, *picture.size)
            picture.load()
            return checked_image(_to_rgb(_upright(picture)))
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"{name} has more than the {MAX_PIXELS // 10**6} megapixels that are read; make it smaller"
        ) from None
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not an image that can be read; use {_FORMATS}") from None
    except Exception:  # Pillow's decoders raise many kinds; all of them mean that the data is broken
        raise ImageError(f"{name} is damaged or cut short and cannot be read; copy the photo again") from None


def exif_field_of_view(source: Source) -> float | None:
    """Degrees that the longer side of a photo shows, by the camera's own word; None where it does not say.

    Cameras write the focal length that a 36 x 24 mm film would need for the same view (EXIF, FocalLengthIn35mmFilm),
    counted along the diagonal. That is no longer true of a photo that was cropped; where EXIF also tells the size that
    it was taken in, and the photo has another shape, None is answered. ImageError for a file that is not there.
    """
    _, content = _content_of(source)
    try:
        with _no_warnings():
            picture = _opened(content)
            exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
            focal = float(exif.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
            taken = [float(exif.get(side) or 0) for side in _EXIF_SIDES]
    except Exception:  # as many kinds as there are ways to damage EXIF, and without it there is nothing to learn
        return None
    if not 5 <= focal <= 2000 or (min(taken) > 0 and not _same_shape(taken, picture.size)):
        return None
    longer = max(picture.size) / np.hypot(*picture.size) * _FILM_DIAGONAL
    return float(np.rad2deg(2 * np.arctan(longer / 2 / focal)))


def _same_shape(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether one is the other at another size, to within the rounding of a small picture, or turned by 90 degrees."""
    return abs(max(first) / min(first) - max(second) / min(second)) < 0.02


def checked_image(image: np.ndarray) -> np.ndarray:
    """``image`` if it is (H, W, 3) uint8 with sides of at least 16 pixels; else ImageError."""
    if not isinstance(image, np.ndarray):
        raise ImageError(f"an image is a NumPy array (H, W, 3) of uint8, got {type(image).__name__}; use read_image")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(f"an image is (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}; use read_image for files")
    _check_size("the image", image.shape[1], image.shape[0])
    return image


def _content_of(source: Source) -> tuple[str, bytes | Image.Image]:
    """What messages call the photo, and the bytes of its file, or itself where it is Pillow's."""
    if isinstance(source, Image.Image):
        return "the photo", source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "the photo", bytes(source)
    if hasattr(source, "read"):
        return "the photo", _read_from_start(source)
    if not isinstance(source, (str, Path)):
        raise ImageError(
            f"a photo is a path, bytes, an open file, a PIL image or an array, got {type(source).__name__}"
        )
    path = Path(os.path.expanduser(source))
    try:
        if path.is_dir():
            raise ImageError(f"{path} is a folder; give the path of a photo")
        if not path.exists():
            raise ImageError(f"there is no file {path}; check the path")
        return path.name, path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}") from None


def _read_from_start(stream: BinaryIO) -> bytes:
    try:
        if hasattr(stream, "seekable") and stream.seekable():
            stream.seek(0)  # as Pillow does: it may have been written or read just now
        data = stream.read()
    except (OSError, ValueError) as error:  # closed, or text that is no UTF-8
        raise ImageError(f"the photo cannot be read: {error}") from None
    if not isinstance(data, bytes):
        raise ImageError(f"the photo's file gives {type(data).__name__}, not bytes; open it with mode 'rb'")
    return data


def _check_content(name: str, data: bytes) -> None:
    if not data:
        raise ImageError(f"{name} is empty (0 bytes); copy the photo again")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise ImageError(f"{name} is a HEIC photo, which is not supported; export it as JPEG or PNG and try again")


def _opened(content: bytes | Image.Image) -> Image.Image:
    return content if isinstance(content, Image.Image) else Image.open(io.BytesIO(content))


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Silence, for one thread at a time: two that overlap would leave the process silent for good."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} x {height} pixels, more than the {MAX_PIXELS // 10**6} megapixels that are read; "
            "make it smaller"
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{name} has {width} x {height} pixels; a photo needs at least {MIN_SIDE} on each side")


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # as many kinds as there are ways to damage EXIF; the picture itself was read without trouble
        return picture


def _to_rgb(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
        grey = (np.clip(values / _white(picture.mode, values.max()), 0, 1) * 255).round().astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return np.array(Image.alpha_composite(white, picture).convert("RGB"))
    return np.array(picture.convert("RGB"))


def _white(mode: str, brightest: float) -> float:
    """The value of white: files of 32 bits a pixel do not say whether they count to 1, 255 or 65535."""
    if mode.startswith("I;16") or brightest > 255:
        return 65535
    return 1 if mode == "F" and brightest <= 1 else 255


def square_around(points: np.ndarray, margin: float = 1.25) -> np.ndarray:
    """The square round a person.

    Parameters
    ----------
    points : (J, 2) array
        Pixels; NaN where unknown.
    margin : float
        Side over the larger extent of the known points.

    Returns
    -------
    (3,) array
        x and y of the centre, and the side, in pixels.
    """
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    return np.array([*(low + high) / 2, max((high - low).max() * margin, 2.0)])


def crop_matrix(square: np.ndarray, size: int, rotation: float = 0.0, mirror: bool = False) -> np.ndarray:
    """The map from a photo to a square crop of it.

    Parameters
    ----------
    square : (3,) array
        x and y of the centre, and the side, in pixels of the photo.
    size : int
        Side of the crop in its own pixels.
    rotation : float
        Degrees by which the content is turned clockwise in the crop.
    mirror : bool
        Whether the crop is flipped left to right.

    Returns
    -------
    (2, 3) array
        Affine map from pixels of the photo to pixels of the crop.
    """
    x, y, side = square
    angle = np.deg2rad(rotation)
    turn = size / side * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirror:
        turn = np.diag([-1.0, 1.0]) @ turn
    return np.column_stack([turn, (size - 1) / 2 - turn @ [x, y]])


def transform(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points after an affine map.

    Parameters
    ----------
    points : (..., 2) array
    matrix : (2, 3) array

    Returns
    -------
    (..., 2) array
    """
    return points @ matrix[:, :2].T + matrix[:, 2]


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The affine map that undoes another.

    Parameters
    ----------
    matrix : (2, 3) array

    Returns
    -------
    (2, 3) array
    """
    linear = np.linalg.inv(matrix[:, :2])
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def crop(image: np.ndarray, matrix: np.ndarray, size: int, border: tuple[int, int, int] | None = None) -> np.ndarray:
    """Cut a square crop out of a photo.

    Large photos are first averaged down to about the resolution of the crop, so that nothing aliases.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    matrix : (2, 3) array
        See :func:`crop_matrix`.
    size : int
        Side of the crop in pixels.
    border : three int, optional
        The colour outside the photo; by default that of the photo's nearest pixel.

    Returns
    -------
    (size, size, 3) uint8 array
    """
    shrink = max(int(1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))), 1)
    if shrink > 1 or max(image.shape) > _OPENCV_SIDE:
        image, matrix = _averaged(image, matrix, size, shrink)
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    return cv2.warpAffine(
        image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=border or (0, 0, 0)
    )


def _averaged(image: np.ndarray, matrix: np.ndarray, size: int, shrink: int) -> tuple[np.ndarray, np.ndarray]:
    """Only the part that the crop needs, averaged over ``shrink`` x ``shrink`` pixels, and the matrix that fits it."""
    corners = transform(np.array([[0, 0], [size, 0], [0, size], [size, size]]) - 0.5, inverse(matrix))
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(0)).astype(int) - shrink, 0, [width - 1, height - 1])
    x1, y1 = np.clip(np.ceil(corners.max(0)).astype(int) + shrink, [x0 + 1, y0 + 1], [width, height])
    part = image[y0:y1, x0:x1]
    columns, rows = max(part.shape[1] // shrink, 1), max(part.shape[0] // shrink, 1)
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    scale = np.array([part.shape[1] / columns, part.shape[0] / rows])
    to_photo = np.column_stack([np.diag(scale), scale / 2 - 0.5 + [x0, y0]])
    linear = matrix[:, :2] @ to_photo[:, :2]
    return small, np.column_stack([linear, transform(to_photo[:, 2], matrix)])
