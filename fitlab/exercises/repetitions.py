"""The repetitions of a clip: what is known of each, and how they read as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fitlab.exercises.records import Check

#: The parts of a repetition. Which comes first is the exercise's :attr:`~fitlab.exercises.records.Exercise.begins`.
TEMPO = ("down", "bottom", "up", "top")


@dataclass(frozen=True)
class Moment:
    """One check in one repetition, at its worst moment.

    Parameters
    ----------
    check : Check
        What was asked.
    frame : int
        Index along the frames of the analysis; -1 where the check was not judged in any frame.
    seconds : float
        Its time in the clip.
    degrees, low, high : float
        The angle there with its 90 % interval.
    verdict : str
        One of :data:`fitlab.exercises.assessment.VERDICTS`, for the whole repetition.
    seconds_outside : float
        How long the estimate was outside the target.
    """

    check: Check
    frame: int
    seconds: float
    degrees: float
    low: float
    high: float
    verdict: str
    seconds_outside: float


@dataclass(frozen=True)
class Repetition:
    """One repetition, or one stretch of a hold.

    Parameters
    ----------
    number : int
        From 1.
    start, turn, end : float
        Seconds in the clip: it begins to move, it is farthest, it is back. A hold turns in its middle.
    start_frame, turn_frame, end_frame : int
        The same as indices along the frames of the analysis.
    tempo : dict
        Seconds by name of the part, in their order: for a squat ``down``, ``bottom``, ``up`` and ``top`` (until the
        next one begins). A hold has ``hold`` and ``in form``.
    range_of_motion : tuple of float
        Degrees of the driving angle, the smallest and the largest; NaN for a hold.
    symmetry : float
        Degrees, the mean over the repetition by which the left driving angle is larger than the right one; NaN where
        the exercise or the view has no two sides.
    moments : tuple of Moment
        One for each check of the exercise.
    verdict : str
        Of the whole repetition, one of :data:`fitlab.exercises.assessment.VERDICTS`.
    sentence : str
        What to tell the person.
    complete : bool
        False where the clip begins or ends within it.
    """

    number: int
    start: float
    turn: float
    end: float
    start_frame: int
    turn_frame: int
    end_frame: int
    tempo: dict[str, float] = field(default_factory=dict)
    range_of_motion: tuple[float, float] = (np.nan, np.nan)
    symmetry: float = np.nan
    moments: tuple[Moment, ...] = ()
    verdict: str = ""
    sentence: str = ""
    complete: bool = True

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


def shown_cells(each: Repetition) -> dict[str, str]:
    """A repetition as people read it.

    Parameters
    ----------
    each : Repetition

    Returns
    -------
    dict of str
        By the head of the column: number, seconds, the parts of the tempo, range of motion.
    """
    least, most = each.range_of_motion
    cut = "" if each.complete else ", cut off"
    return {
        "no.": str(each.number),
        "seconds": f"{each.start:.1f} to {each.end:.1f}{cut}",
        ", ".join(each.tempo): ", ".join(f"{seconds:.1f}" for seconds in each.tempo.values()),
        "range": "-" if np.isnan(least) else f"{least:z.0f} to {most:z.0f}°",
    }


def repetition_table(repetitions: Sequence[Repetition]) -> pd.DataFrame:
    """One row for each repetition.

    Parameters
    ----------
    repetitions : sequence of Repetition

    Returns
    -------
    DataFrame
        Indexed by ``number``: ``start``, ``turn`` and ``end`` in seconds, the tempo in seconds, ``smallest``,
        ``largest`` and ``left_minus_right`` in degrees, ``verdict``, ``complete``.
    """
    parts = tuple(dict.fromkeys(name for repetition in repetitions for name in repetition.tempo)) or TEMPO
    rows = [
        {"number": each.number, "start": round(each.start, 2), "turn": round(each.turn, 2), "end": round(each.end, 2)}
        | {name: round(each.tempo.get(name, np.nan), 2) for name in parts}
        | {"smallest": round(each.range_of_motion[0], 1), "largest": round(each.range_of_motion[1], 1)}
        | {"left_minus_right": round(each.symmetry, 1), "verdict": each.verdict, "complete": each.complete}
        for each in repetitions
    ]
    columns = ["number", "start", "turn", "end", *parts, "smallest", "largest", "left_minus_right", "verdict"]
    return pd.DataFrame(rows, columns=[*columns, "complete"]).set_index("number")
