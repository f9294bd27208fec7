"""FitPose on BlazePose: fitlab's 16 joints, read from what MediaPipe's network knows of real people.

The encoder and the regression branch are BlazePose's (:mod:`fitlab.models.blazepose`), trained by Google on people who
exercise. On the fused map at stride 4 stands a small head of 16 softmax heatmaps. A second head answers three more
questions of each joint: is it where the heatmap says, is it seen, and how far is it in front of the pelvis or behind?
It is told what lies under the joint's heatmap, where all joints are, and what BlazePose's regression knows. Depth may
have a part of its own, which also sees what BlazePose sees at coarser scales.

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
from fitlab.models.blazepose import INPUT_SIZE, LANDMARKS, BlazePose, scales_channels, size_named
from fitlab.models.joint_depth import JointDepth, under
from fitlab.models.places import bells, read_places
from fitlab.skeletons import MPII16

#: Joints of BlazePose that its answers about depth and visibility are taken from; the others are face and fingers.
_TOLD = tuple(range(11, 17)) + tuple(range(23, 29))
#: Where each MPII16 joint stands among these; those that BlazePose does not know stand after them.
_OF_JOINT = [_TOLD.index(LANDMARKS.index(name)) if name in LANDMARKS else len(_TOLD) for name in MPII16.joints]
_TOLD_FACTS, _PLACE_FACTS = 6, 4
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
            nn.Linear(_PLACE_FACTS * joints + known, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, hidden)
        )
        self.joint = nn.Parameter(torch.zeros(joints, hidden))
        self.hidden = nn.Linear(hidden, hidden)
        self.answer = nn.Parameter(torch.zeros(joints, hidden, self.OUTPUTS))
        self.bias = nn.Parameter(torch.zeros(joints, self.OUTPUTS))

    def forward(self, place: Tensor, facts: Tensor, x: Tensor, known: Tensor) -> Tensor:
        """(B, J, OUTPUTS) of places, facts (B, J, 4), features (B, C, H, W) and BlazePose's knowledge (B, K)."""
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
    deep
        Whether depth is read at all scales, by a part of its own.

    Raises
    ------
    ValueError
        For another size, and for images that are not 256x256.
    """

    def __init__(
        self, size: str = "heavy", joints: int = 16, width: int = 96, guided: bool = False, deep: bool = False
    ) -> None:
        super().__init__()
        numbers = size_named(size)
        self.blazepose = BlazePose(size)
        del self.blazepose.heatmap, self.blazepose.presence  # heatmaps of other joints; presence is the scores' matter
        self.guided = guided
        self.features = _HeatmapHead(numbers.fine + guided * len(_TOLD), width)
        self.heatmap = nn.Conv2d(width, joints, 3, padding=1)
        self.joints = _JointHead(joints, width, known=4 * numbers.regression + _TOLD_FACTS * len(_TOLD))
        facts = _PLACE_FACTS + _TOLD_FACTS
        self.depth = JointDepth(joints, scales_channels(numbers), facts, 4 * numbers.regression) if deep else None

    def forward(self, image: Tensor) -> Answer:
        x, scales, pose = self._seen(image)
        heatmap = self.heatmap(x)
        with torch.autocast(image.device.type, enabled=False):
            place, facts = read_places(heatmap.detach())
            told, known = self._told(pose), pose.float().flatten(1)
            more = self.joints(place, facts, x.float(), torch.cat([known, told.flatten(1)], -1))
            # With a part of its own the last two columns are unused; they stay, so that former weights fit.
            deep = self.depth(*_asked_of_depth(place, facts, scales, told, known)) if self.depth else more[..., 4:]
        return Answer((heatmap,), score=more[..., 0], visibility=more[..., 1:4], depth=bounded(deep))

    def asked_of_depth(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the part for depth is told of images.

        Parameters
        ----------
        image
            (B, 3, 256, 256) RGB in 0..1.

        Returns
        -------
        tuple of Tensor
            Its arguments, in their order.
        """
        x, scales, pose = self._seen(image)
        return _asked_of_depth(*read_places(self.heatmap(x)), scales, self._told(pose), pose.flatten(1))

    def _seen(self, image: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        """(B, width, 64, 64) features, maps of several scales, and what BlazePose's regression knows, (B, C, 2, 2)."""
        if image.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(f"this FitPose takes images (B, 3, 256, 256), got {tuple(image.shape)}; resize them")
        seen = self.blazepose.encoder(image)
        scales = self.blazepose.regression.scales(seen)
        pose, fine = self.blazepose.regression.read(scales), seen.fine
        if self.guided:
            places = (self._told(pose)[..., :2] + 1) / 2
            fine = torch.cat([fine, bells(places, fine.shape[-2:]).to(fine.dtype)], 1)
        return self.features(fine), scales, pose

    def _told(self, pose: Tensor) -> Tensor:
        """(B, 12, 6) what BlazePose's regression (B, C, 2, 2) tells of each landmark, as numbers of about 1."""
        # Each kind of number by itself: after unflatten ONNX takes the batch for a constant.
        landmarks, metres = self.blazepose.landmarks(pose).float(), self.blazepose.world(pose).float()
        x, y, depth, *states = (landmarks[:, kind::5][:, _TOLD] for kind in range(5))
        middle = INPUT_SIZE / 2
        numbers = [x / middle - 1, y / middle - 1, depth / middle, *((state / 8).tanh() for state in states)]
        return torch.stack([*numbers, metres[:, 2::3][:, _TOLD]], -1)

    def fold(self) -> FitPoseBlaze:
        """Fold the batch norms into the convolutions before them: the same answers, faster, for inference only."""
        self.eval()
        for convolution, norm in ((0, 1), (4, 5)):
            self.features[convolution] = fuse_conv_bn_eval(self.features[convolution], self.features[norm])  # type: ignore[arg-type, type-var]
            self.features[norm] = nn.Identity()
        return self


def bounded(depth: Tensor) -> Tensor:
    """Depths with a lower bound on their scales: the pelvis, never in front of itself or behind, has none.

    Parameters
    ----------
    depth
        (..., 2), depths and the logarithms of their scales.

    Returns
    -------
    Tensor
        (..., 2).
    """
    scale = F.softplus(depth[..., 1] - _SMALLEST_LOG_SCALE) + _SMALLEST_LOG_SCALE
    return torch.stack([depth[..., 0], scale], dim=-1)


def _asked_of_depth(
    place: Tensor, facts: Tensor, scales: list[Tensor], told: Tensor, known: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    of_joint = torch.cat([told, torch.zeros_like(told[:, :1])], 1)[:, _OF_JOINT]
    return under(place, [each.float() for each in scales]), torch.cat([facts, of_joint], -1), known.float()
