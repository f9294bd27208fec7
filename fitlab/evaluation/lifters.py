"""How good a lifter is on poses it never saw: the lifter's half of ``fitlab evaluate``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from fitlab.angles import MEASURES, angle_between, front, point
from fitlab.bodies import body_height
from fitlab.datasets.records import PoseSet
from fitlab.detection.detector import Detector
from fitlab.detection.mediapipe import Landmarker
from fitlab.evaluation.detections import detect_all
from fitlab.evaluation.results import Result
from fitlab.lifting.inputs import FIELD_OF_VIEW
from fitlab.lifting.lifter import Lifter
from fitlab.metrics import (
    angle_errors,
    bootstrap_interval,
    joint_errors,
    known_mean,
    mpjpe,
    n_mpjpe,
    pa_mpjpe,
    relative,
)
from fitlab.skeletons import LIFT16

#: The angles whose error is reported, each on both sides.
ANGLES = ("knee", "hip", "elbow", "shoulder")
#: Columns in mm of :func:`evaluate_lifter`, and what the summary calls them.
SCORES = {
    "mpjpe": "MPJPE mm",
    "mpjpe_16": "MPJPE mm over 16 joints",
    "camera_known": "MPJPE mm with the field of view",
    "all_known": "MPJPE mm with the height too",
    "n_mpjpe": "N-MPJPE mm",
    "pa_mpjpe": "PA-MPJPE mm",
}


def detected(poses: PoseSet, detector: Detector | Landmarker) -> PoseSet:
    """The same test with the joints that a detector finds in the whole pictures.

    Parameters
    ----------
    poses
        A test with pictures.
    detector

    Returns
    -------
    PoseSet
        The same truth with the detector's 2D joints.

    Raises
    ------
    ValueError
        For a set without pictures.
    """
    if poses.photos is None:
        raise ValueError(f"{poses.name} has no pictures to detect joints in; leave --detector out")
    return replace(poses, pose2d=detect_all(detector, poses.photos).pose)


def evaluate_lifter(lifter: Lifter, test: PoseSet) -> pd.DataFrame:
    """The errors of a lifter, pose by pose.

    Parameters
    ----------
    lifter : Lifter
    test : PoseSet of N poses

    Returns
    -------
    DataFrame of N rows
        group, person, viewpoint; in mm mpjpe (15 joints), mpjpe_16 (with the pelvis, as in the report), camera_known
        (15 joints, the field of view being given), all_known (the person's height as well), n_mpjpe, pa_mpjpe and
        ``error JOINT``; ``angle NAME`` in degrees, the mean of both sides. NaN where the truth is not known.
    """
    lifted = lifter.lift(test.pose2d).points
    shown = np.where(np.isnan(test.field_of_view), FIELD_OF_VIEW, test.field_of_view)
    turned = lifter.lift(test.pose2d, field_of_view=shown).points
    camera_known = np.where(np.isnan(test.field_of_view), np.nan, mpjpe(turned, test.truth))
    table = {
        "group": test.groups,
        "person": test.people,
        "viewpoint": viewpoints(test.truth),
        "mpjpe": mpjpe(lifted, test.truth),
        "mpjpe_16": mpjpe(lifted, test.truth, with_root=True),
        "camera_known": camera_known,
        "all_known": mpjpe(turned * (test.heights / body_height(turned))[:, None, None], test.truth),
        "n_mpjpe": n_mpjpe(lifted, test.truth),
        "pa_mpjpe": pa_mpjpe(lifted, test.truth),
    }
    errors = joint_errors(relative(lifted), relative(test.truth))
    table |= {f"error {joint}": errors[:, index] for index, joint in enumerate(LIFT16.joints[1:], start=1)}
    for name in ANGLES:
        measures = [MEASURES[f"{side}_{name}"] for side in ("left", "right")]
        sides = [angle_errors(measure.compute(lifted), measure.compute(test.truth)) for measure in measures]
        table[f"angle {name}"] = known_mean(np.array(sides), axis=0)
    return pd.DataFrame(table)


def viewpoints(truth: np.ndarray) -> np.ndarray:
    """From where people are seen.

    Parameters
    ----------
    truth : (N, 16, 3) mm, LIFT16, camera axes

    Returns
    -------
    (N,) str
        ``front``, ``side``, ``back``, or ``end on`` (along the trunk); ``unknown`` where hips or shoulders are.
    """
    away = np.array([0.0, 0.0, 1.0])
    turned = angle_between(-front(truth), away)
    leaning = angle_between(point(truth, "thorax") - point(truth, "pelvis"), away)
    kinds = [np.isnan(turned), np.abs(leaning - 90) > 45, turned < 45, turned > 135]
    return np.select(kinds, ["unknown", "end on", "front", "back"], "side")


def score_lifter(lifter: Lifter, test: PoseSet) -> Result:
    """A lifter's errors over all poses, by group, viewpoint, joint and angle.

    See :func:`evaluate_lifter` for the parameters.

    Returns
    -------
    Result
        Summary: means of :data:`SCORES` in mm, the ends of the 95 % interval of MPJPE, the median angle error in
        degrees over :data:`ANGLES` and for each of them. The intervals are over people, or clips of recorded motion.
    """
    return summarise(evaluate_lifter(lifter, test), test)


def summarise(table: pd.DataFrame, test: PoseSet) -> Result:
    """The result of :func:`score_lifter` from the table of :func:`evaluate_lifter` for the poses of ``test``."""
    joints = [column for column in table if column.startswith("error ")]
    angles = table[[f"angle {name}" for name in ANGLES]].to_numpy()
    whole = _row(table)
    summary = {title: whole[column] for column, title in SCORES.items()}
    summary |= {"MPJPE mm low": whole["low"], "MPJPE mm high": whole["high"], "median angle error": _median(angles)}
    summary |= {f"median error {name}": whole[f"angle {name}"] for name in ANGLES}
    judged = ~np.isnan(test.truth[:, 1:]).any(-1)
    answered = ~np.isnan(table[joints].to_numpy())
    summary = {name: value for name, value in summary.items() if not np.isnan(value)}
    summary["poses not found"] = int((judged.any(1) & ~answered.any(1)).sum())
    summary["share of joints not answered"] = float(1 - answered[judged].mean())
    tables = {f"by {key}": _by(table, key) for key in ("group", "viewpoint")}
    by_joint = table[joints].mean().rename(lambda name: name.removeprefix("error "))
    tables["by joint"] = by_joint.rename("mm").to_frame().dropna()
    return Result(test.name, len(test), summary, tables, test.left_out)


def _by(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """A row for each value of ``key``: means in mm of the scores, medians in degrees of the angles."""
    rows = {name: _row(rows) for name, rows in [*table.groupby(key), ("all", table)]}
    return pd.DataFrame.from_dict(rows, orient="index").dropna(axis=1, how="all")


def _row(table: pd.DataFrame) -> dict[str, float]:
    errors = table["mpjpe"].to_numpy()
    low, high = bootstrap_interval(errors, table["person"].to_numpy())
    means = table[list(SCORES)].mean().to_dict()
    medians = {f"angle {name}": _median(table[f"angle {name}"].to_numpy()) for name in ANGLES}
    return {"poses": len(table), "mpjpe": means.pop("mpjpe"), "low": low, "high": high, **means, **medians}


def _median(values: np.ndarray) -> float:
    """The median of what is known; NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else np.nan
