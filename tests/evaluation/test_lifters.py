from dataclasses import replace

import numpy as np
import pytest
import torch

from fitlab.bodies import body_height
from fitlab.datasets import virtual_cameras
from fitlab.datasets.anatomy import random_poses
from fitlab.datasets.mocap import Motion
from fitlab.datasets.records import PhotoSet
from fitlab.datasets.virtual_cameras import before_cameras
from fitlab.evaluation import detections
from fitlab.evaluation.lifters import detected, evaluate_lifter, score_lifter, viewpoints
from fitlab.lifting.inputs import UNIT_MM, rays_of, towards
from fitlab.lifting.lifter import Lifter
from fitlab.poses import VISIBLE, Pose2D
from fitlab.skeletons import LIFT16, MPII16, convert


class Knowing(Lifter):
    """A lifter whose network answers with the poses it was given, whatever it sees."""

    def __init__(self, poses):
        super().__init__(torch.nn.Identity())
        object.__setattr__(self, "poses", poses / UNIT_MM)

    def run(self, inputs, certainty, flip=True, depth=None):
        return self.poses


def moving(poses: np.ndarray) -> Motion:
    """Each pose a clip of its own, the first half of them squats."""
    labels = np.where(np.arange(len(poses)) < len(poses) / 2, "squat", "plank")
    return Motion(poses, np.arange(len(poses)), tuple(map(str, range(len(poses)))), 30.0, labels)


@pytest.fixture
def test_set():
    poses = 1.1 * random_poses(np.random.default_rng(0), 8)
    test = before_cameras(moving(poses), every=2, cameras=3)
    points, (width, height) = test.pose2d.points, test.pose2d.image_size
    # In the middle of the picture a camera looks straight at people, as the network's answer has it.
    centred = points - points[:, :1] + [(width - 1) / 2, (height - 1) / 2]
    return replace(test, pose2d=replace(test.pose2d, points=centred))


def test_every_second_pose_is_seen_by_three_cameras(test_set):
    assert test_set.truth.shape == (12, 16, 3)
    assert "".join(test_set.people) == "000222444666"
    assert test_set.groups.tolist() == ["squat"] * 6 + ["plank"] * 6
    assert (test_set.truth[:, 0] == 0).all()
    heights = body_height(test_set.truth)
    np.testing.assert_allclose(heights, test_set.heights)


def test_what_is_straight_ahead_is_in_the_middle_of_the_picture(monkeypatch):
    poses = random_poses(np.random.default_rng(0), 3)
    ahead = poses - poses[:, :1] + [0, 0, 4000]
    monkeypatch.setattr(virtual_cameras, "photograph", lambda *_: (ahead, 900 * ahead[..., :2] / ahead[..., 2:]))
    test = before_cameras(moving(poses), every=1, cameras=1)
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


def test_only_joints_whose_truth_is_known_are_judged(test_set):
    truth = test_set.truth.copy()
    truth[:, LIFT16.index("left_ankle")] = np.nan
    wrong = test_set.truth.copy()
    wrong[:, LIFT16.index("left_ankle")] += 500
    unknown = np.full(12, np.nan)
    result = score_lifter(Knowing(wrong), replace(test_set, truth=truth, field_of_view=unknown, heights=unknown))
    assert result.summary["MPJPE mm"] < 0.05
    assert result.summary["share of joints not answered"] == 0
    assert "MPJPE mm with the field of view" not in result.summary
    assert "left_ankle" not in result.tables["by joint"].index


def test_who_knows_the_camera_knows_how_people_are_turned():
    poses = random_poses(np.random.default_rng(0), 8)
    test = before_cameras(moving(poses), every=1, cameras=1)
    rays, _ = rays_of(test.pose2d.points, (1000, 1000), test.field_of_view)
    camera = test.truth @ towards(rays, np.ones((8, 16), bool))
    table = evaluate_lifter(Knowing(camera), test)
    assert table["camera_known"].max() < 0.05
    assert table["mpjpe"].mean() > 1


@pytest.mark.parametrize("from_pictures", [False, True])
def test_people_in_pictures_of_mixed_sizes_are_lifted_as_each_by_itself(from_pictures, monkeypatch):
    sizes = [(640, 480), (480, 960), (1000, 1000)]
    camera, pixels = virtual_cameras.photograph(
        random_poses(np.random.default_rng(1), 3), np.random.default_rng(1), virtual_cameras.Views()
    )
    points = convert(pixels, LIFT16, MPII16) + np.array(sizes)[:, None] / 2
    pictures = [np.zeros((height, width, 3), np.uint8) for width, height in sizes]
    photos = PhotoSet(
        "mixed",
        (0, 1, 2),
        np.nan_to_num(points),
        np.full((3, 16), VISIBLE),
        np.full(3, "squat"),
        space=camera - camera[:, :1],
        image_size=np.array(sizes),
        field_of_view=np.full(3, 60.0),
    )
    test = photos.poses()
    if from_pictures:
        monkeypatch.setattr(detections, "read_image", lambda number: pictures[number])
        answers = iter(photos.points)
        detector = Lifter(torch.nn.Identity())
        object.__setattr__(detector, "detect", lambda image, *_: Pose2D(next(answers), np.ones(16), image.shape[1::-1]))
        test = detected(test, detector)

    class Half(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, inputs, certainty):
            return torch.cat([inputs, inputs[..., :1]], dim=-1)[:, 1:]

    for normalisation in ("person", "screen"):
        lifter = Lifter(Half(), normalisation)
        together = lifter.lift(test.pose2d, field_of_view=test.field_of_view).points
        for number, size in enumerate(sizes):
            alone = Pose2D(test.pose2d.points[number], test.pose2d.score[number], size)
            np.testing.assert_allclose(lifter.lift(alone, field_of_view=60.0).points, together[number], atol=1e-4)


def test_viewpoints():
    front = np.zeros((1, 16, 3))  # facing the camera: the person's left is on the right of the picture
    front[:, LIFT16.index("left_hip"), 0] = 100
    front[:, LIFT16.index("right_hip"), 0] = -100
    front[:, LIFT16.index("thorax"), 1] = -500
    back = front * [-1, 1, 1]
    side = front[..., [2, 1, 0]]
    from_above = front[..., [0, 2, 1]]
    poses = np.concatenate([front, back, side, from_above, front * np.nan])
    assert viewpoints(poses).tolist() == ["front", "back", "side", "end on", "unknown"]


def test_the_result_names_groups_viewpoints_and_joints(test_set):
    result = score_lifter(Knowing(test_set.truth), test_set)
    assert result.count == 12
    assert list(result.tables["by group"].index) == ["plank", "squat", "all"]
    assert "left_wrist" in result.tables["by joint"].index
    assert {"MPJPE mm", "MPJPE mm low", "PA-MPJPE mm", "median error elbow"} <= set(result.summary)
    assert result.summary["poses not found"] == 0


def test_poses_without_pictures_cannot_be_detected_in(test_set):
    with pytest.raises(ValueError, match="motion has no pictures"):
        detected(test_set, None)
