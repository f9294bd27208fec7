"""BlazePose is operator for operator the official networks, and reads their weights and no others.

``data/blazepose.json`` has outputs of the official networks, by the TensorFlow Lite interpreter: landmarks, world and
some values of the heatmaps (row, column, landmark). The reader is also tested on files that are written here.
"""

import io
import json
import random
import re
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from fitlab.extras import install_command
from fitlab.folders import data_folder
from fitlab.models import blazepose as module
from fitlab.models.blazepose import LANDMARKS, SIZES, BlazePose
from fitlab.models.tflite import MEMBER, read_official

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "blazepose.json").read_text())


def official(size: str) -> Path:
    path = data_folder() / "blazepose" / f"pose_landmark_{size}.tflite"
    if not path.is_file():
        pytest.skip(f"needs {path}: set FITLAB_DATA to the folder that holds it")
    pytest.importorskip("tflite")
    return path


def waves(batch: int = 1) -> torch.Tensor:
    """(batch, 3, 256, 256); the first image is the one of the golden outputs."""
    flat = np.arange(batch * 256 * 256 * 3)
    image = (0.5 + 0.5 * np.sin(0.01 * flat)).astype(np.float32)  # over (row, column, channel)
    return torch.from_numpy(image).reshape(batch, 256, 256, 3).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def lite():
    torch.manual_seed(0)
    return BlazePose("lite").eval()


@pytest.mark.parametrize("size", SIZES)
def test_golden_outputs_of_the_official_weights(size):
    network, golden = BlazePose(size).eval(), GOLDEN[size]
    with official(size).open("rb") as file:
        network.load_state_dict(read_official(file, size))
    with torch.inference_mode():
        answer = network.to(memory_format=torch.channels_last)(waves())
    assert answer.landmarks[0].numpy() == pytest.approx(np.array(golden["landmarks"]), abs=1e-2)
    assert answer.world[0].numpy() == pytest.approx(np.array(golden["world"]), abs=1e-4)
    assert answer.presence.item() == pytest.approx(golden["presence"], abs=1e-4)
    for place, value in golden["heatmap"].items():
        row, column, landmark = map(int, place.split(","))
        assert answer.heatmap[0, landmark, row, column].item() == pytest.approx(value, abs=1e-3), place


def test_the_size_of_an_official_file_is_found_out_and_checked():
    content = official("lite").read_bytes()
    BlazePose("lite").load_state_dict(read_official(io.BytesIO(content)))
    with pytest.raises(ValueError, match=r"this is BlazePose lite; expected the official pose_landmark_heavy.tflite"):
        read_official(io.BytesIO(content), "heavy")


def test_the_official_person_detector_is_no_blazepose():
    content = official("lite").with_name("pose_detection.tflite").read_bytes()
    with pytest.raises(ValueError, match=r"not BlazePose: it has no output of shape \(1, 64, 64, 39\)"):
        read_official(io.BytesIO(content), "full")


@pytest.mark.parametrize("size", SIZES)
def test_parameters_are_as_many_as_in_the_official_files(size):
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in BlazePose(size).parameters()) == GOLDEN[size]["parameters"]


@pytest.mark.parametrize(
    ("size", "channels", "pose"),
    [("lite", (32, 24, 56, 576), 192), ("full", (48, 32, 88, 864), 288), ("heavy", (48, 56, 160, 1632), 288)],
)
def test_shapes_of_the_parts(size, channels, pose):
    network = BlazePose(size)
    with torch.inference_mode():
        features = network.encoder(torch.zeros(1, 3, 256, 256))
        assert network.heatmap(features.fine).shape == (1, 39, 64, 64)
        assert network.regression(features).shape == (1, pose, 2, 2)
    assert [part.shape[1:] for part in features] == [
        (width, side, side) for width, side in zip(channels, (64, 32, 16, 8), strict=True)
    ]


def test_the_encoder_takes_other_images_than_the_network(lite):
    assert lite.encoder(torch.zeros(1, 3, 96, 160)).fine.shape == (1, 32, 24, 40)
    with pytest.raises(ValueError, match=r"takes images \(B, 3, 256, 256\), got \(1, 3, 96, 160\)"):
        lite(torch.zeros(1, 3, 96, 160))


def test_a_batch_is_answered_image_by_image_in_any_layout_of_memory(lite):
    with torch.inference_mode():
        alone = lite(waves(2)[1:].contiguous())
        both = lite(waves(2).to(memory_format=torch.channels_last))
    shapes = [(39, 5), (), (39, 64, 64), (39, 3)]
    for one, two, shape in zip(alone, both, shapes, strict=True):
        assert two.shape == (2, *shape)
        torch.testing.assert_close(one[0], two[1], rtol=1e-4, atol=1e-5)


def test_half_precision_leaves_the_landmarks_in_single(lite):
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        answer = lite(waves())
    assert answer.heatmap.dtype == torch.bfloat16
    assert answer.landmarks.dtype == answer.world.dtype == answer.presence.dtype == torch.float32


@pytest.mark.parametrize("answer", ["landmarks", "heatmap"])
def test_the_gradient_reaches_the_first_layer(answer):
    network = BlazePose("heavy").to(memory_format=torch.channels_last)
    getattr(network(waves()), answer).square().mean().backward()
    assert network.encoder.stem[0].weight.grad.abs().max() > 0


def test_padding_of_the_regression_is_tensorflows():
    """'same' pads an even side only at the end: the kernel's centre sees pixels 1, 3, 5; so does the pooling."""
    block = module._BlazeBlock(1, 1, stride=2)
    for conv in (block.depthwise, block.project):
        torch.nn.init.dirac_(conv.weight)
        torch.nn.init.zeros_(conv.bias)
    assert block(torch.arange(6.0).repeat(6, 1)[None, None] / 2)[0, 0, 0].tolist() == [1, 3, 5]


def test_there_is_a_name_for_every_landmark():
    assert len(set(LANDMARKS)) == 39
    assert LANDMARKS[11] == "left_shoulder"
    assert LANDMARKS[28] == "right_ankle"


def test_an_unknown_size_gets_a_suggestion():
    with pytest.raises(ValueError, match="unknown BlazePose 'havy'; did you mean heavy"):
        BlazePose("havy")
    with pytest.raises(ValueError, match="unknown BlazePose 'havy'; did you mean heavy"):
        read_official(io.BytesIO(), "havy")


KINDS = {
    **{"conv2d": "CONV_2D", "add": "ADD", "interpolate": "RESIZE_BILINEAR", "max_pool2d": "MAX_POOL_2D"},
    **{"pad": "PAD", "flatten": "RESHAPE"},
}


class Recorder(TorchFunctionMode):
    """Writes down what a network does: (kind, inputs, output) with the tensors themselves."""

    def __init__(self):
        super().__init__()
        self.done = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        output = func(*args, **(kwargs or {}))
        kind = KINDS.get(func.__name__)
        if kind == "CONV_2D" and args[1].shape[1] == 1:
            kind = "DEPTHWISE_CONV_2D"
        if kind:
            inputs = 3 if "CONV" in kind else 2 if kind == "ADD" else 1
            self.done.append((kind, args[:inputs], output))
        return output


class Writer:
    """A .tflite file of a network, laid out as the official ones: weights in half precision, widened by an operator."""

    def __init__(self, network: BlazePose, backwards: bool = False, kind: str | None = None):
        self.tflite, flatbuffers = pytest.importorskip("tflite"), pytest.importorskip("flatbuffers")
        self.builder = flatbuffers.Builder(0)
        self.buffers, self.tensors, self.codes, self.operators = [self.table("Buffer")], [], [], []
        self.where = {}  # id of a torch tensor -> index of ours
        recorder, image = Recorder(), torch.zeros(1, 3, 256, 256)
        with recorder, torch.inference_mode():
            network(image)
        self.where[id(image)] = self.tensor((1, 256, 256, 3))
        outputs = []
        for operator, inputs, output in recorder.done:
            places = [self.where.get(id(value), -1) for value in inputs]
            if "CONV" in operator:
                places[1:] = [self.weight(value, operator) for value in inputs[1:]]
            b, c, *sides = output.shape
            self.where[id(output)] = made = self.tensor((b, *sides, c))
            self.operator(kind if kind and operator == "ADD" else operator, places, made)
            if operator == "RESHAPE" or c == 39:
                outputs.append(made)
        mask = self.tensor((1, 256, 256, 1))  # the official networks have one, which is left out
        self.operator("TANH", [self.where[id(image)]], mask)
        self.outputs = [mask, *outputs]
        if backwards:
            self.operators.reverse()

    def table(self, kind: str, **fields: int) -> int:
        getattr(self.tflite, f"{kind}Start")(self.builder)
        for name, value in fields.items():
            getattr(self.tflite, f"{kind}Add{name}")(self.builder, value)
        return getattr(self.tflite, f"{kind}End")(self.builder)

    def integers(self, values: Sequence[int]) -> int:
        return self.builder.CreateNumpyVector(np.array(values, np.int32))

    def tables(self, offsets: list[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def tensor(self, shape: Sequence[int], half: bytes = b"") -> int:
        kind, buffer = self.tflite.TensorType.FLOAT32, 0
        if half:
            kind, buffer = self.tflite.TensorType.FLOAT16, len(self.buffers)
            self.buffers.append(self.table("Buffer", Data=self.builder.CreateByteVector(half)))
        self.tensors.append(self.table("Tensor", Shape=self.integers(shape), Type=kind, Buffer=buffer))
        return len(self.tensors) - 1

    def weight(self, value: torch.Tensor, operator: str) -> int:
        if value.ndim == 4:
            value = value.permute((1, 2, 3, 0) if operator == "DEPTHWISE_CONV_2D" else (0, 2, 3, 1))
        half = self.tensor(value.shape, value.detach().numpy().astype("<f2").tobytes())
        self.operator("DEQUANTIZE", [half], made := self.tensor(value.shape))
        return made

    def operator(self, kind: str, inputs: list[int], output: int) -> None:
        if kind not in self.codes:
            self.codes.append(kind)
        index, places = self.codes.index(kind), {"Inputs": self.integers(inputs), "Outputs": self.integers([output])}
        self.operators.append(self.table("Operator", OpcodeIndex=index, **places))

    def content(self) -> bytes:
        codes = [getattr(self.tflite.BuiltinOperator, kind) for kind in self.codes]
        codes = self.tables([self.table("OperatorCode", DeprecatedBuiltinCode=code) for code in codes])
        parts = {"Tensors": self.tables(self.tensors), "Operators": self.tables(self.operators)}
        graph = self.table("SubGraph", Outputs=self.integers(self.outputs), **parts)
        buffers, graphs = self.tables(self.buffers), self.tables([graph])
        self.builder.Finish(self.table("Model", Subgraphs=graphs, Buffers=buffers, OperatorCodes=codes), b"TFL3")
        return bytes(self.builder.Output())


@pytest.fixture(scope="module")
def written(lite):
    return Writer(lite).content()


@pytest.mark.parametrize("backwards", [False, True])
def test_weights_are_read_whatever_the_order_of_the_operators(lite, backwards):
    read = read_official(io.BytesIO(Writer(lite, backwards).content()))
    assert read.keys() == lite.state_dict().keys()
    for key, value in lite.state_dict().items():
        assert torch.equal(read[key], value.half().float()), key


def bundle(content: bytes, name: str = MEMBER, method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("pose_detector.tflite", b"another network")
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_task_bundle_is_read(lite, written, method):
    read = read_official(io.BytesIO(bundle(written, method=method)), "lite")
    BlazePose("lite").load_state_dict(read)
    assert torch.equal(read["heatmap.bias"], lite.heatmap.bias.half().float())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "this is no TensorFlow Lite file; expected the official pose_landmark_lite.tflite"),
        (b"\x89HDF\r\n\x1a\n", "this is no TensorFlow Lite file"),
        (bundle(b"", name="hand.tflite"), f"this zip file has no {MEMBER}; expected"),
        (bundle(b"nothing"), "this is no TensorFlow Lite file"),
        (bundle(bytes(65 << 20), method=zipfile.ZIP_DEFLATED), f"{MEMBER} unpacks to 65 MB; expected"),
        (bundle(bytes(99), method=zipfile.ZIP_LZMA), "is compressed in a way that bundles are not"),
        (bundle(bytes(99))[:-30], "the bundle is damaged"),
        (bytes(65 << 20), "the file is larger than 64 MB"),
        (b"\xff\xff\xff\x7fTFL3" + bytes(99), "the TensorFlow Lite file is damaged"),
    ],
    ids=["empty", "hdf5", "other-zip", "no-network", "bomb", "lzma", "torn-zip", "large", "nowhere"],
)
def test_other_files_are_refused(content, complaint):
    pytest.importorskip("tflite")
    with pytest.raises(ValueError, match=complaint):
        read_official(io.BytesIO(content), "lite")


def test_networks_of_another_size_or_with_other_operators_are_refused(lite, written):
    with pytest.raises(ValueError, match=r"this is BlazePose lite; expected the official pose_landmark_full.tflite"):
        read_official(io.BytesIO(written), "full")
    with pytest.raises(ValueError, match="not BlazePose: an operator has the code 18"):
        read_official(io.BytesIO(Writer(lite, kind="MUL").content()))


def test_weights_that_are_not_numbers_are_refused():
    network = BlazePose("lite")
    torch.nn.init.constant_(network.heatmap.bias, torch.inf)
    with pytest.raises(ValueError, match=r"damaged: heatmap.bias has infinite values or NaN"):
        read_official(io.BytesIO(Writer(network).content()))


def test_damaged_files_are_read_or_refused(written):
    """Most of the changes are where the structure is: the weights, which are written first, lie behind it."""
    chance = random.Random(0)
    structure = len(written) - 2 * GOLDEN["lite"]["parameters"]
    for _ in range(60):
        damaged = bytearray(written)
        for _ in range(chance.choice([1, 3, 30])):
            damaged[chance.randrange(structure)] = chance.choice([0, 128, 255, chance.randrange(256)])
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        try:
            state = read_official(io.BytesIO(bytes(damaged)), "lite")
        except ValueError as error:
            assert "expected the official pose_landmark_lite.tflite" in str(error)  # noqa: PT017
        else:
            BlazePose("lite").load_state_dict(state)


def test_without_the_optional_package_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite", None)
    with pytest.raises(ImportError, match=re.escape(install_command("official"))):
        read_official(io.BytesIO(bytes(4) + b"TFL3"))
