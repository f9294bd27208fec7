"""Exercises on the back or the buttocks: sit-up, hip bridge, leg raise, boat pose."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import unit
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import draw_arms, free_arms, sway, trunk, vector
from fitlab.synthetic.people.rig import SIGN, Rig

#: Backs and heads press into the floor by this angle, degrees, until the floor pushes back: so they do rest on it.
PRESS = 5.0


def _supine(rig: Rig, p: Parameters, pelvis: np.ndarray, chest: np.ndarray, head: np.ndarray, lift: Lift) -> Posing:
    """On the buttocks, the head towards +y; leans are degrees back from upright (90 lies)."""
    raised = np.rad2deg(np.arctan(lift["back"] / (0.75 * rig.lengths["trunk"])))
    nod = np.rad2deg(np.arctan(lift["skull"] / 0.2))
    hips = vector(0, 0, 0.1 + lift["buttocks"])
    posing = Posing(rig, hips, *trunk(p, -pelvis, -chest + raised, -head + raised + nod))
    posing.touch("buttocks")
    posing.touch("back", only_up=True)
    posing.touch("skull", only_up=True)
    return posing


def _bent_legs(posing: Posing, p: Parameters, lift: Lift, hips_y: np.ndarray | float = 0.0) -> None:
    for side, sign in SIGN.items():
        ankle = vector(sign * p["stance"], hips_y - p["feet_away"], posing.rig.lengths["ankle"] + lift[f"{side}_foot"])
        posing.leg_to(side, ankle, vector(sign * p["knees_out"], 0, 1) + 0 * ankle)
        posing.foot_on_floor(side, p["toe_out"])
        posing.touch(f"{side}_foot")


def _draw_supine(draw: Draw, rig: Rig, *arms: str) -> Parameters:
    return (
        sway(draw, 2)
        | draw_arms(draw, *arms)
        | {
            "stance": draw.uniform(0.5, 2.2) * rig.lengths["hip_half"],
            "toe_out": draw.uniform(0, 22),
            "feet_away": draw.uniform(0.42, 0.78) * rig.lengths["leg"],
            "knees_out": draw.uniform(-0.1, 0.5),
        }
    )


def _draw_sit_up(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(
        draw, rig, "behind_head", "behind_head", "crossed", "forward", "reaching", "clasped", "overhead"
    ) | {
        "top": np.where(draw.chance(0.35), draw.uniform(45, 75), draw.uniform(-12, 40)),
        "curl": draw.uniform(0.3, 0.75),
        "straight_legs": draw.chance(0.15),
    }


def _pose_sit_up(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    chest = 90 + PRESS - (90 + PRESS - p["top"]) * phase
    pelvis = 90 - p["curl"] * (90 - p["top"]) * np.clip(1.25 * phase - 0.25, 0, 1)
    cradled = np.where(p["arms"] == "behind_head", 14, -PRESS)
    posing = _supine(rig, p, pelvis, chest, chest - cradled - 18 * np.minimum(6 * phase, 1), lift)
    away = np.where(p["straight_legs"], 0.985 * rig.lengths["leg"], p["feet_away"])
    _bent_legs(posing, p | {"feet_away": away}, lift)
    free_arms(posing, p)
    return posing


def _draw_bridge(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(draw, rig, "along_floor", "along_floor", "crossed", "on_hips") | {
        "height": draw.uniform(0.14, 0.3),
        "feet_away": draw.uniform(0.38, 0.6) * rig.lengths["leg"],
        "one_leg": draw.chance(0.12),
    }


def _pose_bridge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    up = p["height"] * phase + lift["buttocks"]
    lean = 90 + np.rad2deg(np.arcsin(np.clip(up / rig.lengths["trunk"], -0.2, 0.85)))
    hips = vector(0, 0, 0.1 + up + lift["back"])
    nod = np.rad2deg(np.arctan(lift["skull"] / 0.2))
    posing = Posing(rig, hips, *trunk(p, -lean - 2 * phase, -lean, -95 + nod), shrug=6.0)  # type: ignore[misc]
    posing.touch("back")
    posing.touch("buttocks", only_up=True)
    posing.touch("skull", only_up=True)
    _bent_legs(posing, p, lift)
    free_arms(posing, p)
    return posing


def _draw_leg_raise(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(draw, rig, "along_floor", "along_floor", "under_hips", "behind_head", "overhead") | {
        "top": draw.uniform(50, 98),
        "bottom": draw.uniform(3, 16),
        "knee_bend": np.abs(draw.normal(14)),
        "point": draw.uniform(0, 40),
        "apart": draw.uniform(-2, 12),
        "one_leg": draw.chance(0.2),
    }


def _raised_legs(posing: Posing, p: Parameters, raised: dict[str, np.ndarray]) -> None:
    for side, sign in SIGN.items():
        # A bent knee must not push the foot into the floor.
        up, knee = np.deg2rad(raised[side]), np.deg2rad(np.minimum(p["knee_bend"], raised[side] + 2))
        apart = sign * np.sin(np.deg2rad(p["apart"]))
        thigh = unit(vector(apart, -np.cos(up), np.sin(up)))
        shank = unit(vector(apart, -np.cos(up - knee), np.sin(up - knee)))
        posing.leg_along(side, thigh, shank, vector(0.1 * sign, np.sin(up), np.cos(up)))
        posing.foot_with_shank(side, p["point"])


def _pose_leg_raise(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    angle = p["bottom"] + (p["top"] - p["bottom"]) * phase
    pelvis = 90 + 0.12 * np.maximum(angle - 40, 0)
    flat = np.full(len(rig), 90 + PRESS)
    posing = _supine(rig, p, pelvis, flat, flat - np.where(p["arms"] == "behind_head", 14, -PRESS), lift)
    _raised_legs(posing, p, {"left": angle, "right": np.where(p["one_leg"], p["bottom"], angle)})
    free_arms(posing, p)
    return posing


def _draw_boat(draw: Draw, rig: Rig) -> Parameters:
    return _draw_leg_raise(draw, rig) | {
        "arms": draw.among("reaching", "reaching", "forward", "crossed", "clasped"),
        "lean": draw.uniform(28, 60),
        "legs": draw.uniform(18, 52),
        "knee_bend": np.where(draw.chance(0.4), draw.uniform(40, 90), draw.uniform(0, 15)),
    }


def _pose_boat(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    lean = 78 - (78 - p["lean"]) * phase
    legs = 12 + (p["legs"] - 12) * phase
    posing = _supine(rig, p, lean + 6, lean - 8, lean - 20, lift)
    # A bent knee in boat pose keeps the shank level: the thigh is what is raised.
    _raised_legs(posing, p, {"left": legs + 0.6 * p["knee_bend"], "right": legs + 0.6 * p["knee_bend"]})
    free_arms(posing, p)
    return posing


MOVEMENTS = (
    Movement("sit_up", _draw_sit_up, _pose_sit_up),
    Movement("hip_bridge", _draw_bridge, _pose_bridge),
    Movement("leg_raise", _draw_leg_raise, _pose_leg_raise),
    Movement("boat", _draw_boat, _pose_boat, still=True),
)
