"""Settings of the trainings on photos."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import ClassVar

from fitlab.models import catalogue
from fitlab.models.catalogue import DETECTOR, Network, Variant
from fitlab.skeletons import unknown
from fitlab.training.augmentation import Augmentation
from fitlab.training.loop import Schedule, check_whole

LEARN = ("all", "score", "depth")
#: What changes in the crops where only scores are learnt: many people are cut off.
CUT_OFF = {"cut_off": 0.25, "edge": 0.3, "far": 0.05}


@dataclass(frozen=True)
class PhotoTraining:
    """Settings of a training on labelled photos, whatever is found in them; they are saved beside its result.

    Attributes
    ----------
    network
        One that can be trained, see :func:`fitlab.models.catalogue.trainable`.
    data
        Data sets by name or path (:mod:`fitlab.datasets.catalogue`).
    shares
        How much of every batch each of them gives; as much as every other where none are given.
    start
        A start that the network's row in the catalogue names, ``random``, or a weights file to go on from.
    free
        Parts to learn that the catalogue freezes, and everything in them.
    free_rate
        Their learning rate, as a share of the schedule's.
    free_relative
        Whether their steps are in proportion to the size of their channels
        (:class:`fitlab.training.freed.RelativeSteps`), as it should be where batch norms are folded into them.
    batch_size
        Crops in a step.
    schedule, augmentation
        How long and how fast; what happens to the photos.
    seed
        Of the random weights and of every sample.
    workers
        Processes that prepare crops.
    """

    #: The kind of network, in the catalogue's words.
    kind: ClassVar[str] = ""

    network: str = ""
    data: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    start: str = "random"
    free: tuple[str, ...] = ()
    free_rate: float = 1.0
    free_relative: bool = False
    batch_size: int = 32
    schedule: Schedule = field(default_factory=lambda: Schedule(steps=6000))
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        catalogue.variant(self.network, self.kind)  # ValueError for a network that there is not
        object.__setattr__(self, "shares", tuple(self.shares) or (1.0,) * len(self.data))
        check_whole(self, batch_size=1, seed=0, workers=0)
        if not self.data:
            raise ValueError("there is no data to train on; name lspet, or folders written by `fitlab synthesize`")
        if len(self.data) != len(self.shares):
            raise ValueError(f"{len(self.data)} data sets need as many shares, got {len(self.shares)}")
        if not all(0 <= share < math.inf for share in self.shares) or not sum(self.shares):
            raise ValueError(f"shares must be numbers of at least 0, and one of them above 0; got {self.shares}")
        check_weights(self, "free_rate")

    @property
    def variant(self) -> Variant:
        """The network's size and options."""
        return catalogue.variant(self.network, self.kind)[1]

    @property
    def row(self) -> Network:
        """What the catalogue says of the network."""
        return catalogue.network(catalogue.variant(self.network, self.kind)[0])

    @property
    def about(self) -> dict[str, object]:
        """What the file of trained weights says about itself: all that is needed to use it."""
        return {
            "kind": self.kind,
            "network": catalogue.variant(self.network, self.kind)[0],
            "options": dict(self.variant.options),
            "input_size": self.variant.size,
            "normalisation": self.row.pixels,
        }


def check_weights(settings: object, *names: str) -> None:
    """Refuse settings that are negative or no number.

    Raises
    ------
    ValueError
        That names the setting.
    """
    for name in names:
        if not 0 <= getattr(settings, name) < math.inf:
            raise ValueError(f"{name} must be a number of at least 0, got {getattr(settings, name)}")


@dataclass(frozen=True)
class DetectorTraining(PhotoTraining):
    """Settings of a detector's training, beside those of :class:`PhotoTraining`.

    Attributes
    ----------
    size
        Side of the crops in pixels; 0 for the network's own.
    sigma
        Standard deviation of the heatmaps' targets, in cells.
    score_weight, visibility_weight, depth_weight
        Of these parts of the loss, beside 1 for the heatmaps.
    learn
        ``all``; ``score``: only what judges the joints, on crops that often cut people off; or ``depth``: only what
        answers it, where a network has a part for it.
    looks
        Crops that are learnt from where only depth is learnt: what the rest sees in them is computed once, without
        ``workers``. The parts of the loss have no weights then.
    """

    kind: ClassVar[str] = DETECTOR

    network: str = "fitpose"
    data: tuple[str, ...] = ("lspet",)
    size: int = 0
    sigma: float = 1.2
    score_weight: float = 0.02
    visibility_weight: float = 0.05
    depth_weight: float = 0.1
    start: str = "imagenet"
    learn: str = "all"
    looks: int = 20_000
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=6000, learning_rate=2e-3, weight_decay=1e-2, check_every=400)
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "size", self.size or self.variant.size)
        check_whole(self, size=1, looks=1)
        if self.learn not in LEARN:
            raise ValueError(unknown(self.learn, LEARN, "part to learn"))
        if self.learn != "all" and self.learn not in self.row.alone:
            raise ValueError(f"{self.network} has no {self.learn} of its own to learn")
        if self.learn != "all" and self.start in ("imagenet", "random"):
            raise ValueError(
                f"{self.learn} is learnt for a network that finds joints already: start is a weights file, "
                f"not {self.start}"
            )
        if self.learn == "depth" and self.free:
            raise ValueError(f"where depth is learnt by itself nothing else is free to be: leave out {self.free}")
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"sigma must be a number of heatmap cells above 0, got {self.sigma}")
        check_weights(self, "score_weight", "visibility_weight", "depth_weight")

    @property
    def crops(self) -> Augmentation:
        """How crops are made: as the augmentation says, and where only scores are learnt many people are cut off."""
        return replace(self.augmentation, **CUT_OFF) if self.learn == "score" else self.augmentation  # type: ignore[arg-type]

    @property
    def about(self) -> dict[str, object]:
        """As of every network, with the size of its crops and how its heatmaps are read."""
        return super().about | {"input_size": self.size, "heatmap": "softmax"}
