"""Findings -> sentences: what to tell the person, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fitlab.exercises.assessment import (
    GOOD,
    MOMENT_REASONS,
    NOT_JUDGED,
    TOO_LARGE,
    TOO_SMALL,
    UNSEEN,
    UNSURE,
    Finding,
    enough_judged,
    estimate_within,
    half_judged,
    probably_good,
    with_target,
)
from fitlab.exercises.definition import Exercise
from fitlab.exercises.words import joined, spoken

NOBODY = "Nobody was found in this photo with confidence; use a photo that shows one person from head to toes."


def sentences(findings: Sequence[Finding], exercise: Exercise) -> list[str]:
    """What to tell the person: corrections, the most important first, then what is uncertain, then what is not judged.

    Where joints were not seen or the moment is not the one to judge, the last sentence says how and when to take the
    photo.

    Parameters
    ----------
    findings : sequence of Finding
        Of one pose, as :func:`fitlab.exercises.assessment.assess` gives them.
    exercise : Exercise
        What was done.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        For the findings of a clip.
    """
    if any(np.ndim(finding.degrees) for finding in findings):
        raise ValueError("sentences are about one pose; take one frame of each finding: finding[frame]")
    wrong = [finding for finding in findings if finding.verdict in (TOO_SMALL, TOO_LARGE)]
    wrong.sort(key=lambda finding: finding.check.severity != "risk")
    said = _grouped(wrong, _correction)
    unsure = [finding for finding in findings if finding.verdict == UNSURE]
    unsure.sort(key=lambda finding: (estimate_within(finding), probably_good(finding)))
    uncertain = _grouped(unsure, _uncertain)
    left_out = _grouped([finding for finding in findings if finding.verdict == NOT_JUDGED], _left_out)
    if not wrong and any(finding.verdict == GOOD for finding in findings):
        said = ["Nothing is clearly wrong." if uncertain else _all_good(findings, exercise.title.lower())]
    another_photo = any(f.reason.endswith(UNSEEN) or f.reason in MOMENT_REASONS for f in findings)
    return said + uncertain + left_out + ([exercise.camera] if another_photo else [])


#: The heads of the columns of :func:`cells`.
HEADS = ("angle", "degrees", "90 % interval", "target", "verdict")


def cells(finding: Finding) -> tuple[str, ...]:
    """A finding as a row of a table: one text for each of :data:`HEADS`; a dash for what is not known.

    Parameters
    ----------
    finding : Finding
        Of one pose.

    Returns
    -------
    tuple of five str
    """
    known, aimed = not np.isnan(finding.degrees), finding.check.has_target
    return (
        spoken(finding.check.angle),
        f"{finding.degrees:z.0f}°" if known else "-",
        f"{finding.low:z.0f} to {finding.high:z.0f}°" if known else "-",
        f"{finding.check.target}°" if aimed else "-",
        finding.verdict if aimed else "no target",
    )


def _all_good(findings: Sequence[Finding], title: str) -> str:
    if not enough_judged(findings):
        little = "" if half_judged(findings) else ", but that is little"
        return f"What can be judged of the {title} is within its target{little}."
    whole = all(finding.verdict == GOOD for finding in with_target(findings))
    return f"Well done: every angle{'' if whole else ' that can be judged'} of the {title} is within its target."


def _correction(group: list[Finding]) -> str:
    check, verdict = group[0].check, group[0].verdict
    advice = check.below if verdict == TOO_SMALL else check.above
    return f"{advice} ({_measured(group)}, target {check.target}°.)"


def _uncertain(group: list[Finding]) -> str:
    """What is close to a limit or vague; on the wrong side of the limit with the advice that may be needed."""
    check = group[0].check
    if probably_good(group[0]):
        return f"Probably good: {_measured(group)}, target {check.target}°."
    if estimate_within(group[0]):
        return f"Not sure: {_measured(group)} may lie within the target of {check.target}° or outside it."
    advice = check.below if group[0].degrees < check.low else check.above
    return f"Perhaps: {advice} ({_measured(group)}, target {check.target}°.)"


def _left_out(group: list[Finding]) -> str:
    names = joined(list(dict.fromkeys(finding.check.angle for finding in group)))
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
            side = finding.degrees < check.low, estimate_within(finding), probably_good(finding)
            key = (check.below, check.above, check.target, finding.verdict, side)
        groups.setdefault(key, []).append(finding)
    return [say(group) for group in groups.values()]
