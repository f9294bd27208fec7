import numpy as np
import pytest
from bodies import before, body, leaning_back, lunge, mirrored, plank, pose, squat, tipped

from fitlab.angles import MEASURES, angle_between, free_angle, joint_angle, measure, point
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, mirrored_name

POSES = {
    "standing": body(),
    "squat": squat(),
    "lunge": lunge(),
    "sagging plank": plank(sag=80),
    "piked plank": plank(sag=-80),
    "leaning back": leaning_back(20),
    "arm out": body(left_elbow=(480, 0, 470), left_wrist=(480, 0, 700)),
}


def value(name: str, points: np.ndarray) -> float:
    return float(MEASURES[name].compute(points))


@pytest.mark.parametrize("degrees", [0, 1e-6, 30, 90, 179.999999, 180])
@pytest.mark.parametrize("axes", [2, 3])
def test_angle_between_two_vectors(degrees, axes):
    first = np.zeros(axes)
    second = np.zeros(axes)
    first[0] = 3
    second[:2] = 7 * np.cos(np.deg2rad(degrees)), 7 * np.sin(np.deg2rad(degrees))
    assert angle_between(first, second) == pytest.approx(degrees, abs=1e-9)


def test_angle_agrees_with_the_reports_formula():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200, 3))
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    np.testing.assert_allclose(angle_between(a, b), np.degrees(np.arccos(cosine)))


def test_no_length_or_no_joint_is_unknown():
    assert np.isnan(angle_between(np.zeros(3), np.array([1.0, 0, 0])))
    assert np.isnan(angle_between(np.array([1.0, 0, 0]), np.array([np.nan, 0, 0])))


def test_a_right_angled_arm():
    assert joint_angle(pose(POSES["arm out"]), "left_shoulder", "left_elbow", "left_wrist") == pytest.approx(90)
    assert joint_angle(pose(POSES["arm out"]), "right_shoulder", "right_elbow", "right_wrist") == pytest.approx(180)


def test_the_same_arm_is_never_90_here_and_270_there():
    """Bent forward or backward, up or down, left or right: 90 degrees."""
    for wrist in ((480, 0, 700), (480, 0, 240), (480, -230, 470), (480, 230, 470)):
        for points in (bent := body(left_elbow=(480, 0, 470), left_wrist=wrist), mirrored(bent)):
            side = "left" if points is bent else "right"
            assert value(f"{side}_elbow", points) == pytest.approx(90)
    order = joint_angle(pose(bent), "left_wrist", "left_elbow", "left_shoulder")
    assert order == pytest.approx(90)


def test_angles_of_poses_that_can_be_told_by_looking():
    assert value("left_knee", body()) == pytest.approx(180)
    assert value("left_knee", squat(90)) == pytest.approx(90)
    assert value("right_hip", squat(90)) == pytest.approx(90)
    assert value("left_knee", squat(120)) == pytest.approx(120)
    assert value("trunk_lean", squat(90)) == pytest.approx(180 - 180, abs=1e-6)
    assert value("body_line", body()) == pytest.approx(180)
    assert value("left_shoulder", body(left_shoulder=(110, 0, 470), left_elbow=(400, 0, 470))) == pytest.approx(90)
    assert value("knee_difference", lunge()) == pytest.approx(90)
    assert value("elbow_difference", POSES["arm out"]) == pytest.approx(90)
    assert value("bent_elbow", POSES["arm out"]) == pytest.approx(90)


@pytest.mark.parametrize("points", POSES.values(), ids=POSES)
def test_a_mirrored_pose_swaps_left_and_right(points):
    for name in MEASURES:
        assert value(mirrored_name(name), mirrored(points)) == pytest.approx(value(name, points), abs=1e-6), name


@pytest.mark.parametrize("points", POSES.values(), ids=POSES)
def test_no_measure_depends_on_the_camera_or_the_size(points):
    rng = np.random.default_rng(1)
    for azimuth, elevation, roll in rng.uniform(-180, 180, (20, 3)):
        turned = before(1.7 * points, azimuth, elevation, roll)
        for name in MEASURES:
            assert value(name, turned) == pytest.approx(value(name, points), abs=1e-5), name


@pytest.mark.parametrize("azimuth", [90, -90, 0, 40])
@pytest.mark.parametrize("roll", [0, 180])
def test_a_sagging_plank_is_told_from_a_pike_from_either_side(azimuth, roll):
    """Hips 80 mm off a straight line of 470 and 410 mm: about 10 + 11 degrees."""
    expected = np.degrees(np.arctan(80 / 470) + np.arctan(80 / 410))
    for sag, bend in ((80, expected), (-80, -expected)):
        points = before(plank(sag), azimuth, 15, roll)
        assert value("body_bend", points) == pytest.approx(bend)
        assert value("body_line", points) == pytest.approx(180 - expected)


def test_leaning_back_is_positive_and_bending_forward_negative():
    assert value("body_bend", leaning_back(20)) == pytest.approx(20)
    assert value("body_bend", leaning_back(-20)) == pytest.approx(-20)
    assert value("body_bend", body()) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("lean", [-30, 0, 20, 45, 80])
def test_only_a_trunk_that_tips_forward_leans_forward(lean):
    """Against upright shins in a squat, and against the upright front shin in a lunge from either side."""
    for azimuth in (0, 90, 200):
        assert value("trunk_lean", before(tipped(squat(90), lean), azimuth)) == pytest.approx(lean, abs=1e-6)
        for front in ("left", "right"):
            points = before(tipped(lunge(front), lean), azimuth)
            assert value("lean_over_front_leg", points) == pytest.approx(lean, abs=1e-6)


@pytest.mark.parametrize("front", ["left", "right"])
def test_the_front_knee_of_a_lunge(front):
    for azimuth in (0, 90, 180, 270):
        points = before(lunge(front), azimuth)
        assert value("front_knee", points) == pytest.approx(90)
        assert value("back_knee", points) == pytest.approx(180)


@pytest.mark.parametrize("name", MEASURES)
def test_without_a_joint_a_measure_is_unknown_and_never_another_number(name):
    """The sign of a bend, or which leg is in front, is not guessed. (The front leg can do without the back knee.)"""
    points = plank(80) if name.startswith("body") else lunge()
    for joint in MEASURES[name].joints:
        missing = points.copy()
        missing[LIFT16.index(joint)] = np.nan
        without = value(name, missing)
        needless = name.endswith(("_knee", "front_leg")) and without == value(name, points)
        assert np.isnan(without) or needless, joint


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_needs_no_joint_that_it_does_not_name(name):
    points = lunge()
    others = [i for i, joint in enumerate(LIFT16.joints) if joint not in MEASURES[name].joints]
    points[others] = np.nan
    assert value(name, points) == pytest.approx(value(name, lunge()))


def test_a_clip_gives_one_angle_for_each_frame():
    clip = np.stack([squat(degrees) for degrees in (170, 120, 90)])
    np.testing.assert_allclose(MEASURES["left_knee"].compute(clip), [170, 120, 90])
    assert MEASURES["body_bend"].compute(np.broadcast_to(clip, (4, 3, 16, 3))).shape == (4, 3)


def test_free_angles_and_midpoints():
    assert float(free_angle("thorax", "pelvis", "mid_knees").compute(squat(90))) == pytest.approx(90)
    assert point(body(), "mid_ankles").tolist() == [0, 0, -820]
    assert set(free_angle("thorax", "pelvis", "mid_knees").joints) == {"thorax", "pelvis", "left_knee", "right_knee"}


def test_the_angle_in_the_picture():
    points = np.zeros((16, 2))
    points[MPII16.index("left_hip")], points[MPII16.index("left_ankle")] = (0, -10), (10, 0)
    flat = Pose2D(points, np.ones(16), (100, 100))
    assert joint_angle(flat, "left_hip", "left_knee", "left_ankle") == pytest.approx(90)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("left_kne", "unknown angle 'left_kne'; did you mean left_knee"),
        (("left_hip", "left_kne", "left_ankle"), "did you mean left_knee"),
        (("left_hip", "left_knee"), "three joints, the vertex in the middle; got 2"),
        (("mid_hips", "mid_head", "thorax"), "unknown joint of LIFT16 'mid_head'"),
    ],
)
def test_unknown_angles_and_joints_get_suggestions(name, complaint):
    with pytest.raises(ValueError, match=complaint):
        measure(name)


def test_points_without_a_pose_are_refused():
    with pytest.raises(TypeError, match="measured on a Pose3D or Pose2D, got ndarray; make one"):
        joint_angle(body(), "left_hip", "left_knee", "left_ankle")
