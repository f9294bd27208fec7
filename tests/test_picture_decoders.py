"""Formats beside those that Pillow reads by itself, huge JPEGs, and decoders that would print."""

import base64
import io
import struct

import numpy as np
import pytest
from PIL import Image

from fitlab import images
from fitlab.images import ImageError, exif_field_of_view, read_image
from fitlab.picture_decoders import kind_of_tiff

#: 96 x 64 pixels, red to the right and green downwards, with a note that the camera was turned by 90 degrees (EXIF
#: orientation 6) and had a lens of 26 mm. Written by pillow-heif.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9j"
    "AAAAAERAAAIAAQAAAAABxQABAAAAAAAAALgAAgAAAAACfQABAAAAAAAAAEIAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "ABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4GlwcnAAAADAaXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNg"
    "AAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoDCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAH"
    "RAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABgAAAAQAAAABBwaXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAA"
    "AAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAQJtZGF0AAAAtCgBrwng1oOeqpjqRZDS+Cf37H2N1BBVJFr1Gyr0"
    "wOgK7X0qD2TyLCtuqHN1qx7bX/QqLgqm1l88BbDiZFL8KBjhSWEMZG2AywLuj3MfdCyuL8RydW4z7+fcog5dDxJJXP0PqTo55CfFatCf/Brl"
    "pdKrOCKl7LhOSGV4y4BGy8yXqhvBTjQ5X0UlhPAGBggVNnLwEFl6iy/3IjxCfmXLcyeF4K80Ej+GlQ2sdprnq23a6YF74AAAAAZFeGlmAABN"
    "TQAqAAAACAACARIAAwAAAAEABgAAh2kABAAAAAEAAAAmAAAAAAABpAUAAwAAAAEAGgAAAAAAAA=="
)


def test_a_phones_heic_is_read_upright():
    image = read_image(HEIC)
    assert image.shape == (96, 64, 3)
    np.testing.assert_allclose(image[5, 5], (255 * 5 / 95, 255 * 58 / 63, 40), atol=12)
    np.testing.assert_allclose(image[-6, 5], (255 * 90 / 95, 255 * 58 / 63, 40), atol=12)
    assert exif_field_of_view(HEIC) == pytest.approx(2 * np.rad2deg(np.arctan(36 / 2 / 26)), abs=0.1)


@pytest.mark.parametrize("data", [HEIC[:300], HEIC[:-60], HEIC[:100] + bytes(50) + HEIC[150:]])
def test_a_broken_heic_is_named(data):
    with pytest.raises(ImageError, match="is a HEIC photo that is damaged or not read; copy it again"):
        read_image(data)


def test_a_heic_is_refused_by_its_size_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 6000)
    with pytest.raises(ImageError, match="64 x 96 pixels, more than"):
        read_image(HEIC)


def jpeg(width: int, height: int, **options) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 40)).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize(("size", "read"), [((12_000, 9_000), (4_500, 6_000)), ((16_320, 12_240), (6_120, 8_160))])
def test_photos_of_108_and_200_megapixels_are_read_at_half_their_sides(size, read):
    image = read_image(jpeg(*size))
    assert image.shape[:2] == read
    np.testing.assert_allclose(image[::900, ::900].reshape(-1, 3) - (200.0, 30, 40), 0, atol=3)


def test_even_jpegs_have_a_limit():
    header = bytearray(jpeg(64, 64))
    at = header.index(b"\xff\xc0") + 5
    header[at : at + 4] = struct.pack(">HH", 20_000, 20_000)
    with pytest.raises(ImageError, match="20000 x 20000 pixels, more than the 250 megapixels"):
        read_image(bytes(header))


def tiff(values: np.ndarray, sample_format: int) -> bytes:
    """An uncompressed TIFF of numbers of any kind, (H, W) or (H, W, 3)."""
    height, width, *samples = values.shape
    count = samples[0] if samples else 1
    bits = struct.pack("<3H", *[8 * values.itemsize] * 3)
    forms = struct.pack("<3H", *[sample_format] * 3)
    start = 8 + 2 + 12 * 9 + 4
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, count, start if count == 3 else 8 * values.itemsize),
        (259, 3, 1, 1),  # not compressed
        (262, 3, 1, 2 if count == 3 else 1),
        (273, 4, 1, start + 12),
        (277, 3, 1, count),
        (279, 4, 1, values.nbytes),
        (339, 3, count, start + 6 if count == 3 else sample_format),
    ]
    table = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + table + bytes(4) + bits + forms + values.tobytes()


@pytest.mark.parametrize(
    ("kind", "sample_format", "told"),
    [
        (np.float32, 3, "3 floating-point values of 32 bits"),
        (np.int16, 2, "3 signed values of 16 bits"),
        (np.uint32, 1, "3 unsigned values of 32 bits"),
    ],
)
def test_a_tiff_that_is_not_read_says_of_what_kind_it_is(kind, sample_format, told):
    with pytest.raises(ImageError, match=f"is a TIFF of {told} for each pixel, which is not read; save it as a JPEG"):
        read_image(tiff(np.ones((32, 32, 3), kind), sample_format))


def test_what_is_damaged_is_not_called_another_kind():
    grey = tiff(np.ones((32, 32), np.float32), 3)
    assert read_image(grey).shape == (32, 32, 3)
    assert kind_of_tiff(grey) == ""
    with pytest.raises(ImageError, match="damaged or cut short"):
        read_image(grey[:-900])


def test_signed_numbers_of_sixteen_bits_are_as_bright_as_they_say():
    ramp = np.tile(np.linspace(0, 32767, 256).astype(np.int16), (32, 1))
    np.testing.assert_allclose(read_image(tiff(ramp, 2))[0, :, 0], np.arange(256), atol=1)
    ramp[:, 0] = -500  # darker than black
    assert read_image(tiff(ramp, 2))[0, 0, 0] == 0


def test_libtiff_prints_nothing(capfd):
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, "TIFF", compression="tiff_lzw")
    data = bytearray(stream.getvalue())
    data[500:900] = noise.tobytes()[:400]
    with pytest.raises(ImageError):
        read_image(bytes(data))
    assert capfd.readouterr() == ("", "")
