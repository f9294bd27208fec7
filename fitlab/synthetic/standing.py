"""Exercises on the feet: squat, lunge, overhead press, curl, jumping jack, deadlift, and just standing."""

from __future__ import annotations

import numpy as np

from fitlab.synthetic.figure import OUT, SIGN, Figure, Rig, hips_over
from fitlab.synthetic.motion import Draw, Exercise, Lift, Parameters
from fitlab.synthetic.rotations import Y, Z, apply, turn, unit
from fitlab.synthetic.shared import (
    ankles_of, draw_arms, draw_stance, free_arms, select, stand, sway, trunk, vector,
)  # fmt: skip

# -- squat ------------------------------------------------------------------------------------------------------


def _draw_squat(draw: Draw, rig: Rig) -> Parameters:
    shallow, lean, caving = draw.fault("half_depth"), draw.fault("forward_lean"), draw.fault("knees_caving")
    depth = draw.uniform(95, 132)
    return sway(draw) | draw_arms(draw, "forward", "forward", "clasped", "behind_head", "hanging", "goblet", "goblet", "back_bar", "back_bar", "crossed", "on_hips", "overhead") | draw_stance(draw, rig, 0.95, 2.1) | {
        "top": draw.uniform(2, 10), "depth": depth - shallow * (depth - draw.uniform(40, 60)),
        "shank": draw.uniform(0.24, 0.36), "knee_track": draw.uniform(-8, 5) + 24 * caving,
        "lean": draw.normal(6) + 34 * lean, "lumbar": draw.normal(6), "gaze": draw.uniform(0.1, 0.7),
        "heels": 26 * draw.fault("heels_rising"), "shift": draw.normal(0.006) + 0.09 * draw.fault("weight_to_one_side") * np.where(draw.chance(0.5), 1, -1),
    }  # fmt: skip


def _pose_squat(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    thigh, shank = rig.lengths["left_thigh"], rig.lengths["left_shank"]
    knee = p["top"] * (1 - phase) + p["depth"] * phase
    shank_lean = np.minimum(knee * p["shank"] + 0.35 * p["heels"] * phase, 44)
    s, t = np.deg2rad(shank_lean), np.deg2rad(knee - shank_lean)
    back = np.cos(np.deg2rad(p["toe_out"])) * (thigh * np.sin(t) - shank * np.sin(s))
    height = shank * np.cos(s) + thigh * np.cos(t)
    reach = np.hypot(back, height)
    # The trunk leans so far that the centre of mass stays over the middle of the feet.
    balance = np.rad2deg(np.arcsin(np.clip((0.69 * back + 0.04) / 0.174, 0.03, 0.85)))
    lean = np.clip(np.minimum(balance, 14 + 0.42 * knee) + p["lean"] * phase, 0, 78)
    heels = p["heels"] * phase
    pelvis, chest, head = trunk(p, lean + 0.3 * p["lumbar"] * phase, lean - p["lumbar"] * phase, lean * p["gaze"])
    ankles = ankles_of(rig, p, lift)
    xy = vector(p["shift"] * phase, back + 0.5 * (p["left_ahead"] + p["right_ahead"]), 0)[:, :2]
    hips = hips_over(rig, xy, pelvis, ankles, np.minimum(reach, 0.998 * rig.lengths["leg"]))
    figure = Figure(rig, hips, pelvis, chest, head, shrug=np.where(p["arms"] == "overhead", 30.0, 0.0))
    stand(figure, p, ankles, p["knee_track"] * np.minimum(1.5 * phase, 1), heels)
    free_arms(figure, p)
    return figure


# -- lunge ------------------------------------------------------------------------------------------------------


def _draw_lunge(draw: Draw, rig: Rig) -> Parameters:
    depth = draw.uniform(0.75, 1.0)
    return sway(draw) | draw_arms(draw, "on_hips", "hanging", "clasped", "goblet", "behind_head", "overhead", "dumbbells", "dumbbells", "crossed") | {
        "front": draw.among("left", "right"), "step": draw.uniform(0.75, 1.05) * rig.lengths["leg"] - 0.28 * draw.fault("knee_past_toe"),
        "width": draw.uniform(0.5, 1.4) * rig.lengths["hip_half"], "toe_out": draw.uniform(-2, 12),
        "depth": depth - 0.55 * draw.fault("half_depth"), "caving": draw.uniform(-5, 5) + 35 * draw.fault("knee_caving"),
        "lean": draw.uniform(-3, 14) + 40 * draw.fault("forward_lean"), "ahead": draw.normal(0.05) - 0.16 * draw.fault("knee_past_toe"),
        "gaze": draw.uniform(0, 0.5),
    }  # fmt: skip


def _pose_lunge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    leg, ankle_height, shank = rig.lengths["leg"], rig.lengths["ankle"], rig.lengths["left_shank"]
    deep = phase * p["depth"]
    heel_up = 42 + 30 * deep
    front, rear = -0.5 * p["step"], 0.5 * p["step"]
    rear_ankle = ankle_height + 0.14 * np.sin(np.deg2rad(heel_up))
    bottom = shank * 0.95 + ankle_height * 0.6
    top = np.sqrt(np.maximum((0.985 * leg) ** 2 - rear**2, 0.05)) + ankle_height
    height = top * (1 - deep) + np.minimum(bottom, top) * deep
    pelvis, chest, head = trunk(p, p["lean"] * 0.7 * (0.4 + 0.6 * phase), p["lean"] * (0.4 + 0.6 * phase), p["lean"] * p["gaze"])
    ankles = {}
    for side, sign in SIGN.items():
        in_front = p["front"] == side
        tall = np.where(in_front, ankle_height, rear_ankle) + lift[f"{side}_foot"]
        ankles[side] = vector(sign * p["width"], np.where(in_front, front, rear), tall)
    highest = hips_over(rig, vector(0, p["ahead"] * phase, 0)[:, :2], pelvis, ankles, 0.995 * leg)
    hips = np.concatenate([highest[:, :2], np.minimum(highest[:, 2], height + 0.5 * (lift["left_foot"] + lift["right_foot"]))[:, None]], -1)
    figure = Figure(rig, hips, pelvis, chest, head, shrug=np.where(p["arms"] == "overhead", 28.0, 0.0))
    for side, sign in SIGN.items():
        in_front = p["front"] == side
        ahead = apply(turn(Z, sign * (p["toe_out"] - p["caving"] * phase)), -Y)
        figure.leg_to(side, ankles[side], select(in_front, ahead, np.broadcast_to(-Y - 0.8 * Z, ahead.shape)))
        figure.foot_on_floor(side, np.where(in_front, p["toe_out"], 0.3 * p["toe_out"]), np.where(in_front, 0.0, heel_up))
        figure.touch(f"{side}_foot")
    free_arms(figure, p)
    return figure


# -- overhead press ---------------------------------------------------------------------------------------------


def _draw_press(draw: Draw, rig: Rig) -> Parameters:
    bar = draw.chance(0.45)
    uneven = draw.fault("uneven_arms") * np.where(draw.chance(0.5), 1, -1)
    neutral = ~bar & draw.chance(0.4)
    grip = rig.lengths["shoulder_half"] + draw.uniform(0.02, 0.2)
    return sway(draw) | draw_stance(draw, rig, 0.8, 1.9) | {
        "bar": bar, "neutral": neutral, "prop": np.where(bar, "barbell", np.where(neutral, "dumbbells_neutral", "dumbbells")),
        "grip": grip, "top_grip": np.where(bar, grip, rig.lengths["shoulder_half"] * draw.uniform(0.6, 1.5)),
        "reach": draw.uniform(0.965, 0.998) - 0.15 * draw.fault("elbows_not_locked"),
        "lean": draw.uniform(-4, 5) + 28 * draw.fault("leaning_back"), "knee_bend": draw.uniform(1, 12),
        "rack_ahead": draw.uniform(0.08, 0.2), "rack_height": draw.uniform(-0.04, 0.1), "top_ahead": draw.uniform(-0.05, 0.05) - 0.26 * draw.fault("bar_forward"),
        "elbows_out": np.where(bar, draw.uniform(0.1, 0.6), draw.uniform(0.2, 1.2)),
        "left_late": np.clip(0.5 * uneven, 0, 1) + np.abs(draw.normal(0.02)), "right_late": np.clip(-0.5 * uneven, 0, 1) + np.abs(draw.normal(0.02)),
    }  # fmt: skip


def _pose_press(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    lean = p["lean"] * np.where(p["lean"] > 6, 0.45 + 0.55 * phase, 1)
    pelvis, chest, head = trunk(p, -0.3 * lean, -lean, -0.6 * lean - 8 * phase)
    span = 0.999 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    ankles = ankles_of(rig, p, lift)
    hips = hips_over(rig, vector(0, -0.004 * lean, 0)[:, :2], pelvis, ankles, span)
    raised = {side: np.clip(phase - p[f"{side}_late"] * phase, 0, 1) for side in SIGN}
    figure = Figure(rig, hips, pelvis, chest, head, shrug={side: 31 * raised[side] for side in SIGN})
    stand(figure, p, ankles)
    for side, out in OUT.items():
        sign, up, shoulder = SIGN[side], raised[side], figure.shoulder(side)
        across = sign * (p["grip"] * (1 - up) + p["top_grip"] * up)
        top = np.sqrt(np.maximum((p["reach"] * rig.lengths["arm"]) ** 2 - (across - shoulder[:, 0]) ** 2 - p["top_ahead"] ** 2, 0.05))
        ahead = -p["rack_ahead"] * (1 - up) ** 0.7 + p["top_ahead"] * up - 0.04 * np.sin(np.pi * up)
        wrist = vector(across, shoulder[:, 1] + ahead, shoulder[:, 2] + p["rack_height"] * (1 - up) + top * up)
        out_share = p["elbows_out"] + 0.5 * up
        pole = vector(sign * out_share, -0.75 * (1 - 0.5 * up), -0.8 * (1 - up))
        figure.arm_to(side, wrist, pole)
        figure.hand(side, np.array([0, 0.28, 1]), select(p["neutral"], np.broadcast_to(-out, wrist.shape), np.broadcast_to(-Y, wrist.shape)), 72.0)
    return figure


# -- curl ---------------------------------------------------------------------------------------------------------


def _draw_curl(draw: Draw, rig: Rig) -> Parameters:
    kind = draw.among("dumbbells", "dumbbells_neutral", "barbell", weights=(0.4, 0.3, 0.3))
    together = (kind == "barbell") | draw.chance(0.5)
    return sway(draw) | draw_stance(draw, rig, 0.7, 1.8) | {
        "prop": kind, "top": draw.uniform(105, 145), "bottom": draw.uniform(4, 30), "swing": draw.uniform(-6, 22), "out": draw.uniform(0.02, 0.3),
        "lean": draw.normal(4) - 18 * draw.fault("leaning_back"), "elbows_ahead": 40 * draw.fault("elbows_forward"), "knee_bend": draw.uniform(1, 16),
        "left_share": np.where(together, 1.0, draw.uniform(0, 1)), "right_share": np.ones(draw.count),
    }  # fmt: skip


def _pose_curl(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    lean = p["lean"] * (0.5 + 0.5 * phase)
    turns, ankles = trunk(p, 0.3 * lean, lean, 0.5 * lean), ankles_of(rig, p, lift)
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    figure = Figure(rig, hips_over(rig, np.zeros((len(rig), 2)), turns[0], ankles, span), *turns)
    stand(figure, p, ankles)
    for side, sign in SIGN.items():
        raised = phase * p[f"{side}_share"]
        ahead = np.deg2rad(p["swing"] * raised + p["elbows_ahead"] * raised)
        bend = np.deg2rad(p["bottom"] + (p["top"] - p["bottom"]) * raised)
        upper = unit(vector(sign * p["out"], -np.sin(ahead), -np.cos(ahead)))
        lower = unit(vector(0.5 * sign * p["out"], -np.sin(ahead + bend), -np.cos(ahead + bend)))
        figure.arm_along(side, upper, lower, Y)
        palm_up = vector(0, -np.cos(ahead + bend), np.sin(ahead + bend))
        neutral = np.broadcast_to(-OUT[side], palm_up.shape)
        figure.hand(side, None, select(p["prop"] == "dumbbells_neutral", neutral, palm_up), 72.0)
    return figure


# -- jumping jack -------------------------------------------------------------------------------------------------


def _draw_jack(draw: Draw, rig: Rig) -> Parameters:
    return sway(draw, 2) | draw_stance(draw, rig, 0.4, 1.0) | {
        "apart": rig.lengths["hip_half"] * draw.uniform(2.2, 4.5), "bottom": draw.uniform(4, 22), "top": draw.uniform(120, 172),
        "elbow": np.abs(draw.normal(18)), "front": draw.uniform(-0.2, 0.05), "heels": draw.uniform(0, 35), "knee_bend": draw.uniform(4, 35),
        "left_late": np.abs(draw.normal(0.05)), "right_late": np.abs(draw.normal(0.05)), "lean": draw.normal(3),
    }  # fmt: skip


def _pose_jack(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    feet = p | {"stance": p["stance"] + (p["apart"] - p["stance"]) * phase}
    ankles, turns = ankles_of(rig, feet, lift), trunk(p, 0.3 * p["lean"], p["lean"], 0.5 * p["lean"])
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["knee_bend"] / 2))
    raised = {side: p["bottom"] + (p["top"] - p["bottom"]) * np.clip(phase - p[f"{side}_late"], 0, 1) for side in SIGN}
    shrug = {side: 0.3 * np.maximum(angle - 60, 0) for side, angle in raised.items()}
    figure = Figure(rig, hips_over(rig, np.zeros((len(rig), 2)), turns[0], ankles, span), *turns, shrug=shrug)
    stand(figure, feet, ankles, 0.0, p["heels"])
    for side, sign in SIGN.items():
        upper_angle, lower_angle = np.deg2rad(raised[side]), np.deg2rad(raised[side] + p["elbow"])
        upper = unit(vector(sign * np.sin(upper_angle), p["front"], -np.cos(upper_angle)))
        lower = unit(vector(sign * np.sin(lower_angle), p["front"], -np.cos(lower_angle)))
        figure.arm_along(side, upper, lower, Y - Z)
        figure.hand(side, None, vector(-sign * np.cos(upper_angle), -0.4, -np.sin(upper_angle)), 10.0)
    return figure


# -- deadlift and rows: the hips fold, a weight hangs ---------------------------------------------------------------


def _draw_hinge(draw: Draw, rig: Rig) -> Parameters:
    return sway(draw) | draw_stance(draw, rig, 0.8, 1.8) | {
        "prop": draw.among("barbell", "dumbbells", "none", weights=(0.5, 0.3, 0.2)), "fold": draw.uniform(45, 92), "knee": draw.uniform(8, 75),
        "round": draw.uniform(-6, 8) + 38 * draw.fault("back_rounded"), "grip": rig.lengths["shoulder_half"] * draw.uniform(0.9, 1.6), "pull": np.where(draw.chance(0.35), draw.uniform(0, 0.3), 0),
        "gaze": draw.uniform(0.2, 0.9),
    }  # fmt: skip


def _pose_hinge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    fold, knee = 4 + (p["fold"] - 4) * phase, 4 + (p["knee"] - 4) * phase
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(knee / 2))
    turns = trunk(p, fold - 0.5 * p["round"] * phase, fold + 0.5 * p["round"] * phase, fold * p["gaze"])
    ankles, back = ankles_of(rig, p, lift), 0.0016 * fold + 0.0018 * knee
    figure = Figure(rig, hips_over(rig, vector(0, back, 0)[:, :2], turns[0], ankles, span), *turns)
    stand(figure, p, ankles)
    for side, sign in SIGN.items():
        shoulder, arm = figure.shoulder(side), rig.lengths["arm"]
        height = np.maximum(shoulder[:, 2] - 0.97 * arm + p["pull"] * phase, 0.2)
        wrist = vector(sign * p["grip"], np.minimum(shoulder[:, 1], -0.12 - 0 * phase) * 0.9, height)
        figure.arm_to(side, wrist, vector(0.6 * sign, 0.6, 0.2) + 0 * wrist)
        figure.hand(side, None, np.broadcast_to(Y, wrist.shape), np.where(p["prop"] == "none", 15.0, 72.0))
    return figure


# -- standing about ---------------------------------------------------------------------------------------------


def _draw_stand(draw: Draw, rig: Rig) -> Parameters:
    return sway(draw, 6) | draw_arms(draw) | draw_stance(draw, rig, 0.4, 2.6) | {
        "lean": draw.normal(8), "bend": np.abs(draw.normal(14)), "shift": draw.normal(0.04), "fold": np.where(draw.chance(0.25), draw.uniform(0, 95), 0),
    }  # fmt: skip


def _pose_stand(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    fold = p["lean"] + p["fold"] * phase
    span = 0.998 * rig.lengths["leg"] * np.cos(np.deg2rad(p["bend"] / 2))
    ankles, turns = ankles_of(rig, p, lift), trunk(p, 0.7 * fold, fold, 0.7 * fold)
    xy = vector(p["shift"], 0.0016 * p["fold"] * phase, 0)[:, :2]
    figure = Figure(rig, hips_over(rig, xy, turns[0], ankles, span), *turns)
    stand(figure, p, ankles)
    free_arms(figure, p)
    return figure


EXERCISES = (
    Exercise("squat", _draw_squat, _pose_squat, ("knees_caving", "half_depth", "forward_lean", "heels_rising", "weight_to_one_side")),
    Exercise("lunge", _draw_lunge, _pose_lunge, ("knee_past_toe", "forward_lean", "knee_caving", "half_depth")),
    Exercise("overhead_press", _draw_press, _pose_press, ("leaning_back", "elbows_not_locked", "bar_forward", "uneven_arms")),
    Exercise("curl", _draw_curl, _pose_curl, ("leaning_back", "elbows_forward")),
    Exercise("jumping_jack", _draw_jack, _pose_jack),
    Exercise("deadlift", _draw_hinge, _pose_hinge, ("back_rounded",)),
    Exercise("standing", _draw_stand, _pose_stand),
)  # fmt: skip
