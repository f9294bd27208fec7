import numpy as np
import pytest

from fitlab.poses import SEEN, Pose2D, Pose3D
from fitlab.skeletons import LIFT16


def flat(points=None, score=None, image_size=(640, 480), **more) -> Pose2D:
    points = np.zeros((16, 2)) if points is None else points
    return Pose2D(points, np.ones(points.shape[:-1]) if score is None else score, image_size, **more)


def test_a_joint_is_found_by_name():
    points = np.arange(32.0).reshape(16, 2)
    assert flat(points).joint("left_wrist").tolist() == [30, 31]
    with pytest.raises(ValueError, match="did you mean"):
        flat(points).joint("wrist")


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        (np.zeros((15, 2)), r"\(\.\.\., 16, 2\) for MPII16, got \(15, 2\)$"),
        (np.zeros((17, 2)), r"give skeleton=COCO17 or H36M17"),
        (np.zeros((16, 3)), r"got \(16, 3\)"),
        (np.zeros(32), r"got \(32,\)"),
        (np.full((16, 2), np.inf), "infinite"),
        (np.full((16, 2), -np.inf), "infinite"),
    ],
)
def test_points_that_are_not_a_pose_are_refused(points, complaint):
    with pytest.raises(ValueError, match=complaint):
        Pose2D(points, np.ones(16), (640, 480))


def test_nan_is_unknown_and_allowed():
    pose = flat(np.full((16, 2), np.nan))
    assert not pose.found


@pytest.mark.parametrize(
    ("score", "complaint"),
    [
        (np.ones(17), "one for each joint"),
        (np.full(16, 1.5), "got 1.5"),
        (np.full(16, -0.1), "got -0.1"),
        (np.r_[np.ones(15), np.nan], "got nan"),
    ],
)
def test_scores_that_make_no_sense_are_refused(score, complaint):
    with pytest.raises(ValueError, match=complaint):
        flat(score=score)


def test_each_pose_of_a_clip_may_have_a_picture_of_its_own_size():
    pose = flat(np.zeros((3, 16, 2)), image_size=[(640, 480), (480, 640), (100, 50)])
    assert pose[2].image_size == (100, 50)
    assert pose[:2].image_size.tolist() == [[640, 480], [480, 640]]
    assert flat(np.zeros((3, 16, 2)))[1].image_size == (640, 480)
    with pytest.raises(ValueError, match=r"one or one for each of \(3,\) poses"):
        flat(np.zeros((3, 16, 2)), image_size=[(640, 480), (480, 640)])


def test_nobody_takes_nothing_from_those_with_whom_they_are_stacked():
    somebody = Pose2D(np.ones((16, 2)), np.ones(16), (10, 20), depth=np.ones((16, 2)), visibility=np.ones((16, 3)))
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (30, 40))
    for one, other in ((somebody, nobody), (nobody, somebody)):
        both = Pose2D.stacked([one, other])
        assert np.isnan(both.depth).all((1, 2)).tolist() == [one is nobody, other is nobody]
        assert both.visibility.shape == (2, 16, 3)
        assert both.covariance is None
    plain = Pose2D(np.ones((16, 2)), np.ones(16), (10, 20))
    assert Pose2D.stacked([somebody, plain]).depth is None
    assert Pose2D.stacked([nobody, nobody]).depth is None


def test_poses_of_single_pictures_are_stacked_with_their_sizes():
    one, other = flat(), flat(image_size=(100, 50), covariance=np.zeros((16, 2, 2)))
    both = Pose2D.stacked([one, other])
    assert both.points.shape == (2, 16, 2)
    assert both.image_size.tolist() == [[640, 480], [100, 50]]
    assert both.covariance is None, "one of them has none"
    assert Pose2D.stacked([other, other]).covariance.shape == (2, 16, 2, 2)
    with pytest.raises(ValueError, match="at least one"):
        Pose2D.stacked([])


@pytest.mark.parametrize("size", [(0, 480), (640,), (640, 480, 3), 640, None])
def test_the_image_has_a_width_and_a_height(size):
    with pytest.raises(ValueError, match=r"image_size is \(width, height\)"):
        flat(image_size=size)


def test_the_covariance_has_a_matrix_for_each_joint():
    with pytest.raises(ValueError, match=r"\(16, 2, 2\) px²"):
        flat(covariance=np.zeros((16, 2)))


def test_somebody_is_found_where_a_joint_is_seen_and_known():
    score = np.zeros(16)
    assert not flat(score=score).found
    score[3] = SEEN
    assert flat(score=score).found
    points = np.zeros((16, 2))
    points[3] = np.nan
    assert not flat(points, score).found


def test_a_clip_gives_its_frames():
    clip = flat(np.arange(96.0).reshape(3, 16, 2), covariance=np.zeros((3, 16, 2, 2)))
    assert clip[1].points[0].tolist() == [32, 33]
    assert clip[1].covariance.shape == (16, 2, 2)
    assert clip[:2].points.shape == (2, 16, 2)


def test_poses_in_space_are_checked_alike():
    with pytest.raises(ValueError, match=r"Pose3D points must be \(\.\.\., 16, 3\) for LIFT16"):
        Pose3D(np.zeros((16, 2)), np.ones(16))
    with pytest.raises(ValueError, match="infinite"):
        Pose3D(np.full((16, 3), np.inf), np.ones(16))
    with pytest.raises(ValueError, match=r"samples must be \(S, 16, 3\)"):
        Pose3D(np.zeros((16, 3)), np.ones(16), samples=np.zeros((8, 17, 3)))


def test_samples_may_be_a_list():
    samples = np.arange(96).reshape(2, 16, 3)
    pose = Pose3D(np.zeros((16, 3)), np.ones(16), samples=samples.tolist())
    assert np.array_equal(pose.samples, samples)
    assert pose.samples.dtype == float


def test_a_frame_takes_its_samples_along():
    clip = Pose3D(np.zeros((4, 16, 3)), np.ones((4, 16)), samples=np.arange(8 * 4 * 48.0).reshape(8, 4, 16, 3))
    assert clip[2].samples.shape == (8, 16, 3)
    assert np.array_equal(clip[2].samples, clip.samples[:, 2])
    assert clip[2].joint("pelvis").tolist() == [0, 0, 0]
    assert clip.skeleton is LIFT16
