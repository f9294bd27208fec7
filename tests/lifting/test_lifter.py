from dataclasses import replace

import numpy as np
import pytest
import torch
from people import standing

from fitlab.analysis import NO_COVARIANCE, analyze_pose
from fitlab.bodies import body_height
from fitlab.lifting import lifter as lifting
from fitlab.lifting.lifter import Lifter, load_lifter
from fitlab.models.martinez import Martinez
from fitlab.poses import Pose2D
from fitlab.skeletons import COCO17, LIFT16, MPII16, convert


class Flat(torch.nn.Module):
    """A network that answers with its input, at depth 0."""

    def __init__(self):
        super().__init__()
        self.anything = torch.nn.Parameter(torch.zeros(1))
        self.certainty = None

    def forward(self, points, certainty):
        self.certainty = certainty
        return torch.cat([points, 0 * points[..., :1]], dim=-1)[:, 1:]


def pose(points, score=None, skeleton=LIFT16, image_size=(1, 1), **more):
    """In a picture whose middle, by default, is the pixel (0, 0)."""
    score = np.ones(points.shape[:-1]) if score is None else score
    return Pose2D(points, score, image_size, skeleton=skeleton, **more)


@pytest.fixture
def flat():
    return Lifter(Flat())


def test_the_answer_is_in_mm_of_the_reference_body(flat):
    lifted = flat.lift(pose(500 + standing(0.3), image_size=(1001, 1001)))
    np.testing.assert_allclose(lifted.points[:, :2], standing(), atol=1e-3)
    assert lifted.skeleton is LIFT16


def test_somebody_at_the_edge_is_seen_under_an_angle(flat):
    # The right edge of a picture that shows 60 degrees is 30 degrees to the right. Who turns their front to the camera
    # there has the left elbow, on the right of the picture, nearer to the camera's plane than the right one.
    centre = flat.lift(pose(standing() + np.array([500, 500]), image_size=(1001, 1001)))
    edge = flat.lift(pose(standing() + np.array([1000.5, 500]), image_size=(1001, 1001)), field_of_view=60)
    turn = np.array([[np.cos(np.pi / 6), 0, 0.5], [0, 1, 0], [-0.5, 0, np.cos(np.pi / 6)]])
    np.testing.assert_allclose(edge.points, centre.points @ turn.T, atol=1e-3)
    assert edge.joint("left_elbow")[2] < 0 < edge.joint("right_elbow")[2]


def test_joints_are_matched_by_meaning(flat):
    mpii = convert(standing(), LIFT16, MPII16)
    mpii[MPII16.index("upper_neck")] = (0, -600)
    np.testing.assert_allclose(flat.lift(pose(mpii, skeleton=MPII16)).points[:, :2], standing(), atol=1e-3)


def test_coco_has_no_head_top_and_lends_hips_and_shoulders_their_middles(flat):
    lifted = flat.lift(pose(np.nan_to_num(convert(standing(), LIFT16, COCO17)), skeleton=COCO17))
    known = [joint for joint in LIFT16.joints if joint != "head_top"]
    np.testing.assert_allclose(lifted.points[LIFT16.indices(known), :2], standing()[LIFT16.indices(known)], atol=1e-3)
    assert np.isnan(lifted.joint("head_top")).all()


@pytest.mark.parametrize("how", ["low score", "nan"])
def test_an_unseen_joint_is_unknown_and_disturbs_no_other(flat, how):
    points, score = standing(), np.ones(16)
    if how == "nan":
        points[LIFT16.index("left_wrist")] = np.nan
    else:
        points[LIFT16.index("left_wrist")] = 1e5
        score[LIFT16.index("left_wrist")] = 0.1
    lifted = flat.lift(pose(points, score))
    assert np.isnan(lifted.joint("left_wrist")).all()
    np.testing.assert_allclose(lifted.joint("left_elbow")[:2], (185, -175), atol=1e-3)
    assert flat.network.certainty[0, LIFT16.index("left_wrist")] == 0


def test_an_unseen_pelvis_is_the_middle_of_the_hips(flat):
    points = standing()
    points[0] = np.nan
    np.testing.assert_allclose(flat.lift(pose(points)).points[:, :2], standing(), atol=1e-3)


@pytest.mark.parametrize("points", [np.full((16, 2), np.nan), np.zeros((16, 2))])
def test_nobody_there_is_nan_and_no_error(flat, points):
    assert np.isnan(flat.lift(pose(points)).points).all()


def test_too_few_joints_are_nobody(flat):
    score = np.zeros(16)
    score[LIFT16.indices(["left_hip", "left_knee", "left_ankle", "left_wrist"])] = 1
    assert np.isnan(flat.lift(pose(standing(), score)).points).all()


def test_a_clip_is_lifted_frame_by_frame(flat):
    clip = np.stack([standing(), standing(0.5)])[None]
    lifted = flat.lift(pose(clip))
    assert lifted.points.shape == (1, 2, 16, 3)
    np.testing.assert_allclose(lifted.points[0, 0], lifted.points[0, 1], atol=1e-3)


def test_height_rescales_to_the_persons_own(flat):
    assert body_height(flat.lift(pose(standing()), height_mm=1800).points) == pytest.approx(1800)
    with pytest.raises(ValueError, match="millimetres"):
        flat.lift(pose(standing()), height_mm=1.8)


def test_height_is_of_no_use_without_legs_and_trunk(flat):
    arms = np.array([joint.endswith(("shoulder", "elbow", "wrist")) for joint in LIFT16.joints])
    score = np.where(arms, 1.0, 0.0)
    score[LIFT16.index("head_top")] = 1
    points = standing()
    with pytest.raises(ValueError, match="neither a leg nor the trunk"):
        flat.lift(pose(points, score), height_mm=1800)


def test_samples_spread_as_the_covariance_says(flat):
    covariance = np.zeros((16, 2, 2))
    covariance[LIFT16.index("left_wrist")] = [[100, 0], [0, 0]]
    lifted = flat.lift(pose(standing(), covariance=covariance), samples=500, seed=3)
    deviation = lifted.samples.std(0)
    assert lifted.samples.shape == (500, 16, 3)
    assert deviation[LIFT16.index("left_wrist")] == pytest.approx([10, 0, 0], abs=1)
    assert deviation[LIFT16.index("head_top")].max() < 1
    again = flat.lift(pose(standing(), covariance=covariance), samples=500, seed=3)
    assert np.array_equal(lifted.samples, again.samples)


def test_left_and_right_are_treated_alike():
    # The network itself favours a side; averaged with its answer to the mirror image it cannot.
    torch.manual_seed(3)
    lifter = Lifter(Martinez(hidden=32, certainty=True))
    mirror = list(LIFT16.mirror)
    score = np.where(np.arange(16) == LIFT16.index("left_wrist"), 0, 1)
    straight = pose(standing() + np.random.default_rng(0).normal(0, 50, (16, 2)), score)
    turned = pose((straight.points * [-1, 1])[mirror], score[mirror])

    def asymmetry(flip):
        back = (lifter.lift(turned, flip=flip).points * [-1, 1, 1])[mirror]
        return np.nanmax(np.abs(back - lifter.lift(straight, flip=flip).points))

    assert asymmetry(flip=True) < 1e-3
    assert asymmetry(flip=False) > 10


def test_samples_need_a_covariance(flat):
    for lifter in (flat, load_lifter()):
        with pytest.raises(ValueError, match="covariance leaves open, and this Pose2D has none; use samples=0"):
            lifter.lift(pose(standing()), samples=10)
    with pytest.raises(ValueError, match="samples is a whole number of poses, 0 or more; got -4"):
        flat.lift(pose(standing()), samples=-4)


def test_an_array_of_points_is_no_pose(flat):
    for call in (flat.lift, lambda points: analyze_pose(np.zeros((9, 9, 3), np.uint8), points)):
        with pytest.raises(TypeError, match="joints in a picture are a Pose2D, got ndarray; make one of points"):
            call(standing())


def test_points_in_shares_of_the_picture_are_no_pixels(flat):
    shares = replace(pose(standing()), points=pose(standing()).points / 1000, image_size=(1080, 720))
    with pytest.raises(ValueError, match="as if they were shares of its width and height; multiply them"):
        flat.lift(shares)


def test_a_pose_is_judged_alone_and_with_its_own_photo():
    photo, one = np.zeros((720, 1080, 3), np.uint8), replace(pose(standing()), image_size=(1080, 720))
    several = Pose2D.stacked([one, one])
    with pytest.raises(ValueError, match=r"one pose is judged at a time, got \(2,\) of them"):
        analyze_pose(photo, several)
    with pytest.raises(ValueError, match="in a picture of 1080 x 720 pixels, and the photo has 200 x 90"):
        analyze_pose(photo[:90, :200], one)
    assert NO_COVARIANCE in analyze_pose(photo, one).feedback


def test_an_uncertain_joint_is_announced_to_the_network(flat):
    covariance = np.zeros((16, 2, 2))
    covariance[LIFT16.index("left_wrist")] = 15**2 * np.eye(2)
    flat.lift(pose(standing(0.5), covariance=covariance))
    assert flat.network.certainty[0, LIFT16.index("left_wrist")] == pytest.approx(0.5)
    assert flat.network.certainty[0, LIFT16.index("left_knee")] == 1


def test_unknown_normalisation_is_named():
    with pytest.raises(ValueError, match="'pixels'"):
        Lifter(Flat(), "pixels")


def test_a_trained_file_is_loaded_by_its_path(tmp_path):
    from fitlab.training.lifter import save
    from fitlab.training.lifter_settings import LifterTraining

    settings = LifterTraining(options={"hidden": 8, "blocks": 1, "certainty": True})
    network = Martinez(**settings.options).eval()
    save(network, settings, tmp_path)
    loaded = lifting.load_lifter(str(tmp_path / "lifter.safetensors"))
    lifted = Lifter(network).lift(pose(standing()))
    np.testing.assert_allclose(loaded.lift(pose(standing())).points, lifted.points, atol=2)


def test_a_file_of_something_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="does not say which network"):
        lifting.load_lifter(str(tmp_path / "other.safetensors"))
    with pytest.raises(FileNotFoundError, match="no file"):
        lifting.load_lifter(str(tmp_path / "none.safetensors"))
    (tmp_path / "broken.safetensors").write_bytes(b"not weights at all")
    with pytest.raises(ValueError, match="damaged or not a safetensors file"):
        lifting.load_lifter(tmp_path / "broken.safetensors")


def test_a_detector_is_no_lifter():
    with pytest.raises(ValueError, match="fitpose-lite0 is a detector, not a lifter; see `fitlab weights list`"):
        lifting.load_lifter("fitpose-lite0")


def test_a_file_that_was_trained_on_is_read_anew(tmp_path):
    from fitlab.training.lifter import save
    from fitlab.training.lifter_settings import LifterTraining

    settings = LifterTraining(options={"hidden": 8, "blocks": 1, "certainty": True})
    points = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        save(Martinez(**settings.options), settings, tmp_path)
        points.append(lifting.load_lifter(tmp_path / "lifter.safetensors").lift(pose(standing())).points)
    assert np.abs(points[0] - points[1]).max() > 1


def test_the_spine_is_as_sure_as_its_ends():
    score = np.ones(16)
    score[MPII16.index("pelvis")] = 0.1  # not seen: the middle of the hips, and as sure as they are
    score[MPII16.index("thorax")] = 0.7  # seen, and no surer for that the shoulders are
    points = np.random.default_rng(0).uniform(100, 300, (16, 2))
    lifted = lifting.load_lifter("martinez-general").lift(Pose2D(points, score, (400, 400)))
    assert lifted.score[LIFT16.indices(["pelvis", "spine", "thorax"])].tolist() == [1, 0.7, 0.7]


def test_an_empty_clip_is_lifted_to_an_empty_clip():
    nothing = Pose2D(np.zeros((0, 16, 2)), np.zeros((0, 16)), (400, 400))
    assert lifting.load_lifter("martinez-general").lift(nothing).points.shape == (0, 16, 3)


def test_a_pelvis_between_two_seen_hips_counts_as_seen():
    score = np.ones(16)
    score[MPII16.index("pelvis")] = 0.1
    points = np.random.default_rng(0).uniform(100, 300, (16, 2))
    lifted = lifting.load_lifter("martinez-general").lift(Pose2D(points, score, (400, 400)))
    assert lifted.score[LIFT16.index("pelvis")] == 1


def test_a_lifter_answers_the_same_whatever_the_default_dtype():
    """Notebooks of physics set it to 64 bits, and a network that is built then is one of 64 bits."""
    usual, wide = Lifter(Martinez(hidden=8, certainty=True)), Martinez(hidden=8, certainty=True).double()
    wide.load_state_dict(usual.network.state_dict())
    torch.set_default_dtype(torch.float64)
    try:
        answer = Lifter(wide).lift(pose(standing(0.3))).points
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(answer, usual.lift(pose(standing(0.3))).points)


def test_what_the_detector_calls_hidden_stays_with_the_joint():
    """Joints of MPII16 go to their places in LIFT16; what is neither hidden nor outside is visible."""
    visibility = np.tile([0.0, 0.0, 1.0], (16, 1))
    visibility[MPII16.index("left_ankle")] = 0.1, 0.6, 0.3
    seen = Pose2D(np.random.default_rng(0).uniform(0, 400, (16, 2)), np.ones(16), (400, 400), visibility=visibility)
    lifter = load_lifter()
    hidden = lifter.lift(seen).hidden
    assert hidden[LIFT16.index("left_ankle")] == pytest.approx(0.7)
    assert hidden[LIFT16.index("right_ankle")] == 0
    assert lifter.lift(replace(seen, visibility=None)).hidden is None


def test_frames_of_a_clip_without_anybody_are_lifted_with_the_rest():
    """A detector that says what is hidden knows nothing of it where nobody is."""
    points = np.random.default_rng(0).uniform(0, 400, (3, 16, 2))
    visibility = np.tile([0.0, 0.4, 0.6], (3, 16, 1))
    points[0], visibility[0] = np.nan, np.nan
    seen = Pose2D(points, np.isfinite(points[..., 0]).astype(float), (400, 400), visibility=visibility)
    lifted = load_lifter().lift(seen)
    assert np.isnan(lifted.points[0]).all()
    assert np.isfinite(lifted.points[1:]).all()
    np.testing.assert_allclose(lifted.hidden[:, LIFT16.index("left_ankle")], [0, 0.4, 0.4])
