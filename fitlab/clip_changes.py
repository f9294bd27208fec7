"""A clip that was analysed: with a joint put right by hand, judged as another exercise, or one frame of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fitlab.analysis import PhotoAnalysis
from fitlab.detection.detector import Detector
from fitlab.exercises.calibration import calibration_of
from fitlab.exercises.course import clip_findings, course, poses_drawn, put_in, records_of
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.feedback import sentences
from fitlab.exercises.recognition import recognise
from fitlab.exercises.records import Exercise
from fitlab.exercises.summaries import clip_sentences
from fitlab.lifting.inputs import FIELD_OF_VIEW
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift
from fitlab.poses import Pose2D
from fitlab.video_analysis import CLIP_DETECTOR, LOST, VideoAnalysis

#: So many frames round a corrected one are lifted with it, so that the bones keep their lengths.
_AROUND = 24


def corrected(
    analysis: VideoAnalysis,
    frame: int,
    pose2d: Pose2D,
    detector: str | Path | Detector = CLIP_DETECTOR,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
) -> VideoAnalysis:
    """``analysis`` with the joints of one frame corrected.

    Its 3D pose and its angles are computed anew, and from them the repetitions with their verdicts and the feedback.
    Other frames keep their joints.

    Parameters
    ----------
    analysis : VideoAnalysis
    frame : int
        Index along its frames.
    pose2d : Pose2D
        Joints (16, 2) of that frame, in its pixels.
    detector, lifter
        Those that the analysis was made with.

    Returns
    -------
    VideoAnalysis

    Raises
    ------
    ValueError
        For a frame that the clip does not have, or one in which nobody is known.
    """
    if not 0 <= frame < len(analysis.times):
        raise ValueError(f"the clip has {len(analysis.times)} frames, from 0; got frame {frame}")
    if analysis.state[frame] == LOST:
        raise ValueError(f"nobody is known in frame {frame}, so that nothing can be corrected in it")
    joints, near = _with_frame(analysis.pose2d, frame, pose2d), _near(analysis, frame)
    view = FIELD_OF_VIEW if analysis.field_of_view is None else analysis.field_of_view
    lifted = lift(joints[near], lifter=lifter, field_of_view=view, one_person=True)
    at = int(np.flatnonzero(near == frame)[0])
    points, score = analysis.pose3d.points.copy(), analysis.pose3d.score.copy()
    points[frame] = lifted.points[at] * _scale(points[near], lifted.points, at)
    score[frame] = lifted.score[at]
    poses = replace(analysis.pose3d, points=points, score=score)
    exercise, track = analysis.exercise, analysis.track
    before = course(analysis.pose3d.points, analysis.pose2d, analysis.times, track, exercise)
    after = course(points, joints, analysis.times, track, exercise)
    # What a frame is judged by are its joints and its phase.
    rows = np.union1d(np.flatnonzero((before.phase != after.phase) | (before.instead != after.instead)), frame)
    some = np.union1d(rows, near)
    calibration = calibration_of(detector, lifter)
    newer = clip_findings(
        joints[some], exercise, calibration, after.phase[some], track[some], lifter, view, after.shows
    )
    findings = put_in(analysis.findings, rows, [each[np.searchsorted(some, rows)] for each in newer])
    repetitions = records_of(after, findings, points, analysis.times, exercise)
    return replace(
        analysis,
        pose2d=joints,
        pose3d=poses,
        findings=findings,
        repetitions=repetitions,
        drive=after.signal,
        feedback=_told_anew(analysis, before.instead, clip_sentences(repetitions, exercise, after.instead)),
    )


def judged_as(
    analysis: VideoAnalysis,
    exercise: str | Exercise,
    detector: str | Path | Detector = CLIP_DETECTOR,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
) -> VideoAnalysis:
    """``analysis`` as that of another exercise, without a look at the pictures.

    See :func:`corrected` for the answer.

    Parameters
    ----------
    analysis : VideoAnalysis
    exercise : str or Exercise
        One of fitlab's by name, or one of the user's own.
    detector, lifter
        Those that the analysis was made with.

    Raises
    ------
    ValueError
        For an unknown exercise.
    """
    exercise = exercise_named(exercise)
    points, times = analysis.pose3d.points, analysis.times
    view = FIELD_OF_VIEW if analysis.field_of_view is None else analysis.field_of_view
    done = course(points, analysis.pose2d, times, analysis.track, exercise)
    calibration = calibration_of(detector, lifter)
    findings = clip_findings(
        analysis.pose2d, exercise, calibration, done.phase, analysis.track, lifter, view, done.shows
    )
    repetitions = records_of(done, findings, points, times, exercise)
    changed = replace(analysis, exercise=exercise, findings=findings, repetitions=repetitions, drive=done.signal)
    return replace(changed, feedback=clip_sentences(repetitions, exercise, done.instead)) if analysis.found else changed


def frame_as_photo(
    analysis: VideoAnalysis, frame: int, image: np.ndarray, lifter: str | Path | Lifter = DEFAULT_LIFTER
) -> PhotoAnalysis:
    """One frame of a repetition as a photo, with what the clip tells of it: its angles are those of the clip.

    Parameters
    ----------
    analysis : VideoAnalysis
    frame : int
        Index along its frames, where somebody is known.
    image : (H, W, 3) uint8 array
        That frame.
    lifter
        That the analysis was made with.

    Returns
    -------
    PhotoAnalysis
    """
    near = _near(analysis, frame)
    view = FIELD_OF_VIEW if analysis.field_of_view is None else analysis.field_of_view
    _, drawn = next(poses_drawn(analysis.pose2d[near], np.zeros(len(near), int), lifter, view))
    at, known = int(np.flatnonzero(near == frame)[0]), analysis.pose3d[frame]
    samples, scale = drawn[at].samples, _scale(analysis.pose3d.points[near], drawn.points, at)
    if samples is not None:
        samples = known.points + scale * (samples - drawn.points[at])
    pose3d = replace(known, samples=samples, hidden=drawn[at].hidden)
    findings = tuple(finding[frame] for finding in analysis.findings)
    feedback = sentences(findings, analysis.exercise) if findings else []
    pose2d, recognition = analysis.pose2d[frame], recognise(pose3d)
    return PhotoAnalysis(
        image, analysis.exercise, pose2d, pose3d, findings, feedback, analysis.field_of_view, recognition
    )


def _near(analysis: VideoAnalysis, frame: int) -> np.ndarray:
    """The frames round one that are of the same stretch, and lifted with it."""
    near = np.arange(max(frame - _AROUND, 0), min(frame + _AROUND + 1, len(analysis.times)))
    return near[analysis.track[near] == analysis.track[frame]]


def _with_frame(poses: Pose2D, frame: int, pose: Pose2D) -> Pose2D:
    """``poses`` (T, J, 2) with one of them replaced."""
    parts: dict[str, Any] = {}
    for name in ("points", "score", "covariance", "depth", "visibility"):
        whole, new = getattr(poses, name), getattr(pose, name)
        if whole is not None and new is not None:
            parts[name] = whole.copy()
            parts[name][frame] = new
    return replace(poses, **parts)


def _scale(known: np.ndarray, lifted: np.ndarray, leave_out: int) -> float:
    """By how much the known poses (N, 16, 3) are larger than the lifted ones: a height may have been given."""
    sizes = [np.linalg.norm(np.delete(poses, leave_out, 0), axis=-1).ravel() for poses in (known, lifted)]
    both = np.isfinite(sizes[0]) & (np.nan_to_num(sizes[1]) > 1)
    return float(np.median(sizes[0][both] / sizes[1][both])) if both.any() else 1.0


def _told_anew(analysis: VideoAnalysis, instead: str, said: Sequence[str]) -> list[str]:
    """The feedback with its sentences about the repetitions replaced; what else was told stays."""
    old = clip_sentences(analysis.repetitions, analysis.exercise, instead)
    rest = [sentence for sentence in analysis.feedback if sentence not in old]
    first = next((place for place, sentence in enumerate(analysis.feedback) if sentence in old), 0)
    return [*rest[:first], *said, *rest[first:]]
