"""Whether the limbs of a posed body pass through its trunk, its head or each other."""

from __future__ import annotations

import numpy as np

from fitlab.synthetic.people.body import SIDES, body_model
from fitlab.synthetic.people.rig import BonePose, Rig

#: Points along each segment at which distances are taken.
STEPS = np.linspace(0, 1, 7)[:, None, None]


def clear_of_itself(rig: Rig, pose: BonePose) -> np.ndarray:
    """Tell which poses have no limb inside the trunk, the head or another limb.

    Segments between joints stand for limbs. Two of them collide when they come closer than flesh allows.

    Parameters
    ----------
    rig, pose
        N people.

    Returns
    -------
    numpy.ndarray
        (N,) bool.
    """
    segments = _segments(rig, pose)
    clear = np.ones(len(rig), bool)
    for (first, second), least in _LEAST.items():
        apart = segments[first][:, None] - segments[second][None]
        clear &= np.linalg.norm(apart, axis=-1).min((0, 1)) > least
    return clear


def _segments(rig: Rig, pose: BonePose) -> dict[str, np.ndarray]:
    """Points (S, N, 3) along trunk, head and limbs, metres."""
    model = body_model()

    def at(name: str) -> np.ndarray:
        return pose.heads[:, model.bone(name)]

    def line(start: np.ndarray, end: np.ndarray, first: float = 0.0, last: float = 1.0) -> np.ndarray:
        return start + (first + (last - first) * STEPS) * (end - start)

    head = model.bone("head")
    crown = at("head") + (pose.rotations[:, head] @ (rig.head_top - rig.heads[:, head])[..., None])[..., 0]
    hips = (at("upperleg01.L") + at("upperleg01.R")) / 2
    segments = {
        "trunk": line(hips, at("neck01"), 0.0, 0.85),
        "chest": line(hips, at("neck01"), 0.4, 0.9),
        "head": line(at("head"), crown, 0.3, 0.7),
    }
    for side, letter in SIDES.items():
        hand = at(f"finger3-1.{letter}")
        segments[f"{side}_forearm"] = line(at(f"lowerarm01.{letter}"), at(f"wrist.{letter}"), 0.1)
        segments[f"{side}_hand"] = line(at(f"wrist.{letter}"), hand, 0.0, 1.6)
        segments[f"{side}_thigh"] = line(at(f"upperleg01.{letter}"), at(f"lowerleg01.{letter}"), 0.45)
        segments[f"{side}_shank"] = line(at(f"lowerleg01.{letter}"), at(f"foot.{letter}"), 0.15)
        segments[f"{side}_foot"] = line(at(f"foot.{letter}"), at(f"toe2-1.{letter}"))
    return segments


#: Pairs of segments -> how near they may come, metres.
_LEAST = {
    **{(f"{side}_{part}", "trunk"): least for side in SIDES for part, least in (("forearm", 0.13), ("hand", 0.12))},
    **{(f"{side}_{part}", "head"): 0.14 for side in SIDES for part in ("forearm", "hand", "shank", "foot")},
    **{(f"{side}_{part}", "chest"): 0.14 for side in SIDES for part in ("thigh", "shank", "foot")},
    **{(f"{side}_thigh", "head"): 0.15 for side in SIDES},
    **{
        (f"{arm}_{part}", f"{leg}_{limb}"): least
        for arm in SIDES
        for leg in SIDES
        for part in ("forearm", "hand")
        for limb, least in (("thigh", 0.09), ("shank", 0.07), ("foot", 0.055))
    },
    **{(f"left_{a}", f"right_{b}"): 0.06 for a in ("forearm", "hand") for b in ("forearm", "hand")},
    **{(f"left_{a}", f"right_{b}"): 0.085 for a in ("thigh", "shank") for b in ("thigh", "shank")},
    **{(f"left_{a}", f"right_{b}"): 0.06 for a, b in (("foot", "shank"), ("shank", "foot"), ("foot", "foot"))},
}
