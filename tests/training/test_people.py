from dataclasses import replace

import numpy as np
import pytest
import torch
from killing import Killed, killed_at
from PIL import Image
from safetensors.torch import load_file

from fitlab.datasets.records import PhotoSet
from fitlab.detection.people import PersonFinder, load_person_finder
from fitlab.detection.views import upright_view
from fitlab.models.person_detector import People
from fitlab.skeletons import MPII16
from fitlab.training import people
from fitlab.training.augmentation import Augmentation
from fitlab.training.loop import Schedule
from fitlab.training.people import FinderTraining, loss_of, train_finder
from fitlab.training.people_crops import circles, everybody, people_crop, whole_crop

PLAIN = Augmentation(
    rotate=0, full_turn=0, far=0, nobody=0, cut_off=0, colour=0, grey=0, blur=0, noise=0, compress=0, occlude=0
)
TINY = FinderTraining(
    workers=0, start="random", batch_size=2, schedule=Schedule(steps=2, warmup=1, average=0.5, check_every=1)
)


@pytest.fixture
def photos(tmp_path):
    """Three pictures of somebody and one of nobody, in the first of which somebody else is, too."""
    rng = np.random.default_rng(0)
    files = []
    for number in range(4):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(rng.integers(0, 256, (90, 120, 3), dtype=np.uint8)).save(files[-1])
    points = rng.uniform(20, 80, (4, 16, 2))
    points[3] = np.nan
    others = np.full((4, 3, 16, 2), np.nan)
    others[0, 0] = points[0] + [30, 0]
    groups = np.array(["squat"] * 4)
    labels = {"others_mpii16": others}
    return PhotoSet("four", tuple(files), points, np.full((4, 16), 2), groups, labels=labels)


def test_all_people_of_a_picture_are_known(photos):
    assert np.isfinite(everybody(photos, 0)).all(axis=(1, 2)).tolist() == [True, True, False, False]
    assert np.isnan(everybody(photos, 3)).all()
    assert np.isfinite(everybody(replace(photos, labels={}), 0)[0]).all()


def test_a_person_without_hips_or_with_the_trunk_in_one_place_has_no_circle(photos):
    points = photos.points[:3].copy()
    points[0, MPII16.index("left_hip")] = np.nan
    points[1, MPII16.indices(["left_hip", "right_hip", "left_shoulder", "right_shoulder"])] = 50
    assert np.isnan(circles(points)).all(axis=(1, 2)).tolist() == [True, True, False]


@pytest.mark.parametrize("settings", [PLAIN, replace(PLAIN, full_turn=1.0)])
def test_circles_go_with_the_picture(photos, settings):
    """A red square round the hips is where the circle's centre is, whatever the crop."""
    image = np.zeros((90, 120, 3), np.uint8)
    joints = everybody(photos, 0)
    x, y = np.rint(circles(joints[0])[0]).astype(int)
    image[y - 3 : y + 4, x - 3 : x + 4] = (255, 0, 0)
    for seed in range(5):
        picture, shown = people_crop(image, joints, np.random.default_rng(seed), settings)
        assert picture.shape == (224, 224, 3)
        rows, columns = np.nonzero(picture[..., 0] > 100)
        assert np.abs([columns.mean() - shown[0, 0, 0], rows.mean() - shown[0, 0, 1]]).max() < 2
        assert np.isnan(shown[2:]).all()


def test_a_whole_picture_is_squeezed_in_with_its_people(photos):
    picture, shown = whole_crop(photos, 0)
    assert picture.shape == (224, 224, 3)
    view = upright_view(photos.points[0])
    assert np.linalg.norm(shown[0, 1] - shown[0, 0]) == pytest.approx(view.side / 2.5 * 224 / 120, rel=1e-3)


CIRCLE = torch.tensor([[100.0, 120.0], [100.0, 40.0]])
ELSEWHERE = torch.full((2, 2), torch.nan)


def answered(*anchors):
    """(logit, shift in px) of each anchor against CIRCLE, six more of them far off and sure that nobody is there."""
    anchors = [*anchors, *[(-9.0, 1000.0)] * 6]
    logits = torch.tensor([[logit for logit, _ in anchors]], requires_grad=True)
    points = torch.stack([CIRCLE + shift for _, shift in anchors])[None].requires_grad_()
    return People(logits, points)


def graded(answer, *others):
    loss = loss_of(answer, torch.stack([CIRCLE, *others])[None], 4.0)
    loss.backward()
    return answer.logits.grad[0], answer.points.grad[0]


def test_the_anchors_that_answer_best_shall_answer_and_the_next_best_are_let_be():
    answer = answered(*[(0.0, 2.0)] * 4, (0.0, 8.0), (0.0, 200.0))
    logits, points = graded(answer)
    assert (logits[:4] < 0).all()
    assert logits[4] == 0
    assert logits[5] > 0
    assert (points[:4] > 0).all()
    assert (points[4:] == 0).all()


def test_answers_near_somebody_else_are_neither_right_nor_wrong():
    shift = torch.tensor([60.0, 0.0])
    answer = answered(*[(0.0, 1.0)] * 4, (0.0, shift + 4))
    assert graded(answer)[0][4] > 0
    answer = answered(*[(0.0, 1.0)] * 4, (0.0, shift + 4))
    assert graded(answer, CIRCLE + shift)[0][4] == 0


def test_without_hips_in_the_crop_nothing_is_learnt_and_without_anybody_that_nobody_is_there():
    answer = answered((0.0, 1.0))
    loss_of(answer, (CIRCLE + 1000)[None, None], 4.0).backward()
    assert (answer.logits.grad == 0).all()
    answer = answered((0.0, 1.0))
    loss_of(answer, ELSEWHERE[None, None], 4.0).backward()
    assert (answer.logits.grad[0] > 0).all()
    assert (answer.points.grad == 0).all()


@pytest.mark.parametrize(("logit", "shift", "found"), [(3.0, 5.0, True), (3.0, 60.0, False), (-3.0, 0.0, False)])
def test_somebody_is_found_where_the_circle_is(logit, shift, found):
    answer = People(*(part[0].detach() for part in answered((logit, shift))))
    assert people._found(answer, CIRCLE.numpy()) == found
    assert people._found(answer, ELSEWHERE.numpy()) == (logit < 0)


def test_a_killed_and_resumed_training_ends_in_the_same_weights(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(people, "read_sets", lambda config: ([photos], [photos]))
    whole = train_finder(TINY, tmp_path / "whole")
    validate = people.validate
    monkeypatch.setattr(people, "validate", killed_at(2, validate))
    with pytest.raises(Killed):
        train_finder(TINY, tmp_path / "resumed")
    monkeypatch.setattr(people, "validate", validate)
    resumed = load_file(train_finder(TINY, tmp_path / "resumed"))
    assert all(torch.equal(weight, resumed[key]) for key, weight in load_file(whole).items())
    assert isinstance(load_person_finder(whole), PersonFinder)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="unknown finder to train 'fitpose'"):
        FinderTraining(network="fitpose")
    with pytest.raises(ValueError, match="place_weight must be a number of at least 0"):
        FinderTraining(place_weight=-1.0)
