"""Are probabilities right? How often an angle is within its target, by how probable that was said to be."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from fitlab.evaluation.results import Result
from fitlab.exercises.assessment import GOOD, TOO_LARGE, TOO_SMALL, UNSURE, chances, likely_verdict
from fitlab.exercises.calibration import Calibration
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.intervals import distribution, score_uncertainty
from fitlab.poses import SEEN, Pose3D
from fitlab.skeletons import without_side

#: Limits of the probabilities that are put together; 0.8 is where a verdict becomes firm.
BINS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def judged_targets(
    pose: Pose3D, truth: np.ndarray, groups: np.ndarray, calibration: Calibration | None = None
) -> pd.DataFrame:
    """Every target against the truth, in poses of which one knows what they are.

    Whoever does one of fitlab's exercises is held against its targets, at the moment that each is for by the truth.
    Anybody else is held against the targets of all exercises.

    Parameters
    ----------
    pose : Pose3D (N, 16, 3)
        With samples.
    truth : (N, 16, 3) array
        mm; NaN where unknown.
    groups : (N,) array of str
        What each person does.
    calibration : Calibration, optional
        Of the pair of detector and lifter; by default that of the default pair.

    Returns
    -------
    DataFrame
        A row for each target and person: exercise, angle (without its side), probability (that it is within its
        target), within (whether it is), verdict, and true (the verdict that is right).
    """
    known = {name: one for name, one in load_exercises().items() if not one.variant_of}
    parts = []
    for name, exercise in known.items():
        doing = ~np.isin(groups, list(known)) | (groups == name)
        moment = exercise.phase(truth) == "end"
        for check in exercise.checks:
            true = np.asarray(check.measure.compute(truth))
            probable = chances(distribution(pose, check.joints or check.angle, calibration), check)
            rows = doing & np.isfinite(true) & np.isfinite(probable[0]) & check.has_target
            rows &= 1 - np.asarray(score_uncertainty(pose, check.measure.joints)) >= SEEN
            rows &= moment | (check.phase == "any") | (groups != name)
            floor, ceiling = check.limits
            right = np.select([np.rint(true) < floor, np.rint(true) > ceiling], [TOO_SMALL, TOO_LARGE], GOOD)
            table = {
                "exercise": name,
                "angle": without_side(check.angle),
                "probability": probable[0],
                "within": right == GOOD,
                "verdict": likely_verdict(probable, check, exercise),
                "true": right,
            }
            parts.append(pd.DataFrame(table)[rows])
    return pd.concat(parts, ignore_index=True)


def with_targets(result: Result, table: pd.DataFrame) -> Result:
    """A result with how right the probabilities and the verdicts are.

    Parameters
    ----------
    result : Result
    table : DataFrame of :func:`judged_targets`

    Returns
    -------
    Result
        Summary: the share of targets with a ``firm`` verdict, and the share of these that are ``wrong of firm``.
        Tables: ``within target by probability`` (how many, how probable that was said to be on average, and the share
        that is), and the verdicts by exercise and angle.
    """
    firm = table["verdict"] != UNSURE
    table = table.assign(firm=firm, wrong=firm & (table["verdict"] != table["true"]))
    bins = pd.cut(table["probability"], BINS, include_lowest=True, labels=[_percent(*pair) for pair in pairwise(BINS)])
    groups = table.groupby(bins, observed=False)
    within = pd.DataFrame(
        {"targets": groups.size(), "said": groups["probability"].mean(), "within": groups["within"].mean()}
    )
    within.index = within.index.astype(str)
    summary = {"firm": float(firm.mean()), "wrong of firm": float(table.loc[firm, "wrong"].mean())}
    tables = {"within target by probability": within, "verdicts": _verdicts(table)}
    return replace(result, summary={**result.summary, **summary}, tables={**result.tables, **tables})


def _percent(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _verdicts(table: pd.DataFrame) -> pd.DataFrame:
    groups = table.groupby(table["exercise"] + ", " + table["angle"], sort=False)
    return pd.DataFrame(
        {
            "targets": groups.size(),
            "said": groups["probability"].mean(),
            "within": groups["within"].mean(),
            "firm": groups["firm"].mean(),
            "wrong": groups["wrong"].mean(),
        }
    )
