"""Moving without weights: jumping jack, knee raise, and standing about with twists and bends."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import Y, Z, apply, turn, unit
from fitlab.synthetic.exercises.hips import hips_over
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import (
    ankles_of,
    draw_arms,
    draw_stance,
    free_arms,
    one_legged,
    select,
    stand,
    sway,
    trunk,
    vector,
)
from fitlab.synthetic.people.rig import SIGN, Rig

# -- jumping jack -------------------------------------------------------------------------------------------------


def _draw_jack(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw, 2)
        | draw_stance(draw, rig, 0.4, 1.0)
        | {
            "apart": rig.lengths["hip_half"] * draw.uniform(2.2, 4.5),
            "bottom": draw.uniform(4, 22),
            "top": draw.uniform(120, 172),
            "elbow": np.abs(draw.normal(18)),
            "front": draw.uniform(-0.2, 0.05),
            "heels": draw.uniform(0, 35),
            "knee_bend": draw.uniform(4, 35),
            "left_late": np.abs(draw.normal(0.05)),
            "right_late": np.abs(draw.normal(0.05)),
            "lean": draw.normal(3),
        }
    )


def _pose_jack(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    feet = p | {"stance": p["stance"] + (p["apart"] - p["stance"]) * phase}
    ankles, turns = ankles_of(rig, feet, lift), trunk(p, 0.3 * p["lean"], p["lean"], 0.5 * p["lean"])
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    raised = {side: p["bottom"] + (p["top"] - p["bottom"]) * np.clip(phase - p[f"{side}_late"], 0, 1) for side in SIGN}
    shrug = {side: 0.3 * np.maximum(angle - 60, 0) for side, angle in raised.items()}
    posing = Posing(rig, hips_over(rig, np.zeros((len(rig), 2)), turns[0], ankles, span), *turns, shrug=shrug)  # type: ignore[misc]
    stand(posing, feet, ankles, 0.0, p["heels"])
    for side, sign in SIGN.items():
        upper_angle, lower_angle = np.deg2rad(raised[side]), np.deg2rad(raised[side] + p["elbow"])
        upper = unit(vector(sign * np.sin(upper_angle), p["front"], -np.cos(upper_angle)))
        lower = unit(vector(sign * np.sin(lower_angle), p["front"], -np.cos(lower_angle)))
        posing.arm_along(side, upper, lower, Y - Z)
        posing.hand(side, None, vector(-sign * np.cos(upper_angle), -0.4, -np.sin(upper_angle)), 10.0)
    return posing


# -- knee raise: marching, high knees, balancing -----------------------------------------------------------------


def _draw_knee_raise(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw, 3)
        | draw_arms(
            draw, "hanging", "on_hips", "clasped", "behind_head", "anywhere", "anywhere", "sideways", "overhead"
        )
        | {
            "standing": draw.among("left", "right"),
            "toe_out": draw.uniform(-5, 20),
            "top": draw.uniform(40, 125),
            "knee": draw.uniform(40, 125),
            "out": draw.normal(0.12),
            "bend": np.abs(draw.normal(10)),
            "lean": draw.normal(6),
            "back": draw.chance(0.15),
        }
    )


def _pose_knee_raise(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    turns = trunk(p, 0.3 * p["lean"] * phase, p["lean"], 0.5 * p["lean"])
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["bend"] / 2))
    foot, hips = one_legged(rig, p["standing"], turns[0], span, lift)
    posing = Posing(rig, hips, *turns, shrug=np.where(p["arms"] == "overhead", 28.0, 0.0))  # type: ignore[misc]
    # Some kick the leg back instead of raising the knee; either way the foot is off the floor from the start.
    amount = 0.3 + 0.7 * phase
    raised = np.deg2rad(np.where(p["back"], -20.0, p["top"]) * amount)
    bent = np.deg2rad(p["knee"]) * amount
    for side, sign in SIGN.items():
        stands = p["standing"] == side
        ahead = apply(turn(Z, sign * p["toe_out"]), -Y)
        higher = raised + np.where(stands, 0, 3 * lift[f"{side}_foot"])
        thigh = unit(vector(sign * p["out"], -np.sin(higher), -np.cos(higher)))
        shank = unit(vector(0.3 * sign * p["out"], -np.sin(higher - bent), -np.cos(higher - bent)))
        posing.leg_to(side, foot, ahead)
        standing = posing.leg_directions(side)
        posing.leg_along(side, select(stands, standing[0], thigh), select(stands, standing[1], shank), ahead)
        posing.foot_on_floor(side, p["toe_out"], where=stands)
        posing.touch(f"{side}_foot", only_up=~stands)
    free_arms(posing, p)
    return posing


# -- standing about ---------------------------------------------------------------------------------------------


def _draw_stand(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw, 6)
        | draw_arms(draw)
        | draw_stance(draw, rig, 0.4, 2.6)
        | {
            "lean": draw.normal(8),
            "bend": np.abs(draw.normal(10)),
            "shift": draw.normal(0.04),
            "fold": np.where(draw.chance(0.25), draw.uniform(0, 95), 0),
            "twist": np.where(draw.chance(0.35), draw.normal(32), 0),
            "side_bend": np.where(draw.chance(0.25), draw.normal(18), 0),
        }
    )


def _pose_stand(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    fold = p["lean"] + p["fold"] * phase
    span = 0.9995 * rig.lengths["leg"] * np.cos(np.deg2rad(p["bend"] / 2))
    pelvis, chest, head = trunk(p, 0.7 * fold, fold, 0.7 * fold)
    aside = turn(Y, p["side_bend"] * phase) @ turn(Z, p["twist"] * phase)
    ankles, turns = ankles_of(rig, p, lift), (turn(Z, 0.3 * p["twist"] * phase) @ pelvis, aside @ chest, aside @ head)
    xy = vector(p["shift"], 0.0016 * p["fold"] * phase, 0)[:, :2]
    posing = Posing(rig, hips_over(rig, xy, turns[0], ankles, span), *turns)
    stand(posing, p, ankles)
    free_arms(posing, p)
    return posing


MOVEMENTS = (
    Movement("jumping_jack", _draw_jack, _pose_jack),
    Movement("knee_raise", _draw_knee_raise, _pose_knee_raise),
    Movement("standing", _draw_stand, _pose_stand),
)
