"""Poses drawn from the ranges of human joints, and bodies of other proportions for poses that were recorded.

Recorded motion is of few people, most of them upright. Poses that nobody recorded but any body can take teach a
lifter what to expect on the floor. Axes: x to the person's left, y backwards, z up; LIFT16; mm.
"""

from __future__ import annotations

import numpy as np

from fitlab.angles import angle_between
from fitlab.bodies import REFERENCE_BONES, REFERENCE_HEIGHT, body_height
from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16

_X, _Y, _Z = np.eye(3)
_DOWN = -_Z
_LENGTH = dict(zip(LIFT16.bones, REFERENCE_BONES, strict=True))
_PARENT = {end: start for start, end in LIFT16.bones}


def _depth(joint: str) -> int:
    return 1 + _depth(_PARENT[joint]) if joint in _PARENT else 0


#: (start, end) of LIFT16's bones, those nearer to the pelvis first.
_TREE = sorted(LIFT16.bones, key=lambda bone: _depth(bone[1]))


def random_poses(rng: np.random.Generator, count: int) -> np.ndarray:
    """Poses of the reference body, each joint anywhere in its range.

    Half of them do with one side nearly what they do with the other, as exercises do; limbs are often straight.

    Parameters
    ----------
    rng
        What everything random is drawn from.
    count
        How many poses.

    Returns
    -------
    np.ndarray
        (count, 16, 3) mm, LIFT16, z up, the pelvis at 0.
    """
    flexion, bend, twist = _normal(rng, count, 12, 28, -30, 85), _normal(rng, count, 0, 12), _normal(rng, count, 0, 15)
    half = about_axis(_X, flexion / 2) @ about_axis(_Y, bend / 2) @ about_axis(_Z, twist / 2)
    chest = half @ half
    nod = about_axis(_X, _normal(rng, count, 0, 22, -50, 60)) @ about_axis(_Y, _normal(rng, count, 0, 12))
    tilt = np.broadcast_to(about_axis(_X, _normal(rng, count, 0, 8)), half.shape)

    points = {"pelvis": np.zeros((count, 3))}
    points["spine"] = _step(points["pelvis"], tilt @ _Z, "pelvis", "spine")
    points["thorax"] = _step(points["spine"], half @ _Z, "spine", "thorax")
    points["head_top"] = _step(points["thorax"], (chest @ nod) @ _Z, "thorax", "head_top")
    alike = rng.uniform(size=count) < 0.5
    left_leg, left_arm = _leg_angles(rng, count), _arm_angles(rng, count)
    right_leg = _other_side(rng, alike, left_leg, _leg_angles(rng, count))
    right_arm = _other_side(rng, alike, left_arm, _arm_angles(rng, count))
    for side, sign, leg, arm in (("left", 1, left_leg, left_arm), ("right", -1, right_leg, right_arm)):
        points |= _leg(side, sign, points["pelvis"], *leg)
        points |= _arm(side, sign, points["thorax"], chest, *arm)
    return np.stack([points[joint] for joint in LIFT16.joints], axis=1)


def _normal(
    rng: np.random.Generator, count: int, mean: float, deviation: float, low: float = -60, high: float = 60
) -> np.ndarray:
    """Radians, from degrees."""
    return np.deg2rad(np.clip(rng.normal(mean, deviation, count), low, high))


def _hinge(rng: np.random.Generator, count: int) -> np.ndarray:
    """Flexion of knees and elbows: straight, or anything up to 150 degrees."""
    straight = np.abs(rng.normal(0, 8, count))
    return np.deg2rad(np.where(rng.uniform(size=count) < 0.35, straight, rng.uniform(0, 150, count)))


def _leg_angles(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    standing = rng.uniform(size=count) < 0.3
    flexion = np.where(standing, rng.normal(0, 12, count), rng.uniform(-25, 130, count))
    return (
        np.deg2rad(flexion),
        _normal(rng, count, 10, 16, -20, 60),
        _normal(rng, count, 5, 20, -40, 50),
        _hinge(rng, count),
    )


def _arm_angles(rng: np.random.Generator, count: int) -> tuple[np.ndarray, ...]:
    return (
        np.deg2rad(rng.uniform(-50, 125, count)),
        np.deg2rad(rng.uniform(0, 178, count)),
        np.deg2rad(rng.uniform(-100, 100, count)),
        _hinge(rng, count),
    )


def _other_side(
    rng: np.random.Generator, alike: np.ndarray, same: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, ...]:
    return tuple(
        np.where(alike, one + np.deg2rad(rng.normal(0, 5, len(one))), two) for one, two in zip(same, other, strict=True)
    )


def _leg(
    side: str, sign: int, pelvis: np.ndarray, flexion: np.ndarray, apart: np.ndarray, turn: np.ndarray, knee: np.ndarray
) -> dict[str, np.ndarray]:
    thigh = about_axis(_X, -flexion) @ about_axis(_Y, -sign * apart) @ about_axis(_Z, sign * turn)
    shin = thigh @ about_axis(_X, knee)
    points = {f"{side}_hip": _step(pelvis, sign * _X, "pelvis", f"{side}_hip")}
    points[f"{side}_knee"] = _step(points[f"{side}_hip"], thigh @ _DOWN, f"{side}_hip", f"{side}_knee")
    points[f"{side}_ankle"] = _step(points[f"{side}_knee"], shin @ _DOWN, f"{side}_knee", f"{side}_ankle")
    return points


def _arm(
    side: str,
    sign: int,
    thorax: np.ndarray,
    chest: np.ndarray,
    plane: np.ndarray,
    raised: np.ndarray,
    turn: np.ndarray,
    elbow: np.ndarray,
) -> dict[str, np.ndarray]:
    """``plane``: which way the arm is raised, 0 sideways, a right angle to the front; ``raised``: 0 when it hangs."""
    axis = np.stack([-np.sin(plane), -sign * np.cos(plane), np.zeros_like(plane)], axis=-1)
    upper = chest @ about_axis(axis, raised) @ about_axis(_Z, sign * turn)
    fore = upper @ about_axis(_X, -elbow)
    shoulder = np.array([sign * 0.95, 0, 0.31])
    points = {f"{side}_shoulder": _step(thorax, chest @ shoulder, "thorax", f"{side}_shoulder")}
    points[f"{side}_elbow"] = _step(points[f"{side}_shoulder"], upper @ _DOWN, f"{side}_shoulder", f"{side}_elbow")
    points[f"{side}_wrist"] = _step(points[f"{side}_elbow"], fore @ _DOWN, f"{side}_elbow", f"{side}_wrist")
    return points


def _step(start: np.ndarray, direction: np.ndarray, parent: str, child: str) -> np.ndarray:
    return start + direction * _LENGTH[parent, child]


def straightened(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Recorded ``poses`` (N, 16, 3) with knees that are less bent the straighter they are; bones keep their lengths.

    People in CMU's database stand with their knees at 150 to 160 degrees, and so do their stance legs when they walk,
    which others measure at 160 to 178 (Winter 2009, "Biomechanics and motor control of human movement"): its hips and
    knees do not lie where the real ones do. Who learns from that reads every straight leg as bent. Up to 28 degrees,
    another share of it for each pose, are taken off a leg that is nearly straight, next to nothing off a squatting one.

    Parameters
    ----------
    poses
        (N, 16, 3) mm, LIFT16.
    rng
        What the shares are drawn from.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm.
    """
    return _less_bent(poses, ("hip", "knee", "ankle"), 28 * rng.uniform(0.3, 1.0, len(poses)))


def straightened_arms(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``poses`` (N, 16, 3) with elbows that are less bent the straighter they are, by 0 to 25 degrees.

    Hardly an elbow of CMU's database and of the synthetic people is beyond 165 degrees, not even above the head, where
    people lock them: who learns from that alone reads every straight arm as bent.

    See :func:`straightened` for the parameters and answer.
    """
    return _less_bent(poses, ("shoulder", "elbow", "wrist"), 25 * rng.uniform(0.0, 1.0, len(poses)))


def _less_bent(poses: np.ndarray, limb: tuple[str, str, str], degrees: np.ndarray) -> np.ndarray:
    """Up to ``degrees`` (N,) less bend in the middle of both limbs, the less the more it is bent."""
    poses = poses.copy()
    for side in ("left", "right"):
        joints = LIFT16.indices([f"{side}_{joint}" for joint in limb])
        root, middle, end = (poses[:, joint] for joint in joints)
        upper, lower = (np.linalg.norm(bone, axis=-1) for bone in (middle - root, end - middle))
        bent = np.deg2rad(180 - angle_between(root - middle, end - middle))
        bent = np.maximum(bent - np.deg2rad(degrees) * np.exp(-((bent / np.deg2rad(60)) ** 2)), 0)
        along = end - root
        reach = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * np.cos(bent))
        along = along / np.linalg.norm(along, axis=-1, keepdims=True)
        ahead = (middle - root) - ((middle - root) * along).sum(-1, keepdims=True) * along
        ahead = ahead / np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-9)
        cosine = np.clip((upper**2 + reach**2 - lower**2) / (2 * upper * reach), -1, 1)[:, None]
        turned = cosine * along + np.sqrt(1 - cosine**2) * ahead
        poses[:, joints[1]] = root + upper[:, None] * turned
        poses[:, joints[2]] = root + reach[:, None] * along
    return poses


def reproportioned(poses: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same poses taken by bodies of other proportions and of the reference height.

    Limbs, trunk, hips, shoulders and head become longer or shorter, both sides alike, and the thorax sits lower or
    higher between the shoulders, as it does in different definitions of that joint.

    Parameters
    ----------
    poses
        (N, 16, 3) mm, LIFT16.
    rng
        What the proportions are drawn from.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm.
    """
    count = len(poses)
    index = LIFT16.index
    shoulders = LIFT16.indices(["left_shoulder", "right_shoulder"])
    lifted = (poses[:, shoulders].mean(1) - poses[:, index("thorax")]) * rng.uniform(-0.2, 1.6, (count, 1))
    scale = {part: rng.normal(1, deviation, count).clip(0.8, 1.25) for part, deviation in _LIMB_VARIATION.items()}
    scale["hip"] = rng.uniform(0.85, 1.6, count)
    scale["head_top"] = rng.uniform(0.85, 1.3, count)
    result = np.zeros_like(poses)
    for start, end in (LIFT16.indices(bone) for bone in _TREE):
        part = LIFT16.joints[end].removeprefix("left_").removeprefix("right_")
        result[:, end] = result[:, start] + (poses[:, end] - poses[:, start]) * scale[part][:, None]
    result[:, index("thorax")] += lifted
    return of_reference_height(result)


#: Standard deviation of the length of the bone that ends in each joint, relative.
_LIMB_VARIATION = {
    "knee": 0.07,
    "ankle": 0.07,
    "elbow": 0.08,
    "wrist": 0.10,
    "spine": 0.07,
    "thorax": 0.07,
    "shoulder": 0.10,
}


def of_reference_height(poses: np.ndarray) -> np.ndarray:
    """Poses of people of any height, as people of the reference height would take them.

    Parameters
    ----------
    poses
        (N, 16, 3) in any unit, LIFT16.

    Returns
    -------
    np.ndarray
        (N, 16, 3) mm.
    """
    return poses * (REFERENCE_HEIGHT / body_height(poses))[:, None, None]
