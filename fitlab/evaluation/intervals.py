"""How good are the angles, and do their intervals keep their promise? ``fitlab evaluate angles``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from fitlab.analysis import seen_in_picture
from fitlab.angles import MEASURES
from fitlab.datasets.records import PhotoSet
from fitlab.detection.detector import Detector
from fitlab.detection.mediapipe import Landmarker
from fitlab.evaluation import lifters
from fitlab.evaluation.detections import detect_all
from fitlab.evaluation.results import Result
from fitlab.evaluation.viewpoints import HEIGHTS
from fitlab.exercises.calibration import ANGLES, Calibration, Constants
from fitlab.exercises.intervals import (
    SAMPLES,
    Distribution,
    distribution,
    fit_constants,
    sample_deviation,
    score_uncertainty,
    widening,
)
from fitlab.lifting.lifter import Lifter
from fitlab.metrics import angle_errors
from fitlab.poses import SEEN, Pose2D, Pose3D
from fitlab.skeletons import without_side

_COLUMNS = [
    "picture",
    "group",
    "angle",
    "degrees",
    "low",
    "high",
    "truth",
    "error",
    "deviation",
    "uncertainty",
    "widening",
    "level",
    "viewpoint",
    "height",
]
#: Nominal shares at which intervals are tried, for the curve of what they hold.
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def lifted_people(
    photos: PhotoSet, detector: Detector | Landmarker, lifter: Lifter
) -> tuple[np.ndarray, Pose3D | None]:
    """From picture to pose for every person of a set who is found.

    Parameters
    ----------
    photos : PhotoSet
    detector : Detector
    lifter : Lifter

    Returns
    -------
    numbers : (N,) int array
        Of the pictures.
    pose : Pose3D (N, 16, 3), or None
        With samples; None where nobody is found.
    """
    found = seen_in_picture(detect_all(detector, photos).pose)
    numbers = np.flatnonzero((found.score >= SEEN).any(-1))
    return numbers, _lifted(lifter, found[numbers]) if len(numbers) else None


def measured_angles(
    photos: PhotoSet, numbers: np.ndarray, pose: Pose3D | None, calibration: Calibration | None = None
) -> pd.DataFrame:
    """The angles of every person of a set, and what is right.

    Parameters
    ----------
    photos : PhotoSet
        With a truth in space.
    numbers : (N,) int array
        Of the pictures that the poses are from.
    pose : Pose3D (N, 16, 3), or None
        As :func:`lifted_people` gives it.
    calibration : Calibration, optional
        Of the pair; by default that of the default pair.

    Returns
    -------
    DataFrame
        A row for each angle that is judged: picture, group, angle, degrees, low and high (90 % interval), truth, error
        (degrees), deviation (standard deviation over the samples, degrees), uncertainty (1 less the lowest score of the
        angle's joints), widening (for joints that are hidden), level (the smallest of :data:`LEVELS` whose interval
        holds the truth, infinite where none does), viewpoint (:func:`fitlab.evaluation.lifters.viewpoints`) and height
        of the camera (:data:`fitlab.evaluation.viewpoints.HEIGHTS`, ``unknown`` where the set does not tell it). Angles
        with a joint that is not seen are left out, as in a verdict, and so are those whose truth is not known.

    Raises
    ------
    ValueError
        For a set without 3D labels.
    """
    truth = photos.poses().truth
    if pose is None:
        return pd.DataFrame([], columns=_COLUMNS)
    about = {
        "picture": numbers,
        "group": photos.groups[numbers],
        "viewpoint": lifters.viewpoints(truth[numbers]),
        "height": camera_heights(photos)[numbers],
    }
    return compared(pose, truth[numbers], about, calibration)[_COLUMNS]


def compared(
    pose: Pose3D, truth: np.ndarray, about: Mapping[str, Any], calibration: Calibration | None = None
) -> pd.DataFrame:
    """Angles and what is right, of poses whose truth is known.

    Parameters
    ----------
    pose : Pose3D (N, 16, 3)
        With samples.
    truth : (N, 16, 3) array
        LIFT16 in any unit.
    about : name -> (N,) array or one value
        What else is to be in the rows.
    calibration : Calibration, optional
        Of the pair; by default that of the default pair.

    Returns
    -------
    DataFrame
        As :func:`measured_angles` describes it.
    """
    parts = []
    for name, measure in MEASURES.items():
        if without_side(name) not in ANGLES:
            continue
        true = measure.compute(truth)
        angle = distribution(pose, name, calibration)
        degrees, (low, high) = angle.degrees, angle.interval()
        uncertainty = score_uncertainty(pose, measure.joints)
        judged = (1 - uncertainty >= SEEN) & np.isfinite(degrees) & np.isfinite(true)
        table = {
            **about,
            "angle": name,
            "degrees": degrees,
            "low": low,
            "high": high,
            "truth": true,
            "error": angle_errors(degrees, true),
            "deviation": sample_deviation(pose, measure.compute),
            "uncertainty": uncertainty,
            "widening": widening(pose, measure.joints),
            "level": _least_level(angle, true),
        }
        parts.append(pd.DataFrame(table)[judged])
    return pd.concat(parts, ignore_index=True)


def _least_level(angle: Distribution, true: np.ndarray) -> np.ndarray:
    """(N,) the smallest of :data:`LEVELS` whose interval holds ``true`` (N,) degrees; infinite where none does."""
    least = np.full(true.shape, np.inf)
    for level in reversed(LEVELS):
        low, high = angle.interval(level)
        least = np.where((low <= true) & (true <= high), level, least)
    return least


def camera_heights(photos: PhotoSet) -> np.ndarray:
    """How high the cameras of a set are.

    Parameters
    ----------
    photos : PhotoSet of N pictures

    Returns
    -------
    (N,) array of str
        The nearest of :data:`HEIGHTS` by ratio; ``unknown`` where the set does not tell it.
    """
    if not {"rotation", "translation"} <= set(photos.labels):
        return np.full(len(photos), "unknown")
    rotation, translation = (photos.labels[name] for name in ("rotation", "translation"))
    metres = -np.einsum("nji,nj->ni", rotation, translation)[:, 2, None] / 1000
    return np.array(list(HEIGHTS))[np.abs(np.log(np.maximum(metres, 0.05) / list(HEIGHTS.values()))).argmin(-1)]


def _lifted(lifter: Lifter, poses: Pose2D) -> Pose3D:
    """Each pose lifted by itself, so that its samples do not depend on who else is in the set."""
    lifted = [lifter.lift(poses[number], samples=SAMPLES) for number in range(len(poses.points))]
    return Pose3D(
        np.stack([pose.points for pose in lifted]),
        np.stack([pose.score for pose in lifted]),
        np.stack([pose.samples for pose in lifted], axis=1),  # type: ignore[misc]
        hidden=None if lifted[0].hidden is None else np.stack([pose.hidden for pose in lifted]),  # type: ignore[misc]
    )


def calibrate(table: pd.DataFrame, angles: Sequence[str] = ANGLES, widen: float = 1.0) -> dict[str, Constants]:
    """The constants of every angle, both sides together.

    Parameters
    ----------
    table : DataFrame of :func:`measured_angles`
    angles : names without a side
        Which must be in it.
    widen : float
        How many times as wide every interval is made as these people need: constants of synthetic people are too
        narrow for real ones.

    Returns
    -------
    angle -> Constants
        See :func:`fitlab.exercises.intervals.fit_constants`.

    Raises
    ------
    ValueError
        If one of ``angles`` is never judged: every angle needs its constants.
    """
    names = table["angle"].map(without_side)
    missing = sorted(set(angles) - set(names))
    if missing:
        raise ValueError(
            f"no {', '.join(missing)} is judged in this set, and every angle needs its constants; nothing was written: "
            "calibrate on a set of more people and exercises"
        )
    if not 0 < widen < np.inf:
        raise ValueError(f"widen is a factor above 0, got {widen}")
    # An interval is widened as a whole for joints that are hidden, so that the error may be made smaller instead.
    table = table.assign(error=table["error"] / table["widening"])
    fitted = {
        str(name): fit_constants(*(rows[column].to_numpy() for column in ("error", "deviation", "uncertainty")))
        for name, rows in table.groupby(names, sort=False)
    }
    return {name: replace(constants, factor=constants.factor * widen) for name, constants in fitted.items()}


def score_angles(photos: PhotoSet, table: pd.DataFrame) -> Result:
    """How far angles are off, how often the 90 % intervals hold the truth, and how wide they are.

    Parameters
    ----------
    photos : PhotoSet
        What was measured.
    table : DataFrame of :func:`measured_angles`

    Returns
    -------
    Result
        Summary: the median error in degrees of knee, hip, elbow and shoulder (together, and of each), and the share of
        the intervals that hold the truth (of all angles, of those four, and of each of them). Tables: the same by angle
        and by group; by group with the viewpoint, and with the height of the camera; the shares that hold at each of
        :data:`LEVELS`.
    """
    held = table["truth"].between(table["low"], table["high"])
    table = table.assign(half=(table["high"] - table["low"]) / 2, held=held)
    names = table["angle"].map(without_side)
    plain = names.isin(lifters.ANGLES)
    summary = {"pictures with an angle": table["picture"].nunique(), "median error": table.loc[plain, "error"].median()}
    summary |= {f"median error {name}": table.loc[names == name, "error"].median() for name in lifters.ANGLES}
    summary |= {"held": table["held"].mean(), "held of those four": table.loc[plain, "held"].mean()}
    summary |= {f"held {name}": table.loc[names == name, "held"].mean() for name in lifters.ANGLES}
    tables = {f"by {key}": summarised(table, key) for key in ("angle", "group")}
    for key in ("viewpoint", "height"):
        pair = table["group"] + ", " + table[key]
        tables[f"by group and {key}"] = summarised(table[plain].assign(place=pair[plain]).sort_values("place"), "place")
    parts = {name: table.loc[names == name, "level"] for name in lifters.ANGLES} | {"all": table["level"]}
    tables["held by nominal share"] = pd.DataFrame(
        {name: [float((level <= nominal).mean()) for nominal in LEVELS] for name, level in parts.items()},
        index=[f"{nominal:.0%}" for nominal in LEVELS],
    )
    return Result(photos.name, len(photos), summary, tables, photos.left_out)


def summarised(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """How far angles are off, and how often and by what intervals hold them.

    Parameters
    ----------
    table : DataFrame
        With ``error`` and ``half`` (half the width of the interval) in degrees, and ``held``.
    key : str
        The column whose values are told apart.

    Returns
    -------
    DataFrame
        A row for each value: how many are judged, median error, share that is held, and half the median interval.
    """
    groups = table.groupby(key, sort=False)
    return pd.DataFrame(
        {
            "judged": groups.size(),
            "median error": groups["error"].median(),
            "held": groups["held"].mean(),
            "interval -+": groups["half"].median(),
        }
    )
