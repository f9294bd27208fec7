"""Reading photos safely, and square crops of them with the way back to the photo's own pixels."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from fitlab.picture_decoders import kind_of_tiff, opened, quiet_libtiff
from fitlab.picture_files import ImageError, Source, candidates, check_content, content_of, format_of
from fitlab.picture_values import levels, low_bytes, to_rgb

__all__ = [
    "MAX_JPEG_PIXELS",
    "MAX_PIXELS",
    "MIN_SIDE",
    "ImageError",
    "Source",
    "checked_image",
    "crop",
    "crop_matrix",
    "exif_field_of_view",
    "inverse",
    "read_image",
    "square_around",
    "transform",
]

#: Photos with more pixels are refused before they are decoded: phones take up to 108 megapixels, few 200.
MAX_PIXELS = 120_000_000
#: JPEGs may have more, since they are not read in full size.
MAX_JPEG_PIXELS = 250_000_000
#: JPEGs with more pixels are read at half, a quarter or an eighth of their sides.
FULL_JPEG_PIXELS = 50_000_000
MIN_SIDE = 16

_FORMATS = "JPEG, PNG, HEIC, AVIF, WebP, GIF, BMP or TIFF"
_EXIF_SIDES = (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
_FILM_DIAGONAL = float(np.hypot(36, 24))  # mm
_OPENCV_SIDE = 2**15 - 1
_NOISE = Lock()
_NEW_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706  # tags of TIFF

_Read = TypeVar("_Read")


def read_image(source: Source | np.ndarray) -> np.ndarray:
    """Read a photo, upright.

    JPEGs of more than 50 megapixels are read at half their sides or less: all pixels are those of the array. The EXIF
    orientation is applied. Transparency is laid on white, unless all of the picture is transparent. Grey,
    palette, CMYK, Lab, 16-bit and floating-point pictures are converted. Of an animated file the first frame is taken.

    Parameters
    ----------
    source : path, bytes, open file, PIL image or array
        In a path ``~`` is the home folder. An open file is read from its start. An array is checked and returned.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.

    Raises
    ------
    ImageError
        In one sentence, for anything that is not such a photo.
    """
    if isinstance(source, np.ndarray):
        return checked_image(source)
    name, content = content_of(source)
    if isinstance(content, bytes):
        check_content(name, content)
    with _no_noise():
        try:
            return _first_sound(content, lambda picture: checked_image(_rgb(name, picture)))
        except ImageError:
            raise
        except Image.DecompressionBombError:
            raise ImageError(
                f"{name} has more than the {MAX_PIXELS // 10**6} megapixels that are read; make it smaller"
            ) from None
        except Exception as error:  # Pillow's decoders raise many kinds; all of them mean that nothing can be read
            raise ImageError(f"{name} {_trouble(content, error)}") from None


def exif_field_of_view(source: Source) -> float | None:
    """The angle that a photo shows, by the camera's own word.

    Cameras write the focal length that a 36 x 24 mm film would need for the same view (EXIF, FocalLengthIn35mmFilm),
    counted along the diagonal. That is no longer true of a photo that was cropped. So a photo of another shape than
    the one that EXIF says it was taken in has no known angle.

    Parameters
    ----------
    source : path, bytes, open file or PIL image

    Returns
    -------
    float or None
        Degrees that the longer side shows; None where the photo does not say.

    Raises
    ------
    ImageError
        For a file that is not there.
    """
    _, content = content_of(source)
    try:
        with _no_noise():
            return _first_sound(content, _field_of_view)
    except Exception:  # as many kinds as there are ways to damage EXIF, and without it there is nothing to learn
        return None


def _field_of_view(picture: Image.Image) -> float | None:
    exif = picture.getexif().get_ifd(ExifTags.IFD.Exif)
    focal = float(exif.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
    taken = [float(exif.get(side) or 0) for side in _EXIF_SIDES]
    if not 5 <= focal <= 2000 or (min(taken) > 0 and not _same_shape(taken, picture.size)):
        return None
    longer = max(picture.size) / np.hypot(*picture.size) * _FILM_DIAGONAL
    return float(np.rad2deg(2 * np.arctan(longer / 2 / focal)))


def _same_shape(first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether one is the other at another size, to within the rounding of a small picture, or turned by 90 degrees."""
    return abs(max(first) / min(first) - max(second) / min(second)) < 0.02


def checked_image(image: np.ndarray) -> np.ndarray:
    """An array that must be a photo.

    Parameters
    ----------
    image : (H, W, 3) uint8 array

    Returns
    -------
    (H, W, 3) uint8 array
        The same array.

    Raises
    ------
    ImageError
        For another shape or type, and for sides of less than 16 pixels.
    """
    if not isinstance(image, np.ndarray):
        raise ImageError(f"an image is a NumPy array (H, W, 3) of uint8, got {type(image).__name__}; use read_image")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ImageError(f"an image is (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}; use read_image for files")
    _check_size("the image", image.shape[1], image.shape[0])
    return image


def _first_sound(content: bytes | Image.Image, read: Callable[[Image.Image], _Read]) -> _Read:
    """What ``read`` answers for the first of the content's candidates that it can read; else the first error."""
    failure: Exception | None = None
    for candidate in candidates(content):
        try:
            return read(candidate if isinstance(candidate, Image.Image) else opened(candidate))
        except (ImageError, Image.DecompressionBombError):
            raise
        except Exception as error:  # Pillow's decoders raise many kinds
            failure = failure or error
    raise failure or ValueError("there is no content")


def _rgb(name: str, picture: Image.Image) -> np.ndarray:
    _check_size(name, *picture.size, most=MAX_JPEG_PIXELS if isinstance(picture, JpegImageFile) else MAX_PIXELS)
    while isinstance(picture, JpegImageFile) and np.prod(picture.size) > FULL_JPEG_PIXELS:
        width, height = picture.size
        if picture.draft(None, (width // 2, height // 2)) is None:  # its pixels are decoded already
            break
    _check_complete(name, picture)
    rest, values = low_bytes(picture), levels(picture)
    picture.load()
    return to_rgb(_upright(picture), values, None if rest is None else _upright(rest))


def _check_complete(name: str, picture: Image.Image) -> None:
    """Raw files of cameras are TIFFs whose first picture is a thumbnail."""
    tags = getattr(picture, "tag_v2", {})
    thumbnail = tags.get(_NEW_SUBFILE_TYPE, 0) & 1 and (_SUB_IFDS in tags or getattr(picture, "n_frames", 1) > 1)
    if thumbnail or _DNG_VERSION in tags:
        raise ImageError(
            f"{name} is a camera's raw file, which is not supported; export it as JPEG or PNG and try again"
        )


def _trouble(content: bytes | Image.Image, error: Exception) -> str:
    known = format_of(content) if isinstance(content, bytes) else ""
    if known == "TIFF" and isinstance(content, bytes) and (kind := kind_of_tiff(content)):
        return f"is a TIFF of {kind}, which is not read; save it as a JPEG or PNG of 8 bits"
    if known == "HEIC":
        return "is a HEIC photo that is damaged or not read; copy it again, or export it as JPEG or PNG"
    if known == "TIFF" or (known and isinstance(error, UnidentifiedImageError)):
        return f"is damaged or cut short, or a kind of {known} that is not read; save it as a JPEG or PNG of 8 bits"
    if isinstance(error, UnidentifiedImageError):
        return f"is not an image that can be read; use {_FORMATS}"
    return "is damaged or cut short and cannot be read; copy the photo again"


@contextmanager
def _no_noise() -> Iterator[None]:
    """Silence, for one thread at a time: two that overlap would leave the process silent for good."""
    with _NOISE, warnings.catch_warnings(), quiet_libtiff():
        warnings.simplefilter("ignore")
        yield


def _check_size(name: str, width: int, height: int, most: int = MAX_PIXELS) -> None:
    if width * height > most:
        raise ImageError(
            f"{name} has {width} x {height} pixels, more than the {most // 10**6} megapixels that are read; "
            "make it smaller"
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(f"{name} has {width} x {height} pixels; a photo needs at least {MIN_SIDE} on each side")


def _upright(picture: Image.Image) -> Image.Image:
    """The picture itself where it is upright, as a copy of one of 108 megapixels costs memory."""
    try:
        as_it_is = picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
        return picture if as_it_is else ImageOps.exif_transpose(picture)
    except Exception:  # as many kinds as there are ways to damage EXIF; the picture itself was read without trouble
        return picture


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
    low = np.clip(np.floor(corners.min(0)).astype(int) - shrink, 0, [width - 1, height - 1])
    high = np.clip(np.ceil(corners.max(0)).astype(int) + shrink, low + 1, [width, height])
    # Whole blocks of pixels, which OpenCV averages ten times as fast; what is left of the photo is less than one.
    columns, rows = np.clip(-(-(high - low) // shrink), 1, np.maximum([width // shrink, height // shrink], 1)).tolist()
    x0, y0 = np.maximum(high - shrink * np.array([columns, rows]), 0)
    part = image[y0 : y0 + shrink * rows, x0 : x0 + shrink * columns]
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    scale = np.array([part.shape[1] / columns, part.shape[0] / rows])
    to_photo = np.column_stack([np.diag(scale), scale / 2 - 0.5 + [x0, y0]])
    linear = matrix[:, :2] @ to_photo[:, :2]
    return small, np.column_stack([linear, transform(to_photo[:, 2], matrix)])
