import numpy as np
import pytest

from fitlab import datasets
from fitlab.datasets import real_people
from fitlab.skeletons import LIFT16, MPII16

JOINTS = ("left_hip", "right_hip", "left_knee")


@pytest.fixture
def folder(tmp_path):
    """Two pictures of different size, without a truth in the second."""
    points = np.array([[[10, 20], [30, 20], [10, 50]], np.full((3, 2), np.nan)])
    space = np.array([[[100, 0, 3000], [-100, 0, 3000], [100, 400, 2900]], np.full((3, 3), np.nan)])
    np.savez(
        tmp_path / "labels.npz",
        image=["a.jpg", "b.jpg"],
        camera=[1, 3],
        frame=[0, 4],
        joints=JOINTS,
        points_px=points,
        points_mm=space,
        field_of_view=[59.5, 60.0],
        image_size=[[540, 960], [544, 960]],
    )
    return tmp_path


def test_joints_are_placed_by_name_and_all_others_are_unknown(folder):
    people = real_people.read(folder)
    assert people.images == (folder / "images" / "a.jpg",)
    assert people.left_out == {"no truth at that instant": 1}
    assert people.points[0, MPII16.index("left_knee")].tolist() == [10, 50]
    assert np.isnan(people.points[0, :, 0]).sum() == 13
    assert people.space[0, LIFT16.index("pelvis")].tolist() == [0, 0, 0]
    assert people.space[0, LIFT16.index("left_knee")].tolist() == [100, 400, -100]
    assert np.isnan(people.space[0, :, 0]).sum() == 12
    focal = 480 / np.tan(np.radians(59.5 / 2))  # pixels
    assert people.depth[0, MPII16.index("left_knee")] == pytest.approx(-100 / 3000 * focal)
    assert people.sizes().tolist() == [[540, 960]]
    assert people.groups.tolist() == ["camera 1"]
    assert people.field_of_view.tolist() == [59.5]


def test_without_the_set_it_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"the set of real people was not found at .*set FITLAB_DATA"):
        datasets.open("real-people")
