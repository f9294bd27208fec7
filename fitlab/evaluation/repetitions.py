"""How well repetitions are counted and judged, on synthetic clips of known truth."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from fitlab.evaluation.intervals import summarised
from fitlab.evaluation.known_clips import SIZE, KnownClip, known_clip
from fitlab.evaluation.results import Result
from fitlab.exercises.assessment import WRONG
from fitlab.exercises.definition import load_exercises
from fitlab.skeletons import without_side
from fitlab.synthetic.exercises.catalogue import errors_of
from fitlab.synthetic.exercises.motion import NONE
from fitlab.video_analysis import VideoAnalysis, analyze_poses

#: The exercises of the benchmark, and its clips of each.
EXERCISES, CLIPS = ("squat", "push_up", "overhead_press", "lunge", "curl"), 12
#: The form errors that angles between sixteen joints show.
SHOWN = {
    "squat": ("half_depth", "forward_lean"),
    "push_up": ("hips_sagging", "hips_piking"),
    "overhead_press": ("leaning_back", "elbows_not_locked", "uneven_arms"),
    "lunge": ("half_depth", "knee_past_toe", "forward_lean"),
    "curl": ("leaning_back", "elbows_forward"),
}
#: Degrees: a target that is missed by as many is missed clearly.
CLEAR = 10.0


def analyzed(clip: KnownClip) -> VideoAnalysis:
    """What fitlab makes of a known clip.

    Parameters
    ----------
    clip
        With its detections.

    Returns
    -------
    VideoAnalysis
    """
    return analyze_poses(clip.followed, SIZE, load_exercises()[clip.exercise])


def score_repetitions(seed: int = 1) -> Result:
    """How well repetitions are counted, timed, measured and judged on synthetic clips.

    An exercise is told to be wrong where a check is in most repetitions of a clip, and is wrong where the true angle
    misses that check's target in most of them.

    Parameters
    ----------
    seed
        Another seed gives other clips.

    Returns
    -------
    Result
        Over :data:`CLIPS` clips of each of :data:`EXERCISES`, half of them with a form error: the share of exact counts
        and of those off by one at most. Of the repetitions of exact clips the shares whose start and end are within
        0.15 s, and whose turn is within 0.25 s, and the median error of the driving angle at the turning points. Of all
        checks that exact clips are told to miss the share that they do miss (precision); of the clips with an error
        that angles show (:data:`SHOWN`) of grade 0.5 or more the share in which an angle misses its target, which is
        as many as could be told, and the share that is told of something that is wrong (recall), and the same of all
        checks that are missed by :data:`CLEAR` degrees or more. The share of the angles that are checked
        which is within its interval, in all frames of repetitions and in those that verdicts are from.
    """
    rows, marks, checks, angles = [], [], [], []
    for exercise in EXERCISES:
        for number in range(CLIPS):
            clip = known_clip(exercise, 1000 * seed + number, _error_of(exercise, number))
            found = analyzed(clip)
            off = len(found.repetitions) - len(clip.turns)
            rows.append({"exercise": exercise, "error": clip.error, "off": off})
            angles.append(_intervals(clip, found))
            if off == 0:
                marks += _marked(clip, found)
                about = {"clip": (exercise, number), "form error": f"{exercise}, {clip.error}"}
                checks += [one | about for one in _judged(clip, found)]
    clips, timed, told = pd.DataFrame(rows), pd.DataFrame(marks), pd.DataFrame(checks)
    wrong, graded, held = told["missed"] > 0, told[told["graded"]], pd.concat(angles)
    summary = {
        "count exact": float((clips["off"] == 0).mean()),
        "count off by one at most": float((clips["off"].abs() <= 1).mean()),
        "start within 0.15 s": float((timed["start"] <= 0.15).mean()),
        "turn within 0.25 s": float((timed["turn"] <= 0.25).mean()),
        "end within 0.15 s": float((timed["end"] <= 0.15).mean()),
        "driving angle at the turn, median error in degrees": float(timed["degrees"].median()),
        "faults told that are faults": float(wrong[told["told"]].mean()),
        "clips with a form error of grade 0.5 or more": int(graded["clip"].nunique()),
        "of them with an angle that misses its target": float(
            wrong[told["graded"]].groupby(graded["clip"]).any().mean()
        ),
        "of them told of a fault": float((graded["told"] & wrong).groupby(graded["clip"]).any().mean()),
        f"faults by {CLEAR:g} degrees or more that are told": float(told["told"][told["missed"] >= CLEAR].mean()),
        "angles within their 90 % interval": float(held["held"].mean()),
        "angles at the judged moments within it": float(held["held"][held["judged"]].mean()),
    }
    table = clips.groupby("exercise")["off"].agg(clips="size", exact=lambda off: int((off == 0).sum()))
    tables = {"by exercise": table, "by form error": _by_error(graded), "by degrees missed": _by_degrees(told)}
    return Result("synthetic-clips", len(clips), summary, tables | {"by angle": summarised(held, "angle")})


def _error_of(exercise: str, number: int) -> str:
    """No error in every other clip, and one after the other of the movement's in the rest."""
    errors = errors_of(exercise)[1:]
    return errors[number // 2 % len(errors)] if number % 2 else NONE


def _marked(clip: KnownClip, found: VideoAnalysis) -> list[dict[str, float]]:
    """How far off each repetition is in time and in its driving angle."""
    drive = found.exercise.drive_angle
    true = drive(clip.truth)[_frames(clip, clip.turns)]
    seen = drive(found.pose3d.points)
    return [
        {
            "start": abs(each.start - start),
            "turn": abs(each.turn - turn),
            "end": abs(each.end - end),
            "degrees": abs(seen[each.turn_frame] - degrees),
        }
        for each, start, turn, end, degrees in zip(
            found.repetitions, clip.starts, clip.turns, clip.ends, true, strict=True
        )
    ]


def _judged(clip: KnownClip, found: VideoAnalysis) -> list[dict[str, object]]:
    """For each check whether it is told to be missed in most repetitions, and by how many degrees it truly is."""
    graded = clip.grade >= 0.5 and clip.error in SHOWN[clip.exercise]
    judged: list[dict[str, object]] = []
    for place, check in enumerate(found.exercise.checks):
        verdicts = [each.moments[place].verdict for each in found.repetitions]
        degrees, (low, high) = check.measure.compute(clip.truth), check.limits
        beyond = np.maximum(low - degrees, degrees - high)
        if check.phase == "any":
            spans = zip(clip.starts, clip.ends, strict=True)
            worst = [beyond[(clip.times >= start) & (clip.times <= end)].max() for start, end in spans]
            missed = float(np.median(worst))
        else:
            missed = float(np.median(beyond[_frames(clip, clip.turns)]))
        told = 2 * sum(verdict in WRONG for verdict in verdicts) > len(verdicts)
        judged.append({"told": told, "missed": missed, "graded": graded})
    return judged


def _by_error(graded: pd.DataFrame) -> pd.DataFrame:
    """Of each form error how many clips have it, miss a target by it, and are told so; and the degrees beyond it."""
    graded = graded.assign(wrong=graded["missed"] > 0, right=graded["told"] & (graded["missed"] > 0))
    clips = graded.groupby(["form error", "clip"]).agg({"wrong": "any", "right": "any", "missed": "max"})
    by_error = clips.groupby("form error")
    return by_error.agg(
        clips=("wrong", "size"), missed=("wrong", "sum"), told=("right", "sum"), median=("missed", "median")
    )


def _by_degrees(told: pd.DataFrame) -> pd.DataFrame:
    """Of all checks how many miss their target by so many degrees, and the share of them that is told."""
    edges = [0, 5, CLEAR, 20, np.inf]
    labels = [f"{low:g} to {high:g}" for low, high in itertools.pairwise(edges[:-1])] + [f"{edges[-2]:g} and more"]
    by_degrees = told.groupby(pd.cut(told["missed"], edges, labels=labels), observed=False)["told"]
    return by_degrees.agg(checks="size", told="mean")


def _intervals(clip: KnownClip, found: VideoAnalysis) -> pd.DataFrame:
    """Whether the intervals of the angles that are checked hold the truth, in every frame of a repetition."""
    parts = []
    for place, finding in enumerate(found.findings):
        true = finding.check.measure.compute(clip.truth)
        moments = [each.moments[place].frame for each in found.repetitions]
        table = {
            "angle": without_side(finding.check.angle),
            "judged": np.isin(np.arange(len(clip.times)), moments),
            "error": np.abs(finding.degrees - true),
            "half": (finding.high - finding.low) / 2,
            "held": (finding.low <= true) & (true <= finding.high),
        }
        parts.append(pd.DataFrame(table)[clip.repeating & np.isfinite(finding.degrees)])
    return pd.concat(parts)


def _frames(clip: KnownClip, seconds: np.ndarray) -> np.ndarray:
    return np.minimum(np.searchsorted(clip.times, seconds), len(clip.times) - 1)
