"""The official weights of BlazePose and of its person detector: TensorFlow Lite files, read as data.

Neither TensorFlow nor MediaPipe, and nothing in a file is executed. A file describes a graph of operators; the weights
of its convolutions, followed from the outputs back to the image, are those of our convolutions in the order in which
they run. So neither names nor numbers in the file matter, and it must have just our shapes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from fitlab.extras import missing
from fitlab.models import person_detector
from fitlab.models.blazepose import HEATMAP_SIZE, INPUT_SIZE, LANDMARKS, SIZES, BlazePose
from fitlab.skeletons import unknown

#: The file in a ``.task`` bundle that holds the landmark network; beside it lies the person detector.
MEMBER = "pose_landmarks_detector.tflite"

# The official files have at most 31 MB, 1,100 tensors and 710 buffers.
_LARGEST = 64 * 2**20
_MOST = 4000

# What the output tensors look like, in the order in which our network computes them; the mask is left out.
_OUTPUTS = ((1, HEATMAP_SIZE, HEATMAP_SIZE, len(LANDMARKS)), (1, 5 * len(LANDMARKS)), (1, 3 * len(LANDMARKS)), (1, 1))
_OUTPUTS_OF_PEOPLE = ((1, 2254, 12), (1, 2254, 1))

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_WIDENED = ("DEQUANTIZE", "DENSIFY")
_OPERATORS = (
    *(*_CONVOLUTIONS, *_WIDENED, "ADD", "CONCATENATION", "DEPTH_TO_SPACE"),
    *("LOGISTIC", "MAX_POOL_2D", "PAD", "RELU6", "RESHAPE", "RESIZE_BILINEAR"),
)


@dataclass(frozen=True)
class _Official:
    """A network that there is an official file of: how it is built, its input's side, the file's outputs and name."""

    build: Callable[[], torch.nn.Module]
    side: int
    outputs: tuple[tuple[int, ...], ...]
    title: str
    files: str


PERSON = "person"
_NETWORKS = {
    size: _Official(
        partial(BlazePose, size),
        INPUT_SIZE,
        _OUTPUTS,
        f"BlazePose {size}",
        f"pose_landmark_{size}.tflite or pose_landmarker_{size}.task",
    )
    for size in SIZES
} | {
    PERSON: _Official(
        person_detector.PersonDetector,
        person_detector.INPUT_SIZE,
        _OUTPUTS_OF_PEOPLE,
        "MediaPipe's person detector",
        "pose_detection.tflite",
    )
}


def read_official(file: BinaryIO, name: str | None = None) -> dict[str, Tensor]:
    """The state dict for :class:`fitlab.models.blazepose.BlazePose` or for the person detector.

    Parameters
    ----------
    file
        An official ``pose_landmark_*.tflite``, the ``pose_landmarker_*.task`` bundle that contains it, or
        ``pose_detection.tflite``.
    name
        ``lite``, ``full`` or ``heavy``, or ``person``; without it, whichever the file fits.

    Returns
    -------
    dict
        The tensors in single precision by their names in ``BlazePose(size)`` or
        :class:`fitlab.models.person_detector.PersonDetector`.

    Raises
    ------
    ValueError
        For a file that is damaged, not TensorFlow Lite, too large, or of another network or size.
    ImportError
        Without the package ``tflite``.
    """
    if name is not None and name not in _NETWORKS:
        raise ValueError(unknown(name, tuple(_NETWORKS), "BlazePose"))
    content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"the file is larger than {_LARGEST >> 20} MB; {_expected(name)}")
    if content[:4] == b"PK\x03\x04":
        content = _landmark_network(content, name)
    if content[4:8] != b"TFL3":
        raise ValueError(f"this is no TensorFlow Lite file; {_expected(name)}")
    return _state_dict(_convolutions(content, name), name)


def _expected(name: str | None) -> str:
    files = _NETWORKS[name].files if name else "; ".join(known.files for known in _NETWORKS.values())
    return f"expected the official {files}: download it again"


def _landmark_network(bundle: bytes, name: str | None) -> bytes:
    """The landmark network out of a ``.task`` bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            if MEMBER not in archive.namelist():
                raise ValueError(f"this zip file has no {MEMBER}; {_expected(name)}")
            member = archive.getinfo(MEMBER)
            if member.file_size > _LARGEST:
                raise ValueError(f"{MEMBER} unpacks to {member.file_size >> 20} MB; {_expected(name)}")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without limit
                raise ValueError(f"{MEMBER} is compressed in a way that bundles are not; {_expected(name)}")
            return archive.read(member)
    except ValueError:
        raise
    except Exception as error:  # zipfile stumbles in many ways over damaged bytes
        raise ValueError(f"the bundle is damaged ({error}); {_expected(name)}") from None


@dataclass(frozen=True)
class _Convolution:
    """What a file says of one convolution, the weight already (out, in, height, width)."""

    weight: np.ndarray
    bias: np.ndarray
    output: tuple[int, ...]  # (channels, height, width)


def _convolutions(content: bytes, name: str | None) -> list[_Convolution]:
    """The convolutions that lead to the landmarks, each after those that it needs."""
    try:
        import tflite
    except ImportError:
        raise missing("official", "BlazePose's official weights are TensorFlow Lite files") from None
    try:
        return _Graph(tflite, content).convolutions(_NETWORKS[name].outputs if name else None)
    except ValueError as error:
        raise ValueError(f"the TensorFlow Lite file is damaged or not BlazePose: {error}; {_expected(name)}") from None
    except Exception:  # the reader of flatbuffers checks nothing, and stumbles in many ways
        raise ValueError(f"the TensorFlow Lite file is damaged or broken off; {_expected(name)}") from None


class _Graph:
    """The operators and tensors of a file; ValueError and the stumbles of ``tflite`` where they make no sense."""

    def __init__(self, tflite: Any, content: bytes) -> None:
        self.tflite = tflite
        self.model = tflite.Model.GetRootAsModel(content, 0)
        if self.model.SubgraphsLength() != 1:
            raise ValueError(f"it has {self.model.SubgraphsLength()} subgraphs, expected 1")
        self.graph = self.model.Subgraphs(0)
        self.tensors = _bounded(self.graph.TensorsLength(), "tensors")
        self.buffers = _bounded(self.model.BuffersLength(), "buffers")
        self.codes = _bounded(self.model.OperatorCodesLength(), "operator codes")
        self.maker = {}  # tensor -> the operator that computes it
        for index in range(_bounded(self.graph.OperatorsLength(), "operators")):
            operator = self.graph.Operators(index)
            if operator.OutputsLength() != 1:
                raise ValueError(f"operator {index} has {operator.OutputsLength()} outputs, expected 1")
            self.maker[int(operator.Outputs(0))] = operator

    def convolutions(self, wanted: tuple[tuple[int, ...], ...] | None) -> list[_Convolution]:
        outputs = {}
        for index in range(_bounded(self.graph.OutputsLength(), "outputs")):
            tensor = int(self.graph.Outputs(index))
            outputs[self.shape(tensor)] = tensor
        people = _OUTPUTS_OF_PEOPLE[0] in outputs
        wanted = wanted or (_OUTPUTS_OF_PEOPLE if people else _OUTPUTS)
        missing = [shape for shape in wanted if shape not in outputs]
        if missing:
            raise ValueError(f"it has no output of shape {missing[0]}")
        return [self.convolution(tensor) for tensor in self.sorted([outputs[shape] for shape in wanted])]

    def sorted(self, outputs: list[int]) -> list[int]:
        """The outputs of all convolutions before ``outputs``, depth first: inputs before what needs them."""
        found, seen, stack = [], set(), [(tensor, False) for tensor in reversed(outputs)]
        while stack:
            tensor, done = stack.pop()
            if done:
                found.append(tensor)
            elif tensor not in seen and tensor in self.maker:
                seen.add(tensor)
                operator = self.maker[tensor]
                kind = self.kind(operator)
                if kind in _CONVOLUTIONS:
                    stack.append((tensor, True))
                inputs = {"ADD": 2, "CONCATENATION": _bounded(operator.InputsLength(), "inputs")}.get(kind, 1)
                stack.extend((int(operator.Inputs(number)), False) for number in reversed(range(inputs)))
        return found

    def kind(self, operator: Any) -> str:
        if not 0 <= operator.OpcodeIndex() < self.codes:
            raise ValueError(f"an operator has the unknown code {operator.OpcodeIndex()}")
        builtin = self.model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        known = {getattr(self.tflite.BuiltinOperator, name): name for name in _OPERATORS}
        if builtin not in known:
            raise ValueError(f"an operator has the code {builtin}, which BlazePose does not use")
        return known[builtin]

    def tensor(self, index: int) -> Any:
        if not 0 <= index < self.tensors:
            raise ValueError(f"there is no tensor {index}")
        return self.graph.Tensors(index)

    def shape(self, index: int) -> tuple[int, ...]:
        tensor = self.tensor(index)
        return tuple(int(tensor.Shape(axis)) for axis in range(min(tensor.ShapeLength(), 5)))

    def convolution(self, output: int) -> _Convolution:
        operator = self.maker[output]
        if operator.InputsLength() != 3:
            raise ValueError(f"a convolution has {operator.InputsLength()} inputs, expected image, weight and bias")
        axes = (0, 3, 1, 2) if self.kind(operator) == "CONV_2D" else (3, 0, 1, 2)
        weight, bias = self.constant(operator.Inputs(1), 4), self.constant(operator.Inputs(2), 1)
        shape = self.shape(output)  # (1, height, width, channels)
        return _Convolution(weight.transpose(axes), bias, (*shape[3:], *shape[1:3]))

    def constant(self, index: int, dimensions: int) -> np.ndarray:
        """The values of a weight, which may lie in half precision, or without zeros, before operators that widen it."""
        for _ in _WIDENED:
            operator = self.maker.get(int(index))
            if operator is not None and self.kind(operator) in _WIDENED:
                index = operator.Inputs(0)
        tensor, shape = self.tensor(int(index)), self.shape(int(index))
        kinds = {self.tflite.TensorType.FLOAT32: np.dtype("<f4"), self.tflite.TensorType.FLOAT16: np.dtype("<f2")}
        if tensor.Type() not in kinds or not 0 <= tensor.Buffer() < self.buffers:
            raise ValueError("the weights of a convolution are not floating-point numbers in the file")
        if len(shape) != dimensions or min(shape) < 1:
            raise ValueError(f"the weights of a convolution have the shape {shape}")
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        sparse = tensor.Sparsity()
        places = None if sparse is None else _nonzero(sparse, shape)
        count = np.prod(shape, dtype=float) if places is None else len(places)
        if not isinstance(data, np.ndarray) or data.nbytes != count * kinds[tensor.Type()].itemsize:  # type: ignore[attr-defined]
            raise ValueError(f"the weights of a convolution of shape {shape} have not as many bytes as they need")
        values = data.view(kinds[tensor.Type()])  # type: ignore[call-overload]
        if places is None:
            return values.reshape(shape)
        dense = np.zeros(shape, values.dtype)
        dense.reshape(-1)[places] = values
        return dense


def _nonzero(sparse: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Where the values of a tensor lie whose last axis lists only what is not zero (TensorFlow Lite: sparse CSR)."""
    order = [int(sparse.TraversalOrder(axis)) for axis in range(sparse.TraversalOrderLength())]
    axes = [sparse.DimMetadata(axis) for axis in range(min(sparse.DimMetadataLength(), len(shape)))]
    if order != list(range(len(shape))) or len(axes) < len(shape) or [axis.Format() for axis in axes[:-1]].count(1):
        raise ValueError("the weights of a convolution are left out in a way that fitlab does not read")
    starts = _listed(axes[-1].ArraySegmentsType(), axes[-1].ArraySegments())
    columns = _listed(axes[-1].ArrayIndicesType(), axes[-1].ArrayIndices())
    counts = np.diff(starts)
    rows = int(np.prod(shape[:-1]))
    if len(counts) != rows or (counts < 0).any() or starts[0] or starts[-1] != len(columns):
        raise ValueError(f"the weights of a convolution of shape {shape} do not say where they belong")
    if len(columns) and (columns.min() < 0 or columns.max() >= shape[-1]):
        raise ValueError(f"a weight of a convolution of shape {shape} lies outside of it")
    return np.repeat(np.arange(rows), counts) * shape[-1] + columns


def _listed(kind: int, table: Any) -> np.ndarray:
    """Whole numbers of a sparse tensor, of 32, 16 or 8 bits."""
    import tflite

    vector = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy()).astype(np.int64)


def _bounded(count: int, what: str) -> int:
    if not 0 < count <= _MOST:
        raise ValueError(f"it has {count} {what}")
    return count


def _state_dict(found: list[_Convolution], name: str | None) -> dict[str, Tensor]:
    """``found`` under the names of our network, if it is that network."""
    fitting = next((candidate for candidate in _NETWORKS if _difference(found, candidate) is None), None)
    if name and fitting and fitting != name:
        raise ValueError(f"this is {_NETWORKS[fitting].title}; {_expected(name)}")
    if fitting is None:
        nearest = name or min(_NETWORKS, key=lambda candidate: abs(len(_layers(candidate)) - len(found)))
        raise ValueError(f"this is not {_NETWORKS[nearest].title}: {_difference(found, nearest)}; {_expected(name)}")
    state = {}
    for layer, convolution in zip(_layers(fitting), found, strict=True):
        for kind, values in (("weight", convolution.weight), ("bias", convolution.bias)):
            state[f"{layer}.{kind}"] = torch.from_numpy(values.astype(np.float32, order="C"))
            if not state[f"{layer}.{kind}"].isfinite().all():
                raise ValueError(f"the file is damaged: {layer}.{kind} has infinite values or NaN; {_expected(name)}")
    return state


def _difference(found: list[_Convolution], name: str) -> str | None:
    """The first thing in which ``found`` is not the network ``name``, in words; None if it is."""
    layers = _layers(name)
    if len(found) != len(layers):
        return f"it has {len(found)} convolutions, expected {len(layers)}"
    for (layer, (weight, output)), convolution in zip(layers.items(), found, strict=True):
        expected = (weight, weight[:1], output)
        shapes = (convolution.weight.shape, convolution.bias.shape, convolution.output)
        if shapes != expected:
            return f"{layer} has weight, bias and output of the shapes {shapes}, expected {expected}"
    return None


@cache
def _layers(name: str) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Our convolutions in the order in which they run: name -> shapes of the weight and of the output without batch."""
    official = _NETWORKS[name]
    layers = {}  # type: ignore[var-annotated]
    with torch.device("meta"):  # its values do not matter, and drawing them would disturb the caller's random numbers
        network = official.build()
    network.to_empty(device="cpu")
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(partial(_note, layers, name))
    with torch.inference_mode():
        network(torch.zeros(1, 3, official.side, official.side))
    return layers


def _note(layers: dict, name: str, module: torch.nn.Conv2d, _: object, output: Tensor) -> None:
    channels, *sides = output.shape[1:]
    layers[name] = (tuple(module.weight.shape), (channels, *(sides or (1, 1))))
