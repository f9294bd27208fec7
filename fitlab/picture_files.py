"""Files of pictures: where their bytes come from, what format they have, and small damage that costs no pixel."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from fitlab.plain_files import file_bytes, printable

#: Files with more bytes are refused before they are read: a photo of 100 megapixels and 16 bits has fewer.
MAX_BYTES = 700_000_000

#: What a photo can be read from: a path, the bytes of a file, an open file, or Pillow's picture.
Source = str | Path | bytes | BinaryIO | Image.Image

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_SIGNATURES = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_PNG_HEAD = 33  # bytes of the signature and the first chunk
_MOST_SIDE_CHUNKS = 1000
_JPEG_END = b"\xff\xd9"


class ImageError(ValueError):
    """A photo that cannot be used; the message says why and what to do."""


def content_of(source: Source) -> tuple[str, bytes | Image.Image]:
    """The bytes of a photo.

    Parameters
    ----------
    source : path, bytes, open file or PIL image

    Returns
    -------
    name : str
        What messages call the photo.
    content : bytes or PIL image
        The whole file, or the picture itself where it is Pillow's.

    Raises
    ------
    ImageError
        For anything else, and for what is no file, cannot be read, is empty, or is too large.
    """
    if isinstance(source, Image.Image):
        return "the photo", source
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "the photo", bytes(source)
    if isinstance(source, (str, Path)):
        path = Path(os.path.expanduser(source))
        return printable(path.name), _read_file(path)
    if hasattr(source, "read"):
        return "the photo", _read_from_start(source)
    raise ImageError(f"a photo is a path, bytes, an open file, a PIL image or an array, got {type(source).__name__}")


def _read_file(path: Path) -> bytes:
    try:
        return file_bytes(path, MAX_BYTES, "a photo")
    except (ValueError, FileNotFoundError) as error:
        raise ImageError(str(error)) from None


def _read_from_start(stream: BinaryIO) -> bytes:
    try:
        if hasattr(stream, "seekable") and stream.seekable():
            stream.seek(0)  # as Pillow does: it may have been written or read just now
        data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # closed, or text that is no UTF-8
        raise ImageError(f"the photo cannot be read: {error}") from None
    if not isinstance(data, bytes):
        raise ImageError(f"the photo's file gives {type(data).__name__}, not bytes; open it with mode 'rb'")
    if len(data) > MAX_BYTES:
        raise ImageError(f"the photo's file does not end; photos of at most {MAX_BYTES // 10**6} MB are read")
    return data


def check_content(name: str, data: bytes) -> None:
    """Refuse what no photo can be read from.

    Parameters
    ----------
    name : str
        What messages call the photo.
    data : bytes
        The whole file.

    Raises
    ------
    ImageError
        For an empty file.
    """
    if not data:
        raise ImageError(f"{name} is empty (0 bytes); copy the photo again")


def format_of(data: bytes) -> str:
    """The format that a file's first bytes announce.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    str
        Such as ``JPEG``; empty for bytes that announce none of the formats of photos.
    """
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
        if brands & {b"avif", b"avis"}:  # they also name brands that HEIC photos have
            return "AVIF"
        return "HEIC" if brands & _HEIC_BRANDS else ""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    return next((name for start, name in _SIGNATURES.items() if data.startswith(start)), "")


def candidates(content: bytes | Image.Image) -> Iterator[bytes | Image.Image]:
    """What to read a photo from: the content itself and, asked for when that failed, without harmless damage.

    A PNG goes without the side chunks (texts, colour profile) that cannot be read. A JPEG gets the end marker that it
    lacks, if all its pixels are there.

    Parameters
    ----------
    content : bytes or PIL image

    Yields
    ------
    bytes or PIL image
    """
    yield content
    if isinstance(content, Image.Image):
        return
    mended = {"PNG": _without_broken_side_chunks, "JPEG": _with_end_marker}.get(format_of(content))
    if mended and (sound := mended(content)) is not None:
        yield sound


def _without_broken_side_chunks(png: bytes) -> bytes:
    """The PNG without the chunks that it can be shown without, as far as Pillow refuses them."""
    head = png[:_PNG_HEAD]
    kept, at, asked = [head], _PNG_HEAD, 0
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        chunk = png[at:end]
        if chunk[4:5].islower():
            asked += 1
            if asked <= _MOST_SIDE_CHUNKS and _reads(head, chunk):
                kept.append(chunk)
        else:
            kept.append(chunk)
        at = end
    return b"".join(kept)


def _reads(head: bytes, chunk: bytes) -> bool:
    """Whether Pillow opens a PNG that has this chunk before its pixels."""
    pixels = b"\0\0\0\0IDAT"
    try:
        Image.open(io.BytesIO(head + chunk + pixels + zlib.crc32(b"IDAT").to_bytes(4, "big"))).close()
    except Exception:  # many kinds, all of which would cost the picture
        return False
    return True


def _with_end_marker(jpeg: bytes) -> bytes | None:
    """The JPEG with its end marker; None where pixels are missing too.

    A decoder invents what is missing. Where something is, other bits in its place give another picture. Bits that
    are too many are skipped.
    """
    body = jpeg.rstrip(b"\xff")
    plain = body + _JPEG_END
    try:
        pictures = [_decoded(data) for data in (plain, *(body + _filling(bits) + _JPEG_END for bits in (0x5A, 0x93)))]
    except Exception:  # many kinds, all of which mean that more than the marker is missing
        return None
    return plain if all(np.array_equal(pictures[0], picture) for picture in pictures[1:]) else None


def _filling(bits: int) -> bytes:
    """Bits for pixels that are missing, now and after each marker that a decoder may wait for."""
    some = bytes([bits]) * 64
    return some + b"".join(bytes([0xFF, 0xD0 + marker]) + some for marker in range(8))


def _decoded(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.array(picture)
