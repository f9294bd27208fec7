"""Names for what a body does: a small multilayer perceptron over features of a pose."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn


class Recogniser(nn.Module):
    """Features of a pose in, a logit for each of ``names`` out.

    The features are brought to mean 0 and deviation 1 as in training. :meth:`calibrate` divides the logits by a
    temperature (Guo et al., "On calibration of modern neural networks", ICML 2017).

    Parameters
    ----------
    names
        What is recognised, in the order of the logits.
    features
        How many numbers describe a pose, F.
    hidden
        Width of the two hidden layers.
    dropout
        Share of their units that is left out in training.
    """

    def __init__(self, names: Sequence[str], features: int, hidden: int = 96, dropout: float = 0.1) -> None:
        super().__init__()
        self.names = tuple(names)
        self.scale: nn.Module = nn.BatchNorm1d(features, affine=False)
        self.layers = nn.Sequential(
            *(nn.Linear(features, hidden), nn.GELU(), nn.Dropout(dropout)),
            *(nn.Linear(hidden, hidden), nn.GELU(), nn.Dropout(dropout)),
            nn.Linear(hidden, len(self.names)),
        )

    def forward(self, features: Tensor) -> Tensor:  # (B, F)
        return self.layers(self.scale(features))  # (B, names)

    @torch.no_grad()
    def calibrate(self, temperature: float) -> None:
        """Divide the logits by ``temperature``, once and for all."""
        last = cast(nn.Linear, self.layers[-1])
        last.weight.div_(temperature)
        last.bias.div_(temperature)

    @torch.no_grad()
    def fold(self) -> Recogniser:
        """The same network in eval mode with the scale worked into the first layer: faster, same answer."""
        folded = copy.deepcopy(self).eval()
        first, scale = cast(nn.Linear, folded.layers[0]), cast(nn.BatchNorm1d, folded.scale)
        mean, variance = cast(Tensor, scale.running_mean), cast(Tensor, scale.running_var)
        first.weight.div_((variance + scale.eps).sqrt())
        first.bias.sub_(first.weight @ mean)
        folded.scale = nn.Identity()
        return folded
