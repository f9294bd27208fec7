"""The registry of trained weights: what there is, whence it comes, under which licence, with which hash.

The registry itself is data: ``registry.toml`` beside the shipped files in the package ``fitlab_weights``. Weights
that are not shipped lie in the user's data folder; nothing is ever downloaded unless the user asks for it with
``fitlab weights get NAME`` (:mod:`fitlab.weights.downloads`).
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fitlab.folders import data_folder
from fitlab.skeletons import SKELETONS, unknown

if TYPE_CHECKING:
    import torch

KINDS = ("detector", "lifter")
#: The modules of :mod:`fitlab.models`, each with the callable in it that makes the network.
NETWORKS = {
    "fitpose": "FitPose",
    "hourglass": "hourglass",
    "efficientpose": "efficientpose",
    "martinez": "Martinez",
}
NORMALISATIONS = {"detector": ("imagenet", "lite", "hourglass"), "lifter": ("person", "screen")}
HEATMAPS = ("softmax", "gaussian")


class WeightsError(ValueError):
    """A file of weights that must not be used: the wrong hash, damaged, or made for another network."""


@dataclass(frozen=True)
class Entry:
    """One table of the registry.

    name           what the user says: ``hg2``
    kind           ``detector`` or ``lifter``
    network        the module of :mod:`fitlab.models` that it belongs to
    options        keyword arguments of that network's constructor
    normalisation  what the network's input looks like: a detector's pixels (``imagenet``: RGB in 0..1, minus mean,
                   divided by deviation; ``lite``: RGB / 127.5 - 1; ``hourglass``: RGB in 0..1, minus mean) or the
                   joints of a lifter (``person``, ``screen``)
    input_size     side of a detector's square input in pixels; 0 for a lifter
    heatmap        how a detector's answer is to be read: ``softmax`` of logits, or ``gaussian`` bumps of height 1
    spread         factor on a detector's standard deviations, fitted on validation people: heatmaps are too wide
    skeleton       the joints it answers in, in their order
    file           name of the file: shipped, or, where ``url`` is given, of the download
    url            where the file can be had; empty for shipped weights
    sha256         in full, or only its start (``sha256_prefix`` in the registry), or empty where nobody published it
    bytes          size of the file; estimated from the number of parameters where ``sha256`` is not full; 0 if unknown
    scores         data set -> metric -> value, as measured (shipped) or as published (downloads)
    """

    name: str
    kind: str
    network: str
    file: str
    normalisation: str
    trained_on: str
    licence: str
    options: Mapping[str, Any] = field(default_factory=dict)
    input_size: int = 0
    heatmap: str = ""
    spread: float = 1.0
    skeleton: str = "MPII16"
    url: str = ""
    sha256: str = ""
    bytes: int = 0
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        self._check("kind", KINDS)
        self._check("network", tuple(NETWORKS))
        self._check("normalisation", NORMALISATIONS[self.kind])
        self._check("skeleton", tuple(SKELETONS))
        if self.kind == "detector":
            self._check("heatmap", HEATMAPS)
            if self.input_size <= 0:
                raise WeightsError(f"registry entry {self.name}: a detector needs input_size in pixels")

    def _check(self, key: str, allowed: tuple[str, ...]) -> None:
        if getattr(self, key) not in allowed:
            raise WeightsError(f"registry entry {self.name}: {unknown(getattr(self, key), allowed, key)}")

    @property
    def shipped(self) -> bool:
        return not self.url

    @property
    def size(self) -> str:
        """The size for people: ``3.7 MB``, or ``about 14 MB`` where it is estimated."""
        if not self.bytes:
            return "size unknown"
        return f"{self.bytes / 1e6:.1f} MB" if len(self.sha256) == 64 else f"about {self.bytes / 1e6:.0f} MB"

    def matches(self, sha256: str) -> bool:
        """Whether a file's hash is the published one, as far as that is known."""
        return sha256.startswith(self.sha256)


def parse_registry(text: str) -> dict[str, Entry]:
    """The entries of a registry in TOML; :class:`WeightsError` names the entry that is not right."""
    parsed = {}
    for name, table in tomllib.loads(text).items():
        table["sha256"] = table.get("sha256", "") or table.pop("sha256_prefix", "")
        try:
            parsed[name] = Entry(name=name, **table)
        except TypeError as error:
            raise WeightsError(f"registry entry {name}: {error}") from None
    return parsed


@cache
def entries() -> dict[str, Entry]:
    """Every known weight by name, in the registry's order."""
    return parse_registry((files("fitlab_weights") / "registry.toml").read_text(encoding="utf-8"))


def entry(name: str) -> Entry:
    """The entry called ``name``; ValueError with suggestions if there is none."""
    try:
        return entries()[name]
    except KeyError:
        raise ValueError(unknown(name, tuple(entries()), "weights")) from None


def user_path(known: Entry) -> Path:
    """Where a download of ``known`` is put, whether it is there or not."""
    return data_folder() / "weights" / known.file


def path(name: str) -> Path:
    """The file of weights ``name``.

    Shipped weights come with the package. Others are looked for in the data folder's ``weights/`` and then in its
    folder of the network (``efficientpose/``). FileNotFoundError says how to get what is not there.
    """
    known = entry(name)
    if known.shipped:
        candidates = [Path(str(files("fitlab_weights") / known.file))]
        advice = "it should have come with the package: install fitlab again"
    else:
        candidates = [user_path(known), data_folder() / known.network / known.file]
        advice = f"get them with: fitlab weights get {name}   ({known.size}; {known.licence})"
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"the weights {name} are not here (looked for {candidates[0]}); {advice}")


def is_here(name: str | Path) -> bool:
    """Whether weights ``name``, or a file that a training wrote, can be used without downloading anything."""
    if is_file_name(name):
        return Path(name).is_file()
    try:
        path(str(name))
    except FileNotFoundError:
        return False
    return True


def fingerprint(file: str | Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal and size in bytes of a file, as a registry entry needs them."""
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return digest.hexdigest(), stream.tell()


def build(name: str) -> torch.nn.Module:
    """The network that weights ``name`` belong to, still with random weights."""
    known = entry(name)
    module = import_module(f"fitlab.models.{known.network}")
    return getattr(module, NETWORKS[known.network])(**known.options)


def network(name: str) -> torch.nn.Module:
    """The trained network ``name``, in eval mode; errors as :func:`state_dict` and :func:`load_into`."""
    state = state_dict(name)  # first: it is what fails, and to build a large network takes seconds
    module = build(name)
    load_into(module, state, name)
    return module.eval()


def state_dict(name: str) -> dict[str, torch.Tensor]:
    """The tensors of weights ``name`` in fp32, read only after their hash was found right.

    FileNotFoundError where they are not on this machine; :class:`WeightsError` where the file is not what it should be.
    """
    file = path(name)
    content = file.read_bytes()
    check_installed(entry(name), hashlib.sha256(content).hexdigest(), file)
    return read_tensors(content, file)


def check_hash(known: Entry, sha256: str, file: Path) -> None:
    """:class:`WeightsError` if a file with hash ``sha256`` is not the published file of ``known``."""
    if not known.matches(sha256):
        raise WeightsError(
            f"{file} is not the published file of weights {known.name}: "
            f"its SHA-256 starts with {sha256[:12]}, expected {known.sha256[:12]}"
        )


def check_installed(known: Entry, sha256: str, file: Path) -> None:
    """As :func:`check_hash`, for a file in its place; the error says how to replace it."""
    try:
        check_hash(known, sha256, file)
    except WeightsError as error:
        remedy = "install fitlab again" if known.shipped else f"delete it, then: fitlab weights get {known.name}"
        raise WeightsError(f"{error}; {remedy}") from None


def read_tensors(content: bytes, file: str | Path) -> dict[str, torch.Tensor]:
    """The tensors in ``content``, half precision promoted to fp32; ``file`` tells the format by its ending.

    ``.safetensors``, ``.pth`` or ``.pt`` (a plain state dict, never a pickle that can run code) and ``.h5`` (Keras, of
    EfficientPose). :class:`WeightsError` for anything else in them.
    """
    file = Path(file)
    readers = {".safetensors": _read_safetensors, ".pth": _read_torch, ".pt": _read_torch, ".h5": _read_keras}
    if file.suffix not in readers:
        raise WeightsError(f"{file.name} has no ending that says how to read it; known: {', '.join(readers)}")
    tensors = readers[file.suffix](content, file.name)
    return {key: value.float() if value.is_floating_point() else value for key, value in tensors.items()}


def is_file_name(name: str | Path) -> bool:
    """Whether ``name`` is a file that a training wrote, rather than a name in the registry."""
    return Path(name).suffix == ".safetensors"


def read_trained(file: Path, kind: str) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """What a file that a training of fitlab wrote says about itself, and its tensors in fp32.

    FileNotFoundError for no file; :class:`WeightsError` for one that is damaged, from elsewhere, or of another kind.
    """
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}; check the path")
    try:
        with safe_open(file, "pt") as opened:
            about = json.loads((opened.metadata() or {}).get("fitlab", "{}"))
    except (SafetensorError, json.JSONDecodeError) as error:
        raise WeightsError(f"{file} is damaged or not a safetensors file ({error})") from None
    if not about or about.get("kind") != kind:
        shipped = next((name for name, known in entries().items() if known.file == file.name), None)
        if shipped and fingerprint(file)[0] == entry(shipped).sha256:
            what = entry(shipped).kind
            raise WeightsError(f"{file} holds the registry's weights of a {what}: give the name {shipped}")
    if not about:
        raise WeightsError(f"{file} does not say which network it is for: it was not written by fitlab's training")
    if about.get("kind") != kind:
        raise WeightsError(f"{file} was not written by a training of a {kind}; it says: {about}")
    return about, read_tensors(file.read_bytes(), file)


def _read_safetensors(content: bytes, name: str) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(content)
    except SafetensorError as error:
        raise WeightsError(f"{name} is damaged or not a safetensors file ({error})") from None


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
        raise WeightsError(f"{name} is damaged or not a Keras file of EfficientPose: {error}") from None


def load_into(module: torch.nn.Module, state: Mapping[str, torch.Tensor], name: str) -> None:
    """Put ``state`` into ``module``, every tensor and no other; ``name`` is what the error calls the weights.

    :class:`WeightsError` with the first key or shape that does not match, before anything was changed. Counters of
    batch norm (``num_batches_tracked``), which old checkpoints lack and inference does not need, may be missing.
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
