"""From a network's answer about crops to joints in them: places, covariances, scores, depth and visibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fitlab.detection import heatmaps
from fitlab.models.answers import Answer
from fitlab.skeletons import MPII16

_LIMBS = tuple(
    tuple((MPII16.index(f"left_{joint}"), MPII16.index(f"right_{joint}")) for joint in limb)
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
)
#: 1 for joints inside the trunk: nobody sees them, and where they lie differs between those who label pictures.
_TRUNK = torch.tensor(
    [float(name.endswith(("hip", "shoulder")) or name in ("pelvis", "thorax", "upper_neck")) for name in MPII16.joints],
    device="cpu",
)
_TRUST = 8.0  # among several scales a view counts by the mean score of its joints to this power

#: A test-time augmentation of a view: how many times its side is shown, and whether mirrored.
Augmented = tuple[float, bool]


@dataclass(frozen=True)
class Maps:
    """What a network says about B crops.

    Attributes
    ----------
    place
        (B, 16, H, W) distribution of each joint's place, adding up to 1.
    score
        (B, 16) probability in 0..1 that the joint is there.
    depth
        (B, 16, 2) depth relative to the pelvis and its scale (mean absolute error), in sides of the crop; or None.
    visibility
        (B, 16, 3) probabilities of outside, hidden, visible; or None.
    apart
        (B, 16) cells², variance of the place along one axis by how much several views differ; None of a single view.
    """

    place: Tensor
    score: Tensor
    depth: Tensor | None = None
    visibility: Tensor | None = None
    apart: Tensor | None = None

    def row(self, number: int) -> Maps:
        """What is said about one crop, with B = 1."""
        return Maps(*(None if part is None else part[number : number + 1] for part in vars(self).values()))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Reading:
    """Joints in B crops.

    Attributes
    ----------
    points
        (B, 16, 2) pixels of the crop.
    covariance
        (B, 16, 2, 2) px².
    score
        (B, 16) in 0..1.
    depth
        (B, 16, 2) in sides of the crop; None where the network does not answer it.
    visibility
        (B, 16, 3) probabilities; None where the network does not answer them.
    """

    points: np.ndarray
    covariance: np.ndarray
    score: np.ndarray
    depth: np.ndarray | None
    visibility: np.ndarray | None


def maps_of(answer: Answer, kind: str) -> Maps:
    """The distributions in a network's answer.

    Parameters
    ----------
    answer
        About B crops.
    kind
        What its heatmaps are: ``softmax`` logits, or ``gaussian`` bumps.

    Returns
    -------
    Maps
        Of the B crops.
    """
    heatmap = answer.heatmaps[-1].float()
    if kind == "gaussian":
        bumps = heatmap.clamp_min(0)
        place = bumps / bumps.sum((-2, -1), keepdim=True).clamp_min(1e-6)
        return Maps(place, bumps.flatten(2).amax(-1).clamp(0, 1))
    place = heatmap.flatten(2).softmax(-1).view(heatmap.shape)
    score = heatmaps.concentration(place) if answer.score is None else answer.score.float().sigmoid()
    depth = None if answer.depth is None else torch.stack([answer.depth[..., 0], answer.depth[..., 1].exp()], -1)
    visibility = None if answer.visibility is None else answer.visibility.float().softmax(-1)
    return Maps(place, score, depth, visibility)


def merged(maps: Maps, augmented: Sequence[Augmented]) -> Maps:
    """The answers to several augmented views as one answer.

    A view and its mirror image count the same (report, Sec. 4.4.3). Among several scales, views with higher scores
    count for more.

    Parameters
    ----------
    maps
        Of A augmented views of B crops, (A * B, ...).
    augmented
        The A augmentations.

    Returns
    -------
    Maps
        (B, ...), as seen in the plain view.
    """
    count = len(augmented)
    if count == 1:
        return maps
    power = _TRUST if len({scale for scale, _ in augmented}) > 1 else 0.0
    parts = [_plain(part, *view) for part, view in zip(_split(maps, count), augmented, strict=True)]
    trust = torch.stack([part.score.mean(1).clamp_min(1e-3) ** power for part in parts])
    trust = trust / trust.sum(0)

    def mean(values: list[Tensor | None]) -> Tensor | None:
        return None if values[0] is None else torch.einsum("ab,ab...->b...", trust, torch.stack(values))  # type: ignore[arg-type]

    place = mean([part.place for part in parts])
    place = place / place.sum((-2, -1), keepdim=True).clamp_min(1e-12)  # type: ignore[arg-type, operator, union-attr]
    others = ([getattr(part, name) for part in parts] for name in ("score", "depth", "visibility"))
    apart = heatmaps.variance_of_views([part.place for part in parts])
    return replace(Maps(place, *(mean(values) for values in others)), apart=apart)  # type: ignore[arg-type]


def _split(maps: Maps, count: int) -> list[Maps]:
    columns = [[None] * count if part is None else part.chunk(count) for part in vars(maps).values()]
    return [Maps(*parts) for parts in zip(*columns, strict=True)]


def _plain(maps: Maps, scale: float, mirrored: bool) -> Maps:
    """The maps of one augmented view as the plain view would show them."""
    parts = vars(maps).copy()
    if mirrored:
        order = list(MPII16.mirror)
        parts = {name: None if part is None else part[:, order] for name, part in parts.items()}
        parts["place"] = parts["place"].flip(-1)
    parts["place"] = heatmaps.enlarged(parts["place"], scale)
    if parts["depth"] is not None:
        parts["depth"] = parts["depth"] * scale
    return Maps(**parts)


def read(
    maps: Maps, size: int, deviation_factor: float = 1.0, deviation_growth: float = 0.0, deviation_trunk: float = 0.0
) -> Reading:
    """Where the joints are in crops.

    A covariance adds up what the heatmap says, by how much the views differ, and for :data:`_TRUNK` what their place
    in the body leaves open.

    Parameters
    ----------
    maps
        Of B crops.
    size
        Side of the crops in pixels.
    deviation_factor
        Makes the heatmaps' standard deviations those of the errors.
    deviation_growth
        By how much the deviations grow from a score of 1 to one of 0, as a share.
    deviation_trunk
        One standard deviation of hips, shoulders and the joints between them, in lengths of a bone (root mean square).

    Returns
    -------
    Reading
        In pixels of the crops.
    """
    peak = heatmaps.separate_limbs(maps.place, _LIMBS)
    cells, covariance = heatmaps.decode(maps.place, peak, rival=peak[:, list(MPII16.mirror)])
    scale = size / maps.place.shape[-1]
    points = cells * scale + (scale - 1) / 2
    factor = deviation_factor * (1 + deviation_growth * (1 - maps.score.to(covariance.dtype)))[..., None, None]
    bones = points[:, MPII16.bone_indices]
    length = (bones[:, :, 1] - bones[:, :, 0]).square().sum(-1).mean(-1, keepdim=True)
    more = scale**2 / 12 + length * deviation_trunk**2 * _TRUNK
    if maps.apart is not None:
        more = more + maps.apart * scale**2
    eye = torch.eye(2, dtype=covariance.dtype, device=covariance.device)
    covariance = covariance * (factor * scale) ** 2 + eye * more[..., None, None].to(covariance.dtype)
    depth, visibility = (None if part is None else part.double().numpy() for part in (maps.depth, maps.visibility))
    return Reading(points.double().numpy(), covariance.double().numpy(), maps.score.double().numpy(), depth, visibility)
