"""Two photos of one exercise side by side: which angles differ, and by more than they are uncertain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from fitlab.analysis import PhotoAnalysis
from fitlab.exercises.assessment import Finding
from fitlab.poses import Pose3D
from fitlab.rotations import turn
from fitlab.skeletons import LIFT16

#: What is said of a difference.
LARGER, SMALLER, ALIKE, UNKNOWN = "larger", "smaller", "no clear difference", "unknown"


def angle_differences(first: PhotoAnalysis, second: PhotoAnalysis) -> pd.DataFrame:
    """How the angles of two photos differ.

    The errors of the two photos are taken to be independent, so that the interval of a difference is as wide as the
    root of the sum of the squares of the two intervals' arms. Where both photos are taken from the same place the
    errors are partly the same, and the true interval is narrower.

    Parameters
    ----------
    first, second : PhotoAnalysis
        Of one exercise, or of two that check the same angles.

    Returns
    -------
    DataFrame
        One row for each angle that both check: ``angle``, ``first`` and ``second`` in degrees, ``difference`` (second
        minus first) with its 90 % interval ``low`` to ``high`` in full degrees, and what is said of the second:
        :data:`LARGER`, :data:`SMALLER`, :data:`ALIKE` where the interval holds 0, or :data:`UNKNOWN`.
    """
    others = {finding.check.angle: finding for finding in second.findings}
    names = dict.fromkeys(finding.check.angle for finding in first.findings)
    own = {finding.check.angle: finding for finding in first.findings}
    rows = [(name, *_difference(own[name], others[name])) for name in names if name in others]
    return pd.DataFrame(rows, columns=["angle", "first", "second", "difference", "low", "high", "verdict"])


def _difference(first: Finding, second: Finding) -> tuple[float, float, float, float, float, str]:
    one, other = (np.array([each.degrees, each.low, each.high]).round() for each in (first, second))
    change = float(other[0] - one[0])
    low = round(change - float(np.hypot(other[0] - other[1], one[2] - one[0])), 0)
    high = round(change + float(np.hypot(other[2] - other[0], one[0] - one[1])), 0)
    if np.isnan([change, low, high]).any():
        return float(one[0]), float(other[0]), np.nan, np.nan, np.nan, UNKNOWN
    verdict = LARGER if low > 0 else SMALLER if high < 0 else ALIKE
    return float(one[0]), float(other[0]), change, low, high, verdict


def turned_like(pose: Pose3D, other: Pose3D) -> Pose3D:
    """A pose turned about the vertical until its hips and shoulders point where those of another do.

    Parameters
    ----------
    pose, other : Pose3D
        Joints (16, 3) of LIFT16 in mm, both upright, y down.

    Returns
    -------
    Pose3D
        ``pose`` as it is where the hips and shoulders of one of them are unknown.
    """
    angles = [_facing(each.points) for each in (pose, other)]
    if np.isnan(angles).any():
        return pose
    rotation = turn([0.0, 1.0, 0.0], angles[0] - angles[1])
    samples = None if pose.samples is None else pose.samples @ rotation.T
    return replace(pose, points=pose.points @ rotation.T, samples=samples)


def _facing(points: np.ndarray) -> float:
    """Degrees about the vertical of the way from right to left; NaN where neither hips nor shoulders are known."""
    ways = np.stack(
        [points[LIFT16.index(f"left_{part}")] - points[LIFT16.index(f"right_{part}")] for part in ("hip", "shoulder")]
    )
    known = ways[np.isfinite(ways).all(-1)]
    if not len(known):
        return np.nan
    across = known.sum(0)
    return float(np.degrees(np.arctan2(across[2], across[0])))
