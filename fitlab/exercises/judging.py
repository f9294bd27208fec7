"""Counted repetitions and the findings of their frames -> records with tempo, worst moments and a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitlab.angles import MEASURES
from fitlab.exercises.advice import advice_at, corrections, lowered
from fitlab.exercises.assessment import (
    GOOD,
    MOVING,
    NOT_JUDGED,
    OUTSIDE,
    TOO_LARGE,
    TOO_SMALL,
    UNSURE,
    WRONG,
    Finding,
    half_judged,
)
from fitlab.exercises.counting import Timing
from fitlab.exercises.records import Exercise, measured_sides
from fitlab.exercises.repetitions import Moment, Repetition

#: Seconds: what is wrong for less is not told; one frame may be an error of the detector.
_LASTING = 0.15
#: Frames whose driving angle is within this share of the swing of its turning point are its far point.
_FAR = 0.06
_SERIOUS = (TOO_SMALL, TOO_LARGE, UNSURE, GOOD, NOT_JUDGED)


def phases(timings: Sequence[Timing], signal: np.ndarray, times: np.ndarray) -> np.ndarray:
    """In which phase of a repetition every frame is.

    Parameters
    ----------
    timings : sequence of Timing
    signal : (T,) array
        Degrees that they were counted by.
    times : (T,) array
        Seconds.

    Returns
    -------
    (T,) array of str
        ``end`` about the turning point, ``start`` where a repetition begins or ends,
        :data:`~fitlab.exercises.assessment.MOVING` between them, else :data:`~fitlab.exercises.assessment.OUTSIDE`.
    """
    phase = np.full(len(times), OUTSIDE, dtype="<U8")
    for each in timings:
        within = (times >= each.start) & (times <= each.end)
        turn, size = each.swing.turn, max(each.swing.there, each.swing.back)
        with np.errstate(invalid="ignore"):
            far = np.abs(signal - signal[turn])
            phase[within] = np.select([far <= _FAR * size, far >= (1 - _FAR) * size], ["end", "start"], MOVING)[within]
        phase[turn] = "end"
    return phase


def judged(
    timings: Sequence[Timing],
    findings: Sequence[Finding],
    points: np.ndarray,
    signal: np.ndarray,
    times: np.ndarray,
    exercise: Exercise,
) -> tuple[Repetition, ...]:
    """The record of each repetition.

    See :func:`fitlab.exercises.course.records_of` for the answer.

    Parameters
    ----------
    timings : sequence of Timing
        In their order.
    findings : sequence of Finding
        Of the T frames, in the phases that :func:`phases` tells.
    points : (T, 16, 3) array
        LIFT16 in mm.
    signal : (T,) array
        Degrees that the repetitions were counted by.
    times : (T,) array
        Seconds.
    exercise : Exercise
        What was done.
    """
    drive, unlike = exercise.drive_angle(points), _left_minus_right(points, exercise)
    records = []
    for number, each in enumerate(timings, 1):
        frames = np.flatnonzero((times >= each.start) & (times <= each.end))
        frames = frames if len(frames) else np.array([each.swing.turn])
        following = timings[number].start if number < len(timings) else each.end
        moments = tuple(moment(finding, frames, times) for finding in findings)
        degrees = drive[frames][np.isfinite(drive[frames])]
        records.append(
            Repetition(
                number,
                each.start,
                each.turn,
                each.end,
                int(frames[0]),
                int(each.swing.turn),
                int(frames[-1]),
                tempo(each, following, exercise),
                (float(degrees.min()), float(degrees.max())) if len(degrees) else (np.nan, np.nan),
                float(np.nanmean(unlike[frames])) if np.isfinite(unlike[frames]).any() else np.nan,
                moments,
                most_serious(moments).verdict if moments else NOT_JUDGED,
                sentence(f"Repetition {number}", moments, findings, frames),
                each.complete,
            )
        )
    return tuple(records)


def tempo(timing: Timing, following: float, exercise: Exercise) -> dict[str, float]:
    """Seconds by name of the part; the last is the rest until the next repetition begins at ``following``."""
    parts = (
        timing.turned - timing.start,
        timing.returning - timing.turned,
        timing.end - timing.returning,
        following - timing.end,
    )
    names = ("down", "bottom", "up", "top") if exercise.begins == "down" else ("up", "top", "down", "bottom")
    return {name: max(seconds, 0.0) for name, seconds in zip(names, parts, strict=True)}


def _left_minus_right(points: np.ndarray, exercise: Exercise) -> np.ndarray:
    """(T,) degrees; NaN where the driving angle has no two sides."""
    sides = measured_sides(exercise.drive) if exercise.drive else ()
    if len(sides) < 2:
        return np.full(len(points), np.nan)
    left, right = (MEASURES[name].compute(points) for name in sides)
    return left - right


def moment(finding: Finding, frames: np.ndarray, times: np.ndarray) -> Moment:
    """A check at its worst moment among some frames.

    A check of one phase is taken at the middle of what is measured in that phase, any other where it is farthest
    outside its target, or nearest to the target's end, for :data:`_LASTING` seconds.

    Parameters
    ----------
    finding : Finding
        With arrays (T,).
    frames : (N,) int array
    times : (T,) array
        Seconds.

    Returns
    -------
    Moment
    """
    rows = frames[np.asarray(finding.verdict)[frames] != NOT_JUDGED]
    if not len(rows):
        return Moment(finding.check, -1, np.nan, np.nan, np.nan, np.nan, NOT_JUDGED, 0.0)
    floor, ceiling = finding.check.limits
    degrees = finding.degrees[rows]
    beyond = np.maximum(floor - degrees, degrees - ceiling)
    steps = np.gradient(times) if len(times) > 1 else np.ones(1)
    outside = float(steps[rows][np.maximum(floor - np.rint(degrees), np.rint(degrees) - ceiling) > 0].sum())
    if finding.check.phase == "any":
        width = max(round(_LASTING / max(float(np.median(steps)), 1e-6)), 1)
        worst = rows[_worst_window(beyond, width)]
    else:
        worst = rows[np.argsort(degrees)[(len(rows) - 1) // 2]]
    value, low, high = (float(part[worst]) for part in (finding.degrees, finding.low, finding.high))
    return Moment(
        finding.check, int(worst), float(times[worst]), value, low, high, str(finding.verdict[worst]), outside
    )


def _worst_window(values: np.ndarray, width: int) -> int:
    """The middle of the ``width`` frames in a row whose least value is the largest."""
    width = min(width, len(values))
    return int(np.lib.stride_tricks.sliding_window_view(values, width).min(-1).argmax()) + width // 2


def most_serious(moments: Sequence[Moment]) -> Moment:
    """The one to speak of first: what is wrong, risks before form, then what is unsure."""
    wrong = [each for each in moments if each.verdict in WRONG]
    return min(wrong or moments, key=lambda each: each.check.severity != "risk" if wrong else _rank(each))


def _rank(each: Moment) -> int:
    return _SERIOUS.index(each.verdict)


def sentence(name: str, moments: Sequence[Moment], findings: Sequence[Finding], frames: np.ndarray) -> str:
    """What to tell the person about one repetition or hold.

    Parameters
    ----------
    name : str
        Such as ``Repetition 4``.
    moments : sequence of Moment
    findings : sequence of Finding
        With arrays (T,), for the reasons why nothing was judged.
    frames : (N,) int array
        Of the repetition.

    Returns
    -------
    str
        Such as ``Repetition 4: Go deeper: bend the knees to a right angle or further (at 7.2 s).``
    """
    wrong = corrections(moments)
    if wrong:
        said = [f"{words.rstrip('.')} ({_when(group)})." for words, group in wrong]
        return f"{name}: {' '.join(said)}"
    if all(each.verdict == NOT_JUDGED for each in moments):
        reasons = [str(reason) for finding in findings for reason in np.asarray(finding.reason)[frames] if reason]
        why = max(set(reasons), key=reasons.count) if reasons else "too little is seen"
        return f"{name}: not judged, because {why}."
    unsure = [each for each in moments if each.verdict == UNSURE]
    at_limit = [each for each in unsure if each.seconds_outside > 0]
    if at_limit:
        first = min(at_limit, key=lambda each: each.check.severity != "risk")
        return f"{name}: perhaps {lowered(advice_at(first.check, first.degrees))} It is too close to call."
    little = "" if half_judged([_as_finding(each) for each in moments]) else ", but little could be judged"
    return f"{name}: good{little}." if not unsure else f"{name}: nothing is clearly wrong{little}."


def _as_finding(each: Moment) -> Finding:
    return Finding(each.check, each.degrees, each.low, each.high, each.verdict)


def _when(group: Sequence[Moment]) -> str:
    """When it is worst, and how long it lasts where that is told."""
    worst = max(group, key=lambda each: each.seconds_outside)
    lasts = worst.check.phase == "any" and worst.seconds_outside >= _LASTING
    return f"at {worst.seconds:.1f} s{f', for {worst.seconds_outside:.1f} s' * lasts}"
