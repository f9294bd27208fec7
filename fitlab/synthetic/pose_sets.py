"""Poses without pictures, thousands a second, and clips: what a lifter learns from."""

from __future__ import annotations

import numpy as np

from fitlab.cameras import look_at, project, to_camera
from fitlab.synthetic.exercises.catalogue import movement_named
from fitlab.synthetic.exercises.motion import (
    Movement,
    acceptable,
    draw_motion,
    draw_rig,
    drifting,
    phase_over_time,
    solve,
)
from fitlab.synthetic.people import body
from fitlab.synthetic.people.rig import BonePose, Rig
from fitlab.synthetic.rendering.photography import above_floor
from fitlab.synthetic.sets import SETS

BATCH = 250
#: How often poses that are not acceptable are drawn again; a few in a thousand are.
TRIES = 20


def sample_poses(
    count: int, seed: int, exercises: dict[str, float] | list[str] | None = None, split: str = "train"
) -> dict[str, np.ndarray]:
    """Draw poses of different people in all phases of exercises. The same arguments give the same poses.

    Parameters
    ----------
    count
        How many, N.
    seed
        Another seed gives other poses.
    exercises
        Names, or name -> share. By default all but everyday motion, in the shares of the mixed set.
    split
        ``train`` or ``test``: whose bodies. They have nobody in common.

    Returns
    -------
    dict
        ``lift16`` and ``mpii16`` (N, 16, 3) mm, z up; a person at rest faces -y, the floor is at 0. ``person`` (N,)
        numbers, ``phenotype`` (N, 6), and ``exercise``, ``phase``, ``error``, ``grade`` (N,).

    Raises
    ------
    ValueError
        If there is no such exercise.
    RuntimeError
        If poses of an exercise are still not acceptable after :data:`TRIES` tries.
    """
    if exercises is None:
        exercises = {name: share for name, share in SETS["mixed"].exercises.items() if name != "everyday"}
    shares = dict.fromkeys(exercises, 1.0) if not isinstance(exercises, dict) else exercises
    known = [movement_named(name) for name in shares]
    rng = np.random.default_rng([seed, 3])
    chosen = rng.choice(len(known), count, p=np.array(list(shares.values())) / sum(shares.values()))
    rows = []
    for k, movement in enumerate(known):
        places = np.flatnonzero(chosen == k)
        for start in range(0, len(places), BATCH):
            part = places[start : start + BATCH]
            rows.append((part, _batch(movement, rng, len(part), split)))
    order = np.argsort(np.concatenate([places for places, _ in rows]))
    return {name: np.concatenate([row[name] for _, row in rows])[order] for name in rows[0][1]}


def _batch(movement: Movement, rng: np.random.Generator, count: int, split: str) -> dict[str, np.ndarray]:
    """``count`` acceptable poses of one movement; what is not acceptable is drawn again."""
    parts, missing = [], count
    for _ in range(TRIES):
        people = body.person_numbers(rng, split, missing)
        rig, phenotypes = draw_rig(people)
        motion = draw_motion(movement, rig, rng)
        phase = rng.random(missing)
        pose, residual = solve(motion, phase)
        drawn = _joints(rig, pose) | {
            "person": people,
            "phenotype": phenotypes,
            "exercise": np.full(missing, movement.name, dtype="<U20"),
            "phase": phase,
            "error": motion.error.astype("<U20"),
            "grade": motion.grade,
        }
        good = acceptable(motion, pose, residual)
        parts.append({name: values[good] for name, values in drawn.items()})
        missing -= int(good.sum())
        if not missing:
            break
    else:
        raise RuntimeError(f"{missing} of {count} poses of {movement.name} are still off the floor after {TRIES} tries")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _joints(rig: Rig, pose: BonePose) -> dict[str, np.ndarray]:
    head = body.body_model().bone("head")
    turned = pose.rotations[:, head] @ (rig.head_top - rig.heads[:, head])[..., None]
    joints = body.named_joints(pose.heads, pose.heads[:, head] + turned[..., 0])
    return {"lift16": 1000 * body.lift16(joints), "mpii16": 1000 * body.mpii16(joints)}


def sample_clip(
    exercise: str, seed: int, repetitions: int = 5, fps: float = 30.0, error: str | None = None, split: str = "train"
) -> dict[str, np.ndarray]:
    """Draw one person who repeats an exercise, each time a little differently, with pauses.

    Parameters
    ----------
    exercise
        Name of the movement.
    seed
        Another seed gives another person and other repetitions.
    repetitions
        How many.
    fps
        Frames per second.
    error
        The form error; None draws it.
    split
        ``train`` or ``test``: whose body.

    Returns
    -------
    dict
        The arrays of :func:`sample_poses` over T frames, ``time`` (T,) seconds, and ``repetition`` (T,), counted from
        0, and -1 before the first.

    Raises
    ------
    ValueError
        If there is no such exercise or form error.
    """
    chosen = movement_named(exercise)
    rng = np.random.default_rng([seed, 5])
    people = body.person_numbers(rng, split, 1)
    rig, phenotypes = draw_rig(people)
    motion = draw_motion(chosen, rig, rng, error)
    phase, repetition = phase_over_time(rng, repetitions, fps, chosen.still)
    frames = len(phase)
    moving = drifting(motion, rng, frames, fps)
    poses = []
    for part in np.array_split(np.arange(frames), -(-frames // BATCH)):
        now = moving.take(part)
        poses.append(_joints(now.rig, solve(now, phase[part])[0]))
    return {name: np.concatenate([part[name] for part in poses]) for name in poses[0]} | {
        "person": np.repeat(people, frames),
        "phenotype": np.repeat(phenotypes, frames, 0),
        "phase": phase,
        "exercise": np.full(frames, exercise),
        "error": moving.error.astype("<U20"),
        "grade": moving.grade,
        "time": np.arange(frames) / fps,
        "repetition": repetition,
    }


def with_cameras(poses: dict[str, np.ndarray], seed: int, size: int = 1000) -> dict[str, np.ndarray]:
    """Look at poses with random cameras all round, from the floor to above the head.

    Parameters
    ----------
    poses
        As from :func:`sample_poses`.
    seed
        Another seed gives other cameras.
    size
        Pixels along each side of the picture.

    Returns
    -------
    dict
        ``poses`` with ``intrinsics`` (N, 3, 3) px, ``rotation`` (N, 3, 3), ``translation`` (N, 3) mm,
        ``lift16_camera`` (N, 16, 3) mm, ``lift16_image`` and ``mpii16_image`` (N, 16, 2) px.
    """
    rng = np.random.default_rng([seed, 17])
    count = len(poses["lift16"])
    azimuth, elevation = rng.uniform(-180, 180, count), rng.uniform(-10, 55, count)
    roll = np.clip(rng.normal(0, 3.5, count), -10, 10)
    view = np.deg2rad(rng.uniform(22, 75, count))
    focal = size / 2 / np.tan(view / 2)
    centre = (poses["mpii16"].min(1) + poses["mpii16"].max(1)) / 2
    radius = np.linalg.norm(poses["mpii16"] - centre[:, None], axis=-1).max(1)
    # At this distance the person's sphere fills the given share of the picture.
    distance = radius * (1 + 1 / (np.tan(view / 2) * rng.uniform(0.5, 0.95, count)))
    rotation = look_at(azimuth, above_floor(elevation, centre[:, 2] / 1000, distance / 1000), roll)
    translation = distance[:, None] * [0, 0, 1.0] - (rotation @ centre[..., None])[..., 0]
    matrix = np.zeros((count, 3, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = focal
    matrix[:, :2, 2], matrix[:, 2, 2] = (size - 1) / 2, 1
    seen = {name: to_camera(poses[name], rotation, translation) for name in ("lift16", "mpii16")}
    return poses | {
        "intrinsics": matrix,
        "rotation": rotation,
        "translation": translation,
        "lift16_camera": seen["lift16"],
        **{f"{name}_image": project(points, matrix) for name, points in seen.items()},
    }
