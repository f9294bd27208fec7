"""Held poses: tree, warrior, downward and upward dog, side plank."""

from __future__ import annotations

import numpy as np

from fitlab.rotations import X, Y, Z, apply, pitch, turn, unit
from fitlab.synthetic.exercises.hips import hips_over
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.exercises.shared import draw_arms, free_arms, one_legged, select, sway, trunk, vector
from fitlab.synthetic.people.rig import SIGN, Rig

# -- on the feet --------------------------------------------------------------------------------------------------


def _draw_tree(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw, 2.5)
        | draw_arms(draw, "overhead", "overhead", "clasped", "clasped", "sideways", "on_hips", "anywhere")
        | {
            "standing": draw.among("left", "right"),
            "toe_out": draw.uniform(-3, 15),
            "where": draw.uniform(0.3, 0.85),
            "open": draw.uniform(0.15, 0.9),
            "lean": draw.normal(4),
        }
    )


def _pose_tree(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    turns = trunk(p, 0.2 * p["lean"], p["lean"], 0 * phase)
    foot, hips = one_legged(rig, p["standing"], turns[0], 0.997 * rig.lengths["leg"], lift)
    posing = Posing(rig, hips, *turns, shrug=np.where(p["arms"] == "overhead", 28.0, 0.0))  # type: ignore[misc]
    for side, sign in SIGN.items():
        stands = p["standing"] == side
        support = posing.hip("right" if side == "left" else "left")
        inner = support + p["where"][:, None] * (foot - support) + vector(sign * 0.11, -0.03, 0)
        outwards = vector(sign, -p["open"], 0)
        posing.leg_to(
            side, select(stands, foot, inner), select(stands, apply(turn(Z, sign * p["toe_out"]), -Y), outwards)
        )
        posing.foot_on_floor(side, p["toe_out"], where=stands)
        posing.touch(f"{side}_foot", stands)
    free_arms(posing, p)
    return posing


def _draw_warrior(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw, 2.5)
        | draw_arms(draw, "sideways", "sideways", "sideways", "overhead", "on_hips", "clasped")
        | {
            "front": draw.among("left", "right"),
            "stance": draw.uniform(0.5, 0.68) * rig.lengths["leg"],
            "knee": draw.uniform(35, 95),
            "front_out": draw.uniform(70, 95),
            "rear_out": draw.uniform(-5, 30),
            "gaze": draw.uniform(0, 85),
            "lean": draw.normal(4),
        }
    )


def _pose_warrior(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    """Warrior II: feet wide apart, the front knee over the front foot, arms level, eyes over the front hand."""
    lengths, left_front = rig.lengths, p["front"] == "left"
    towards = np.where(left_front, 1.0, -1.0)
    knee = np.deg2rad(12 + (p["knee"] - 12) * phase)
    bent = np.sqrt(
        lengths["left_thigh"] ** 2
        + lengths["left_shank"] ** 2
        + 2 * lengths["left_thigh"] * lengths["left_shank"] * np.cos(knee)
    )
    straight, foot = 0.995 * lengths["leg"], p["stance"] - lengths["hip_half"]
    # The hips are where a bent and a straight leg meet: two circles round the ankles.
    across = (straight**2 - bent**2) / (4 * foot)
    gaze = turn(Z, towards * p["gaze"])
    pelvis, chest, head = trunk(p, 0 * phase, p["lean"], 0 * phase)
    ankles = {
        side: vector(sign * p["stance"], 0, lengths["ankle"] + lift[f"{side}_foot"]) for side, sign in SIGN.items()
    }
    hips = hips_over(rig, vector(towards * across, 0, 0)[:, :2], pelvis, ankles, straight)
    lowered = lengths["ankle"] + np.sqrt(np.maximum(bent**2 - (foot - across) ** 2, 0.05))
    hips[:, 2] = np.minimum(hips[:, 2], lowered + 0.5 * (lift["left_foot"] + lift["right_foot"]))
    posing = Posing(rig, hips, pelvis, chest, gaze @ head)
    for side, sign in SIGN.items():
        toe_out = np.where(p["front"] == side, p["front_out"], p["rear_out"])
        posing.leg_to(side, ankles[side], apply(turn(Z, sign * np.clip(toe_out, 10, 90)), -Y))
        posing.foot_on_floor(side, toe_out)
        posing.touch(f"{side}_foot")
    free_arms(posing, p)
    return posing


# -- on hands and feet --------------------------------------------------------------------------------------------


def _hands_on_floor(posing: Posing, p: Parameters, hands_y: np.ndarray, lift: Lift, pole: np.ndarray) -> None:
    for side, sign in SIGN.items():
        wrist = vector(sign * p["hands"], hands_y + p[f"{side}_ahead"], 0.035 + lift[f"{side}_hand"])
        posing.arm_to(side, wrist, pole * [sign, 1, 1])
        posing.hand(side, apply(turn(Z, -sign * p["hand_turn"]), -Y), -Z, 2.0)
        posing.touch(f"{side}_hand")


def _draw_down_dog(draw: Draw, rig: Rig) -> Parameters:
    return sway(draw) | {
        "legs": draw.uniform(18, 42),
        "trunk": draw.uniform(0, 12),
        "heels": draw.uniform(0, 40),
        "knee": np.abs(draw.normal(10)),
        "hands": rig.lengths["shoulder_half"] * draw.uniform(0.9, 1.5),
        "hand_turn": draw.uniform(-10, 15),
        "toe_out": draw.uniform(-3, 8),
        "stance": rig.lengths["hip_half"] * draw.uniform(0.6, 1.6),
        "left_ahead": draw.normal(0.015),
        "right_ahead": draw.normal(0.015),
        "head": draw.uniform(-25, 20),
    }


def _pose_down_dog(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    legs = np.deg2rad(p["legs"])
    ankle = (
        rig.lengths["ankle"] + 0.1 * np.sin(np.deg2rad(p["heels"])) + np.minimum(lift["left_foot"], lift["right_foot"])
    )
    span = rig.lengths["leg"] * np.cos(np.deg2rad(p["knee"] / 2)) * 0.995
    hips = vector(0, -span * np.sin(legs), ankle + span * np.cos(legs))
    # As steep as a straight line from hips to hands, or a little steeper: the shoulders open.
    reach = rig.lengths["trunk"] + 0.94 * rig.lengths["arm"]
    slope = np.rad2deg(np.arcsin(np.clip((hips[:, 2] - 0.04) / reach, 0, 0.95))) + p["trunk"]
    posing = Posing(rig, hips, *trunk(p, 86 + slope, 90 + slope, 90 + slope + p["head"]), shrug=26.0)  # type: ignore[misc]
    for side, sign in SIGN.items():
        posing.leg_to(
            side,
            vector(
                sign * p["stance"], 0, ankle - np.minimum(lift["left_foot"], lift["right_foot"]) + lift[f"{side}_foot"]
            ),
            -Y + 0.2 * Z + 0 * hips,
        )
        posing.foot_on_floor(side, p["toe_out"], p["heels"])
        posing.touch(f"{side}_foot")
    shoulder = (posing.shoulder("left") + posing.shoulder("right")) / 2
    drop = shoulder[:, 2] - 0.04
    ahead = np.sqrt(
        np.maximum((0.97 * rig.lengths["arm"]) ** 2 - drop**2 - (p["hands"] - rig.lengths["shoulder_half"]) ** 2, 0.01)
    )
    _hands_on_floor(posing, p, shoulder[:, 1] - ahead, lift, X + 0.3 * Z)
    return posing


def _draw_up_dog(draw: Draw, rig: Rig) -> Parameters:
    return _draw_down_dog(draw, rig) | {
        "bottom": draw.uniform(62, 80),
        "top": draw.uniform(12, 45),
        "ahead": draw.uniform(-0.1, 0.12),
        "gaze": draw.uniform(-40, 5),
        "point": draw.uniform(48, 70),
        "hips": draw.uniform(0.0, 0.06),
    }


def _pose_up_dog(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    chest = p["bottom"] + (p["top"] - p["bottom"]) * phase
    hips = vector(0, 0, 0.13 + p["hips"] * phase + lift["buttocks"])
    head = chest + p["gaze"] * phase - 10
    posing = Posing(rig, hips, *trunk(p, 90 - 0.35 * (90 - chest), chest, head), protract=-6.0)  # type: ignore[misc]
    posing.touch("buttocks", only_up=True)
    for side, sign in SIGN.items():
        ankle_height = 0.06 + lift[f"{side}_foot"]
        drop = (ankle_height - hips[:, 2]) / rig.lengths["leg"]
        along = unit(vector(0.03 * sign, 1, drop))
        posing.leg_along(side, along, along, -Z + 0 * along)
        posing.foot_with_shank(side, p["point"])
        posing.touch(f"{side}_foot")
    shoulder = (posing.shoulder("left") + posing.shoulder("right")) / 2
    _hands_on_floor(posing, p, shoulder[:, 1] + p["ahead"], lift, X * 0.4 + Y)
    return posing


# -- on one side --------------------------------------------------------------------------------------------------


def _draw_side_plank(draw: Draw, rig: Rig) -> Parameters:
    return (
        sway(draw)
        | draw_arms(draw, "upwards", "upwards", "on_hips", "along_side")
        | {
            "down": draw.among("left", "right"),
            "on_hand": draw.chance(0.4),
            "sag": draw.uniform(-8, 6) + 22 * draw.fault("hips_sagging"),
            "roll": draw.normal(7),
            "ahead": draw.normal(0.04),
            "apart": draw.uniform(0.0, 0.12),
            "feet": draw.uniform(-0.1, 0.16),
        }
    )


def _pose_side_plank(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    left, lengths = p["down"] == "left", rig.lengths
    down = np.where(left, 1.0, -1.0)

    def lower(part: str) -> np.ndarray:
        return np.where(left, lift[f"left_{part}"], lift[f"right_{part}"])

    support = np.where(
        p["on_hand"],
        0.985 * lengths["arm"] + 0.035 + lower("hand"),
        lengths["left_upperarm"] + 0.045 + lower("forearm"),
    )
    foot = 0.06 + lower("foot")
    # The middle of the shoulders is half their width above the shoulder that carries.
    height = support + 0.8 * lengths["shoulder_half"] - foot
    bend = np.deg2rad(p["sag"])
    leg, back = 0.995 * lengths["leg"], lengths["trunk"]
    line = np.sqrt(leg**2 + back**2 + 2 * leg * back * np.cos(bend))
    slope = np.arcsin(np.clip(height / line, -0.9, 0.9))
    leg_slope = slope - np.arcsin(back * np.sin(bend) / line)
    hips = vector(0, -leg * np.cos(leg_slope), foot + leg * np.sin(leg_slope) + 0.05)

    def lying(angle: np.ndarray) -> np.ndarray:
        axis = vector(0, -np.cos(angle), np.sin(angle))
        return turn(axis, -down * (90 + p["roll"])) @ pitch(90 - np.rad2deg(angle))

    pelvis, chest = lying(leg_slope + 0.4 * bend), lying(leg_slope + bend)
    posing = Posing(rig, hips, pelvis, chest, chest @ pitch(p["head_nod"]) @ turn(Z, p["head_turn"]))
    front = apply(chest, -Y) * [1, 1, 0]
    for side in SIGN:
        carries = p["down"] == side
        rests = vector(0, 0, foot)
        above = rests + vector(p["feet"] * 0 + down * p["feet"], 0, 0.08 + p["apart"])
        posing.leg_to(side, select(carries, rests, above), front)
        posing.foot_with_shank(side, 8.0)
        posing.touch(f"{side}_foot", carries)
    free_arms(posing, p)
    for side, sign in SIGN.items():
        carries, shoulder = p["down"] == side, posing.shoulder(side)
        free_upper, free_lower = posing.arm_directions(side)
        posing.arm_to(side, shoulder * [1, 1, 0] + vector(0, p["ahead"], 0.035 + lift[f"{side}_hand"]), -front)
        hand_upper, hand_lower = posing.arm_directions(side)
        drop = shoulder[:, 2] - 0.045 - lift[f"{side}_forearm"]
        elbow = unit(vector(0, -np.sqrt(np.maximum(lengths[f"{side}_upperarm"] ** 2 - drop**2, 1e-4)), -drop))
        on_hand = p["on_hand"]
        rise = (0.02 + lift[f"{side}_hand"]) / lengths[f"{side}_forearm"]
        upper = select(carries, select(on_hand, hand_upper, elbow), free_upper)
        lower_arm = select(carries, select(on_hand, hand_lower, unit(unit(front) + rise[:, None] * Z)), free_lower)
        posing.arm_along(side, upper, lower_arm, -front)
        pointing = select(carries, unit(front + 0.01 * sign * X), lower_arm)
        posing.hand(side, pointing, select(carries, -Z + 0 * front, front), 4.0)
        posing.touch(f"{side}_hand", carries)
        posing.touch(f"{side}_forearm", carries & ~on_hand)
    return posing


MOVEMENTS = (
    Movement("tree", _draw_tree, _pose_tree, still=True),
    Movement("warrior", _draw_warrior, _pose_warrior),
    Movement("downward_dog", _draw_down_dog, _pose_down_dog, still=True),
    Movement("upward_dog", _draw_up_dog, _pose_up_dog),
    Movement("side_plank", _draw_side_plank, _pose_side_plank, ("hips_sagging",), still=True),
)
