"""Poses of everyday life from motion capture, put on synthetic bodies by pointing their bones the same way."""

from __future__ import annotations

import functools

import numpy as np

from fitlab.datasets import mocap
from fitlab.datasets.anatomy import straightened
from fitlab.folders import has_data
from fitlab.rotations import X, Y, Z, apply, frame, pitch, unit
from fitlab.skeletons import LIFT16
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.people.rig import SIGN, Rig


def available() -> bool:
    """Whether the motion capture is in the data folder."""
    return has_data("motion", mocap.EVERYDAY)


@functools.cache
def frames() -> np.ndarray:
    """Recorded poses of everyday motion: the training half, as lifters are tested on the other one.

    Returns
    -------
    np.ndarray
        (F, 16, 3) metres, LIFT16, z up.

    Raises
    ------
    FileNotFoundError
        That says where the motion was looked for.
    """
    training, _ = mocap.everyday()
    return training.points.astype(float) / 1000


def draw_recorded(draw: Draw, rig: Rig) -> Parameters:
    """Frames of the recordings, one for each person."""
    chosen = draw.rng.integers(len(frames()), size=draw.count)
    return {
        "joints": straightened(frames()[chosen], draw.rng),
        "head_nod": draw.normal(12),
        "prop": np.full(draw.count, "none"),
        "arms": np.full(draw.count, "mocap"),
    }


def pose_recorded(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift, height: np.ndarray | float = 1.0) -> Posing:
    """Bones that point as those of recorded joints do.

    Parameters
    ----------
    rig
        Of N people.
    p
        ``p["joints"]`` are (N, 16, 3), LIFT16, z up.
    phase
        (N,) 0..1; a recorded pose has only one.
    lift
        By part of the body, (N,) metres that it is raised.
    height
        Metres from the floor to the hips, before the lift.

    Returns
    -------
    Posing
    """
    joints = p["joints"]

    def way(start: str, end: str) -> np.ndarray:
        return unit(joints[:, LIFT16.index(end)] - joints[:, LIFT16.index(start)])

    across = np.broadcast_to(X, (len(rig), 3))
    spine, thorax = rig.head("spine02"), (rig.head("neck01") + rig.shoulders) / 2
    pelvis = _aligned(spine - rig.hips, across, way("pelvis", "spine"), way("right_hip", "left_hip"))
    chest = _aligned(thorax - spine, across, way("spine", "thorax"), way("right_shoulder", "left_shoulder"))
    head = _aligned(rig.head_top - thorax, across, way("thorax", "head_top"), way("right_shoulder", "left_shoulder"))
    hips = (height + lift["ground"])[:, None] * Z
    posing = Posing(rig, hips, pelvis, chest, head @ pitch(p["head_nod"]))
    forward = apply(pelvis, -Y)
    for side, sign in SIGN.items():
        posing.leg_along(side, way(f"{side}_hip", f"{side}_knee"), way(f"{side}_knee", f"{side}_ankle"), forward)
        posing.arm_along(
            side,
            way(f"{side}_shoulder", f"{side}_elbow"),
            way(f"{side}_elbow", f"{side}_wrist"),
            apply(chest, Y - 0.3 * sign * X),
        )
    posing.touch("ground")
    return posing


def _aligned(rest: np.ndarray, rest_side: np.ndarray, posed: np.ndarray, posed_side: np.ndarray) -> np.ndarray:
    """The rotation (N, 3, 3) that takes a direction and a side at rest to those posed."""
    return frame(posed, posed_side) @ np.swapaxes(frame(rest, rest_side), -1, -2)


MOVEMENTS = (Movement("everyday", draw_recorded, pose_recorded, still=True),)
