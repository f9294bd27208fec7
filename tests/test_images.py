import io
import os
import struct
import time
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import numpy as np
import pytest
from PIL import ExifTags, Image

from fitlab.images import (
    ImageError,
    checked_image,
    crop,
    crop_matrix,
    exif_field_of_view,
    inverse,
    read_image,
    square_around,
    transform,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters() -> Image.Image:
    """A photo of 40 x 20 pixels: red and green above, blue and white below."""
    picture = Image.new("RGB", (40, 20), RED)
    picture.paste(GREEN, (20, 0, 40, 10))
    picture.paste(BLUE, (0, 10, 20, 20))
    picture.paste(WHITE, (20, 10, 40, 20))
    return picture


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def scrambled(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(200) + data[middle + 200 :]


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
BAD = {
    "not an image": (b"Dear diary, today I did forty squats.", "is not an image"),
    "empty": (b"", "is empty"),
    "truncated JPEG": (encoded(NOISE, "JPEG")[:-900], "damaged or cut short"),
    "truncated PNG": (encoded(NOISE, "PNG")[:-900], "damaged or cut short"),
    "scrambled PNG": (scrambled(encoded(NOISE, "PNG")), "damaged or cut short"),
    "JPEG cut in its header": (encoded(NOISE, "JPEG")[:30], "cut short|not an image"),
    "one pixel": (encoded(Image.new("RGB", (1, 1)), "PNG"), "1 x 1 pixels"),
    "one row": (encoded(Image.new("RGB", (500, 1)), "PNG"), "500 x 1 pixels"),
    "decompression bomb": (png_header(30_000, 30_000), "120 megapixels"),
    "just too large": (png_header(12_001, 10_000), "120 megapixels"),
    "no HEIC": (b"\0\0\0\x18ftypheic" + bytes(50), "HEIC .* damaged .* JPEG or PNG"),
    "broken AVIF": (b"\0\0\0\x18ftypavif" + bytes(50), "not an image|damaged"),
}


@pytest.mark.parametrize(("data", "complaint"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_refused_in_one_sentence(data, complaint, tmp_path):
    for source in (data, tmp_path / "photo.jpg"):
        (tmp_path / "photo.jpg").write_bytes(data)
        with pytest.raises(ImageError, match=complaint) as caught:
            read_image(source)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("the photo" if source is data else "photo.jpg")


def test_a_bomb_is_refused_before_it_goes_off():
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(ImageError):
        read_image(png_header(30_000, 30_000))
    assert time.perf_counter() - start < 2
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("nowhere/me.jpg", "there is no file nowhere/me.jpg"),
        (".", "is a folder"),
        ("x" * 5000, "cannot be read"),
        (None, "got NoneType"),
        ([[1, 2], [3, 4]], "got list"),
        (np.zeros((20, 20)), r"got \(20, 20\) float64"),
        (np.zeros((20, 20, 4), np.uint8), r"got \(20, 20, 4\)"),
        (np.zeros((20, 8, 3), np.uint8), "8 x 20 pixels"),
    ],
)
def test_what_is_no_photo_at_all_is_named(source, complaint):
    with pytest.raises(ImageError, match=complaint):
        read_image(source)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    file = tmp_path / "secret.jpg"
    file.write_bytes(b"x")
    file.chmod(0)
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(file)


def test_an_array_is_returned_as_it_is():
    image = np.array(quarters())
    assert read_image(image) is image
    with pytest.raises(ImageError, match="got str"):
        checked_image("me.jpg")


def test_photos_come_as_other_tools_give_them(tmp_path, monkeypatch):
    """A picture of Pillow's, upright like files; an open file, also after it was written; a path from home."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 36
    stream = io.BytesIO()
    quarters().save(stream, "PNG", exif=exif)
    (tmp_path / "a.png").write_bytes(stream.getvalue())
    monkeypatch.setenv("HOME", str(tmp_path))
    upright, degrees = read_image(stream.getvalue()), exif_field_of_view(stream.getvalue())
    assert degrees is not None
    with Image.open(tmp_path / "a.png") as picture, (tmp_path / "a.png").open("rb") as file:
        for source in (picture, file, stream, "~/a.png", Path("~/a.png")):
            assert np.array_equal(read_image(source), upright)
            assert exif_field_of_view(source) == degrees
        assert picture.size == (40, 20)


def test_pictures_of_pillow_and_open_files_are_checked_as_files_are(tmp_path):
    (tmp_path / "me.jpg").write_bytes(b"x")
    closed = (tmp_path / "me.jpg").open("rb")
    closed.close()
    for source, complaint in (
        (Image.new("RGB", (20, 8)), "20 x 8 pixels"),
        (io.BytesIO(), "is empty"),
        (io.StringIO("me"), "gives str, not bytes; open it with mode 'rb'"),
        (closed, "cannot be read: .*closed file"),
    ):
        with pytest.raises(ImageError, match=complaint):
            read_image(source)


def corners(image: np.ndarray) -> list[tuple[int, ...]]:
    """Colours near the four corners, clockwise from the top left."""
    return [tuple(image[y, x].tolist()) for y, x in ((4, 4), (4, -5), (-5, -5), (-5, 4))]


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WebP"])
def test_formats_without_loss(kind):
    options = {"lossless": True} if kind == "WebP" else {}
    assert np.array_equal(read_image(encoded(quarters(), kind, **options)), np.array(quarters()))


def test_paths_may_be_text(tmp_path):
    quarters().save(tmp_path / "ünï cödé.png")
    assert read_image(str(tmp_path / "ünï cödé.png")).shape == (20, 40, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(orientation):
    """The file holds the picture as the camera stored it; reading turns it back."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions that store an upright picture so
    stored = quarters() if orientation == 1 else quarters().transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_image(encoded(stored, "PNG", exif=exif))
    assert image.shape == (20, 40, 3)
    assert corners(image) == [RED, GREEN, WHITE, BLUE]


def test_sixth_orientation_is_a_phone_held_upright():
    """Orientation 6: the stored picture's left edge is the top of the scene; its top is on the right."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read_image(encoded(quarters(), "PNG", exif=exif))
    assert image.shape == (40, 20, 3)
    assert corners(image) == [BLUE, RED, GREEN, WHITE]


def test_the_camera_says_how_much_it_sees(tmp_path):
    """A focal length of 36 mm shows the 36 mm of a film's longer side under twice atan(1/2)."""
    photo = Image.new("RGB", (300, 200))
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 36
    photo.save(tmp_path / "told.jpg", exif=exif)
    photo.save(tmp_path / "silent.jpg")
    assert exif_field_of_view(tmp_path / "told.jpg") == pytest.approx(2 * np.rad2deg(np.arctan(0.5)))
    assert exif_field_of_view(tmp_path / "silent.jpg") is None
    assert exif_field_of_view(b"no photo") is None


@pytest.mark.parametrize(
    ("size", "told"), [((400, 300), True), ((200, 150), True), ((300, 400), True), ((100, 150), False)]
)
def test_a_cropped_photo_no_longer_shows_what_the_camera_says(size, told, tmp_path):
    """Taken as 400 x 300; smaller or turned it shows the same, in another shape it does not."""
    exif = Image.Exif()
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    inside[ExifTags.Base.FocalLengthIn35mmFilm] = 26
    inside[ExifTags.Base.ExifImageWidth], inside[ExifTags.Base.ExifImageHeight] = 400, 300
    Image.new("RGB", size).save(tmp_path / "me.jpg", exif=exif)
    assert (exif_field_of_view(tmp_path / "me.jpg") is not None) == told


def test_damaged_exif_does_not_cost_the_photo():
    data = encoded(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x03" * 3)
    assert read_image(data).shape == (20, 40, 3)


def test_grey_is_the_same_in_all_channels():
    assert (read_image(encoded(Image.new("L", (20, 20), 77), "PNG")) == 77).all()
    assert (read_image(encoded(Image.new("1", (20, 20), 1), "PNG")) == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(mode):
    """Black, left half clear, right half solid."""
    picture = Image.new(mode, (40, 20), 0)
    picture.putalpha(Image.fromarray(np.repeat(np.uint8([[0, 255]]), 20, 1).repeat(20, 0)))
    image = read_image(encoded(picture, "PNG"))
    assert (image[:, :20] == 255).all()
    assert (image[:, 20:] == 0).all()


def test_half_transparent_red_is_pink():
    image = read_image(encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 128)), "PNG"))
    assert image[0, 0].tolist() == pytest.approx([255, 127, 127], abs=1)


def test_palette_with_and_without_a_transparent_colour():
    picture = quarters().convert("P", palette=Image.Palette.ADAPTIVE)
    assert np.array_equal(read_image(encoded(picture, "PNG")), np.array(quarters()))
    blue = picture.getpixel((5, 15))
    image = read_image(encoded(picture, "PNG", transparency=blue))
    assert corners(image) == [RED, GREEN, WHITE, WHITE]


def test_sixteen_bits_become_eight():
    values = np.full((20, 40), 65535, np.uint16)
    values[:, :20] = 65535 // 2
    image = read_image(encoded(Image.fromarray(values), "PNG"))
    assert image[0, 0].tolist() == pytest.approx([127] * 3, abs=1)
    assert (image[:, 20:] == 255).all()


def test_a_dark_picture_of_sixteen_bits_stays_dark():
    assert (read_image(encoded(Image.fromarray(np.full((20, 20), 200, np.uint16)), "PNG")) <= 1).all()


def test_floating_point_from_zero_to_one_is_not_black():
    assert (read_image(encoded(Image.fromarray(np.full((20, 20), 0.5, np.float32)), "TIFF")) == 128).all()


def test_cmyk_ink_is_taken_off_white():
    picture = Image.new("CMYK", (40, 20), (0, 255, 255, 0))  # no cyan, all magenta and yellow: red
    image = read_image(encoded(picture, "JPEG", quality=95))
    assert image[10, 10].tolist() == pytest.approx([255, 0, 0], abs=6)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (20, 20), colour) for colour in (GREEN, RED, BLUE)]
    image = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (image == GREEN).all()


@pytest.mark.parametrize("read", [read_image, exif_field_of_view])
def test_photos_read_at_once_leave_the_warnings_as_they_were(read, monkeypatch):
    """The first two threads are held up until both are at work, and end in the order in which they began."""
    opened, both = Image.open, Barrier(2)

    def slow(stream):
        try:
            turn = both.wait(0.2)
        except BrokenBarrierError:
            return opened(stream)
        time.sleep(0.1 * turn)
        return opened(stream)

    monkeypatch.setattr(Image, "open", slow)
    before = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, [encoded(NOISE, "PNG")] * 8))
    assert warnings.filters == before


# Crops. Pixel centres are at whole numbers, so a photo of width 100 reaches from -0.5 to 99.5.

POINTS = np.array([[0.0, 0.0], [99, 49], [12.5, 30], [-40, 300]])


@pytest.mark.parametrize("rotation", [0, 33, 90, -170])
@pytest.mark.parametrize("mirror", [False, True])
def test_into_a_crop_and_back(rotation, mirror):
    matrix = crop_matrix(np.array([40.0, 25.0, 70.0]), 192, rotation, mirror)
    np.testing.assert_allclose(transform(transform(POINTS, matrix), inverse(matrix)), POINTS, atol=1e-9)


def test_a_crop_of_the_whole_photo_is_the_photo():
    image = np.array(NOISE)
    matrix = crop_matrix(np.array([31.5, 31.5, 64]), 64)
    np.testing.assert_allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    assert np.array_equal(crop(image, matrix, 64), image)


def test_the_edges_of_the_square_are_the_edges_of_the_crop():
    matrix = crop_matrix(np.array([50.0, 20.0, 40.0]), 160)
    np.testing.assert_allclose(transform(np.array([[30.0, 0.0], [70, 40]]), matrix), [[-0.5, -0.5], [159.5, 159.5]])


def test_content_turns_clockwise():
    """What was above the centre is to its right after a quarter turn clockwise."""
    matrix = crop_matrix(np.array([50.0, 50.0, 100.0]), 100, rotation=90)
    above = transform(np.array([50.0, 40.0]), matrix) - transform(np.array([50.0, 50.0]), matrix)
    np.testing.assert_allclose(above, [10, 0], atol=1e-9)


def test_a_mirrored_crop_swaps_left_and_right_only():
    plain = transform(POINTS, crop_matrix(np.array([50.0, 50.0, 100.0]), 200))
    mirrored = transform(POINTS, crop_matrix(np.array([50.0, 50.0, 100.0]), 200, mirror=True))
    np.testing.assert_allclose(mirrored[:, 0], 199 - plain[:, 0], atol=1e-9)
    np.testing.assert_allclose(mirrored[:, 1], plain[:, 1], atol=1e-9)


def brightest(picture: np.ndarray) -> np.ndarray:
    """(x, y) centre of mass of the light."""
    light = picture[..., 0].astype(float)
    rows, columns = np.indices(light.shape)
    return np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()


@pytest.mark.parametrize("shrink", [1.0, 2.7, 8.0])
@pytest.mark.parametrize(("rotation", "mirror"), [(0, False), (25, False), (-100, True)])
def test_a_bright_spot_lands_where_the_matrix_says(shrink, rotation, mirror):
    image = np.zeros((701, 899, 3), np.uint8)
    spot = 9  # wide enough to be seen when it shrinks
    x, y = 421, 333
    image[y - spot : y + spot + 1, x - spot : x + spot + 1] = 255
    matrix = crop_matrix(np.array([430.0, 325.0, 80 * shrink]), 80, rotation, mirror)
    found = brightest(crop(image, matrix, 80, (0, 0, 0)))
    np.testing.assert_allclose(found, transform(np.array([x, y]), matrix), atol=0.1)


@pytest.mark.parametrize(("width", "height"), [(1920, 300), (300, 1920), (1080, 720)])
def test_a_square_in_a_photo_of_any_shape_stays_square(width, height):
    image = np.zeros((height, width, 3), np.uint8)
    image[height // 2 - 60 : height // 2 + 60, width // 2 - 60 : width // 2 + 60] = 255
    matrix = crop_matrix(np.array([(width - 1) / 2, (height - 1) / 2, max(width, height)]), 192)
    lit = np.argwhere(crop(image, matrix, 192, (0, 0, 0))[..., 0] > 127)
    rows, columns = lit.max(0) - lit.min(0) + 1
    assert rows == columns == pytest.approx(120 * 192 / max(width, height), abs=1)
    np.testing.assert_allclose(transform(transform(POINTS, matrix), inverse(matrix)), POINTS, atol=1e-9)


def test_outside_the_photo_is_the_border_or_its_nearest_pixel():
    image = np.full((40, 40, 3), 200, np.uint8)
    matrix = crop_matrix(np.array([0.0, 20.0, 40.0]), 40)
    assert crop(image, matrix, 40, (1, 2, 3))[20, 5].tolist() == [1, 2, 3]
    assert (crop(image, matrix, 40) == 200).all()


def test_a_crop_far_from_the_photo_shows_nothing_of_it():
    image = np.full((400, 400, 3), 200, np.uint8)
    matrix = crop_matrix(np.array([9000.0, -9000.0, 1000.0]), 40)
    assert (crop(image, matrix, 40, (7, 7, 7)) == 7).all()


def test_a_panorama_too_wide_for_opencv():
    image = np.zeros((60, 40_000, 3), np.uint8)
    image[:, 39_000:] = 255
    cut = crop(image, crop_matrix(np.array([38_999.5, 29.5, 60]), 60), 60)
    assert (cut[:, :30] == 0).all()
    assert (cut[:, 30:] == 255).all()


def test_the_square_round_points_ignores_unknown_ones():
    points = np.array([[0.0, 0], [100, 20], [np.nan, np.nan]])
    np.testing.assert_allclose(square_around(points, margin=1.5), [50, 10, 150])
