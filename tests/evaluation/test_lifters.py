from dataclasses import replace

import numpy as np
import pytest
import torch

from fitlab.bodies import body_height
from fitlab.cli.main import main
from fitlab.datasets.anatomy import random_poses
from fitlab.evaluation import lifters as evaluation
from fitlab.evaluation.lifters import before_cameras, evaluate_lifter, lifter_report, viewpoints
from fitlab.lifting.inputs import UNIT_MM, towards
from fitlab.lifting.lifter import Lifter
from fitlab.skeletons import LIFT16
from fitlab.training import samples as lifter_samples


class Knowing(Lifter):
    """A lifter whose network answers with the poses it was given, whatever it sees."""

    def __init__(self, poses):
        super().__init__(torch.nn.Identity())
        object.__setattr__(self, "poses", poses / UNIT_MM)

    def run(self, inputs, certainty, flip=True):
        return self.poses


@pytest.fixture
def test_set():
    poses = 1.1 * random_poses(np.random.default_rng(0), 8)
    test = before_cameras(poses, np.arange(8), np.array(["squat"] * 4 + ["plank"] * 4), every=2, cameras=3)
    points, (width, height) = test.pose2d.points, test.pose2d.image_size
    # In the middle of the picture a camera looks straight at people, as the network's answer has it.
    centred = points - points[:, :1] + [(width - 1) / 2, (height - 1) / 2]
    return replace(test, pose2d=replace(test.pose2d, points=centred))


def test_every_second_pose_is_seen_by_three_cameras(test_set):
    assert test_set.truth.shape == (12, 16, 3)
    assert test_set.people.tolist() == [0, 0, 0, 2, 2, 2, 4, 4, 4, 6, 6, 6]
    assert (test_set.truth[:, 0] == 0).all()
    heights = body_height(test_set.truth)
    np.testing.assert_allclose(heights, test_set.heights)


def test_what_is_straight_ahead_is_in_the_middle_of_the_picture(monkeypatch):
    poses = random_poses(np.random.default_rng(0), 3)
    ahead = poses - poses[:, :1] + [0, 0, 4000]
    monkeypatch.setattr(lifter_samples, "photograph", lambda *_: (ahead, 900 * ahead[..., :2] / ahead[..., 2:]))
    test = before_cameras(poses, np.arange(3), np.arange(3), every=1, cameras=1)
    assert test.pose2d.image_size == (1000, 1000)
    np.testing.assert_allclose(test.pose2d.points[:, 0], 499.5)


def test_the_truth_has_no_error(test_set):
    table = evaluate_lifter(Knowing(test_set.truth), test_set)
    numbers = table.drop(columns=["group", "person", "viewpoint"]).to_numpy()
    assert np.nanmax(numbers) < 0.05


def test_a_person_too_large_is_forgiven_when_the_height_is_given(test_set):
    table = evaluate_lifter(Knowing(1.1 * test_set.truth), test_set)
    assert table["mpjpe"].min() > 10
    assert table[["all_known", "n_mpjpe", "pa_mpjpe"]].max().max() < 0.01
    assert table["camera_known"].to_numpy() == pytest.approx(table["mpjpe"].to_numpy())
    assert table["angle knee"].max() < 0.05
    np.testing.assert_allclose(table["mpjpe_16"], table["mpjpe"] * 15 / 16)


def test_one_wrong_joint_is_named(test_set):
    poses = test_set.truth.copy()
    poses[:, LIFT16.index("left_wrist"), 0] += 30
    table = evaluate_lifter(Knowing(poses), test_set)
    assert table["error left_wrist"].to_numpy() == pytest.approx(30, abs=0.01)
    assert table["error right_wrist"].max() < 0.01
    assert table["mpjpe"].to_numpy() == pytest.approx(30 / 15, abs=0.01)


def test_who_knows_the_camera_knows_how_people_are_turned():
    poses = random_poses(np.random.default_rng(0), 8)
    test = before_cameras(poses, np.arange(8), np.arange(8), every=1, cameras=1)
    camera = test.truth @ towards(test.pose2d.points, np.ones((8, 16), bool), (1000, 1000), test.field_of_view)
    table = evaluate_lifter(Knowing(camera), test)
    assert table["camera_known"].max() < 0.05
    assert table["mpjpe"].mean() > 1


def test_viewpoints():
    front = np.zeros((1, 16, 3))  # facing the camera: the person's left is on the right of the picture
    front[:, LIFT16.index("left_hip"), 0] = 100
    front[:, LIFT16.index("right_hip"), 0] = -100
    front[:, LIFT16.index("thorax"), 1] = -500
    back = front * [-1, 1, 1]
    side = front[..., [2, 1, 0]]
    from_above = front[..., [0, 2, 1]]
    poses = np.concatenate([front, back, side, from_above])
    assert viewpoints(poses).tolist() == ["front", "back", "side", "end on"]


def test_the_report_names_groups_viewpoints_and_joints(test_set):
    report = lifter_report(evaluate_lifter(Knowing(test_set.truth), test_set))
    assert report.startswith("12 poses, 0 of them not found")
    for word in ("squat", "plank", "all", "left_wrist", "angle elbow", "95 % interval", "over people, or clips"):
        assert word in report


def test_poses_without_pictures_cannot_be_detected_in(test_set):
    with pytest.raises(ValueError, match="no pictures"):
        test_set.detected("fitpose-lite0")


def test_an_unknown_test_set_is_named():
    with pytest.raises(FileNotFoundError, match="fitnes-test"):
        evaluation.lifter_test("fitnes-test")


def test_who_does_not_say_what_to_evaluate_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["evaluate"])
    assert "required: detector | lifter | angles" in capsys.readouterr().err
