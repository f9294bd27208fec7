"""What exercises have in common: sway of the trunk, free arms, feet on the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fitlab.rotations import X, Y, Z, apply, pitch, turn, unit
from fitlab.synthetic.exercises.hips import height_over, hip_offset
from fitlab.synthetic.exercises.motion import Draw, Lift, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.people.rig import OUT, SIGN, Rig

#: Free arms -> what the hands hold.
PROPS = {"goblet": "goblet", "dumbbells": "dumbbells_neutral", "back_bar": "barbell"}
CURL = {"goblet": 35.0, "clasped": 25.0, "dumbbells": 72.0, "back_bar": 72.0}
#: Lowest heights of a wrist and an elbow, metres: nobody's arm goes through the floor.
WRIST_HEIGHT, ELBOW_HEIGHT = 0.05, 0.055
ANYHOW = (
    "forward",
    "clasped",
    "behind_head",
    "hanging",
    "on_hips",
    "goblet",
    "crossed",
    "overhead",
    "anywhere",
    "anywhere",
)


def vector(x: np.ndarray | float, y: np.ndarray | float, z: np.ndarray | float) -> np.ndarray:
    """Three columns as points or directions.

    Parameters
    ----------
    x, y, z
        (N,) each, or a number.

    Returns
    -------
    np.ndarray
        (N, 3).
    """
    return np.stack(np.broadcast_arrays(*(np.asarray(value, float) for value in (x, y, z))), -1)


def select(condition: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """One of two points for each person.

    Parameters
    ----------
    condition
        (N,) bool.
    yes, no
        (N, 3), where it holds and where it does not.

    Returns
    -------
    np.ndarray
        (N, 3).
    """
    return np.where(np.asarray(condition)[:, None], yes, no)


def sway(draw: Draw, degrees: float = 1.5) -> Parameters:
    """Small turns of pelvis, chest and head that nobody plans."""
    names = ("pelvis_turn", "pelvis_tilt", "chest_turn", "chest_tilt")
    turns = {name: draw.normal(degrees) for name in names}
    return turns | {"head_turn": draw.normal(10), "head_nod": draw.normal(8), "head_tilt": draw.normal(4)}


def trunk(p: Parameters, pelvis: np.ndarray, chest: np.ndarray, head: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rotations of pelvis, chest and head from how far they lean forward, and the person's sway.

    Parameters
    ----------
    p
        Of N people.
    pelvis, chest, head
        (N,) degrees of forward lean.

    Returns
    -------
    tuple of np.ndarray
        (N, 3, 3) each.
    """
    return (
        turn(Z, p["pelvis_turn"]) @ turn(Y, p["pelvis_tilt"]) @ pitch(pelvis),
        turn(Z, p["chest_turn"]) @ turn(Y, p["chest_tilt"]) @ pitch(chest),
        turn(Z, p["chest_turn"]) @ turn(Y, p["head_tilt"]) @ pitch(head + p["head_nod"]) @ turn(Z, p["head_turn"]),
    )


# -- arms that the exercise leaves free ---------------------------------------------------------------------------


def draw_arms(draw: Draw, *kinds: str) -> Parameters:
    """How free arms are held, and the small differences between left and right."""
    arms: Parameters = {"arms": draw.among(*(kinds or ANYHOW))}
    arms["prop"] = np.array([PROPS.get(kind, "none") for kind in arms["arms"]])
    for side, sign in SIGN.items():
        arms[f"{side}_shift"] = np.stack([draw.normal(0.03) for _ in range(3)], -1)
        # A direction in the half-sphere that a hand can reach, and how far it reaches.
        towards = draw.rng.standard_normal((draw.count, 3)) + 0.9 * sign * X - 0.7 * Y
        arms[f"{side}_anywhere"] = unit(towards) * draw.uniform(0.45, 0.98)[:, None]
    return arms


def free_arms(posing: Posing, p: Parameters) -> None:
    """Place both arms as drawn by :func:`draw_arms`."""
    count = len(posing.rig)
    for side in SIGN:
        wrist, pole, pointing, palm = np.zeros((4, count, 3))
        for kind in np.unique(p["arms"]):
            here = p["arms"] == kind
            placed = _HELD[kind](posing, p, side)
            wrist, pole, pointing, palm = (
                select(here, np.broadcast_to(new, (count, 3)), old)
                for new, old in zip(placed, (wrist, pole, pointing, palm), strict=True)
            )
        wrist[:, 2] = np.maximum(wrist[:, 2], WRIST_HEIGHT)
        posing.arm_to(side, wrist, pole, elbow_height=ELBOW_HEIGHT)
        posing.hand(side, pointing, palm, np.array([CURL.get(kind, 14.0) for kind in p["arms"]]))


Placed = tuple[np.ndarray, ...]
_AS_FOREARM = np.full(3, np.nan)


def _reaching(direction: ArrayLike, stretch: float, pole: np.ndarray, pointing: np.ndarray, palm: np.ndarray):
    """Arms stretched along ``direction``, given for the left side in world axes."""

    def place(posing: Posing, p: Parameters, side: str) -> Placed:
        mirror = np.array([SIGN[side], 1, 1])
        towards = unit(np.asarray(direction) * mirror + p[f"{side}_shift"])
        target = posing.shoulder(side) + stretch * posing.rig.lengths["arm"][:, None] * towards
        return target, pole * mirror, pointing * mirror, palm * mirror

    return place


def _at_chest(
    offset: ArrayLike, slack: float, pole: ArrayLike, pointing: ArrayLike, palm: ArrayLike, turned: bool = False
):
    """Hands at ``offset`` from the base of the neck in chest axes; pole, pointing, palm there too if ``turned``."""

    def place(posing: Posing, p: Parameters, side: str) -> Placed:
        mirror = np.array([SIGN[side], 1, 1])
        target = posing.on_chest(np.asarray(offset) * mirror) + slack * p[f"{side}_shift"]
        ways = [np.asarray(way, float) * mirror for way in (pole, pointing, palm)]
        return target, *((apply(posing.chest, way) for way in ways) if turned else ways)

    return place


def _overhead(posing: Posing, p: Parameters, side: str) -> Placed:
    """Arms past the ears: upright people reach up, lying people along the floor."""
    out, arm = OUT[side], posing.rig.lengths["arm"][:, None]
    up = unit(posing.chest[:, :, 2] + 0.55 * Z)
    target = posing.shoulder(side) + 0.96 * arm * unit(up + 0.15 * out + 2 * p[f"{side}_shift"])
    return target, apply(posing.chest, out - 0.5 * Y), _AS_FOREARM, apply(posing.chest, -Y)


def _crossed(posing: Posing, p: Parameters, side: str) -> Placed:
    sign = SIGN[side]
    offset = vector(-0.12 * sign, -0.16 - 0.03 * (sign > 0), -0.06 * sign - 0.06)
    target = posing.on_chest(offset) + 0.4 * p[f"{side}_shift"]
    ways = (-Z + 0.8 * OUT[side], np.array([-sign, -0.1, 0.35]), Y)
    return target, *(apply(posing.chest, way) for way in ways)


def _on_hips(posing: Posing, p: Parameters, side: str) -> Placed:
    sign = SIGN[side]
    offset = vector(sign * (posing.rig.lengths["hip_half"] + 0.08), -0.02, 0.11)
    ways = (0.7 * Y + OUT[side], np.array([-0.3 * sign, -0.8, -0.5]), np.array([-sign, 0.1, -0.2]))
    return posing.root + apply(posing.pelvis, offset), *(apply(posing.pelvis, way) for way in ways)


def _along_floor(posing: Posing, p: Parameters, side: str) -> Placed:
    """Lying on the back, the head towards +y: palms down beside the body."""
    arm, shoulder = posing.rig.lengths["arm"], posing.shoulder(side)
    target = vector(
        shoulder[:, 0] + (0.2 * SIGN[side] + p[f"{side}_shift"][:, 0]) * arm, shoulder[:, 1] - 0.92 * arm, 0.05
    )
    return target, OUT[side] + 0.4 * Z, -Y, -Z


def _under_hips(posing: Posing, p: Parameters, side: str) -> Placed:
    return posing.root + vector(0.11 * SIGN[side], -0.03, 0) * [1, 1, 0], OUT[side] + 0.3 * Z, -Y, -Z


def _anywhere(posing: Posing, p: Parameters, side: str) -> Placed:
    towards = apply(posing.chest, p[f"{side}_anywhere"])
    target = posing.shoulder(side) + posing.rig.lengths["arm"][:, None] * towards
    return target, -Z + 0.6 * OUT[side] + 0.5 * Y, _AS_FOREARM, -Z + 0.01 * OUT[side]


#: kind of free arms -> (posing, parameters, side) -> wrist, elbow's pole, where the hand points and its palm faces.
_HELD = {
    "forward": _reaching([-0.12, -1, 0.03], 0.97, X * 0.4 - Z, -Y, -Z),
    "reaching": _reaching([0.05, -1, -0.12], 0.96, X - Z, -Y, -X),
    "hanging": _reaching([0.22, -0.12, -1], 0.96, 0.3 * X + Y, _AS_FOREARM, -X),
    "dumbbells": _reaching([0.2, -0.05, -1], 0.97, 0.3 * X + Y, _AS_FOREARM, -X),
    "sideways": _reaching([1, 0, 0.02], 0.97, Y - 0.3 * Z, _AS_FOREARM, -Z),
    "upwards": _reaching([0.05, 0, 1], 0.97, Y, _AS_FOREARM, -X),
    "along_side": _reaching([0, 0.9, 0.1], 0.95, Y, _AS_FOREARM, -Z),
    "clasped": _at_chest([0.055, -0.26, -0.1], 0.4, [0.5, 0, -1], [-0.5, -0.3, 0.8], [-1, 0, 0], turned=True),
    "goblet": _at_chest([0.08, -0.2, -0.06], 0.0, [0.3, 0, -1], [0, 0, 1], [-1, 0, 0]),
    "behind_head": _at_chest([0.12, 0.05, 0.12], 0.3, [1, 0.4, 0], [-0.8, 0.45, 0.4], [-0.3, -0.9, 0.1], turned=True),
    "back_bar": _at_chest([0.3, -0.02, -0.03], 0.3, [0.5, 0.5, -1], [0, 0.3, 1], [0, -1, 0], turned=True),
    "crossed": _crossed,
    "overhead": _overhead,
    "on_hips": _on_hips,
    "along_floor": _along_floor,
    "under_hips": _under_hips,
    "anywhere": _anywhere,
}


# -- feet ---------------------------------------------------------------------------------------------------------


def draw_stance(draw: Draw, rig: Rig, narrow: float, wide: float) -> Parameters:
    """Feet ``narrow`` to ``wide`` times as far apart as the hips, one a little ahead of the other."""
    return {
        "stance": draw.uniform(narrow, wide) * rig.lengths["hip_half"],
        "toe_out": draw.uniform(2, 30),
        "left_ahead": draw.normal(0.02),
        "right_ahead": draw.normal(0.02),
    }


def ankles_of(rig: Rig, p: Parameters, lift: Lift) -> dict[str, np.ndarray]:
    """Both ankles over flat feet, ``stance`` metres out from the middle.

    Parameters
    ----------
    rig, p
        Of N people.
    lift
        By part of the body, (N,) metres that it is raised.

    Returns
    -------
    dict
        By side, (N, 3) metres.
    """
    return {
        side: vector(sign * p["stance"], p[f"{side}_ahead"], rig.lengths["ankle"] + lift[f"{side}_foot"])
        for side, sign in SIGN.items()
    }


def stand(
    posing: Posing,
    p: Parameters,
    ankles: dict[str, np.ndarray],
    knees_in: np.ndarray | float = 0.0,
    heel_up: np.ndarray | float = 0.0,
) -> None:
    """Put both feet on the floor, toes ``toe_out`` degrees out.

    Parameters
    ----------
    posing, p
        Of N people; the posing is changed.
    ankles
        By side, (N, 3) metres.
    knees_in
        (N,) degrees that the knees point less far out.
    heel_up
        (N,) degrees that the heels are lifted.
    """
    for side, sign in SIGN.items():
        posing.leg_to(side, ankles[side], apply(turn(Z, sign * (p["toe_out"] - knees_in)), -Y))
        posing.foot_on_floor(side, p["toe_out"], heel_up)
        posing.touch(f"{side}_foot")


def one_legged(
    rig: Rig, standing: np.ndarray, pelvis: np.ndarray, span: np.ndarray, lift: Lift
) -> tuple[np.ndarray, np.ndarray]:
    """People who stand on one leg.

    Parameters
    ----------
    rig
        Of N people.
    standing
        (N,) ``left`` or ``right``.
    pelvis
        (N, 3, 3) rotation of the pelvis.
    span
        (N,) metres from hip to ankle.
    lift
        By part of the body, (N,) metres that it is raised.

    Returns
    -------
    tuple of (np.ndarray, np.ndarray)
        The ankle of that leg (N, 3) and the hips (N, 3) above it, metres.
    """
    on_left = standing == "left"
    floor = rig.lengths["ankle"] + np.where(on_left, lift["left_foot"], lift["right_foot"])
    foot = vector(np.where(on_left, 0.02, -0.02), 0, floor)
    offset = select(on_left, hip_offset(rig, "left", pelvis), hip_offset(rig, "right", pelvis))
    xy = foot[:, :2] - 0.75 * offset[:, :2]
    return foot, np.concatenate([xy, height_over(xy, offset, foot, span)[:, None]], -1)
