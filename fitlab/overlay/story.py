"""What to show of a clip in each of its frames: which angle, how many repetitions, which words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fitlab.angles import MEASURES, point
from fitlab.exercises.advice import advice
from fitlab.exercises.assessment import NOT_JUDGED, WRONG, Finding
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Repetition
from fitlab.exercises.words import angle_name
from fitlab.gravity import standing_upright
from fitlab.overlay.frame import Overlay
from fitlab.overlay.inset import AUTO, inset
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import both_sides


def overlay(
    exercise: Exercise,
    times: ArrayLike,
    pose2d: Pose2D,
    pose3d: Pose3D,
    findings: Sequence[Finding],
    repetitions: Sequence[Repetition] = (),
    bridged: np.ndarray | None = None,
    side: str = AUTO,
) -> Overlay:
    """What :func:`fitlab.overlay.frame.draw_frame` draws on each frame of a clip.

    The running angle is the one that drives the exercise, of the side that is seen better; for a hold it is the angle
    of the first check. The counter says how many repetitions have ended, or how many seconds were held. The words are
    those about the last repetition, for a hold the advice of the moment.

    Parameters
    ----------
    exercise : Exercise
        What is done.
    times : (T,) array
        Seconds.
    pose2d, pose3d : Pose2D, Pose3D
        Joints (T, 16, 2) in pixels and (T, 16, 3) in mm.
    findings : sequence of Finding
        One for each check, with arrays (T,).
    repetitions : sequence of Repetition
        In their order.
    bridged : (T,) bool array, optional
        Frames in which nobody was found, and the joints are from before and after.
    side : str
        From where the 3D skeleton is seen (:func:`fitlab.overlay.inset.inset`).

    Returns
    -------
    Overlay
    """
    times = np.asarray(times, float)
    name = shown_angle(exercise, pose2d)
    found = [finding for finding in findings if finding.check.angle == name]
    aimed = next((finding for finding in found if finding.check.has_target), None)
    degrees = np.asarray(found[0].degrees if found else MEASURES[name].compute(pose3d.points), float)
    holding = not exercise.drive
    words, of_words = _live_words(findings, len(times)) if holding else _last_words(times, repetitions)
    return Overlay(
        pose2d=pose2d,
        inset=inset(standing_upright(pose3d).points, side),
        title=exercise.title,
        angle=angle_name(name).capitalize(),
        degrees=degrees,
        corner=corners(name, pose2d, pose3d),
        target=aimed.check.limits if aimed else (-np.inf, np.inf),
        target_words=f"target {aimed.check.target}°" if aimed else "",
        verdict=np.asarray(aimed.verdict).tolist() if aimed else [NOT_JUDGED] * len(times),
        counter=[f"{count:.0f}" for count in (_held(times, repetitions) if holding else _ended(times, repetitions))],
        unit="seconds held" if holding else "repetitions",
        words=words,
        words_verdict=of_words,
        bridged=np.zeros(len(times), bool) if bridged is None else bridged,
    )


def shown_angle(exercise: Exercise, pose2d: Pose2D) -> str:
    """The angle that stands for an exercise: that of the drive, of the side whose joints have the higher scores.

    Parameters
    ----------
    exercise : Exercise
    pose2d : Pose2D (T, 16, 2)

    Returns
    -------
    str
        One of :data:`fitlab.angles.MEASURES`; the body line where an exercise has neither drive nor named angles.
    """
    named = (check.angle for check in exercise.checks if check.angle in MEASURES)
    drive = exercise.drive or next(named, "body_line")
    sides = both_sides(drive)
    if sides[0] not in MEASURES:
        return drive

    def seen(name: str) -> float:
        joints = [joint for joint in MEASURES[name].triplet if joint in pose2d.skeleton.joints]
        return float(np.sum(pose2d.score[..., pose2d.skeleton.indices(joints)]))

    return max(sides, key=seen)


def corners(name: str, pose2d: Pose2D, pose3d: Pose3D) -> np.ndarray:
    """Where an angle is in the picture.

    Parameters
    ----------
    name : str
        One of :data:`fitlab.angles.MEASURES`.
    pose2d, pose3d : Pose2D, Pose3D
        Of T frames.

    Returns
    -------
    (T, 3, 2) array
        Pixels of its three points, the vertex in the middle. An angle without points of its own, such as that of the
        front knee, has those of the angle that it is in each frame; NaN where it is none.
    """
    if MEASURES[name].triplet:
        return _corner(name, pose2d)
    degrees = MEASURES[name].compute(pose3d.points)
    found = np.full((len(degrees), 3, 2), np.nan)
    for other in both_sides(name.rpartition("_")[2]):
        if other not in MEASURES:
            continue
        same = MEASURES[other].compute(pose3d.points) == degrees
        found[same] = _corner(other, pose2d)[same]
    return found


def _corner(name: str, pose2d: Pose2D) -> np.ndarray:
    return np.stack([point(pose2d.points, joint, pose2d.skeleton) for joint in MEASURES[name].triplet], axis=-2)


def _ended(times: np.ndarray, repetitions: Sequence[Repetition]) -> np.ndarray:
    """(T,) how many repetitions have ended."""
    ends = [each.end for each in repetitions]
    return np.searchsorted(np.sort(ends), times + 1e-9) if ends else np.zeros(len(times))


def _held(times: np.ndarray, repetitions: Sequence[Repetition]) -> np.ndarray:
    """(T,) whole seconds that were held so far."""
    held = sum((np.clip(times, each.start, each.end) - each.start for each in repetitions), np.zeros(len(times)))
    return np.floor(held + 1e-6)


def _last_words(times: np.ndarray, repetitions: Sequence[Repetition]) -> tuple[list[str], list[str]]:
    """The sentence of the last repetition that has ended, and its verdict."""
    ends = np.array([each.end for each in repetitions])
    last = np.searchsorted(ends, times + 1e-9) - 1 if len(ends) else np.full(len(times), -1)
    said = [repetitions[at] if at >= 0 else None for at in last.tolist()]
    return [each.sentence if each else "" for each in said], [each.verdict if each else NOT_JUDGED for each in said]


def _live_words(findings: Sequence[Finding], count: int) -> tuple[list[str], list[str]]:
    """The advice of each frame: of the checks that fail, the most important one's."""
    words, verdicts = [""] * count, [NOT_JUDGED] * count
    for finding in sorted(findings, key=lambda finding: finding.check.severity != "risk"):
        for frame, verdict in enumerate(np.asarray(finding.verdict).tolist()):
            if not words[frame] and verdict in WRONG:
                words[frame] = advice(finding.check, verdict)
                verdicts[frame] = verdict
    return words, verdicts
