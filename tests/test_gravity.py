import numpy as np
import pytest
from people import standing

from fitlab.gravity import LEVEL, gravity, standing_upright, upright
from fitlab.poses import Pose3D
from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16, SIDES, both_sides

DOWN = np.array([0.0, 1.0, 0.0])


def pose(points):
    return Pose3D(points, np.ones(points.shape[:-1]))


@pytest.fixture
def person():
    """(16, 3) mm, upright before a level camera."""
    return np.concatenate([standing(), np.zeros((16, 1))], -1)


@pytest.fixture
def plank(person):
    """On hands and feet, seen from the side; the head is to the right."""
    turned = person @ about_axis(np.array([0.0, 0, 1]), np.radians(80)).T
    hands, shoulders = (LIFT16.indices(list(both_sides(joint))) for joint in ("wrist", "shoulder"))
    turned[hands] = turned[shoulders]
    turned[hands, 1] = turned[LIFT16.index("left_ankle"), 1]
    return turned


def tipped(points, degrees, axis=(1.0, 0, 0)):
    """As a camera sees them that is turned by so much."""
    turn = about_axis(np.array(axis), np.radians(degrees))
    return points @ turn.T, DOWN @ turn.T


def angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b, -1, 1)))


def test_who_stands_straight_stands_along_gravity(person):
    np.testing.assert_allclose(gravity(pose(person)).down, DOWN, atol=0.03)


def test_it_is_the_weight_that_is_above_the_feet_and_not_the_hips(person):
    bent = person.copy()
    back = LIFT16.indices(["pelvis", "left_hip", "right_hip"])
    trunk = ["thorax", "head_top", *(f"{side}_{joint}" for side in SIDES for joint in ("shoulder", "elbow", "wrist"))]
    bent[back, 2] += 150  # hips behind the feet, trunk and arms in front of them
    bent[LIFT16.indices(trunk), 2] -= 150
    bent -= bent[:1]
    assert angle(gravity(pose(bent)).down, DOWN) < 4


@pytest.mark.parametrize("degrees", [-20, 15, 25])
def test_a_camera_that_looks_down_or_up_is_found_out_by_who_stands(person, degrees):
    seen, down = tipped(person, degrees)
    found = gravity(pose(seen))
    assert angle(found.down, down) < 0.35 * abs(degrees)
    assert found.deviation[0] < LEVEL[0]


def test_hands_and_feet_are_on_one_floor(plank):
    seen, down = tipped(plank, 12, axis=(0.0, 0, 1))
    assert angle(gravity(pose(seen)).down, down) < 8


def test_a_body_that_tells_nothing_leaves_the_camera_level(person):
    handstand = person * [1, -1, 1]
    for points in (np.full((16, 3), np.nan), handstand):
        found = gravity(pose(points))
        np.testing.assert_allclose(found.down, DOWN)
        np.testing.assert_allclose(found.deviation, LEVEL)


def test_a_clip_is_judged_as_its_poses_are(person, plank):
    clip = np.stack([person, tipped(person, 20)[0], plank])
    whole = gravity(pose(clip))
    for number in range(3):
        np.testing.assert_allclose(whole.down[number], gravity(pose(clip[number])).down)
        np.testing.assert_allclose(whole.deviation[number], gravity(pose(clip[number])).deviation)


def test_upright_takes_down_to_the_y_axis_and_keeps_the_shape(person):
    seen, down = tipped(person, 30)
    back = upright(Pose3D(seen, np.ones(16), seen[None]), down)
    np.testing.assert_allclose(back.points, person, atol=1e-6)
    np.testing.assert_allclose(back.samples[0], person, atol=1e-6)
    level = upright(pose(person), DOWN)
    np.testing.assert_allclose(level.points, person)


def test_a_clip_has_one_direction_of_down(person):
    seen, down = tipped(person, 20)
    bent = seen.copy()
    bent[LIFT16.indices(["left_ankle", "right_ankle"]), 2] += 200  # out of balance for a moment
    clip = pose(np.stack([seen, seen, bent, np.full_like(seen, np.nan)]))
    found = gravity(clip, one_camera=True)
    assert found.down.shape == (3,)
    alone = gravity(clip).down
    assert angle(alone[2], down) > angle(found.down, down)
    lost = pose(np.concatenate([clip.points, np.full((60, 16, 3), np.nan)]))
    np.testing.assert_allclose(gravity(lost, one_camera=True).down, found.down)
    ones = gravity(pose(seen))
    np.testing.assert_allclose(gravity(pose(np.stack([seen] * 50)), one_camera=True).deviation, ones.deviation)
    trunks = np.diff(standing_upright(clip).points[:2, LIFT16.indices(["pelvis", "thorax"])], axis=1)
    np.testing.assert_allclose(trunks[0], trunks[1])
