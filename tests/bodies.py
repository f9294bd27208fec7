"""Made-up people for tests, in LIFT16 and millimetres, whose every angle can be told by looking at the numbers.

World axes: the person faces -y, left is +x, up is +z; the pelvis is at 0. ``before`` turns them into camera axes.
"""

import numpy as np

from fitlab.cameras import look_at
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16

#: Turns a standing person onto hands and feet: what faced forward faces the floor.
FACE_DOWN = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def body(**places: tuple[float, float, float]) -> np.ndarray:
    """(16, 3) a person standing with hanging arms, except for the joints that are given."""
    upright = {"pelvis": (0, 0, 0), "spine": (0, 0, 235), "thorax": (0, 0, 470), "head_top": (0, 0, 750)}
    for side, sign in (("left", 1), ("right", -1)):
        upright[f"{side}_hip"] = (sign * 110, 0, 0)
        upright[f"{side}_knee"] = (sign * 110, 0, -410)
        upright[f"{side}_ankle"] = (sign * 110, 0, -820)
        upright[f"{side}_shoulder"] = (sign * 185, 0, 470)
        upright[f"{side}_elbow"] = (sign * 185, 0, 175)
        upright[f"{side}_wrist"] = (sign * 185, 0, -55)
    return np.array([(upright | places)[name] for name in LIFT16.joints], float)


def squat(knee: float = 90.0) -> np.ndarray:
    """Shins upright, thighs turned by what the knees are bent, trunk upright: hips bent as much as knees."""
    bend = np.deg2rad(180 - knee)
    forward, down = -410 * np.sin(bend), -410 * np.cos(bend)
    places = {}
    for side, x in (("left", 110), ("right", -110)):
        places[f"{side}_knee"], places[f"{side}_ankle"] = (x, forward, down), (x, forward, down - 410)
        places[f"{side}_shoulder"] = (x, 0, 470)
    return body(**places)


def lunge(front: str = "left") -> np.ndarray:
    """Front knee at a right angle, back leg straight."""
    back = "right" if front == "left" else "left"
    x = 110 if front == "left" else -110
    behind, down = 410 * np.sin(np.pi / 3), -410 * np.cos(np.pi / 3)
    return body(
        **{
            f"{front}_knee": (x, -410, 0),
            f"{front}_ankle": (x, -410, -410),
            f"{back}_knee": (-x, behind, down),
            f"{back}_ankle": (-x, 2 * behind, 2 * down),
        }
    )


def plank(sag: float = 0.0) -> np.ndarray:
    """Face down and straight, but for the hips, which are ``sag`` mm too near the floor."""
    points = body()
    hips = LIFT16.indices(["pelvis", "left_hip", "right_hip"])
    points[hips, 1] -= sag
    return points @ FACE_DOWN.T


def tipped(points: np.ndarray, degrees: float) -> np.ndarray:
    """Everything above the hips tipped forward."""
    angle = np.deg2rad(degrees)
    turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    above = [i for i, name in enumerate(LIFT16.joints) if not name.endswith(("pelvis", "hip", "knee", "ankle"))]
    turned = points.copy()
    turned[above] = points[above] @ turn.T
    return turned


def leaning_back(degrees: float) -> np.ndarray:
    """Standing, everything above the hips tipped backwards."""
    return tipped(body(), -degrees)


def mirrored(points: np.ndarray) -> np.ndarray:
    """The same pose with left and right exchanged."""
    return points[..., list(LIFT16.mirror), :] * [-1, 1, 1]


def before(points: np.ndarray, azimuth: float = 0, elevation: float = 0, roll: float = 0) -> np.ndarray:
    """World points in the axes of a camera, see :func:`fitlab.cameras.look_at`."""
    return points @ look_at(azimuth, elevation, roll).T


def pose(points: np.ndarray, **scores: float) -> Pose3D:
    """A Pose3D seen from the front in which every joint is seen, except as given."""
    score = np.array([scores.get(name, 1.0) for name in LIFT16.joints])
    return Pose3D(before(points), score)
