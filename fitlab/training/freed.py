"""Parts of a network that the catalogue freezes, and that a training learns all the same, gently."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def free_parts(network: nn.Module, free: Sequence[str], name: str) -> None:
    """Have parts learnt that the catalogue freezes, and everything in them.

    Parameters
    ----------
    network
        Changed in place.
    free
        Paths of the parts.
    name
        What errors call the network.

    Raises
    ------
    ValueError
        For a part that there is not, with those that there are.
    """
    for part in free:
        try:
            network.get_submodule(part).requires_grad_(True)
        except AttributeError:
            parts = ", ".join(path for path, _ in network.named_modules() if 0 < len(path.split(".")) <= 3 and path)
            raise ValueError(f"{name} has no part {part!r} to free; its parts: {parts}") from None


class RelativeSteps:
    """Steps of freed weights in proportion to how large the weights of their output channel were when they were freed.

    A step of Adam is as long for every weight. Where batch norms are folded into convolutions the channels' sizes
    differ by orders of magnitude, so the same step changes one channel by nothing and another beyond recognition. With
    this the learning rate is a share of the channel's size, as in You et al. 2020 (LAMB, arXiv 1904.00962), which has
    it for each layer. A channel whose weights are all 0 stays as it is.

    Parameters
    ----------
    network
        Whose weights are going to be learnt.
    parts
        Paths of those that change so.
    """

    def __init__(self, network: nn.Module, parts: Sequence[str]) -> None:
        starts = tuple(f"{part}." for part in parts)
        self.weights = [weight for name, weight in network.named_parameters() if name.startswith(starts)]
        self.sizes = [_size(weight.detach()) for weight in self.weights]
        self.kept: list[Tensor] = []

    def before(self, _: nn.Module) -> None:
        """Note the weights before the optimiser's step."""
        self.kept = [weight.detach().clone() for weight in self.weights]

    @torch.no_grad()
    def after(self, _: nn.Module) -> None:
        """Scale the step that the optimiser has made."""
        for weight, size, kept in zip(self.weights, self.sizes, self.kept, strict=True):
            weight.copy_(torch.lerp(kept, weight, size.to(weight.device)))  # the network may have moved since


def _size(weight: Tensor) -> Tensor:
    """Root mean square of each output channel's weights; of biases that of all."""
    others = tuple(range(1, weight.ndim)) if weight.ndim > 1 else (0,)
    return weight.square().mean(others, keepdim=True).sqrt()
