"""Stacked Hourglass: pooling down and back up, several times over, each time refining the heatmaps before.

Newell, Yang and Deng, Stacked Hourglass Networks for Human Pose Estimation, ECCV 2016, in the layout (and with the
names of tensors) of the public PyTorch weights trained on MPII, so that those load strictly.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from fitlab.skeletons import unknown

#: Name -> (stacks, channels). The ``small`` ones, meant for 128 px input, are what a CPU can train.
VARIANTS = {"hg1": (1, 256), "hg2": (2, 256), "hg8": (8, 256), "hg2-small": (2, 128), "hg8-small": (8, 128)}

_DEPTH = 4  # poolings in one hourglass
_MULTIPLE = 4 << _DEPTH  # the stem divides the side by 4, each pooling by 2


class _Residual(nn.Module):
    """Pre-activated bottleneck 1x1, 3x3, 1x1, added to its input (through a 1x1 where the widths differ)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = outputs // 2
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, middle, 1)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, padding=1)
        self.bn3 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1)
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1)) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        y = self.conv3(F.relu(self.bn3(y)))
        return y + (x if self.downsample is None else self.downsample(x))


class _Hourglass(nn.Module):
    """(B, C, H, W) -> the same shape, having looked at it at five resolutions.

    ``hg[level]`` holds the residuals of one resolution, the coarsest first: beside the pooling, below it going down,
    below it coming up, and at the coarsest a fourth as the bottom.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hg = nn.ModuleList(
            nn.ModuleList(nn.Sequential(_Residual(channels, channels)) for _ in range(4 if level == 0 else 3))
            for level in range(_DEPTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self._at(_DEPTH - 1, x)

    def _at(self, level: int, x: Tensor) -> Tensor:
        level_parts: Any = self.hg[level]  # PyTorch's stubs know no list of modules inside a list
        beside, down, up, *bottom = level_parts
        low = down(F.max_pool2d(x, 2))  # half of H and W
        low = bottom[0](low) if bottom else self._at(level - 1, low)
        return beside(x) + F.interpolate(up(low), scale_factor=2.0, mode="nearest")


class StackedHourglass(nn.Module):
    """(B, 3, S, S) RGB as the weights expect it, S a multiple of 64 -> heatmaps (B, J, S/4, S/4) of the last stack.

    In training mode it answers with a list of every stack's heatmaps, since the loss is on all of them.

    stacks    how many hourglasses follow each other
    channels  width; 256 in the paper
    joints    16 in MPII's order
    """

    def __init__(self, stacks: int, channels: int = 256, joints: int = 16) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels // 4, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(channels // 4)
        self.layer1 = nn.Sequential(_Residual(channels // 4, channels // 2))
        self.layer2 = nn.Sequential(_Residual(channels // 2, channels))
        self.layer3 = nn.Sequential(_Residual(channels, channels))
        self.hg = nn.ModuleList(_Hourglass(channels) for _ in range(stacks))
        self.res = nn.ModuleList(nn.Sequential(_Residual(channels, channels)) for _ in range(stacks))
        self.fc = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU()) for _ in range(stacks)
        )
        self.score = nn.ModuleList(nn.Conv2d(channels, joints, 1) for _ in range(stacks))
        self.fc_ = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(stacks - 1))
        self.score_ = nn.ModuleList(nn.Conv2d(joints, channels, 1) for _ in range(stacks - 1))

    def forward(self, image: Tensor) -> Tensor | list[Tensor]:
        heatmaps = self.every_stack(image)
        return heatmaps if self.training else heatmaps[-1]

    def every_stack(self, image: Tensor) -> list[Tensor]:
        """The heatmaps of each stack.

        Parameters
        ----------
        image
            (B, 3, S, S), normalised.

        Returns
        -------
        list of Tensor
            (B, J, S/4, S/4) each.

        Raises
        ------
        ValueError
            For sides that do not halve often enough.
        """
        if image.shape[-1] % _MULTIPLE or image.shape[-2] % _MULTIPLE:
            raise ValueError(f"an hourglass needs sides that are multiples of {_MULTIPLE} px, got {tuple(image.shape)}")
        x = F.relu(self.bn1(self.conv1(image)))  # (B, C/4, S/2, S/2)
        x = F.max_pool2d(self.layer1(x), 2)  # (B, C/2, S/4, S/4)
        x = self.layer3(self.layer2(x))  # (B, C, S/4, S/4)
        heatmaps = []
        for stack, hourglass_ in enumerate(self.hg):
            y = self.fc[stack](self.res[stack](hourglass_(x)))
            heatmaps.append(self.score[stack](y))
            if stack < len(self.fc_):
                x = x + self.fc_[stack](y) + self.score_[stack](heatmaps[-1])
        return heatmaps


def hourglass(variant: str, joints: int = 16) -> StackedHourglass:
    """A Stacked Hourglass with random weights.

    Parameters
    ----------
    variant
        hg1, hg2, hg8, hg2-small or hg8-small.
    joints
        How many heatmaps it answers.

    Returns
    -------
    StackedHourglass

    Raises
    ------
    ValueError
        For an unknown variant, with suggestions.
    """
    if variant not in VARIANTS:
        raise ValueError(unknown(variant, tuple(VARIANTS), "hourglass"))
    stacks, channels = VARIANTS[variant]
    return StackedHourglass(stacks, channels, joints)
