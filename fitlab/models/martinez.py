"""The lifter of Martinez et al., "A simple yet effective baseline for 3d human pose estimation", ICCV 2017."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Dropout that draws a byte for each number instead of a float: on a CPU, drawing is most of its time.

    Only for probabilities that are a whole number of 256ths, as 0.5 is; others are PyTorch's.
    """

    def forward(self, features: Tensor) -> Tensor:
        dropped = self.p * 256
        if not self.training or not 0 < dropped < 256 or dropped % 1 or features.device.type != "cpu":
            return super().forward(features)
        count = features.numel()
        words = torch.empty((count + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        kept = words.view(torch.uint8)[:count].view(features.shape) >= int(dropped)
        return features * kept.to(features.dtype).mul_(256 / (256 - dropped))


class ResidualBlock(nn.Module):
    """Twice (linear, batch norm, ReLU, dropout), and the input added to the result."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_layer(width, width, dropout), *_layer(width, width, dropout))

    def forward(self, features: Tensor) -> Tensor:  # (B, hidden)
        return features + self.layers(features)


class Martinez(nn.Module):
    """2D joints in, root-relative 3D joints out, by fully connected layers.

    hidden, blocks, dropout   1024 units, two residual blocks and 0.5 in the paper
    joints_in, joints_out     16 and 15: the root is 0 by definition and not predicted
    certainty                 also take a number for each joint, 0 (not seen) to 1 (exactly known); the paper's
                              network has no such input and takes every joint at its word
    depth                     also take what a detector read from the picture of each joint's depth, and how certain
                              that is, 0 to 1
    scale                     also answer, for each bone, the logarithm of the mean error of its depth
    """

    def __init__(
        self,
        hidden: int = 1024,
        blocks: int = 2,
        dropout: float = 0.5,
        joints_in: int = 16,
        joints_out: int = 15,
        certainty: bool = False,
        depth: bool = False,
        scale: bool = False,
    ) -> None:
        super().__init__()
        self.joints_in, self.joints_out, self.certainty, self.depth = joints_in, joints_out, certainty, depth
        self.first = nn.Sequential(*_layer(joints_in * (2 + certainty + 2 * depth), hidden, dropout))
        self.blocks = nn.Sequential(*(ResidualBlock(hidden, dropout) for _ in range(blocks)))
        self.last = nn.Linear(hidden, joints_out * 3)
        self.scale = nn.Linear(hidden, joints_out) if scale else None

    def forward(self, points: Tensor, certainty: Tensor | None = None, depth: Tensor | None = None) -> Tensor:
        """points (B, joints_in, 2) -> (B, joints_out, 3), or (B, joints_out, 4) with the scale last.

        certainty (B, joints_in) is 1 throughout where it is None, depth (B, joints_in, 2) is unknown.
        """
        parts = [points.flatten(1)]
        if self.certainty:
            parts.append(torch.ones_like(points[..., 0]) if certainty is None else certainty)
        if self.depth:
            parts.append((torch.zeros_like(points) if depth is None else depth).flatten(1))
        features = self.blocks(self.first(torch.cat(parts, dim=1)))  # (B, hidden)
        joints = self.last(features).unflatten(1, (self.joints_out, 3))
        return joints if self.scale is None else torch.cat([joints, self.scale(features)[..., None]], dim=-1)

    @torch.no_grad()
    def fold(self) -> Martinez:
        """The same network in eval mode with batch norms worked into the layers before them: faster, same answer."""
        folded = copy.deepcopy(self).eval()
        folded.first = _folded(folded.first)
        for block in folded.blocks:
            block.layers = _folded(block.layers)  # type: ignore[arg-type]
        return folded

    @torch.no_grad()
    def limit_weights(self, norm: float = 1.0) -> None:
        """Scale down each linear layer's weights whose (Frobenius) norm exceeds ``norm``; call after each step."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                module.weight.mul_((norm / module.weight.norm()).clamp(max=1))


def with_depth(network: Martinez, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a Martinez without depth and scale, so that they fit one with them and answer the same joints.

    Tensors of another kind are left as they are.

    Parameters
    ----------
    network
        With depth and scale.
    state
        Key -> Tensor, of the one without.

    Returns
    -------
    dict
        Key -> Tensor.
    """
    new, wanted = dict(state), network.state_dict()
    first = "first.0.weight"
    if first in state and len(state[first]) == len(wanted[first]) and state[first].shape[1] < wanted[first].shape[1]:
        new[first] = nn.functional.pad(state[first], (0, wanted[first].shape[1] - state[first].shape[1]))
    if network.scale is not None and "scale.weight" not in state:
        new["scale.weight"] = torch.zeros_like(wanted["scale.weight"])
        new["scale.bias"] = torch.full_like(wanted["scale.bias"], -2.0)  # 40 mm
    return new


def _folded(layers: nn.Sequential) -> nn.Sequential:
    """The layers that an answer needs: linear ones, each with the batch norm behind it worked in, and ReLU."""
    for linear, norm in zip(layers, [*layers][1:], strict=False):
        if isinstance(linear, nn.Linear) and isinstance(norm, nn.BatchNorm1d):
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator, union-attr]
            linear.weight.mul_(scale[:, None])
            linear.bias.sub_(norm.running_mean).mul_(scale).add_(norm.bias)  # type: ignore[arg-type]
    return nn.Sequential(*(layer for layer in layers if isinstance(layer, nn.Linear | nn.ReLU)))


def _layer(inputs: int, outputs: int, dropout: float) -> tuple[nn.Module, ...]:
    linear = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(linear.weight)
    return linear, nn.BatchNorm1d(outputs), nn.ReLU(inplace=True), Dropout(dropout)
