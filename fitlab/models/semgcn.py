"""The lifter of Zhao et al., "Semantic Graph Convolutional Networks for 3D Human Pose Regression", CVPR 2019."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fitlab.skeletons import LIFT16

#: Joints that a non-local layer looks at together, two by two.
PAIRS = (
    *(("pelvis", "spine"), ("thorax", "head_top"), ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")),
    *((f"{side}_knee", f"{side}_ankle") for side in ("left", "right")),
    *((f"{side}_elbow", f"{side}_wrist") for side in ("left", "right")),
)


class SemanticGraphConv(nn.Module):
    """A graph convolution that learns how much each neighbour counts (Eq. 2 and 3).

    The joint itself and its neighbours have weight matrices of their own. What flows along the bones is weighted by a
    row of learnt numbers, one for each bone end, that pass through a softmax.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        adjacent = _adjacency()
        self.weight = nn.Parameter(torch.empty(2, inputs, outputs))  # of the joint itself, of its neighbours
        self.bias = nn.Parameter(torch.empty(outputs))
        self.edges = nn.Parameter(torch.ones(int(adjacent.sum())))  # the learnt part of the matrix M
        self.register_buffer("adjacent", adjacent, persistent=False)
        nn.init.xavier_uniform_(self.weight, gain=2**0.5)
        nn.init.uniform_(self.bias, -(outputs**-0.5), outputs**-0.5)

    def forward(self, joints: Tensor) -> Tensor:  # (16, B, inputs) -> (16, B, outputs)
        logits = torch.full(self.adjacent.shape, -torch.inf, dtype=self.edges.dtype, device=self.edges.device)  # type: ignore[arg-type]
        mixing = logits.masked_scatter(self.adjacent, self.edges).softmax(dim=1)  # type: ignore[arg-type]  # (16, 16)
        own = mixing.diagonal()[:, None, None]  # (16, 1, 1)
        others = mixing - torch.diag(mixing.diagonal())  # (16, 16)
        of_joint, of_neighbours = joints @ self.weight[0], joints @ self.weight[1]  # (16, B, outputs)
        heard = (others @ of_neighbours.flatten(1)).view_as(of_joint)  # (16, B, outputs)
        return own * of_joint + heard + self.bias


class GraphLayer(nn.Module):
    """Graph convolution, batch norm over joints and samples, ReLU, dropout."""

    def __init__(self, inputs: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.convolution = SemanticGraphConv(inputs, outputs)
        self.norm = nn.BatchNorm1d(outputs)
        self.dropout = nn.Dropout(dropout)

    def forward(self, joints: Tensor) -> Tensor:  # (16, B, inputs) -> (16, B, outputs)
        features = self.convolution(joints)
        features = self.norm(features.flatten(0, 1)).view_as(features)
        return self.dropout(features.relu())


class ResidualBlock(nn.Module):
    """Two graph layers, and the input added to the result."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(GraphLayer(width, width, dropout), GraphLayer(width, width, dropout))

    def forward(self, joints: Tensor) -> Tensor:  # (16, B, width)
        return joints + self.layers(joints)


class NonLocal(nn.Module):
    """Every joint looks at every pair of joints, near or far (Eq. 5; Wang et al. 2018, "Non-local neural networks").

    How much a joint takes from a pair is a ReLU of a linear function of both, over the number of pairs. The last batch
    norm starts at 0, so an untrained layer changes nothing.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        inner = width // 2
        self.asking, self.answering = nn.Linear(width, inner), nn.Linear(width, 2 * inner)
        self.interest = nn.Linear(2 * inner, 1, bias=False)
        self.out = nn.Linear(inner, width)
        self.norm = nn.BatchNorm1d(width)
        nn.init.zeros_(self.norm.weight)
        first, second = (LIFT16.indices(list(joints)) for joints in zip(*PAIRS, strict=True))
        self.register_buffer("first", torch.tensor(first), persistent=False)
        self.register_buffer("second", torch.tensor(second), persistent=False)

    def forward(self, joints: Tensor) -> Tensor:  # (16, B, width)
        answers = self.answering(joints)  # (16, B, 2 * inner)
        asked, given = torch.maximum(answers[self.first], answers[self.second]).chunk(2, dim=-1)  # (8, B, inner)
        asking_weight, asked_weight = self.interest.weight[0].chunk(2)  # (inner,) each
        of_joints, of_pairs = self.asking(joints) @ asking_weight, asked @ asked_weight  # (16, B), (8, B)
        interest = (of_joints.T[:, :, None] + of_pairs.T[:, None, :]).relu() / len(PAIRS)  # (B, 16, 8)
        taken = self.out((interest @ given.transpose(0, 1)).transpose(0, 1))  # (16, B, width)
        return joints + self.norm(taken.flatten(0, 1)).view_as(taken)


class SemGCN(nn.Module):
    """2D joints in, root-relative 3D joints out, by convolutions along the bones of LIFT16.

    Parameters
    ----------
    hidden, blocks
        128 features for each joint and four residual blocks in the paper: 0.27 million parameters.
    non_local
        A non-local layer after the first layer and after each block: 0.43 million parameters.
    dropout
        0 in the paper's best network.
    certainty
        Also take a number for each joint, 0 (not seen) to 1 (exactly known), as Martinez does.
    """

    def __init__(
        self,
        hidden: int = 128,
        blocks: int = 4,
        non_local: bool = False,
        dropout: float = 0.0,
        certainty: bool = False,
    ) -> None:
        super().__init__()
        self.certainty = certainty
        self.first = nn.Sequential(GraphLayer(3 if certainty else 2, hidden, dropout), *_far(hidden, non_local))
        self.blocks = nn.Sequential(
            *(nn.Sequential(ResidualBlock(hidden, dropout), *_far(hidden, non_local)) for _ in range(blocks))
        )
        self.last = SemanticGraphConv(hidden, 3)

    def forward(self, points: Tensor, certainty: Tensor | None = None) -> Tensor:
        """points (B, 16, 2), certainty (B, 16) or None for 1 throughout -> (B, 15, 3)."""
        features = points
        if self.certainty:
            certainty = torch.ones_like(points[..., 0]) if certainty is None else certainty
            features = torch.cat([points, certainty[..., None]], dim=-1)  # (B, 16, 3)
        features = features.transpose(0, 1)  # (16, B, 2 or 3): along the bones, joints mix in one matrix product
        features = self.blocks(self.first(features))  # (16, B, hidden)
        return self.last(features)[1:].transpose(0, 1)  # (B, 15, 3): the pelvis is 0 by definition


def _far(width: int, wanted: bool) -> tuple[nn.Module, ...]:
    return (NonLocal(width),) if wanted else ()


def _adjacency() -> Tensor:
    """(16, 16) which joints are joined by a bone; each is its own neighbour too."""
    adjacent = torch.eye(len(LIFT16), dtype=torch.bool)
    start, end = torch.from_numpy(LIFT16.bone_indices).T
    adjacent[start, end] = adjacent[end, start] = True
    return adjacent
