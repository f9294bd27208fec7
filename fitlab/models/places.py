"""What a heatmap tells of its joint: the distribution of places, and how sharp it is; and places as maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def read_places(heatmap: Tensor) -> tuple[Tensor, Tensor]:
    """The places that softmax heatmaps allow, in single precision.

    Parameters
    ----------
    heatmap
        (B, J, H, W) logits.

    Returns
    -------
    place
        (B, J, H, W), the probability that the joint is in each cell.
    facts
        (B, J, 4): the mean column and the mean row, -1..1 across the map; the logarithm of the highest probability,
        plus 4; the negative entropy in nats, plus 4. The last two are about 0 for a sharp heatmap.
    """
    log_place = heatmap.float().flatten(2).log_softmax(-1)  # (B, J, H * W)
    flat = log_place.exp()
    place = flat.view(heatmap.shape)
    rows, columns = (
        torch.linspace(-1, 1, size, device=heatmap.device, dtype=log_place.dtype) for size in heatmap.shape[-2:]
    )
    facts = [
        (place.sum(-2) * columns).sum(-1),
        (place.sum(-1) * rows).sum(-1),
        log_place.amax(-1) + 4,
        (flat * log_place).sum(-1) + 4,
    ]
    return place, torch.stack(facts, dim=-1)


def bells(points: Tensor, size: Sequence[int], deviation: float = 1.5) -> Tensor:
    """Maps that say where points are, as Gaussian bells with a height of 1.

    Parameters
    ----------
    points
        (B, K, 2) as shares of the map's width and height, 0..1.
    size
        H and W of the map.
    deviation
        Standard deviation in cells.

    Returns
    -------
    Tensor
        (B, K, H, W).
    """
    column, row = points.unbind(-1)
    height, width = size
    rows, columns = (torch.arange(number, device=points.device) + 0.5 for number in (height, width))
    across = torch.exp(-0.5 * ((column[..., None] * width - columns) / deviation) ** 2)
    down = torch.exp(-0.5 * ((row[..., None] * height - rows) / deviation) ** 2)
    return down[..., None] * across[..., None, :]
