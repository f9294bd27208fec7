from types import SimpleNamespace

import numpy as np
import pytest
from paint import painted
from PIL import Image

from fitlab.cli.main import main
from fitlab.datasets import infiniteform, mpii
from fitlab.datasets.records import OUTSIDE, VISIBLE, PhotoSet
from fitlab.evaluation import detectors as detector_evaluation
from fitlab.evaluation.detectors import Detections, detect_all, detector_report, read_photos, true_box
from fitlab.poses import Pose2D


@pytest.fixture
def photos(tmp_path) -> PhotoSet:
    truth = []
    for number in range(4):
        image, points = painted(200, 200, (100, 95 + number), 0.11)
        Image.fromarray(image).save(tmp_path / f"{number}.png")
        truth.append(points)
    files = tuple(tmp_path / f"{number}.png" for number in range(4))
    return PhotoSet(
        "painted", files, np.array(truth), np.full((4, 16), VISIBLE), np.array(["squat"] * 2 + ["plank"] * 2)
    )


def detections(photos: PhotoSet, shift: float) -> Detections:
    return Detections(photos.points + shift, np.full((4, 16), 0.9), np.full((4, 16), 2.0), np.full(4, 0.02))


def test_a_perfect_detector_scores_one_and_a_shifted_one_nothing(photos):
    perfect, shifted = (detector_report(photos, detections(photos, shift)) for shift in (0, 500))
    assert "| 0.2 of the torso | 1.000 | 1.000 to 1.000 |" in perfect
    assert "| 0.2 of the torso | 0.000 | 0.000 to 0.000 |" in shifted
    assert "0.8-1.0: 1.00 of 64" in perfect
    assert "0.8-1.0: 0.00 of 64" in shifted
    assert "20 ms a photo" in perfect


def test_joints_outside_the_picture_do_not_count_but_their_scores_do(photos):
    photos.visibility[:, 0] = OUTSIDE
    report = detector_report(photos, detections(photos, 0))
    assert "0.8-1.0: 1.00 of 60" in report
    assert "joints outside the picture: 4, of which 100% are taken for seen" in report


def test_the_true_box_is_given_and_not_zoomed_from(photos):
    asked = []

    class Recorder:
        def detect(self, image, box, flip, zoom, scales):
            asked.append((box, flip, zoom, scales))
            return Pose2D(np.zeros((16, 2)), np.zeros(16), (200, 200))

    found = detect_all(Recorder(), photos, use_box=True)
    assert asked[0] == (pytest.approx(true_box(photos.points[0])), True, False, True)
    assert found.points.shape == (4, 16, 2)
    detect_all(Recorder(), photos, use_box=False)
    assert asked[-1] == (None, True, True, True)
    detect_all(Recorder(), photos, use_box=False, flip=False)
    assert asked[-1] == (None, False, True, True)
    detect_all(Recorder(), photos, use_box=False, scales=False, zoom=False)
    assert asked[-1] == (None, True, False, False)


@pytest.mark.parametrize("off", ["flip", "zoom", "scales"])
def test_each_option_of_the_command_switches_its_own_part_off(off, photos, monkeypatch, capsys):
    asked = []

    def record(detector, photos, use_box, **how):
        asked.append(how)
        return detections(photos, 0)

    monkeypatch.setattr(detector_evaluation, "read_photos", lambda name: photos)
    monkeypatch.setattr(detector_evaluation, "load_detector", lambda name: None)
    monkeypatch.setattr(detector_evaluation, "detect_all", record)
    assert main(["evaluate", "detector", "fitpose-lite0", "--whole", f"--no-{off}"]) == 0
    assert asked == [{"flip": off != "flip", "zoom": off != "zoom", "scales": off != "scales"}]


def test_sets_that_only_the_user_has_are_read_too(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(mpii, "read", lambda file: photos if file == tmp_path / "mpii.json" else None)
    monkeypatch.setattr(infiniteform, "read", lambda: SimpleNamespace(photos=photos))
    assert read_photos(str(tmp_path / "mpii.json")) is photos
    assert read_photos("infiniteform") is photos
    monkeypatch.undo()
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="InfiniteForm was not found"):
        read_photos("infiniteform")


def test_unknown_sets_are_named():
    with pytest.raises(ValueError, match="unknown split 'training'"):
        read_photos("lspet-training")
    with pytest.raises(FileNotFoundError, match="no-such-set was not found"):
        read_photos("no-such-set")
