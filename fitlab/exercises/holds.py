"""Holds: stretches in which somebody keeps the posture of a plank and its like, and how much of them is in form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitlab.exercises.assessment import NOT_JUDGED, WRONG, Finding
from fitlab.exercises.counting import posture, unbroken
from fitlab.exercises.judging import moment, most_serious, sentence
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Repetition
from fitlab.smoothing import LONGEST_GAP

#: Seconds: a shorter stretch is somebody passing through; a shorter break does not end one.
SHORTEST, _BREAK = 2.0, 0.7
#: Degrees, root mean square over angles, by which a held posture may differ from the usual one of the clip.
_ALIKE = 22.0


def held(points: np.ndarray, times: np.ndarray, track: np.ndarray, exercise: Exercise) -> list[np.ndarray]:
    """The stretches in which the exercise is held.

    Parameters
    ----------
    points : (T, 16, 3) array
        LIFT16 in mm in camera axes; NaN where unknown.
    times : (T,) array
        Seconds.
    track : (T,) int array
        The stretch of one person that each frame belongs to; -1 for none.
    exercise : Exercise
        Without a driving angle.

    Returns
    -------
    list of int arrays
        Their frames.
    """
    postures = posture(points)
    possible = np.isfinite(postures).any(-1) & ~exercise.contradicts_posture(points) & (track >= 0)
    if not possible.any():
        return []
    usual = np.nanmedian(postures[possible], axis=0)
    known = np.isfinite(postures - usual)
    squares = np.where(known, np.square(np.where(known, postures - usual, 0)), 0).sum(-1)
    off = np.sqrt(squares / np.maximum(known.sum(-1), 1))
    still = np.where(possible & (off <= _ALIKE), 1.0, np.nan)
    stretches = [frames for frames, _ in unbroken(still, times, track, LONGEST_GAP)]
    joined: list[np.ndarray] = []
    for frames in stretches:
        near = joined and times[frames[0]] - times[joined[-1][-1]] <= _BREAK
        if near and track[frames[0]] == track[joined[-1][-1]]:
            joined[-1] = np.arange(joined[-1][0], frames[-1] + 1)
        else:
            joined.append(frames)
    return [frames for frames in joined if times[frames[-1]] - times[frames[0]] >= SHORTEST]


def judged_holds(
    stretches: Sequence[np.ndarray], findings: Sequence[Finding], times: np.ndarray
) -> tuple[Repetition, ...]:
    """The record of each hold.

    Parameters
    ----------
    stretches : sequence of int arrays
        Their frames.
    findings : sequence of Finding
        Of all T frames.
    times : (T,) array
        Seconds.

    Returns
    -------
    tuple of Repetition
        Their tempo has ``hold``, the seconds, and ``in form``, those of them in which nothing was clearly wrong and
        something was judged.
    """
    records = []
    steps = np.gradient(times) if len(times) > 1 else np.zeros(1)
    for number, frames in enumerate(stretches, 1):
        verdicts = np.stack([np.asarray(finding.verdict)[frames] for finding in findings])
        wrong = np.isin(verdicts, WRONG).any(0) | (verdicts == NOT_JUDGED).all(0)
        start, end = float(times[frames[0]]), float(times[frames[-1]])
        form = min(float(steps[frames][~wrong].sum()), end - start)
        moments = tuple(moment(finding, frames, times) for finding in findings)
        middle = int(frames[len(frames) // 2])
        about = sentence(f"Hold {number}, {end - start:.1f} s, {form:.1f} s of it in form", moments, findings, frames)
        records.append(
            Repetition(
                number,
                start,
                float(times[middle]),
                end,
                int(frames[0]),
                middle,
                int(frames[-1]),
                {"hold": end - start, "in form": form},
                moments=moments,
                verdict=most_serious(moments).verdict,
                sentence=about,
            )
        )
    return tuple(records)
