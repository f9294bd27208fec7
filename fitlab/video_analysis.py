"""What a clip says about one exercise, frame by frame and repetition by repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fitlab.exercises.assessment import Finding
from fitlab.exercises.definition import Exercise
from fitlab.exercises.repetitions import Repetition, repetition_table
from fitlab.poses import Pose2D, Pose3D

#: The states of a frame: the person was found in it; was not, but a moment before and after; is not known.
SEEN, BRIDGED, LOST = "seen", "bridged", "lost"


@dataclass(frozen=True)
class VideoAnalysis:
    """A clip of T frames of one person.

    Parameters
    ----------
    exercise : Exercise
        What was done.
    times : (T,) array
        Seconds in the clip, as its container says; not always evenly spaced.
    frames : (T,) int array
        Which pictures of the clip were analysed, counted from 0.
    pose2d : Pose2D
        Joints (T, 16, 2), smoothed, in pixels of the upright frames; NaN where nobody is known.
    pose3d : Pose3D
        Joints (T, 16, 3) in mm in the camera's axes.
    findings : tuple of Finding
        One for each check, with arrays (T,).
    repetitions : tuple of Repetition
        In their order.
    feedback : list of str
        Sentences about the clip, the most important first.
    image_size : (width, height)
        Pixels of the upright frames.
    state : (T,) array of str
        :data:`SEEN`, :data:`BRIDGED` or :data:`LOST`.
    track : (T,) int array
        Number of the unbroken stretch of one person, from 0; a cut or leaving the picture ends it. -1 where lost.
    drive : (T,) array
        Degrees of the driving angle as the repetitions were counted by; NaN where unknown and for a hold.
    source : Path, optional
        The clip, where it came from a file, so that its frames can be read again.
    notes : list of str
        What happened in the clip: cuts, the person leaving, frames that could not be read.
    field_of_view : float, optional
        Degrees that the frames' longer side shows, where that is known.
    """

    exercise: Exercise
    times: np.ndarray
    frames: np.ndarray
    pose2d: Pose2D
    pose3d: Pose3D
    findings: tuple[Finding, ...]
    repetitions: tuple[Repetition, ...]
    feedback: list[str]
    image_size: tuple[int, int]
    state: np.ndarray
    track: np.ndarray
    drive: np.ndarray
    source: Path | None = None
    notes: list[str] = field(default_factory=list)
    field_of_view: float | None = None

    @property
    def found(self) -> bool:
        """Whether there is a person in any frame."""
        return bool((self.state != LOST).any())

    @property
    def fps(self) -> float:
        """Frames a second of what was analysed, in the median; NaN for a single frame."""
        return float(1 / np.median(np.diff(self.times))) if len(self.times) > 1 else np.nan

    @property
    def angles(self) -> pd.DataFrame:
        """One row for each frame, indexed by seconds.

        For each angle that the exercise checks, ``angles["left_knee"]`` has the columns ``degrees``, ``low`` and
        ``high`` (90 % interval) and ``verdict``. Where two checks ask for one angle, the verdict is that of the one
        that is judged in the frame.
        """
        return angle_table(self.times, self.findings)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each repetition, see :func:`fitlab.exercises.repetitions.repetition_table`."""
        return repetition_table(self.repetitions)


def angle_table(times: np.ndarray, findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings (T,) of a clip side by side.

    Parameters
    ----------
    times : (T,) array
        Seconds.
    findings : sequence of Finding
        With arrays (T,).

    Returns
    -------
    DataFrame
        Indexed by ``seconds``; columns (angle, ``degrees`` | ``low`` | ``high`` | ``verdict``).
    """
    columns: dict[tuple[str, str], np.ndarray] = {}
    for finding in findings:
        name, judged = finding.check.angle, np.asarray(finding.reason) == ""
        for quantity in ("degrees", "low", "high"):
            columns.setdefault((name, quantity), np.asarray(getattr(finding, quantity)))
        verdict = np.asarray(finding.verdict).astype(object)
        key = (name, "verdict")
        columns[key] = np.where(judged, verdict, columns[key]) if key in columns else verdict
    index = pd.Index(times, name="seconds")
    return pd.DataFrame(columns, index=index) if columns else pd.DataFrame(index=index)
