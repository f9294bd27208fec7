"""How far joints are in front of the pelvis or behind: what an encoder sees at each joint, and what all joints say.

A token for each joint holds what lies under its heatmap in maps of several scales, where the heatmap says the joint
is, and what another network says of it. Transformer layers (Vaswani et al. 2017) let the joints see each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class JointDepth(nn.Module):
    """(B, J, 2): the depth of each joint and the logarithm of its mean error (Laplace), in any unit.

    Parameters
    ----------
    joints
        J.
    channels
        Of all maps together.
    facts
        Numbers that are known of each joint.
    known
        Numbers that are known of the whole person.
    width
        Of a token.
    layers
        Of the transformer, each with so many ``heads``.
    """

    def __init__(
        self, joints: int, channels: int, facts: int, known: int, width: int = 128, layers: int = 2, heads: int = 4
    ) -> None:
        super().__init__()
        self.seen = nn.Sequential(nn.LayerNorm(channels), nn.Linear(channels, width))
        self.facts = nn.Linear(facts, width)
        self.person = nn.Sequential(
            nn.LayerNorm(known), nn.Linear(known, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.pose = nn.Sequential(nn.Linear(joints * facts, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.joint = nn.Parameter(torch.zeros(joints, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)
        self.answer = nn.Parameter(torch.randn(joints, width, 2) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(joints, 2))

    def forward(self, seen: Tensor, facts: Tensor, known: Tensor) -> Tensor:
        """Depths of joints.

        Parameters
        ----------
        seen
            (B, J, channels), see :func:`under`.
        facts
            (B, J, facts).
        known
            (B, known).

        Returns
        -------
        Tensor
            (B, J, 2).
        """
        everywhere = self.person(known) + self.pose(facts.flatten(1))
        tokens = self.seen(seen) + self.facts(facts) + everywhere[:, None] + self.joint
        return torch.einsum("bjw,jwo->bjo", self.layers(tokens), self.answer) + self.bias


def under(place: Tensor, maps: Sequence[Tensor]) -> Tensor:
    """What is seen where joints are, at several scales.

    Parameters
    ----------
    place
        (B, J, H, W), the distribution of each joint's place.
    maps
        Features (B, C, H, W), then such of half the size, of a quarter and so on.

    Returns
    -------
    Tensor
        (B, J, channels of all maps): means of the first at the joint, and of the coarser ones, which tell of limbs and
        the trunk, a hand's breadth round it.
    """
    near, shares = F.avg_pool2d(place, 9, stride=1, padding=4), [place]
    for _ in maps[1:]:
        near = F.avg_pool2d(near, 2) * 4
        shares.append(near)
    parts = zip(shares, maps, strict=True)
    return torch.cat([torch.einsum("bjp,bcp->bjc", share.flatten(2), each.flatten(2)) for share, each in parts], -1)
