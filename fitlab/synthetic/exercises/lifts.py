"""Exercises with weights, on both feet: overhead press, curl, deadlift and rows."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import Y, unit
from fitlab.synthetic.exercises.hips import hips_over
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import (
    ankles_of,
    draw_stance,
    select,
    stand,
    sway,
    trunk,
    vector,
)
from fitlab.synthetic.people.rig import OUT, SIGN, Rig

# -- overhead press ---------------------------------------------------------------------------------------------


def _draw_press(draw: Draw, rig: Rig) -> Parameters:
    bar = draw.chance(0.45)
    uneven = draw.fault("uneven_arms") * np.where(draw.chance(0.5), 1, -1)
    neutral = ~bar & draw.chance(0.4)
    grip = rig.lengths["shoulder_half"] + draw.uniform(0.02, 0.2)
    return (
        sway(draw)
        | draw_stance(draw, rig, 0.8, 1.9)
        | {
            "bar": bar,
            "neutral": neutral,
            "prop": np.where(bar, "barbell", np.where(neutral, "dumbbells_neutral", "dumbbells")),
            "grip": grip,
            "top_grip": np.where(bar, grip, rig.lengths["shoulder_half"] * draw.uniform(0.6, 1.5)),
            "reach": draw.uniform(0.965, 0.998) - 0.15 * draw.fault("elbows_not_locked"),
            "lean": draw.uniform(-4, 5) + 28 * draw.fault("leaning_back"),
            "knee_bend": draw.uniform(1, 12),
            "rack_ahead": draw.uniform(0.08, 0.2),
            "rack_height": draw.uniform(-0.04, 0.1),
            "top_ahead": draw.uniform(-0.05, 0.05) - 0.26 * draw.fault("bar_forward"),
            "elbows_out": np.where(bar, draw.uniform(0.1, 0.6), draw.uniform(0.2, 1.2)),
            "left_late": np.clip(0.5 * uneven, 0, 1) + np.abs(draw.normal(0.02)),
            "right_late": np.clip(-0.5 * uneven, 0, 1) + np.abs(draw.normal(0.02)),
        }
    )


def _pose_press(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    lean = p["lean"] * np.where(p["lean"] > 6, 0.45 + 0.55 * phase, 1)
    pelvis, chest, head = trunk(p, -0.3 * lean, -lean, -0.6 * lean - 8 * phase)
    span = 0.999 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    ankles = ankles_of(rig, p, lift)
    hips = hips_over(rig, vector(0, -0.004 * lean, 0)[:, :2], pelvis, ankles, span)
    raised = {side: np.clip(phase - p[f"{side}_late"] * phase, 0, 1) for side in SIGN}
    posing = Posing(rig, hips, pelvis, chest, head, shrug={side: 31 * raised[side] for side in SIGN})
    stand(posing, p, ankles)
    for side, out in OUT.items():
        sign, up, shoulder = SIGN[side], raised[side], posing.shoulder(side)
        across = sign * (p["grip"] * (1 - up) + p["top_grip"] * up)
        top = np.sqrt(
            np.maximum(
                (p["reach"] * rig.lengths["arm"]) ** 2 - (across - shoulder[:, 0]) ** 2 - p["top_ahead"] ** 2, 0.05
            )
        )
        ahead = -p["rack_ahead"] * (1 - up) ** 0.7 + p["top_ahead"] * up - 0.04 * np.sin(np.pi * up)
        wrist = vector(across, shoulder[:, 1] + ahead, shoulder[:, 2] + p["rack_height"] * (1 - up) + top * up)
        out_share = p["elbows_out"] + 0.5 * up
        pole = vector(sign * out_share, -0.75 * (1 - 0.5 * up), -0.8 * (1 - up))
        posing.arm_to(side, wrist, pole)
        posing.hand(
            side,
            np.array([0, 0.28, 1]),
            select(p["neutral"], np.broadcast_to(-out, wrist.shape), np.broadcast_to(-Y, wrist.shape)),
            72.0,
        )
    return posing


# -- curl ---------------------------------------------------------------------------------------------------------


def _draw_curl(draw: Draw, rig: Rig) -> Parameters:
    kind = draw.among("dumbbells", "dumbbells_neutral", "barbell", weights=(0.4, 0.3, 0.3))
    together = (kind == "barbell") | draw.chance(0.5)
    return (
        sway(draw)
        | draw_stance(draw, rig, 0.7, 1.8)
        | {
            "prop": kind,
            "top": draw.uniform(105, 145),
            "bottom": draw.uniform(4, 30),
            "swing": draw.uniform(-6, 22),
            "out": draw.uniform(0.02, 0.3),
            "lean": draw.normal(4) - 18 * draw.fault("leaning_back"),
            "elbows_ahead": 40 * draw.fault("elbows_forward"),
            "knee_bend": draw.uniform(1, 16),
            "left_share": np.where(together, 1.0, draw.uniform(0, 1)),
            "right_share": np.ones(draw.count),
        }
    )


def _pose_curl(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    lean = p["lean"] * (0.5 + 0.5 * phase)
    turns, ankles = trunk(p, 0.3 * lean, lean, 0.5 * lean), ankles_of(rig, p, lift)
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    posing = Posing(rig, hips_over(rig, np.zeros((len(rig), 2)), turns[0], ankles, span), *turns)
    stand(posing, p, ankles)
    for side, sign in SIGN.items():
        raised = phase * p[f"{side}_share"]
        ahead = np.deg2rad(p["swing"] * raised + p["elbows_ahead"] * raised)
        bend = np.deg2rad(p["bottom"] + (p["top"] - p["bottom"]) * raised)
        upper = unit(vector(sign * p["out"], -np.sin(ahead), -np.cos(ahead)))
        lower = unit(vector(0.5 * sign * p["out"], -np.sin(ahead + bend), -np.cos(ahead + bend)))
        posing.arm_along(side, upper, lower, Y)
        palm_up = vector(0, -np.cos(ahead + bend), np.sin(ahead + bend))
        neutral = np.broadcast_to(-OUT[side], palm_up.shape)
        posing.hand(side, None, select(p["prop"] == "dumbbells_neutral", neutral, palm_up), 72.0)
    return posing


# -- deadlift and rows: the hips fold, a weight hangs ---------------------------------------------------------------


def _draw_hinge(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw)
        | draw_stance(draw, rig, 0.8, 1.8)
        | {
            "prop": draw.among("barbell", "dumbbells", "none", weights=(0.5, 0.3, 0.2)),
            "fold": draw.uniform(45, 92),
            "knee": draw.uniform(8, 75),
            "round": draw.uniform(-6, 8) + 38 * draw.fault("back_rounded"),
            "grip": rig.lengths["shoulder_half"] * draw.uniform(0.9, 1.6),
            "pull": np.where(draw.chance(0.35), draw.uniform(0, 0.3), 0),
            "gaze": draw.uniform(0.2, 0.9),
        }
    )


def _pose_hinge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    fold, knee = 4 + (p["fold"] - 4) * phase, 4 + (p["knee"] - 4) * phase
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(knee / 2))
    turns = trunk(p, fold - 0.5 * p["round"] * phase, fold + 0.5 * p["round"] * phase, fold * p["gaze"])
    ankles, back = ankles_of(rig, p, lift), 0.0016 * fold + 0.0018 * knee
    posing = Posing(rig, hips_over(rig, vector(0, back, 0)[:, :2], turns[0], ankles, span), *turns)
    stand(posing, p, ankles)
    for side, sign in SIGN.items():
        shoulder, arm = posing.shoulder(side), rig.lengths["arm"]
        height = np.maximum(shoulder[:, 2] - 0.97 * arm + p["pull"] * phase, 0.2)
        wrist = vector(sign * p["grip"], np.minimum(shoulder[:, 1], -0.12 - 0 * phase) * 0.9, height)
        posing.arm_to(side, wrist, vector(0.6 * sign, 0.6, 0.2) + 0 * wrist)
        posing.hand(side, None, np.broadcast_to(Y, wrist.shape), np.where(p["prop"] == "none", 15.0, 72.0))
    return posing


MOVEMENTS = (
    Movement(
        "overhead_press", _draw_press, _pose_press, ("leaning_back", "elbows_not_locked", "bar_forward", "uneven_arms")
    ),
    Movement("curl", _draw_curl, _pose_curl, ("leaning_back", "elbows_forward")),
    Movement("deadlift", _draw_hinge, _pose_hinge, ("back_rounded",)),
)
