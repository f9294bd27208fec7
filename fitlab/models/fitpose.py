"""FitPose: fitlab's own 2D joint detector, small enough for two CPU cores.

An EfficientNet-Lite encoder (Tan & Le 2019; the Lite variants have ReLU6 and no squeeze-and-excitation), a light
decoder of depthwise-separable convolutions that climbs from stride 32 to stride 4 with a lateral connection at
every scale and, at stride 16, attention among all places; one softmax heatmap per joint, and beside it the probability
that the joint is where the heatmap says.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fitlab.models.answers import Answer
from fitlab.models.places import read_places

# (expansion, kernel, stride, channels, blocks) of EfficientNet-Lite0's seven stages.
_LITE0 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
_STEM = 32
_LAST_STAGE_OF_STRIDE = {1: 4, 2: 8, 4: 16, 6: 32}


class _Conv(nn.Sequential):
    """Convolution, batch norm and (except for linear bottlenecks) ReLU6, padded like TensorFlow's 'same'."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, relu: bool = True):
        layers: list[nn.Module] = []
        padding = (kernel - 1) // 2
        if stride == 2:  # TensorFlow pads an even input less on the near side; the ImageNet weights expect that
            layers.append(nn.ZeroPad2d(((kernel - 2) // 2, (kernel - 1) // 2) * 2))
            padding = 0
        convolution = _Wide if groups > 1 and kernel > 3 else nn.Conv2d
        layers.append(convolution(inputs, outputs, kernel, stride, padding, groups=groups, bias=False))
        layers.append(nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01))
        if relu:
            layers.append(nn.ReLU6(inplace=True))
        super().__init__(*layers)


class _Wide(nn.Conv2d):
    """A wide depthwise convolution, always in single precision: on CPUs its backward pass in bf16 is 3 times slower."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


class _InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; added to its input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        hidden = inputs * expansion
        self.expand = _Conv(inputs, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _Conv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = _Conv(hidden, outputs, 1, relu=False)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class Encoder(nn.Module):
    """EfficientNet-Lite0 without its classifier: (B, 3, S, S) -> features at strides 4, 8, 16 and 32."""

    channels = tuple(_LITE0[stage][3] for stage in _LAST_STAGE_OF_STRIDE)

    def __init__(self) -> None:
        super().__init__()
        self.stem = _Conv(3, _STEM, 3, stride=2)
        self.stages = nn.ModuleList()
        inputs = _STEM
        for expansion, kernel, stride, channels, blocks in _LITE0:
            stage = nn.Sequential()
            for block in range(blocks):
                stage.append(_InvertedResidual(inputs, channels, expansion, kernel, stride if block == 0 else 1))
                inputs = channels
            self.stages.append(stage)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        features = []
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in _LAST_STAGE_OF_STRIDE:
                features.append(x)
        return features


class _Separable(nn.Sequential):
    """Depthwise, then 1x1: a wide view for few multiplications."""

    def __init__(self, channels: int, kernel: int):
        super().__init__(_Conv(channels, channels, kernel, groups=channels), _Conv(channels, channels, 1))


class _Context(nn.Module):
    """Lets every place of a coarse map see every other: which leg is the left one is told by the shoulders.

    Transformer layers (Vaswani et al. 2017; for poses Yang et al. 2021, "TransPose") over the cells of (B, C, H, W) as
    tokens. What they find is added to the map; untrained they add nothing.
    """

    def __init__(self, width: int, layers: int = 3, heads: int = 4) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.answer = nn.Linear(width, width)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)  # (B, H * W, C)
        tokens = tokens + _positions(*x.shape[1:], x.device).to(tokens.dtype)  # type: ignore[call-arg]
        return x + self.answer(self.layers(tokens)).transpose(1, 2).reshape(x.shape)


def _positions(width: int, height: int, columns: int, device: torch.device) -> Tensor:
    """(height * columns, width) sines and cosines of each cell's place, -1..1 across the map whatever its size."""
    wave = math.pi * 2.0 ** torch.linspace(-1, 3, width // 4, device=device)
    row, column = (torch.linspace(-1, 1, size, device=device)[:, None] * wave for size in (height, columns))
    row = torch.cat([row.sin(), row.cos()], -1)[:, None].expand(-1, columns, -1)
    column = torch.cat([column.sin(), column.cos()], -1)[None].expand(height, -1, -1)
    return torch.cat([row, column], -1).flatten(0, 1)


class _ScoreHead(nn.Module):
    """The logit (B, J) of the probability that each joint is where its heatmap says.

    Judged by the features under the joint's heatmap, and by where and how sharp the heatmaps of all joints are: legs
    that the picture's border cuts off are told by the hips beside it.
    """

    def __init__(self, joints: int, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.features = nn.Linear(width, hidden)
        self.places = nn.Linear(4 * joints, hidden)
        self.joint = nn.Parameter(torch.zeros(joints, hidden))
        self.hidden = nn.Linear(hidden, hidden)
        self.answer = nn.Parameter(torch.zeros(joints, hidden))
        self.bias = nn.Parameter(torch.zeros(joints))

    def forward(self, heatmap: Tensor, x: Tensor) -> Tensor:
        """heatmap (B, J, H, W) logits, x (B, C, H, W) features."""
        place, facts = read_places(heatmap)
        pooled = torch.einsum("bjp,bcp->bjc", place.flatten(2), x.float().flatten(2))
        everywhere = self.places(facts.flatten(1))
        y = F.relu(self.features(pooled) + everywhere[:, None] + self.joint)
        y = F.relu(self.hidden(y))
        return (y * self.answer).sum(-1) + self.bias


class FitPose(nn.Module):
    """(B, 3, S, S) RGB scaled to -1..1, S a multiple of 32 -> heatmaps (B, J, S/4, S/4) and scores (B, J), both logits.

    The heatmap's softmax over all pixels is the distribution of the joint's place; the sigmoid of the score is the
    probability that the joint lies within 0.2 torso diagonals of the heatmap's peak. ValueError for another S.
    """

    def __init__(self, joints: int = 16, width: int = 128) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.lateral = nn.ModuleList(_Conv(channels, width, 1, relu=False) for channels in Encoder.channels)
        self.decode = nn.ModuleList(_Separable(width, kernel) for kernel in (3, 5, 5, 5))
        self.context = _Context(width)
        self.refine = _Separable(width, 3)
        self.heatmap = nn.Conv2d(width, joints, 1)
        self.score = _ScoreHead(joints, width)

    def forward(self, image: Tensor) -> Answer:
        if image.shape[-1] % 32 or image.shape[-2] % 32:
            raise ValueError(f"FitPose takes pictures whose sides are multiples of 32, got {tuple(image.shape[-2:])}")
        features = self.encoder(image)  # strides 4, 8, 16, 32
        x = self.decode[3](self.lateral[3](features[3]))
        for level in (2, 1, 0):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.decode[level](x + self.lateral[level](features[level]))
            if level == 2:
                x = self.context(x)  # at stride 16
        x = self.refine(x)  # (B, width, S/4, S/4)
        heatmap = self.heatmap(x)
        return Answer((heatmap,), score=self.score(heatmap.detach(), x))

    def fold(self) -> FitPose:
        """Fold the batch norms into the convolutions before them: the same answers, faster, for inference only."""
        for block in self.modules():
            if isinstance(block, _Conv):
                at = next(index for index, layer in enumerate(block) if isinstance(layer, nn.Conv2d))
                block[at] = fuse_conv_bn_eval(block[at].eval(), block[at + 1].eval())  # type: ignore[arg-type, type-var]
                block[at + 1] = nn.Identity()
        return self.eval()
