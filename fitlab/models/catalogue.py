"""The networks, a row each: how one is made, what it eats and answers, how it is made fast, what it starts from.

A new network is a module beside this one and a row in :data:`NETWORKS`. Whoever trains, loads, scores or times networks
asks the row and knows no network by its class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fitlab.skeletons import unknown

if TYPE_CHECKING:
    from torch import Tensor, nn

DETECTOR, FINDER, LIFTER, RECOGNISER = "detector", "finder", "lifter", "recogniser"

#: Reads the tensors of weights by their name in the registry.
Reader = Callable[[str], Mapping[str, "Tensor"]]


@dataclass(frozen=True)
class Variant:
    """A size of a network that can be trained by its own name.

    Attributes
    ----------
    options
        Keyword arguments of the network.
    size
        Side of its square input in pixels; 0 for a lifter.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True)
class Network:
    """A row of the catalogue.

    Attributes
    ----------
    kind
        ``detector``, ``finder``, ``lifter`` or ``recogniser``.
    home
        ``module:callable``, the module being one of :mod:`fitlab.models`.
    variants
        The names by which it can be trained.
    pixels
        The input of a detector or finder when it is trained, a name in :data:`fitlab.detection.pixels.PIXELS`.
    upright
        Whether a detector's crops are turned so that the trunk stands upright.
    fast
        Changes a network in eval mode so that it answers the same, faster.
    starts
        What a training may start from beside ``random`` and a file: name -> what fills a new network.
    grown
        Changes tensors of a smaller network of the family so that they fit a new network.
    steady
        A part whose batch norms keep their statistics in training: they serve small batches better than their own.
    frozen
        Parts that are not learnt, unless all of the network starts from random weights.
    alone
        What can be learnt by itself, having no say in where joints are (``score``: what judges them; ``depth``): how
        the names of its weights begin.
    exact
        Whether it needs single precision, in training too.
    portable
        Whether it gives the same answers in ONNX Runtime (:mod:`fitlab.weights.engine`), faster.
    """

    kind: str
    home: str
    variants: Mapping[str, Variant] = field(default_factory=dict)
    pixels: str = "lite"
    upright: bool = False
    fast: Callable[[Any], nn.Module] | None = None
    starts: Mapping[str, Callable[[Any, Reader], None]] = field(default_factory=dict)
    grown: Callable[[Any, dict[str, Tensor]], dict[str, Tensor]] | None = None
    steady: str = ""
    frozen: tuple[str, ...] = ()
    alone: Mapping[str, str] = field(default_factory=dict)
    exact: bool = False
    portable: bool = False

    def build(self, **options: Any) -> nn.Module:
        """The network with random weights, on the CPU whatever the program's default device is."""
        import torch

        module, name = self.home.split(":")
        with torch.device("cpu"):
            return getattr(import_module(f"fitlab.models.{module}"), name)(**options)

    def ready(self, network: nn.Module) -> nn.Module:
        """``network`` in eval mode, in single precision whatever the program's default is, and fast."""
        network.eval().float()
        return self.fast(network) if self.fast else network


def _folded(network: Any) -> nn.Module:
    return network.fold()


def _imagenet(part: str) -> Callable[[Any, Reader], None]:
    """Fills the ``part`` of a network."""

    def fill(network: Any, _: Reader) -> None:
        from fitlab.models import starts  # which loads PyTorch

        starts.imagenet(network.get_submodule(part))

    return fill


def _blazepose(network: Any, read: Reader) -> None:
    from fitlab.models import starts

    starts.blazepose(network, read)


def _person_detector(network: Any, read: Reader) -> None:
    network.load_state_dict(read("blazepose-person"))


def _more_stacks(network: Any, state: dict[str, Tensor]) -> dict[str, Tensor]:
    from fitlab.models import starts

    return starts.with_more_stacks(state, len(network.hg))


def _with_own_depth(network: Any, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """With what a new network has for ``depth.`` where the weights are those of one without such a part."""
    if any(key.startswith("depth.") for key in state):
        return state
    return state | {key: value for key, value in network.state_dict().items() if key.startswith("depth.")}


def _with_depth(network: Any, state: dict[str, Tensor]) -> dict[str, Tensor]:
    from fitlab.models import martinez

    return martinez.with_depth(network, state)


NETWORKS: dict[str, Network] = {
    "fitpose": Network(
        DETECTOR,
        "fitpose:FitPose",
        {"fitpose": Variant(size=192)},
        fast=_folded,
        starts={"imagenet": _imagenet("encoder")},
        steady="encoder",
        frozen=("encoder.stem", "encoder.stages.0", "encoder.stages.1"),
        alone={"score": "score."},
        portable=True,
    ),
    "fitpose-blaze": Network(
        DETECTOR,
        "fitpose_blaze:FitPoseBlaze",
        {
            "fitpose-full": Variant({"size": "full", "guided": True}, 256),
            "fitpose-heavy": Variant({"size": "heavy", "deep": True}, 256),
        },
        pixels="unit",
        upright=True,
        fast=_folded,
        starts={"blazepose": _blazepose},
        frozen=("blazepose",),
        alone={"score": "joints.", "depth": "depth."},
        grown=_with_own_depth,
        exact=True,
        portable=True,
    ),
    "person-detector": Network(
        FINDER,
        "person_detector:PersonDetector",
        {"fitpose-person": Variant(size=224)},
        starts={"blazepose": _person_detector},
        frozen=("stem", "stages", "last"),
        exact=True,
        portable=True,
    ),
    "blazepose": Network(DETECTOR, "blazepose:BlazePose", pixels="unit", upright=True, exact=True, portable=True),
    "efficientpose": Network(
        DETECTOR,
        "efficientpose:efficientpose",
        {"efficientpose-rt-lite": Variant({"variant": "rt-lite", "doublings": 1}, 224)},
        starts={"imagenet": _imagenet("high")},
        steady="high",
        frozen=("high.stem",),
        portable=True,
    ),
    "hourglass": Network(
        DETECTOR,
        "hourglass:hourglass",
        {
            "hg2-small": Variant({"variant": "hg2-small"}, 128),
            "hg8-small": Variant({"variant": "hg8-small"}, 128),
            # Not "hg2" and "hg8": those are the public weights, which expect pixels of another normalisation.
            "hg2-full": Variant({"variant": "hg2"}, 256),
            "hg8-full": Variant({"variant": "hg8"}, 256),
        },
        grown=_more_stacks,
        portable=True,
    ),
    "martinez": Network(LIFTER, "martinez:Martinez", {"martinez": Variant()}, fast=_folded, grown=_with_depth),
    "semgcn": Network(LIFTER, "semgcn:SemGCN", {"semgcn": Variant()}),
    "recogniser": Network(RECOGNISER, "recogniser:Recogniser", fast=_folded),
}


def network(name: str) -> Network:
    """The row of a network.

    Parameters
    ----------
    name
        Of the row.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If there is none, with suggestions.
    """
    if name not in NETWORKS:
        raise ValueError(unknown(name, tuple(NETWORKS), "network"))
    return NETWORKS[name]


def trainable(kind: str) -> dict[str, tuple[str, Variant]]:
    """What can be trained: name -> the row's name and the variant."""
    return {
        name: (row, variant)
        for row, facts in NETWORKS.items()
        if facts.kind == kind
        for name, variant in facts.variants.items()
    }


def variant(name: str, kind: str) -> tuple[str, Variant]:
    """What can be trained by a name.

    Parameters
    ----------
    name
        Of the variant.
    kind
        ``detector`` or ``lifter``.

    Returns
    -------
    (str, Variant)
        The row's name, and the variant.

    Raises
    ------
    ValueError
        If there is none, with suggestions.
    """
    known = trainable(kind)
    if name not in known:
        raise ValueError(unknown(name, tuple(known), f"{kind} to train"))
    return known[name]
