import os

import numpy as np
import pytest
from motion_files import ASF

from fitlab.datasets import mocap
from fitlab.datasets.io import asf_amc, bvh
from fitlab.skeletons import LIFT16

ARM_BVH = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Arm
  {
    OFFSET 1 0 0
    CHANNELS 3 Zrotation Yrotation Xrotation
    End Site
    {
      OFFSET 2 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.025
0 10 0 0 0 0 0 0 0
0 10 0 0 0 0 90 0 0
"""

ARM_ASF = "# a root and one bone\n:version 1.10\n:name test\n" + (
    ASF.replace("length 1.0", "mass 1.0\n length 0.5")
    .replace("name a\n direction 0 1 0\n length 10\n axis 0 0 0", "name arm\n direction 1 0 0\n length 2\n axis 0 0 90")
    .replace("dof rx ry rz", "dof rx\n limits (-180 180)")
    .replace("root a\n", "root arm\n")
    .replace("\n ", "\n    ")
)

ARM_AMC = """:FULLY-SPECIFIED
:DEGREES
1
root 0 1 0 0 0 0
arm 0
2
root 0 1 0 0 90 0
arm 90
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_bvh_adds_offsets_and_turns_children(tmp_path):
    joints, fps = bvh.read(write(tmp_path / "arm.bvh", ARM_BVH), unit_mm=1)
    assert fps == pytest.approx(40)
    np.testing.assert_allclose(joints["Arm"], [[1, 10, 0], [1, 10, 0]])
    np.testing.assert_allclose(joints["Arm_end"], [[3, 10, 0], [1, 12, 0]], atol=1e-12)


@pytest.mark.parametrize("text", ["", "HIERARCHY\nMOTION\n", ARM_BVH.replace("Frames: 2", "Frames: 3")])
def test_a_broken_bvh_is_named(tmp_path, text):
    with pytest.raises(ValueError, match=r"arm\.bvh is not a BVH file"):
        bvh.read(write(tmp_path / "arm.bvh", text))


def test_asf_bones_turn_about_their_own_axes(tmp_path):
    skeleton, motion = write(tmp_path / "p.asf", ARM_ASF), write(tmp_path / "p_1.amc", ARM_AMC)
    joints, fps = asf_amc.read(skeleton, motion)
    unit = 25.4 / 0.5
    assert fps == 120
    np.testing.assert_allclose(joints["root"] / unit, [[0, 1, 0], [0, 1, 0]])
    # The bone's own x axis is the world's y. Frame 2: the arm turns by 90 degrees about it, from x to -z, and the root
    # by 90 degrees about y, from -z on to -x.
    np.testing.assert_allclose(joints["arm"] / unit, [[2, 1, 0], [-2, 1, 0]], atol=1e-12)


def test_broken_asf_and_amc_are_named(tmp_path):
    skeleton = write(tmp_path / "p.asf", ARM_ASF)
    with pytest.raises(ValueError, match=r"q\.amc is not an AMC file"):
        asf_amc.read(skeleton, write(tmp_path / "q.amc", ARM_AMC.replace("arm 90", "arm 90 1")))
    with pytest.raises(ValueError, match=r"q\.asf is not an ASF file"):
        asf_amc.read(write(tmp_path / "q.asf", "nothing"), tmp_path / "q.amc")
    with pytest.raises(FileNotFoundError, match="needs the skeleton"):
        asf_amc.read(tmp_path / "none.asf", tmp_path / "q.amc")


@pytest.mark.parametrize("source", [mocap.CMU_BVH, mocap.CMU_ASF])
def test_cmu_joints_are_found_by_name_and_stand_up(source):
    joints = {name: np.full((1, 3), float(number)) for number, name in enumerate(source.values())}
    joints[source["head_top"]] = np.array([[1, 1700, 3.0]])
    points = mocap.from_cmu(joints, source)
    assert points.shape == (1, 16, 3)
    np.testing.assert_array_equal(points[0, LIFT16.index("head_top")], [1, -3, 1700])
    hips = (joints[source["left_hip"]][0, 0] + joints[source["right_hip"]][0, 0]) / 2
    assert points[0, LIFT16.index("pelvis"), 0] == hips


def test_a_file_that_is_not_cmus_is_named():
    with pytest.raises(ValueError, match="'Spine'"):
        mocap.from_cmu({"Hips": np.zeros((1, 3))}, mocap.CMU_BVH)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"known: \.bvh, \.amc"):
        mocap.read_clip(tmp_path / "walk.fbx")


def clip(frames=5):
    points = np.random.default_rng(0).normal(size=(16, 3)) * 300
    return np.tile(points, (frames, 1, 1))


def test_calibration_poses_broken_bones_and_unknown_joints_are_rejected():
    points = np.concatenate([clip(), clip()])
    points[0, LIFT16.index("left_wrist"), 2] += 1000
    points[7, LIFT16.index("left_ankle")] += 2000
    points[8, 3] = np.nan
    motion = mocap.Motion(points, np.repeat([0, 1], 5), ("a", "b"), 30)
    said = []
    np.testing.assert_array_equal(mocap.usable(motion, said.append).clip, [0, 0, 0, 0, 1, 1, 1])
    assert [line.split()[0] for line in said] == ["1", "1", "1"]


def test_clips_are_held_out_whole():
    motion = mocap.Motion(np.zeros((4, 16, 3)), np.array([0, 0, 1, 2]), ("a", "b", "c"), 30)
    training, held_out = mocap.split_by_clip(motion, ["b"])
    assert (len(training), len(held_out)) == (3, 1)
    with pytest.raises(ValueError, match="'d'"):
        mocap.split_by_clip(motion, ["d"])


def test_all_clips_of_a_name_are_held_out():
    """Two folders may each have a walk."""
    motion = mocap.Motion(np.zeros((3, 16, 3)), np.arange(3), ("walk", "run", "walk"), 30)
    training, held_out = mocap.split_by_clip(motion, ["walk"])
    assert (training.clip.tolist(), held_out.clip.tolist()) == ([1], [0, 2])


def test_people_are_held_out_whole():
    motion = mocap.Motion(np.zeros((4, 16, 3)), np.arange(4), ("1_1", "1_2", "2_1", "3_1"), 30)
    training, held_out = mocap.split_by_person(motion)
    assert (training.clip.tolist(), held_out.clip.tolist()) == ([0, 1, 2], [3])
    with pytest.raises(ValueError, match="person 1"):
        mocap.split_by_person(mocap.Motion(np.zeros((2, 16, 3)), np.arange(2), ("1_1", "1_2"), 30))


def test_held_out_names():
    names = ("01_04", "01_05", "test/walking/walking_1", "train/walking/walking_1")
    assert mocap.everyday_held_out(names) == ["test/walking/walking_1", "01_05"]


def test_missing_motion_says_where_it_belongs(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="FITLAB_DATA"):
        mocap.everyday()


@pytest.mark.skipif("FITLAB_DATA" not in os.environ, reason="FITLAB_DATA names no folder with motion capture")
def test_the_packed_motion_is_of_people():
    training, held_out = mocap.everyday()
    assert not set(training.clip) & set(held_out.clip)
    assert len(training) > 25_000 < 5 * len(held_out)
    shin = np.linalg.norm(
        training.points[:, LIFT16.index("left_knee")] - training.points[:, LIFT16.index("left_ankle")], axis=-1
    )
    assert 350 < shin.min() < shin.max() < 500


CMU_PERSON = (
    ("Hips", None, (0, 15, 0)),
    ("LHipJoint", "Hips", (0, 0, 0)),
    ("LeftUpLeg", "LHipJoint", (1.5, -1, 0)),
    ("LeftLeg", "LeftUpLeg", (0, -7, 0)),
    ("LeftFoot", "LeftLeg", (0, -7, 0)),
    ("RHipJoint", "Hips", (0, 0, 0)),
    ("RightUpLeg", "RHipJoint", (-1.5, -1, 0)),
    ("RightLeg", "RightUpLeg", (0, -7, 0)),
    ("RightFoot", "RightLeg", (0, -7, 0)),
    ("LowerBack", "Hips", (0, 0, 0)),
    ("Spine", "LowerBack", (0, 2, 0)),
    ("Spine1", "Spine", (0, 2, 0)),
    ("Neck", "Spine1", (0, 2, 0)),
    ("Neck1", "Neck", (0, 2, 0)),
    ("Head", "Neck1", (0, 2, 0)),
    ("LeftShoulder", "Spine1", (0, 2, 0)),
    ("LeftArm", "LeftShoulder", (3, 1, 0)),
    ("LeftForeArm", "LeftArm", (5, 0, 0)),
    ("LeftHand", "LeftForeArm", (4, 0, 0)),
    ("RightShoulder", "Spine1", (0, 2, 0)),
    ("RightArm", "RightShoulder", (-3, 1, 0)),
    ("RightForeArm", "RightArm", (-5, 0, 0)),
    ("RightHand", "RightForeArm", (-4, 0, 0)),
)


def cmu_bvh(frames: int) -> str:
    """A person with outstretched arms in the joints of the CMU conversions, 120 frames/s."""

    def joint(name):
        offset = next(offset for other, _, offset in CMU_PERSON if other == name)
        children = [child for child, parent, _ in CMU_PERSON if parent == name]
        below = "".join(map(joint, children)) or "End Site\n{\nOFFSET 0 2 0\n}\n"
        kind = "ROOT" if name == "Hips" else "JOINT"
        channels = "CHANNELS 3 Zrotation Yrotation Xrotation"
        return f"{kind} {name}\n{{\nOFFSET {' '.join(map(str, offset))}\n{channels}\n{below}}}\n"

    rows = (" ".join(["0"] * 3 * len(CMU_PERSON)) + "\n") * frames
    return f"HIERARCHY\n{joint('Hips')}MOTION\nFrames: {frames}\nFrame Time: {1 / 120}\n{rows}"


def test_a_folder_of_cmu_clips_is_read_at_30_frames_a_second(tmp_path):
    (tmp_path / "subjects").mkdir()
    write(tmp_path / "subjects" / "13_01.bvh", cmu_bvh(8))
    write(tmp_path / "subjects" / "14_01.bvh", cmu_bvh(4))
    motion = mocap.read_folder(tmp_path)
    assert motion.clip_names == ("13_01", "14_01")
    assert motion.clip.tolist() == [0, 0, 1]
    left_wrist = motion.points[0, LIFT16.index("left_wrist")] / bvh.CMU_UNIT_MM
    np.testing.assert_allclose(left_wrist, [3 + 5 + 4, 0, 15 + 6 + 1], atol=1e-9)
    head = motion.points[0, LIFT16.index("head_top")] / bvh.CMU_UNIT_MM
    np.testing.assert_allclose(head, [0, 0, 15 + 6 + 2 + 2 + 2], atol=1e-9)


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no \.bvh or \.amc"):
        mocap.read_folder(tmp_path)
