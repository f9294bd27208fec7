"""The settings of ``fitlab train lifter``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fitlab.datasets.virtual_cameras import Views
from fitlab.lifting.inputs import NORMALISATIONS
from fitlab.skeletons import unknown
from fitlab.training.loop import Schedule, check_whole
from fitlab.training.samples import Noise, Variation

LOSSES = ("mse", "distance", "likelihood")
#: Settings that say which part of something is meant, 0 to 1.
SHARES = {
    "poses": ("random", "synthetic"),
    "views": ("level",),
    "variation": ("bodies", "tilted", "rolled"),
    "noise": ("exact", "gross", "swapped", "unseen", "depth"),
    "detections": ("share",),
}


@dataclass(frozen=True)
class Poses:
    """Whence the poses are.

    Parameters
    ----------
    random, synthetic
        Shares of poses drawn from the joints' ranges and of synthetic exercises; the rest is recorded.
    synthetic_poses
        How many different synthetic poses there are to draw from.
    motion
        Folder of .bvh or .asf/.amc clips of the CMU database; empty for the packed everyday motion.
    """

    random: float = 0.3
    synthetic: float = 0.0
    synthetic_poses: int = 50_000
    motion: str = ""

    def __post_init__(self) -> None:
        check_whole(self, synthetic_poses=1)
        if self.random + self.synthetic > 1:
            raise ValueError("the shares of random and synthetic poses add up to more than 1")


@dataclass(frozen=True)
class DetectionSettings:
    """What a detector really finds in synthetic pictures, among the samples.

    Parameters
    ----------
    share
        Of the samples.
    pictures
        Folders written by `fitlab synthesize`; best such as the detector never saw.
    detector
        Whose detections, by name or file.
    """

    share: float = 0.0
    pictures: tuple[str, ...] = ()
    detector: str = "fitpose-lite0"

    def __post_init__(self) -> None:
        if bool(self.share) != bool(self.pictures):
            raise ValueError("the share of detections and pictures (folders) go together: give both or none")


@dataclass(frozen=True)
class LifterTraining:
    """The settings of one training; saved beside its weights.

    Parameters
    ----------
    network, options
        A lifter of :mod:`fitlab.models.catalogue`, and keyword arguments of it.
    normalisation
        Of the input, see :class:`fitlab.lifting.lifter.Lifter`.
    weight_norm
        Limit of each layer's weights after each step; 0 for none.
    loss
        ``mse``: the report's; ``distance``: the mean distance itself, less moved by hopeless cases; ``likelihood``:
        that and how likely each bone's true depth is (Laplace), for networks that answer its scale.
    poses, views, variation, noise, detections
        What is lifted: see each.
    batch_size, schedule
        How.
    start
        Lifter to fine-tune, by name or file; empty to train from random weights.
    """

    network: str = "martinez"
    options: Mapping[str, Any] = field(default_factory=lambda: {"certainty": True})
    normalisation: str = "person"
    weight_norm: float = 1.0
    loss: str = "mse"
    poses: Poses = field(default_factory=Poses)
    views: Views = field(default_factory=Views)
    variation: Variation = field(default_factory=Variation)
    noise: Noise = field(default_factory=Noise)
    detections: DetectionSettings = field(default_factory=DetectionSettings)
    batch_size: int = 512
    schedule: Schedule = field(default_factory=lambda: Schedule(steps=6000, average=0.998, check_every=250))
    start: str = ""
    seed: int = 1

    def __post_init__(self) -> None:
        check_whole(self, batch_size=2, seed=0)
        if self.loss not in LOSSES:
            raise ValueError(unknown(self.loss, LOSSES, "loss"))
        if self.normalisation not in NORMALISATIONS:
            raise ValueError(unknown(self.normalisation, NORMALISATIONS, "normalisation"))
        for part, names in SHARES.items():
            for name in names:
                if not 0 <= (value := getattr(getattr(self, part), name)) <= 1:
                    raise ValueError(f"{part}.{name} is a share from 0 to 1, got {value}")
        for name, value in (("noise.deviation", self.noise.deviation), ("weight_norm", self.weight_norm)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} must be a number of at least 0, got {value}")
        if self.detections.share and not 0 < self.found < self.batch_size:
            raise ValueError(
                f"of {self.batch_size} samples at once, detections must leave room for at least one that is detected "
                f"and one that is not, got a share of {self.detections.share}"
            )
        if self.detections.share and self.normalisation != "person":
            raise ValueError("detected people are only prepared for the normalisation person")

    @property
    def found(self) -> int:
        """How many samples of a batch are detections."""
        return round(self.detections.share * self.batch_size)
