import numpy as np
import pytest

from fitlab.bodies import REFERENCE_BONES, REFERENCE_HEIGHT, body_height
from fitlab.datasets import anatomy
from fitlab.skeletons import LIFT16


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def bones(poses):
    start, end = LIFT16.bone_indices.T
    return np.linalg.norm(poses[:, start] - poses[:, end], axis=-1)


def flexion(poses, *joints):
    a, b, c = (poses[:, LIFT16.index(joint)] for joint in joints)
    first, second = a - b, c - b
    cosine = (first * second).sum(-1) / np.linalg.norm(first, axis=-1) / np.linalg.norm(second, axis=-1)
    return 180 - np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))


def test_random_poses_are_of_the_reference_body(rng):
    np.testing.assert_allclose(bones(anatomy.random_poses(rng, 50)), np.tile(REFERENCE_BONES, (50, 1)), rtol=0.01)


def test_legs_are_straightened_the_more_the_straighter_they_are(rng):
    poses = anatomy.random_poses(rng, 2000)
    poses[0] = poses[1]  # and a leg that is quite straight has no direction to bend in
    poses[0, LIFT16.indices(["left_hip", "left_knee", "left_ankle"])] = [[0, 0, 0], [0, 0, -400], [0, 0, -800]]
    straighter = anatomy.straightened(poses, rng)
    np.testing.assert_allclose(bones(straighter), bones(poses), rtol=1e-6)
    np.testing.assert_array_equal(straighter[0, LIFT16.index("left_knee")], poses[0, LIFT16.index("left_knee")])
    before, after = (flexion(some, "left_hip", "left_knee", "left_ankle") for some in (poses, straighter))
    less, slightly, deep = before - after, (before > 15) & (before < 35), before > 120
    assert less.min() > -1e-3
    assert less[slightly].min() > 5
    assert less[slightly].max() < 28
    assert less[deep].max() < 1
    still = [index for index, name in enumerate(LIFT16.joints) if not name.endswith(("knee", "ankle"))]
    np.testing.assert_array_equal(straighter[:, still], poses[:, still])


def test_arms_are_straightened_too_and_nothing_else_moves(rng):
    poses = anatomy.random_poses(rng, 2000)
    straighter = anatomy.straightened_arms(poses, rng)
    np.testing.assert_allclose(bones(straighter), bones(poses), rtol=1e-6)
    before, after = (flexion(some, "right_shoulder", "right_elbow", "right_wrist") for some in (poses, straighter))
    less, slightly = before - after, (before > 25) & (before < 35)
    assert less.min() > -1e-3
    assert less[slightly].max() < 25
    assert 6 < less[slightly].mean() < 12
    still = [index for index, name in enumerate(LIFT16.joints) if not name.endswith(("elbow", "wrist"))]
    np.testing.assert_array_equal(straighter[:, still], poses[:, still])


def test_knees_bend_backwards_and_no_further_than_they_can(rng):
    poses = anatomy.random_poses(rng, 500)
    bent = flexion(poses, "left_hip", "left_knee", "left_ankle")
    assert bent.max() < 151
    hip, knee, ankle = (poses[:, LIFT16.index(f"left_{joint}")] for joint in ("hip", "knee", "ankle"))
    thigh = (knee - hip) / np.linalg.norm(knee - hip, axis=-1, keepdims=True)
    upright = (np.abs(thigh[:, 0]) < 0.1) & (thigh[:, 2] < -0.9) & (bent > 20)
    assert upright.any()
    assert ((ankle - knee)[upright, 1] > 0).all()  # +y is behind the person


def test_the_other_body_has_the_reference_height_and_the_same_sides(rng):
    poses = anatomy.random_poses(rng, 50)
    changed = anatomy.reproportioned(poses, rng)
    np.testing.assert_allclose(body_height(changed), REFERENCE_HEIGHT, rtol=1e-9)
    left = LIFT16.bones.index(("left_hip", "left_knee"))
    right = LIFT16.bones.index(("right_hip", "right_knee"))
    lengths = bones(changed)
    np.testing.assert_allclose(lengths[:, left], lengths[:, right])
    assert lengths[:, left].std() > 10


def test_the_other_body_takes_the_same_pose(rng):
    poses = anatomy.random_poses(rng, 50)
    changed = anatomy.reproportioned(poses, rng)
    knee = ("right_hip", "right_knee", "right_ankle")
    np.testing.assert_allclose(flexion(changed, *knee), flexion(poses, *knee), atol=1e-3)
