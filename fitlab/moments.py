"""The moment of a movement that is judged: of the frames of a clip, or of photos taken in a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fitlab.analysis import PhotoAnalysis, analyze_pose
from fitlab.detection.detector import DEFAULT_DETECTOR, Detector, detect
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.recognition import exercise_in_clip
from fitlab.exercises.records import Exercise
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift
from fitlab.poses import Pose3D
from fitlab.video_analysis import LOST, VideoAnalysis


def judged_moment(analysis: VideoAnalysis) -> int:
    """The frame of a clip that shows best how far the movement goes.

    Parameters
    ----------
    analysis : VideoAnalysis

    Returns
    -------
    int
        Index along its frames: where the repetition turns that goes farthest, whole ones before others; the middle of
        the longest hold. Without repetitions the farthest frame in which somebody is known; 0 if there is none.
    """
    whole = [each for each in analysis.repetitions if each.complete] or list(analysis.repetitions)
    if not analysis.exercise.drive and whole:
        return max(whole, key=lambda each: each.seconds).turn_frame
    turns = np.array([each.turn_frame for each in whole], int)
    if not len(turns):
        turns = np.flatnonzero(analysis.state != LOST)
    return int(turns[farthest(analysis.pose3d.points[turns], analysis.exercise)]) if len(turns) else 0


def farthest(points: np.ndarray, exercise: Exercise) -> int:
    """The pose in which the driving angle has come farthest from the start of the repetition.

    Parameters
    ----------
    points : (T, 16, 3) array
        LIFT16 in mm.
    exercise : Exercise

    Returns
    -------
    int
        Its index; the middle one for a hold, and where the angle is never known.
    """
    middle = (len(points) - 1) // 2
    if not exercise.drive:
        return middle
    sign = 1.0 if exercise.end > exercise.start else -1.0
    reached = sign * exercise.drive_angle(points)
    return int(np.nanargmax(reached)) if np.isfinite(reached).any() else middle


def judge_burst(
    photos: Sequence[np.ndarray],
    exercise: str | Exercise | None = None,
    detector: str | Path | Detector = DEFAULT_DETECTOR,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
) -> tuple[int, PhotoAnalysis]:
    """Judge the one of several photos of a movement that shows the moment which the exercise is judged by.

    Parameters
    ----------
    photos : sequence of (H, W, 3) uint8 arrays
        In their order; sizes may differ.
    exercise : str or Exercise, optional
        By default the one that the photos together show.
    detector, lifter
        As for :func:`fitlab.analysis.analyze_photo`.

    Returns
    -------
    int
        Which photo it is.
    PhotoAnalysis
        Of that photo; where nobody is found in any, of the first.

    Raises
    ------
    ValueError
        Without photos; for an unknown exercise, or where none was given and none is recognised.
    """
    if not len(photos):
        raise ValueError("there is no photo to judge; give one or more")
    poses = [detect(photo, detector=detector) for photo in photos]
    known = [number for number, pose in enumerate(poses) if pose.found]
    if not known:
        return 0, analyze_pose(photos[0], poses[0], exercise, lifter=lifter, detector=detector)
    lifted = [lift(poses[number], lifter=lifter) for number in known]
    points = np.stack([pose.points for pose in lifted])
    if exercise is None:
        exercise = exercise_in_clip(Pose3D(points, np.stack([pose.score for pose in lifted])))
    exercise = exercise_named(exercise)
    best = known[farthest(points, exercise)]
    return best, analyze_pose(photos[best], poses[best], exercise, lifter=lifter, detector=detector)
