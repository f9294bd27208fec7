import io
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from fitlab.folders import data_folder
from fitlab.models import person_detector
from fitlab.models.person_detector import PersonDetector
from fitlab.models.tflite import read_official

# What the official interpreter answers for sin(0.01 i): anchor -> logit, and the two points without the anchor's place.
GOLDEN = {
    0: (-85.0547, [-2.224, 2.773, -5.281, -7.56]),
    701: (-10.5965, [-52.566, -458.162, 100.104, 54.843]),
    1567: (-6.0562, [-111.661, 12.213, -9.452, -51.096]),
    1700: (-4.9733, [76.202, -318.887, 31.67, 64.066]),
    1959: (-100.1633, [4.369, 19.794, 23.33, -28.408]),
    2101: (-32.0243, [0.114, -0.022, 0.248, 0.183]),
    2253: (-29.9451, [0.105, -0.008, -0.147, 0.454]),
}
# The first and last anchors of each stride: the middles of their cells, worked out by hand.
MIDDLES = {0: (4, 4), 2: (12, 4), 1567: (220, 220), 1568: (8, 8), 1959: (216, 216), 1960: (16, 16), 2253: (208, 208)}


@pytest.fixture
def official():
    pytest.importorskip("tflite")
    file = data_folder() / "blazepose" / "pose_detection.tflite"
    if not file.is_file():
        pytest.skip(f"needs {file}: set FITLAB_DATA to the folder that holds it")
    return file.read_bytes()


def test_golden_outputs_of_the_official_weights(official):
    network = PersonDetector().eval()
    network.load_state_dict(read_official(io.BytesIO(official)))
    wave = np.sin(0.01 * np.arange(224 * 224 * 3)).astype(np.float32).reshape(1, 224, 224, 3)
    with torch.inference_mode():
        answer = network(torch.from_numpy(wave).permute(0, 3, 1, 2))
    for anchor, (logit, places) in GOLDEN.items():
        assert answer.logits[0, anchor].item() == pytest.approx(logit, abs=2e-3)
        own = answer.points[0, anchor] - network.anchors[anchor]
        assert own.flatten().numpy() == pytest.approx(places, abs=1e-2)


def test_the_anchors_are_in_the_middles_of_their_cells():
    anchors = PersonDetector().anchors
    assert {number: tuple(anchors[number].tolist()) for number in MIDDLES} == MIDDLES


def test_channels_become_places_as_in_tensorflow():
    """TensorFlow's depth to space of (2, 3, 8) NHWC: the first of four parts of the channels goes to the upper left."""
    x = torch.arange(48.0).view(1, 2, 3, 8)
    made = person_detector._spread(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)[0]
    assert made.shape == (4, 6, 2)
    for row in range(4):
        for column in range(6):
            part = 2 * (2 * (row % 2) + column % 2)
            torch.testing.assert_close(made[row, column], x[0, row // 2, column // 2, part : part + 2])


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"takes images \(B, 3, 224, 224\), got \(1, 3, 256, 256\); resize them"):
        PersonDetector()(torch.zeros(1, 3, 256, 256))


@contextmanager
def suppress_told():
    """Lets pass what is read, and what is refused with the advice."""
    try:
        yield
    except ValueError as error:
        if "download it again" not in str(error):
            raise


def test_damaged_files_are_refused_with_a_sentence(official):
    with pytest.raises(ValueError, match=r"not BlazePose: it has no output.*expected the official pose_landmark_li"):
        read_official(io.BytesIO(official), "lite")
    with pytest.raises(ValueError, match=r"damaged or broken off.*expected the official pose_detection.tflite"):
        read_official(io.BytesIO(official[: len(official) // 2]), "person")
    rng = np.random.default_rng(0)
    for _ in range(20):
        damaged = bytearray(official)
        for place in rng.integers(0, len(official), 40):
            damaged[place] = int(rng.integers(256))
        with suppress_told():
            read_official(io.BytesIO(bytes(damaged)))
