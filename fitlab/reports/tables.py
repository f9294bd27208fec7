"""An analysis as tables (CSV) and as JSON, for other programs."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.poses import Pose2D, Pose3D
from fitlab.video_analysis import VideoAnalysis


def frame_table(analysis: VideoAnalysis) -> pd.DataFrame:
    """One row for each frame of a clip.

    Parameters
    ----------
    analysis : VideoAnalysis

    Returns
    -------
    DataFrame
        ``seconds``, ``frame`` (of the clip, from 0), ``state``, ``track``, ``repetition`` (0 between two), and for
        each angle ``NAME``, ``NAME_low``, ``NAME_high`` in degrees and ``NAME_verdict``.
    """
    columns: dict[str, object] = {
        "seconds": analysis.times.round(4),
        "frame": analysis.frames,
        "state": analysis.state,
        "track": analysis.track,
        "repetition": _repetition_of_frames(analysis),
    }
    angles = analysis.angles
    for name, quantity in angles.columns:
        values = angles[(name, quantity)].to_numpy()
        if quantity != "verdict":
            values = values.astype(float).round(1)
        columns[name if quantity == "degrees" else f"{name}_{quantity}"] = values
    return pd.DataFrame(columns)


def repetitions_with_moments(analysis: VideoAnalysis) -> pd.DataFrame:
    """One row for each repetition: those of ``analysis.table``, the sentence, and the worst moment of each check.

    See :func:`frame_table` for the parameters.

    Returns
    -------
    DataFrame
        As :func:`fitlab.exercises.repetitions.repetition_table`, and ``sentence``, and for each check ``NAME`` in
        degrees, ``NAME_seconds`` in the clip and ``NAME_verdict``; a number is added to the name of an angle that is
        checked twice.
    """
    table = analysis.table.copy()
    table["sentence"] = [each.sentence for each in analysis.repetitions]
    for number, check in enumerate(analysis.exercise.checks):
        earlier = sum(other.angle == check.angle for other in analysis.exercise.checks[:number])
        name = f"{check.angle}_{earlier + 1}" if earlier else check.angle
        moments = [_moment(each, number) for each in analysis.repetitions]
        table[name] = [round(each.degrees, 1) if each else np.nan for each in moments]
        table[f"{name}_seconds"] = [round(each.seconds, 3) if each else np.nan for each in moments]
        table[f"{name}_verdict"] = [each.verdict if each else "" for each in moments]
    return table


def clip_json(analysis: VideoAnalysis) -> str:
    """A clip's joints, angles, repetitions and sentences; unknown numbers are null.

    Parameters
    ----------
    analysis : VideoAnalysis

    Returns
    -------
    str
        JSON. ``frames`` has a list for each quantity, with an entry for each frame; ``points_px`` and ``points_mm``
        are lists of joints in the order of ``joints_px`` and ``joints_mm``.
    """
    frames = frame_table(analysis)
    content = {
        "exercise": analysis.exercise.name,
        "found": analysis.found,
        "image_size": list(analysis.image_size),
        "field_of_view": analysis.field_of_view,
        "feedback": list(analysis.feedback),
        "notes": list(analysis.notes),
        "repetitions": [_repetition(each) for each in analysis.repetitions],
        "joints_px": list(analysis.pose2d.skeleton.joints),
        "joints_mm": list(analysis.pose3d.skeleton.joints),
        "frames": {name: plain(column.tolist()) for name, column in frames.items()} | _joints(analysis),
    }
    return json.dumps(content, allow_nan=False) + "\n"


def plain(value: object) -> object:
    """Lists and numbers as JSON knows them: NaN is None."""
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _joints(analysis: VideoAnalysis) -> dict[str, object]:
    poses: dict[str, Pose2D | Pose3D] = {"px": analysis.pose2d, "mm": analysis.pose3d}
    points = {f"points_{unit}": plain(pose.points.round(1).tolist()) for unit, pose in poses.items()}
    return points | {"score": plain(analysis.pose2d.score.round(3).tolist())}


def _repetition(each: Repetition) -> dict[str, object]:
    numbers = {name: round(getattr(each, name), 3) for name in ("start", "turn", "end", "symmetry")}
    frames = {name: getattr(each, name) for name in ("start_frame", "turn_frame", "end_frame")}
    words = {"verdict": each.verdict, "sentence": each.sentence, "complete": each.complete}
    inside = {
        "tempo": {name: plain(round(float(seconds), 3)) for name, seconds in each.tempo.items()},
        "range_of_motion": plain([round(float(degrees), 1) for degrees in each.range_of_motion]),
        "worst_moments": [_worst(moment) for moment in each.moments],
    }
    known = {name: plain(float(number)) for name, number in numbers.items()}
    return {"number": each.number} | known | frames | words | inside


def _worst(moment: Moment) -> dict[str, object]:
    numbers = {
        name: plain(round(float(getattr(moment, name)), 2))
        for name in ("seconds", "degrees", "low", "high", "seconds_outside")
    }
    told = {"angle": moment.check.angle, "target": moment.check.target, "verdict": moment.verdict}
    return told | {"frame": int(moment.frame)} | numbers


def _moment(repetition: Repetition, number: int) -> Moment | None:
    return repetition.moments[number] if number < len(repetition.moments) else None


def _repetition_of_frames(analysis: VideoAnalysis) -> np.ndarray:
    numbers = np.zeros(len(analysis.times), int)
    for each in analysis.repetitions:
        numbers[each.start_frame : each.end_frame + 1] = each.number
    return numbers
