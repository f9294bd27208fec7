"""Exercises on hands, forearms, knees and toes, face down: push-up and plank."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import Y, Z, apply, turn, unit
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import select, sway, trunk, vector
from fitlab.synthetic.people.rig import SIGN, Rig


def _draw_prone(draw: Draw, rig: Rig) -> Parameters:
    knees = draw.chance(0.25)
    sag, pike = draw.fault("hips_sagging"), draw.fault("hips_piking")
    return sway(draw) | {
        "knees": knees,
        "body_line": (draw.uniform(-7, 6) + 26 * sag - 42 * pike) * np.where(knees, 0.6, 1),
        "head_up": draw.uniform(-8, 32) - 45 * draw.fault("head_dropping"),
        "ankle_flex": draw.uniform(0, 26),
        "shin_up": draw.uniform(2, 60),
        "stance": draw.uniform(0.35, 1.9) * rig.lengths["hip_half"],
        "toe_out": draw.uniform(-2, 8),
        "crossed": draw.uniform(-0.05, 0.12),
    }


#: Whoever sags this far has the belly on the floor, metres.
LOWEST_HIPS = 0.125


def _prone(rig: Rig, p: Parameters, shoulder_height: np.ndarray, lift: Lift, protract: np.ndarray | float) -> Posing:
    """Face down on toes or knees (at y = 0), the middle of the shoulders at a height."""
    knees, lengths = p["knees"], rig.lengths
    legs = np.where(knees, lengths["left_thigh"], 0.993 * lengths["leg"])
    foot_height = np.minimum(lift["left_foot"], lift["right_foot"]) + 0.6 * lengths["ankle"] + 0.09
    base = np.where(knees, 0.055 + np.minimum(lift["left_knee"], lift["right_knee"]), foot_height)
    bend = np.deg2rad(p["body_line"])
    line = np.sqrt(legs**2 + lengths["trunk"] ** 2 + 2 * legs * lengths["trunk"] * np.cos(bend))
    slope = np.arcsin(np.clip((shoulder_height - base) / line, -0.9, 0.9))
    leg_slope = slope - np.arcsin(np.clip(lengths["trunk"] * np.sin(bend) / line, -1, 1))
    trunk_slope = leg_slope + bend
    hips = vector(0, -legs * np.cos(leg_slope), np.maximum(base + legs * np.sin(leg_slope), LOWEST_HIPS))
    legs_deg, trunk_deg = np.rad2deg(leg_slope), np.rad2deg(trunk_slope)
    # The hip joints lie behind the line from the shoulders, so a straight body is pitched a little more.
    offset = np.rad2deg(np.arctan2(-(rig.shoulders - rig.hips)[:, 1], (rig.shoulders - rig.hips)[:, 2]))
    pelvis = 90 - (0.55 * trunk_deg + 0.45 * legs_deg)
    chest = 90 - trunk_deg
    chest_bent = chest - 0.6 * (pelvis - chest)
    posing = Posing(  # type: ignore[misc]
        rig, hips, *trunk(p, pelvis - offset, chest_bent - offset, chest - p["head_up"]), shrug=4.0, protract=protract
    )
    for side, sign in SIGN.items():
        on_toes = vector(sign * p["stance"], 0, 0.6 * lengths["ankle"] + 0.09 + lift[f"{side}_foot"])
        knee = vector(sign * p["stance"], 0, 0.055 + lift[f"{side}_knee"])
        up = np.deg2rad(p["shin_up"])
        raised = knee + lengths[f"{side}_shank"][:, None] * vector(-sign * p["crossed"], np.cos(up), np.sin(up))
        posing.leg_to(
            side,
            select(knees, raised, on_toes),
            select(knees, vector(0.05 * sign, 0, -1) + 0 * knee, np.broadcast_to(-Z, knee.shape)),
        )
        # A foot in the air hangs as far as the floor lets it.
        hang = np.rad2deg(np.arcsin(np.clip((raised[:, 2] - 0.06) / 0.24, 0, 0.7)))
        heel_up = np.where(knees, 180 + p["shin_up"] - hang, 90 - legs_deg - p["ankle_flex"])
        posing.foot_on_floor(side, p["toe_out"], heel_up, flat_toes=~knees)
        posing.touch(f"{side}_foot", ~knees)
        posing.touch(f"{side}_knee", knees)
    return posing


def _draw_push_up(draw: Draw, rig: Rig) -> Parameters:
    return _draw_prone(draw, rig) | {
        "hands": rig.lengths["shoulder_half"] * draw.uniform(0.85, 2.1),
        "hands_ahead": draw.uniform(-0.06, 0.12),
        "flare": draw.uniform(12, 58) + 40 * draw.fault("elbows_flared"),
        "hand_turn": draw.uniform(-14, 24),
        "low": draw.uniform(0.15, 0.25),
        "depth": 1 - 0.62 * draw.fault("half_depth"),
        "left_ahead": draw.normal(0.02),
        "right_ahead": draw.normal(0.02),
        "lockout": draw.uniform(0.955, 0.99),
    }


def _pose_push_up(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    hand_height = np.maximum(0.035 + 0.5 * (lift["left_hand"] + lift["right_hand"]), 0.02)
    apart = p["hands"] - rig.lengths["shoulder_half"]
    arm = (p["lockout"] * rig.lengths["arm"]) ** 2 - apart**2 - p["hands_ahead"] ** 2
    top = hand_height + np.sqrt(np.maximum(arm, 0.04))
    down = phase * p["depth"]
    height = top * (1 - down) + (p["low"] + 0.04) * down
    posing = _prone(rig, p, height, lift, 10 * (1 - down) - 8 * down)
    planted = _prone(rig, p, top, lift, 8.0)
    hands_y = (planted.shoulder("left") + planted.shoulder("right"))[:, 1] / 2
    _support_on_hands(posing, p, hands_y, lift)
    return posing


def _support_on_hands(posing: Posing, p: Parameters, hands_y: np.ndarray, lift: Lift) -> None:
    flare = np.deg2rad(p["flare"])
    for side, sign in SIGN.items():
        wrist = vector(sign * p["hands"], hands_y + p["hands_ahead"] + p[f"{side}_ahead"], 0.035 + lift[f"{side}_hand"])
        posing.arm_to(side, wrist, vector(sign * np.sin(flare), np.cos(flare), 0.15))
        posing.hand(side, apply(turn(Z, -sign * p["hand_turn"]), -Y), -Z, 2.0)
        posing.touch(f"{side}_hand")


def _draw_plank(draw: Draw, rig: Rig) -> Parameters:
    p = _draw_push_up(draw, rig)
    return p | {
        "straight": draw.chance(0.3),
        "knees": draw.chance(0.06),
        "elbows": rig.lengths["shoulder_half"] * draw.uniform(0.8, 1.25),
        "elbows_ahead": draw.uniform(-0.1, 0.08),
        "inward": draw.uniform(-6, 38),
        "fist": draw.chance(0.5),
        "hands_ahead": draw.uniform(-0.06, 0.06),
    }


def _pose_plank(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    elbow_height = 0.045 + 0.5 * (lift["left_forearm"] + lift["right_forearm"])
    drop = (
        rig.lengths["left_upperarm"] ** 2 - (p["elbows"] - rig.lengths["shoulder_half"]) ** 2 - p["elbows_ahead"] ** 2
    )
    # A little lower than the arms allow, so that shoulders that are not level still find the floor.
    on_forearms = elbow_height + np.sqrt(np.maximum(drop, 0.02)) - 0.008
    arm = (0.985 * rig.lengths["arm"]) ** 2 - (p["hands"] - rig.lengths["shoulder_half"]) ** 2 - p["hands_ahead"] ** 2
    on_hands = 0.035 + 0.5 * (lift["left_hand"] + lift["right_hand"]) + np.sqrt(np.maximum(arm, 0.04))
    posing = _prone(rig, p, np.where(p["straight"], on_hands, on_forearms), lift, 6.0)
    straight = p["straight"]
    for side, sign in SIGN.items():
        shoulder = posing.shoulder(side)
        wrist = vector(sign * p["hands"], shoulder[:, 1] + p["hands_ahead"], 0.035 + lift[f"{side}_hand"])
        posing.arm_to(side, wrist, vector(sign * 0.3, 1, 0))
        upper, lower = posing.arm_directions(side)
        forward = apply(turn(Z, sign * p["inward"]), -Y)
        # On forearms the elbow is where the upper arm meets the floor, the hand rests before it.
        drop = shoulder[:, 2] - (0.045 + lift[f"{side}_forearm"])
        aside = unit(vector(sign * p["elbows"], shoulder[:, 1] + p["elbows_ahead"], 0) - shoulder * [1, 1, 0])
        length = rig.lengths[f"{side}_upperarm"]
        out = np.sqrt(np.maximum(length**2 - drop**2, 1e-4))
        rise = (0.02 + lift[f"{side}_hand"]) / rig.lengths[f"{side}_forearm"]
        posing.arm_along(
            side,
            select(straight, upper, unit(aside * out[:, None] - drop[:, None] * Z)),
            select(straight, lower, unit(forward + rise[:, None] * Z)),
            Y,
        )
        edge = p["fist"] & ~straight
        facing = select(edge, np.broadcast_to([-sign, 0, -0.3], forward.shape), np.broadcast_to(-Z, forward.shape))
        posing.hand(
            side, select(straight, np.broadcast_to(-Y, forward.shape), forward), facing, np.where(edge, 65.0, 4.0)
        )
        posing.touch(f"{side}_hand")
        posing.touch(f"{side}_forearm", ~straight)
    return posing


MOVEMENTS = (
    Movement(
        "push_up",
        _draw_push_up,
        _pose_push_up,
        ("hips_sagging", "hips_piking", "elbows_flared", "half_depth", "head_dropping"),
    ),
    Movement("plank", _draw_plank, _pose_plank, ("hips_sagging", "hips_piking"), still=True),
)
