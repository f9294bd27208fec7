"""Squat, deep squat and lunge."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import Y, Z, apply, turn
from fitlab.synthetic.exercises.hips import hips_over
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import (
    ankles_of,
    draw_arms,
    draw_stance,
    free_arms,
    select,
    stand,
    sway,
    trunk,
    vector,
)
from fitlab.synthetic.people.rig import SIGN, Rig

# -- squat ------------------------------------------------------------------------------------------------------


def _draw_squat(draw: Draw, rig: Rig) -> Parameters:
    shallow, lean, caving = draw.fault("half_depth"), draw.fault("forward_lean"), draw.fault("knees_caving")
    depth = draw.uniform(95, 132)
    return (
        sway(draw)
        | draw_arms(
            draw,
            "forward",
            "forward",
            "clasped",
            "behind_head",
            "hanging",
            "goblet",
            "goblet",
            "back_bar",
            "back_bar",
            "crossed",
            "on_hips",
            "overhead",
        )
        | draw_stance(draw, rig, 0.95, 2.1)
        | {
            "top": draw.uniform(2, 10),
            "depth": depth - shallow * (depth - draw.uniform(40, 60)),
            "shank": draw.uniform(0.24, 0.36),
            "knee_track": draw.uniform(-8, 5) + 24 * caving,
            "lean": draw.normal(6) + 34 * lean,
            "lumbar": draw.normal(6),
            "gaze": draw.uniform(0.1, 0.7),
            "heels": 26 * draw.fault("heels_rising"),
            "shift": draw.normal(0.006) + 0.09 * draw.fault("weight_to_one_side") * np.where(draw.chance(0.5), 1, -1),
        }
    )


def _pose_squat(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
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
    posing = Posing(rig, hips, pelvis, chest, head, shrug=np.where(p["arms"] == "overhead", 30.0, 0.0))
    stand(posing, p, ankles, p["knee_track"] * np.minimum(1.5 * phase, 1), heels)
    free_arms(posing, p)
    return posing


def _draw_deep_squat(draw: Draw, rig: Rig) -> Parameters:
    """Sitting on the heels, the hips below the knees: the yogi's squat (malasana) and the bottom of a weightlift."""
    return (
        _draw_squat(draw, rig)
        | draw_arms(
            draw,
            "clasped",
            "clasped",
            "clasped",
            "forward",
            "reaching",
            "goblet",
            "hanging",
            "crossed",
            "back_bar",
            "overhead",
            "anywhere",
        )
        | draw_stance(draw, rig, 1.0, 2.6)
        | {
            "toe_out": draw.uniform(8, 55),
            "depth": draw.uniform(136, 158),
            "shank": draw.uniform(0.22, 0.3),
            "knee_track": draw.uniform(-8, 5),
            "heels": np.where(draw.chance(0.25), draw.uniform(5, 35), 0),
        }
    )


# -- lunge ------------------------------------------------------------------------------------------------------


def _draw_lunge(draw: Draw, rig: Rig) -> Parameters:
    depth = draw.uniform(0.75, 1.0)
    return (
        sway(draw)
        | draw_arms(
            draw,
            "on_hips",
            "hanging",
            "clasped",
            "goblet",
            "behind_head",
            "overhead",
            "dumbbells",
            "dumbbells",
            "crossed",
        )
        | {
            "front": draw.among("left", "right"),
            "step": draw.uniform(0.75, 1.05) * rig.lengths["leg"] - 0.28 * draw.fault("knee_past_toe"),
            "width": draw.uniform(0.5, 1.4) * rig.lengths["hip_half"],
            "toe_out": draw.uniform(-2, 12),
            "depth": depth - 0.55 * draw.fault("half_depth"),
            "caving": draw.uniform(-5, 5) + 35 * draw.fault("knee_caving"),
            "lean": draw.uniform(-3, 14) + 40 * draw.fault("forward_lean"),
            "ahead": draw.normal(0.05) - 0.16 * draw.fault("knee_past_toe"),
            "gaze": draw.uniform(0, 0.5),
        }
    )


def _pose_lunge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    leg, ankle_height, shank = rig.lengths["leg"], rig.lengths["ankle"], rig.lengths["left_shank"]
    deep = phase * p["depth"]
    heel_up = 42 + 30 * deep
    front, rear = -0.5 * p["step"], 0.5 * p["step"]
    rear_ankle = ankle_height + 0.14 * np.sin(np.deg2rad(heel_up))
    bottom = shank * 0.95 + ankle_height * 0.6
    top = np.sqrt(np.maximum((0.985 * leg) ** 2 - rear**2, 0.05)) + ankle_height
    height = top * (1 - deep) + np.minimum(bottom, top) * deep
    pelvis, chest, head = trunk(
        p, p["lean"] * 0.7 * (0.4 + 0.6 * phase), p["lean"] * (0.4 + 0.6 * phase), p["lean"] * p["gaze"]
    )
    ankles = {}
    for side, sign in SIGN.items():
        in_front = p["front"] == side
        tall = np.where(in_front, ankle_height, rear_ankle) + lift[f"{side}_foot"]
        ankles[side] = vector(sign * p["width"], np.where(in_front, front, rear), tall)
    highest = hips_over(rig, vector(0, p["ahead"] * phase, 0)[:, :2], pelvis, ankles, 0.995 * leg)
    hips = np.concatenate(
        [highest[:, :2], np.minimum(highest[:, 2], height + 0.5 * (lift["left_foot"] + lift["right_foot"]))[:, None]],
        -1,
    )
    posing = Posing(rig, hips, pelvis, chest, head, shrug=np.where(p["arms"] == "overhead", 28.0, 0.0))
    for side, sign in SIGN.items():
        in_front = p["front"] == side
        ahead = apply(turn(Z, sign * (p["toe_out"] - p["caving"] * phase)), -Y)
        posing.leg_to(side, ankles[side], select(in_front, ahead, np.broadcast_to(-Y - 0.8 * Z, ahead.shape)))
        posing.foot_on_floor(
            side, np.where(in_front, p["toe_out"], 0.3 * p["toe_out"]), np.where(in_front, 0.0, heel_up)
        )
        posing.touch(f"{side}_foot")
    free_arms(posing, p)
    return posing


MOVEMENTS = (
    Movement(
        "squat",
        _draw_squat,
        _pose_squat,
        ("knees_caving", "half_depth", "forward_lean", "heels_rising", "weight_to_one_side"),
    ),
    Movement("deep_squat", _draw_deep_squat, _pose_squat),
    Movement("lunge", _draw_lunge, _pose_lunge, ("knee_past_toe", "forward_lean", "knee_caving", "half_depth")),
)
