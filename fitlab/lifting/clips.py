"""The poses of a clip, lifted one track after the other: bones have one length as long as one person is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fitlab.lifting.inputs import FIELD_OF_VIEW
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift
from fitlab.poses import Pose2D, Pose3D


def lift_tracks(
    pose2d: Pose2D,
    track: np.ndarray,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float = FIELD_OF_VIEW,
) -> Pose3D:
    """Every frame of a clip.

    What follows a cut, or a person who was lost, may be somebody else, with bones of other lengths.

    Parameters
    ----------
    pose2d : Pose2D
        (T, J, 2) px.
    track : (T,) int array
        The stretch of one person that each frame belongs to; -1 for none.
    lifter, field_of_view
        As for :func:`fitlab.lifting.lifter.lift`.

    Returns
    -------
    Pose3D
        (T, 16, 3) mm, without samples.
    """
    parts = list(tracks_lifted(pose2d, track, lifter, field_of_view))
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    whole: dict[str, Any] = {}
    for name in ("points", "score", "hidden"):
        known = [getattr(pose, name) for _, pose in parts]
        whole[name] = None if known[0] is None else np.concatenate(known)[order]
    return Pose3D(**whole)


def tracks_lifted(
    pose2d: Pose2D,
    track: np.ndarray,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float = FIELD_OF_VIEW,
    samples: int = 0,
    at_once: int | None = None,
) -> Iterator[tuple[np.ndarray, Pose3D]]:
    """The same, part by part.

    Parameters
    ----------
    pose2d, track, lifter, field_of_view
        As for :func:`lift_tracks`.
    samples : int
        How many poses to draw of each frame; they are in memory for one part.
    at_once : int, optional
        The most frames of a part, within which bones have one length; by default all of a track.

    Yields
    ------
    rows : (N,) int array
        The frames of a part.
    pose : Pose3D
        (N, 16, 3) mm.
    """
    for number in np.unique(track):
        frames = np.flatnonzero(track == number)
        parts = 1 if at_once is None else -(-len(frames) // at_once)
        for rows in np.array_split(frames, parts):
            yield (
                rows,
                lift(pose2d[rows], samples=samples, lifter=lifter, field_of_view=field_of_view, one_person=True),
            )
