"""Files that are no photos, that never end, or whose damage costs no pixel."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from fitlab import picture_files
from fitlab.images import ImageError, exif_field_of_view, read_image
from fitlab.picture_files import format_of

GRADIENT = Image.merge(
    "RGB", [Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90), Image.radial_gradient("L")]
)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8))


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes, sound: bool = True) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ (not sound))


PACKED = zlib.compress(b"a" * 2_000_000)
SIDE_CHUNKS = {
    "long text": chunk(b"zTXt", b"Comment\0\0" + PACKED),
    "long XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + PACKED),
    "long profile": chunk(b"iCCP", b"icc\0\0" + PACKED),
    "text that does not unpack": chunk(b"zTXt", b"Comment\0\0nothing"),
    "wrong checksum": chunk(b"tEXt", b"Comment\0none", sound=False),
    "physical size cut short": chunk(b"pHYs", b"\0"),
}


@pytest.mark.parametrize("side", SIDE_CHUNKS.values(), ids=SIDE_CHUNKS)
@pytest.mark.parametrize("place", ["first", "last"])
def test_side_chunks_cost_no_photo_and_not_what_others_say(side, place):
    """The photo is lying, and its EXIF says so before or after the broken chunk."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 36
    png = encoded(NOISE, "PNG", exif=exif)
    at = 33 if place == "first" else len(png) - 12
    data = png[:at] + side + png[at:]
    assert np.array_equal(read_image(data), read_image(png))
    assert read_image(data).shape == (80, 64, 3)
    assert exif_field_of_view(data) == exif_field_of_view(png) is not None


JPEGS = {
    "baseline": {},
    "grey": {"grey": True},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 3},
    "one restart a row": {"restart_marker_rows": 1},
    "coarse": {"quality": 10},
}


def jpeg(picture: Image.Image, grey: bool = False, **options) -> bytes:
    return encoded(picture.convert("L") if grey else picture, "JPEG", **options)


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
@pytest.mark.parametrize("picture", [GRADIENT, NOISE])
def test_a_jpeg_without_its_end_marker_is_whole(picture, options):
    whole = jpeg(picture, **options)
    for data in (whole[:-2], whole[:-1], whole[:-2] + bytes(100)):
        assert np.array_equal(read_image(data), read_image(whole))


@pytest.mark.parametrize("options", JPEGS.values(), ids=JPEGS)
def test_a_jpeg_that_lacks_pixels_is_cut_short(options):
    whole = jpeg(NOISE, **options)
    markers = [at for at in range(len(whole) - 1) if whole[at] == 0xFF and 0xD0 <= whole[at + 1] <= 0xD7]
    for end in (len(whole) // 2, len(whole) - 40, *markers[:3], *markers[-1:]):
        with pytest.raises(ImageError, match="damaged or cut short"):
            read_image(whole[:end])


def test_a_film_picked_by_mistake_is_refused_before_it_is_read(tmp_path):
    with (tmp_path / "film.mp4").open("wb") as film:
        film.truncate(8 * 10**9)
    with pytest.raises(ImageError, match=r"film\.mp4 is not a photo .* it has 8,000 MB, and at most 700 MB are read"):
        read_image(tmp_path / "film.mp4")


def test_devices_and_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", tmp_path / "pipe"):
        for read in (read_image, exif_field_of_view):
            with pytest.raises(ImageError, match="is not a file but a device or a pipe"):
                read(path)


def test_an_open_file_that_never_ends_is_left(monkeypatch):
    monkeypatch.setattr(picture_files, "MAX_BYTES", 10**6)
    with open("/dev/zero", "rb") as endless, pytest.raises(ImageError, match="does not end; photos of at most 1 MB"):
        read_image(endless)


def brands(*names: bytes) -> bytes:
    major, *others = names
    return struct.pack(">I", 16 + 4 * len(others)) + b"ftyp" + major + bytes(4) + b"".join(others) + bytes(50)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (brands(b"heic", b"mif1", b"heic"), "HEIC"),
        (brands(b"mif1", b"heic"), "HEIC"),
        (brands(b"avif", b"mif1", b"miaf"), "AVIF"),
        (brands(b"mif1", b"avif", b"miaf"), "AVIF"),
        (brands(b"isom", b"mp42"), ""),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\0\0\0\0AVI LIST", ""),
        (encoded(NOISE, "TIFF"), "TIFF"),
        (encoded(NOISE, "GIF"), "GIF"),
        (b"Dear diary", ""),
    ],
)
def test_a_format_is_called_by_its_name(data, name):
    assert format_of(data) == name
