"""MPII's labels in the three formats that are about: each test writes a tiny file and knows what is in it."""

import json

import numpy as np
import pytest

from fitlab.datasets import mpii
from fitlab.poses import HIDDEN, VISIBLE
from fitlab.skeletons import MPII16

KNEE, HEAD, WRIST = (MPII16.index(name) for name in ("right_knee", "head_top", "left_wrist"))


def matlab(folder, pictures):
    """``pictures``: for each the list of its people, each a list of points (id, x, y, is_visible)."""

    def point(values):
        names = ("id", "x", "y", "is_visible")
        return dict(zip(names, values, strict=True))

    def rectangle(points):
        joints = np.array([point(values) for values in points], dtype=object)
        return {"scale": 3.0, "objpos": {"x": 5.0, "y": 6.0}, "annopoints": {"point": joints} if points else []}

    annolist = np.array(
        [
            {"image": {"name": f"{number}.jpg"}, "annorect": np.array(list(map(rectangle, people)), dtype=object)}
            for number, people in enumerate(pictures)
        ],
        dtype=object,
    )
    activities = np.array(
        [{"act_name": "squats", "cat_name": "conditioning exercise", "act_id": 1}] * len(pictures), dtype=object
    )
    file = folder / "mpii_human_pose_v1_u12_1.mat"
    release = {"annolist": annolist, "act": activities, "img_train": np.ones(len(pictures))}
    pytest.importorskip("scipy.io").savemat(file, {"RELEASE": release}, do_compression=True)
    return file


def rows(**labelled):
    """16 rows of zeros, but for ``joint=(x, y, seen)``."""
    table = [[0.0, 0.0, 0.0] for _ in MPII16.joints]
    for name, values in labelled.items():
        table[MPII16.index(name)] = list(values)
    return table


def bearpaw(image, validation=0, **labelled):
    return {"dataset": "MPI", "img_paths": image, "isValidation": validation, "joint_self": rows(**labelled)}


def written(folder, content, name="labels.json"):
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder / name


def test_matlab(tmp_path):
    file = matlab(
        tmp_path,
        [
            [[(1, 11.0, 21.0, 1), (15, 31.0, 41.0, "0"), (9, 51.0, 61.0, [])]],
            [[]],  # somebody without joints
            [[(1, 1.0, 1.0, 1)], [(1, 2.0, 2.0, 1)]],
        ],
    )
    photos = mpii.read(file, tmp_path)
    assert [image.name for image in photos.images] == ["0.jpg", "2.jpg", "2.jpg"]
    assert photos.points[0, KNEE].tolist() == [10, 20], "MATLAB's first pixel is 1, ours is 0"
    assert photos.points[0, WRIST].tolist() == [30, 40]
    assert photos.points[0, HEAD].tolist() == [50, 60]
    assert photos.visibility[0, [KNEE, WRIST, HEAD]].tolist() == [VISIBLE, HIDDEN, VISIBLE]
    assert np.isnan(photos.points[0]).any(axis=1).sum() == 13
    assert set(photos.groups) == {"conditioning exercise"}


def test_pictures_with_several_people_can_be_left_out(tmp_path):
    file = matlab(tmp_path, [[[(1, 1.0, 1.0, 1)]], [[(1, 1.0, 1.0, 1)], [(1, 2.0, 2.0, 1)]]])
    assert [image.name for image in mpii.read(file, tmp_path, alone=True).images] == ["0.jpg"]


def test_json_with_joint_self(tmp_path):
    people = [
        bearpaw("a.jpg", right_knee=(11, 21, 1), left_wrist=(31, 41, 0)),
        bearpaw("b.jpg", validation=1, right_knee=(1, 1, 1)),
        bearpaw("c.jpg", right_knee=(1, 1, 1)) | {"dataset": "LEEDS"},
    ]
    file = written(tmp_path, people)
    photos = mpii.read(file, tmp_path)
    assert [image.name for image in photos.images] == ["a.jpg", "b.jpg"]
    assert photos.points[0, KNEE].tolist() == [10, 20]
    assert photos.visibility[0, [KNEE, WRIST, HEAD]].tolist() == [VISIBLE, HIDDEN, HIDDEN]
    assert np.isnan(photos.points[0, HEAD]).all()
    assert [image.name for image in mpii.read(file, tmp_path, "train").images] == ["a.jpg"]
    assert [image.name for image in mpii.read(file, tmp_path, "validation").images] == ["b.jpg"]


def test_json_with_joints_and_joints_vis(tmp_path):
    joints = [[-1, -1] for _ in MPII16.joints]
    joints[KNEE] = [11, 21]
    file = written(
        tmp_path, [{"image": "a.jpg", "joints": joints, "joints_vis": [int(row != [-1, -1]) for row in joints]}]
    )
    photos = mpii.read(file, tmp_path)
    assert photos.points[0, KNEE].tolist() == [10, 20]
    assert np.isnan(photos.points[0]).any(axis=1).sum() == 15
    with pytest.raises(ValueError, match=r"labels.json does not say who is in validation: read it with split='all'"):
        mpii.read(file, tmp_path, "validation")


def test_pictures_are_looked_for_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    photos = mpii.read(written(tmp_path, [bearpaw("a.jpg")]))
    assert photos.images == (tmp_path / "mpii" / "images" / "a.jpg",)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "labels.json is not JSON"),
        ({"people": []}, "should hold a list of people, but holds a dict"),
        ([{"img": "a.jpg"}], r"person 0 is not labelled as MPII's are \(there is no 'image'\)"),
        (
            [bearpaw("a.jpg"), bearpaw("b.jpg") | {"joint_self": [[1, 1, 1]] * 14}],
            "person 1 .*14 joints instead of 16",
        ),
    ],
)
def test_other_json_is_refused(tmp_path, content, complaint):
    with pytest.raises(ValueError, match=complaint):
        mpii.read(written(tmp_path, content), tmp_path)


def test_other_files_are_refused(tmp_path):
    pytest.importorskip("scipy.io").savemat(tmp_path / "other.mat", {"joints": np.zeros(3)})
    with pytest.raises(ValueError, match=r"other.mat is damaged or not MPII's MATLAB file: there is no 'RELEASE'"):
        mpii.read(tmp_path / "other.mat", tmp_path)
    with pytest.raises(ValueError, match=r"cut.mat is damaged or not MPII's MATLAB file"):
        mpii.read(written(tmp_path, "not MATLAB at all, but long enough to look at" * 9, "cut.mat"), tmp_path)
    whole = matlab(tmp_path, [[[(1, 1.0, 1.0, 1)]]]).read_bytes()
    for kept in (50, 200, len(whole) - 50):
        (tmp_path / "cut.mat").write_bytes(whole[:kept])
        with pytest.raises(ValueError, match=r"cut.mat is damaged"):
            mpii.read(tmp_path / "cut.mat", tmp_path)
    with pytest.raises(ValueError, match=r"labels.csv: the labels of MPII come as .mat or .json"):
        mpii.read(written(tmp_path, "", "labels.csv"), tmp_path)
    with pytest.raises(FileNotFoundError, match=r"the labels of MPII was not found at .*; check the path"):
        mpii.read(tmp_path / "nowhere.mat", tmp_path)
    with pytest.raises(ValueError, match="unknown split of mpii 'val'"):
        mpii.read(tmp_path / "nowhere.mat", tmp_path, "val")
