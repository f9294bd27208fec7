"""The registry of trained weights: what there is, whence it comes, under which licence, with which hash.

The registry itself is data: ``registry.toml`` beside the shipped files in the package ``fitlab_weights``. Weights
that are not shipped lie in the user's data folder; nothing is ever downloaded unless the user asks for it with
``fitlab weights get NAME`` (:mod:`fitlab.weights.downloads`).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fitlab.folders import data_folder
from fitlab.models.catalogue import NETWORKS
from fitlab.plain_files import file_bytes, printable
from fitlab.skeletons import SKELETONS, unknown
from fitlab.weights.files import WeightsError, fingerprint, is_file_name, load_into, read_header, read_tensors

if TYPE_CHECKING:
    import torch

MAX_BYTES = 4_000_000_000  # of a file of weights
NORMALISATIONS = {"detector": ("imagenet", "lite", "hourglass", "unit"), "lifter": ("person", "screen")}
NORMALISATIONS |= {"recogniser": ("body",), "finder": ("lite",)}
HEATMAPS = ("softmax", "gaussian", "landmarks")


@dataclass(frozen=True)
class Entry:
    """One table of the registry.

    Attributes
    ----------
    name
        What the user says, such as ``hg2``.
    kind
        ``detector``, ``finder``, ``lifter`` or ``recogniser``.
    network
        Its row in :mod:`fitlab.models.catalogue`.
    file
        Name of the file: shipped, or, where ``url`` is given, of the download.
    normalisation
        What the network's input looks like. A detector's pixels: ``imagenet`` (RGB in 0..1, minus mean, divided by
        deviation), ``lite`` (RGB / 127.5 - 1), ``hourglass`` (RGB in 0..1, minus mean) or ``unit`` (RGB in 0..1). The
        joints of a lifter: ``person`` or ``screen``. A recogniser: ``body``, features along the body's own axes.
    trained_on
        The data, in words.
    licence
        In words.
    options
        Keyword arguments of the network.
    input_size
        Side of a detector's square input in pixels; 0 for a lifter.
    heatmap
        How a detector's answer is read: ``softmax`` of logits, ``gaussian`` bumps of height 1, or ``landmarks``.
    deviation_factor
        Makes a detector's standard deviations those of its errors, as heatmaps are too wide.
    deviation_growth, deviation_trunk
        By how much these grow as the score falls, and in the trunk (:func:`fitlab.detection.reading.read`).
    finder
        The detector that finds the person for this one; empty for itself.
    scaled_views
        Whether a detector answers from views of other scales too, where they have been worth their time.
    skeleton
        The joints that it answers in, in their order.
    url
        Where the file can be had; empty for shipped weights.
    sha256
        In full, or only its start (``sha256_prefix`` in the registry), or empty where nobody published it.
    bytes
        Size of the file; estimated from the number of parameters where ``sha256`` is not full; 0 if unknown.
    scores
        Data set -> metric -> value, as measured (shipped) or as published (downloads).
    note
        Anything else, in words.
    also
        Other published files of the same weights, name -> SHA-256.
    local
        Whether it is a file of the user's own, not one of the registry.

    Raises
    ------
    WeightsError
        For a value that is not allowed.
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
    deviation_factor: float = 1.0
    deviation_growth: float = 0.0
    deviation_trunk: float = 0.0
    finder: str = ""
    scaled_views: bool = True
    skeleton: str = "MPII16"
    url: str = ""
    sha256: str = ""
    bytes: int = 0
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    local: bool = False

    def __post_init__(self) -> None:
        self._check("kind", tuple(NORMALISATIONS))
        self._check("network", tuple(NETWORKS))
        self._check("normalisation", NORMALISATIONS[self.kind])
        self._check("skeleton", tuple(SKELETONS))
        if self.kind == "detector":
            self._check("heatmap", HEATMAPS)
        if self.kind in ("detector", "finder") and self.input_size <= 0:
            raise WeightsError(f"registry entry {self.name}: a {self.kind} needs input_size in pixels")

    def _check(self, key: str, allowed: tuple[str, ...]) -> None:
        if getattr(self, key) not in allowed:
            raise WeightsError(f"registry entry {self.name}: {unknown(getattr(self, key), allowed, key)}")

    @property
    def shipped(self) -> bool:
        """Whether the file comes with fitlab."""
        return not self.url

    @property
    def size(self) -> str:
        """The size for people: ``3.7 MB``, ``49 kB``, or ``about 14 MB`` where it is estimated."""
        if not self.bytes:
            return "size unknown"
        if self.bytes < 1e6:
            return f"{self.bytes / 1e3:.0f} kB"
        return f"{self.bytes / 1e6:.1f} MB" if len(self.sha256) == 64 else f"about {self.bytes / 1e6:.0f} MB"

    def expected(self, file: str) -> str:
        """The published hash of the file of this name, in full or its start; empty where it is not known."""
        return self.also.get(file, self.sha256)

    def file_of(self, sha256: str) -> str:
        """The name of the published file with this hash; that of the download where no other file has it."""
        return next((file for file, known in self.also.items() if known == sha256), self.file)


def parse_registry(text: str) -> dict[str, Entry]:
    """The entries in the TOML text of a registry.

    Parameters
    ----------
    text
        TOML.

    Returns
    -------
    dict
        Name -> Entry.

    Raises
    ------
    WeightsError
        That names the entry that is not right.
    """
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
    """An entry of the registry.

    Parameters
    ----------
    name

    Returns
    -------
    Entry

    Raises
    ------
    ValueError
        If there is none, with suggestions.
    """
    try:
        return entries()[name]
    except KeyError:
        raise ValueError(unknown(name, tuple(entries()), "weights")) from None


def user_path(known: Entry, file: str = "") -> Path:
    """Where a download of ``known``, or another published ``file`` of it, is put, whether it is there or not."""
    return data_folder() / "weights" / (file or known.file)


def path(name: str) -> Path:
    """The file of some weights.

    Shipped weights come with the package. Others are looked for in the data folder's ``weights/`` and then in its
    folders of the network and of its family (``efficientpose/``).

    Parameters
    ----------
    name
        In the registry.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        With suggestions, for an unknown name.
    FileNotFoundError
        Where the file is not here; the message says how to get it.
    """
    known = entry(name)
    if known.shipped:
        candidates = [Path(str(files("fitlab_weights") / known.file))]
        advice = "it should have come with the package: install fitlab again"
    else:
        folders = dict.fromkeys(("weights", known.network, known.name.partition("-")[0]))
        names = (known.file, *known.also)
        candidates = [data_folder() / folder / name for name in names for folder in folders]
        advice = f"get them with: fitlab weights get {name}   ({known.size}; {known.licence})"
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"the weights {name} are not here (looked for {candidates[0]}); {advice}")


def is_here(name: str | Path) -> bool:
    """Whether weights ``name``, or a file that a training wrote, can be used without a download."""
    if is_file_name(name):
        return Path(name).is_file()
    try:
        path(str(name))
    except FileNotFoundError:
        return False
    return True


def find(name: str | Path, kind: str) -> Entry:
    """The entry of the registry called ``name``, or what the header of a file that fitlab trained says.

    Raises
    ------
    ValueError
        With suggestions for an unknown name, and for weights of another kind.
    FileNotFoundError
        For a file that is not there.
    WeightsError
        For one that is damaged or from elsewhere.
    """
    if not isinstance(name, (str, Path)):
        raise ValueError(f"a {kind} is the name of one, or a file that fitlab trained; got {name!r}")
    if not is_file_name(name) and str(name) not in entries():
        raise ValueError(unknown(name, tuple(key for key, known in entries().items() if known.kind == kind), kind))
    found = _described(Path(name)) if is_file_name(name) else entry(str(name))
    if found.kind != kind:
        raise ValueError(f"{name} is a {found.kind}, not a {kind}; see `fitlab weights list`")
    return found


def _described(file: Path) -> Entry:
    """What a file that a training wrote says about itself."""
    about = {"trained_on": "", "licence": ""} | read_header(file)
    shipped = next((known for known in entries().values() if known.file == file.name), None)
    if shipped and fingerprint(file)[0] == shipped.sha256:
        raise WeightsError(f"{file} holds the registry's weights of a {shipped.kind}: give the name {shipped.name}")
    if "kind" not in about:
        raise WeightsError(f"{file} does not say which network it is for: it was not written by fitlab's training")
    try:
        return Entry(name=str(file), file=str(file), local=True, **about)
    except TypeError as error:
        raise WeightsError(f"{file} was not written by this version of fitlab's training: {printable(error)}") from None


def build(name: str | Path | Entry) -> torch.nn.Module:
    """The network that the weights of an entry, or of a name, belong to; its own weights are random."""
    known = name if isinstance(name, Entry) else entry(str(name))
    return NETWORKS[known.network].build(**known.options)


def network(known: str | Entry) -> torch.nn.Module:
    """A trained network, in eval mode and fast.

    Parameters
    ----------
    known
        An entry or its name.

    Returns
    -------
    torch.nn.Module

    Raises
    ------
    FileNotFoundError
        Where the weights are not on this machine.
    WeightsError
        Where the file is not what it should be, or does not fit the network.
    """
    known = known if isinstance(known, Entry) else entry(known)
    state = state_dict(known)  # first: it is what fails, and to build a large network takes seconds
    module = build(known)
    load_into(module, state, known.name)
    return NETWORKS[known.network].ready(module)


def state_dict(known: str | Entry) -> dict[str, torch.Tensor]:
    """The tensors of some weights. Those of the registry are read only after their hash was found right.

    See :func:`network` for the parameters and errors.

    Returns
    -------
    dict
        Name -> tensor in fp32.
    """
    known = known if isinstance(known, Entry) else entry(known)
    if known.local:
        return read_tensors(file_bytes(known.file, MAX_BYTES, "a file of weights"), known.file)
    file = path(known.name)
    content = file.read_bytes()
    check_installed(known, hashlib.sha256(content).hexdigest(), file)
    return read_tensors(content, file)


def check_hash(known: Entry, sha256: str, file: Path, name: str = "") -> None:
    """Refuse a file that is not the published one.

    Parameters
    ----------
    known
        The entry.
    sha256
        Of the file, in hexadecimal.
    file
        Its path, for the error.
    name
        What the published file is called; by default as this one.

    Raises
    ------
    WeightsError
        Where the hash is another.
    """
    expected = known.expected(name or file.name)
    if not sha256.startswith(expected):
        raise WeightsError(
            f"{file} is not the published file of weights {known.name}: "
            f"its SHA-256 starts with {sha256[:12]}, expected {expected[:12]}"
        )


def check_installed(known: Entry, sha256: str, file: Path) -> None:
    """As :func:`check_hash`, for a file in its place.

    Parameters
    ----------
    known
        What the file should be.
    sha256
        Of the file.
    file

    Raises
    ------
    WeightsError
        That says how to replace the file.
    """
    try:
        check_hash(known, sha256, file)
    except WeightsError as error:
        remedy = "install fitlab again" if known.shipped else f"delete it, then: fitlab weights get {known.name}"
        raise WeightsError(f"{error}; {remedy}") from None
