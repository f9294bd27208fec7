"""How good shipped or trained weights are: ``fitlab evaluate``. Every published number comes from here."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from fitlab.angles import MEASURES, angle_between, front, point
from fitlab.bodies import body_height
from fitlab.detection.detector import load_detector
from fitlab.evaluation import detectors as detector_evaluation
from fitlab.evaluation import intervals as angle_evaluation
from fitlab.folders import test_set
from fitlab.images import read_image
from fitlab.lifting.lifter import Lifter, load_lifter
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
from fitlab.skeletons import LIFT16

#: The angles whose error is reported, each on both sides.
ANGLES = ("knee", "hip", "elbow", "shoulder")


@dataclass(frozen=True)
class LifterTest:
    """Poses with their truth.

    pose2d         (N, J, 2) true joints in the picture
    truth          (N, 16, 3) mm, LIFT16, camera axes
    people         (N,) whose poses these are: the bootstrap draws among them
    groups         (N,) what is being done
    heights        (N,) mm, how tall these people are
    field_of_view  (N,) degrees that the picture's longer side shows
    images         their pictures, if there are any
    """

    pose2d: Pose2D
    truth: np.ndarray
    people: np.ndarray
    groups: np.ndarray
    heights: np.ndarray
    field_of_view: np.ndarray
    images: tuple[Path, ...] = ()

    def detected(self, detector: str) -> LifterTest:
        """The same test with joints that ``detector`` finds in the pictures; ValueError if there are none."""
        if not self.images:
            raise ValueError("this test set has no pictures to detect joints in; leave --detector out")
        found = load_detector(detector)
        poses = [found.detect(read_image(file)) for file in tqdm(self.images, desc=detector, leave=False)]
        pose2d = Pose2D(
            np.stack([pose.points for pose in poses]),
            np.stack([pose.score for pose in poses]),
            poses[0].image_size,
            np.stack([pose.covariance for pose in poses]),
        )
        return replace(self, pose2d=pose2d)


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
    from fitlab.training.samples import IMAGE, Views, photograph

    chosen = np.repeat(np.arange(0, len(points), every), cameras)
    camera, pixels = photograph(relative(points[chosen]), np.random.default_rng(seed), Views())
    side = int(IMAGE)
    pose2d = Pose2D(pixels + (side - 1) / 2, np.ones(pixels.shape[:-1]), (side, side), skeleton=LIFT16)
    focal = np.linalg.norm(pixels, axis=(1, 2)) / np.linalg.norm(camera[..., :2] / camera[..., 2:], axis=(1, 2))
    heights = body_height(points[chosen])
    return LifterTest(pose2d, relative(camera), people[chosen], groups[chosen], heights, field_of_view(side, focal))


def field_of_view(pixels: float, focal: np.ndarray) -> np.ndarray:
    """Degrees that a picture's side of ``pixels`` shows, the focal length being in pixels too."""
    return np.rad2deg(2 * np.arctan(pixels / 2 / focal))


def synthetic_test(name: str) -> LifterTest:
    """A set of synthetic pictures: ``fitness-test``, ``wild-test``, or a folder."""
    from fitlab.datasets import synthetic

    data = synthetic.read(test_set(name))
    height, width = read_image(data.photos.images[0]).shape[:2]
    points = data.photos.points
    pose2d = Pose2D(points, np.ones(points.shape[:-1]), (width, height))
    labels = data.labels
    shown = field_of_view(max(width, height), labels["intrinsics"][:, 0, 0])
    heights = 1000 * labels["height_m"]
    return LifterTest(pose2d, data.space, labels["person"], data.photos.groups, heights, shown, data.photos.images)


#: Test sets of lifters by the name that ``--data`` takes; any other name is a set of synthetic pictures.
LIFTER_DATA: dict[str, Callable[[], LifterTest]] = {"cmu-validation": cmu_validation, "cmu-exercise": cmu_exercise}


def lifter_test(name: str) -> LifterTest:
    """The test set called ``name``, or in the folder ``name``."""
    return LIFTER_DATA[name]() if name in LIFTER_DATA else synthetic_test(name)


def evaluate_lifter(lifter: Lifter, test: LifterTest) -> pd.DataFrame:
    """The errors of each pose of ``test``, one row each.

    Columns: group, person, viewpoint; in mm mpjpe (15 joints), mpjpe_16 (with the pelvis, as in the report),
    camera_known (15 joints, the field of view being given), all_known (the person's height as well), n_mpjpe, pa_mpjpe
    and ``error JOINT``; ``angle NAME`` in degrees, the mean of both sides.
    """
    lifted = lifter.lift(test.pose2d).points
    turned = lifter.lift(test.pose2d, field_of_view=test.field_of_view).points
    table = {
        "group": test.groups,
        "person": test.people,
        "viewpoint": viewpoints(test.truth),
        "mpjpe": mpjpe(lifted, test.truth),
        "mpjpe_16": mpjpe(lifted, test.truth, with_root=True),
        "camera_known": mpjpe(turned, test.truth),
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
    """From where each person (N, 16, 3) is seen: ``front``, ``side``, ``back``, or ``end on`` (along the trunk)."""
    away = np.array([0.0, 0.0, 1.0])
    turned = angle_between(-front(truth), away)
    leaning = angle_between(point(truth, "thorax") - point(truth, "pelvis"), away)
    return np.select([np.abs(leaning - 90) > 45, turned < 45, turned > 135], ["end on", "front", "back"], "side")


def lifter_report(table: pd.DataFrame) -> str:
    """The errors of poses: over all, by group, viewpoint, joint and angle.

    The 95 % interval of the mean is over people, or clips of recorded motion, drawn with replacement.
    """
    low, high = bootstrap_interval(table["mpjpe"].to_numpy(), table["person"].to_numpy())
    scores = ["mpjpe", "mpjpe_16", "camera_known", "all_known", "n_mpjpe", "pa_mpjpe"]
    angles = [column for column in table if column.startswith("angle ")]
    joints = [column for column in table if column.startswith("error ")]
    whole = table[scores].mean()
    lost = int(table["mpjpe"].isna().sum())
    unanswered = table[joints].isna().to_numpy().mean()
    summary = (
        f"{len(table)} poses, {lost} of them not found; {unanswered:.0%} of the joints not answered\n"
        f"MPJPE {whole['mpjpe']:.1f} mm over 15 joints (95 % interval {low:.1f} to {high:.1f} over people, or clips "
        f"of recorded motion), {whole['mpjpe_16']:.1f} over 16\n"
        f"{whole['camera_known']:.1f} mm with the field of view given, {whole['all_known']:.1f} with the height too\n"
        f"N-MPJPE {whole['n_mpjpe']:.1f} mm, PA-MPJPE {whole['pa_mpjpe']:.1f} mm; "
        f"median angle error {np.nanmedian(table[angles]):.1f} degrees"
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
    kinds = parser.add_subparsers(dest="kind", metavar="detector | lifter | angles", required=True)
    detector = kinds.add_parser("detector", help="PCK of a detector, by joint and exercise")
    detector_evaluation.add_arguments(detector)
    detector.set_defaults(evaluate=detector_evaluation.run)
    angles = kinds.add_parser("angles", help="angle errors from picture to degrees, and whether the intervals hold")
    angle_evaluation.add_arguments(angles)
    angles.set_defaults(evaluate=angle_evaluation.run)
    lifter = kinds.add_parser("lifter", help="MPJPE and angle errors of a lifter")
    lifter.add_argument("name", help="a lifter of the registry, or a .safetensors file that fitlab trained")
    lifter.add_argument(
        "--data", default="cmu-validation", help="cmu-validation, cmu-exercise, fitness-test, wild-test, or a folder"
    )
    lifter.add_argument("--detector", help="lift the joints that this detector finds, not the true ones")
    lifter.set_defaults(evaluate=_run_lifter)


def run(args: argparse.Namespace) -> None:
    """Evaluate as the options of :func:`add_arguments` say, and print the report."""
    args.evaluate(args)


def _run_lifter(args: argparse.Namespace) -> None:
    test = lifter_test(args.data)
    if args.detector:
        test = test.detected(args.detector)
    print(lifter_report(evaluate_lifter(load_lifter(args.name), test)))
