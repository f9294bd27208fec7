"""BlazePose: MediaPipe's landmark networks Lite, Full and Heavy, without their segmentation.

A MobileNet-like encoder whose four scales are fused, top down, into one map at stride 4. From that map a single 1x1
convolution makes the heatmaps. A regression branch goes on from the coarsest map (in Heavy also from the fused map
downwards again) and answers with the landmarks themselves. Batch norms are folded into the convolutions, as in the
official files, which :mod:`fitlab.models.tflite` reads.

References
----------
Bazarevsky et al. 2020, BlazePose: On-device Real-time Body Pose tracking, arXiv 2006.10204.
Grishchenko et al. 2022, BlazePose GHUM Holistic: Real-time 3D Human Landmarks and Pose Estimation, arXiv 2206.11678.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fitlab.skeletons import unknown

#: Side of the input in pixels, and of the heatmaps.
INPUT_SIZE, HEATMAP_SIZE = 256, 64

#: The landmarks in the order of the answers. MediaPipe does not publish the last six, whose names are ours: the middle
#: of the hips; the point straight above it, at the radius of a circle round the person, by which MediaPipe sizes and
#: turns its next crop; palm and wrist of each hand. They have no depth, and but for the first no place in metres.
LANDMARKS = (
    *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
    *("left_ear", "right_ear", "mouth_left", "mouth_right"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
    *("left_heel", "right_heel", "left_foot_index", "right_foot_index"),
    *("hip_centre", "alignment", "left_palm", "left_palm_wrist", "right_palm", "right_palm_wrist"),
)

# (expansion, kernel, stride) of the encoder's stages, and how many of them there are at strides 4, 8, 16 and 32.
_STAGES = ((4, 3, 2), (6, 3, 1), (6, 5, 2), (6, 3, 2), (6, 5, 1), (6, 5, 2))
_LAST_STAGE_OF_STRIDE = {1: 4, 2: 8, 4: 16, 5: 32}
_STEM = 24
_LAST_EXPANSION = 6


@dataclass(frozen=True)
class Size:
    """What distinguishes Lite, Full and Heavy.

    stem        channels that leave the stem, at stride 2
    channels    of the encoder's six stages
    blocks      in each of these stages
    fine        channels of the fused map at stride 4
    regression  channels of the regression branch
    descent     channels at strides 8, 16 and 32 on the way from the fused map down to the regression; empty without it
    depth       blocks at every step down in the regression branch, first those of the descent
    """

    stem: int
    channels: tuple[int, ...]
    blocks: tuple[int, ...]
    fine: int
    regression: int
    depth: tuple[int, ...]
    descent: tuple[int, ...] = ()


SIZES = {
    "lite": Size(8, (16, 16, 24, 40, 56, 96), (1, 1, 2, 3, 3, 4), 32, 192, (3, 4)),
    "full": Size(16, (24, 24, 32, 64, 88, 144), (1, 1, 2, 3, 3, 4), 48, 288, (5, 6)),
    "heavy": Size(24, (32, 32, 56, 112, 160, 272), (2, 2, 4, 6, 6, 8), 48, 288, (7, 8, 8, 8, 8), (96, 192, 288)),
}


def size_named(name: str) -> Size:
    """One of :data:`SIZES`.

    Parameters
    ----------
    name
        ``lite``, ``full`` or ``heavy``.

    Returns
    -------
    Size

    Raises
    ------
    ValueError
        For another name, with suggestions.
    """
    if name not in SIZES:
        raise ValueError(unknown(name, tuple(SIZES), "BlazePose"))
    return SIZES[name]


def scales_channels(size: Size) -> int:
    """Channels of all maps of :meth:`Regression.scales` together."""
    unfused = (size.channels[2], size.channels[4], size.channels[-1] * _LAST_EXPANSION)
    return size.fine + sum(size.descent or unfused)


class Features(NamedTuple):
    """What the encoder sees in an image of side S, channels by size (Lite, Full, Heavy).

    fine      (B, 32 | 48 | 48, S/4, S/4), all scales fused: the input of the heatmaps
    stride8   (B, 24 | 32 | 56, S/8, S/8), unfused
    stride16  (B, 56 | 88 | 160, S/16, S/16), unfused
    coarse    (B, 576 | 864 | 1632, S/32, S/32), in 0..6
    """

    fine: Tensor
    stride8: Tensor
    stride16: Tensor
    coarse: Tensor


class Landmarks(NamedTuple):
    """What the network answers, the landmarks in the order of :data:`LANDMARKS`.

    landmarks  (B, 39, 5): x, y in pixels of the 256x256 input with the top-left corner at 0, z in the same unit from
               the middle of the hips and smaller towards the camera; logits of visibility and presence
    presence   (B,) probability that there is a person
    heatmap    (B, 39, 64, 64) logits
    world      (B, 39, 3) metres from the middle of the hips, axes as the landmarks'
    """

    landmarks: Tensor
    presence: Tensor
    heatmap: Tensor
    world: Tensor


class Conv(nn.Conv2d):
    """Convolution with bias that keeps the size (or halves it with ``stride`` 2), then, unless ``linear``, ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups)
        self.linear = linear

    def forward(self, x: Tensor) -> Tensor:
        if self.groups > 1 and self.kernel_size[0] > 3:  # in bf16 their backward pass is 3 times slower on CPUs
            with torch.autocast(x.device.type, enabled=False):
                x = super().forward(x.float())
        else:
            x = super().forward(x)
        return x if self.linear else F.relu6(x, inplace=True)


def depthwise(channels: int, kernel: int = 3, stride: int = 1, linear: bool = False) -> Conv:
    """One convolution for each channel."""
    return Conv(channels, channels, kernel, stride, groups=channels, linear=linear)


def _separable(inputs: int, outputs: int) -> nn.Sequential:
    """Depthwise 3x3, then 1x1."""
    return nn.Sequential(depthwise(inputs), Conv(inputs, outputs))


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; added to its input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = Conv(inputs, hidden)
        self.depthwise = depthwise(hidden, kernel, stride)
        self.project = Conv(hidden, outputs, linear=True)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class _BlazeBlock(nn.Module):
    """Depthwise 3x3, project 1x1, added to its input, ReLU6.

    With ``stride`` 2 the input is max-pooled before it is added, and channels that it lacks count as 0.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = depthwise(inputs, stride=stride)
        self.project = Conv(inputs, outputs, linear=True)
        self.halves = stride == 2
        self.added = outputs - inputs
        if self.halves:
            self.depthwise.padding = (0, 0)  # done in forward: TensorFlow's 'same' pads an even input only at the end

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(F.pad(x, (0, 1, 0, 1)) if self.halves else x))
        if self.halves:
            x = F.max_pool2d(x, 2)
        if self.added:
            x = F.pad(x, (0, 0, 0, 0, 0, self.added))
        return F.relu6(x + y, inplace=True)


def _step_down(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """(B, inputs, H, W) -> (B, outputs, H/2, W/2)."""
    rest = (_BlazeBlock(outputs, outputs) for _ in range(blocks - 1))
    return nn.Sequential(_BlazeBlock(inputs, outputs, stride=2), *rest)


class Encoder(nn.Module):
    """(B, 3, S, S) RGB in 0..1, S a multiple of 32 -> :class:`Features`."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            Conv(3, _STEM, 3, stride=2),
            depthwise(_STEM),
            Conv(_STEM, size.stem, linear=True),
        )
        self.stages = nn.ModuleList()
        inputs = size.stem
        for (expansion, kernel, stride), channels, blocks in zip(_STAGES, size.channels, size.blocks, strict=True):
            stage = nn.Sequential()
            for block in range(blocks):
                stage.append(InvertedResidual(inputs, channels, expansion, kernel, stride if block == 0 else 1))
                inputs = channels
            self.stages.append(stage)
        coarse = inputs * _LAST_EXPANSION
        self.last = nn.Sequential(Conv(inputs, coarse), depthwise(coarse))
        scales = [size.channels[stage] for stage in _LAST_STAGE_OF_STRIDE]
        self.lateral = nn.ModuleList(_separable(channels, size.fine) for channels in (*scales[:-1], coarse))

    def forward(self, image: Tensor) -> Features:
        x = self.stem(image)  # (B, C, S/2, S/2)
        scales = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in _LAST_STAGE_OF_STRIDE:
                scales.append(x)
        coarse = self.last(x)  # (B, C, S/32, S/32)
        fine = self.lateral[3](coarse)
        for level in (2, 1, 0):
            fine = F.interpolate(fine, scale_factor=2.0, mode="bilinear", align_corners=False)
            fine = fine + self.lateral[level](scales[level])
        return Features(fine, stride8=scales[1], stride16=scales[2], coarse=coarse)


class Regression(nn.Module):
    """:class:`Features` of 256x256 images -> (B, 192 | 288 | 288, 2, 2), all that the landmarks are read from."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        coarse = size.channels[-1] * _LAST_EXPANSION
        self.descent, self.lateral = nn.ModuleList(), nn.ModuleList()
        inputs = size.fine
        for outputs, blocks in zip(size.descent, size.depth, strict=False):
            self.descent.append(_step_down(inputs, outputs, blocks))
            inputs = outputs
        for channels, outputs in zip((size.channels[2], size.channels[4]), size.descent, strict=False):
            self.lateral.append(_separable(channels, outputs))
        self.lateral.append(_separable(coarse, size.regression))
        first, second = size.depth[-2:]
        self.rest = nn.Sequential(
            _step_down(size.regression, size.regression, first),
            _step_down(size.regression, size.regression, second),
        )

    def forward(self, features: Features) -> Tensor:
        return self.read(self.scales(features))

    def scales(self, features: Features) -> list[Tensor]:
        """Maps of several scales: what Heavy's regression descends through; of Lite and Full the features.

        Parameters
        ----------
        features
            Of the encoder.

        Returns
        -------
        list of Tensor
            At strides 4, 8, 16 and 32; the channels of all together are :func:`scales_channels`.
        """
        if not self.descent:
            return list(features)
        maps = [features.fine]
        for down, lateral, scale in zip(self.descent, self.lateral, features[1:], strict=True):
            maps.append(down(maps[-1]) + lateral(scale))
        return maps

    def read(self, scales: list[Tensor]) -> Tensor:
        """What the landmarks are read from.

        Parameters
        ----------
        scales
            As :meth:`scales` gives them.

        Returns
        -------
        Tensor
            (B, C, 2, 2).
        """
        last = scales[-1]  # stride 32
        return self.rest(last if self.descent else self.lateral[0](last))


class _Answer(nn.Conv2d):
    """(B, C, 2, 2) -> (B, outputs), always in single precision: in bf16 neighbours of 200 px are a pixel apart."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__(channels, outputs, 2)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float()).flatten(1)


class BlazePose(nn.Module):
    """MediaPipe's landmark network with random weights: (B, 3, 256, 256) RGB in 0..1 -> :class:`Landmarks`.

    Its parts can be used alone: ``features = encoder(image)``; ``heatmap(features.fine)``; and
    ``pose = regression(features)`` (B, C, 2, 2), from which ``landmarks(pose)`` (B, 195), ``world(pose)`` (B, 117) and
    ``presence(pose)`` (B, 1), a logit, are read.

    Parameters
    ----------
    size
        ``lite``, ``full`` or ``heavy``.

    Raises
    ------
    ValueError
        For another size, and for images that are not 256x256.
    """

    def __init__(self, size: str = "heavy") -> None:
        super().__init__()
        numbers = size_named(size)
        self.size = size
        self.encoder = Encoder(numbers)
        self.heatmap = nn.Conv2d(numbers.fine, len(LANDMARKS), 1)
        self.regression = Regression(numbers)
        self.landmarks = _Answer(numbers.regression, 5 * len(LANDMARKS))
        self.world = _Answer(numbers.regression, 3 * len(LANDMARKS))
        self.presence = _Answer(numbers.regression, 1)

    def forward(self, image: Tensor) -> Landmarks:
        if image.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(f"BlazePose takes images (B, 3, 256, 256), got {tuple(image.shape)}; resize them")
        features = self.encoder(image)
        heatmap = self.heatmap(features.fine)
        pose = self.regression(features)
        landmarks = self.landmarks(pose).unflatten(1, (-1, 5))
        world = self.world(pose).unflatten(1, (-1, 3))
        return Landmarks(landmarks, self.presence(pose)[:, 0].sigmoid(), heatmap, world)
