from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fitlab.detection.glances import GREY, PLAIN, Glances, augmentations
from fitlab.detection.reading import Maps, read
from fitlab.detection.views import View

ONE, OTHER = View(40, 40, 32), View(60, 50, 40)


class Counting:
    """Sees every joint where a crop is brightest, and notes the crops that it is asked about."""

    size = 32

    def __init__(self):
        self.asked = []

    def answer(self, pictures):
        self.asked.append(pictures)
        light = torch.from_numpy(pictures.astype(np.float32).mean(-1))
        place = (light / 8).flatten(1).softmax(-1).view(len(light), 1, 32, 32).expand(-1, 16, -1, -1)
        return Maps(place, torch.full((len(light), 16), 0.9), torch.ones(len(light), 16, 2))

    def read(self, maps):
        return read(maps, self.size)


@pytest.fixture
def image() -> np.ndarray:
    image = np.zeros((100, 120, 3), np.uint8)
    image[45:48, 52:55] = 255
    return image


def test_nothing_is_asked_twice(image):
    counting = Counting()
    glances = Glances(counting, image)
    first = glances.look([ONE, ONE])
    assert [len(pictures) for pictures in counting.asked] == [1]
    both = glances.look([ONE, OTHER], augmentations(flip=True, scales=False))
    assert [len(pictures) for pictures in counting.asked] == [1, 3]
    np.testing.assert_array_equal(counting.asked[1][1], counting.asked[0][0][:, ::-1])
    again = Glances(Counting(), image).look([ONE, OTHER], augmentations(flip=True, scales=False))
    for found, anew in zip(both, again, strict=True):
        np.testing.assert_allclose(found.points, anew.points)
        np.testing.assert_allclose(found.points, [[53, 46]] * 16, atol=0.6)
    np.testing.assert_allclose(glances.look([ONE])[0].points, first[0].points)
    assert len(counting.asked) == 2


def test_depth_is_told_in_pixels_of_the_photo(image):
    assert [found.depth[0, 0] for found in Glances(Counting(), image).look([ONE, OTHER])] == [32, 40]


def test_memory_is_bounded_and_no_view_is_lost(image):
    counting = Counting()
    views = [View(40 + number, 40, 32) for number in range(20)]
    found = Glances(counting, image).look(views, augmentations(flip=True, scales=True))
    assert len(found) == 20
    assert max(len(pictures) for pictures in counting.asked) <= 16
    assert Glances(counting, image).look([], PLAIN) == []


def test_what_lies_outside_the_photo_is_grey(image):
    crop = Glances(SimpleNamespace(size=32), image).crop(View(0, 50, 32))
    assert (crop[:, :10] == GREY).all()
    assert not (crop[:, 20:] == GREY).all()
