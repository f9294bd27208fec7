from dataclasses import replace

import numpy as np
import pytest

from fitlab.datasets.records import OTHERS, PhotoSet
from fitlab.evaluation.detections import Detections
from fitlab.evaluation.detectors import mixed, score_detections
from fitlab.metrics import reference_length
from fitlab.poses import OUTSIDE, VISIBLE, Pose2D
from fitlab.skeletons import MPII16


@pytest.fixture
def photos() -> PhotoSet:
    """Four people 100 px tall; files are not looked at."""
    points = np.random.default_rng(0).uniform(0, 100, (4, 16, 2))
    groups = np.array(["squat"] * 2 + ["plank"] * 2)
    return PhotoSet("four", tuple("abcd"), points, np.full((4, 16), VISIBLE), groups)


def detections(photos: PhotoSet, shift: float) -> Detections:
    covariance = np.broadcast_to(4 * np.eye(2), (4, 16, 2, 2))
    pose = Pose2D(photos.points + shift, np.full((4, 16), 0.9), (100, 100), covariance)
    return Detections(pose, np.full(4, 0.02))


def test_a_perfect_detector_scores_one_and_a_shifted_one_nothing(photos):
    perfect, shifted = (score_detections(photos, detections(photos, shift)) for shift in (0, 500))
    for result, value in ((perfect, 1), (shifted, 0)):
        assert {result.summary[name] for name in ("PCK@0.2", "PCK@0.2 low", "PCK@0.2 high")} == {value}
        assert result.tables["right by score"].to_dict("index") == {"0.8 to 1.0": {"joints": 64, "right": value}}
        assert set(result.tables["PCK@0.2 by group and joint"]["mean"]) == {value}
    assert perfect.summary["ms a picture"] == pytest.approx(20)
    assert perfect.summary["nobody found"] == 0
    assert perfect.tables["PCK@0.2 by group and joint"]["pictures"].to_dict() == {"plank": 2, "squat": 2, "all": 4}


def test_errors_are_measured_in_standard_deviations(photos):
    summary = score_detections(photos, detections(photos, 3 / np.sqrt(2))).summary
    assert summary["median error in standard deviations (a Gaussian: 1.18)"] == pytest.approx(1.5)


def test_joints_outside_the_picture_do_not_count_but_their_scores_do(photos):
    photos.visibility[:, 0] = OUTSIDE
    result = score_detections(photos, detections(photos, 0))
    assert result.tables["right by score"].loc["0.8 to 1.0", "joints"] == 60
    assert result.summary["joints outside the picture"] == 4
    assert result.summary["share of them taken for seen"] == 1


def test_two_people_made_into_one_are_counted(photos):
    """Of four pictures one shows nobody else, in one an arm is somebody else's, in one all joints are."""
    others = np.full((4, 3, 16, 2), np.nan)
    others[1:, 0] = photos.points[1:] + 300
    photos = replace(photos, labels={OTHERS: others})
    found = detections(photos, 0)
    arm = MPII16.indices(["left_elbow", "left_wrist"])
    found.points[1, arm] = others[1, 0, MPII16.indices(["right_elbow", "right_wrist"])]
    found.points[2, arm[:1]] = others[2, 0, arm[:1]]
    found.points[3] = others[3, 0]
    assert mixed(photos, found).tolist() == [False, True, False, False]
    summary = score_detections(photos, found).summary
    assert summary["pictures with somebody else"] == 3
    assert summary["of them with several joints of somebody else"] == 1
    found.score[1, arm] = 0.1
    assert not mixed(photos, found).any()


def test_depth_is_measured_in_torsos_and_not_at_the_pelvis(photos):
    depth = np.full((4, 16), 30.0)
    depth[0] = np.nan
    known = replace(photos, depth=depth)
    found = detections(known, 0)
    length = reference_length(known.points)
    answered = np.stack([depth + 0.1 * length[:, None], np.ones((4, 16))], -1)
    answered[:, MPII16.index("pelvis")] += 1000
    found = Detections(replace(found.pose, depth=answered), found.seconds)
    assert score_detections(known, found).summary["mean error of depth in torsos"] == pytest.approx(0.1)
    assert "mean error of depth in torsos" not in score_detections(photos, found).summary


def test_nobody_is_judged_by_a_joint_that_was_computed_from_others(photos):
    derived = PhotoSet(photos.name, photos.images, photos.points, photos.visibility, photos.groups, derived=("pelvis",))
    assert np.isnan(derived.judged_points()[:, MPII16.index("pelvis")]).all()
    table = score_detections(derived, detections(photos, 0)).tables["PCK@0.2 by group and joint"]
    assert "pelvis" not in table
    assert "knee" in table


def test_it_is_told_where_joints_lie_beside_the_labels(photos):
    """Somebody upside down whose hips are found too wide and too near the shoulders."""
    trunk = {"right_hip": (60, 0), "left_hip": (40, 0), "right_shoulder": (65, 50), "left_shoulder": (35, 50)}
    photos.points[:] = np.nan
    photos.points[:, MPII16.indices(trunk)] = list(trunk.values())
    found = detections(photos, 0)
    hips = MPII16.indices(["left_hip", "right_hip"])
    found.points[:, hips] += [[-1, 4], [1, 4]]
    torso = np.hypot(25, 50)
    table = score_detections(photos, found).tables["offset by joint"]
    assert table.loc["hip"].to_dict() == pytest.approx({"pictures": 4, "up": 4 / torso, "apart": 2 / torso})
    assert table.loc["shoulder"].to_dict() == pytest.approx({"pictures": 4, "up": 0, "apart": 0})
    assert list(table.index) == ["shoulder", "hip"]
