"""Painted people, and a network that finds their joints by colour: what a detector does around its network."""

import numpy as np
import torch
from bodies import body

from fitlab.detection.detector import Detector
from fitlab.models.answers import Answer
from fitlab.skeletons import LIFT16, MPII16, convert, mirrored_name

# Left and right look alike, as on people. Each colour has a channel of 1, so that none is a darker shade of another.
_PAIRS = ("ankle", "knee", "hip", "wrist", "elbow", "shoulder")
_MIDDLE = ("pelvis", "thorax", "upper_neck", "head_top")
_COLOURS = dict(
    zip(
        (*_PAIRS, *_MIDDLE),
        [
            (1, 0, 0),
            (1, 1, 0),
            (0, 1, 0),
            (0, 1, 1),
            (0, 0, 1),
            (1, 0, 1),
            (1, 0.5, 0.5),
            (0.5, 1, 0.5),
            (0.5, 0.5, 1),
            (1, 1, 1),
        ],
        strict=True,
    )
)
COLOURS = np.array([_COLOURS[name.removeprefix("left_").removeprefix("right_")] for name in MPII16.joints])

#: mm, side of a painted joint.
DOT = 110


def front_view() -> np.ndarray:
    """(16, 2) MPII16 joints in mm of somebody who faces us with arms and legs apart; x right, y down."""
    apart = {}
    for side, x in (("left", 1), ("right", -1)):
        apart |= {
            f"{side}_hip": (200 * x, 0, -60),
            f"{side}_knee": (230 * x, 0, -410),
            f"{side}_ankle": (260 * x, 0, -820),
        }
        apart |= {
            f"{side}_shoulder": (250 * x, 0, 430),
            f"{side}_elbow": (420 * x, 0, 175),
            f"{side}_wrist": (480 * x, 0, -55),
        }
    points = convert(body(**apart), LIFT16, MPII16)[:, [0, 2]] * [1, -1]
    points[MPII16.index("upper_neck")] = (0, -610)
    return points


def painted(width: int, height: int, centre: tuple[float, float], scale: float) -> tuple[np.ndarray, np.ndarray]:
    """A black photo with one painted person of ``scale`` px/mm, and the joints (16, 2) in its pixels."""
    image = np.zeros((height, width, 3), np.uint8)
    points = np.round(front_view() * scale + centre)
    half = round(DOT * scale / 2)
    for (x, y), colour in zip(points.astype(int), COLOURS, strict=True):
        image[max(y - half, 0) : max(y + half + 1, 0), max(x - half, 0) : max(x + half + 1, 0)] = colour * 255
    return image, points


class ColourNetwork(torch.nn.Module):
    """Finds each colour where it fills a heatmap cell; of two alike, the one right of the thorax is the left joint.

    Keeps the number of pictures of every call in ``calls``.
    """

    def __init__(self):
        super().__init__()
        self.calls: list[int] = []

    def forward(self, batch):
        self.calls.append(len(batch))
        cells = torch.nn.functional.avg_pool2d((batch + 1) / 2, 4)  # (B, 3, S/4, S/4)
        colours = torch.tensor(COLOURS, dtype=torch.float32)
        distance = (cells[:, None] - colours[None, :, :, None, None]).norm(dim=2)
        width = cells.shape[-1]
        middle = distance[:, MPII16.index("thorax")].flatten(1).argmin(-1) % width  # (B,) column
        right = (torch.arange(width) >= middle[:, None])[:, None]  # (B, 1, S/4)
        for index, name in enumerate(MPII16.joints):
            if mirrored_name(name) != name:
                distance[:, index] += (~right if name.startswith("left") else right).float()
        nearest = distance.flatten(2).amin(-1)
        return Answer((-60 * distance,), score=30 * (0.4 - nearest))


def colour_detector(size: int = 192) -> Detector:
    return Detector("colours", ColourNetwork(), size)
