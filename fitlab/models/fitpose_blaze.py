"""FitPose on BlazePose: fitlab's 16 joints, read from what MediaPipe's network knows of real people.

The encoder and the regression branch are BlazePose's (:mod:`fitlab.models.blazepose`), trained by Google on people who
exercise. On the fused map at stride 4 stands a small head of 16 softmax heatmaps. A second head answers three more
questions of each joint: is it where the heatmap says, is it seen, and how far is it in front of the pelvis or behind?
It is told what lies under the joint's heatmap, where all joints are, and what BlazePose's regression knows.

References
----------
Bazarevsky et al. 2020, BlazePose: On-device Real-time Body Pose tracking, arXiv 2006.10204.
Kendall and Gal 2017, What Uncertainties Do We Need in Bayesian Deep Learning for Computer Vision? (the depth's scale).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fitlab.models.answers import Answer
from fitlab.models.blazepose import INPUT_SIZE, LANDMARKS, BlazePose, size_named
from fitlab.models.places import bells, read_places

#: Joints of BlazePose that its answers about depth and visibility are taken from; the others are face and fingers.
_TOLD = tuple(range(11, 17)) + tuple(range(23, 29))
_SMALLEST_LOG_SCALE = -5.0  # of a depth, in sides of the crop: 0.7 %


class _HeatmapHead(nn.Sequential):
    """The fused map (B, C, 64, 64) -> features (B, width, 64, 64)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class _JointHead(nn.Module):
    """What there is to say of each joint beside its place: score, visibility and depth."""

    OUTPUTS = 1 + 3 + 2

    def __init__(self, joints: int, width: int, known: int, hidden: int = 128) -> None:
        super().__init__()
        self.features = nn.Linear(2 * width, hidden)
        self.everywhere = nn.Sequential(
            nn.Linear(4 * joints + known, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, hidden)
        )
        self.joint = nn.Parameter(torch.zeros(joints, hidden))
        self.hidden = nn.Linear(hidden, hidden)
        self.answer = nn.Parameter(torch.zeros(joints, hidden, self.OUTPUTS))
        self.bias = nn.Parameter(torch.zeros(joints, self.OUTPUTS))

    def forward(self, heatmap: Tensor, x: Tensor, known: Tensor) -> Tensor:
        """(B, J, OUTPUTS) of heatmap logits (B, J, H, W), features (B, C, H, W) and BlazePose's knowledge (B, K)."""
        place, facts = read_places(heatmap)
        # A hand's breadth round each place: to spread the 16 places there is to average the many features there.
        near = F.avg_pool2d(place, 9, stride=1, padding=4)
        pooled = torch.cat([torch.einsum("bjp,bcp->bjc", part.flatten(2), x.flatten(2)) for part in (place, near)], -1)
        everywhere = self.everywhere(torch.cat([facts.flatten(1), known], -1))
        y = F.relu(self.features(pooled) + everywhere[:, None] + self.joint)
        y = F.relu(y + self.hidden(y))
        return torch.einsum("bjh,jho->bjo", y, self.answer) + self.bias


class FitPoseBlaze(nn.Module):
    """(B, 3, 256, 256) RGB in 0..1 -> :class:`~fitlab.models.answers.Answer` with heatmaps (B, J, 64, 64).

    The softmax of a heatmap over all cells is the distribution of the joint's place.

    Parameters
    ----------
    size
        ``lite``, ``full`` or ``heavy``: which BlazePose it stands on.
    joints
        How many joints it answers.
    width
        Channels of the head.
    guided
        Whether the heatmaps are also told where BlazePose's own landmarks lie, as a small network needs.

    Raises
    ------
    ValueError
        For another size, and for images that are not 256x256.
    """

    def __init__(self, size: str = "heavy", joints: int = 16, width: int = 96, guided: bool = False) -> None:
        super().__init__()
        numbers = size_named(size)
        self.blazepose = BlazePose(size)
        del self.blazepose.heatmap, self.blazepose.presence  # heatmaps of other joints; presence is the scores' matter
        self.guided = guided
        self.features = _HeatmapHead(numbers.fine + guided * len(_TOLD), width)
        self.heatmap = nn.Conv2d(width, joints, 3, padding=1)
        self.joints = _JointHead(joints, width, known=4 * numbers.regression + 6 * len(_TOLD))

    def forward(self, image: Tensor) -> Answer:
        if image.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(f"this FitPose takes images (B, 3, 256, 256), got {tuple(image.shape)}; resize them")
        seen = self.blazepose.encoder(image)
        pose, fine = self.blazepose.regression(seen), seen.fine
        if self.guided:
            # Five numbers for each landmark. Not by unflatten, after which ONNX takes the batch for a constant.
            numbers = self.blazepose.landmarks(pose).float() / INPUT_SIZE
            places = torch.stack([numbers[:, axis::5][:, _TOLD] for axis in (0, 1)], -1)
            fine = torch.cat([fine, bells(places, fine.shape[-2:]).to(fine.dtype)], 1)
        x = self.features(fine)  # (B, width, 64, 64)
        heatmap = self.heatmap(x)
        with torch.autocast(image.device.type, enabled=False):
            more = self.joints(heatmap.detach().float(), x.float(), self._known(pose))
        # A scale without a lower bound runs away: the pelvis is never in front of itself or behind.
        scale = F.softplus(more[..., 5] - _SMALLEST_LOG_SCALE) + _SMALLEST_LOG_SCALE
        depth = torch.stack([more[..., 4], scale], dim=-1)
        return Answer((heatmap,), score=more[..., 0], visibility=more[..., 1:4], depth=depth)

    def _known(self, pose: Tensor) -> Tensor:
        """(B, K) what BlazePose's regression (B, C, 2, 2) knows, as numbers of about 1."""
        landmarks = self.blazepose.landmarks(pose).unflatten(1, (len(LANDMARKS), 5))[:, _TOLD]
        place = (landmarks[..., :2] / INPUT_SIZE - 0.5) * 2
        depth, states = landmarks[..., 2:3] / INPUT_SIZE * 2, (landmarks[..., 3:] / 8).tanh()
        metres = self.blazepose.world(pose).unflatten(1, (len(LANDMARKS), 3))[:, _TOLD, 2:]
        return torch.cat([pose.float().flatten(1), torch.cat([place, depth, states, metres], -1).flatten(1)], -1)

    def fold(self) -> FitPoseBlaze:
        """Fold the batch norms into the convolutions before them: the same answers, faster, for inference only."""
        self.eval()
        for convolution, norm in ((0, 1), (4, 5)):
            self.features[convolution] = fuse_conv_bn_eval(self.features[convolution], self.features[norm])  # type: ignore[arg-type, type-var]
            self.features[norm] = nn.Identity()
        return self
