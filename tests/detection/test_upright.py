"""A detector that sees people upright, found by another; what it says beside the joints' places."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from finders import Knowing
from paint import DOT, ColourNetwork, painted

from fitlab.detection.detector import Detector
from fitlab.detection.reading import Maps, merged
from fitlab.detection.search import Found, elected
from fitlab.detection.views import View, distinct
from fitlab.models.answers import Answer
from fitlab.poses import OUTSIDE
from fitlab.skeletons import MPII16


class Telling(ColourNetwork):
    """Also says that every joint is a tenth of the crop's side behind the pelvis, and hidden."""

    def forward(self, batch):
        answer = super().forward(batch)
        depth = torch.tensor([0.1, -3.0]).expand(len(batch), 16, 2)
        states = torch.tensor([-9.0, 9.0, -9.0]).expand(len(batch), 16, 3)
        return Answer(answer.heatmaps, answer.score, states, depth)


def turned(image, points, quarters):
    """The photo turned anticlockwise, and its joints."""
    side = image.shape[0] - 1
    for _ in range(quarters):
        image, points = np.rot90(image), np.column_stack([points[:, 1], side - points[:, 0]])
    return np.ascontiguousarray(image), points


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(("boxed", "zoom"), [(False, True), (True, True), (True, False)])
def test_left_and_right_are_told_apart_however_the_person_lies(quarters, boxed, zoom):
    """The network takes what is right of the thorax for left, which is true of people who stand upright alone."""
    image, points = turned(*painted(600, 600, (300, 290), 0.25), quarters)
    detector = Detector("upright", ColourNetwork(), 192, upright=True, finder=Knowing(points))
    box = (*points.min(0) - 20, *points.max(0) + 20) if boxed else None
    pose = detector.detect(image, box, zoom=zoom)
    assert np.linalg.norm(pose.points - points, axis=1).max() < DOT * 0.25 / 2


def test_depth_arrives_in_pixels_of_the_photo():
    small, large = (
        Detector("telling", Telling(), 192, scaled=False).detect(
            painted(640 * k, 480 * k, (320 * k, 230 * k), 0.28 * k)[0]
        )
        for k in (1, 2)
    )
    np.testing.assert_allclose(large.depth[:, 0], 2 * small.depth[:, 0], rtol=0.03)
    np.testing.assert_allclose(small.depth[:, 1] / small.depth[:, 0], np.exp(-3) / 0.1, rtol=1e-4)
    np.testing.assert_allclose(small.visibility[:, 1], 1, atol=1e-6)


def test_a_mirrored_view_answers_for_the_other_side_and_a_wider_one_in_its_own_sides():
    left, right = MPII16.indices(["left_knee", "right_knee"])
    depth = torch.zeros(3, 16, 2)
    depth[0, left, 0], depth[1, right, 0], depth[2, left, 0] = 0.3, 0.3, 0.15
    place = torch.full((3, 16, 8, 8), 1 / 64)
    maps = merged(Maps(place, torch.ones(3, 16), depth), ((1.0, False), (1.0, True), (2.0, False)))
    assert maps.depth[0, left, 0] == pytest.approx(0.3)
    assert maps.depth[0, right, 0] == 0


def standing(rotation):
    """Whether people who stand upright in the picture turned by ``rotation`` do so in the view, within 60 degrees."""
    return lambda view: abs((view.rotation - rotation + 180) % 360 - 180) < 60


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_who_lies_or_stands_on_hands_is_found_from_another_side(quarters):
    image, points = turned(*painted(600, 600, (300, 290), 0.25), quarters)
    finder = Knowing(points, standing(90 * quarters))
    pose = Detector("upright", ColourNetwork(), 192, upright=True, finder=finder).detect(image)
    assert np.linalg.norm(pose.points - points, axis=1).max() < DOT * 0.25 / 2


def test_other_sides_are_looked_from_only_where_the_first_look_is_not_sure():
    image, points = painted(600, 600, (300, 290), 0.25)
    sure, unsure = Knowing(points), Knowing(points)
    Detector("upright", ColourNetwork(), 192, upright=True, finder=sure).detect(image)
    assert len(sure.views) == 1
    Detector("upright", ColourNetwork(), 192, upright=True, finder=unsure).detect(np.zeros_like(image))
    assert {45, 90, 135, 180} <= {view.rotation for view in unsure.views}
    assert any(view.mirror for view in unsure.views)


def test_of_several_views_the_one_is_believed_that_others_agree_with():
    rng = np.random.default_rng(0)
    one, other = rng.uniform(0, 100, (2, 16, 2))
    seen = [Found(points, np.zeros((16, 2, 2)), np.full(16, score)) for points, score in ((one, 0.8), (other, 0.75))]
    assert elected(seen, [1, 1]) == 0
    assert elected(seen, [1, 6]) == 1
    assert elected([*seen, replace(seen[1], points=other + 1)], [1, 1, 1]) in (1, 2)
    sure = replace(seen[0], score=np.full(16, 0.99))
    assert elected([sure, seen[1], seen[1]], [1, 1, 1]) == 0


def test_views_that_show_the_same_count_as_one():
    view = View(100, 100, 80)
    views, counts = distinct([view, View(101, 99, 82), View(300, 100, 80), view, replace(view, rotation=90)])
    assert views == [view, View(300, 100, 80), replace(view, rotation=90)]
    assert counts == [3, 1, 1]


def test_a_joint_beyond_the_edge_is_no_reason_for_doubt():
    score, states = np.full(16, 0.95), np.zeros((16, 3))
    score[:6], states[:6, OUTSIDE], states[6:, 2] = 0.05, 0.97, 1
    found = Found(np.zeros((16, 2)), np.zeros((16, 2, 2)), score)
    assert found.sureness < 0.7
    assert replace(found, visibility=states).sureness > 0.95
