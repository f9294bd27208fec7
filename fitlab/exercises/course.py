"""What happens over a clip whose poses are known: repetitions or holds, the phase of every frame, and the verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from fitlab.exercises import counting, holds, judging
from fitlab.exercises.assessment import OUTSIDE, Finding, assess
from fitlab.exercises.calibration import Calibration, default_calibration
from fitlab.exercises.driving import driving_signal
from fitlab.exercises.recognition import IMPROBABLE, POSTURES, UNKNOWN, Recognition, recognise, something_else
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Repetition
from fitlab.lifting.clips import tracks_lifted
from fitlab.lifting.lifter import Lifter
from fitlab.poses import Pose2D, Pose3D

#: Poses drawn for the intervals of each frame, and frames at a time for which they are in memory.
_SAMPLES, _AT_ONCE = 16, 256


@dataclass(frozen=True)
class Course:
    """When what is done in T frames.

    Parameters
    ----------
    signal : (T,) array
        Degrees that the repetitions are counted by; NaN where unknown and for a hold.
    phase : (T,) array of str
        As :func:`fitlab.exercises.assessment.assess` takes it.
    timings : list of Timing
        The repetitions of an exercise with a driving angle.
    stretches : list of int arrays
        The frames of each hold.
    shows : Recognition, optional
        What the repetitions or holds, or without any all frames, show together, where that plainly is another exercise.
    instead : str
        The same in words, without the full stop; empty where nothing contradicts the exercise.
    """

    signal: np.ndarray
    phase: np.ndarray
    timings: list[counting.Timing]
    stretches: list[np.ndarray]
    shows: Recognition | None = None
    instead: str = ""


def course(points: np.ndarray, pose2d: Pose2D, times: np.ndarray, track: np.ndarray, exercise: Exercise) -> Course:
    """Count the repetitions, or find the holds.

    Parameters
    ----------
    points : (T, 16, 3) array
        LIFT16 in mm in camera axes.
    pose2d : Pose2D
        (T, J, 2), the same in the picture.
    times : (T,) array
        Seconds.
    track : (T,) int array
        The stretch of one person that each frame belongs to; -1 for none.
    exercise : Exercise
        What is done.

    Returns
    -------
    Course
    """
    done = _counted(points, pose2d, times, track, exercise)
    rows = np.flatnonzero((done.phase != OUTSIDE) & (track >= 0))
    rows = rows if len(rows) else np.flatnonzero(track >= 0)  # without repetitions the whole clip says what it shows
    if not len(rows):
        return done
    shows = recognise(Pose3D(points[rows], np.isfinite(points[rows]).all(-1).astype(float))).pooled()
    if not exercise.drive:  # a hold may be where another exercise begins, as a plank on straight arms
        shows = replace(shows, improbable=IMPROBABLE)
    other, instead = something_else(shows, exercise, np.array("start"))
    # Who moves like an exercise and looks as if they stood or sat may well do it; who looks like another one does not.
    exercising = shows.name not in (UNKNOWN, *POSTURES)
    return replace(done, shows=shows, instead=str(instead)) if other and exercising else done


def _counted(points: np.ndarray, pose2d: Pose2D, times: np.ndarray, track: np.ndarray, exercise: Exercise) -> Course:
    """As :func:`course`, whatever the person does."""
    signal = np.full(len(track), np.nan)
    if exercise.drive:
        for number in np.unique(track[track >= 0]):
            rows = track == number
            signal[rows] = driving_signal(points[rows], pose2d[rows], times[rows], exercise)
        timings = counting.count(signal, points, times, track, exercise)
        return Course(signal, judging.phases(timings, signal, times), timings, [])
    stretches = holds.held(points, times, track, exercise)
    phase = np.full(len(track), OUTSIDE)
    for frames in stretches:
        phase[frames] = "end"
    return Course(signal, phase, [], stretches)


def clip_findings(
    pose2d: Pose2D,
    exercise: Exercise,
    calibration: Calibration | None,
    phase: np.ndarray,
    track: np.ndarray,
    lifter: str | Path | Lifter,
    field_of_view: float,
    shows: Recognition | None = None,
) -> tuple[Finding, ...]:
    """Every check on every frame, with the intervals of clips.

    Parameters
    ----------
    pose2d : Pose2D
        (T, J, 2).
    exercise, calibration, phase
        As for :func:`fitlab.exercises.assessment.assess`.
    track, lifter, field_of_view
        As for :func:`fitlab.lifting.clips.lift_tracks`.
    shows : Recognition, optional
        :attr:`Course.shows`: something else, so that nothing is judged.

    Returns
    -------
    tuple of Finding
        One for each check, with arrays (T,).
    """
    calibration = (calibration or default_calibration()).of_clips()
    frames, parts = [], []
    for rows, pose in poses_drawn(pose2d, track, lifter, field_of_view):
        frames.append(rows)
        parts.append(assess(pose, exercise, calibration, phase[rows], shows and shows.repeated(len(rows))))
    order = np.argsort(np.concatenate(frames))
    return tuple(_joined(each)[order] for each in zip(*parts, strict=True))


def poses_drawn(
    pose2d: Pose2D, track: np.ndarray, lifter: str | Path | Lifter, field_of_view: float
) -> Iterator[tuple[np.ndarray, Pose3D]]:
    """The poses of a clip with samples for the intervals, which are in memory for some frames at a time.

    Parameters
    ----------
    pose2d, track, lifter, field_of_view
        As for :func:`clip_findings`.

    Returns
    -------
    iterator of (rows, pose)
        As :func:`fitlab.lifting.clips.tracks_lifted` yields them.
    """
    samples = 0 if pose2d.covariance is None else _SAMPLES
    return tracks_lifted(pose2d, track, lifter, field_of_view, samples, _AT_ONCE)


def _joined(parts: Sequence[Finding]) -> Finding:
    whole: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _quantities()}
    return replace(parts[0], **whole)


def put_in(findings: Sequence[Finding], rows: np.ndarray, newer: Sequence[Finding]) -> tuple[Finding, ...]:
    """``findings`` of T frames with those of some frames replaced.

    Parameters
    ----------
    findings : sequence of Finding
        With arrays (T,).
    rows : (N,) int array
        The frames.
    newer : sequence of Finding
        Of the same checks, with arrays (N,).

    Returns
    -------
    tuple of Finding
    """
    mended = []
    for old, new in zip(findings, newer, strict=True):
        parts: dict[str, Any] = {}
        for name in _quantities():
            # As objects, since an array of texts would cut longer ones off.
            column = np.asarray(getattr(old, name))
            kind = object if column.dtype.kind == "U" else column.dtype
            changed = column.astype(kind)
            changed[rows] = getattr(new, name)
            parts[name] = changed.astype(str) if kind is object else changed
        mended.append(replace(old, **parts))
    return tuple(mended)


def _quantities() -> list[str]:
    return [each.name for each in fields(Finding) if each.name != "check"]


def records_of(
    course: Course, findings: Sequence[Finding], points: np.ndarray, times: np.ndarray, exercise: Exercise
) -> tuple[Repetition, ...]:
    """The record of each repetition or hold.

    Parameters
    ----------
    course : Course
    findings : sequence of Finding
        Of the T frames.
    points : (T, 16, 3) array
        LIFT16 in mm.
    times : (T,) array
        Seconds.
    exercise : Exercise
        What was done.

    Returns
    -------
    tuple of Repetition
    """
    if exercise.drive:
        return judging.judged(course.timings, findings, points, course.signal, times, exercise)
    return holds.judged_holds(course.stretches, findings, times)
