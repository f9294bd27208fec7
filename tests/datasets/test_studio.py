import numpy as np
import pytest

from fitlab.datasets import studio
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.studio import ELSEWHERE, FIXED, IMAGE, ROOM, film, part_of, placed
from fitlab.skeletons import LIFT16


def walk(length=8000.0, frames=30, name="01_01"):
    """A stiff person who slides along x over ``length`` mm."""
    pose = random_poses(np.random.default_rng(1), 1)[0]
    pose = pose - pose[0] + [0, 0, 900]
    path = np.linspace(0, length, frames)
    return Motion(pose + path[:, None, None] * [1, 0, 0], np.zeros(frames, int), (name,), 30)


@pytest.mark.parametrize("camera", FIXED + ELSEWHERE)
def test_a_camera_sees_the_middle_of_the_room_in_the_middle_of_its_picture(camera):
    rotation, translation = camera.pose()
    seen = rotation @ [0, 0, 900] + translation
    assert seen[:2] == pytest.approx([0, 0], abs=1e-6)
    assert 4000 < seen[2] < 5500
    place = -rotation.T @ translation
    assert place[2] == pytest.approx(camera.height)
    assert np.hypot(*place[:2]) == pytest.approx(camera.distance)


def test_nobody_leaves_the_room_or_the_picture():
    points = placed(walk())
    assert np.linalg.norm(points[:, 0, :2], axis=-1).max() < ROOM
    assert np.abs(points[:, 0, 2] - 900).max() < 1e-6
    pixels = film(walk(), every=1).pose2d.points
    assert ((pixels > 0) & (pixels < IMAGE)).all()


def test_the_pose_is_only_turned():
    before, after = walk().points, placed(walk())
    lengths = [np.linalg.norm(points - points[:, :1], axis=-1) for points in (before, after)]
    np.testing.assert_allclose(*lengths)


def test_a_clip_faces_the_same_way_in_every_part_and_another_in_every_take():
    motion = walk(length=0)
    np.testing.assert_allclose(placed(motion)[:5], placed(motion[np.arange(5)]))
    assert not np.allclose(placed(motion), placed(motion, take=1))
    assert not np.allclose(placed(motion), placed(walk(length=0, name="01_02")))


def test_every_camera_sees_every_frame_of_every_take():
    poses = film(walk(), every=10, takes=2)
    assert len(poses) == 3 * 2 * 4
    assert (poses.truth[:, 0] == 0).all()
    assert set(poses.people) == {"01_01"}
    # Nobody is farther from the camera than 6 m or nearer than 3 m, so a mm is 0.19 to 0.38 px.
    spine = np.linalg.norm(poses.pose2d.joint("thorax") - poses.pose2d.joint("pelvis"), axis=-1)
    length = np.linalg.norm(poses.truth[:, LIFT16.index("thorax"), :2], axis=-1)
    assert ((spine / length > 0.19) & (spine / length < 0.4)).all()


@pytest.mark.parametrize(
    ("clip", "part"),
    [
        ("01_01", "training"),
        ("train/soccer/soccer_3", "training"),
        ("train/soccer/soccer_4", "validation"),
        ("01_14", "validation"),
        ("01_05", "clips"),
        ("test/soccer/soccer_1", "clips"),
        ("02_04", "person"),
        ("02_05", "person"),
    ],
)
def test_clips_are_split_by_person_and_number(clip, part):
    assert part_of(clip) == part


def test_the_parts_share_no_clip(monkeypatch):
    names = ("01_01", "01_04", "01_05", "02_01")
    poses = random_poses(np.random.default_rng(0), 8)
    motion = Motion(poses, np.repeat(np.arange(4), 2), names, 30)
    monkeypatch.setattr(studio.mocap, "load_packed", lambda file: motion)
    studio.parts.cache_clear()
    try:
        parts = studio.parts()
    finally:
        studio.parts.cache_clear()
    assert {part: len(some) for part, some in parts.items()} == dict.fromkeys(
        ("training", "validation", "clips", "person"), 2
    )
