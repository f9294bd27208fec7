"""Files of weights: reading their tensors safely, whatever the format, and putting them into a network."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fitlab.plain_files import printable, reason

if TYPE_CHECKING:
    import torch


class WeightsError(ValueError):
    """A file of weights that must not be used: the wrong hash, damaged, or made for another network."""


def fingerprint(file: str | Path) -> tuple[str, int]:
    """What a registry entry needs to know of a file.

    Parameters
    ----------
    file
        Its path.

    Returns
    -------
    sha256, size
        The hash in hexadecimal, and the size in bytes.
    """
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return digest.hexdigest(), stream.tell()


def read_tensors(content: bytes, file: str | Path) -> dict[str, torch.Tensor]:
    """The tensors in a file of weights.

    Parameters
    ----------
    content
        The bytes of the file.
    file
        Its name, whose ending tells the format: ``.safetensors``; ``.pth`` or ``.pt`` (a plain state dict, never a
        pickle that can run code); ``.h5`` (Keras, of EfficientPose); ``.tflite`` or ``.task`` (MediaPipe's BlazePose).

    Returns
    -------
    dict
        Name -> tensor; half precision becomes fp32.

    Raises
    ------
    WeightsError
        For another format, or a file that holds anything else.
    """
    file = Path(file)
    readers = {
        ".safetensors": _read_safetensors,
        ".pth": _read_torch,
        ".pt": _read_torch,
        ".h5": _read_keras,
        ".tflite": _read_tflite,
        ".task": _read_tflite,
    }
    if file.suffix not in readers:
        raise WeightsError(f"{file.name} has no ending that says how to read it; known: {', '.join(readers)}")
    tensors = readers[file.suffix](content, file.name)
    return {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}


def is_file_name(name: str | Path) -> bool:
    """Whether a name is that of a file that a training wrote, and not one of the registry.

    Parameters
    ----------
    name
        Such as ``fitpose-lite0`` or ``runs/lifter/lifter.safetensors``.

    Returns
    -------
    bool
    """
    return Path(name).suffix == ".safetensors"


def read_header(file: Path) -> dict[str, Any]:
    """What a ``.safetensors`` file that fitlab wrote says about itself; {} for one from elsewhere.

    Raises
    ------
    FileNotFoundError
        For no file.
    WeightsError
        For one that is damaged.
    """
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}; check the path")
    try:
        with safe_open(file, "pt") as opened:
            about = json.loads((opened.metadata() or {}).get("fitlab", "{}"))
    except (SafetensorError, json.JSONDecodeError, RecursionError) as error:
        raise WeightsError(f"{file} is damaged or not a safetensors file ({reason(error)})") from None
    if not isinstance(about, dict):
        raise WeightsError(f"{file} is not a file that fitlab's training wrote: its header is a {type(about).__name__}")
    return about


def _read_safetensors(content: bytes, name: str) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(content)
    except SafetensorError as error:
        raise WeightsError(f"{name} is damaged or not a safetensors file ({reason(error)})") from None


def _read_torch(content: bytes, name: str) -> dict[str, torch.Tensor]:
    import torch

    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # the reader stumbles in many ways over bytes that are not what they should be
        if isinstance(error, pickle.UnpicklingError) and "Unsupported global" in str(error):
            problem = "refused: it holds more than tensors, and to open it could run hidden code (or it is damaged)"
        else:
            problem = "damaged or not a PyTorch file; its download may have broken off"
        raise WeightsError(f"{name} is {problem}") from None
    if not isinstance(state, Mapping):
        raise WeightsError(f"{name} should hold a state dict, but holds a {type(state).__name__}")
    strangers = [key for key, value in state.items() if not isinstance(value, torch.Tensor)]
    if strangers:
        raise WeightsError(f"{name} should hold nothing but tensors, but {strangers[0]!r} is something else")
    return dict(state)


def _read_keras(content: bytes, name: str) -> dict[str, torch.Tensor]:
    from fitlab.models.keras import read_efficientpose

    try:
        return read_efficientpose(io.BytesIO(content))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise WeightsError(f"{name} is damaged or not a Keras file of EfficientPose: {printable(error)}") from None


def _read_tflite(content: bytes, name: str) -> dict[str, torch.Tensor]:
    from fitlab.models.tflite import read_official

    try:
        return read_official(io.BytesIO(content))
    except ValueError as error:
        raise WeightsError(f"{name}: {printable(error)}") from None


def load_into(module: torch.nn.Module, state: Mapping[str, torch.Tensor], name: str) -> None:
    """Put tensors into a network: all that it needs, and no others.

    Counters of batch norm (``num_batches_tracked``) may be missing. Old checkpoints lack them, and inference does not
    need them.

    Parameters
    ----------
    module
        The network.
    state
        Name -> tensor.
    name
        What errors call the weights.

    Raises
    ------
    WeightsError
        With the first name or shape that does not match, before anything is changed.
    """
    network = type(module).__name__
    expected = module.state_dict()
    for key, tensor in expected.items():
        if key not in state:
            if key.endswith("num_batches_tracked"):
                continue
            raise WeightsError(f"the weights {name} do not fit {network}: {key} is missing")
        if state[key].shape != tensor.shape:
            raise WeightsError(
                f"the weights {name} do not fit {network}: {key} is {tuple(state[key].shape)}, "
                f"expected {tuple(tensor.shape)}"
            )
    for key in state:
        if key not in expected:
            raise WeightsError(f"the weights {name} do not fit {network}: it has no {key}")
    module.load_state_dict({**expected, **state}, strict=True)
