"""What a network's pixels look like: RGB of 0..255, less a mean, over a deviation."""

from __future__ import annotations

import torch
from torch import Tensor

#: Mean and deviation of each channel, in 0..255.
PIXELS = {
    "unit": ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "lite": ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "hourglass": ((112.302, 113.22, 110.3385), (255.0, 255.0, 255.0)),
}


def as_input(pictures: Tensor, name: str) -> Tensor:
    """Crops as a network's input.

    Parameters
    ----------
    pictures
        (B, S, S, 3) uint8 RGB.
    name
        How its pixels are normalised, a name in :data:`PIXELS`.

    Returns
    -------
    Tensor
        (B, 3, S, S) float.
    """
    values = pictures.permute(0, 3, 1, 2).float()
    mean, deviation = (values.new_tensor(numbers).view(3, 1, 1) for numbers in PIXELS[name])
    return ((values - mean) / deviation).contiguous(memory_format=torch.channels_last)
