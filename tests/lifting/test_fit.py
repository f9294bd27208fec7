import numpy as np
import pytest
from people import standing

from fitlab.angles import angle_between
from fitlab.bodies import REFERENCE_BONES
from fitlab.lifting.fit import fit
from fitlab.skeletons import LIFT16

FAR = np.array([200.0, 100.0, 4000.0])  # mm, where the pelvis is
SURE = np.full(15, 10.0)
EVERY = np.ones(16, bool)


@pytest.fixture
def person():
    """(16, 3) mm relative to the pelvis, with one foot in front."""
    points = np.concatenate([standing(), np.zeros((16, 1))], -1)
    points[LIFT16.index("left_ankle")] += [0, 30, -150]
    points[LIFT16.index("left_knee")] += [0, 20, -90]
    return points


def rays(points):
    return (points + FAR)[..., :2] / (points + FAR)[..., 2:]


def bones(points):
    return np.linalg.norm(
        points[..., LIFT16.bone_indices[:, 1], :] - points[..., LIFT16.bone_indices[:, 0], :], axis=-1
    )


def knee(points, side="left"):
    hip, vertex, ankle = (points[..., LIFT16.index(f"{side}_{name}"), :] for name in ("hip", "knee", "ankle"))
    return angle_between(hip - vertex, ankle - vertex)


def test_joints_come_to_lie_on_their_rays(person):
    wrong = person + np.random.default_rng(0).normal(0, 40, person.shape) * [1, 1, 0]
    wrong -= wrong[:1]
    fitted, drawn = fit(rays(person), np.zeros(16), EVERY, wrong, SURE)
    assert drawn is None
    np.testing.assert_allclose(fitted[0], 0)
    error = np.linalg.norm((fitted - person)[:, :2], axis=-1)
    assert error.max() < 15 < np.linalg.norm((wrong - person)[:, :2], axis=-1).mean()


def test_what_the_detector_is_not_sure_of_stays_where_the_network_puts_it(person):
    seen_at = rays(person)
    wrist = LIFT16.index("right_wrist")
    seen_at[wrist] += 0.05  # 200 mm aside
    exact, _ = fit(seen_at, np.zeros(16), EVERY, person, SURE)
    unsure, _ = fit(seen_at, np.where(np.arange(16) == wrist, 0.1, 0.0), EVERY, person, SURE)
    assert np.linalg.norm((exact - person)[wrist]) > 100
    assert np.linalg.norm((unsure - person)[wrist]) < 50


def test_a_knee_that_is_dragged_in_the_picture_bends_as_the_picture_shows(person):
    seen_at = rays(person)
    shown = []
    for forward in (0.0, 0.01, 0.02, 0.03):
        moved = seen_at.copy()
        moved[LIFT16.index("right_knee"), 0] += forward
        fitted, _ = fit(moved, np.zeros(16), EVERY, person, SURE)
        flat = moved[LIFT16.indices(["right_hip", "right_knee", "right_ankle"])]
        shown.append(angle_between(flat[0] - flat[1], flat[2] - flat[1]))
        assert knee(fitted, "right") == pytest.approx(shown[-1], abs=6)
    assert shown[-1] < 150


def with_arm(bend, person):
    """The person with the right elbow bent by so many degrees, away from the camera."""
    turned, shoulder, elbow, wrist = (
        person.copy(),
        *(LIFT16.index(f"right_{name}") for name in ("shoulder", "elbow", "wrist")),
    )
    upper, lower = person[elbow] - person[shoulder], np.linalg.norm(person[wrist] - person[elbow])
    turn = np.radians(bend)
    turned[wrist] = turned[elbow] + lower * (np.cos(turn) * upper / np.linalg.norm(upper) + [0, 0, np.sin(turn)])
    return turned


def elbow(points):
    shoulder, vertex, wrist = (points[LIFT16.index(f"right_{name}")] for name in ("shoulder", "elbow", "wrist"))
    return angle_between(shoulder - vertex, wrist - vertex)


def test_a_bent_arm_that_may_be_an_error_of_depth_is_taken_for_one(person):
    fitted, _ = fit(rays(with_arm(0, person)), np.full(16, 1e-3), EVERY, with_arm(25, person), np.full(15, 60.0))
    assert elbow(fitted) > 168


@pytest.mark.parametrize(("bend", "depth"), [(25, 5.0), (70, 5.0), (90, 60.0)])
def test_a_bent_arm_that_is_sure_or_far_from_straight_stays(person, bend, depth):
    bent = with_arm(bend, person)
    fitted, _ = fit(rays(bent), np.full(16, 1e-3), EVERY, bent, np.full(15, depth))
    assert elbow(fitted) == pytest.approx(180 - bend, abs=4)


def test_what_is_not_seen_says_nothing_about_how_long_bones_are(person):
    wrist = LIFT16.index("right_wrist")
    clip, seen = np.repeat(person[None], 5, 0), np.ones((5, 16), bool)
    clip[1:, wrist], seen[1:, wrist] = clip[1:, LIFT16.index("right_elbow")], False
    rest = np.zeros((5, 16)), seen, clip, np.full((5, 15), 60.0)
    every, _ = fit(rays(clip), *rest, one_person=True)
    alone, _ = fit(rays(clip[:1]), *(part[:1] for part in rest), one_person=True)
    forearm = LIFT16.bones.index(("right_elbow", "right_wrist"))
    assert bones(every)[0, forearm] == pytest.approx(bones(alone)[0, forearm], abs=5)


def test_bones_are_as_long_as_bones_are(person):
    shrunk = person.copy()
    arm = LIFT16.indices(["left_elbow", "left_wrist"])
    shrunk[arm] = shrunk[[LIFT16.index("left_shoulder")]] + 0.4 * (person[arm] - person[LIFT16.index("left_shoulder")])
    fitted, _ = fit(rays(person), np.zeros(16), EVERY, shrunk, np.full(15, 100.0))
    assert (bones(fitted) / REFERENCE_BONES).min() > 0.6 > (bones(shrunk) / REFERENCE_BONES).min()


def test_a_clip_is_fitted_as_its_frames_are(person):
    rng = np.random.default_rng(1)
    clip = person + rng.normal(0, 20, (2, 3, 16, 3))
    clip -= clip[..., :1, :]
    given = rays(clip), rng.uniform(0, 0.01, (2, 3, 16)), rng.random((2, 3, 16)) > 0.1, clip
    scale = rng.uniform(10, 90, (2, 3, 15))
    whole, drawn = fit(*given, scale, samples=4)
    assert drawn.shape == (4, 2, 3, 16, 3)
    one, some = fit(*(part[1, 2] for part in given), scale[1, 2], samples=4)
    np.testing.assert_allclose(whole[1, 2], one, atol=1e-6)
    np.testing.assert_allclose(drawn[:, 1, 2], some, atol=1e-6)


def test_drawn_poses_are_as_far_apart_as_is_unknown(person):
    def deviation_of(deviation, scale):
        _, drawn = fit(rays(person), np.full(16, deviation), EVERY, person, np.full(15, scale), samples=400)
        return drawn.std(0)[LIFT16.index("left_wrist")]

    sure, deep, blurred = deviation_of(0.0, 10.0), deviation_of(0.0, 80.0), deviation_of(0.01, 10.0)
    assert deep[2] > 3 * sure[2]
    assert deep[0] < 3 * sure[0]
    assert blurred[0] > 3 * sure[0]


def test_who_is_one_person_has_one_set_of_bones(person):
    rng = np.random.default_rng(2)
    turn = rng.uniform(0, 2 * np.pi, 40)
    about = np.array(
        [
            [np.cos(turn), 0 * turn, np.sin(turn)],
            [0 * turn, 1 + 0 * turn, 0 * turn],
            [-np.sin(turn), 0 * turn, np.cos(turn)],
        ]
    )
    clip = 1.1 * person @ np.moveaxis(about, 2, 0)
    lifted = clip + rng.normal(0, 50, clip.shape)
    lifted -= lifted[:, :1]
    given = rays(clip), np.zeros((40, 16)), np.ones((40, 16), bool), lifted, np.full((40, 15), 60.0)
    anybody, one = fit(*given)[0], fit(*given, one_person=True)[0]
    assert bones(one).std(0).mean() < 0.7 * bones(anybody).std(0).mean()
    assert np.abs(knee(one) - knee(clip)).mean() < np.abs(knee(anybody) - knee(clip)).mean()


def test_a_joint_that_is_not_seen_moves_no_other(person):
    seen = EVERY.copy()
    seen[LIFT16.index("left_wrist")] = False
    nowhere = rays(person)
    nowhere[LIFT16.index("left_wrist")] = np.nan
    fitted, _ = fit(nowhere, np.zeros(16), seen, person, SURE)
    others = np.arange(16) != LIFT16.index("left_wrist")
    assert np.isfinite(fitted).all()
    assert np.linalg.norm((fitted - person)[others], axis=-1).max() < 30
