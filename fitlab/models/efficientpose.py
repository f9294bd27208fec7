"""EfficientPose: the first stages of an EfficientNet, then three passes of detection blocks at an eighth of the input.

Groos, Ramampiaro and Ihlen, EfficientPose: Scalable single-person pose estimation, Applied Intelligence 2021. One
network with a few numbers for each of RT, I, II, III, IV and the Lite variants. It answers in MPII's order of joints;
the official weights, which have another, are read by :mod:`fitlab.models.keras`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fitlab.skeletons import unknown


@dataclass(frozen=True)
class Architecture:
    """What distinguishes the members of the family.

    input_size  side of the square input in pixels that the official weights were trained at
    high, low   width and depth coefficients of the EfficientNets that see the whole and the halved resolution
    blocks      detection blocks in each pass
    lite        ReLU6 and no squeeze-and-excitation, for small devices
    """

    input_size: int
    high: tuple[float, float]
    low: tuple[float, float] | None = None
    blocks: int = 1
    lite: bool = False


_B0, _B1, _B2, _B3, _B4, _B5, _B7 = (1.0, 1.0), (1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8), (1.6, 2.2), (2.0, 3.1)

VARIANTS = {
    "rt": Architecture(224, _B0),
    "i": Architecture(256, _B2, _B0),
    "ii": Architecture(368, _B4, _B0, blocks=2),
    "iii": Architecture(480, _B5, _B1, blocks=3),
    "iv": Architecture(600, _B7, _B3, blocks=4),
    "rt-lite": Architecture(224, _B0, lite=True),
    "i-lite": Architecture(256, _B2, lite=True),
    "ii-lite": Architecture(368, _B4, blocks=2, lite=True),
}

# EfficientNet-B0's first stages: channels, repeats, kernel, stride of the first, expansion.
_STAGES = ((16, 1, 3, 1, 1), (24, 2, 3, 2, 6), (40, 2, 5, 2, 6))
_STEM = 32
_EXPANSION = 6  # of the detection blocks
_STRIDE = 8  # of the features


class ESwish(nn.Module):
    """1.25 x sigmoid(x), the activation of the detection blocks."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.25 * F.silu(x)


class _SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow does: where the padding is odd, the extra row and column come last."""

    def forward(self, x: Tensor) -> Tensor:
        vertical, horizontal = (self._padding(size) for size in x.shape[-2:])
        if any(vertical + horizontal):
            x = F.pad(x, horizontal + vertical)
        if self.groups == 1 or self.kernel_size[0] <= 3:
            return super().forward(x)
        # In bf16 their backward pass is 3 times slower on CPUs.
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())

    def _padding(self, size: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        return total // 2, total - total // 2


class _ConvNorm(nn.Module):
    """Convolution, batch norm, activation."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, activation: nn.Module, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = _SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.bn(self.conv(x)))


class _SqueezeExcite(nn.Module):
    """Scales each channel by what the picture as a whole says about it."""

    def __init__(self, channels: int, squeezed: int, activation: nn.Module) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        scale = self.reduce(x.mean((2, 3), keepdim=True))
        return x * torch.sigmoid(self.expand(self.activation(scale)))


class _Bottleneck(nn.Module):
    """Inverted bottleneck: expand 1x1, depthwise, squeeze-and-excitation (not in Lite), project 1x1; nothing added."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        activation: nn.Module,
        expanded: int,
        squeezed: int,
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.expand = _ConvNorm(inputs, expanded, 1, activation) if expanded != inputs else nn.Identity()
        self.depthwise = _ConvNorm(expanded, expanded, kernel, activation, stride, groups=expanded)
        self.squeeze = _SqueezeExcite(expanded, squeezed, activation) if squeezed else nn.Identity()
        self.project = _ConvNorm(expanded, outputs, 1, nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        return self.project(self.squeeze(self.depthwise(self.expand(x))))


class _Backbone(nn.Module):
    """The first ``stages`` of an EfficientNet: (B, 3, H, W) -> (B, channels, H / stride, W / stride).

    Where the official networks take the halved resolution, they take it before the last block adds its input.
    """

    def __init__(self, coefficients: tuple[float, float], stages: int, lite: bool, add_last: bool = True) -> None:
        super().__init__()
        width, depth = coefficients
        activation = nn.ReLU6() if lite else nn.SiLU()
        channels = _STEM if lite else _rounded(_STEM * width)
        self.stem = _ConvNorm(3, channels, 3, activation, stride=2)
        self.blocks = nn.ModuleList()
        self.added: list[bool] = []
        for number, (base, repeats, kernel, stride, expansion) in enumerate(_STAGES[:stages]):
            outputs = _rounded(base * width)
            scaled = repeats if lite and number == 0 else math.ceil(repeats * depth)
            for repeat in range(scaled):
                self.blocks.append(
                    _Bottleneck(
                        channels,
                        outputs,
                        kernel,
                        activation,
                        expanded=channels * expansion,
                        squeezed=0 if lite else channels // 4,
                        stride=stride if repeat == 0 else 1,
                    )
                )
                self.added.append(repeat > 0)
                channels = outputs
        if not add_last:
            self.added[-1] = False
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block, added in zip(self.blocks, self.added, strict=True):
            x = block(x) + x if added else block(x)
        return x


class _DetectionBlock(nn.ModuleList):
    """Three bottlenecks, densely connected: (B, inputs, H, W) -> (B, 3 width, H, W)."""

    def __init__(self, inputs: int, width: int, lite: bool) -> None:
        activation = nn.ReLU6() if lite else ESwish()
        squeezed = 0 if lite else width // 4
        super().__init__(
            _Bottleneck(channels, width, 5, activation, expanded=_EXPANSION * width, squeezed=squeezed)
            for channels in (inputs, width, 2 * width)
        )

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self
        dense = first(x)
        for bottleneck in others:
            dense = torch.cat([bottleneck(dense), dense], dim=1)
        return dense


class _Pass(nn.ModuleList):
    """Detection blocks, each but the first added to its input: (B, inputs, H, W) -> (B, 3 width, H, W)."""

    def __init__(self, inputs: int, width: int, blocks: int, lite: bool) -> None:
        super().__init__(_DetectionBlock(3 * width if block else inputs, width, lite) for block in range(blocks))

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self
        x = first(x)
        for block in others:
            x = block(x) + x
        return x


class _Doubled(nn.Module):
    """Twice the size by the official 4x4 transposed convolution; unlike interpolation it fades to 0 at the border."""

    kernel: Tensor

    def __init__(self, joints: int) -> None:
        super().__init__()
        line = torch.tensor([0.25, 0.75, 0.75, 0.25])
        self.register_buffer("kernel", torch.outer(line, line).repeat(joints, 1, 1, 1), persistent=False)

    def forward(self, heatmaps: Tensor) -> Tensor:
        return F.conv_transpose2d(heatmaps, self.kernel, stride=2, padding=1, groups=len(self.kernel))


class EfficientPose(nn.Module):
    """(B, 3, S, S) normalised RGB, S a multiple of 8 -> heatmaps (B, J, S, S).

    doublings   how often the heatmaps, computed at S / 8, are doubled in size (bilinearly): 3 in the official networks;
                1 gives (B, J, S / 4, S / 4), which is cheaper to train and to decode
    """

    def __init__(self, variant: Architecture, joints: int = 16, doublings: int = 3) -> None:
        super().__init__()
        self.doublings = doublings
        self.high = _Backbone(variant.high, 3, variant.lite)
        self.low = _Backbone(variant.low, 2, variant.lite, add_last=False) if variant.low else None
        features = self.high.channels + (self.low.channels if self.low else 0)
        width = self.high.channels
        self.passes = nn.ModuleList(
            _Pass(inputs, width, variant.blocks, variant.lite)
            for inputs in (features, 3 * width + features, 3 * width + features)
        )
        self.heatmap = nn.Conv2d(3 * width, joints, 1)
        self.doubled = _Doubled(joints)

    def forward(self, image: Tensor) -> Tensor:
        if image.shape[-1] % _STRIDE or image.shape[-2] % _STRIDE:
            raise ValueError(f"EfficientPose needs sides that are multiples of {_STRIDE} px, got {tuple(image.shape)}")
        heatmaps = self.coarse(image)
        for _ in range(self.doublings):
            heatmaps = self.doubled(heatmaps)
        return heatmaps

    def coarse(self, image: Tensor) -> Tensor:
        """The heatmaps before they are enlarged.

        Parameters
        ----------
        image
            (B, 3, S, S), normalised.

        Returns
        -------
        Tensor
            (B, J, S/8, S/8).
        """
        features = self.high(image)
        if self.low is not None:
            features = torch.cat([features, self.low(F.avg_pool2d(image, 2))], dim=1)
        skeleton, detection1, detection2 = self.passes
        x = skeleton(features)
        x = detection1(torch.cat([x, features], dim=1))
        x = detection2(torch.cat([x, features], dim=1))
        return self.heatmap(x)


def efficientpose(variant: str, joints: int = 16, doublings: int = 3) -> EfficientPose:
    """An EfficientPose with random weights.

    Parameters
    ----------
    variant
        rt, i, ii, iii, iv, rt-lite, i-lite or ii-lite.
    joints
        How many heatmaps it answers.
    doublings
        How many times the heatmaps are doubled in size.

    Returns
    -------
    EfficientPose

    Raises
    ------
    ValueError
        For an unknown variant, with suggestions.
    """
    if variant not in VARIANTS:
        raise ValueError(unknown(variant, tuple(VARIANTS), "EfficientPose"))
    return EfficientPose(VARIANTS[variant], joints, doublings)


def _rounded(channels: float) -> int:
    """EfficientNet's rounding: to a multiple of 8, but never more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
