"""FitPose's finder: where in a photo the person is, and which way up, from what BlazePose's encoder sees.

The joints need not be exact, but have to be found wherever in the photo the person is, at any size and in any attitude.
So the head has stride 8, and the coarsest map, whose cells see all of the photo, has its say everywhere.

References
----------
Bazarevsky et al. 2020, BlazePose: On-device Real-time Body Pose tracking, arXiv 2006.10204.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fitlab.models.answers import Answer
from fitlab.models.blazepose import INPUT_SIZE, Encoder, size_named
from fitlab.models.places import read_places

_COARSE = 6  # channels of the encoder's coarsest map over those of its last stage


def _normalised(*layers: nn.Module, width: int) -> nn.Sequential:
    return nn.Sequential(*layers, nn.BatchNorm2d(width), nn.ReLU(inplace=True))


def _separable(width: int, kernel: int) -> nn.Sequential:
    depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
    return _normalised(depthwise, nn.Conv2d(width, width, 1, bias=False), width=width)


class FitPoseFinder(nn.Module):
    """(B, 3, 256, 256) RGB in 0..1 -> :class:`~fitlab.models.answers.Answer` with heatmaps (B, J, 64, 64) and scores.

    The softmax of a heatmap over all cells is the distribution of the joint's place.

    See :class:`fitlab.models.fitpose_blaze.FitPoseBlaze` for the parameters and errors.
    """

    def __init__(self, size: str = "full", joints: int = 16, width: int = 96) -> None:
        super().__init__()
        numbers = size_named(size)
        self.size = size
        self.encoder = Encoder(numbers)
        self.fine = nn.Conv2d(numbers.fine, width, 1)
        self.coarse = nn.Sequential(
            _normalised(nn.Conv2d(numbers.channels[-1] * _COARSE, width, 1, bias=False), width=width),
            _separable(width, 5),
            nn.Conv2d(width, width, 1),
        )
        self.features = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            _normalised(nn.Conv2d(width, width, 3, padding=1, bias=False), width=width),
            _separable(width, 7),
        )
        self.heatmap = nn.Conv2d(width, joints, 3, padding=1)
        self.score = nn.Linear(width + 2, 1)

    def forward(self, image: Tensor) -> Answer:
        if image.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(f"the finder takes images (B, 3, 256, 256), got {tuple(image.shape)}; resize them")
        seen = self.encoder(image)
        coarse = F.interpolate(self.coarse(seen.coarse), scale_factor=4.0, mode="bilinear", align_corners=False)
        x = self.features(self.fine(F.avg_pool2d(seen.fine, 2)) + coarse)  # (B, width, 32, 32)
        heatmap = self.heatmap(x)
        place, facts = read_places(heatmap.detach())
        under = torch.einsum("bjp,bcp->bjc", place.flatten(2), x.flatten(2))
        score = self.score(torch.cat([under, facts[..., 2:]], -1))[..., 0]  # not where it is, but how sharp
        heatmap = F.interpolate(heatmap, scale_factor=2.0, mode="bilinear", align_corners=False)  # cells of 4 pixels
        return Answer((heatmap,), score=score)
