"""What runs a detector's network: ONNX Runtime where it is installed (``fitlab[fast]``), else PyTorch.

On CPUs ONNX Runtime gives the same answers in about half the time. On first use a network is written to a file of the
cache folder in the form that it reads, and the answers of the two are compared. Wherever anything of that fails,
PyTorch answers. ``FITLAB_ENGINE=torch`` asks for PyTorch.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fitlab import __version__
from fitlab.folders import cache_folder
from fitlab.models import catalogue
from fitlab.models.answers import Answer, as_answer
from fitlab.models.blazepose import Landmarks
from fitlab.models.person_detector import People
from fitlab.skeletons import unknown
from fitlab.weights import registry
from fitlab.whole_files import whole_file

#: The environment variable that says which engine is wanted, and its values.
VARIABLE, ENGINES = "FITLAB_ENGINE", ("onnxruntime", "torch")
#: How far its answers may be from PyTorch's.
TOLERANCE = 1e-3
_ANSWERS = {kind.__name__: kind for kind in (Answer, Landmarks, People)}
_OPSET = 17
_OF_PARENTS: list[Any] = []  # sessions that a forked process was born with


def network(known: registry.Entry) -> nn.Module:
    """A detector's trained network, in eval mode, run by the fastest engine that is here.

    Parameters
    ----------
    known
        Its entry.

    Returns
    -------
    torch.nn.Module
        Channels-last input -> what the network of :func:`fitlab.weights.registry.network` answers, to within
        ``TOLERANCE``.

    Raises
    ------
    ValueError
        For an engine in ``FITLAB_ENGINE`` that there is not.
    FileNotFoundError, WeightsError
        As :func:`fitlab.weights.registry.network`.
    """
    if wanted() == "torch" or not catalogue.network(known.network).portable or not _installed():
        return by_pytorch(known)
    try:
        file = cache_folder() / "engines" / f"{Path(known.file).stem}-{_key(known)}.onnx"
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError:  # no home, no right to write, or no weights: whose error is told by who reads them
        return by_pytorch(known)
    with contextlib.suppress(Exception):  # ONNX Runtime's own: not there yet, or damaged
        return Exported(file)
    module = by_pytorch(known)
    with contextlib.suppress(Exception), torch.device("cpu"):  # of exporters and of full disks there is no end of kinds
        return _exported(module, file, known.input_size)
    return module


def wanted() -> str:
    """The engine that the user wants.

    Returns
    -------
    str
        The value of ``FITLAB_ENGINE``, by default ``onnxruntime``.

    Raises
    ------
    ValueError
        For an engine that there is not, with suggestions.
    """
    told = os.environ.get(VARIABLE) or ENGINES[0]
    if told not in ENGINES:
        raise ValueError(unknown(told, ENGINES, f"engine in {VARIABLE}"))
    return told


class Exported(nn.Module):
    """A network in a file of ONNX, run by ONNX Runtime with as many threads as PyTorch has.

    Parameters
    ----------
    file
        Whose outputs are named ``Answer.score``, or ``Answer.heatmaps.0`` where there are several: by kind and field.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._opened: tuple[tuple[int, int], Any] = self._open()

    def forward(self, image: Tensor) -> Answer | Landmarks | People:
        """(B, 3, S, S) -> as the network that was exported."""
        if self._opened[0] != _threads():
            if self._opened[0][0] != os.getpid():  # its threads are gone, and to close it is to wait for them for ever
                _OF_PARENTS.append(self._opened)
            self._opened = self._open()
        session = self._opened[1]
        values = session.run(None, {"image": image.numpy()})
        fields: dict[str, Any] = {}
        for output, value in zip(session.get_outputs(), values, strict=True):
            kind, field, *number = output.name.split(".")
            tensor = torch.from_numpy(value)
            fields[field] = (*fields.get(field, ()), tensor) if number else tensor
        return _ANSWERS[kind](**fields)

    def _open(self) -> tuple[tuple[int, int], Any]:
        import onnxruntime

        threads = _threads()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads[1], 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # on a busy machine it takes turns
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(self.file), options, providers=["CPUExecutionProvider"])
        return threads, session


def _threads() -> tuple[int, int]:
    """In which process, and how many."""
    return os.getpid(), torch.get_num_threads()


@cache
def _installed() -> bool:
    return all(find_spec(name) is not None for name in ("onnxruntime", "onnx"))


def by_pytorch(known: registry.Entry) -> nn.Module:
    """A detector's trained network, in eval mode and channels-last, run by PyTorch; errors as :func:`network`."""
    return registry.network(known).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs


def _key(known: registry.Entry) -> str:
    """What the file depends on: the weights, the networks' code, the options and the versions."""
    weights = Path(known.file) if known.local else registry.path(known.name)
    sha256 = registry.fingerprint(weights)[0]
    if not known.local:
        registry.check_installed(known, sha256, weights)
    parts = [sha256, str(sorted(known.options.items())), str(known.input_size), __version__, str(torch.__version__)]
    parts += [metadata.version(name) for name in ("onnxruntime", "onnx")]
    code = [file.read_bytes() for file in sorted(Path(catalogue.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join([*(part.encode() for part in parts), *code])).hexdigest()[:16]


class _Flat(nn.Module):
    """Answers with tensors alone, as files of ONNX do."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(_named(self.network(image)).values())


def _named(output: Any) -> dict[str, Tensor]:
    """What a network answers, by the names of :class:`Exported`."""
    answer = output if isinstance(output, (Landmarks, People)) else as_answer(output)
    named: dict[str, Tensor] = {}
    for field, value in answer._asdict().items():
        start = f"{type(answer).__name__}.{field}"
        if isinstance(value, tuple):
            named |= {f"{start}.{number}": part for number, part in enumerate(value)}
        elif value is not None:
            named[start] = value
    return named


def _exported(module: nn.Module, file: Path, size: int) -> Exported:
    """``module`` by ONNX Runtime, written to ``file``, and files of the same network from before taken away."""
    image = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    with torch.inference_mode():
        expected = _named(module(image))
    batch = {name: {0: "batch"} for name in ("image", *expected)}
    with whole_file(file) as part:
        with warnings.catch_warnings(), torch.no_grad(), _plain_attention():
            warnings.simplefilter("ignore")  # the exporter's, about shapes that are always the same here
            torch.onnx.export(
                _Flat(module).eval(),
                (image,),
                str(part),
                dynamo=False,
                opset_version=_OPSET,
                input_names=["image"],
                output_names=list(expected),
                dynamic_axes=batch,
            )
        made = Exported(part)
        for answered, right in zip((made(image), made(image[:1])), (expected, _first(expected)), strict=True):
            torch.testing.assert_close(_named(answered), right, rtol=TOLERANCE, atol=TOLERANCE)
    made.file = file
    for old in file.parent.glob(f"{file.stem.rpartition('-')[0]}-*.onnx"):
        if old != file and len(old.stem) == len(file.stem):
            with contextlib.suppress(OSError):
                old.unlink()
    return made


@contextlib.contextmanager
def _plain_attention() -> Iterator[None]:
    """PyTorch's attention in plain steps: ONNX does not know it in one."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _first(named: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value[:1] for name, value in named.items()}
