import json

import numpy as np
import pytest
from PIL import Image

from fitlab.datasets.records import PhotoSet
from fitlab.detection.detector import Detector
from fitlab.evaluation import comparison
from fitlab.evaluation.comparison import NOT_HERE, Trial, bin_table, differences, gain, joint_table, network_table
from fitlab.evaluation.detections import Detections
from fitlab.models.fitpose import FitPose
from fitlab.poses import VISIBLE, Pose2D
from fitlab.skeletons import MPII16
from fitlab.training.run_folder import save_weights

WAIST = 10.0


@pytest.fixture
def photos(tmp_path):
    """Four people whose hips are 10 px apart."""
    points = np.zeros((4, 16, 2)) + 50
    points[:, MPII16.index("left_hip"), 0] = 50 + WAIST
    files = tuple(tmp_path / f"{number}.jpg" for number in range(4))
    return PhotoSet("four", files, points, np.full((4, 16), VISIBLE), np.array(["squat"] * 4))


def answers(photos, error_of, joints=slice(None)):
    """What a detector says that is ``error_of`` px to the right in each photo."""
    points = photos.points.copy()
    points[:, joints, 0] += np.asarray(error_of, float)[:, None]
    return Detections(Pose2D(points, np.ones((4, 16)), (100, 100)), np.array([0.1, 0.2, 0.3, 0.4]))


def trial(photos, **found):
    return Trial(photos, found)


def test_a_joint_is_right_within_half_a_waist_and_both_sides_count(photos):
    wrists = MPII16.indices(["left_wrist"])
    table = joint_table(trial(photos, good=answers(photos, [4, 4, 4, 4]), one_wrist=answers(photos, [6] * 4, wrists)))
    assert list(table.loc["good"][:7]) == ["1.000"] * 7
    assert table.loc["one_wrist", "wrist"] == "0.500"
    assert table.loc["one_wrist", "elbow"] == "1.000"
    assert table.loc["one_wrist", "mean"] == f"{11 / 12:.3f}"
    assert table.loc["good", "seconds"] == "0.250"


def test_what_is_not_on_this_machine_is_said_in_every_column(photos):
    both = trial(photos, missing=None)
    for table in (joint_table(both), bin_table(both, np.arange(4), (0, 2, 4)), gain(both, both)):
        assert (table.loc["missing"] == NOT_HERE).all()


def test_bins_hold_the_photos_between_their_edges(photos):
    found = trial(photos, some=answers(photos, [0, 0, 0, 99]))
    table = bin_table(found, np.array([0.1, 0.2, 0.3, 0.4]), (0.0, 0.3, np.inf))
    assert list(table.columns) == ["0 to 0.3 (2)", "0.3 and up (2)"]
    assert table.iloc[0, 0].startswith("1.000")
    assert table.iloc[0, 1].startswith("0.500")


def test_a_gain_is_taken_photo_by_photo_and_leaves_out_who_was_not_chosen(photos):
    before = trial(photos, it=answers(photos, [99, 99, 0, 0]))
    after = trial(photos, it=answers(photos, [0, 0, 0, 0]))
    assert list(gain(before, after).loc["it"][:3]) == ["0.500", "1.000", "+0.500"]
    chosen = np.array([True, True, False, False])
    assert list(gain(before, after, chosen).loc["it"]) == ["0.000", "1.000", "+1.000", "+1.000 to +1.000"]


def test_a_detector_that_is_better_everywhere_is_better_for_sure(photos):
    found = trial(photos, ours=answers(photos, [99] * 4), theirs=answers(photos, [0] * 4), missing=None)
    table = differences(found, "ours")
    assert list(table.loc["theirs"]) == ["0.000", "1.000", "+1.000", "+1.000 to +1.000"]
    assert (table.loc["missing"] == NOT_HERE).all()


def test_networks_are_timed_without_their_weights():
    table = network_table(["efficientpose-rt-lite-mpii"], repeats=1)
    assert table.loc["efficientpose-rt-lite-mpii", "million parameters"] == pytest.approx(0.4, abs=0.03)
    assert table.loc["efficientpose-rt-lite-mpii", "ms"] > 0


@pytest.fixture
def trained(tmp_path):
    """What a training writes."""
    file = tmp_path / "fitpose-64.safetensors"
    about = {"kind": "detector", "network": "fitpose", "input_size": 64, "normalisation": "lite", "heatmap": "softmax"}
    save_weights(FitPose(), file, {"fitlab": json.dumps(about)})
    return file


def test_a_file_that_was_trained_is_compared_by_its_path(trained, photos):
    for file in photos.images:
        Image.new("RGB", (80, 80)).save(file)
    gone = trained.with_name("gone.safetensors")
    found = comparison.compare([str(trained), trained, gone], photos).found
    assert list(found) == [str(trained), str(gone)]
    assert found[str(trained)].points.shape == (4, 16, 2)
    assert found[str(gone)] is None
    assert list(network_table([trained], repeats=1).loc[str(trained)])[:2] == ["here", 64]
    with pytest.raises(FileNotFoundError, match=r"no file .*gone\.safetensors"):
        network_table([gone])


def test_a_gain_needs_the_same_photos(photos):
    fewer = photos.subset(np.arange(3))
    with pytest.raises(ValueError, match="same photos"):
        gain(trial(photos), Trial(fewer, {}))


def test_detectors_are_asked_only_if_their_weights_are_here(photos, monkeypatch):
    asked = []
    monkeypatch.setattr(comparison.registry, "is_here", lambda name: name != "hg8")
    monkeypatch.setattr(comparison, "load_detector", lambda name: Detector(name, None, 192))
    monkeypatch.setattr(
        comparison, "detect_all", lambda detector, photos, use_box, **how: asked.append((detector.name, use_box, how))
    )
    assert set(comparison.compare(["fitpose-lite0", "hg8"], photos, flip=True).found) == {
        "fitpose-lite0",
        "hg8",
    }
    comparison.compare(["fitpose-lite0"], photos, zoom=True, scales=True)
    comparison.compare(["fitpose-lite0"], photos, use_box=True)
    assert asked == [
        ("fitpose-lite0", False, {"flip": True, "zoom": False, "scales": False}),
        ("fitpose-lite0", False, {"flip": False, "zoom": True, "scales": True}),
        ("fitpose-lite0", True, {"flip": False, "zoom": False, "scales": False}),
    ]


def test_a_bin_without_pictures_says_so(photos):
    found = trial(photos, it=answers(photos, [0] * 4))
    table = bin_table(found, np.full(4, 0.5), (0.0, 0.3, np.inf))
    assert list(table.loc["it"]) == ["no pictures", "1.000 (1.000 to 1.000)"]
