"""Bodies and their motion: what stays constant, what touches the floor, what an error changes."""

import importlib.util
from itertools import pairwise

import numpy as np
import pytest

from fitlab.extras import install_command

pytest.importorskip("numba", reason=install_command("synthetic"))

from fitlab.datasets import anatomy, mocap
from fitlab.rotations import X, apply, between, pitch, reach, turn, unit
from fitlab.skeletons import LIFT16
from fitlab.synthetic.exercises import everyday
from fitlab.synthetic.exercises.catalogue import MOVEMENTS, RECORDED, movement_named
from fitlab.synthetic.exercises.motion import Draw, DrawnMotion, draw_motion, draw_rig, phase_over_time, solve
from fitlab.synthetic.people import body, export
from fitlab.synthetic.people.rig import BonePose, lowest
from fitlab.synthetic.pose_sets import _joints, sample_clip, sample_poses, with_cameras

EXPORTED = (export.body_folder() / export.FILE).exists() or importlib.util.find_spec("anny") is not None
needs_body = pytest.mark.skipif(not EXPORTED, reason=install_command("synthetic"))
SCRIPTED = [name for name in MOVEMENTS if name not in RECORDED]
ARM = ("shoulder", "elbow", "wrist")
LIMBS = [bone for bone in LIFT16.bones if "hip" not in bone[1] and "spine" not in bone and "thorax" not in bone]


def joint(poses: np.ndarray, name: str) -> np.ndarray:
    return poses[..., LIFT16.index(name), :]


def inner_angle(poses: np.ndarray, first: str, corner: str, last: str) -> np.ndarray:
    u, v = joint(poses, first) - joint(poses, corner), joint(poses, last) - joint(poses, corner)
    return np.rad2deg(np.arctan2(np.linalg.norm(np.cross(u, v), axis=-1), (u * v).sum(-1)))


# -- rotations ------------------------------------------------------------------------------------------------------


def test_a_quarter_turn_about_z_takes_x_to_y():
    assert apply(turn([0, 0, 1], np.array([90.0])), np.array([1.0, 0, 0]))[0] == pytest.approx([0, 1, 0], abs=1e-9)


def test_pitch_90_lays_the_body_on_its_belly():
    head, front = np.array([0, 0, 1.0]), np.array([0, -1.0, 0])
    assert apply(pitch(np.array([90.0])), head)[0] == pytest.approx([0, -1, 0], abs=1e-9)
    assert apply(pitch(np.array([90.0])), front)[0] == pytest.approx([0, 0, -1], abs=1e-9)


def test_halfway_between_two_turns():
    (half,) = between(turn([1, 0, 0], np.array([0.0])), turn([1, 0, 0], np.array([80.0])), (0.5,))
    assert half == pytest.approx(turn([1, 0, 0], np.array([40.0])), abs=1e-9)


def test_two_bones_reach_their_target_with_the_knee_in_front():
    hip, ankle, length = np.array([[0, 0, 1.0]]), np.array([[0, 0, 0.4]]), np.array([0.5])
    thigh, shank = reach(hip, ankle, length, length, np.array([[0, -1.0, 0]]))
    knee = hip + 0.5 * thigh
    assert knee + 0.5 * shank == pytest.approx(ankle)
    assert knee[0] == pytest.approx([0, -0.4, 0.7])


def test_a_target_out_of_reach_is_pointed_at():
    upper, lower = reach(np.zeros((1, 3)), np.array([[9.0, 0, 0]]), np.ones(1), np.ones(1), np.array([[0, 0, 1.0]]))
    assert upper[0] == pytest.approx([1, 0, 0], abs=0.05)
    assert lower[0] == pytest.approx([1, 0, 0], abs=0.05)


# -- bodies -----------------------------------------------------------------------------------------------------------


def test_no_person_is_in_both_splits():
    rng = np.random.default_rng(0)
    train, test = (body.person_numbers(rng, split, 2000) for split in ("train", "test"))
    assert train.max() < body.SPLITS["train"][1] <= test.min()


@needs_body
def test_a_taller_phenotype_is_a_taller_body():
    phenotypes = np.array([[0, 0.7, 0.5, 0.5, height, 0.5] for height in (0.2, 0.5)])
    short, tall = np.ptp(body.rest_vertices(body.shape_coefficients(phenotypes))[:, : body.HELPERS, 2], axis=1)
    assert 1.4 < short < tall < 2.1


@needs_body
def test_a_body_that_does_not_move_stays_where_it_was():
    coefficients = body.shape_coefficients(body.draw_phenotypes(np.array([5])))
    rest, heads = body.rest_vertices(coefficients).astype(float), body.rest_bones(coefficients)
    still = np.broadcast_to(np.eye(3), (*heads.shape[:2], 3, 3))
    posed = body.bone_positions(heads, still, heads[:, 0])
    assert posed == pytest.approx(heads)
    some = slice(0, body.HELPERS, 50)
    skinned = body.skin(rest[:, some], body.body_model().weights[some], heads, still, posed)
    assert skinned == pytest.approx(rest[:, some], abs=1e-5)


# -- poses ------------------------------------------------------------------------------------------------------------


@needs_body
@pytest.mark.parametrize("name", SCRIPTED)
def test_poses_are_of_human_beings_on_the_floor(name):
    poses = sample_poses(40, seed=3, exercises=[name])["lift16"]
    assert np.isfinite(poses).all()
    assert poses[..., 2].min() > -5
    for side in ("left", "right"):
        assert inner_angle(poses, f"{side}_hip", f"{side}_knee", f"{side}_ankle").min() > 25
        assert inner_angle(poses, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist").min() > 20
        alike = [
            np.linalg.norm(joint(poses, f"{side}_{a}") - joint(poses, f"{side}_{b}"), axis=-1)
            for a, b in (("hip", "knee"), ("knee", "ankle"))
        ]
        assert np.min(alike) > 250
        assert np.max(alike) < 560


def _lower(motion: DrawnMotion, pose: BonePose, part: str) -> np.ndarray:
    """Heights of a part of the side that carries a side plank, metres; 0 where its forearm is not to be down."""
    sides = [lowest(motion.rig, pose, f"{side}_{part}") for side in ("left", "right")]
    height = np.where(motion.parameters["down"] == "left", *sides)
    return np.where(motion.parameters["on_hand"], 0, height) if part == "forearm" else height


@needs_body
@pytest.mark.parametrize("phase", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", SCRIPTED)
def test_knees_bend_the_human_way(name, phase):
    """The kneecap is in front: thigh x shank points to the left of the leg, which the thigh carries from its rest."""
    motion = draw_motion(movement_named(name), draw_rig(np.arange(100))[0], np.random.default_rng(5))
    pose, _ = solve(motion, np.full(100, phase))
    model = body.body_model()
    for letter in "LR":
        hip, knee, ankle = (model.bone(f"{bone}.{letter}") for bone in ("upperleg01", "lowerleg01", "foot"))
        thigh, shank = (unit(pose.heads[:, b] - pose.heads[:, a]) for a, b in ((hip, knee), (knee, ankle)))
        bend = (np.cross(thigh, shank) * apply(pose.rotations[:, hip], X)).sum(-1)
        assert np.rad2deg(np.arcsin(bend)).min() > -3


@needs_body
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("squat", ("left_foot", "right_foot")),
        ("push_up", ("left_hand", "right_hand")),
        ("side_plank", ("lower_foot", "lower_hand", "lower_forearm")),
        ("downward_dog", ("left_hand", "right_hand", "left_foot", "right_foot")),
        ("sit_up", ("buttocks", "left_foot", "right_foot")),
    ],
)
def test_contacts_lie_within_5_mm_of_the_floor(name, parts):
    rng = np.random.default_rng(1)
    rig, _ = draw_rig(np.arange(30))
    motion = draw_motion(movement_named(name), rig, rng)
    pose, residual = solve(motion, rng.random(30))
    assert residual.max() < 0.005
    for part in parts:
        height = lowest(rig, pose, part) if not part.startswith("lower_") else _lower(motion, pose, part[6:])
        assert np.abs(height).max() < 0.005
    assert lowest(rig, pose, "ground").min() > -0.03


@needs_body
def test_the_same_seed_gives_the_same_poses_and_another_seed_others():
    first, again, other = (sample_poses(30, seed)["lift16"] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@needs_body
def test_a_deeper_phase_bends_the_knees_more():
    motion = draw_motion(movement_named("squat"), draw_rig(np.arange(20))[0], np.random.default_rng(0), "none")
    hips = [solve(motion, np.full(20, phase))[0].root[:, 2] for phase in (0.0, 0.5, 1.0)]
    assert (hips[0] > hips[1]).all()
    assert (hips[1] > hips[2]).all()


def _drawn_with(name: str, error: str, phase: float) -> np.ndarray:
    """Median joints of 60 people who make an error."""
    rig, _ = draw_rig(np.arange(60))
    motion = draw_motion(movement_named(name), rig, np.random.default_rng(2), error)
    pose, _ = solve(motion, np.full(60, phase))
    joints = body.named_joints(pose.heads, pose.heads[:, 0])
    return np.median(body.lift16(joints), axis=0)


@needs_body
@pytest.mark.parametrize(
    ("name", "error", "phase", "measure"),
    [
        ("squat", "knees_caving", 1.0, lambda pose: -(joint(pose, "left_knee") - joint(pose, "right_knee"))[0]),
        ("squat", "half_depth", 1.0, lambda pose: joint(pose, "pelvis")[2]),
        ("squat", "heels_rising", 1.0, lambda pose: joint(pose, "left_ankle")[2]),
        ("squat", "forward_lean", 1.0, lambda pose: (joint(pose, "pelvis") - joint(pose, "thorax"))[1]),
        ("push_up", "hips_piking", 0.0, lambda pose: joint(pose, "pelvis")[2]),
        ("push_up", "hips_sagging", 0.0, lambda pose: -joint(pose, "pelvis")[2]),
        ("push_up", "half_depth", 1.0, lambda pose: joint(pose, "thorax")[2]),
        ("overhead_press", "elbows_not_locked", 1.0, lambda pose: -joint(pose, "left_wrist")[2]),
        ("overhead_press", "leaning_back", 1.0, lambda pose: (joint(pose, "thorax") - joint(pose, "pelvis"))[1]),
        ("overhead_press", "bar_forward", 1.0, lambda pose: (joint(pose, "thorax") - joint(pose, "left_wrist"))[1]),
        ("plank", "hips_piking", 0.5, lambda pose: joint(pose, "pelvis")[2]),
    ],
)
def test_a_form_error_shows(name, error, phase, measure):
    assert measure(_drawn_with(name, error, phase)) > measure(_drawn_with(name, "none", phase)) + 0.015


@needs_body
@pytest.mark.parametrize(("name", "error"), [(name, error) for name in SCRIPTED for error in MOVEMENTS[name].errors])
def test_every_form_error_begins_at_nothing_and_ends_in_something(name, error):
    exercise, (rig, _) = movement_named(name), draw_rig(np.arange(20))

    def joints(error: str, grade: float) -> np.ndarray:
        errors, grades = np.full(20, error, dtype=object), np.full(20, grade)
        parameters = exercise.draw(Draw(np.random.default_rng(8), 20, errors, grades), rig)
        pose, _ = solve(DrawnMotion(exercise, rig, parameters, errors, grades), np.ones(20))
        return _joints(rig, pose)["lift16"]

    right = joints("none", 0.0)
    assert np.linalg.norm(joints(error, 0.0) - right, axis=-1).max() < 1
    assert np.linalg.norm(joints(error, 1.0) - right, axis=-1).max(-1).min() > 20


def test_errors_that_there_are_not_are_named():
    with pytest.raises(ValueError, match="known: none, knees_caving"):
        draw_motion(movement_named("squat"), range(3), np.random.default_rng(0), "hips_sagging")
    with pytest.raises(ValueError, match="push_up"):
        movement_named("pushup")


@needs_body
def test_cameras_see_the_whole_person():
    seen = with_cameras(sample_poses(60, seed=2), seed=2, size=500)
    assert seen["mpii16_image"].min() > 0
    assert seen["mpii16_image"].max() < 499
    heights = -(seen["translation"][:, None] @ seen["rotation"])[:, 0, 2]
    assert heights.min() == pytest.approx(80), "mm above the floor"
    back = (seen["lift16_camera"] - seen["translation"][:, None]) @ seen["rotation"]
    assert back == pytest.approx(seen["lift16"], abs=1e-6)


@pytest.mark.skipif(not (EXPORTED and everyday.available()), reason="needs the body and motion capture in FITLAB_DATA")
def test_everyday_poses_point_their_bones_as_the_recording_does():
    poses = sample_poses(20, seed=1, exercises=["everyday"])["lift16"]
    assert poses[..., 2].min() > -5
    assert np.ptp(poses[..., 2], axis=1).max() > 1200
    bones = [("pelvis", "spine"), ("spine", "thorax"), ("right_hip", "left_hip"), ("right_shoulder", "left_shoulder")]
    bones += [(f"{side}_{start}", f"{side}_{end}") for side in ("left", "right") for start, end in pairwise(ARM)]
    drawn, recorded = (
        np.stack([unit(joint(some, end) - joint(some, start)) for start, end in bones], axis=1)
        for some in (poses, everyday.frames())
    )
    # Legs are left out: they are drawn straighter than they were recorded. The other bones of each pose, and of the
    # frame that is most like it, are a few degrees apart; with left and right exchanged it would be 77.
    alike = np.stack([(recorded * pose).sum(-1).min(-1).max() for pose in drawn])
    assert np.rad2deg(np.arccos(alike)).max() < 20


@needs_body
def test_everyday_poses_are_of_training_clips_and_stand_straighter(monkeypatch):
    standing = anatomy.random_poses(np.random.default_rng(1), 1)
    for side in ("left", "right"):
        hip, knee, ankle = LIFT16.indices([f"{side}_hip", f"{side}_knee", f"{side}_ankle"])
        standing[:, knee] = standing[:, hip] + np.array([0, -100, -400])
        standing[:, ankle] = standing[:, hip] + np.array([0, 0, -800])
    training, held_out = (mocap.Motion(points, np.zeros(1, int), ("clip",), 30) for points in (standing, 0 * standing))
    monkeypatch.setattr(mocap, "everyday", lambda: (training, held_out))
    everyday.frames.cache_clear()
    try:
        np.testing.assert_array_equal(everyday.frames(), standing / 1000)
        poses = sample_poses(12, seed=1, exercises=["everyday"])["lift16"]
    finally:
        everyday.frames.cache_clear()
    assert inner_angle(standing, "left_hip", "left_knee", "left_ankle") == pytest.approx(152, abs=0.5)
    assert inner_angle(poses, "left_hip", "left_knee", "left_ankle").min() > 157


# -- clips ------------------------------------------------------------------------------------------------------------


def test_phases_go_down_and_up_as_often_as_asked():
    phase, repetition = phase_over_time(np.random.default_rng(0), 4, 30.0)
    below = phase > 0.5
    assert np.count_nonzero(below[1:] & ~below[:-1]) == 4
    assert set(repetition) == {-1, 0, 1, 2, 3}
    assert np.abs(np.diff(phase)).max() < 0.12


@needs_body
def test_in_a_clip_bones_keep_their_length_and_joints_move_smoothly():
    clip = sample_clip("squat", seed=1, repetitions=1, fps=15.0)
    poses = clip["lift16"]
    for start, end in LIMBS:
        lengths = np.linalg.norm(joint(poses, end) - joint(poses, start), axis=-1)
        assert np.ptp(lengths) < 1
    assert np.linalg.norm(np.diff(poses, axis=0), axis=-1).max() < 120
    assert clip["time"][1] == pytest.approx(1 / 15)
