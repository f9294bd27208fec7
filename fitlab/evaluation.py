"""How good shipped or trained weights are: ``fitlab evaluate``. Every published number comes from here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fitlab import angle_evaluation, detector_evaluation
from fitlab.angles import MEASURES, angle_between, front, point
from fitlab.lifting import Lifter, load_lifter
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
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, unknown

#: The angles whose error is reported, each on both sides.
ANGLES = ("knee", "hip", "elbow", "shoulder")


@dataclass(frozen=True)
class LifterTest:
    """Poses with their truth.

    pose2d  (N, J, 2) true joints in the picture
    truth   (N, 16, 3) mm, LIFT16, camera axes
    people  (N,) whose poses these are: the bootstrap draws among them
    groups  (N,) what is being done
    """

    pose2d: Pose2D
    truth: np.ndarray
    people: np.ndarray
    groups: np.ndarray


def cmu_validation(every: int = 5, cameras: int = 4) -> LifterTest:
    """Everyday motion of the held-out clips, every fifth frame before four random cameras."""
    from fitlab.datasets import mocap

    _, held_out = mocap.everyday()
    names = np.array(held_out.clip_names)[held_out.clip]
    kinds = [name.split("/")[1] if "/" in name else f"person {name[:2]}" for name in names]
    return before_cameras(held_out.points, names, np.array(kinds), every, cameras)


def cmu_exercise(every: int = 5, cameras: int = 4) -> LifterTest:
    """A person exercising of whom nothing was trained on, before the same kind of cameras."""
    from fitlab.datasets import mocap

    motion = mocap.exercise()
    names = np.array(motion.clip_names)[motion.clip]
    return before_cameras(motion.points, names, motion.labels, every, cameras)


def before_cameras(
    points: np.ndarray, people: np.ndarray, groups: np.ndarray, every: int, cameras: int, seed: int = 20
) -> LifterTest:
    """Every ``every``-th of the recorded ``points`` (N, 16, 3) before ``cameras`` cameras that ``seed`` places."""
    from fitlab.training.lifter_samples import IMAGE, Views, photograph

    chosen = np.repeat(np.arange(0, len(points), every), cameras)
    camera, pixels = photograph(relative(points[chosen]), np.random.default_rng(seed), Views())
    side = int(IMAGE)
    pose2d = Pose2D(pixels + side / 2, np.ones(pixels.shape[:-1]), (side, side), skeleton=LIFT16)
    return LifterTest(pose2d, relative(camera), people[chosen], groups[chosen])


#: Test sets of lifters by the name that ``--data`` takes.
LIFTER_DATA: dict[str, Callable[[], LifterTest]] = {"cmu-validation": cmu_validation, "cmu-exercise": cmu_exercise}


def evaluate_lifter(lifter: Lifter, test: LifterTest) -> pd.DataFrame:
    """The errors of each pose of ``test``, one row each.

    Columns: group, person, viewpoint, mpjpe (15 joints), mpjpe_16 (with the pelvis, as in the report), n_mpjpe and
    pa_mpjpe in mm; ``error JOINT`` in mm; ``angle NAME`` in degrees, the mean of both sides.
    """
    lifted = lifter.lift(test.pose2d).points
    table = {
        "group": test.groups,
        "person": test.people,
        "viewpoint": viewpoints(test.truth),
        "mpjpe": mpjpe(lifted, test.truth),
        "mpjpe_16": mpjpe(lifted, test.truth, with_root=True),
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
    """From where each person (N, 16, 3) is seen: ``front``, ``side``, ``back``, or ``end on`` (along the trunk)."""
    away = np.array([0.0, 0.0, 1.0])
    turned = angle_between(-front(truth), away)
    leaning = angle_between(point(truth, "thorax") - point(truth, "pelvis"), away)
    return np.select([np.abs(leaning - 90) > 45, turned < 45, turned > 135], ["end on", "front", "back"], "side")


def lifter_report(table: pd.DataFrame) -> str:
    """The errors for people: over all, with the 95 % interval over people; by group, viewpoint, joint and angle."""
    low, high = bootstrap_interval(table["mpjpe"].to_numpy(), table["person"].to_numpy())
    scores = ["mpjpe", "mpjpe_16", "n_mpjpe", "pa_mpjpe"]
    angles = [column for column in table if column.startswith("angle ")]
    joints = [column for column in table if column.startswith("error ")]
    whole = table[scores].mean()
    summary = (
        f"{len(table)} poses; MPJPE {whole['mpjpe']:.1f} mm over 15 joints (95 % interval {low:.1f} to {high:.1f}), "
        f"{whole['mpjpe_16']:.1f} over 16; N-MPJPE {whole['n_mpjpe']:.1f}, PA-MPJPE {whole['pa_mpjpe']:.1f}"
    )
    parts = [
        summary,
        _by(table, "group", scores, angles),
        _by(table, "viewpoint", scores, angles),
        table[joints].mean().rename(lambda name: name.removeprefix("error ")).round(1).to_string(),
    ]
    return "\n\n".join(parts)


def _by(table: pd.DataFrame, key: str, scores: list[str], angles: list[str]) -> str:
    """Means in mm of the scores and medians in degrees of the angles."""
    groups = [*table.groupby(key), ("all", table)]
    rows = {
        name: {"poses": len(rows), **rows[scores].mean().round(1), **rows[angles].median().round(1)}
        for name, rows in groups
    }
    return pd.DataFrame(rows).T.astype({"poses": int}).rename_axis(key).to_string()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of ``fitlab evaluate``."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    detector = kinds.add_parser("detector", help="PCK of a detector, by joint and exercise")
    detector_evaluation.add_arguments(detector)
    detector.set_defaults(evaluate=detector_evaluation.run)
    angles = kinds.add_parser("angles", help="angle errors from picture to degrees, and whether the intervals hold")
    angle_evaluation.add_arguments(angles)
    angles.set_defaults(evaluate=angle_evaluation.run)
    lifter = kinds.add_parser("lifter", help="MPJPE and angle errors of a lifter")
    lifter.add_argument("name", help="a lifter of the registry, or a .safetensors file that fitlab trained")
    lifter.add_argument("--data", default="cmu-validation", help=f"one of: {', '.join(LIFTER_DATA)}")
    lifter.set_defaults(evaluate=_run_lifter)


def run(args: argparse.Namespace) -> None:
    """Evaluate as the options of :func:`add_arguments` say, and print the report."""
    args.evaluate(args)


def _run_lifter(args: argparse.Namespace) -> None:
    if args.data not in LIFTER_DATA:
        raise ValueError(unknown(args.data, list(LIFTER_DATA), "test set of lifters"))
    print(lifter_report(evaluate_lifter(load_lifter(args.name), LIFTER_DATA[args.data]())))
