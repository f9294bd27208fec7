import numpy as np
import pytest

from fitlab.skeletons import LIFT16

pytest.importorskip("pythreejs")

from fitlab_widgets import geometry, meshes
from fitlab_widgets.playback import last_known


def turned(quaternion: np.ndarray, vector: list[float]) -> np.ndarray:
    """``vector`` turned by a quaternion x, y, z, w."""
    x, y, z, w = quaternion
    axis = np.array([x, y, z])
    return np.array(vector) + 2 * np.cross(axis, np.cross(axis, vector) + w * np.array(vector))


def test_the_scene_is_in_metres_with_y_up():
    assert geometry.to_scene(np.array([1000.0, 2000.0, 3000.0])).tolist() == [1, -2, -3]


@pytest.mark.parametrize("place", [[0, 0, 3.0], [3.0, 0.5, 0], [0, 3.0, 0], [0, -3.0, 0], [1, 2, -3.0]])
def test_a_camera_looks_at_the_origin(place):
    forward = turned(geometry.looking_at_origin(np.array(place)), [0, 0, -1])
    np.testing.assert_allclose(forward, -np.array(place) / np.linalg.norm(place), atol=1e-9)


@pytest.mark.parametrize("end", [[0, 1.0, 0], [0, -1.0, 0], [1.0, 0, 0], [0, 0, -1.0]])
def test_a_bone_points_from_its_start_to_its_end_in_every_direction(end):
    points = np.zeros((16, 3))
    points[LIFT16.bone_indices[0, 1]] = end
    middle, axes, length = meshes.bone_frames(points, LIFT16)
    assert length[0] == 1
    np.testing.assert_allclose(middle[0], np.array(end) / 2)
    np.testing.assert_allclose(turned(geometry.quaternion(axes[0]), [0, 1, 0]), end, atol=1e-9)


def test_unknown_joints_and_their_bones_have_no_size():
    vertices, normals = meshes.bake_skeleton(np.full((16, 3), np.nan), LIFT16)
    assert not vertices.any()
    assert np.isfinite(normals).all()


def test_a_sector_of_a_right_angle_starts_on_one_segment_and_ends_on_the_other():
    sector = meshes.bake_sector(np.array([1.0, 0, 0]), np.zeros(3), np.array([0, 0, 1.0]))
    radius = meshes.SECTOR_RADIUS
    np.testing.assert_allclose(sector[[0, 1, -1]], [[0, 0, 0], [radius, 0, 0], [0, 0, radius]], atol=1e-6)


def test_the_sector_of_a_straight_joint_is_half_a_disc():
    sector = meshes.bake_sector(np.array([0, 1.0, 0]), np.zeros(3), np.array([0, -1.0, 0]))
    np.testing.assert_allclose(sector[-1], [0, -meshes.SECTOR_RADIUS, 0], atol=1e-6)


def test_an_ellipsoid_reaches_as_far_as_the_doubt_and_small_doubts_are_left_out():
    points = np.zeros((2, 3))
    covariance = np.stack([np.diag([0.04, 0.01, 0.01]) ** 1.0, np.eye(3) * 1e-8])
    vertices, _ = meshes.bake_ellipsoids(points, covariance, smallest=0.05)
    first, second = vertices.reshape(2, -1, 3)
    assert np.abs(first).max(0) == pytest.approx([0.5, 0.25, 0.25], rel=0.05)
    assert not second.any()


def test_a_joint_lost_in_a_clip_stays_where_it_was():
    points = np.arange(5.0)[:, None, None] * np.ones((1, 2, 3))
    points[1:3, 0] = np.nan
    points[0, 1] = np.nan
    filled = last_known(points)
    assert filled[:, 0, 0].tolist() == [0, 0, 0, 3, 4]
    assert filled[:, 1, 0].tolist() == [1, 1, 2, 3, 4]
