import numpy as np
import pytest
from paint import painted
from PIL import Image

from fitlab.datasets.records import PhotoSet
from fitlab.evaluation.detections import detect_all, true_box
from fitlab.poses import VISIBLE, Pose2D


class Recorder:
    """A detector that finds nothing and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def detect(self, image, box, flip, zoom, scales):
        self.asked.append((box, flip, zoom, scales))
        return Pose2D(np.zeros((16, 2)), np.zeros(16), image.shape[1::-1])


@pytest.fixture
def photos(tmp_path) -> PhotoSet:
    """An upright and a wide picture."""
    sizes, truth = [(200, 260), (300, 200)], []
    for number, (width, height) in enumerate(sizes):
        image, points = painted(width, height, (100, 95), 0.11)
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        truth.append(points)
    files = tuple(tmp_path / f"{number}.png" for number in range(2))
    return PhotoSet("painted", files, np.array(truth), np.full((2, 16), VISIBLE), np.array(["squat", "plank"]))


def test_every_picture_keeps_its_own_size(photos):
    found = detect_all(Recorder(), photos)
    assert found.pose.image_size.tolist() == [[200, 260], [300, 200]]
    assert photos.sizes().tolist() == [[200, 260], [300, 200]]
    assert found.points.shape == (2, 16, 2)
    assert found.found.tolist() == [False, False]
    assert np.isnan(found.deviation).all(), "there are no covariances"


def test_the_true_box_is_given_and_not_zoomed_from(photos):
    recorder = Recorder()
    detect_all(recorder, photos, use_box=True)
    assert recorder.asked[0] == (pytest.approx(true_box(photos.points[0])), True, False, True)


@pytest.mark.parametrize("off", ["flip", "zoom", "scales"])
def test_each_way_to_look_is_switched_off_by_itself(photos, off):
    recorder = Recorder()
    detect_all(recorder, photos, **{off: False})
    assert recorder.asked[-1] == (None, off != "flip", off != "zoom", off != "scales")


def test_a_set_without_pictures_is_refused(photos):
    with pytest.raises(ValueError, match="painted has no pictures"):
        detect_all(Recorder(), photos.subset(slice(0)))
