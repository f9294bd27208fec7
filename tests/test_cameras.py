import numpy as np
import pytest

from fitlab.cameras import intrinsics, look_at, project, to_camera

# World: z up. The person faces -y, so the person's left is +x.
FRONT, LEFT, UP = np.array([0.0, -1, 0]), np.array([1.0, 0, 0]), np.array([0.0, 0, 1])
RIGHT_OF_PICTURE, DOWN, AWAY = np.eye(3)


def seen(direction, azimuth=0.0, elevation=0.0, roll=0.0):
    return look_at(azimuth, elevation, roll) @ direction


def test_azimuth_0_sees_the_front():
    np.testing.assert_allclose(seen(FRONT), -AWAY, atol=1e-12)
    np.testing.assert_allclose(seen(LEFT), RIGHT_OF_PICTURE, atol=1e-12)
    np.testing.assert_allclose(seen(UP), -DOWN, atol=1e-12)


def test_azimuth_90_looks_from_the_persons_left():
    np.testing.assert_allclose(seen(LEFT, azimuth=90), -AWAY, atol=1e-12)
    np.testing.assert_allclose(seen(FRONT, azimuth=90), -RIGHT_OF_PICTURE, atol=1e-12)
    np.testing.assert_allclose(seen(UP, azimuth=90), -DOWN, atol=1e-12)


def test_a_camera_above_looks_down():
    """Seen from straight above, what is up is near, and what is in front is at the lower edge."""
    np.testing.assert_allclose(seen(UP, elevation=90), -AWAY, atol=1e-12)
    np.testing.assert_allclose(seen(FRONT, elevation=90), DOWN, atol=1e-12)


def test_roll_turns_the_picture_clockwise():
    np.testing.assert_allclose(seen(UP, roll=90), RIGHT_OF_PICTURE, atol=1e-12)


def test_every_camera_is_a_rotation():
    angles = np.random.default_rng(0).uniform(-180, 180, (3, 50))
    rotation = look_at(*angles)
    np.testing.assert_allclose(rotation @ rotation.swapaxes(-1, -2), np.broadcast_to(np.eye(3), (50, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotation), 1)


def test_every_camera_moves_its_own_points():
    rng = np.random.default_rng(1)
    points, move = rng.normal(size=(4, 16, 3)), rng.normal(size=(4, 3))
    rotation = look_at(*rng.uniform(-180, 180, (3, 4)))
    there = to_camera(points, rotation, move)
    np.testing.assert_allclose(there[2, 5], rotation[2] @ points[2, 5] + move[2])


def test_projection_by_hand():
    """At 2 m and 1,000 px focal length, 1 m is 500 px; the axis hits the middle of the picture."""
    camera = intrinsics(1000, 641, 481)
    pixels = project(np.array([[0.0, 0, 2], [1, 0, 2], [0, -0.2, 2]]), camera)
    np.testing.assert_allclose(pixels, [[320, 240], [820, 240], [320, 140]])


@pytest.mark.parametrize("depth", [0.0, -2.0])
def test_nothing_behind_the_camera_is_seen(depth):
    assert np.isnan(project(np.array([[0.1, 0.1, depth]]), intrinsics(1000, 640, 480))).all()
