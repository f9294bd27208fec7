"""Pose3D -> verdicts and sentences: is every angle where the exercise wants it, and what should change?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fitlab.exercises import Check, Exercise
from fitlab.poses import SEEN, Pose3D
from fitlab.skeletons import LIFT16
from fitlab.uncertainty import interval

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

    An angle is good, too small or too large when its whole 90 % interval agrees; unsure when the interval straddles a
    limit; not judged when a joint it needs is not seen, when the pose is from another phase of the repetition or the
    phase cannot be told, or when the check has no target.

    ValueError for a clip or a pose in another skeleton than LIFT16.
    """
    if pose.skeleton.joints != LIFT16.joints:
        raise ValueError(f"assess takes a pose in LIFT16, got {pose.skeleton.name}; convert it first")
    if pose.points.shape != (len(LIFT16), 3):
        raise ValueError(f"assess takes one pose {(len(LIFT16), 3)}, got {pose.points.shape}; index the clip first")
    seen = (pose.score >= SEEN) & ~np.isnan(pose.points).any(-1)
    unseen = {name for name, known in zip(LIFT16.joints, seen, strict=True) if not known}
    missing = [name for name in exercise.must_see if name in unseen]
    phase = _phase(np.where(seen[:, None], pose.points, np.nan), exercise)
    return [_find(pose, check, unseen, missing, phase) for check in exercise.checks]


def _phase(points: np.ndarray, exercise: Exercise) -> str:
    """``start`` or ``end`` of the repetition, or ``unknown`` where the angle that drives it is."""
    if exercise.drive and np.isnan(exercise.drive_angle(points)):
        return "unknown"
    return "start" if exercise.at_start(points) else "end"


def _find(pose: Pose3D, check: Check, unseen: set[str], missing: list[str], phase: str) -> Finding:
    needed = [name for name in dict.fromkeys(check.measure.joints) if name in unseen]
    if needed:
        return Finding(check, np.nan, np.nan, np.nan, NOT_JUDGED, _not_seen(needed))
    degrees, low, high = interval(pose, check.joints or check.angle)
    reason = ""
    if np.isnan(degrees):
        reason = "two of its joints are in one place"
    elif missing:
        reason = _not_seen(missing)
    elif check.phase not in ("any", phase):
        reason = _PHASE_REASONS[phase]
    elif not check.has_target:
        reason = _NO_TARGET
    return Finding(check, degrees, low, high, NOT_JUDGED if reason else _verdict(low, high, check), reason)


_UNSEEN = "not seen in the photo"
_NO_TARGET = "no target was set"
_PHASE_REASONS = {
    "start": "the repetition has not begun in this photo",
    "end": "the repetition is under way in this photo",
    "unknown": "too little is seen to tell how far the repetition has come",
}


def _not_seen(names: list[str]) -> str:
    return f"{_joined(names)} {'is' if len(names) == 1 else 'are'} {_UNSEEN}"


def _verdict(low: float, high: float, check: Check) -> str:
    floor, ceiling = check.limits
    if low >= floor and high <= ceiling:
        return GOOD
    if high < floor:
        return TOO_SMALL
    if low > ceiling:
        return TOO_LARGE
    return UNSURE


def sentences(findings: list[Finding], exercise: Exercise) -> list[str]:
    """What to tell the person: the most important correction first, then doubts, then what could not be judged.

    Where joints were not seen, the last sentence says how to stand for the camera.
    """
    wrong = [finding for finding in findings if finding.verdict in (TOO_SMALL, TOO_LARGE)]
    wrong.sort(key=lambda finding: finding.check.severity != "risk")
    said = _grouped(wrong, _correction)
    doubts = _grouped([finding for finding in findings if finding.verdict == UNSURE], _doubt)
    left_out = _grouped([finding for finding in findings if finding.verdict == NOT_JUDGED], _left_out)
    if not wrong and any(finding.verdict == GOOD for finding in findings):
        said = ["Nothing is clearly wrong." if doubts else _all_good(findings, exercise.title.lower())]
    hidden = any(finding.reason.endswith(_UNSEEN) for finding in findings)
    return said + doubts + left_out + ([exercise.camera] if hidden else [])


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
    check = group[0].check
    return f"Not sure: {_measured(group)} may lie within the target of {check.target}° or outside it."


def _left_out(group: list[Finding]) -> str:
    names = _joined(list(dict.fromkeys(finding.check.angle for finding in group)))
    return f"Not judged: {names}, because {group[0].reason}."


def _measured(group: list[Finding]) -> str:
    return ", ".join(f"{spoken(f.check.angle)} {f.degrees:.0f}° ({f.low:.0f} to {f.high:.0f}°)" for f in group)


def _grouped(findings: list[Finding], say: Callable[[list[Finding]], str]) -> list[str]:
    """One sentence for findings that say the same of several angles."""
    groups: dict[tuple, list[Finding]] = {}
    for finding in findings:
        check = finding.check
        if finding.verdict == NOT_JUDGED:
            key: tuple = (finding.reason,)
        else:
            key = (check.below, check.above, check.target, finding.verdict)
        groups.setdefault(key, []).append(finding)
    return [say(group) for group in groups.values()]


def _joined(names: list[str]) -> str:
    words = [spoken(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
