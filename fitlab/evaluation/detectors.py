"""How good a 2D detector is on people it never saw: the detector's half of ``fitlab evaluate``."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from fitlab.datasets.records import OUTSIDE, PhotoSet
from fitlab.detection.detector import Detector, load_detector
from fitlab.folders import test_set
from fitlab.images import read_image, square_around
from fitlab.metrics import bootstrap_interval, correct_keypoints, known_mean
from fitlab.poses import SEEN
from fitlab.skeletons import MPII16

#: (threshold, reference) of the PCKs that are printed; the report's is 0.5 of the waist.
PCKS = ((0.2, "torso"), (0.5, "torso"), (0.5, "waist"), (0.5, "head"))
_PARTS = ("head_top", "upper_neck", "thorax", "shoulder", "elbow", "wrist", "pelvis", "hip", "knee", "ankle")


@dataclass(frozen=True)
class Detections:
    """What a detector answered for every photo of a set.

    points (N, 16, 2) px, score (N, 16), deviation (N, 16) px along one axis by its covariances, seconds (N,).
    """

    points: np.ndarray
    score: np.ndarray
    deviation: np.ndarray
    seconds: np.ndarray


def read_photos(name: str) -> PhotoSet:
    """``lspet-validation``, ``lspet-test``, ``fitness-test``, ``wild-test``, a folder of synthetic pictures, or what
    the user has: the labels of MPII (its .mat or .json), or ``infiniteform``.
    """
    if name.startswith("lspet-"):
        from fitlab.datasets import lspet

        return lspet.read(name.removeprefix("lspet-"))
    if Path(name).suffix in (".mat", ".json"):
        from fitlab.datasets import mpii

        return mpii.read(Path(name))
    if name == "infiniteform":
        from fitlab.datasets import infiniteform

        return infiniteform.read().photos
    from fitlab.datasets import synthetic

    return synthetic.read(test_set(name)).photos


def detect_all(
    detector: Detector, photos: PhotoSet, use_box: bool, flip: bool = True, zoom: bool = True, scales: bool = True
) -> Detections:
    """Run ``detector`` over a set: on crops round the true joints with ``use_box``, else on whole photos."""
    points, score, deviation, seconds = [], [], [], []
    for file, truth in zip(tqdm(photos.images, desc=photos.name, leave=False), photos.points, strict=True):
        image = read_image(file)
        box = true_box(truth) if use_box else None
        start = time.perf_counter()
        # A true box is the person: looking closer would judge the search, not the joints.
        pose = detector.detect(image, box, flip, zoom and not use_box, scales)
        seconds.append(time.perf_counter() - start)
        points.append(pose.points)
        score.append(pose.score)
        variance = np.full((2, 2), np.nan) if pose.covariance is None else pose.covariance
        deviation.append(np.broadcast_to(np.sqrt(np.trace(variance, axis1=-2, axis2=-1) / 2), pose.score.shape))
    return Detections(np.array(points), np.array(score), np.array(deviation), np.array(seconds))


def true_box(truth: np.ndarray) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) round the labelled joints, with room for hands and feet."""
    x, y, side = square_around(truth, margin=1.15)
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def judged_joints(photos: PhotoSet) -> np.ndarray:
    """Truth (N, 16, 2) with NaN for joints outside the picture and for joints that LSPET's people did not label."""
    truth = np.where((photos.visibility == OUTSIDE)[..., None], np.nan, photos.points)
    if photos.name.startswith("lspet"):
        truth[:, MPII16.index("pelvis")] = np.nan  # not labelled but derived from the hips
    return truth


def detector_report(photos: PhotoSet, found: Detections) -> str:
    """PCK with its 95 % interval over photos, by joint and by group; what the scores are worth; time."""
    truth = judged_joints(photos)
    people = np.arange(len(photos))
    lines = [f"{photos.name}: {len(photos)} photos, nobody found in {int((found.score < SEEN).all(1).sum())}"]
    lines += ["", "| PCK | mean | 95 % interval |", "|---|---|---|"]
    for threshold, reference in PCKS:
        correct = correct_keypoints(found.points, truth, threshold, reference)
        if np.isnan(correct).all():
            continue
        low, high = bootstrap_interval(correct, people, lambda values: float(known_mean(values)))
        lines.append(
            f"| {threshold:g} of the {reference} | {float(known_mean(correct)):.3f} | {low:.3f} to {high:.3f} |"
        )
    correct = correct_keypoints(found.points, truth)
    lines += ["", "PCK@0.2 of the torso by joint and group:", _by_joint_and_group(photos, correct).to_string(), ""]
    lines.append(_score_report(photos, found, correct))
    lines.append(_deviation_report(found, truth))
    lines.append(f"{np.median(found.seconds) * 1000:.0f} ms a photo (median)")
    return "\n".join(lines)


def _by_joint_and_group(photos: PhotoSet, correct: np.ndarray) -> pd.DataFrame:
    rows = {}
    for group in [*np.unique(photos.groups), "all"]:
        chosen = np.ones(len(photos), bool) if group == "all" else photos.groups == group
        parts = {"photos": chosen.sum()}
        for part in _PARTS:
            joints = [index for index, name in enumerate(MPII16.joints) if name.endswith(part)]
            parts[part] = round(float(known_mean(correct[chosen][:, joints])), 3)
        rows[group] = parts | {"mean": round(float(known_mean(correct[chosen])), 3)}
    return pd.DataFrame(rows).T.astype({"photos": int})


def _score_report(photos: PhotoSet, found: Detections, correct: np.ndarray) -> str:
    """Does a score of 0.7 mean right in 7 of 10 cases, and do joints outside the picture score low?"""
    known = ~np.isnan(correct)
    score, right = found.score[known], correct[known]
    edges = np.linspace(0, 1, 6)
    parts = []
    for low, high in pairwise(edges):
        chosen = (score >= low) & (score < high + (high == 1))
        if chosen.any():
            parts.append(f"{low:.1f}-{high:.1f}: {right[chosen].mean():.2f} of {chosen.sum()}")
    text = "share right by score: " + ", ".join(parts)
    outside = photos.visibility == OUTSIDE
    if outside.any():
        seen = (found.score[outside] >= SEEN).mean()
        text += f"\njoints outside the picture: {outside.sum()}, of which {seen:.0%} are taken for seen"
    return text


def _deviation_report(found: Detections, truth: np.ndarray) -> str:
    """Half of the errors of a 2D Gaussian are below 1.18 standard deviations: how is it here?"""
    ratio = np.linalg.norm(found.points - truth, axis=-1) / found.deviation
    ratio = ratio[np.isfinite(ratio) & (found.score >= SEEN)]
    if not len(ratio):
        return "no covariances"
    return f"half of the errors are below {np.median(ratio):.2f} of the stated standard deviations (a Gaussian: 1.18)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab evaluate detector``."""
    parser.add_argument("name", help="a detector of the registry, or a .safetensors file that fitlab trained")
    parser.add_argument(
        "--data",
        default="lspet-validation",
        help="lspet-validation, lspet-test, fitness-test, wild-test, a folder that `fitlab synthesize` wrote, "
        "the labels of MPII (.mat or .json), or infiniteform",
    )
    parser.add_argument("--whole", action="store_true", help="search the whole photo instead of using the true box")
    parser.add_argument("--no-flip", action="store_true", help="without the mirrored look")
    parser.add_argument("--no-scales", action="store_true", help="without a wider and a closer look")
    parser.add_argument("--no-zoom", action="store_true", help="squeeze the whole photo into the input (the report)")


def run(options: argparse.Namespace) -> None:
    """Carry out ``fitlab evaluate detector``."""
    photos = read_photos(options.data)
    use_box = not (options.whole or options.no_zoom)
    found = detect_all(
        load_detector(options.name),
        photos,
        use_box,
        flip=not options.no_flip,
        zoom=not options.no_zoom,
        scales=not options.no_scales,
    )
    print(detector_report(photos, found))
