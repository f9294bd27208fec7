"""How wrong a detector's answer about training crops is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fitlab.detection import heatmaps
from fitlab.models.answers import Answer
from fitlab.poses import OUTSIDE
from fitlab.skeletons import MPII16
from fitlab.training.detector_settings import DetectorTraining

_TORSO = MPII16.indices(["left_shoulder", "right_hip", "right_shoulder", "left_hip"])


def loss_of(answer: Answer, labels: Sequence[Tensor], config: DetectorTraining) -> Tensor:
    """How wrong an answer is, the parts weighted as the settings say.

    Heatmaps: cross-entropy over labelled joints in the crop, the mean over the stacks (Newell et al. 2016:
    intermediate supervision). Score: how well it foretells a correct joint; one beyond the photo's edge has a place in
    the crop too, but is never a correct one. Visibility: cross-entropy of its three states. Depth: a Laplace
    distribution's negative log-likelihood (Kendall and Gal 2017), in sides of the crop.

    Parameters
    ----------
    answer
        Of the network, for B crops.
    labels
        points (B, 16, 2) px of the crop, NaN where unlabelled; visibility (B, 16); depth (B, 16), NaN where unknown.
    config
        Settings of the training.

    Returns
    -------
    Tensor
        () the weighted sum, in nats.
    """
    points, visibility, depth = labels
    logits = answer.heatmaps[-1].float()
    labelled = ~torch.isnan(points[..., 0])
    outside = visibility == OUTSIDE
    cells = heatmaps.to_cells(torch.nan_to_num(points))
    targets = heatmaps.gaussian_targets(cells, logits.shape[-1], config.sigma)
    place = sum(heatmaps.cross_entropy(stack.float(), targets) for stack in answer.heatmaps) / len(answer.heatmaps)
    placed = labelled & heatmaps.in_crop(points, logits.shape[-1])
    total = _mean(place, placed)  # type: ignore[arg-type]
    judged = labelled | outside
    if answer.score is not None:
        with torch.no_grad():
            error = (heatmaps.peaks(logits) - cells).norm(dim=-1)
            near = error < 0.2 * torso_diagonal(cells, labelled, logits.shape[-1])[:, None]
            correct = (labelled & ~outside & near).float()
        foretold = nn.functional.binary_cross_entropy_with_logits(answer.score.float(), correct, reduction="none")
        total = total + config.score_weight * _mean(foretold, judged)
    if answer.visibility is not None:
        states = nn.functional.cross_entropy(
            answer.visibility.float().flatten(0, 1), visibility.long().flatten(), reduction="none"
        )
        total = total + config.visibility_weight * _mean(states.view(visibility.shape), judged)
    if answer.depth is not None:
        total = total + config.depth_weight * unlikely_depth(answer.depth.float(), depth)
    return total


def unlikely_depth(answer: Tensor, depth: Tensor) -> Tensor:
    """The mean negative log-likelihood of depths by Laplace's distribution, in nats.

    Parameters
    ----------
    answer
        (B, J, 2) depths and the logarithms of their scales.
    depth
        (B, J) true ones; NaN where unknown.

    Returns
    -------
    Tensor
        ().
    """
    middle, log_scale = answer.unbind(-1)
    error = (torch.nan_to_num(depth) - middle).abs()
    return _mean(error * (-log_scale).exp() + log_scale, ~torch.isnan(depth))


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    return (values * chosen).sum() / chosen.sum().clamp_min(1)


def torso_diagonal(cells: Tensor, labelled: Tensor, size: int) -> Tensor:
    """The longer labelled torso diagonal.

    Parameters
    ----------
    cells
        (B, 16, 2) cells of the heatmap.
    labelled
        (B, 16) bool.
    size
        Cells along a side of the crop.

    Returns
    -------
    Tensor
        (B,) cells; a quarter of the crop where neither is labelled.
    """
    first, second, third, fourth = (cells[:, index] for index in _TORSO)
    diagonals = torch.stack([(first - second).norm(dim=-1), (third - fourth).norm(dim=-1)], dim=-1)
    known = torch.stack([labelled[:, _TORSO[:2]].all(-1), labelled[:, _TORSO[2:]].all(-1)], dim=-1)
    return torch.where(known.any(-1), (diagonals * known).amax(-1), torch.full_like(diagonals[:, 0], size / 4))
