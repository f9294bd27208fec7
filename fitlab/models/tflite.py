"""The official BlazePose weights: TensorFlow Lite files, read as data.

Neither TensorFlow nor MediaPipe, and nothing in a file is executed. A file describes a graph of operators; the weights
of its convolutions, followed from the outputs back to the image, are those of our convolutions in the order in which
they run. So neither names nor numbers in the file matter, and it must have just our shapes.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from fitlab.extras import missing
from fitlab.models.blazepose import HEATMAP_SIZE, INPUT_SIZE, LANDMARKS, SIZES, BlazePose, size_named

#: The file in a ``.task`` bundle that holds the landmark network; beside it lies the person detector.
MEMBER = "pose_landmarks_detector.tflite"

# The official files have at most 31 MB, 1,100 tensors and 710 buffers.
_LARGEST = 64 * 2**20
_MOST = 4000

# What the output tensors look like, in the order in which our network computes them; the mask is left out.
_OUTPUTS = ((1, HEATMAP_SIZE, HEATMAP_SIZE, len(LANDMARKS)), (1, 5 * len(LANDMARKS)), (1, 3 * len(LANDMARKS)), (1, 1))

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_OPERATORS = (
    *_CONVOLUTIONS,
    *("ADD", "DEQUANTIZE", "LOGISTIC", "MAX_POOL_2D", "PAD", "RELU6", "RESHAPE", "RESIZE_BILINEAR"),
)


def read_blazepose(file: BinaryIO, size: str | None = None) -> dict[str, Tensor]:
    """The state dict for :class:`fitlab.models.blazepose.BlazePose`.

    Parameters
    ----------
    file
        An official ``pose_landmark_*.tflite``, or the ``pose_landmarker_*.task`` bundle that contains it.
    size
        ``lite``, ``full`` or ``heavy``; without it, whichever the file fits.

    Returns
    -------
    dict
        The tensors in single precision by their names in ``BlazePose(size)``.

    Raises
    ------
    ValueError
        For a file that is damaged, not TensorFlow Lite, too large, or of another network or size.
    ImportError
        Without the package ``tflite``.
    """
    if size is not None:
        size_named(size)
    content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"the file is larger than {_LARGEST >> 20} MB; {_expected(size)}")
    if content[:4] == b"PK\x03\x04":
        content = _landmark_network(content, size)
    if content[4:8] != b"TFL3":
        raise ValueError(f"this is no TensorFlow Lite file; {_expected(size)}")
    return _state_dict(_convolutions(content, size), size)


def _expected(size: str | None) -> str:
    sizes = size or "|".join(SIZES)
    return f"expected the official pose_landmark_{sizes}.tflite or pose_landmarker_{sizes}.task: download it again"


def _landmark_network(bundle: bytes, size: str | None) -> bytes:
    """The landmark network out of a ``.task`` bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            if MEMBER not in archive.namelist():
                raise ValueError(f"this zip file has no {MEMBER}; {_expected(size)}")
            member = archive.getinfo(MEMBER)
            if member.file_size > _LARGEST:
                raise ValueError(f"{MEMBER} unpacks to {member.file_size >> 20} MB; {_expected(size)}")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without limit
                raise ValueError(f"{MEMBER} is compressed in a way that bundles are not; {_expected(size)}")
            return archive.read(member)
    except ValueError:
        raise
    except Exception as error:  # zipfile stumbles in many ways over damaged bytes
        raise ValueError(f"the bundle is damaged ({error}); {_expected(size)}") from None


@dataclass(frozen=True)
class _Convolution:
    """What a file says of one convolution, the weight already (out, in, height, width)."""

    weight: np.ndarray
    bias: np.ndarray
    output: tuple[int, ...]  # (channels, height, width)


def _convolutions(content: bytes, size: str | None) -> list[_Convolution]:
    """The convolutions that lead to the landmarks, each after those that it needs."""
    try:
        import tflite
    except ImportError:
        raise missing("official", "BlazePose's official weights are TensorFlow Lite files") from None
    try:
        return _Graph(tflite, content).convolutions()
    except ValueError as error:
        raise ValueError(f"the TensorFlow Lite file is damaged or not BlazePose: {error}; {_expected(size)}") from None
    except Exception:  # the reader of flatbuffers checks nothing, and stumbles in many ways
        raise ValueError(f"the TensorFlow Lite file is damaged or broken off; {_expected(size)}") from None


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

    def convolutions(self) -> list[_Convolution]:
        outputs = {}
        for index in range(_bounded(self.graph.OutputsLength(), "outputs")):
            tensor = int(self.graph.Outputs(index))
            outputs[self.shape(tensor)] = tensor
        missing = [shape for shape in _OUTPUTS if shape not in outputs]
        if missing:
            raise ValueError(f"it has no output of shape {missing[0]}")
        return [self.convolution(tensor) for tensor in self.sorted([outputs[shape] for shape in _OUTPUTS])]

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
                inputs = 2 if kind == "ADD" else 1
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
        """The values of a weight, which may lie in half precision before an operator that widens it."""
        operator = self.maker.get(int(index))
        if operator is not None and self.kind(operator) == "DEQUANTIZE":
            index = operator.Inputs(0)
        tensor, shape = self.tensor(int(index)), self.shape(int(index))
        kinds = {self.tflite.TensorType.FLOAT32: np.dtype("<f4"), self.tflite.TensorType.FLOAT16: np.dtype("<f2")}
        if tensor.Type() not in kinds or not 0 <= tensor.Buffer() < self.buffers:
            raise ValueError("the weights of a convolution are not floating-point numbers in the file")
        if len(shape) != dimensions or min(shape) < 1:
            raise ValueError(f"the weights of a convolution have the shape {shape}")
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        if (
            not isinstance(data, np.ndarray)
            or data.nbytes != np.prod(shape, dtype=float) * kinds[tensor.Type()].itemsize  # type: ignore[attr-defined]
        ):
            raise ValueError(f"the weights of a convolution of shape {shape} have not as many bytes as they need")
        return data.view(kinds[tensor.Type()]).reshape(shape)  # type: ignore[call-overload]


def _bounded(count: int, what: str) -> int:
    if not 0 < count <= _MOST:
        raise ValueError(f"it has {count} {what}")
    return count


def _state_dict(found: list[_Convolution], size: str | None) -> dict[str, Tensor]:
    """``found`` under the names of our network, if it is that network."""
    fitting = next((candidate for candidate in SIZES if _difference(found, candidate) is None), None)
    if size and fitting and fitting != size:
        raise ValueError(f"this is BlazePose {fitting}; {_expected(size)}")
    if fitting is None:
        nearest = size or min(SIZES, key=lambda candidate: abs(len(_layers(candidate)) - len(found)))
        raise ValueError(f"this is not BlazePose {nearest}: {_difference(found, nearest)}; {_expected(size)}")
    state = {}
    for name, convolution in zip(_layers(fitting), found, strict=True):
        for kind, values in (("weight", convolution.weight), ("bias", convolution.bias)):
            state[f"{name}.{kind}"] = torch.from_numpy(values.astype(np.float32, order="C"))
            if not state[f"{name}.{kind}"].isfinite().all():
                raise ValueError(f"the file is damaged: {name}.{kind} has infinite values or NaN; {_expected(size)}")
    return state


def _difference(found: list[_Convolution], size: str) -> str | None:
    """The first thing in which ``found`` is not the network ``size``, in words; None if it is."""
    layers = _layers(size)
    if len(found) != len(layers):
        return f"it has {len(found)} convolutions, expected {len(layers)}"
    for (name, (weight, output)), convolution in zip(layers.items(), found, strict=True):
        expected = (weight, weight[:1], output)
        shapes = (convolution.weight.shape, convolution.bias.shape, convolution.output)
        if shapes != expected:
            return f"{name} has weight, bias and output of the shapes {shapes}, expected {expected}"
    return None


@cache
def _layers(size: str) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """Our convolutions in the order in which they run: name -> shapes of the weight and of the output without batch."""
    layers = {}  # type: ignore[var-annotated]
    with torch.device("meta"):  # its values do not matter, and drawing them would disturb the caller's random numbers
        network = BlazePose(size)
    network.to_empty(device="cpu")
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(partial(_note, layers, name))
    with torch.inference_mode():
        network(torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE))
    return layers


def _note(layers: dict, name: str, module: torch.nn.Conv2d, _: object, output: Tensor) -> None:
    channels, *sides = output.shape[1:]
    layers[name] = (tuple(module.weight.shape), (channels, *(sides or (1, 1))))
