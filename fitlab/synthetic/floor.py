"""Exercises on hands, forearms, back or side: push-up, planks, dogs, sit-up, bridge, leg raise, boat."""

from __future__ import annotations

import numpy as np

from fitlab.synthetic.figure import OUT, SIGN, Figure, Rig
from fitlab.synthetic.motion import Draw, Exercise, Lift, Parameters
from fitlab.synthetic.rotations import X, Y, Z, apply, pitch, turn, unit
from fitlab.synthetic.standing import draw_arms, free_arms, select, sway, trunk, vector

# -- on the hands or forearms, face down --------------------------------------------------------------------------


def _draw_prone(draw: Draw, rig: Rig) -> Parameters:
    knees = draw.chance(0.25)
    sag, pike = draw.fault("hips_sagging"), draw.fault("hips_piking")
    return sway(draw) | {
        "knees": knees, "body_line": (draw.uniform(-7, 6) + 26 * sag - 42 * pike) * np.where(knees, 0.6, 1),
        "head_up": draw.uniform(-8, 32) - 45 * draw.fault("head_dropping"), "ankle_flex": draw.uniform(0, 26),
        "shin_up": draw.uniform(2, 60), "stance": draw.uniform(0.35, 1.9) * rig.lengths["hip_half"],
        "toe_out": draw.uniform(-2, 8), "crossed": draw.uniform(-0.05, 0.12),
    }  # fmt: skip


def _prone(rig: Rig, p: Parameters, shoulder_height: np.ndarray, lift: Lift, protract: np.ndarray | float) -> Figure:
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
    hips = vector(0, -legs * np.cos(leg_slope), base + legs * np.sin(leg_slope))
    legs_deg, trunk_deg = np.rad2deg(leg_slope), np.rad2deg(trunk_slope)
    # The hip joints lie behind the line from the shoulders, so a straight body is pitched a little more.
    offset = np.rad2deg(np.arctan2(-(rig.shoulders - rig.hips)[:, 1], (rig.shoulders - rig.hips)[:, 2]))
    pelvis = 90 - (0.55 * trunk_deg + 0.45 * legs_deg)
    chest = 90 - trunk_deg
    chest_bent = chest - 0.6 * (pelvis - chest)
    figure = Figure(
        rig, hips, *trunk(p, pelvis - offset, chest_bent - offset, chest - p["head_up"]), shrug=4.0, protract=protract
    )
    for side, sign in SIGN.items():
        on_toes = vector(sign * p["stance"], 0, 0.6 * lengths["ankle"] + 0.09 + lift[f"{side}_foot"])
        knee = vector(sign * p["stance"], 0, 0.055 + lift[f"{side}_knee"])
        up = np.deg2rad(p["shin_up"])
        raised = knee + lengths[f"{side}_shank"][:, None] * vector(-sign * p["crossed"], np.cos(up), np.sin(up))
        figure.leg_to(side, select(knees, raised, on_toes), select(knees, vector(0.05 * sign, 0, -1) + 0 * knee, np.broadcast_to(-Z, knee.shape)))
        heel_up = np.where(knees, 120 + p["shin_up"], 90 - legs_deg - p["ankle_flex"])
        figure.foot_on_floor(side, p["toe_out"], heel_up, flat_toes=~knees)
        figure.touch(f"{side}_foot", ~knees)
        figure.touch(f"{side}_knee", knees)
    return figure


def _draw_push_up(draw: Draw, rig: Rig) -> Parameters:
    return _draw_prone(draw, rig) | {
        "hands": rig.lengths["shoulder_half"] * draw.uniform(0.85, 2.1), "hands_ahead": draw.uniform(-0.06, 0.12),
        "flare": draw.uniform(12, 58) + 40 * draw.fault("elbows_flared"), "hand_turn": draw.uniform(-14, 24),
        "low": draw.uniform(0.15, 0.25), "depth": 1 - 0.62 * draw.fault("half_depth"), "left_ahead": draw.normal(0.02), "right_ahead": draw.normal(0.02),
        "lockout": draw.uniform(0.955, 0.99),
    }  # fmt: skip


def _pose_push_up(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    hand_height = np.maximum(0.035 + 0.5 * (lift["left_hand"] + lift["right_hand"]), 0.02)
    spread = p["hands"] - rig.lengths["shoulder_half"]
    arm = (p["lockout"] * rig.lengths["arm"]) ** 2 - spread**2 - p["hands_ahead"] ** 2
    top = hand_height + np.sqrt(np.maximum(arm, 0.04))
    down = phase * p["depth"]
    height = top * (1 - down) + (p["low"] + 0.04) * down
    figure = _prone(rig, p, height, lift, 10 * (1 - down) - 8 * down)
    planted = _prone(rig, p, top, lift, 8.0)
    hands_y = (planted.shoulder("left") + planted.shoulder("right"))[:, 1] / 2
    _support_on_hands(figure, p, hands_y, lift)
    return figure


def _support_on_hands(figure: Figure, p: Parameters, hands_y: np.ndarray, lift: Lift) -> None:
    flare = np.deg2rad(p["flare"])
    for side, sign in SIGN.items():
        wrist = vector(sign * p["hands"], hands_y + p["hands_ahead"] + p[f"{side}_ahead"], 0.035 + lift[f"{side}_hand"])
        figure.arm_to(side, wrist, vector(sign * np.sin(flare), np.cos(flare), 0.15))
        figure.hand(side, apply(turn(Z, -sign * p["hand_turn"]), -Y), -Z, 2.0)
        figure.touch(f"{side}_hand")


def _draw_plank(draw: Draw, rig: Rig) -> Parameters:
    p = _draw_push_up(draw, rig)
    return p | {
        "straight": draw.chance(0.3), "knees": draw.chance(0.06), "elbows": rig.lengths["shoulder_half"] * draw.uniform(0.8, 1.25),
        "elbows_ahead": draw.uniform(-0.1, 0.08), "inward": draw.uniform(-6, 38), "fist": draw.chance(0.5), "hands_ahead": draw.uniform(-0.06, 0.06),
    }  # fmt: skip


def _pose_plank(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    elbow_height = 0.045 + 0.5 * (lift["left_forearm"] + lift["right_forearm"])
    drop = rig.lengths["left_upperarm"] ** 2 - (p["elbows"] - rig.lengths["shoulder_half"]) ** 2 - p["elbows_ahead"] ** 2
    on_forearms = elbow_height + np.sqrt(np.maximum(drop, 0.02))
    arm = (0.985 * rig.lengths["arm"]) ** 2 - (p["hands"] - rig.lengths["shoulder_half"]) ** 2 - p["hands_ahead"] ** 2
    on_hands = 0.035 + 0.5 * (lift["left_hand"] + lift["right_hand"]) + np.sqrt(np.maximum(arm, 0.04))
    figure = _prone(rig, p, np.where(p["straight"], on_hands, on_forearms), lift, 6.0)
    for side, sign in SIGN.items():
        shoulder = figure.shoulder(side)
        elbow = vector(sign * p["elbows"], shoulder[:, 1] + p["elbows_ahead"], 0.045 + lift[f"{side}_forearm"])
        forward = apply(turn(Z, sign * p["inward"]), -Y)
        wrist = vector(sign * p["hands"], shoulder[:, 1] + p["hands_ahead"], 0.035 + lift[f"{side}_hand"])
        figure.arm_to(side, wrist, vector(sign * 0.3, 1, 0))
        straight_upper, straight_lower = figure.arm_directions(side)
        figure.arm_along(
            side, select(p["straight"], straight_upper, unit(elbow - shoulder)), select(p["straight"], straight_lower, forward), Y
        )
        facing = select(p["fist"] & ~p["straight"], np.broadcast_to([-sign, 0, -0.3], forward.shape), np.broadcast_to(-Z, forward.shape))
        figure.hand(side, select(p["straight"], np.broadcast_to(-Y, forward.shape), forward), facing, np.where(p["fist"] & ~p["straight"], 65.0, 4.0))
        figure.touch(f"{side}_hand", p["straight"])
        figure.touch(f"{side}_forearm", ~p["straight"])
    return figure


# -- on the back --------------------------------------------------------------------------------------------------


def _supine(rig: Rig, p: Parameters, pelvis: np.ndarray, chest: np.ndarray, head: np.ndarray, lift: Lift, lying: np.ndarray) -> Figure:
    """On the buttocks, the head towards +y; leans are degrees back from upright (90 lies). ``lying``: back and head rest."""
    raised = np.rad2deg(np.arctan(np.where(lying, lift["back"], 0) / (0.75 * rig.lengths["trunk"])))
    nod = np.rad2deg(np.arctan(np.where(lying, lift["skull"], 0) / 0.2))
    hips = vector(0, 0, 0.1 + lift["buttocks"])
    turns = trunk(p, -pelvis, -chest + raised, -head + raised + nod)
    figure = Figure(rig, hips, *turns)
    figure.touch("buttocks")
    figure.touch("back", lying)
    figure.touch("skull", lying & ~np.isin(p["arms"], ("behind_head",)))
    return figure


def _bent_legs(figure: Figure, p: Parameters, lift: Lift, hips_y: np.ndarray | float = 0.0) -> None:
    for side, sign in SIGN.items():
        ankle = vector(sign * p["stance"], hips_y - p["feet_away"], figure.rig.lengths["ankle"] + lift[f"{side}_foot"])
        figure.leg_to(side, ankle, vector(sign * p["knees_out"], 0, 1) + 0 * ankle)
        figure.foot_on_floor(side, p["toe_out"])
        figure.touch(f"{side}_foot")


def _draw_supine(draw: Draw, rig: Rig, *arms: str) -> Parameters:
    return sway(draw, 2) | draw_arms(draw, *arms) | {
        "stance": draw.uniform(0.5, 2.2) * rig.lengths["hip_half"], "toe_out": draw.uniform(0, 22),
        "feet_away": draw.uniform(0.42, 0.78) * rig.lengths["leg"], "knees_out": draw.uniform(-0.1, 0.5),
    }  # fmt: skip


def _draw_sit_up(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(draw, rig, "behind_head", "behind_head", "crossed", "forward", "reaching", "clasped", "overhead") | {
        "top": np.where(draw.chance(0.35), draw.uniform(45, 75), draw.uniform(-12, 40)), "curl": draw.uniform(0.3, 0.75),
        "straight_legs": draw.chance(0.15),
    }  # fmt: skip


def _pose_sit_up(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    chest = 90 - (90 - p["top"]) * phase
    pelvis = 90 - p["curl"] * (90 - p["top"]) * np.clip(1.25 * phase - 0.25, 0, 1)
    lying = phase < 0.04
    figure = _supine(rig, p, pelvis, chest, chest - 18 * np.minimum(6 * phase, 1), lift, lying)
    away = np.where(p["straight_legs"], 0.985 * rig.lengths["leg"], p["feet_away"])
    _bent_legs(figure, p | {"feet_away": away}, lift)
    free_arms(figure, p, phase)
    return figure


def _draw_bridge(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(draw, rig, "along_floor", "along_floor", "crossed", "on_hips") | {
        "height": draw.uniform(0.14, 0.3), "feet_away": draw.uniform(0.38, 0.6) * rig.lengths["leg"], "one_leg": draw.chance(0.12),
    }  # fmt: skip


def _pose_bridge(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    lengths = rig.lengths
    up = p["height"] * phase
    lean = 90 + np.rad2deg(np.arcsin(np.clip(up / lengths["trunk"], 0, 0.85)))
    hips = vector(0, 0, 0.1 + up + lift["back"])
    nod = np.rad2deg(np.arctan(lift["skull"] / 0.2))
    figure = Figure(rig, hips, *trunk(p, -lean - 2 * phase, -lean, -90 + nod), shrug=6.0)
    figure.touch("back")
    figure.touch("skull")
    _bent_legs(figure, p, lift)
    free_arms(figure, p, phase)
    return figure


def _draw_leg_raise(draw: Draw, rig: Rig) -> Parameters:
    return _draw_supine(draw, rig, "along_floor", "along_floor", "under_hips", "behind_head", "overhead") | {
        "top": draw.uniform(50, 98), "bottom": draw.uniform(3, 16), "knee_bend": np.abs(draw.normal(14)), "point": draw.uniform(0, 40),
        "apart": draw.uniform(-2, 12), "one_leg": draw.chance(0.2),
    }  # fmt: skip


def _raised_legs(figure: Figure, p: Parameters, raised: dict[str, np.ndarray]) -> None:
    for side, sign in SIGN.items():
        up, knee = np.deg2rad(raised[side]), np.deg2rad(p["knee_bend"])
        apart = sign * np.sin(np.deg2rad(p["apart"]))
        thigh = unit(vector(apart, -np.cos(up), np.sin(up)))
        shank = unit(vector(apart, -np.cos(up - knee), np.sin(up - knee)))
        figure.leg_along(side, thigh, shank, vector(0.1 * sign, np.sin(up), np.cos(up)))
        figure.foot_with_shank(side, p["point"])


def _pose_leg_raise(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    angle = p["bottom"] + (p["top"] - p["bottom"]) * phase
    pelvis = 90 + 0.12 * np.maximum(angle - 40, 0)
    figure = _supine(rig, p, pelvis, np.full(len(rig), 90.0), np.full(len(rig), 90.0), lift, np.full(len(rig), True))
    _raised_legs(figure, p, {"left": angle, "right": np.where(p["one_leg"], p["bottom"], angle)})
    free_arms(figure, p, phase)
    return figure


def _draw_boat(draw: Draw, rig: Rig) -> Parameters:
    return _draw_leg_raise(draw, rig) | {
        "arms": draw.among("reaching", "reaching", "forward", "crossed", "clasped"), "lean": draw.uniform(28, 60), "legs": draw.uniform(18, 52),
        "knee_bend": np.where(draw.chance(0.4), draw.uniform(40, 90), draw.uniform(0, 15)),
    }  # fmt: skip


def _pose_boat(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Figure:
    lean = 78 - (78 - p["lean"]) * phase
    legs = 12 + (p["legs"] - 12) * phase
    nobody = np.full(len(rig), False)
    figure = _supine(rig, p, lean + 6, lean - 8, lean - 20, lift, nobody)
    # A bent knee in boat pose keeps the shank level: the thigh is what is raised.
    _raised_legs(figure, p, {"left": legs + 0.6 * p["knee_bend"], "right": legs + 0.6 * p["knee_bend"]})
    free_arms(figure, p, phase)
    return figure


EXERCISES = (
    Exercise("push_up", _draw_push_up, _pose_push_up, ("hips_sagging", "hips_piking", "elbows_flared", "half_depth", "head_dropping")),
    Exercise("plank", _draw_plank, _pose_plank, ("hips_sagging", "hips_piking"), still=True),
    Exercise("sit_up", _draw_sit_up, _pose_sit_up),
    Exercise("hip_bridge", _draw_bridge, _pose_bridge),
    Exercise("leg_raise", _draw_leg_raise, _pose_leg_raise),
    Exercise("boat", _draw_boat, _pose_boat, still=True),
)  # fmt: skip
