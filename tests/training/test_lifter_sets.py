from pathlib import Path

import numpy as np
import pytest

from fitlab.datasets import human36m, studio
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.records import PhotoSet, PoseSet
from fitlab.poses import VISIBLE, Pose2D
from fitlab.training import lifter_sets
from fitlab.training.lifter_sets import Source, read, share_found

COUNT = 20
PICTURES = Source("pictures", "a detector", ("folder",), least_pck=0.6)


@pytest.fixture
def photos(monkeypatch):
    """Twenty people in pictures of 300 x 200 px; half of the joints of every fourth are found far off."""
    rng = np.random.default_rng(0)
    points = rng.uniform(50, 150, (COUNT, 16, 2))
    points[:, 2], points[:, 3] = [90, 100], [110, 100]  # hips, 20 px apart
    space = random_poses(rng, COUNT)
    kinds = np.full(COUNT, "squat")
    data = PhotoSet("folder", tuple(map(Path, map(str, range(COUNT)))), points, np.full((COUNT, 16), VISIBLE), kinds,
                    space=space - space[:, :1], image_size=np.tile([300, 200], (COUNT, 1)))  # fmt: skip
    found = points + 5.0  # within 10 px
    found[::4, :8] += 100
    asked = []

    class Found:
        pose = Pose2D(found, np.ones((COUNT, 16)), data.image_size)

    monkeypatch.setattr(lifter_sets, "load_detector", lambda name: name)
    monkeypatch.setattr(lifter_sets, "detect_all", lambda *args, **options: asked.append(options) or Found)
    monkeypatch.setattr(lifter_sets.catalogue, "open_for_training", lambda name: data)
    poses = random_poses(rng, 10) + np.array([0, 0, 900])
    parts = dict.fromkeys(("training", "validation"), Motion(poses, np.zeros(10, int), ("01_01",), 30))
    monkeypatch.setattr(studio, "parts", lambda: parts)
    return data, asked


def test_pictures_where_too_little_is_found_are_left_out(photos, tmp_path):
    sets = read(PICTURES, tmp_path / "run")
    assert sets["training"].left_out == {"PCK@0.5 of the waist below 0.6": 5}
    # The last tenth is kept for validation: pictures 18 and 19.
    assert {name: len(poses) for name, poses in sets.items()} == {"training": 13, "validation": 2, "everyday": 4}
    assert len(read(Source("pictures", "a detector", ("folder",)), tmp_path / "run")["training"]) == 18


def test_detections_are_kept_for_other_trainings(photos, tmp_path):
    _, asked = photos
    first = read(PICTURES, tmp_path / "run-1")
    second = read(PICTURES, tmp_path / "run-2")
    assert len(asked) == 1
    np.testing.assert_array_equal(first["training"].pose2d.points, second["training"].pose2d.points)
    read(Source("pictures", "a detector", ("folder",), zoom=False), tmp_path / "run-3")
    assert [options["zoom"] for options in asked] == [True, False]


def test_true_joints_need_no_detector(photos, tmp_path):
    data, asked = photos
    sets = read(Source("pictures", "true", ("folder",)), tmp_path / "run")
    np.testing.assert_array_equal(sets["training"].pose2d.points, data.points[:18])
    assert not asked


def test_the_share_of_joints_found_is_relative_to_the_waist():
    truth = np.zeros((1, 16, 2))
    truth[0, 2, 0], truth[0, 3, 0] = -10, 10  # the hips, 20 px apart: right is what is within 10 px
    found = truth.copy()
    found[0, :4, 1] = 11
    assert share_found(found, truth) == pytest.approx([0.75])
    found[0, 4] = np.nan
    assert share_found(found, truth) == pytest.approx([11 / 16])


def test_human36m_is_chosen_on_a_training_subject(monkeypatch):
    asked = []

    def read_subjects(subjects, joints, every=1):
        asked.append((tuple(subjects), joints, every))
        return PoseSet("x", None, np.zeros((0, 16, 3)), *[np.zeros(0)] * 4)

    monkeypatch.setattr(human36m, "read", read_subjects)
    read(Source("human36m", "cpn_ft_h36m_dbb", every=64), Path("run"))
    assert asked == [
        (("S1", "S5", "S6", "S7"), "cpn_ft_h36m_dbb", 1),
        (("S8",), "cpn_ft_h36m_dbb", 64),
        (("S9", "S11"), "cpn_ft_h36m_dbb", 64),
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"data": "cmu"}, "unknown data 'cmu'"),
        ({"spine": "neck"}, "unknown spine 'neck'"),
        ({"pictures": ("a",)}, "go together"),
        ({"data": "pictures"}, "go together"),
        ({"joints": "hg8"}, "has no pictures to detect joints in"),
        ({"least_pck": 60.0}, "least_pck is a share"),
        ({"takes": 0}, "takes and every are whole numbers"),
    ],
)
def test_sources_that_make_no_sense_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Source(**wrong)
