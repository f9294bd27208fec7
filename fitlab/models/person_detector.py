"""MediaPipe's person detector: who is in a photo, where, how large, and which way up.

An encoder like EfficientNet-Lite answers at strides 8, 16 and 32, each with the coarser ones in it. At every cell of
the three maps lie anchors, each of which says how likely somebody's hips are there, and where two points are: the
middle of the hips, and the point straight above it, along the trunk, on the circle that holds the whole body. So the
two give the middle, the size and the turn of the crop in which joints are looked for.

Batch norms are folded into the convolutions, as in the official file, which :mod:`fitlab.models.tflite` reads.

References
----------
Bazarevsky et al. 2020, BlazePose: On-device Real-time Body Pose tracking, arXiv 2006.10204.
Liu et al. 2016, SSD: Single Shot MultiBox Detector, arXiv 1512.02325.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fitlab.models.blazepose import Conv, InvertedResidual, depthwise

#: Side of the input in pixels.
INPUT_SIZE = 224

# (expansion, kernel, stride, channels) of the encoder's blocks, up to those of stride 8, of 16 and of 32.
_FINE = ((4, 3, 2, 24), (6, 3, 1, 24), (6, 5, 2, 40), (6, 5, 1, 40))
_MIDDLE = ((6, 3, 2, 80), (6, 3, 1, 80), (6, 3, 1, 80), (6, 5, 1, 112), (6, 5, 1, 112), (6, 5, 1, 112))
_COARSE = ((6, 5, 2, 192), (6, 5, 1, 192), (6, 5, 1, 192), (6, 5, 1, 192))
_STEM, _STEM_OUT, _LAST_EXPANSION = 24, 16, 6
_WIDTHS = (96, 192, 192 * _LAST_EXPANSION)  # of the maps that are answered from
_ANCHORS = (2, 2, 6)  # at each cell of them
#: Numbers of an anchor: a box, and four points; here the first two points are used.
_NUMBERS, _POINTS = 12, slice(4, 8)


class People(NamedTuple):
    """What the network says at its A anchors.

    logits  (B, A) of the probability that somebody is there
    points  (B, A, 2, 2) pixels of the 224x224 input, the corner at 0: the middle of the hips, and the point of the
            body's circle straight above it
    """

    logits: Tensor
    points: Tensor


class _Block(nn.Module):
    """Depthwise 3x3, then 1x1, added to its input, ReLU6."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = depthwise(channels, linear=True)
        self.project = Conv(channels, channels, linear=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x + self.project(self.depthwise(x)), inplace=True)


def _stage(inputs: int, blocks: tuple[tuple[int, int, int, int], ...]) -> nn.Sequential:
    stage = nn.Sequential()
    for expansion, kernel, stride, channels in blocks:
        stage.append(InvertedResidual(inputs, channels, expansion, kernel, stride))
        inputs = channels
    return stage


class _Heads(nn.ModuleList):
    """(B, C, 2 H, 2 W) thrice -> (B, A, numbers): each cell of (H, W) answers for its anchors."""

    def __init__(self, numbers: int) -> None:
        super().__init__(
            nn.Sequential(
                depthwise(width // 4, stride=2, linear=True), Conv(width // 4, anchors * numbers, linear=True)
            )
            for width, anchors in zip(_WIDTHS, _ANCHORS, strict=True)
        )
        self.numbers = numbers

    def forward(self, maps: list[Tensor]) -> Tensor:
        answers = (head(x) for head, x in zip(self, maps, strict=True))
        return torch.cat(
            [answer.permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, self.numbers)) for answer in answers], 1
        )


class PersonDetector(nn.Module):
    """The network with random weights: (B, 3, 224, 224) RGB in -1..1 -> :class:`People` at 2,254 anchors.

    Its parts run in the order in which the official file lists them.

    Raises
    ------
    ValueError
        For images of another size.
    """

    def __init__(self) -> None:
        super().__init__()
        last = _COARSE[-1][-1]
        self.stem = nn.Sequential(Conv(3, _STEM, 3, stride=2), depthwise(_STEM), Conv(_STEM, _STEM_OUT, linear=True))
        self.stages = nn.ModuleList(
            [_stage(_STEM_OUT, _FINE), _stage(_FINE[-1][-1], _MIDDLE), _stage(_MIDDLE[-1][-1], _COARSE)]
        )
        self.last = nn.Sequential(Conv(last, _WIDTHS[2]), depthwise(_WIDTHS[2]))
        self.lateral = nn.ModuleList(
            nn.Sequential(depthwise(blocks[-1][-1], linear=True), Conv(blocks[-1][-1], width))
            for blocks, width in zip((_FINE, _MIDDLE), _WIDTHS, strict=False)
        )
        self.rise = nn.ModuleList([Conv(_WIDTHS[1], _WIDTHS[0]), Conv(_WIDTHS[2], _WIDTHS[1])])
        self.blocks = nn.ModuleList(nn.Sequential(_Block(width), _Block(width)) for width in _WIDTHS[:2])
        self.places = _Heads(_NUMBERS)
        self.scores = _Heads(1)
        self.register_buffer("anchors", _anchors(), persistent=False)
        self.anchors: Tensor

    def forward(self, image: Tensor) -> People:
        if image.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(
                f"the person detector takes images (B, 3, 224, 224), got {tuple(image.shape)}; resize them"
            )
        x = self.stem(image)
        sides = []
        for stage, lateral in zip(self.stages[:2], self.lateral, strict=True):
            x = stage(x)
            sides.append(lateral(x))
        x = self.last(self.stages[2](x))  # (B, 1152, 7, 7)
        maps = [x]
        for level in (1, 0):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.blocks[level](sides[level] + self.rise[level](x))
            maps.insert(0, x)
        maps = [_spread(x) for x in maps]
        places = self.places(maps)[..., _POINTS].unflatten(-1, (2, 2))
        return People(self.scores(maps)[..., 0], places + self.anchors[:, None])


def _spread(x: Tensor) -> Tensor:
    """(B, 4 C, H, W) -> (B, C, 2 H, 2 W), TensorFlow's depth to space: the channels of a block lie apart by C."""
    batch, channels, height, width = x.shape
    x = x.view(batch, 2, 2, channels // 4, height, width)
    return x.permute(0, 3, 4, 1, 5, 2).reshape(batch, channels // 4, 2 * height, 2 * width)


def _anchors() -> Tensor:
    """(2254, 2) px: the middles of the anchors' cells."""
    middles = []
    for stride, count in zip((8, 16, 32), _ANCHORS, strict=True):
        axis = (torch.arange(INPUT_SIZE // stride) + 0.5) * stride
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        middles.append(torch.stack([x, y], -1).view(-1, 2).repeat_interleave(count, 0))
    return torch.cat(middles)
