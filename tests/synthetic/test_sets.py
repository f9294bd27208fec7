"""Sets of synthetic pictures as they lie on disk, and the two that are shipped."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitlab import cameras
from fitlab.datasets import synthetic
from fitlab.skeletons import MPII16
from fitlab.synthetic.people.body import SPLITS

SHIPPED = Path(__file__).parents[2] / "notebooks" / "data"


def test_a_folder_without_a_set_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="fitlab synthesize"):
        synthetic.read(tmp_path)


@pytest.mark.parametrize("name", ["fitness-test", "wild-test"])
def test_shipped_sets_are_complete_and_of_test_people(name):
    shipped = synthetic.read(SHIPPED / name)
    assert len(shipped) >= 250
    assert all(image.exists() for image in shipped.images)
    assert (shipped.labels["person"] >= SPLITS["test"][0]).all()
    assert len(np.unique(shipped.labels["person"])) == len(shipped)
    with Image.open(shipped.images[0]) as picture:
        assert picture.size == (320, 320)
    labels = shipped.labels
    seen = cameras.to_camera(labels["lift16_world"].astype(float), labels["rotation"], labels["translation"])
    assert np.abs(cameras.project(seen, labels["intrinsics"]) - labels["lift16"]).max() < 0.05


def test_shipped_sets_follow_the_report():
    fitness, wild = (synthetic.read(SHIPPED / name) for name in ("fitness-test", "wild-test"))
    share = {name: np.mean(fitness.groups == name) for name in ("overhead_press", "push_up", "squat", "plank")}
    assert share["overhead_press"] == pytest.approx(101 / 311, abs=0.05)
    assert share["push_up"] == pytest.approx(56 / 311, abs=0.05)
    assert share["squat"] == pytest.approx(94 / 311, abs=0.05)
    assert (fitness.labels["people"] == 1).all()
    assert (fitness.visibility == 0).mean() < 0.001
    counts, _ = np.histogram(wild.labels["area_ratio"], [0, 0.05, 0.075, 0.1, 1])
    assert (counts >= 20).all()
    assert 0.05 < (wild.visibility == 0).any(1).mean() < 0.14
    assert wild.labels["people"].max() == 5
    files = [file for name in ("fitness-test", "wild-test") for file in (SHIPPED / name).rglob("*.*")]
    assert sum(file.stat().st_size for file in files) < 20e6


def test_only_finished_parts_are_read(tmp_path):
    row = {"image": ["a.jpg"], "mpii16": np.zeros((1, 16, 2)), "visibility": np.full((1, 16), 2), "exercise": ["squat"]}
    row |= {"person": [1], "height_m": [1.8], "intrinsics": np.eye(3)[None], "lift16_camera": np.zeros((1, 16, 3))}
    row |= {"mpii16_camera": np.ones((1, 16, 3))}
    np.savez(tmp_path / "part-0000.npz", **row)
    (tmp_path / "part-0001.unfinished.npz").write_bytes(b"half a file")
    assert len(synthetic.read(tmp_path)) == 1


def test_depth_is_positive_behind_the_pelvis_and_in_pixels_of_the_picture_there():
    photos = synthetic.read(SHIPPED / "fitness-test")
    camera, focal = photos.labels["mpii16_camera"].astype(float), photos.labels["intrinsics"][:, 0, 0]
    pelvis = camera[:, MPII16.index("pelvis"), 2]
    head = MPII16.index("head_top")
    millimetres = photos.depth[:, head] * pelvis / focal
    np.testing.assert_allclose(millimetres, camera[:, head, 2] - pelvis, atol=1e-3)
    assert (photos.depth[:, MPII16.index("pelvis")] == 0).all()
