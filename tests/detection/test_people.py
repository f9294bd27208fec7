from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from paint import DOT, ColourNetwork, painted

from fitlab.detection.detector import Detector
from fitlab.detection.glances import PLAIN as PLAIN_LOOK
from fitlab.detection.people import CROP, MEDIAPIPE_CROP, Crowd, Person, PersonFinder, crowd_of, load_person_finder
from fitlab.detection.search import Found
from fitlab.detection.views import View, upright_view
from fitlab.models.person_detector import People, PersonDetector
from fitlab.training.people_crops import circles

PLAIN = np.eye(2, 3)


def answers(*people):
    """(logit, centre, top) of each anchor; places as the network gives them, with the corner at 0."""
    logits = torch.tensor([logit for logit, _, _ in people])
    points = torch.tensor([[centre, top] for _, centre, top in people]) + 0.5
    return People(logits, points)


def test_anchors_that_see_the_same_person_are_one_and_others_are_others():
    near, far = (2.0, [100.0, 100.0], [100.0, 40.0]), (1.0, [104.0, 100.0], [100.0, 48.0])
    beside = (1.5, [140.0, 100.0], [140.0, 50.0])
    crowd = crowd_of(answers(near, far, beside, (-9.0, [10.0, 10.0], [10.0, 0.0])), PLAIN)
    assert len(crowd.people) == 2
    first, second = crowd.people
    weight = np.array([1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-1))])
    assert first.score == pytest.approx(weight[0])
    assert first.centre == pytest.approx([np.average([100, 104], weights=weight), 100])
    assert second.centre == pytest.approx([140, 100])


def test_somebody_upside_down_in_the_same_place_is_another_answer():
    crowd = crowd_of(answers((2.0, [100.0, 100.0], [100.0, 40.0]), (1.0, [100.0, 100.0], [100.0, 160.0])), PLAIN)
    assert [person.view().rotation for person in crowd.people] == [0, -180]


def test_the_larger_of_two_sure_people_is_first_and_who_is_doubted_is_last():
    small, large = (4.0, [50.0, 50.0], [50.0, 30.0]), (1.0, [150.0, 100.0], [150.0, 10.0])
    doubted = (-1.0, [100.0, 200.0], [100.0, 20.0])
    crowd = crowd_of(answers(small, large, doubted), PLAIN)
    assert [round(person.radius) for person in crowd.people] == [90, 20, 180]
    assert crowd.present
    assert len(crowd.views()) == 3


def test_nobody_and_somebody_doubted():
    assert crowd_of(answers((-9.0, [1.0, 1.0], [1.0, 0.0])), PLAIN) == Crowd(())
    assert Crowd(()).views() == []
    doubted = crowd_of(answers((-1.0, [10.0, 10.0], [10.0, 0.0])), PLAIN)
    assert not doubted.present
    assert doubted.views() == [View(10.0, 10.0, 10 * CROP)]


def test_the_square_of_a_circle_is_the_detectors_upright_view_but_for_its_size():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 300, (16, 2))
    centre, top = circles(points)
    view, expected = Person(centre, top, 1.0).view(), upright_view(points)
    assert (view.x, view.y, view.side, view.rotation) == pytest.approx(
        (expected.x, expected.y, expected.side * CROP / MEDIAPIPE_CROP, expected.rotation)
    )


class Seeing(torch.nn.Module):
    """Sees one person where they are in the whole photo, in a view of ``side`` px round its middle."""

    def __init__(self, circle, side):
        super().__init__()
        self.circle, self.side = circle, side

    def forward(self, batch):
        scale = 224 / self.side
        points = torch.tensor(self.circle * scale + 0.5 * (1 + scale) - 0.5 * scale - 0.5 + 0.5).float()
        return People(torch.tensor([[3.0]]).expand(len(batch), 1), points.expand(len(batch), 1, 2, 2))


def test_a_detector_finds_the_joints_in_the_crop_that_the_finder_gives():
    image, points = painted(600, 600, (300, 290), 0.25)
    finder = PersonFinder("seeing", Seeing(circles(points), 600))
    seen = finder.look(image, [View(299.5, 299.5, 600)])[0].people[0]
    assert np.abs(np.stack([seen.centre, seen.top]) - circles(points)).max() < 1.5
    detector = Detector("upright", ColourNetwork(), 192, upright=True, finder=finder)
    assert np.linalg.norm(detector.detect(image).points - points, axis=1).max() < DOT * 0.25 / 2


def test_where_the_finder_sees_nobody_nobody_is_found():
    image, points = painted(600, 600, (300, 290), 0.25)
    nobody = Seeing(circles(points), 600)
    nobody.forward = lambda batch: People(torch.full((len(batch), 1), -9.0), torch.zeros(len(batch), 1, 2, 2))
    detector = Detector("upright", ColourNetwork(), 192, upright=True, finder=PersonFinder("blind", nobody))
    assert not detector.detect(image).found
    with_itself = replace(detector, finder=None, upright=False)
    assert with_itself.detect(image).found


def test_a_file_that_a_training_wrote_finds_people(tmp_path):
    from safetensors.torch import save_file

    about = (
        '{"kind": "finder", "network": "person-detector", "options": {}, "input_size": 224, "normalisation": "lite"}'
    )
    torch.manual_seed(0)
    save_file(PersonDetector().state_dict(), tmp_path / "mine.safetensors", {"fitlab": about})
    finder = load_person_finder(tmp_path / "mine.safetensors")
    assert isinstance(finder, PersonFinder)
    image = np.zeros((50, 80, 3), np.uint8)
    assert len(finder.look(image, [View(40, 25, 80)] * 20)) == 20


@pytest.mark.parametrize(("sureness", "asked"), [(0.9, "first"), (0.8, "first again elsewhere")])
def test_more_views_are_asked_for_only_as_long_as_none_is_sure_enough(sureness, asked):
    calls = []

    class Noting:
        def search(self, image):
            return View(32, 32, 64), Crowd((Person(np.array([32.0, 32.0]), np.array([32.0, 8.0]), 0.9),))

        def __getattr__(self, name):
            def propose(image, start, crowd):
                calls.append(name)
                return [View(32.0 + 20 * len(calls), 32.0, 64.0)]

            return propose

    found = Found(np.zeros((16, 2)), np.tile(np.eye(2), (16, 1, 1)), np.full(16, sureness))
    glances = SimpleNamespace(image=np.zeros((64, 64, 3), np.uint8), look=lambda views, *_: [found] * len(views))
    detector = Detector("stub", ColourNetwork(), 64)
    _, seen = detector._found_for(Noting(), glances, True, View(32, 32, 64), PLAIN_LOOK)
    assert " ".join(calls) == asked
    assert seen is found
