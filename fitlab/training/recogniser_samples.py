"""What a recogniser learns from: poses with the names of what they are, as the lifter answers them from a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitlab.angles import angle_between, point
from fitlab.datasets.virtual_cameras import IMAGE, Views, photograph
from fitlab.evaluation.measured_depth import seen_depth
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.features import body_axes
from fitlab.exercises.recognition import BEGINNINGS, POSTURES, UNKNOWN
from fitlab.lifting.lifter import Lifter
from fitlab.poses import Pose2D
from fitlab.rotations import about_axis, unit
from fitlab.skeletons import LIFT16, SIDES
from fitlab.synthetic.exercises.catalogue import MOVEMENTS
from fitlab.synthetic.exercises.catalogue import available as available_movements
from fitlab.synthetic.pose_sets import sample_poses
from fitlab.training.samples import Noise, Variation, detected, varied

#: Movements by the name that is learnt; each has the share of its number. A movement that is not here is unknown.
NAMES: dict[str, dict[str, float]] = {
    "squat": {"squat": 3.0, "deep_squat": 1.0},
    **{name: {name: 3.0} for name in ("push_up", "plank", "lunge")},
    "overhead_press": {"overhead_press": 4.0},
    **{
        name: {name: 1.5}
        for name in (
            "curl", "deadlift", "jumping_jack", "knee_raise", "sit_up", "hip_bridge", "leg_raise", "boat", "tree",
            "warrior", "downward_dog", "upward_dog", "side_plank",
        )
    },
    "standing": {"standing": 3.0, "at_ease": 2.0, "upright": 1.5},
    "sitting": {"seated": 2.5, "seated_low": 1.0, "cross_legged": 0.5},
    "lying": {"lying": 3.0},
    "kneeling": {"kneel": 1.5, "heel_sit": 1.0},
}  # fmt: skip
#: Sixteen joints do not tell a knee on the floor from the lowest point of a lunge.
_LEFT_OUT = ("kneel_one",)
_OFTEN = {"free": 2.0, "flying": 0.7, "everyday": 4.0, "twisted": 0.7}
#: Whoever begins one of these still stands or lies.
_FROM_STANDING = ("squat", "deep_squat", "lunge", "deadlift", "curl", "jumping_jack")
_FROM_LYING = ("sit_up", "hip_bridge", "leg_raise")
#: Phases of a repetition: before the first it has not begun, from the second on it is plain to see.
_BEGUN, _PLAIN = 0.1, 0.3
_GRADUAL = (*_FROM_STANDING, *_FROM_LYING, "knee_raise", "warrior")
#: Share of the presses and curls that are done sitting or kneeling.
_SEATED = 0.2

#: What is the same whatever the arms do.
_FREE_ARMS = (
    "squat", "lunge", "deadlift", "knee_raise", "sit_up", "hip_bridge", "leg_raise", "boat", "standing", "sitting",
    "lying", "kneeling",
)  # fmt: skip
#: Degrees, one standard deviation over people of how far each part of the body is turned at random.
LOOSE = 6.0
#: Parts of the body: the joint that each is turned about, and the joints that go with it.
_PARTS = [
    (
        LIFT16.index("pelvis"),
        [j for j, name in enumerate(LIFT16.joints) if not name.endswith(("pelvis", "hip", "knee", "ankle"))],
    )
]
_PARTS += [
    (LIFT16.index(f"{side}_{chain[0]}"), LIFT16.indices([f"{side}_{joint}" for joint in chain[1:]]))
    for side in SIDES
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
    for chain in (limb, limb[1:])
]


@dataclass(frozen=True)
class Named:
    """Poses with their names.

    Parameters
    ----------
    points
        (N, 16, 3) mm, LIFT16, z up.
    names
        (N,) of :func:`classes`.
    people
        (N,) numbers of the people.
    """

    points: np.ndarray
    names: np.ndarray
    people: np.ndarray

    def __len__(self) -> int:
        return len(self.points)


def classes() -> tuple[str, ...]:
    """Everything that is learnt: the names, beginnings that do not look like the far point, and the rest."""
    return (*NAMES, *BEGINNINGS, UNKNOWN)


def draw_named(count: int, seed: int, split: str = "train") -> Named:
    """Poses of synthetic people in all exercises and attitudes; ambiguous ones are left out.

    Parameters
    ----------
    count
        How many are drawn; some one in seven is left out.
    seed
        Another seed gives other poses.
    split
        ``train`` or ``test``: whose bodies.
    """
    known = {movement: share for part in NAMES.values() for movement, share in part.items()}
    others = [name for name in MOVEMENTS if name not in known and name not in _LEFT_OUT]
    shares = available_movements(known | dict.fromkeys(others, 0.35) | _OFTEN)
    drawn = sample_poses(count, seed, shares, split)
    points, movements = drawn["lift16"], drawn["exercise"]
    points = _seated(points, movements, np.random.default_rng([seed, 7]))
    names = name_poses(points, movements, drawn["phase"])
    kept = names != ""
    return Named(points[kept].astype(np.float32), names[kept], drawn["person"][kept])


def name_poses(points: np.ndarray, movements: np.ndarray, phase: np.ndarray) -> np.ndarray:
    """What poses are called by what they look like; empty where they could be several things.

    Parameters
    ----------
    points
        (N, 16, 3) mm, LIFT16, z up.
    movements
        (N,) of :data:`fitlab.synthetic.exercises.catalogue.MOVEMENTS`.
    phase
        (N,) of the movement.

    Returns
    -------
    np.ndarray
        (N,) str, of :func:`classes`.
    """
    called = {movement: name for name, part in NAMES.items() for movement in part}
    names = np.array([called.get(movement, UNKNOWN) for movement in movements], dtype="<U20")
    gradual = np.isin(movements, _GRADUAL)
    names[gradual & (phase < _PLAIN)] = ""
    begun = phase >= _BEGUN
    names[np.isin(movements, _FROM_STANDING) & ~begun] = "standing"
    names[np.isin(movements, _FROM_LYING) & ~begun] = "lying"
    for beginning, exercise in BEGINNINGS.items():
        names[(names == exercise) & load_exercises()[exercise].at_start(points)] = beginning
    straight, upright, raised = _straight_legs(points), _upright(points), _hands_raised(points)
    daily = movements == "everyday"
    names[daily & straight & upright & ~raised] = "standing"
    names[daily & upright & (_knees(points) < 115).all(-1)] = ""
    # Whoever stands or hangs with the hands above the head could be at the top of a press or of a jumping jack.
    names[np.isin(movements, (*NAMES["standing"], "hang")) & straight & raised] = ""
    return names


def _knees(points: np.ndarray) -> np.ndarray:
    """(N, 2) degrees."""
    return np.stack([angle_between(*_legs(points, side)) for side in SIDES], -1)


def _legs(points: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray]:
    hip, knee, ankle = (point(points, f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    return hip - knee, ankle - knee


def _straight_legs(points: np.ndarray) -> np.ndarray:
    return np.asarray((_knees(points) > 145).all(-1))


def _upright(points: np.ndarray) -> np.ndarray:
    trunk = point(points, "thorax") - point(points, "pelvis")
    return angle_between(trunk, np.array([0.0, 0.0, 1.0])) < 35


def _hands_raised(points: np.ndarray) -> np.ndarray:
    return (point(points, "mid_wrists") - point(points, "thorax"))[..., 2] > 0


def _seated(points: np.ndarray, movements: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some of the presses and curls with the legs of somebody who sits or kneels."""
    donors = np.flatnonzero(np.isin(movements, ("seated", "kneel")))
    takers = np.flatnonzero(np.isin(movements, ("overhead_press", "curl")) & (rng.uniform(size=len(points)) < _SEATED))
    if not len(donors) or not len(takers):
        return points
    giving, points = points[rng.choice(donors, len(takers))], points.copy()
    turned = _azimuth(points[takers]) - _azimuth(giving)
    c, s = np.cos(turned), np.sin(turned)
    turn = np.stack([c, -s, s, c], -1).reshape(-1, 2, 2)
    for side in SIDES:
        hip, knee, ankle = LIFT16.indices([f"{side}_{joint}" for joint in ("hip", "knee", "ankle")])
        for joint in (knee, ankle):
            bone = giving[:, joint] - giving[:, hip]
            bone = np.concatenate([(turn @ bone[:, :2, None])[..., 0], bone[:, 2:]], -1)
            points[takers, joint] = points[takers, hip] + bone
    return points


def loosened(points: np.ndarray, names: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Poses as more people might do them: all bent a bit, half with the arms of others where arms do not matter.

    Parameters
    ----------
    points
        (N, 16, 3) mm.
    names
        (N,) of :func:`classes`.
    rng
        What everything random is drawn from.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm.
    """
    points = _with_other_arms(points, names, rng)
    loose = np.abs(rng.normal(0, LOOSE, len(points)))
    for root, joints in _PARTS:
        turned = about_axis(unit(rng.standard_normal((len(points), 3))), np.deg2rad(rng.normal(0, loose)))
        points[:, joints] = points[:, [root]] + (points[:, joints] - points[:, [root]]) @ np.swapaxes(turned, -1, -2)
    return points


def _with_other_arms(points: np.ndarray, names: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    free = np.flatnonzero(np.isin(names, _FREE_ARMS))
    takers = free[rng.uniform(size=len(free)) < 0.5]
    giving, taking = points[rng.choice(free, len(takers))], points[takers]
    carried = np.swapaxes(body_axes(taking), -1, -2) @ body_axes(giving)  # from the one trunk to the other
    for side in SIDES:
        shoulder, *arm = LIFT16.indices([f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")])
        taking[:, arm] = taking[:, [shoulder]] + (giving[:, arm] - giving[:, [shoulder]]) @ np.swapaxes(carried, -1, -2)
    # Somebody who stands or sits with raised hands could be at the top of a press.
    raised = (body_axes(taking)[:, 2] * (point(taking, "mid_wrists") - point(taking, "thorax"))).sum(-1) > 0
    kept = raised & np.isin(names[takers], POSTURES)
    points = points.copy()
    points[takers[~kept]] = taking[~kept]
    return points


def _azimuth(points: np.ndarray) -> np.ndarray:
    """(N,) radians, in which direction the left hip lies from the right one."""
    across = point(points, "left_hip") - point(points, "right_hip")
    return np.arctan2(across[:, 1], across[:, 0])


def as_lifted(
    points: np.ndarray, rng: np.random.Generator, lifter: Lifter, views: Views, variation: Variation, noise: Noise
) -> np.ndarray:
    """Poses before random cameras, seen by an imperfect detector and lifted.

    Parameters
    ----------
    points
        (N, 16, 3) mm, z up.
    rng
        What everything random is drawn from.
    lifter
    views, variation, noise
        As a lifter is trained (:mod:`fitlab.training.samples`).

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm, in camera axes.
    """
    poses = varied(points.astype(float), rng, variation)
    camera, pixels = photograph(poses, rng, views, variation.rolled)
    depth = seen_depth(camera, pixels, rng, noise.depth)
    pixels, deviation, seen = detected(pixels, rng, noise)
    covariance = np.square(deviation)[..., None, None] * np.eye(2)
    size = int(IMAGE)
    pose2d = Pose2D(pixels + (size - 1) / 2, seen.astype(float), (size, size), covariance, LIFT16, depth)
    return lifter.lift(pose2d).points
