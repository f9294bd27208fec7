"""The one record that every set of labelled photos is read into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fitlab.skeletons import MPII16

OUTSIDE, HIDDEN, VISIBLE = 0, 1, 2


@dataclass(frozen=True)
class PhotoSet:
    """Labelled photos of one person each.

    name        of the set, as printed beside its scores
    images      N files
    points      (N, 16, 2) px in MPII16 order; NaN where a joint is not labelled
    visibility  (N, 16) OUTSIDE the picture, HIDDEN in it, or VISIBLE; unlabelled joints are HIDDEN
    groups      (N,) what the table breaks the scores down by, such as the exercise
    """

    name: str
    images: tuple[Path, ...]
    points: np.ndarray
    visibility: np.ndarray
    groups: np.ndarray

    def __post_init__(self) -> None:
        expected = (len(self.images), len(MPII16))
        if self.points.shape != (*expected, 2) or self.visibility.shape != expected:
            raise ValueError(
                f"{self.name}: {len(self.images)} images need points {(*expected, 2)} and visibility {expected}, "
                f"got {self.points.shape} and {self.visibility.shape}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def subset(self, chosen: np.ndarray, name: str | None = None) -> PhotoSet:
        """The photos at ``chosen`` (indices or a mask)."""
        indices = np.arange(len(self))[chosen]
        return replace(
            self,
            name=name or self.name,
            images=tuple(self.images[i] for i in indices),
            points=self.points[indices],
            visibility=self.visibility[indices],
            groups=self.groups[indices],
        )
