"""Settings of a detector's training."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from fitlab.models import catalogue
from fitlab.models.catalogue import DETECTOR, Network, Variant
from fitlab.skeletons import unknown
from fitlab.training.augmentation import Augmentation
from fitlab.training.loop import Schedule, check_whole

LEARN = ("all", "score")
#: What changes in the crops where only scores are learnt: many people are cut off.
CUT_OFF = {"cut_off": 0.25, "edge": 0.3, "far": 0.05}


@dataclass(frozen=True)
class DetectorTraining:
    """Settings of one run; they are saved beside its result.

    Attributes
    ----------
    network
        A detector that can be trained, see :func:`fitlab.models.catalogue.trainable`.
    data
        Data sets by name or path (:mod:`fitlab.datasets.catalogue`).
    shares
        How much of every batch each of them gives; as much as every other where none are given.
    size
        Side of the crops in pixels; 0 for the network's own.
    sigma
        Standard deviation of the heatmaps' targets, in cells.
    score_weight, visibility_weight, depth_weight
        Of these parts of the loss, beside 1 for the heatmaps.
    start
        A start that the network's row in the catalogue names, ``random``, or a weights file to go on from.
    free
        Parts to learn that the catalogue freezes, and everything in them.
    free_rate
        Their learning rate, as a share of the schedule's.
    learn
        ``all``, or ``score``: only what judges the joints, on crops that often cut people off.
    batch_size
        Crops in a step.
    schedule, augmentation
        How long and how fast; what happens to the photos.
    seed
        Of the random weights and of every sample.
    workers
        Processes that prepare crops.
    """

    network: str = "fitpose"
    data: tuple[str, ...] = ("lspet",)
    shares: tuple[float, ...] = ()
    size: int = 0
    sigma: float = 1.2
    score_weight: float = 0.02
    visibility_weight: float = 0.05
    depth_weight: float = 0.1
    start: str = "imagenet"
    free: tuple[str, ...] = ()
    free_rate: float = 1.0
    learn: str = "all"
    batch_size: int = 32
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=6000, learning_rate=2e-3, weight_decay=1e-2, check_every=400)
    )
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        own = self.variant.size  # ValueError for a network that there is not
        object.__setattr__(self, "size", self.size or own)
        object.__setattr__(self, "shares", tuple(self.shares) or (1.0,) * len(self.data))
        check_whole(self, size=1, batch_size=1, seed=0, workers=0)
        if self.learn not in LEARN:
            raise ValueError(unknown(self.learn, LEARN, "part to learn"))
        if self.learn == "score" and not self.row.judge:
            raise ValueError(f"{self.network} has no score of its own to learn")
        if self.learn == "score" and self.start in ("imagenet", "random"):
            raise ValueError(
                f"a score is learnt for a network that finds joints already: start is a weights file, not {self.start}"
            )
        if not self.data:
            raise ValueError("there is no data to train on; name lspet, or folders written by `fitlab synthesize`")
        if len(self.data) != len(self.shares):
            raise ValueError(f"{len(self.data)} data sets need as many shares, got {len(self.shares)}")
        if not all(0 <= share < math.inf for share in self.shares) or not sum(self.shares):
            raise ValueError(f"shares must be numbers of at least 0, and one of them above 0; got {self.shares}")
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"sigma must be a number of heatmap cells above 0, got {self.sigma}")
        for name in ("score_weight", "visibility_weight", "depth_weight", "free_rate"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number of at least 0, got {getattr(self, name)}")

    @property
    def variant(self) -> Variant:
        """The network's size and options."""
        return catalogue.variant(self.network, DETECTOR)[1]

    @property
    def row(self) -> Network:
        """What the catalogue says of the network."""
        return catalogue.network(catalogue.variant(self.network, DETECTOR)[0])

    @property
    def crops(self) -> Augmentation:
        """How crops are made: as the augmentation says, and where only scores are learnt many people are cut off."""
        return replace(self.augmentation, **CUT_OFF) if self.learn == "score" else self.augmentation  # type: ignore[arg-type]

    @property
    def about(self) -> dict[str, object]:
        """What the file of trained weights says about itself: all that a detector needs to know."""
        return {
            "kind": DETECTOR,
            "network": catalogue.variant(self.network, DETECTOR)[0],
            "options": dict(self.variant.options),
            "input_size": self.size,
            "normalisation": self.row.pixels,
            "heatmap": "softmax",
        }
