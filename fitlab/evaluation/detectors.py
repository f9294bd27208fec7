"""How good a 2D detector is on people it never saw: the detector's half of ``fitlab evaluate``."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from fitlab.datasets.records import OTHERS, PhotoSet
from fitlab.evaluation.detections import Detections
from fitlab.evaluation.results import Result
from fitlab.metrics import bootstrap_interval, correct_keypoints, known_mean, reference_length
from fitlab.poses import OUTSIDE, SEEN
from fitlab.skeletons import MPII16

#: The PCKs of the summary with their (threshold, reference); the report's is 0.5 of the waist.
PCKS = {
    "PCK@0.2": (0.2, "torso"),
    "PCK@0.5": (0.5, "torso"),
    "PCK@0.5 waist": (0.5, "waist"),
    "PCKh@0.5": (0.5, "head"),
}
_NOT_WRONG, _APART = 0.5, 0.2  # torsos
#: Joints within the first of these torsos are at those of a person, farther than the second they are not.
_AT, _OFF = 0.25, 0.4
_MIXED = 2  # joints of somebody else
_NOT_PELVIS = [row for row, name in enumerate(MPII16.joints) if name != "pelvis"]  # depth is relative to it
_PARTS = ("head_top", "upper_neck", "thorax", "shoulder", "elbow", "wrist", "pelvis", "hip", "knee", "ankle")


def score_detections(photos: PhotoSet, found: Detections) -> Result:
    """How right a detector is, and what its scores and covariances are worth.

    Parameters
    ----------
    photos : PhotoSet of N pictures
    found : Detections
        What the detector answered for them.

    Returns
    -------
    Result
        Summary: each PCK of :data:`PCKS` (0.2 and 0.5 are of the torso) with the ends of its 95 % interval over
        pictures, in how many pictures nobody was found, where other people are labelled too how often two were made
        into one (:func:`mixed`), of detectors that answer depth how far it is off (of joints that are seen or not), and
        milliseconds for a picture (median). Tables: PCK@0.2 by group and joint; the share
        of right joints by their score; where the joints lie beside the labels, which tells how the labels' convention
        differs from the detector's.
    """
    truth = photos.judged_points()
    summary: dict[str, float] = {}
    for name, (threshold, reference) in PCKS.items():
        correct = correct_keypoints(found.points, truth, threshold, reference)
        if np.isnan(correct).all():
            continue
        low, high = bootstrap_interval(correct, np.arange(len(photos)))
        summary |= {name: float(known_mean(correct)), f"{name} low": low, f"{name} high": high}
    correct = correct_keypoints(found.points, truth)
    summary["nobody found"] = int((~found.found).sum())
    outside = photos.visibility == OUTSIDE
    if outside.any():
        summary["joints outside the picture"] = int(outside.sum())
        summary["share of them taken for seen"] = float((found.score[outside] >= SEEN).mean())
    if OTHERS in photos.labels:
        beside = np.isfinite(photos.labels[OTHERS][..., 0]).any((1, 2))
        summary["pictures with somebody else"] = int(beside.sum())
        summary["of them with several joints of somebody else"] = int(mixed(photos, found)[beside].sum())
    if photos.depth is not None and found.pose.depth is not None:
        off = np.abs(found.pose.depth[..., 0] - photos.depth)[:, _NOT_PELVIS] / reference_length(truth)[:, None]
        if np.isfinite(off).any():
            summary["mean error of depth in torsos"] = float(np.mean(off[np.isfinite(off)]))
    ratio = _error_ratio(found, truth)
    if ratio is not None:
        summary["median error in standard deviations (a Gaussian: 1.18)"] = ratio
    summary["ms a picture"] = float(np.median(found.seconds) * 1000)
    tables = {
        "PCK@0.2 by group and joint": _by_group_and_joint(photos, correct),
        "right by score": _by_score(found.score, correct),
        "offset by joint": _offset_by_joint(found.points, truth),
    }
    return Result(photos.name, len(photos), summary, tables, photos.left_out)


def mixed(photos: PhotoSet, found: Detections) -> np.ndarray:
    """In which pictures two people were made into one.

    That is where two or more of the joints that are seen lie at joints of somebody else than the others do.

    Parameters
    ----------
    photos : PhotoSet of N pictures
        With the joints of the other people, as `fitlab synthesize` labels them.
    found : Detections

    Returns
    -------
    (N,) bool
    """
    people = np.concatenate([photos.points[:, None], photos.labels[OTHERS]], axis=1)
    length = reference_length(people)[..., None]
    of_joint, of_other_side = (
        np.linalg.norm(found.points[:, None] - each, axis=-1) for each in (people, people[:, :, list(MPII16.mirror)])
    )
    away = np.where(np.isfinite(length), np.fmin(of_joint, of_other_side) / length, np.inf)
    away = np.where(np.isnan(away) | (found.score < SEEN)[:, None], np.inf, away)
    near: np.ndarray = away < _AT  # (N, P, 16)
    one = near.sum(-1).argmax(-1)[:, None, None]
    of_others = near & (np.arange(near.shape[1])[:, None] != one)
    not_of_one = np.isfinite(away).any(1) & (np.take_along_axis(away, one, 1)[:, 0] > _OFF)
    return np.asarray((of_others.any(1) & not_of_one).sum(-1) >= _MIXED)


def _by_group_and_joint(photos: PhotoSet, correct: np.ndarray) -> pd.DataFrame:
    rows = {}
    for group in [*np.unique(photos.groups), "all"]:
        chosen = np.ones(len(photos), bool) if group == "all" else photos.groups == group
        parts: dict[str, float] = {"pictures": int(chosen.sum())}
        for part in _PARTS:
            joints = [index for index, name in enumerate(MPII16.joints) if name.endswith(part)]
            parts[part] = float(known_mean(correct[chosen][:, joints]))
        rows[group] = parts | {"mean": float(known_mean(correct[chosen]))}
    return pd.DataFrame.from_dict(rows, orient="index").dropna(axis=1, how="all")


def _offset_by_joint(points: np.ndarray, truth: np.ndarray) -> pd.DataFrame:
    """Median way from label to detection, in torsos: up along the trunk, and apart from the joint of the other side.

    Only detections that are not wrong count (within half a torso), and for ``apart`` only people whose two joints lie a
    fifth of a torso apart in the picture.
    """
    length = reference_length(truth)[:, None, None]
    off = (points - truth) / length
    with np.errstate(invalid="ignore"):
        off = np.where(np.linalg.norm(off, axis=-1, keepdims=True) < _NOT_WRONG, off, np.nan)
    up = _middle(truth, "shoulder") - _middle(truth, "hip")
    rows = {}
    for part in _PARTS:
        joints = [index for index, name in enumerate(MPII16.joints) if name.endswith(part)]
        known = np.isfinite(off[:, joints]).all((1, 2))
        row: dict[str, float] = {"pictures": int(known.sum()), "up": _median_along(off[:, joints], up)}
        if len(joints) == 2:
            between = truth[:, joints[0]] - truth[:, joints[1]]
            with np.errstate(invalid="ignore"):
                shown = np.linalg.norm(between, axis=-1, keepdims=True) > _APART * length[:, 0]
            wider = off[:, joints[0]] - off[:, joints[1]]
            row["apart"] = _median_along(wider[:, None], np.where(shown, between, np.nan))
        rows[part] = row
    return pd.DataFrame.from_dict(rows, orient="index").query("pictures > 0")


def _middle(points: np.ndarray, part: str) -> np.ndarray:
    return points[:, MPII16.indices([f"left_{part}", f"right_{part}"])].mean(1)


def _median_along(off: np.ndarray, direction: np.ndarray) -> float:
    """The median of ways (N, J, 2) along the directions (N, 2)."""
    unit = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    along = np.einsum("njk,nk->nj", off, unit)
    return float(np.median(along[np.isfinite(along)])) if np.isfinite(along).any() else float("nan")


def _by_score(score: np.ndarray, correct: np.ndarray) -> pd.DataFrame:
    """Does a score of 0.7 mean right in 7 of 10 cases?"""
    known = ~np.isnan(correct)
    score, right = score[known], correct[known]
    rows = {}
    for low, high in pairwise(np.linspace(0, 1, 6)):
        chosen = (score >= low) & (score < high + (high == 1))
        if chosen.any():
            rows[f"{low:.1f} to {high:.1f}"] = {"joints": int(chosen.sum()), "right": float(right[chosen].mean())}
    return pd.DataFrame.from_dict(rows, orient="index")


def _error_ratio(found: Detections, truth: np.ndarray) -> float | None:
    """Half of the errors of a 2D Gaussian are below 1.18 standard deviations: how is it here? None: no covariances."""
    ratio = np.linalg.norm(found.points - truth, axis=-1) / found.deviation
    ratio = ratio[np.isfinite(ratio) & (found.score >= SEEN)]
    return float(np.median(ratio)) if len(ratio) else None
