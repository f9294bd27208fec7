"""Findings -> sentences and rows: what to tell the person, the most important first, and the table beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitlab.exercises.advice import advice, advice_at, corrections, lowered
from fitlab.exercises.assessment import (
    GOOD,
    MAY_HAVE_BEGUN,
    MOMENT_REASONS,
    NOT_JUDGED,
    UNSURE,
    WRONG,
    Finding,
    enough_judged,
    half_judged,
    with_target,
)
from fitlab.exercises.records import Exercise
from fitlab.exercises.words import angle_label, angles_together, in_sentence, not_seen
from fitlab.skeletons import LIFT16, without_side

NOBODY = "Nobody was found in this photo with confidence; use a photo that shows one person from head to toes."
#: The most that is said of one photo.
MOST_SENTENCES = 4
#: The columns of the table for people.
HEADS = ("angle", "degrees", "90 % interval", "target", "certainty", "verdict")
_NO_TARGETS = "No angle has a target, so nothing is judged."


def sentences(findings: Sequence[Finding], exercise: Exercise) -> list[str]:
    """What to tell the person, as a trainer would: the most important first, and nothing twice.

    The first sentence is the answer. After it come further corrections, then what is too close to call, at last what is
    not judged, why, and how and when to take the photo; at most :data:`MOST_SENTENCES` in all. Numbers are in the
    table.

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
    aimed = with_target(findings)
    if not aimed:
        return [_NO_TARGETS]
    left_out = _left_out(aimed, exercise)
    if all(finding.verdict == NOT_JUDGED for finding in aimed):
        return left_out
    said = _corrections(findings)
    maybe = [] if said else sorted((f for f in findings if _may_be_wrong(f)), key=_urgency)[:1]
    advised = {_advice(f) for f in findings if f in maybe or f.verdict in WRONG}
    said = said or [f"Perhaps {lowered(_advice(finding))}" for finding in maybe]
    close = _close([finding for finding in findings if finding.verdict == UNSURE and _advice(finding) not in advised])
    if not said:
        moment = any(finding.reason in MOMENT_REASONS for finding in aimed)
        title = in_sentence(exercise.title)
        first = left_out[0] if moment else _looks_good(aimed) if close else _all_good(aimed, title)
        said, left_out = [first], left_out[1:] if moment else left_out
    rest = [*said[1:], *close]
    return [said[0], *rest[: MOST_SENTENCES - 1 - len(left_out)], *left_out]


def _corrections(findings: Sequence[Finding]) -> list[str]:
    """The advice for what is wrong: risks first, then what is surest."""
    wrong = [finding for finding in findings if finding.verdict in WRONG]
    rest = [finding for finding in findings if finding.verdict not in WRONG]
    return [words for words, _ in corrections([*sorted(wrong, key=_urgency), *rest])]


def _may_be_wrong(finding: Finding) -> bool:
    return finding.verdict == UNSURE and finding.likeliest[0] != GOOD


def _urgency(finding: Finding) -> tuple[bool, float]:
    return finding.check.severity != "risk", -finding.likeliest[1]


def _close(unsure: Sequence[Finding]) -> list[str]:
    if not unsure:
        return []
    return [f"Too close to call in this photo: {angles_together([finding.check.angle for finding in unsure])}."]


def _looks_good(findings: Sequence[Finding]) -> str:
    """Of a pose with nothing that is wrong or likely to be, and something unsure."""
    good = [finding.check.angle for finding in findings if finding.verdict == GOOD]
    if 2 * len(good) < sum(finding.verdict != NOT_JUDGED for finding in findings):
        return "This may well be good, but little of it is sure."
    return f"Good as far as this photo shows: {angles_together(good)}."


def _advice(finding: Finding) -> str:
    return advice(finding.check, finding.likeliest[0])


def _all_good(findings: Sequence[Finding], title: str) -> str:
    if not enough_judged(findings):
        little = "" if half_judged(findings) else ", but that is little"
        return f"What can be judged of this {title} is good{little}."
    whole = all(finding.verdict == GOOD for finding in findings)
    return f"Well done: nothing to correct in {'' if whole else 'what is seen of '}this {title}."


def _left_out(findings: Sequence[Finding], exercise: Exercise) -> list[str]:
    """What is not judged, once, with the reasons and what to do about it; nothing where all is judged."""
    unjudged = [finding for finding in findings if finding.verdict == NOT_JUDGED]
    if not unjudged:
        return []
    groups: dict[str, list[str]] = {}
    unseen = [joint for joint in LIFT16.joints if any(joint in finding.unseen_joints for finding in unjudged)]
    for finding in unjudged:
        reason = not_seen(unseen) if finding.unseen else finding.reason
        groups.setdefault(reason, []).append(finding.check.angle)
    whole = len(groups) == 1 and len(unjudged) == len(findings)
    moment = any(reason in MOMENT_REASONS for reason in groups)
    reasons = [reason if whole else f"{angles_together(angles)}, because {reason}" for reason, angles in groups.items()]
    if whole:
        said = f"The {in_sentence(exercise.title)} is not judged: {reasons[0]}."
    else:
        said = f"Not judged: {'; '.join(reasons)}."
    another_photo = moment or bool(unseen)
    return [
        said,
        *(_if_this_was_it(unjudged, exercise) if whole else []),
        *([exercise.camera] if another_photo else []),
    ]


def _if_this_was_it(unjudged: Sequence[Finding], exercise: Exercise) -> list[str]:
    """What is to be corrected should the photo show the far point after all; nothing where that is not certain.

    Halfway there, one photo does not show whether somebody is on the way or goes no further.
    """
    driving = (f for f in unjudged if f.reason == MAY_HAVE_BEGUN and without_side(f.check.angle) == exercise.drive)
    for finding in driving:
        floor, ceiling = finding.check.limits
        if finding.high < floor or finding.low > ceiling:
            return [f"If you go no further than this: {lowered(advice_at(finding.check, finding.degrees))}"]
    return []


def cells(finding: Finding) -> tuple[str, ...]:
    """A finding as a row of a table: one text for each of :data:`HEADS`; a dash for what is not known.

    Parameters
    ----------
    finding : Finding
        Of one pose.

    Returns
    -------
    tuple of six str
        Full degrees and percents. The certainty is that of the verdict; of one that is unsure, what is likeliest.
    """
    known, aimed = not np.isnan(finding.degrees), finding.check.has_target
    likeliest, chance = finding.likeliest
    return (
        angle_label(finding.check.angle),
        f"{finding.degrees:z.0f}°" if known else "-",
        f"{finding.low:z.0f} to {finding.high:z.0f}°" if known else "-",
        f"{finding.check.target}°" if aimed else "-",
        "-" if np.isnan(chance) else f"{100 * chance:.0f} %{f' {likeliest}' if finding.verdict == UNSURE else ''}",
        finding.verdict if aimed else "no target",
    )
