"""Between joints in a crop and the network's heatmaps, both ways.

A heatmap has a quarter of the crop's resolution; the centre of its cell (column i, row j) lies at the crop's pixel
(4 i + 1.5, 4 j + 1.5).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

STRIDE = 4


def to_crop(cells: Tensor) -> Tensor:
    """Heatmap coordinates (..., 2) in pixels of the crop."""
    return cells * STRIDE + (STRIDE - 1) / 2


def to_cells(points: Tensor) -> Tensor:
    """Crop pixels (..., 2) in heatmap coordinates."""
    return (points - (STRIDE - 1) / 2) / STRIDE


def gaussian_targets(points: Tensor, size: int, sigma: float) -> Tensor:
    """(B, J, size, size) distributions, each adding up to 1, round the heatmap coordinates ``points`` (B, J, 2)."""
    axis = torch.arange(size, dtype=points.dtype, device=points.device)
    x = torch.softmax(-((axis - points[..., 0:1]) ** 2) / (2 * sigma**2), dim=-1)
    y = torch.softmax(-((axis - points[..., 1:2]) ** 2) / (2 * sigma**2), dim=-1)
    return y[..., :, None] * x[..., None, :]


def peaks(heatmap: Tensor) -> Tensor:
    """(B, J, 2) coordinates (column, row) of the largest value of each heatmap (B, J, H, W)."""
    width = heatmap.shape[-1]
    flat = heatmap.flatten(2).argmax(-1)
    return torch.stack([flat % width, flat // width], dim=-1)


def decode(probability: Tensor, radius: int = 3) -> tuple[Tensor, Tensor]:
    """Sub-pixel places (B, J, 2) and covariances (B, J, 2, 2), in cells, of distributions (B, J, H, W).

    The place is the mean within ``radius`` cells of the peak, so that a second, lower peak does not pull at it; the
    covariance is that of the whole distribution round this place, so that a second peak shows as doubt.
    """
    batch, joints, height, width = probability.shape
    peak = peaks(probability).float()
    columns = torch.arange(width, device=probability.device, dtype=probability.dtype)
    rows = torch.arange(height, device=probability.device, dtype=probability.dtype)
    near_x = (columns - peak[..., 0:1]).abs() <= radius  # (B, J, W)
    near_y = (rows - peak[..., 1:2]).abs() <= radius
    local = probability * (near_y[..., :, None] & near_x[..., None, :])
    local = local / local.sum((-2, -1), keepdim=True).clamp_min(1e-12)
    place = torch.stack([(local.sum(-2) * columns).sum(-1), (local.sum(-1) * rows).sum(-1)], dim=-1)
    dx = columns - place[..., 0:1]
    dy = rows - place[..., 1:2]
    xx = (probability.sum(-2) * dx**2).sum(-1)
    yy = (probability.sum(-1) * dy**2).sum(-1)
    xy = torch.einsum("bjhw,bjh,bjw->bj", probability, dy, dx)
    covariance = torch.stack([xx, xy, xy, yy], dim=-1).view(batch, joints, 2, 2)
    return place, covariance


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """(B, J) cross-entropy of the heatmaps' softmax (B, J, H, W) against target distributions of that shape."""
    return -(targets.flatten(2) * F.log_softmax(logits.flatten(2), dim=-1)).sum(-1)
