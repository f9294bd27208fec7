"""Pose3D -> verdicts and sentences: is every angle where the exercise wants it, and what should change?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fitlab.exercises.definition import Check, Exercise
from fitlab.exercises.intervals import interval
from fitlab.poses import SEEN, Pose3D
from fitlab.skeletons import LIFT16

GOOD, TOO_SMALL, TOO_LARGE, UNSURE, NOT_JUDGED = "good", "too small", "too large", "unsure", "not judged"
NOBODY = "Nobody was found in this photo with confidence; use a photo that shows one person from head to toes."


@dataclass(frozen=True)
class Finding:
    """One check on one pose: the angle with its 90 % interval in degrees, the verdict, and why it is not judged."""

    check: Check
    degrees: float
    low: float
    high: float
    verdict: str
    reason: str = ""


def assess(pose: Pose3D, exercise: Exercise) -> list[Finding]:
    """Judge every check of ``exercise`` on one pose (16, 3).

    An angle is good, too small or too large when its whole 90 % interval, in full degrees, agrees; unsure when the
    interval straddles a limit; not judged when a joint it needs is not seen, when the person is upright in an exercise
    that is done lying or the other way round, when the pose is from another phase of the repetition or the phase cannot
    be told, or when the check has no target.

    ValueError for a clip or a pose in another skeleton than LIFT16.
    """
    if pose.skeleton.joints != LIFT16.joints:
        raise ValueError(f"assess takes a pose in LIFT16, got {pose.skeleton.name}; convert it first")
    if pose.points.shape != (len(LIFT16), 3):
        raise ValueError(f"assess takes one pose {(len(LIFT16), 3)}, got {pose.points.shape}; index the clip first")
    known = (pose.score >= SEEN) & ~np.isnan(pose.points).any(-1)
    points = np.where(known[:, None], pose.points, np.nan)
    apart = _POSTURE_REASONS[exercise.posture] if exercise.contradicts_posture(points) else ""
    return [_find(pose, points, check, exercise, apart) for check in exercise.checks]


def _phase(points: np.ndarray, exercise: Exercise) -> str:
    """``start`` or ``end`` of the repetition, or ``unknown`` where the angle that drives it is."""
    if exercise.drive and np.isnan(exercise.drive_angle(points)):
        return "unknown"
    return "start" if exercise.at_start(points) else "end"


def _find(pose: Pose3D, points: np.ndarray, check: Check, exercise: Exercise, apart: str) -> Finding:
    """One check; ``points`` are the pose's with NaN for joints that are not seen, ``apart`` why nothing is judged."""
    if reason := _unknown(check.measure.joints, pose, points):
        return Finding(check, np.nan, np.nan, np.nan, NOT_JUDGED, reason)
    degrees, low, high = interval(pose, check.joints or check.angle)
    reason = _unknown(exercise.must_see, pose, points) or apart
    if np.isnan(degrees):
        reason = "two of its joints are in one place"
    elif not reason and check.phase not in ("any", phase := _phase(points, exercise)):
        reason = _PHASE_REASONS[phase]
    elif not reason and not check.has_target:
        reason = _NO_TARGET
    return Finding(check, degrees, low, high, NOT_JUDGED if reason else _verdict(low, high, check), reason)


def _unknown(names: Sequence[str], pose: Pose3D, points: np.ndarray) -> str:
    """Which of the joints ``names`` are missing, in words; empty if none is."""
    rows = {name: LIFT16.index(name) for name in dict.fromkeys(names)}
    unknown = [name for name, row in rows.items() if np.isnan(points[row]).any()]
    unseen = [name for name in unknown if pose.score[rows[name]] < SEEN]
    return _not_seen(unseen) if unseen else _TOO_FEW if unknown else ""


_UNSEEN = "not seen in the photo"
_TOO_FEW = "too few joints are known"
_NO_TARGET = "no target was set"
_POSTURE_REASONS = {
    "lying": "you are upright in this photo, and this exercise is done lying",
    "upright": "you are lying in this photo, and this exercise is done upright",
}
_PHASE_REASONS = {
    "start": "the repetition has not begun in this photo",
    "end": "the repetition is under way in this photo",
    "unknown": "too little is seen to tell how far the repetition has come",
}
_MOMENT_REASONS = (*_PHASE_REASONS.values(), *_POSTURE_REASONS.values())


def _not_seen(names: list[str]) -> str:
    return f"{_joined(names)} {'is' if len(names) == 1 else 'are'} {_UNSEEN}"


def _verdict(low: float, high: float, check: Check) -> str:
    floor, ceiling = check.limits
    low, high = round(low), round(high)  # as they are shown: what reads alike is judged alike
    if low >= floor and high <= ceiling:
        return GOOD
    if high < floor:
        return TOO_SMALL
    if low > ceiling:
        return TOO_LARGE
    return UNSURE


def sentences(findings: list[Finding], exercise: Exercise) -> list[str]:
    """What to tell the person: the most important correction first, then doubts, then what could not be judged.

    Where joints were not seen or the moment is not the one to judge, the last sentence says how and when to take the
    photo.
    """
    wrong = [finding for finding in findings if finding.verdict in (TOO_SMALL, TOO_LARGE)]
    wrong.sort(key=lambda finding: finding.check.severity != "risk")
    said = _grouped(wrong, _correction)
    unsure = [finding for finding in findings if finding.verdict == UNSURE]
    unsure.sort(key=lambda finding: (_inside(finding), probably_good(finding)))
    doubts = _grouped(unsure, _doubt)
    left_out = _grouped([finding for finding in findings if finding.verdict == NOT_JUDGED], _left_out)
    if not wrong and any(finding.verdict == GOOD for finding in findings):
        said = ["Nothing is clearly wrong." if doubts else _all_good(findings, exercise.title.lower())]
    another_photo = any(f.reason.endswith(_UNSEEN) or f.reason in _MOMENT_REASONS for f in findings)
    return said + doubts + left_out + ([exercise.camera] if another_photo else [])


def probably_good(finding: Finding) -> bool:
    """Whether the estimate itself is within the target, and at least two thirds of its interval."""
    floor, ceiling = finding.check.limits
    inside = min(finding.high, ceiling) - max(finding.low, floor)
    return _inside(finding) and inside >= 2 / 3 * (finding.high - finding.low)


def _inside(finding: Finding) -> bool:
    floor, ceiling = finding.check.limits
    return floor <= round(finding.degrees) <= ceiling


def enough_judged(findings: Sequence[Finding]) -> bool:
    """Whether the exercise as a whole may be praised if all that is judged is good.

    At least half of the checks with a target are judged, none is left out because of the phase of the repetition, and
    none of severity ``risk`` is left out at all.
    """
    left_out = [finding for finding in _aimed(findings) if finding.verdict == NOT_JUDGED]
    telling = any(f.check.severity == "risk" or f.reason in _PHASE_REASONS.values() for f in left_out)
    return _half_judged(findings) and not telling


def _half_judged(findings: Sequence[Finding]) -> bool:
    aimed = _aimed(findings)
    return 2 * sum(finding.verdict != NOT_JUDGED for finding in aimed) >= len(aimed)


def _aimed(findings: Sequence[Finding]) -> list[Finding]:
    """Those whose check has a target."""
    return [finding for finding in findings if finding.check.has_target]


def spoken(name: str) -> str:
    """``left_knee`` as people say it: ``left knee``."""
    return name.replace("_", " ")


def _all_good(findings: list[Finding], title: str) -> str:
    if not enough_judged(findings):
        little = "" if _half_judged(findings) else ", but that is little"
        return f"What can be judged of the {title} is within its target{little}."
    whole = all(finding.verdict == GOOD for finding in _aimed(findings))
    return f"Well done: every angle{'' if whole else ' that can be judged'} of the {title} is within its target."


def _correction(group: list[Finding]) -> str:
    check, verdict = group[0].check, group[0].verdict
    advice = check.below if verdict == TOO_SMALL else check.above
    return f"{advice} ({_measured(group)}, target {check.target}°.)"


def _doubt(group: list[Finding]) -> str:
    """What is close to a limit or vague; on the wrong side of the limit with the advice that may be needed."""
    check = group[0].check
    if probably_good(group[0]):
        return f"Probably good: {_measured(group)}, target {check.target}°."
    if _inside(group[0]):
        return f"Not sure: {_measured(group)} may lie within the target of {check.target}° or outside it."
    advice = check.below if group[0].degrees < check.low else check.above
    return f"Perhaps: {advice} ({_measured(group)}, target {check.target}°.)"


def _left_out(group: list[Finding]) -> str:
    names = _joined(list(dict.fromkeys(finding.check.angle for finding in group)))
    return f"Not judged: {names}, because {group[0].reason}."


def _measured(group: list[Finding]) -> str:
    return ", ".join(f"{spoken(f.check.angle)} {f.degrees:z.0f}° ({f.low:z.0f} to {f.high:z.0f}°)" for f in group)


def _grouped(findings: list[Finding], say: Callable[[list[Finding]], str]) -> list[str]:
    """One sentence for findings that say the same of several angles."""
    groups: dict[tuple, list[Finding]] = {}
    for finding in findings:
        check = finding.check
        if finding.verdict == NOT_JUDGED:
            key: tuple = (finding.reason,)
        else:
            side = finding.degrees < check.low, _inside(finding), probably_good(finding)
            key = (check.below, check.above, check.target, finding.verdict, side)
        groups.setdefault(key, []).append(finding)
    return [say(group) for group in groups.values()]


def _joined(names: list[str]) -> str:
    words = [spoken(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
