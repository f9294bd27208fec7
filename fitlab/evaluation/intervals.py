"""How good are the angles, and do their intervals keep their promise? ``fitlab evaluate angles``."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from fitlab.angles import MEASURES
from fitlab.datasets import synthetic
from fitlab.detection.detector import Detector, load_detector
from fitlab.exercises.calibration import (
    ANGLES,
    Calibration,
    Constants,
    calibration_of,
    default_calibration,
    weights_name,
    write_calibration,
)
from fitlab.exercises.intervals import SAMPLES, fit_constants, sample_deviation, score_uncertainty
from fitlab.folders import SHIPPED_TESTS, test_set
from fitlab.images import read_image
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, load_lifter
from fitlab.poses import SEEN
from fitlab.skeletons import LIFT16, without_side


def measured_angles(people: synthetic.SyntheticSet, detector: Detector, lifter: Lifter) -> pd.DataFrame:
    """From picture to angle for every person of a set; one row for each angle that is judged.

    Columns: picture, exercise, angle, degrees, truth, error (degrees), deviation (standard deviation over the samples,
    degrees) and uncertainty (1 less the lowest score of the angle's joints).
    Angles with a joint that is not seen are left out, as in a verdict.
    """
    rows = []
    for index, file in enumerate(tqdm(people.photos.images, desc="angles", leave=False)):
        pose2d = detector.detect(read_image(file))
        if not pose2d.found:
            continue
        pose3d = lifter.lift(pose2d, samples=SAMPLES)
        seen = {name for name, score in zip(LIFT16.joints, pose3d.score, strict=True) if score >= SEEN}
        for name, measure in MEASURES.items():
            if not seen.issuperset(measure.joints):
                continue
            degrees, truth = float(measure.compute(pose3d.points)), float(measure.compute(people.space[index]))
            if np.isfinite(degrees) and np.isfinite(truth):
                deviation = sample_deviation(pose3d, measure.compute)
                uncertainty = score_uncertainty(pose3d, measure.joints)
                exercise = people.photos.groups[index]
                rows.append((index, exercise, name, degrees, truth, abs(degrees - truth), deviation, uncertainty))
    columns = ["picture", "exercise", "angle", "degrees", "truth", "error", "deviation", "uncertainty"]
    return pd.DataFrame(rows, columns=columns)


def calibrate(table: pd.DataFrame) -> dict[str, Constants]:
    """The constants of every angle, both sides together; see :func:`fitlab.exercises.intervals.fit_constants`."""
    return {
        str(name): fit_constants(*(rows[column].to_numpy() for column in ("error", "deviation", "uncertainty")))
        for name, rows in table.groupby(table["angle"].map(without_side), sort=False)
    }


def angle_report(table: pd.DataFrame, calibration: Calibration | None = None) -> str:
    """Median error, how often the 90 % interval holds the truth, and how wide it is, by angle and by exercise."""
    table = table.copy()
    judged = zip(table["angle"], table["deviation"], table["uncertainty"], strict=True)
    calibration = calibration or default_calibration()
    table["half"] = [calibration.half_width(*row) for row in judged]
    table["held"] = table["error"] <= table["half"]
    parts = [_summary(table, "angle"), _summary(table, "exercise")]
    joints = table[table["angle"].str.contains("knee$|hip$|elbow$|shoulder$") & ~table["angle"].str.contains("_.*_")]
    median = joints.loc[~joints["angle"].str.startswith(("front", "back")), "error"].median()
    parts.append(
        f"{table['picture'].nunique()} pictures; knee, hip, elbow and shoulder: median error {median:.1f} degrees; "
        f"intervals hold the truth in {table['held'].mean():.1%}"
    )
    return "\n\n".join(parts)


def _summary(table: pd.DataFrame, key: str) -> str:
    groups = table.groupby(key, sort=False)
    rows = pd.DataFrame(
        {
            "judged": groups.size(),
            "median error": groups["error"].median().round(1),
            "held": groups["held"].mean().round(3),
            "interval -+": groups["half"].median().round(1),
        }
    )
    return rows.to_string()


def _is_shipped(folder: Path) -> bool:
    """Whether ``folder`` is a shipped test set, by whatever path."""
    for name in SHIPPED_TESTS:
        try:
            if folder.samefile(test_set(name)):
                return True
        except FileNotFoundError:  # wherever it is, it is not this one
            continue
    return False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab evaluate angles``."""
    parser.add_argument("--data", default="fitness-test", help="a set made by `fitlab synthesize`")
    parser.add_argument("--detector", default="fitpose-lite0")
    parser.add_argument("--lifter", default=DEFAULT_LIFTER)
    parser.add_argument(
        "--calibrate",
        type=Path,
        metavar="FILE",
        help="fit the constants of the intervals of this pair on this set, and write them into FILE (TOML); fitlab "
        "finds them where FILE is weights/calibration.toml in its data folder",
    )


def run(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate angles``.

    ValueError for a calibration on a set that intervals are tested on, or on one in which an angle is never judged.
    """
    folder = test_set(options.data)
    if options.calibrate and _is_shipped(folder):
        raise ValueError(f"the intervals are tested on {options.data}; calibrate them on another set: --data DIR")
    people = synthetic.read(folder)
    table = measured_angles(people, load_detector(options.detector), load_lifter(options.lifter))
    if not options.calibrate:
        print(angle_report(table, calibration_of(options.detector, options.lifter)))
        return
    fitted = calibrate(table)
    missing = [name for name in ANGLES if name not in fitted]
    if missing:
        raise ValueError(
            f"in {options.data} no {', '.join(sorted(missing))} is judged, and every angle needs its constants; "
            "nothing was written: calibrate on a set of more people and exercises"
        )
    pair = weights_name(options.detector), weights_name(options.lifter)
    write_calibration(options.calibrate, Calibration(*pair, fitted))
    print(f"{options.calibrate}: {len(fitted)} angles from {table['picture'].nunique()} pictures")
