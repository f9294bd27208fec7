"""Files for other tools, each read again by somebody else's reader: TRC, C3D and BVH."""

from pathlib import Path

import numpy as np
import pytest
from bodies import before, body, lunge, plank, squat

from fitlab.datasets.io import bvh
from fitlab.export import FORMATS, write
from fitlab.export.bvh import UNIT_MM
from fitlab.gravity import standing_upright
from fitlab.poses import Pose3D
from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16, MPII16

KNEE = LIFT16.index("left_knee")
TIMES = 1.5 + np.arange(40) / 25


def clip(points: np.ndarray | None = None) -> Pose3D:
    """A squat down and up again, half from the front; the left knee is not seen in frames 10 to 13."""
    if points is None:
        points = np.stack([before(squat(130 + 40 * np.cos(frame / 6)), 30) for frame in range(40)])
        points[10:14, KNEE] = np.nan
    return Pose3D(points, np.ones(points.shape[:-1]))


def stood(pose: Pose3D) -> np.ndarray:
    """The points of a clip along gravity, as all files have them."""
    return standing_upright(pose).points


def upwards(points: np.ndarray) -> np.ndarray:
    """Camera axes with y and z the other way round: y up, z to the camera."""
    return points * [1, -1, -1]


def test_opensims_markers_are_in_millimetres_with_y_up(tmp_path):
    trc = pytest.importorskip("trc")
    write(tmp_path / "a.trc", TIMES, clip())
    read = trc.TRCData()
    read.load(tmp_path / "a.trc")
    assert (read["Units"], read["DataRate"], read["NumFrames"], read["NumMarkers"]) == ("mm", 25, 40, 16)
    assert read["Markers"] == list(LIFT16.joints)
    np.testing.assert_allclose(read["Time"], TIMES, atol=1e-6)
    places = np.stack([read[name] for name in LIFT16.joints], axis=1)
    np.testing.assert_allclose(places, upwards(stood(clip())), atol=1e-3)
    assert (places[:, LIFT16.index("head_top"), 1] > places[:, LIFT16.index("left_ankle"), 1]).all()
    assert np.isnan(places[10:14, KNEE]).all()


def test_whoever_is_filmed_from_above_stands_upright_in_the_file(tmp_path):
    trc = pytest.importorskip("trc")
    seen = np.stack([before(body(), 30)] * 3) @ about_axis(np.array([1.0, 0, 0]), np.radians(25)).T
    write(tmp_path / "a.trc", TIMES[:3], clip(seen))
    read = trc.TRCData()
    read.load(tmp_path / "a.trc")
    leaning = {}
    for name, points in (("seen", upwards(seen)), ("file", np.stack([read[name] for name in LIFT16.joints], axis=1))):
        trunk = points[0, LIFT16.index("thorax")] - points[0, LIFT16.index("pelvis")]
        leaning[name] = np.degrees(np.arccos(trunk[1] / np.linalg.norm(trunk)))
    assert leaning["seen"] > 20
    assert leaning["file"] < 6


def test_a_table_reader_finds_as_many_cells_in_every_row_as_opensim_wants(tmp_path):
    write(tmp_path / "a.trc", TIMES, clip())
    lines = (tmp_path / "a.trc").read_text().split("\n")
    assert lines[0] == "PathFileType\t4\t(X/Y/Z)\ta.trc"
    assert len(lines[1].split("\t")) == len(lines[2].split("\t")) == 8
    assert [cell for cell in lines[3].split("\t") if cell] == ["Frame#", "Time", *LIFT16.joints]
    assert [cell for cell in lines[4].split("\t") if cell][:4] == ["X1", "Y1", "Z1", "X2"]
    assert {len(line.split("\t")) for line in lines[6:-1]} == {2 + 3 * 16}
    assert "\t\t" not in "".join(lines[6:])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_c3d_is_read_by_another_package_with_its_labels_units_and_gaps(tmp_path):
    c3d = pytest.importorskip("c3d")
    write(tmp_path / "a.c3d", TIMES, clip())
    with open(tmp_path / "a.c3d", "rb") as stream:
        read = c3d.Reader(stream)
        frames = np.stack([points for _, points, _ in read.read_frames()])
    assert [label.strip() for label in read.point_labels] == list(LIFT16.joints)
    assert read.get("POINT:UNITS").string_value.strip() == "mm"
    assert [read.get(f"POINT:{axis}_SCREEN").string_value.strip() for axis in "XY"] == ["+X", "+Z"]
    assert read.point_rate == 25
    valid = frames[..., 3] >= 0
    assert not valid[10:14, KNEE].any()
    assert valid.sum() == 40 * 16 - 4
    wanted = stood(clip())[..., [0, 2, 1]] * [1, 1, -1]  # z up, y away from the camera
    np.testing.assert_allclose(frames[..., :3][valid], wanted[valid], atol=1e-3)


def test_ezc3d_reads_its_own_gaps_as_unknown(tmp_path):
    ezc3d = pytest.importorskip("ezc3d")
    write(tmp_path / "a.c3d", TIMES, clip())
    points = ezc3d.c3d(str(tmp_path / "a.c3d"))["data"]["points"][:3].T
    assert np.isnan(points).all(-1).sum() == 4
    assert (points[:, LIFT16.index("head_top"), 2] > 0).all()


BODIES = {"squats": None, "planks": plank(80), "lunges": lunge(), "hanging": body()[:, [0, 2, 1]] * [1, -1, 1]}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.filterwarnings("ignore:Rest pose suggests")
def test_a_bvh_file_has_every_joint_in_its_place(name, tmp_path):
    pybvh = pytest.importorskip("pybvh")
    points = clip().points
    if name != "squats":
        walk = np.arange(40)[:, None, None] * np.array([1.0, 0, 0])
        points = np.stack([before(BODIES[name], azimuth=9 * frame) for frame in range(40)]) + walk
    write(tmp_path / "a.bvh", TIMES, clip(points))
    read = pybvh.read_bvh_file(tmp_path / "a.bvh")
    assert read.fps == pytest.approx(25, abs=1e-4)
    theirs = dict(zip(read.joint_names, np.moveaxis(read.joint_positions(), 1, 0), strict=True))
    ours, fps = bvh.read(tmp_path / "a.bvh", unit_mm=UNIT_MM)
    assert fps == pytest.approx(25, abs=1e-4)
    known = ~np.isnan(points).any(-1)
    for joint, name in enumerate(LIFT16.joints):
        wanted = upwards(stood(clip(points)))[:, joint]
        # The limb below a gap hangs on what was put into it.
        sure = known[:, joint] & known[:, KNEE]
        np.testing.assert_allclose(ours[name][sure], wanted[sure], atol=0.1)
        np.testing.assert_allclose(theirs[name] * UNIT_MM, ours[name], atol=0.01)


def test_bones_of_a_bvh_file_have_one_length_whatever_the_pose_says(tmp_path):
    points = clip(np.stack([before(squat(90)) * (1 + 0.1 * np.sin(frame)) for frame in range(40)])).points
    write(tmp_path / "a.bvh", TIMES, clip(points))
    read, _ = bvh.read(tmp_path / "a.bvh", unit_mm=UNIT_MM)
    for start, end in LIFT16.bones:
        length = np.linalg.norm(read[end] - read[start], axis=-1)
        assert np.ptp(length) < 0.05
        given = np.linalg.norm(np.diff(points[:, LIFT16.indices([start, end])], axis=1), axis=-1)
        assert length.mean() == pytest.approx(np.median(given), abs=0.1)


def test_over_a_gap_the_bones_of_a_bvh_file_turn_on_and_beyond_the_ends_they_rest(tmp_path):
    straight = body()
    lifted = body(left_wrist=(185, -230, 175))  # the forearm points forward
    points = np.stack([before(straight), *[before(straight)] * 3, before(lifted), before(lifted)])
    wrist = LIFT16.index("left_wrist")
    points[1:4, wrist] = points[5, wrist] = np.nan
    write(tmp_path / "a.bvh", np.arange(6) / 10, clip(points))
    read, _ = bvh.read(tmp_path / "a.bvh", unit_mm=UNIT_MM)
    forearm = read["left_wrist"] - read["left_elbow"]
    forward = np.degrees(np.arctan2(forearm[:, 2], -forearm[:, 1]))
    np.testing.assert_allclose(forward[[0, 2, 4, 5]], [0, 45, 90, 90], atol=0.1)
    assert (np.diff(forward[:5]) > 10).all()


def test_a_limb_that_is_never_seen_has_the_length_of_the_other_side(tmp_path):
    pose = clip()
    points = pose.points.copy()
    points[:, LIFT16.indices(["left_knee", "left_ankle"])] = np.nan
    write(tmp_path / "a.bvh", TIMES, clip(points))
    read, _ = bvh.read(tmp_path / "a.bvh", unit_mm=UNIT_MM)
    np.testing.assert_allclose(np.linalg.norm(read["left_knee"] - read["left_hip"], axis=-1), 410, atol=0.1)


@pytest.mark.parametrize("ending", FORMATS)
def test_an_uneven_clip_is_taken_at_its_usual_rate(ending, tmp_path):
    """A joint that moves 300 mm a second along x, in frames at uneven moments: at second t it is at 300 t."""
    times = np.array([0, 0.04, 0.08, 0.12, 0.2, 0.24, 0.28, 0.4])
    points = before(body()) + np.stack([300 * times, 0 * times, 0 * times], -1)[:, None]
    write(tmp_path / f"a{ending}", times, clip(points))
    if ending == ".bvh":
        read, rate = bvh.read(tmp_path / "a.bvh", unit_mm=UNIT_MM)
        x = read["pelvis"][:, 0]
    elif ending == ".trc":
        rows = np.loadtxt(tmp_path / "a.trc", skiprows=6)
        rate, x = 1 / np.diff(rows[:, 1]).mean(), rows[:, 2]
    else:
        ezc3d = pytest.importorskip("ezc3d")
        file = ezc3d.c3d(str(tmp_path / "a.c3d"))
        rate, x = file["parameters"]["POINT"]["RATE"]["value"][0], file["data"]["points"][0, 0]
    assert rate == pytest.approx(25, abs=1e-3)
    np.testing.assert_allclose(x, 12 * np.arange(11), atol=0.1)


def test_a_moment_between_a_known_and_an_unknown_frame_is_unknown(tmp_path):
    times = np.array([0, 0.1, 0.2, 0.35, 0.4])
    points = np.stack([before(body())] * 5)
    points[3, KNEE] = np.nan
    write(tmp_path / "a.trc", times, clip(points))
    knee = np.loadtxt(tmp_path / "a.trc", skiprows=6)[:, 2 + 3 * KNEE]
    assert np.isnan(knee).tolist() == [False, False, False, True, False]


def test_unseen_joints_are_gaps_and_one_pose_is_a_clip_of_one_frame(tmp_path):
    pose = clip(before(body())[None])
    pose.score[0, KNEE] = 0.1
    write(tmp_path / "a.trc", [7.0], pose)
    row = np.loadtxt(tmp_path / "a.trc", skiprows=6)
    assert row[:2].tolist() == [1, 7]
    assert np.isnan(row[2:].reshape(16, 3)).any(-1).nonzero()[0].tolist() == [KNEE]
    write(tmp_path / "a.bvh", [7.0], pose)
    assert bvh.read(tmp_path / "a.bvh")[1] == pytest.approx(30)


@pytest.mark.parametrize(
    ("name", "times", "pose", "said"),
    [
        ("a.fbx", TIMES, clip(), "unknown ending of a motion file '.fbx'; did you mean .bvh"),
        ("a.trc", TIMES[:3], clip(), r"poses \(T, 16, 3\) and times \(T,\), got \(40, 16, 3\) and \(3,\)"),
        ("a.trc", TIMES[::-1], clip(), "each later than the one before"),
        ("a.trc", [0.0], clip(np.full((1, 16, 3), np.nan)), "no joint is known in any frame"),
        ("a.trc", [0.0], Pose3D(np.zeros((1, 16, 3)), np.ones((1, 16)), skeleton=MPII16), "got one in MPII16"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_no_file(name, times, pose, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        write(tmp_path / name, times, pose)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none to write a\.bvh in; make it first"):
        write(tmp_path / "none" / "a.bvh", TIMES, clip())


def test_c3d_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ezc3d", None)
    with pytest.raises(ImportError, match=r"ezc3d, which is not installed; run .*\[export\]"):
        write(Path(tmp_path) / "a.c3d", TIMES, clip())
