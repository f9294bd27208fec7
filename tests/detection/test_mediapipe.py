import numpy as np
import pytest
import torch
from finders import Knowing
from paint import painted

from fitlab.datasets import catalogue
from fitlab.detection.detector import load_detector
from fitlab.detection.mediapipe import Landmarker, _next_view, refined
from fitlab.images import read_image, transform
from fitlab.models.blazepose import LANDMARKS, Landmarks
from fitlab.skeletons import MPII16
from fitlab.weights import registry


def answer(points: torch.Tensor, heatmap: torch.Tensor | None = None, present: float = 0.9) -> Landmarks:
    """What BlazePose answers that sees its landmarks at ``points`` (B, 39, 2) px, all of them surely."""
    batch = len(points)
    landmarks = torch.cat([points, torch.zeros(batch, 39, 1), torch.full((batch, 39, 2), 4.0)], -1)
    heatmap = torch.full((batch, 39, 64, 64), -20.0) if heatmap is None else heatmap
    return Landmarks(landmarks, torch.full((batch,), present), heatmap, torch.zeros(batch, 39, 3))


def test_landmarks_are_refined_by_what_their_heatmaps_show_near_them():
    points = torch.full((1, 39, 2), 100.0)  # cell 25
    heatmap = torch.full((1, 39, 64, 64), -20.0)
    heatmap[0, 0, 26, 27] = 20  # near, and sure
    heatmap[0, 1, 26, 27] = -1  # near, and not sure
    heatmap[0, 2, 26, 40] = 20  # sure, and not near
    x, y = refined(answer(points, heatmap))[0, :3].T
    np.testing.assert_allclose(x, [27 * 4 - 0.5, 99.5, 99.5], atol=1e-3)
    np.testing.assert_allclose(y, [26 * 4 - 0.5, 99.5, 99.5], atol=1e-3)


class Fixed(torch.nn.Module):
    """Sees the same landmarks in every square: a person who fills it, upright."""

    def __init__(self, present: float = 0.9):
        super().__init__()
        self.present = present

    def forward(self, batch):
        points = torch.full((39, 2), 128.0)
        points[LANDMARKS.index("alignment")] = torch.tensor([128.0, 128 - 256 / 2.5])
        for name in LANDMARKS:
            if name.startswith(("left_", "right_")):
                points[LANDMARKS.index(name), 0] = 168.0 if name.startswith("left_") else 88.0
        return answer(points.expand(len(batch), 39, 2), present=self.present)


def test_a_landmarker_answers_the_joints_that_blazepose_has():
    image, points = painted(640, 480, (320, 230), 0.28)
    pose = Landmarker("fixed", Fixed(), Knowing(points)).detect(image)
    unknown = MPII16.indices(["upper_neck", "head_top"])
    assert np.isnan(pose.points[unknown]).all()
    assert (pose.score[unknown] == 0).all()
    hips = points[MPII16.indices(["left_hip", "right_hip"])].mean(0)
    np.testing.assert_allclose(pose.joint("pelvis"), hips, atol=4)
    assert pose.joint("left_knee")[0] > hips[0] > pose.joint("right_knee")[0]
    assert pose.score[MPII16.index("left_knee")] == pytest.approx(1 / (1 + np.exp(-4)) ** 2)


def test_the_next_square_follows_from_the_two_auxiliary_landmarks():
    """Its middle is the hips', its side two and a half times the way to the point above them, which it turns up."""
    points = np.zeros((39, 2))
    points[LANDMARKS.index("hip_centre")], points[LANDMARKS.index("alignment")] = (50, 60), (90, 60)
    view = _next_view(points)
    assert (view.x, view.y, view.side, view.rotation) == pytest.approx((50, 60, 100, -90))
    above = transform(np.array([90.0, 60.0]), view.matrix(256))
    np.testing.assert_allclose(above, [127.5, 127.5 - 256 / 2.5], atol=1e-6)


def test_mirroring_changes_nothing_for_somebody_symmetric():
    image, points = painted(640, 480, (320, 230), 0.28)
    plain, flipped = (Landmarker("fixed", Fixed(), Knowing(points)).detect(image, flip=flip) for flip in (False, True))
    np.testing.assert_allclose(flipped.points, plain.points, atol=1.5)


def test_nobody_is_found_where_blazepose_sees_nobody():
    image, points = painted(640, 480, (320, 230), 0.28)
    doubtful = Landmarker("fixed", Fixed(present=0.2), Knowing(points))
    assert not doubtful.detect(image).found
    assert doubtful.detect(image, box=(*points.min(0), *points.max(0))).found
    blind = Knowing(points, sees=lambda view: False)
    assert not Landmarker("fixed", Fixed(), blind).detect(image).found


def test_the_official_weights_find_a_real_person():
    if not registry.is_here("blazepose-lite"):
        pytest.skip("MediaPipe's weights are not here")
    try:
        photos = catalogue.open_photos("real-people")
    except FileNotFoundError:
        pytest.skip("the pictures of real people are not here")
    pose = load_detector("blazepose-lite").detect(read_image(photos.images[0]))
    torso = np.linalg.norm(pose.joint("left_shoulder") - pose.joint("right_hip"))
    error = np.linalg.norm(pose.points - photos.points[0], axis=1)
    assert np.nanmedian(error) < 0.15 * torso
