"""Between joints in a crop and the network's heatmaps, both ways.

A heatmap has a quarter of the crop's resolution; the centre of its cell (column i, row j) lies at the crop's pixel
(4 i + 1.5, 4 j + 1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional as F

STRIDE = 4


def to_crop(cells: Tensor) -> Tensor:
    """Places in a heatmap as places in its crop.

    Parameters
    ----------
    cells
        (..., 2) heatmap coordinates.

    Returns
    -------
    Tensor
        (..., 2) pixels of the crop.
    """
    return cells * STRIDE + (STRIDE - 1) / 2


def to_cells(points: Tensor) -> Tensor:
    """Places in a crop as places in its heatmap.

    Parameters
    ----------
    points
        (..., 2) pixels of the crop.

    Returns
    -------
    Tensor
        (..., 2) heatmap coordinates.
    """
    return (points - (STRIDE - 1) / 2) / STRIDE


def in_crop(points: Tensor, size: int) -> Tensor:
    """Which places are in a crop.

    Parameters
    ----------
    points
        (..., 2) pixels of the crop.
    size
        Width of its heatmaps in cells.

    Returns
    -------
    Tensor
        (...) bool; false for NaN.
    """
    return ((points >= -0.5) & (points <= STRIDE * size - 0.5)).all(-1)


def gaussian_targets(points: Tensor, size: int, sigma: float) -> Tensor:
    """What heatmaps should be: normal distributions round the true places.

    Parameters
    ----------
    points
        (B, J, 2) heatmap coordinates.
    size
        Side of the heatmaps in cells.
    sigma
        Standard deviation in cells.

    Returns
    -------
    Tensor
        (B, J, size, size); each heatmap adds up to 1.
    """
    axis = torch.arange(size, dtype=points.dtype, device=points.device)
    x = torch.softmax(-((axis - points[..., 0:1]) ** 2) / (2 * sigma**2), dim=-1)
    y = torch.softmax(-((axis - points[..., 1:2]) ** 2) / (2 * sigma**2), dim=-1)
    return y[..., :, None] * x[..., None, :]


def peaks(heatmap: Tensor) -> Tensor:
    """Where heatmaps are largest.

    Parameters
    ----------
    heatmap
        (B, J, H, W).

    Returns
    -------
    Tensor
        (B, J, 2) column and row.
    """
    width = heatmap.shape[-1]
    flat = heatmap.flatten(2).argmax(-1)
    return torch.stack([flat % width, flat // width], dim=-1)


def decode(
    probability: Tensor, peak: Tensor | None = None, rival: Tensor | None = None, radius: int = 3
) -> tuple[Tensor, Tensor]:
    """Places and covariances of joints, finer than a cell.

    The place is the mean near the peak, so that a second peak does not pull at it. The covariance is that of the whole
    distribution round this place, so that a second peak makes it larger.

    Parameters
    ----------
    probability
        (B, J, H, W) distributions, each adding up to 1.
    peak
        (B, J, 2) cells; the largest values where it is not given.
    rival
        (B, J, 2) cells: the place that the same joint of the other side has taken. What lies near it is left out of the
        covariance.
    radius
        How many cells round the peak count for the place.

    Returns
    -------
    place, covariance
        (B, J, 2) cells, and (B, J, 2, 2) cells².
    """
    peak = (peaks(probability) if peak is None else peak).float()
    place, columns, rows = _middle(probability, peak, radius)
    if rival is not None:
        elsewhere = (rival - peak).norm(dim=-1) > 2 * radius
        probability = probability * ~(_within(rival, columns, rows, radius) & elsewhere[..., None, None])
        probability = probability / probability.sum((-2, -1), keepdim=True).clamp_min(1e-12)
    dx = columns - place[..., 0:1]
    dy = rows - place[..., 1:2]
    xx = (probability.sum(-2) * dx**2).sum(-1)
    yy = (probability.sum(-1) * dy**2).sum(-1)
    xy = torch.einsum("bjhw,bjh,bjw->bj", probability, dy, dx)
    return place, torch.stack([xx, xy, xy, yy], dim=-1).unflatten(-1, (2, 2))


def variance_of_views(probabilities: Sequence[Tensor], radius: int = 3) -> Tensor:
    """How far the mean place of several views of the same joints is off, by how much the views differ.

    Parameters
    ----------
    probabilities
        Of each of A views (B, J, H, W) distributions, as the plain view shows them.
    radius
        How many cells round each peak count for its place.

    Returns
    -------
    Tensor
        (B, J) cells², the variance of the mean along one axis.
    """
    places = torch.stack([_middle(each, peaks(each).float(), radius)[0] for each in probabilities])
    return places.var(0).mean(-1) / len(places)


def _middle(probability: Tensor, peak: Tensor, radius: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean place (B, J, 2) within ``radius`` cells of ``peak``, and the numbers of the columns (W,) and rows (H,)."""
    height, width = probability.shape[-2:]
    columns = torch.arange(width, device=probability.device, dtype=probability.dtype)
    rows = torch.arange(height, device=probability.device, dtype=probability.dtype)
    local = probability * _within(peak, columns, rows, radius)
    local = local / local.sum((-2, -1), keepdim=True).clamp_min(1e-12)
    return torch.stack([(local.sum(-2) * columns).sum(-1), (local.sum(-1) * rows).sum(-1)], dim=-1), columns, rows


def _within(centre: Tensor, columns: Tensor, rows: Tensor, radius: int) -> Tensor:
    """(B, J, H, W) bool, a square of cells round each centre (B, J, 2)."""
    near_x = (columns - centre[..., 0:1]).abs() <= radius
    near_y = (rows - centre[..., 1:2]).abs() <= radius
    return near_y[..., :, None] & near_x[..., None, :]


def enlarged(probability: Tensor, scale: float) -> Tensor:
    """Distributions over one crop as another crop with the same middle would show them.

    Parameters
    ----------
    probability
        (B, J, H, W) distributions.
    scale
        The new crop has ``1 / scale`` of the side of the old one.

    Returns
    -------
    Tensor
        (B, J, H, W). What lies beyond the new crop is lost; what lies beyond the old one is 0.
    """
    if scale == 1:
        return probability
    batch, joints = probability.shape[:2]
    zoom = torch.tensor([[1 / scale, 0, 0], [0, 1 / scale, 0]], dtype=probability.dtype, device=probability.device)
    grid = F.affine_grid(zoom.expand(batch, 2, 3), [batch, joints, *probability.shape[-2:]], align_corners=False)
    return F.grid_sample(probability, grid, align_corners=False) / scale**2


def concentration(probability: Tensor, radius: int = 3) -> Tensor:
    """How concentrated distributions are: the score of a network that does not judge its joints itself.

    Parameters
    ----------
    probability
        (B, J, H, W) distributions.
    radius
        In cells.

    Returns
    -------
    Tensor
        (B, J) in 0..1: the largest share within ``radius`` cells of one place. Near 1 for one sharp peak, a half for
        two.
    """
    side = 2 * radius + 1
    return (F.avg_pool2d(probability, side, 1, radius) * side**2).flatten(2).amax(-1).clamp(0, 1)


def separate_limbs(
    probability: Tensor,
    chains: Sequence[Sequence[tuple[int, int]]],
    apart: float = 1.0,
    short: float = 2.0,
    candidates: int = 3,
) -> Tensor:
    """Peaks of distributions in which left and right limbs do not take the same place.

    A network that cannot tell left from right puts two peaks into both heatmaps, and the higher ones often coincide:
    both legs are found on one leg. Here each chain of joints gets the best combination of its highest peaks: their
    log-probability, less a penalty where left and right coincide, less another for long limbs. The search over the
    chain is exact. Limbs that really overlap, as in a side view, have one peak each and stay together.

    Parameters
    ----------
    probability
        (B, J, H, W) distributions.
    chains
        Each from trunk to end, such as hips, knees, ankles: pairs of the indices of left and right joints.
    apart
        The penalty where left and right coincide.
    short
        The penalty for the limbs' lengths over the person's extent.
    candidates
        How many peaks of each heatmap are tried.

    Returns
    -------
    Tensor
        (B, J, 2) cells.

    References
    ----------
    P. Felzenszwalb and D. Huttenlocher, "Pictorial structures for object recognition", IJCV 2005.
    """
    places, weight = _highest_peaks(probability, candidates)
    chosen = places[:, :, 0].clone()
    extent = (chosen.amax(1) - chosen.amin(1)).amax(-1).clamp_min(4)
    rows = torch.arange(len(chosen), device=chosen.device)
    for chain in chains:
        pairs, scores = [], []
        for left, right in chain:
            a, b = torch.broadcast_tensors(places[:, left, :, None], places[:, right, None])  # (B, K, K, 2)
            gap = (a - b).norm(dim=-1) / (0.06 * extent[:, None, None])
            score = weight[:, left, :, None] + weight[:, right, None] - apart * torch.exp(-(gap**2))
            pairs.append(torch.stack([a, b], dim=3).flatten(1, 2))  # (B, K*K, 2 sides, 2)
            scores.append(score.flatten(1))
        best, arrived = scores[0], []
        for before, after, score in zip(pairs, pairs[1:], scores[1:], strict=False):
            length = (after[:, None] - before[:, :, None]).norm(dim=-1).sum(-1) / extent[:, None, None]
            total, origin = (best[:, :, None] - short * length).max(dim=1)
            best = total + score
            arrived.append(origin)
        state = best.argmax(1)
        for step in range(len(chain) - 1, -1, -1):
            left, right = chain[step]
            chosen[:, left], chosen[:, right] = pairs[step][rows, state].unbind(1)
            if step:
                state = arrived[step - 1][rows, state]
    return chosen


def _highest_peaks(probability: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Places (B, J, number, 2) of the highest local maxima, and the log-probability (B, J, number) round each."""
    width = probability.shape[-1]
    near = over_neighbours(torch.add, probability)
    near = torch.where(probability == over_neighbours(torch.maximum, probability), near, 0.0)
    mass, flat = near.flatten(2).topk(number, dim=-1)
    return torch.stack([flat % width, flat // width], dim=-1).float(), mass.clamp_min(1e-4).log()


def over_neighbours(combine: Callable[[Tensor, Tensor], Tensor], x: Tensor, radius: int = 2) -> Tensor:
    """The sum or the maximum round each cell: what pooling gives, in less time on CPUs.

    Parameters
    ----------
    combine
        Such as ``torch.add`` or ``torch.maximum``; 0 stands for what is outside.
    x
        (..., H, W) values of 0 or more.
    radius
        Half the side of the square of cells, its middle left out.

    Returns
    -------
    Tensor
        (..., H, W)
    """
    for axis, padding in ((-1, (radius, radius)), (-2, (0, 0, radius, radius))):
        padded = F.pad(x, padding)
        x = reduce(combine, (padded.narrow(axis, shift, x.shape[axis]) for shift in range(2 * radius + 1)))
    return x


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """How far heatmaps are from their targets.

    Parameters
    ----------
    logits
        (B, J, H, W), before the softmax over each heatmap.
    targets
        (B, J, H, W) distributions.

    Returns
    -------
    Tensor
        (B, J) cross-entropy.
    """
    return -(targets.flatten(2) * F.log_softmax(logits.flatten(2), dim=-1)).sum(-1)
