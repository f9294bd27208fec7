"""Any attitude of the body: gymnastics, sitting, kneeling, crawling, hanging, jumping, throwing, kicking.

Each is a row of ranges of joint angles and of how the whole body is turned. Most rest on the floor by their lowest
point; those with a height are in the air, on a seat or at a bar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fitlab.rotations import X, Y, Z, apply, turn, unit
from fitlab.synthetic.exercises import everyday
from fitlab.synthetic.exercises.motion import Draw, Lift, Movement, Parameters
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.people.clearance import clear_of_itself
from fitlab.synthetic.people.rig import SIGN, Rig

Range = tuple[float, float]
ANY_WAY: Range = (-180, 180)
#: How far a body that may be turned anyhow is tilted from upright, degrees, and how often: LSPET's athletes are the
#: yardstick, of whom 45 % are upright, 15 % lie and 26 % are upside down.
TILTS: tuple[Range, ...] = ((0, 35), (35, 65), (65, 115), (115, 180))
TILT_SHARES = (0.36, 0.16, 0.22, 0.26)


@dataclass(frozen=True)
class Attitude:
    """Ranges of angles in degrees from which a pose is drawn evenly.

    Parameters
    ----------
    tilt, about
        The whole body is turned by ``tilt`` about a level axis; 0 degrees about is a somersault forwards (90 lies on
        the belly, -90 on the back, 180 stands on the head), 90 is a cartwheel. No tilt: as TILTS say.
    trunk, bend, twist, nod
        Of the chest against the pelvis (forwards, sideways, about the spine), and of the head forwards.
    thigh, apart, out, knee
        Flexion of the hip, abduction, rotation outwards, flexion of the knee.
    raised, plane, roll, elbow
        An arm hangs at 0 and points up at 180; raised sideways at plane 0, to the front at 90; turn about itself.
    other
        Ranges of these for one of the two sides, drawn at random, where they are others.
    alike
        Probability that both sides do nearly the same.
    point
        Stretch of the ankles; None puts the feet flat on the floor.
    height
        Metres of the hips above the floor, more where something would sink in; None rests on the floor.
    palms
        The hands carry: palms face the floor.
    level
        Two kinds of joints that are brought to the same height by another tilt.
    prop
        What is there besides, see :func:`fitlab.synthetic.rendering.things.add_equipment`.
    """

    tilt: Range | None = (-12, 15)
    about: Range = (-15, 15)
    trunk: Range = (-12, 30)
    bend: Range = (-10, 10)
    twist: Range = (-15, 15)
    nod: Range = (-25, 25)
    thigh: Range = (-10, 15)
    apart: Range = (0, 15)
    out: Range = (-5, 25)
    knee: Range = (0, 15)
    raised: Range = (0, 178)
    plane: Range = (-40, 115)
    roll: Range = (-60, 60)
    elbow: Range = (0, 120)
    other: tuple[tuple[str, Range], ...] = ()
    alike: float = 0.5
    point: Range | None = (-10, 45)
    height: Range | None = None
    palms: bool = False
    level: tuple[str, str] | None = None
    prop: str = "none"


_LIMBS = ("thigh", "apart", "out", "knee", "raised", "plane", "roll", "elbow")
_STRAIGHT: Range = (0, 9)
_UP: dict[str, Any] = {"raised": (158, 180), "plane": (60, 100), "roll": (-25, 25), "elbow": (0, 14)}
_RELAXED: dict[str, Any] = {"raised": (0, 45), "plane": (0, 100), "roll": (-40, 40), "elbow": (0, 90)}

ATTITUDES = {
    "handstand": Attitude((165, 195), trunk=(-22, 12), nod=(-35, 10), thigh=(-15, 15), **_UP, palms=True),
    "handstand_split": Attitude(
        (155, 205), ANY_WAY, (-25, 15), nod=(-35, 10), thigh=(20, 100), **_UP, palms=True, alike=0.0,
        other=(("thigh", (-45, 10)), ("knee", (0, 60))), knee=(0, 30),
    ),
    "cartwheel": Attitude(
        (60, 300), (82, 98), (-10, 20), (-20, 20), thigh=(-10, 30), apart=(25, 75), **(_UP | {"plane": (0, 60)}),
        alike=0.6, palms=True,
    ),
    "headstand": Attitude(
        (168, 192), trunk=(-10, 25), nod=(-10, 10), thigh=(-10, 110), knee=(0, 90), raised=(105, 140), plane=(70, 100),
        elbow=(70, 110), roll=(-20, 20), alike=0.7,
    ),
    "backbend": Attitude(
        (-130, -70), (0, 0), (-85, -45), nod=(-50, -15), thigh=(-38, -10), apart=(4, 25), knee=(30, 95), palms=True,
        level=("wrist", "ankle"), point=(-30, 20), alike=1.0, **(_UP | {"raised": (165, 185)}),
    ),
    "splits": Attitude(
        (-10, 15), trunk=(-25, 25), thigh=(68, 98), knee=_STRAIGHT, other=(("thigh", (-82, -48)),), alike=0.0,
        point=(20, 55),
    ),
    "straddle": Attitude((-10, 20), trunk=(-5, 60), thigh=(45, 95), apart=(35, 72), out=(10, 45), alike=0.9),
    "arabesque": Attitude(
        (10, 85), (-20, 20), (-45, 5), thigh=(-45, -5), other=(("thigh", (10, 85)), ("knee", (0, 20))), knee=(0, 35),
        alike=0.0, elbow=(0, 40),
    ),
    "tuck": Attitude(
        None, ANY_WAY, (10, 50), thigh=(85, 125), apart=(4, 22), out=(-5, 8), knee=(80, 138), raised=(25, 85),
        plane=(35, 80), elbow=(0, 45),
        height=(0.5, 1.7), alike=0.9,
    ),
    "pike": Attitude(
        None, ANY_WAY, (15, 55), thigh=(60, 125), knee=_STRAIGHT, raised=(30, 178), elbow=(0, 30), height=(0.5, 1.7),
        alike=0.9, point=(10, 55),
    ),
    "layout": Attitude(
        None, ANY_WAY, (-35, 15), twist=(-35, 35), thigh=(-25, 15), apart=(0, 12), knee=(0, 25), height=(0.6, 1.9),
        alike=0.7, point=(10, 55),
    ),
    "leap": Attitude(
        (-20, 20), trunk=(-20, 25), thigh=(35, 100), knee=(0, 70), other=(("thigh", (-55, 0)), ("knee", (0, 95))),
        alike=0.0, height=(0.7, 1.6), elbow=(0, 60),
    ),
    "jump": Attitude(
        (-15, 20), trunk=(-20, 25), thigh=(-20, 60), apart=(0, 40), knee=(0, 110), raised=(40, 178), height=(0.8, 1.7),
        alike=0.7, elbow=(0, 70),
    ),
    "hang": Attitude(
        (-25, 25), (-10, 10), (-20, 20), thigh=(-15, 110), knee=(0, 100), **(_UP | {"elbow": (0, 60)}),
        height=(1.25, 1.7), prop="bar", alike=0.92,
    ),
    "swing": Attitude(
        (25, 170), (-8, 8), (-20, 25), thigh=(-20, 50), knee=(0, 40), **(_UP | {"raised": (120, 178)}),
        height=(1.6, 2.1), prop="bar", alike=1.0,
    ),
    "seated": Attitude(
        (-22, 18), (-10, 10), (-5, 42), thigh=(72, 102), apart=(0, 25), out=(-8, 14), knee=(55, 112), **_RELAXED,
        height=(0.42, 0.62),
        prop="seat", other=(("raised", (0, 120)), ("elbow", (0, 130))), alike=0.6, point=(-15, 15),
    ),
    "seated_low": Attitude(
        (-35, 15), (-10, 10), (0, 45), thigh=(50, 110), apart=(0, 40), out=(-5, 40), knee=(0, 130), raised=(10, 90),
        alike=0.55, elbow=(0, 110),
    ),
    "cross_legged": Attitude(
        (-10, 15), trunk=(0, 30), thigh=(80, 105), apart=(38, 58), out=(38, 58), knee=(100, 130), raised=(10, 60),
        elbow=(20, 100), other=(("thigh", (66, 82)), ("knee", (85, 112))), alike=0.0,
    ),
    "kneel": Attitude(
        (-8, 15), trunk=(-15, 45), thigh=(-5, 30), apart=(2, 20), out=(-10, 8), knee=(75, 105), point=(30, 60),
        alike=0.9,
    ),
    "kneel_one": Attitude(
        (-5, 15), trunk=(-10, 45), thigh=(-10, 15), knee=(80, 100), other=(("thigh", (75, 100)), ("knee", (75, 100))),
        alike=0.0, point=(0, 20),
    ),
    "heel_sit": Attitude(
        (-5, 25), trunk=(0, 50), thigh=(75, 100), apart=(2, 20), out=(-12, 4), knee=(125, 146), point=(35, 60),
        alike=0.95,
    ),
    "crawl": Attitude(
        (75, 100), (0, 0), (-15, 25), nod=(-50, 20), thigh=(65, 110), apart=(0, 15), knee=(65, 105), raised=(70, 110),
        plane=(75, 95), elbow=(0, 35), roll=(-15, 15), palms=True, level=("wrist", "knee"), alike=0.5, point=(20, 55),
    ),
    "bear_walk": Attitude(
        (90, 140), (0, 0), (-5, 30), nod=(-45, 20), thigh=(55, 115), knee=(0, 65), raised=(85, 150), plane=(75, 95),
        elbow=(0, 20), roll=(-15, 15), palms=True, level=("wrist", "ankle"), alike=0.6, point=(-35, 20),
    ),
    "crab": Attitude(
        (-110, -55), (0, 0), (-10, 20), nod=(0, 45), thigh=(20, 85), apart=(2, 20), out=(-10, 8), knee=(60, 110),
        raised=(-75, -35), plane=(75, 95),
        elbow=(0, 25), level=("wrist", "ankle"), alike=0.8, point=(-10, 15),
    ),
    "climb": Attitude(
        (-10, 22), trunk=(-10, 20), bend=(-20, 20), thigh=(0, 50), apart=(5, 45), knee=(10, 80), raised=(110, 178),
        plane=(20, 90), elbow=(0, 90), other=(("thigh", (60, 120)), ("knee", (60, 120)), ("raised", (50, 140))),
        alike=0.0, height=(1.0, 1.7),
    ),
    "kick": Attitude(
        (-35, 10), (-40, 40), (-20, 30), bend=(-25, 25), thigh=(-15, 15), knee=(0, 35),
        other=(("thigh", (50, 125)), ("apart", (0, 60)), ("knee", (0, 60))), alike=0.0, raised=(10, 110),
    ),
    "side_kick": Attitude(
        (5, 45), (80, 100), (-10, 25), (-20, 20), thigh=(-10, 15), apart=(-5, 10), knee=(0, 25),
        other=(("apart", (40, 85)), ("thigh", (-10, 40)), ("knee", (0, 60))), alike=0.0, raised=(10, 110),
    ),
    "throw": Attitude(
        (-22, 28), (-30, 30), (-28, 32), (-25, 25), (-40, 40), thigh=(-35, 5), knee=(0, 50), raised=(70, 165),
        plane=(-40, 60), roll=(-100, 60), elbow=(20, 125), other=(("thigh", (10, 75)), ("raised", (30, 120))),
        alike=0.0,
    ),
    "run": Attitude(
        (-2, 25), (-8, 8), (-5, 20), twist=(-20, 20), thigh=(-40, 0), apart=(-3, 8), knee=(5, 110), raised=(10, 70),
        plane=(75, 110), elbow=(40, 115), other=(("thigh", (25, 95)), ("raised", (-55, 10))), alike=0.0,
        height=(0.75, 1.05),
    ),
    "upright": Attitude(
        (-6, 8), (-25, 25), (-6, 10), thigh=(-5, 6), apart=(0, 22), knee=(0, 5), raised=(0, 180), plane=(-15, 110),
        elbow=(0, 10), alike=0.6, point=None,
    ),
    "at_ease": Attitude(
        (-5, 6), (-10, 10), (-5, 12), thigh=(-4, 6), apart=(0, 10), knee=(0, 6), raised=(2, 30), plane=(0, 100),
        elbow=(0, 30), other=(("raised", (2, 130)), ("elbow", (0, 130))), alike=0.7, point=None,
    ),
    "lying": Attitude(
        (65, 115), ANY_WAY, (-15, 25), twist=(-25, 25), thigh=(-10, 90), apart=(0, 40), knee=(0, 120), alike=0.4,
    ),
    "twisted": Attitude(
        (-15, 60), ANY_WAY, (-25, 70), (-32, 32), (-48, 48), thigh=(-25, 110), apart=(-8, 55), out=(-25, 45),
        knee=(0, 120), alike=0.3,
    ),
    "free": Attitude(
        None, ANY_WAY, (-35, 75), (-25, 25), (-35, 35), (-40, 45), thigh=(-30, 128), apart=(-8, 55), out=(-30, 45),
        knee=(0, 135), elbow=(0, 135), roll=(-90, 90),
    ),
    "flying": Attitude(
        None, ANY_WAY, (-35, 55), (-20, 20), (-30, 30), (-40, 45), thigh=(-35, 120), apart=(-5, 60), out=(-25, 45),
        knee=(0, 100), other=(("knee", (0, 25)),), raised=(20, 178), elbow=(0, 60), height=(0.5, 1.9), alike=0.4,
    ),
}  # fmt: skip


def _draw(attitude: Attitude) -> Callable[[Draw, Rig], Parameters]:
    def draw(draw: Draw, rig: Rig) -> Parameters:
        p = {name: draw.uniform(*getattr(attitude, name)) for name in ("about", "trunk", "bend", "twist", "nod")}
        p["tilt"] = draw_tilts(draw) if attitude.tilt is None else draw.uniform(*attitude.tilt)
        p["height"] = np.zeros(draw.count) if attitude.height is None else draw.uniform(*attitude.height)
        alike, first, other = draw.chance(attitude.alike), draw.chance(0.5), dict(attitude.other)
        for name in _LIMBS:
            usual = getattr(attitude, name)
            one, two = draw.uniform(*usual), draw.uniform(*other.get(name, usual))
            two = np.where(alike, one + draw.normal(4), two)
            p[f"left_{name}"], p[f"right_{name}"] = np.where(first, one, two), np.where(first, two, one)
        for side in SIGN:
            for hinge in ("knee", "elbow"):
                p[f"{side}_{hinge}"] = np.maximum(p[f"{side}_{hinge}"], 0)
            p[f"{side}_point"] = draw.uniform(*(attitude.point or (0, 0)))
        p["prop"] = np.full(draw.count, attitude.prop)
        return p

    return draw


def draw_tilts(draw: Draw) -> np.ndarray:
    """How far bodies that may be turned anyhow are tilted from upright.

    Parameters
    ----------
    draw
        Of N people.

    Returns
    -------
    np.ndarray
        (N,) degrees.
    """
    low, high = np.array(TILTS)[draw.rng.choice(len(TILTS), draw.count, p=TILT_SHARES)].T
    return low + (high - low) * draw.uniform(0, 1)


def _pose(attitude: Attitude) -> Callable[[Rig, Parameters, np.ndarray, Lift], Posing]:
    def pose(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
        posing = _posed(attitude, rig, p, p["tilt"], lift["ground"])
        if attitude.level is not None:
            posing = _posed(attitude, rig, p, p["tilt"] + _levelling(attitude.level, rig, posing, p), lift["ground"])
        posing.touch("ground", only_up=attitude.height is not None)
        return posing

    return pose


def _posed(attitude: Attitude, rig: Rig, p: Parameters, tilt: np.ndarray, lift: np.ndarray) -> Posing:
    axis = np.stack([np.cos(np.deg2rad(p["about"])), np.sin(np.deg2rad(p["about"])), 0 * tilt], -1)
    pelvis = turn(axis, tilt)
    half = turn(X, p["trunk"] / 2) @ turn(Y, p["bend"] / 2) @ turn(Z, p["twist"] / 2)
    chest = pelvis @ half @ half
    height = lift + (1.0 if attitude.height is None else p["height"])
    shrug = {side: 30 * np.clip((p[f"{side}_raised"] - 90) / 80, 0, 1) for side in SIGN}
    posing = Posing(rig, height[:, None] * Z, pelvis, chest, chest @ turn(X, p["nod"]), shrug=shrug)
    for side, sign in SIGN.items():
        thigh = pelvis @ turn(X, -p[f"{side}_thigh"]) @ turn(Y, -sign * p[f"{side}_apart"])
        thigh = thigh @ turn(Z, sign * p[f"{side}_out"])
        shank = thigh @ turn(X, p[f"{side}_knee"])
        posing.leg_along(side, apply(thigh, -Z), apply(shank, -Z), apply(thigh, -Y))
        if attitude.point is None:
            posing.foot_on_floor(side, np.clip(p[f"{side}_out"], -5, 30))
        else:
            posing.foot_with_shank(side, p[f"{side}_point"])
        plane = np.deg2rad(p[f"{side}_plane"])
        raising = np.stack([-np.sin(plane), -sign * np.cos(plane), 0 * plane], -1)
        upper = chest @ turn(raising, p[f"{side}_raised"]) @ turn(Z, sign * p[f"{side}_roll"])
        fore = upper @ turn(X, -p[f"{side}_elbow"])
        posing.arm_along(side, apply(upper, -Z), apply(fore, -Z), apply(upper, Y))
        if attitude.palms:
            # A carrying hand is bent back, on from where the raising arm goes.
            ahead = apply(chest, np.cross(raising, apply(turn(raising, p[f"{side}_raised"]), -Z)))
            posing.hand(side, unit(ahead * [1, 1, 0]), -Z + 0.01 * X, 3.0)
    return posing


def _levelling(kinds: tuple[str, str], rig: Rig, posing: Posing, p: Parameters) -> np.ndarray:
    """By how many degrees (N,) more to tilt, so that joints of two kinds are equally high."""
    places = {}
    for kind in kinds:
        sides = []
        for side in SIGN:
            arm = kind == "wrist"
            start = posing.shoulder(side) if arm else posing.hip(side)
            upper, lower = posing.arm_directions(side) if arm else posing.leg_directions(side)
            first, second = ("upperarm", "forearm") if arm else ("thigh", "shank")
            end = start + rig.lengths[f"{side}_{first}"][:, None] * upper
            if kind != "knee":
                end = end + rig.lengths[f"{side}_{second}"][:, None] * lower
            sides.append(end)
        places[kind] = (sides[0] + sides[1]) / 2
    between = places[kinds[0]] - places[kinds[1]]
    more = np.rad2deg(np.arctan2(-between[:, 2], between[:, 1]))
    return (more + 90) % 180 - 90


# -- everyday motion, turned as a whole -----------------------------------------------------------------------------


def _draw_turned(draw: Draw, rig: Rig) -> Parameters:
    p = everyday.draw_recorded(draw, rig)
    about = np.deg2rad(draw.uniform(*ANY_WAY))
    turned = turn(np.stack([np.cos(about), np.sin(about), 0 * about], -1), draw_tilts(draw))
    p["joints"] = p["joints"] @ np.swapaxes(turned, -1, -2)
    return p | {"height": draw.uniform(0.4, 1.6), "in_air": draw.chance(0.4)}


def _pose_turned(rig: Rig, p: Parameters, phase: np.ndarray, lift: Lift) -> Posing:
    posing = everyday.pose_recorded(rig, p, phase, lift, np.where(p["in_air"], p["height"], 1.0))
    posing.touch("ground", only_up=p["in_air"])
    return posing


MOVEMENTS = (
    *(
        Movement(name, _draw(attitude), _pose(attitude), still=True, possible=clear_of_itself)
        for name, attitude in ATTITUDES.items()
    ),
    Movement("everyday_turned", _draw_turned, _pose_turned, still=True),
)
