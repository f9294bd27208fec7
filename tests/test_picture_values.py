"""What a picture's numbers mean: bit depths, which end is white, transparency, and colours that are not RGB."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from fitlab.images import ImageError, read_image


def encoded(picture: Image.Image | np.ndarray, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(stream, kind, **options)
    return stream.getvalue()


def ramp(brightest: float, kind: type = np.uint16) -> np.ndarray:
    """(64, 256) from 0 on the left to ``brightest`` on the right."""
    return np.tile(np.linspace(0, brightest, 256).astype(kind), (64, 1))


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_a_ramp_is_a_ramp_however_many_of_the_sixteen_bits_are_used(bits, kind):
    image = read_image(encoded(ramp(2**bits - 1), kind))
    np.testing.assert_allclose(image[0, :, 0], np.arange(256), atol=1)


def test_white_is_what_the_file_says():
    """MaxSampleValue is 4095; the brightest pixel is half of that."""
    image = read_image(encoded(ramp(2047), "TIFF", tiffinfo={281: 4095}))
    assert image.max() == pytest.approx(127, abs=1)
    assert read_image(encoded(ramp(4095), "TIFF", tiffinfo={281: 7})).max() == 255  # which cannot be true


@pytest.mark.parametrize("extension", [".png", ".tif"])
@pytest.mark.parametrize("bits", [12, 16])
def test_colours_of_twelve_bits_in_sixteen_are_not_black(bits, extension):
    """Red is a ramp, green its half, blue 0."""
    red = ramp(2**bits - 1)
    done, data = cv2.imencode(extension, np.stack([red * 0, red // 2, red], axis=-1))
    assert done
    image = read_image(data.tobytes())
    np.testing.assert_allclose(image[0, :, 0], np.arange(256), atol=1)
    np.testing.assert_allclose(image[0, :, 1], np.arange(256) / 2, atol=1)
    assert (image[..., 2] == 0).all()


@pytest.mark.parametrize(("brightest", "seen"), [(1.0, 255), (1.3, 255), (0.5, 128), (255.0, 255), (65535.0, 255)])
def test_floating_point_counts_to_one_or_a_little_further_or_as_whole_numbers_do(brightest, seen):
    assert read_image(encoded(ramp(brightest, np.float32), "TIFF")).max() == seen


def test_what_is_infinitely_bright_or_unknown_leaves_the_rest_as_it_is():
    values = ramp(1, np.float32)
    values[0, :2] = np.inf, np.nan
    image = read_image(encoded(values, "TIFF"))
    assert image[0, :2, 0].tolist() == [255, 0]
    np.testing.assert_allclose(image[1, :, 0], np.arange(256), atol=1)


def with_photometric(tiff: bytes, value: int) -> bytes:
    """The same file, but for what it says about its values (tag 262, one short number)."""
    entry = struct.pack("<HHI", 262, 3, 1)
    at = tiff.index(entry) + len(entry)
    return tiff[:at] + struct.pack("<H", value) + tiff[at + 2 :]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_where_zero_is_white_the_ramp_falls(kind):
    image = read_image(with_photometric(encoded(ramp(np.iinfo(kind).max, kind), "TIFF"), 0))
    np.testing.assert_allclose(image[0, :, 0], np.arange(256)[::-1], atol=1)


def test_lab_is_colour_too():
    red = Image.new("RGB", (20, 20), (200, 30, 40))
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(red, *profiles, outputMode="LAB")
    assert read_image(encoded(lab, "TIFF"))[0, 0].tolist() == pytest.approx([200, 30, 40], abs=3)


def bmp_of_32_bits(grey: int, alpha: int) -> bytes:
    pixels = bytes([grey, grey, grey, alpha]) * 32 * 32
    header = struct.pack("<IiiHHIIiiII", 108, 32, 32, 1, 32, 3, len(pixels), 2835, 2835, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(pixels), 0, 0, 14 + len(header)) + header + pixels


@pytest.mark.parametrize(
    "data",
    [
        *(encoded(Image.new("RGBA", (32, 32), (90, 90, 90, 0)), kind) for kind in ("PNG", "TIFF")),
        encoded(Image.new("RGBA", (32, 32), (90, 90, 90, 0)), "WebP", lossless=True, exact=True),
        encoded(Image.new("LA", (32, 32), (90, 0)), "PNG"),
        bmp_of_32_bits(90, 0),
        bmp_of_32_bits(90, 255),
    ],
)
def test_alpha_that_is_zero_everywhere_says_nothing(data):
    assert (read_image(data) == 90).all()


@pytest.mark.parametrize("tags", [{50706: b"\1\4\0\0"}, {254: 1, 330: 8}])
def test_of_raw_files_the_thumbnail_is_not_taken_for_the_photo(tags):
    with pytest.raises(ImageError, match=r"raw file, .* export it as JPEG or PNG"):
        read_image(encoded(Image.new("RGB", (160, 120)), "TIFF", tiffinfo=tags))


def test_a_tiff_that_is_not_read_is_not_answered_with_use_tiff():
    sensor = with_photometric(encoded(ramp(65535), "TIFF"), 32803)  # a colour filter array
    with pytest.raises(ImageError, match="a kind of TIFF that is not read; save it as a JPEG or PNG of 8 bits"):
        read_image(sensor)
