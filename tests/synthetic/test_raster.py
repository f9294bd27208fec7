"""The rasteriser, the cameras and the meshes: scenes small enough to know every pixel of."""

import numpy as np
import pytest

from fitlab.extras import install_command

pytest.importorskip("numba", reason=install_command("synthetic"))

from fitlab import cameras
from fitlab.synthetic.rendering import shapes
from fitlab.synthetic.rendering.meshes import Material, Soup
from fitlab.synthetic.rendering.photography import camera_at, place_camera
from fitlab.synthetic.rendering.raster import Lights, Room, render

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
PAGES = np.full((1, 4, 4, 3), 255, np.uint8)
FACING = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # a camera that looks along world +y


def square(half: float, y: float) -> tuple[np.ndarray, np.ndarray]:
    """A square upright before the camera, ``y`` metres away, one metre above the floor."""
    corners = np.array([[-half, y, 1 - half], [half, y, 1 - half], [half, y, 1 + half], [-half, y, 1 + half]])
    return corners, np.array([[0, 1, 2], [0, 2, 3]])


def picture(soup: Soup, light: np.ndarray = np.array([0.0, -1, 0])):
    black = Material(0, (0, 0, 0), (0, 0, 0))
    room = Room(np.array([-9.0, 9, -9, 9, 9]), (black,) * 7, np.zeros(7))
    lights = Lights(np.array([light], np.float32), np.ones((1, 3), np.float32), np.zeros(3))
    translation = -FACING @ np.array([0, -2.0, 1])
    return render(
        soup, PAGES, cameras.intrinsics(20, 21, 21), FACING, translation, (21, 21), lights, room, 0, samples=1
    )


def test_the_nearer_square_hides_the_farther():
    soup = Soup()
    soup.add(*square(0.5, 1.0), Material(0, GREEN, GREEN), owner=2)
    soup.add(*square(0.25, 0.0), Material(0, RED, RED), owner=1)
    rendering = picture(soup)
    assert rendering.owner[10, 10] == 1
    assert rendering.depth[10, 10] == pytest.approx(2.0, abs=1e-4)
    assert rendering.colour[10, 10, 0] > 0.5 > rendering.colour[10, 10, 1]
    assert rendering.owner[10, 0] == -1


def test_pixel_centres_are_whole_numbers():
    # Half a metre at 2 m and a focal length of 20 px is 5 px to each side of the middle pixel, 10.
    soup = Soup()
    soup.add(*square(0.5, 0.0), Material(), owner=1)
    columns = np.flatnonzero((picture(soup).owner == 1).any(0))
    assert columns.min() == 5
    assert columns.max() == 15


def test_a_surface_ends_where_keep_crosses_zero():
    vertices, faces = square(0.5, 0.0)
    soup = Soup()
    soup.add(vertices, faces, Material(), owner=1, keep=vertices[:, 0] - 0.01)
    columns = np.flatnonzero((picture(soup).owner == 1).any(0))
    assert columns.min() > 10
    assert columns.max() == 15


def test_what_is_behind_something_lies_in_its_shadow():
    lit, shadowed = Soup(), Soup()
    for soup in (lit, shadowed):
        soup.add(*square(0.5, 1.0), Material(0, GREEN, GREEN))
    shadowed.add(*square(0.1, 0.5), Material(0, RED, RED), owner=1)
    slanted = np.array([0.0, -1, 1]) / np.sqrt(2)
    # Light from above the camera throws the small square's shadow half a metre down.
    assert picture(lit, slanted).colour[13, 10, 1] > 0.5
    assert picture(shadowed, slanted).colour[13, 10, 1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("azimuth", [-120.0, 0.0, 75.0])
@pytest.mark.parametrize("elevation", [-40.0, 10.0, 60.0])
def test_the_camera_frames_the_person_and_stays_above_the_floor(azimuth, elevation):
    points = np.random.default_rng(0).uniform([-0.3, -0.2, 0], [0.3, 0.2, 1.8], (60, 3))
    camera = place_camera(points, 200, azimuth, elevation, 3.0, 45.0, 0.8, np.zeros(2))
    flat = cameras.project(cameras.to_camera(points, camera.rotation, camera.translation), camera.intrinsics)
    assert np.ptp(flat, axis=0).max() / 200 == pytest.approx(0.8, abs=0.05)
    assert (flat.min(0) + flat.max(0)) / 2 == pytest.approx([99.5, 99.5], abs=2)
    assert camera.position[2] > 0


def test_overhang_cuts_off_that_share_of_the_person():
    points = np.random.default_rng(0).uniform([-0.5, -0.5, 0.5], [0.5, 0.5, 1.5], (400, 3))
    camera = place_camera(points, 200, 0.0, 0.0, 0.0, 40.0, 0.6, np.array([1.0, 0.0]), overhang=0.3)
    flat = cameras.project(cameras.to_camera(points, camera.rotation, camera.translation), camera.intrinsics)
    beyond = (flat[:, 0].max() - 199.5) / np.ptp(flat[:, 0])
    assert beyond == pytest.approx(0.3, abs=0.05)


def test_a_camera_at_a_distance_looks_at_the_middle():
    camera = camera_at(np.array([[0.0, 0, 0], [0, 0, 2]]), 100, 90.0, 0.0, 0.0, 50.0, 4.0)
    # Azimuth 90 sees the person's left, which is +x.
    assert camera.position == pytest.approx([4, 0, 1], abs=1e-9)


def test_a_camera_at_a_distance_stays_above_the_floor():
    points = np.array([[0.0, 0, 0], [0, 0, 2]])
    camera = camera_at(points, 100, 0.0, -20.0, 0.0, 50.0, 4.0)
    # 20 degrees below a point 1 m high it would be at 1 - 4 sin 20 = -0.37 m.
    assert camera.position[2] == pytest.approx(0.08)
    assert np.linalg.norm(camera.position - [0, 0, 1]) == pytest.approx(4)
    assert camera_at(points, 100, 0.0, -10.0, 0.0, 50.0, 4.0).position[2] == pytest.approx(0.3054, abs=1e-4)


@pytest.mark.parametrize(
    "mesh",
    [
        shapes.box(np.zeros(3), np.array([1.0, 2, 3]), 30),
        shapes.cylinder(np.zeros(3), np.array([0, 0, 2.0]), 0.5),
        shapes.sphere(np.zeros(3), 1.0),
        shapes.leaves(np.random.default_rng(0), np.zeros(3), 1.0, 0.5, 10),
    ],
)
def test_meshes_are_whole(mesh):
    vertices, faces = mesh
    assert faces.min() >= 0
    assert faces.max() < len(vertices)
    assert np.isfinite(vertices).all()
