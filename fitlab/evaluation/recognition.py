"""Are exercises told apart, and is nobody refused who does the right one? ``fitlab evaluate recognition``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fitlab.analysis import seen_in_picture
from fitlab.datasets.records import PoseSet
from fitlab.evaluation.results import Result
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.recognition import DEFAULT_RECOGNISER, UNKNOWN, Recognition, recognise, something_else
from fitlab.exercises.records import Exercise
from fitlab.lifting.lifter import Lifter
from fitlab.poses import Pose3D

#: What recorded motion calls the exercises that are told apart.
_SAME = {"Squat": "squat", "JumpJack": "jumping_jack", "KneeRaise": "knee_raise", "deep_squat": "squat"}


def score_recognition(lifter: Lifter, test: PoseSet, recogniser: str | Path = DEFAULT_RECOGNISER) -> Result:
    """What is recognised in every pose of a set, and who would be refused.

    Parameters
    ----------
    lifter : Lifter
    test : PoseSet of N poses
        Its groups are exercises. Whether a repetition has begun is told by the truth in space.
    recogniser : str or Path
        By name or file.

    Returns
    -------
    Result
        Summary, over fitlab's own exercises: the share ``accepted`` of the poses at the moment to judge, their own
        exercise having been chosen; the share ``named`` of them; the share ``others refused`` of the poses at any
        moment, another exercise having been chosen. Tables: the same by exercise; what each group is recognised as.
    """
    pose = lifter.lift(seen_in_picture(test.pose2d))
    recognition = recognise(pose, recogniser)
    groups = np.array([_SAME.get(group, group) for group in test.groups.tolist()])
    known = load_exercises()
    rows = {name: _row(known[name], groups == name, pose, recognition, test.truth) for name in known}
    rows = {name: row for name, row in rows.items() if row["poses"]}
    names, counts = np.unique(np.stack([groups, recognition.name], -1), axis=0, return_counts=True)
    shown = pd.DataFrame({"group": names[:, 0], "as": names[:, 1], "count": counts})
    confused = shown.pivot(index="group", columns="as", values="count").fillna(0).astype(int)
    table = pd.DataFrame.from_dict(rows, orient="index")
    summary: dict[str, float] = {"poses": len(test), "unknown": float((recognition.name == UNKNOWN).mean())}
    if rows:
        moments, others = table["at the moment"], table["others"]
        summary |= {
            "at the moment": int(moments.sum()),
            "accepted": float((table["accepted"] * moments).sum() / moments.sum()),
            "named": float((table["named"] * moments).sum() / moments.sum()),
            "others refused": float((table["others refused"] * others).sum() / others.sum()),
        }
    tables = {"by exercise": table, "recognised as": confused}
    return Result(test.name, len(test), summary, tables, test.left_out)


def _row(
    exercise: Exercise, own: np.ndarray, pose: Pose3D, recognition: Recognition, truth: np.ndarray
) -> dict[str, float]:
    """The scores of one exercise, ``own`` (N,) being the poses that show it."""
    refused = something_else(recognition, exercise, exercise.phase(pose.points))[0]
    refused = refused | exercise.contradicts_posture(pose.points)
    judged = own & (exercise.phase(truth) == "end")
    return {
        "poses": int(own.sum()),
        "at the moment": int(judged.sum()),
        "accepted": _share(~refused[judged]),
        "named": _share(np.asarray(recognition.name)[judged] == exercise.name),
        "others": int((~own).sum()),
        "others refused": _share(refused[~own]),
    }


def _share(rows: np.ndarray) -> float:
    return float(rows.mean()) if rows.size else np.nan
