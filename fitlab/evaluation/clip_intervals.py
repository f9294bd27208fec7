"""The intervals of clips: calibrated on synthetic clips of known truth, and tried on pictures taken in a row.

A clip is smoothed over time and has bones of one length, so that its angles err otherwise than those of photos. Most of
what is wrong lasts, though, and is the same in all frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from fitlab.analysis import seen_in_picture
from fitlab.datasets.records import PhotoSet
from fitlab.detection.detector import Detector
from fitlab.detection.mediapipe import Landmarker
from fitlab.evaluation.detections import detect_all
from fitlab.evaluation.intervals import compared
from fitlab.evaluation.known_clips import SIZE, KnownClip, known_clip
from fitlab.exercises.calibration import Calibration
from fitlab.exercises.course import poses_drawn
from fitlab.exercises.definition import load_exercises
from fitlab.lifting.inputs import FIELD_OF_VIEW
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter
from fitlab.poses import SEEN, Pose3D
from fitlab.smoothing import steady
from fitlab.video_analysis import steadied

#: Clips of each exercise that intervals are calibrated on, and the first of their seeds. People, tempo, cameras and
#: errors are others than where repetitions are counted.
CLIPS, SEED = 20, 500_000
#: Frames from one that is measured to the next: neighbours tell the same.
EVERY = 5
#: The axis of the frames in the arrays of a pose with samples.
_AXES = {"points": 0, "score": 0, "samples": 1, "hidden": 0}


def calibration_clips(count: int = CLIPS, seed: int = SEED) -> Iterator[KnownClip]:
    """Clips of every exercise that is repeated, with form errors and without.

    Parameters
    ----------
    count
        Of each exercise.
    seed
        Of the first.

    Yields
    ------
    KnownClip
        Of people of the training split.
    """
    for name, exercise in load_exercises().items():
        if exercise.drive and not exercise.variant_of:
            yield from (known_clip(name, seed + number, split="train") for number in range(count))


def clip_angles(clips: Iterable[KnownClip], calibration: Calibration | None = None) -> pd.DataFrame:
    """The angles in the repetitions of clips, and what is right.

    Parameters
    ----------
    clips
        With their detections.
    calibration
        Of the pair; its constants of clips count.

    Returns
    -------
    DataFrame
        As :func:`fitlab.evaluation.intervals.measured_angles`, of every :data:`EVERY`-th frame of a repetition: its
        ``group`` is the exercise, its ``clip`` the number of the clip and ``seconds`` the time.
    """
    constants = None if calibration is None else calibration.of_clips()
    parts = []
    for number, clip in enumerate(clips):
        pose2d, _, track = steadied(clip.followed, SIZE)
        for rows, pose in poses_drawn(pose2d, track, DEFAULT_LIFTER, FIELD_OF_VIEW):
            some = np.flatnonzero(clip.repeating[rows])[::EVERY]
            about = {"group": clip.exercise, "clip": number, "seconds": clip.times[rows[some]]}
            if len(some):
                parts.append(compared(pose[some], clip.truth[rows[some]], about, constants))
    return pd.concat(parts, ignore_index=True)


def lifted_clips(photos: PhotoSet, detector: Detector | Landmarker, lifter: Lifter) -> tuple[np.ndarray, Pose3D | None]:
    """As :func:`fitlab.evaluation.intervals.lifted_people`, the pictures of each group in their order being a clip.

    Parameters
    ----------
    photos
        With the label ``seconds``: when they were taken.
    detector, lifter
        What they are looked at with.

    Returns
    -------
    numbers
        (N,) int, of the pictures.
    pose
        (N, 16, 3) with samples; None where nobody is found.

    Raises
    ------
    ValueError
        For a set that does not tell when its pictures were taken.
    """
    if "seconds" not in photos.labels:
        raise ValueError(f"{photos.name} does not tell when its pictures were taken, so that they are no clips")
    found, numbers, poses = detect_all(detector, photos).pose, [], []
    for group in np.unique(photos.groups):
        rows = np.flatnonzero(photos.groups == group)
        rows = rows[np.argsort(photos.labels["seconds"][rows])]
        if not (found.score[rows] >= SEEN).any():
            continue
        calm = seen_in_picture(steady(found[rows], photos.labels["seconds"][rows])[0])
        one_track = np.zeros(len(rows), int)
        for part, pose in poses_drawn(calm, one_track, lifter, FIELD_OF_VIEW):
            numbers.append(rows[part])
            poses.append(pose)
    if not poses:
        return np.zeros(0, int), None
    whole = {name: _joined([getattr(pose, name) for pose in poses], axis) for name, axis in _AXES.items()}
    return np.concatenate(numbers), Pose3D(**whole)  # type: ignore[arg-type]


def _joined(parts: list[np.ndarray | None], axis: int) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known, axis) if known else None
