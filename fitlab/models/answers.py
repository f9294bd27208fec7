"""What a 2D detector's network answers, whichever network it is."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Answer(NamedTuple):
    """The answer to a batch of B crops, for J joints; what a network does not answer is None.

    Attributes
    ----------
    heatmaps
        One tensor (B, J, H, W) for each stack of the network, the last one being its answer.
    score
        (B, J) logit of the probability that the joint is where its heatmap says.
    visibility
        (B, J, 3) logits of outside the picture, hidden, and visible, in the order of
        :mod:`fitlab.poses`.
    depth
        (B, J, 2) depth relative to the pelvis, positive away from the camera, in sides of the crop, and the logarithm
        of its scale (mean absolute error) in the same unit.
    """

    heatmaps: tuple[Tensor, ...]
    score: Tensor | None = None
    visibility: Tensor | None = None
    depth: Tensor | None = None


def as_answer(output: Answer | Tensor | list[Tensor]) -> Answer:
    """What a network gave as an :class:`Answer`: networks that give heatmaps alone may give them bare.

    Parameters
    ----------
    output
        An answer, heatmaps (B, J, H, W), or those of each stack.

    Returns
    -------
    Answer
    """
    if isinstance(output, Answer):
        return output
    return Answer(tuple(output) if isinstance(output, list) else (output,))
