"""Tiny files in the published layout: one frame or two of one action, a person who stands in the middle of the room."""

from pathlib import Path

import numpy as np
import pytest

from fitlab.datasets import human36m
from fitlab.datasets.human36m import H36M32, cameras, read
from fitlab.skeletons import H36M17, LIFT16, MPII16

FRAMES = 2
HEIGHTS = {"hip": 0.9, "knee": 0.5, "ankle": 0.1, "shoulder": 1.4, "elbow": 1.1, "wrist": 0.9}
MIDDLE = {"pelvis": 0.9, "spine": 1.15, "thorax": 1.4, "nose": 1.5, "head_top": 1.7}


def standing():
    """(2, 32, 3) metres: left is +x, the heights above; in the second frame a step to the left."""
    points = np.zeros((FRAMES, 32, 3), np.float32)
    for index, name in enumerate(H36M32.joints):
        side, _, joint = name.rpartition("_")
        x = {"left": 0.2, "right": -0.2}.get(side, 0.0)
        points[:, index] = x, 0.0, MIDDLE.get(name, HEIGHTS.get(joint, 0.0))
    points[1, :, 0] += 0.1
    return points


def seen(subject, world, skeleton, folder):
    """The joints of ``skeleton`` before each camera, as a perfect detector has them."""
    by_name = {name: 1000 * world[:, index] for index, name in enumerate(H36M32.joints)}
    by_name["upper_neck"] = by_name["thorax"]
    joints = np.stack([by_name[name] for name in skeleton.joints], axis=1)
    return [view.project(view.to_camera(joints)).astype(np.float32) for view in cameras(subject, folder)]


SYMMETRY = {
    17: [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
    "lift": [[4, 5, 6, 10, 11, 12], [1, 2, 3, 13, 14, 15]],
    "mpii": [[3, 4, 5, 13, 14, 15], [0, 1, 2, 10, 11, 12]],
}


@pytest.fixture
def write(tmp_path):
    """Writes both files; gives the folder. ``change`` may spoil (space, picture, metadata) before."""

    def written(subjects=("S1",), tracks=("Walking 1",), change=None, name="gt", skeleton=H36M17, symmetry=17):
        space = {subject: {track: standing() for track in tracks} for subject in subjects}
        picture = {
            subject: {track: seen(subject, standing(), skeleton, tmp_path) for track in tracks} for subject in subjects
        }
        metadata = {"num_joints": len(skeleton), "keypoints_symmetry": SYMMETRY[symmetry]}
        if change:
            change(space, picture, metadata)
        np.savez_compressed(tmp_path / "data_3d_h36m.npz", positions_3d=space)
        np.savez_compressed(tmp_path / f"data_2d_h36m_{name}.npz", positions_2d=picture, metadata=metadata)
        return tmp_path

    return written


def test_a_person_in_the_middle_of_the_room(write):
    poses = read(["S1"], folder=write())
    assert len(poses) == 4 * FRAMES
    assert (set(poses.people), set(poses.groups)) == ({"S1"}, {"Walking"})
    head, ankle = (poses.truth[:, LIFT16.index(name)] for name in ("head_top", "left_ankle"))
    # Millimetres, y down: the head is 0.8 m above the pelvis, the ankle as far below it, up to the camera's tilt.
    assert head[:, 1] == pytest.approx(-800, abs=60)
    assert ankle[:, 1] == pytest.approx(800, abs=60)
    assert (poses.truth[:, 0] == 0).all()
    assert poses.field_of_view == pytest.approx(47, abs=0.5)  # 1,145 px for 1,000 px
    pixels = poses.pose2d.joint("pelvis")
    assert ((pixels > 200) & (pixels < 800)).all()


def test_cameras_stand_four_to_six_metres_away_and_look_inwards():
    for view in cameras("S9", Path("nowhere")):
        middle = view.to_camera(np.array([0.0, 0.0, 900.0]))
        assert 4000 < np.linalg.norm(middle) < 6000
        assert middle[2] > 0.95 * np.linalg.norm(middle)
        assert view.rotation @ view.rotation.T == pytest.approx(np.eye(3), abs=1e-6)


def test_the_lens_bends_nothing_in_its_middle_and_little_elsewhere():
    view = cameras("S1", Path("nowhere"))[0]
    assert view.project(np.array([0.0, 0.0, 5000.0])) == pytest.approx(view.centre)
    aside = view.project(np.array([1000.0, 0.0, 5000.0]))
    straight = view.centre + view.focal * [0.2, 0.0]
    # 1 - 0.207 * 0.04 + 0.248 * 0.0016: 0.8 % less, 2 px.
    assert aside == pytest.approx(straight + np.array([-1.8, 0]), abs=0.3)


@pytest.mark.parametrize(
    ("name", "skeleton", "symmetry"),
    [("cpn_ft_h36m_dbb", H36M17, 17), ("sh_ft_h36m", LIFT16, "lift"), ("sh_pt_mpii", MPII16, "mpii")],
)
def test_joints_are_matched_by_name(write, name, skeleton, symmetry):
    poses = read(["S1"], name, folder=write(name=name, skeleton=skeleton, symmetry=symmetry))
    exact = read(["S1"], folder=write())
    for joint in ("left_wrist", "right_ankle", "head_top", "thorax"):
        assert poses.pose2d.joint(joint) == pytest.approx(exact.pose2d.joint(joint))


def test_a_fine_tuned_hourglass_has_a_spine_where_mpii_has_a_thorax(write):
    poses = read(["S1"], "sh_ft_h36m", folder=write(name="sh_ft_h36m", skeleton=human36m._TUNED16, symmetry="mpii"))
    exact = read(["S1"], folder=write())
    assert poses.pose2d.joint("spine") == pytest.approx(exact.pose2d.joint("spine"))


def test_subjects_actions_and_frames_are_chosen(write):
    folder = write(("S1", "S9"), ("Walking", "TakingPhoto 2"))
    assert set(read(["S9"], folder=folder).people) == {"S9"}
    assert set(read(["S1"], folder=folder).groups) == {"Walking", "Photo"}
    assert len(read(["S1"], folder=folder, actions=["Photo"], every=2)) == 4


def spoilt(what):
    def change(space, picture, metadata):
        if what == "subject":
            del picture["S1"]
        if what == "track":
            picture["S1"]["Waiting"] = picture["S1"].pop("Walking 1")
        if what == "cameras":
            picture["S1"]["Walking 1"].pop()
        if what == "frames":
            picture["S1"]["Walking 1"][2] = picture["S1"]["Walking 1"][2][:1]
        if what == "joints":
            space["S1"]["Walking 1"] = space["S1"]["Walking 1"][:, :17]
        if what == "nan":
            space["S1"]["Walking 1"][1, 3] = np.nan
        if what == "millimetres":
            space["S1"]["Walking 1"] *= 1000
        if what == "order":
            picture["S1"]["Walking 1"].reverse()
        if what == "layout":
            metadata["num_joints"] = 25
        if what == "numbers":
            space["S1"]["Walking 1"] = "walking"

    return change


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("subject", r"data_2d_h36m_gt.npz: there is no subject S1; it has"),
        ("track", r"data_2d_h36m_gt.npz: S1 'Walking 1' is missing"),
        ("cameras", r"data_2d_h36m_gt.npz: S1 'Walking 1': expected joints before 4 cameras, got 3"),
        ("frames", r"data_2d_h36m_gt.npz: S1 'Walking 1', camera 2: expected 2 frames, got 1"),
        (
            "joints",
            r"3d_h36m.npz: S1 'Walking 1': expected numbers of shape \(any, 32, 3\), got float32 \(2, 17, 3",
        ),
        ("nan", r"data_3d_h36m.npz: S1 'Walking 1': a joint of frame 1 is not a number"),
        ("millimetres", r"data_2d_h36m_gt.npz: S1 'Walking 1', camera 0: wrists and ankles are \d+ px"),
        ("order", r"data_2d_h36m_gt.npz: S1 'Walking 1', camera 0: wrists and ankles are \d+ px"),
        ("layout", r"data_2d_h36m_gt.npz: metadata: 25 joints"),
        ("numbers", r"data_3d_h36m.npz: S1 'Walking 1': expected numbers of shape"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(write, what, said):
    with pytest.raises(ValueError, match=said):
        read(["S1"], folder=write(change=spoilt(what)))


def test_missing_files_keys_and_names_are_said(write, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data_3d_h36m.npz"):
        read(["S1"], folder=tmp_path)
    folder = write()
    with pytest.raises(FileNotFoundError, match=r"data_2d_h36m_cpn.npz"):
        read(["S1"], "cpn", folder=folder)
    with pytest.raises(ValueError, match=r"unknown action of Human3.6M 'Squat'"):
        read(["S1"], folder=folder, actions=["Squat"])
    np.savez(folder / "data_3d_h36m.npz", other=np.zeros(3))
    with pytest.raises(ValueError, match=r"data_3d_h36m.npz has no positions_3d; it has other"):
        read(["S1"], folder=folder)


def test_a_file_that_would_run_code_is_not_opened(write):
    class Trap:
        def __reduce__(self):
            return print, ("caught",)

    folder = write()
    np.savez(folder / "data_3d_h36m.npz", positions_3d={"S1": Trap()})
    with pytest.raises(ValueError, match=r"positions_3d is damaged, or holds more than arrays.*builtins.print"):
        read(["S1"], folder=folder)


def test_a_damaged_file_is_said(write):
    folder = write()
    (folder / "data_3d_h36m.npz").write_bytes(b"PK nothing")
    with pytest.raises(ValueError, match=r"data_3d_h36m.npz is damaged or not an .npz file"):
        read(["S1"], folder=folder)
