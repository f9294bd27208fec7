"""The records that every data set is read into: labelled photos, and poses with their truth in space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fitlab.images import read_image
from fitlab.poses import OUTSIDE, Pose2D
from fitlab.skeletons import LIFT16, MPII16

#: The label (N, P, 16, 2) px of the MPII16 joints of up to P other people in each picture; NaN for nobody.
OTHERS = "others_mpii16"
_OPTIONAL = ("space", "image_size", "field_of_view", "heights", "depth", "ends")


@dataclass(frozen=True)
class PhotoSet:
    """Labelled photos of one person each.

    Parameters
    ----------
    name : str
        Of the set, as printed beside its scores.
    images : N paths
    points : (N, 16, 2) px
        True joints in MPII16 order; NaN where a joint is not labelled.
    visibility : (N, 16) int
        OUTSIDE the picture, HIDDEN in it, or VISIBLE; unlabelled joints are HIDDEN.
    groups : (N,) str
        What tables break the scores down by, such as the exercise.
    depth : (N, 16) px, optional
        How far each MPII16 joint is behind the pelvis, at the scale of the picture there; NaN where unknown.
    people : (N,), optional
        Whom a picture shows. Intervals are over people, as pictures of one person are alike. By default every picture
        shows somebody else.
    space : (N, 16, 3) mm, optional
        LIFT16, camera axes, relative to the pelvis; NaN where a joint is not known. None for a set without 3D labels.
    image_size : (N, 2) px, optional
        Width and height of each picture. None where the labels do not tell it, see :meth:`sizes`.
    field_of_view : (N,) degrees, optional
        What the picture's longer side shows.
    heights : (N,) mm, optional
        How tall the people are.
    derived : names of joints
        Computed from other labels, not labelled: nobody is judged by them.
    labels : column -> (N, ...) array
        What else the set knows of each picture.
    left_out : reason -> count
        Pictures of the source that were not taken.
    complete : bool
        False for a set that is still being made.
    ends : (N, 2) int px, optional
        How many columns and rows of each picture are shown, at least 1; what its file shows beyond is cut off.

    Raises
    ------
    ValueError
        If an array does not have a row for each image.
    """

    name: str
    images: tuple[Path, ...]
    points: np.ndarray
    visibility: np.ndarray
    groups: np.ndarray
    people: np.ndarray | None = None
    space: np.ndarray | None = None
    image_size: np.ndarray | None = None
    field_of_view: np.ndarray | None = None
    heights: np.ndarray | None = None
    derived: tuple[str, ...] = ()
    labels: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    left_out: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    depth: np.ndarray | None = None
    ends: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.images)
        if self.people is None:
            object.__setattr__(self, "people", np.arange(count))
        joints = (count, len(MPII16))
        expected = {"points": (*joints, 2), "visibility": joints, "space": (count, len(LIFT16), 3)}
        expected |= {"image_size": (count, 2), "ends": (count, 2), "depth": joints}
        expected |= dict.fromkeys(("groups", "people", "field_of_view", "heights"), (count,))
        for column, shape in expected.items():
            rows = getattr(self, column)
            if rows is not None and rows.shape != shape:
                raise ValueError(f"{self.name}: {count} images need {column} {shape}, got {rows.shape}")
        if self.ends is not None and not (self.ends.dtype.kind in "iu" and (self.ends >= 1).all()):
            raise ValueError(f"{self.name}: ends are whole numbers of columns and rows, 1 or more; got {self.ends}")

    def __len__(self) -> int:
        return len(self.images)

    def subset(
        self, chosen: np.ndarray | slice, name: str | None = None, left_out: Mapping[str, int] | None = None
    ) -> PhotoSet:
        """Some of the photos.

        Parameters
        ----------
        chosen : indices, a mask (N,), or a slice
        name : str, optional
            Of the new set; by default as this one.
        left_out : reason -> count, optional
            Why the others were not taken; added to what was left out before.

        Returns
        -------
        PhotoSet
            With labels of the chosen photos alone.
        """
        indices = np.arange(len(self))[chosen]
        columns = ("points", "visibility", "groups", "people", *_OPTIONAL)
        known = {column: rows[indices] for column in columns if (rows := getattr(self, column)) is not None}
        return replace(
            self,
            name=name or self.name,
            images=tuple(self.images[i] for i in indices),
            labels={column: rows[indices] for column, rows in self.labels.items()},
            left_out={**self.left_out, **(left_out or {})},
            **known,
        )

    @property
    def photos(self) -> PhotoSet:
        """The pictures, as a :class:`PoseSet` names them."""
        return self

    def picture(self, index: int, read: Callable[[Path], np.ndarray] = read_image) -> np.ndarray:
        """One picture as the set shows it.

        Parameters
        ----------
        index : int
        read : path -> (H, W, 3) array
            How its file is read.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB.
        """
        whole = read(self.images[index])
        if self.ends is None:
            return whole
        columns, rows = self.ends[index]
        return whole[:rows, :columns]

    def sizes(self) -> np.ndarray:
        """Width and height of each picture, which is read where the labels do not tell them.

        Returns
        -------
        np.ndarray
            (N, 2) px.
        """
        if self.image_size is not None:
            return self.image_size if self.ends is None else np.minimum(self.image_size, self.ends)
        return np.array([self.picture(index).shape[1::-1] for index in range(len(self))]).reshape(-1, 2)

    def judged_points(self) -> np.ndarray:
        """True joints by which a detector is judged.

        Returns
        -------
        (N, 16, 2) px
            NaN for joints that are outside the picture, not labelled, or derived from others.
        """
        truth = np.where((self.visibility == OUTSIDE)[..., None], np.nan, self.points)
        truth[:, MPII16.indices(self.derived)] = np.nan
        return truth

    def poses(self) -> PoseSet:
        """The people as a lifter's test: true joints in the picture, and their truth in space.

        Raises
        ------
        ValueError
            For a set without 3D labels.
        """
        if self.space is None:
            raise ValueError(f"{self.name} does not know its people in space; use a set that does")
        known = ~np.isnan(self.points).any(-1)
        pose2d = Pose2D(self.points, known.astype(float), self.sizes())
        unknown = np.full(len(self), np.nan)
        return PoseSet(
            self.name,
            pose2d,
            self.space,
            self.people,  # type: ignore[arg-type]
            self.groups,
            unknown if self.heights is None else self.heights,
            unknown if self.field_of_view is None else self.field_of_view,
            self,
            self.left_out,
        )


@dataclass(frozen=True)
class PoseSet:
    """Poses in a picture with their truth in space: what a lifter is scored on, whether there are pictures or not.

    Parameters
    ----------
    name : str
    pose2d : Pose2D (N, J, 2)
        True joints in the picture, each in a picture of its own size.
    truth : (N, 16, 3) mm
        LIFT16, camera axes, relative to the pelvis; NaN where a joint is not known.
    people : (N,)
        Whose poses these are; the intervals are over them.
    groups : (N,) str
        What is being done.
    heights : (N,) mm
        How tall these people are; NaN where that is not known.
    field_of_view : (N,) degrees
        What the picture's longer side shows; NaN where that is not known.
    photos : PhotoSet, optional
        The pictures, where there are any.
    left_out : reason -> count
        Poses of the source that were not taken.
    """

    name: str
    pose2d: Pose2D
    truth: np.ndarray
    people: np.ndarray
    groups: np.ndarray
    heights: np.ndarray
    field_of_view: np.ndarray
    photos: PhotoSet | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.truth)
