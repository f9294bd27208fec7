"""Verdicts as HTML: a headline, what to change, and every angle with its interval and target."""

from __future__ import annotations

import html
import math

from fitlab.analysis import PhotoAnalysis
from fitlab.exercises.assessment import (
    GOOD,
    NOT_JUDGED,
    TOO_LARGE,
    TOO_SMALL,
    UNSURE,
    Finding,
    enough_judged,
    probably_good,
)
from fitlab.exercises.words import spoken

#: A sign and a style for each verdict, so that no verdict is told by colour alone.
SIGNS = {
    GOOD: ("✓", "good"),
    TOO_SMALL: ("▼", "wrong"),
    TOO_LARGE: ("▲", "wrong"),
    UNSURE: ("?", "unsure"),
    NOT_JUDGED: ("-", "unjudged"),
}


def no_verdict(why: str) -> str:
    """The headline where a photo could not be judged at all."""
    return _line("unjudged", "-", html.escape(why))


def headline(analysis: PhotoAnalysis) -> str:
    """One line: how many of the angles with a target are good, wrong, close to a limit."""
    aimed = [finding for finding in analysis.findings if finding.check.has_target]
    verdicts = [finding.verdict for finding in aimed]
    wrong = sum(verdict in (TOO_SMALL, TOO_LARGE) for verdict in verdicts)
    judged = len(verdicts) - verdicts.count(NOT_JUDGED)
    angles = f"{judged} {'angle' if judged == 1 else 'angles'}"
    title = html.escape(analysis.exercise.title)
    if not analysis.found:
        return _line("unjudged", "-", "Nobody found")
    if not judged:
        return _line("unjudged", "-", f"{title}: nothing can be judged in this photo")
    if wrong:
        return _line("wrong", "▲", f"{title}: {wrong} of {angles} to correct")
    uncertain = [finding for finding in aimed if finding.verdict == UNSURE]
    if not all(probably_good(finding) for finding in uncertain):
        return _line("unsure", "?", f"{title}: {len(uncertain)} of {angles} too close to call")
    if not enough_judged(analysis.findings):
        return _line("unjudged", "-", f"{title}: only {judged} of {len(verdicts)} angles can be judged")
    if uncertain:
        return _line("unsure", "?", f"{title}: probably good, {len(uncertain)} of {angles} too close to be sure")
    return _line("good", "✓", f"{title}: well done")


def feedback_list(analysis: PhotoAnalysis) -> str:
    """The sentences as a list."""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in analysis.feedback)
    return f"<ul class='fitlab-feedback'>{items}</ul>"


def angle_table(findings: tuple[Finding, ...]) -> str:
    """A table: angle, degrees, 90 % interval, target, verdict."""
    names = ("angle", "degrees", "90 % interval", "target", "verdict")
    heads = "".join(f"<th scope='col'>{name}</th>" for name in names)
    rows = "".join(_row(finding) for finding in findings)
    return f"<table class='fitlab-table fitlab-angles'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def photo_angles(findings: tuple[Finding, ...]) -> tuple[tuple, ...]:
    """What ``JointPicture.angles`` writes on the photo: those that are known and lie between three points."""
    return tuple(
        (finding.check.measure.triplet, f"{finding.degrees:z.0f}°", SIGNS[finding.verdict][1])
        for finding in findings
        if finding.check.measure.triplet and not math.isnan(finding.degrees)
    )


def _row(finding: Finding) -> str:
    sign, style = SIGNS[finding.verdict]
    aimed = finding.check.has_target
    known = not math.isnan(finding.degrees)
    cells = (
        f"{finding.degrees:z.0f}°" if known else "-",
        f"{finding.low:z.0f} to {finding.high:z.0f}°" if known else "-",
        f"{finding.check.target}°" if aimed else "-",
    )
    name = html.escape(spoken(finding.check.angle))
    values = "".join(f"<td>{cell}</td>" for cell in cells)
    words = finding.verdict if aimed else "no target"
    verdict = f"<td class='fitlab-{style}'><span aria-hidden='true'>{sign}</span> {words}</td>"
    key = html.escape(finding.check.angle, quote=True)
    return f"<tr data-angle='{key}'><th scope='row'>{name}</th>{values}{verdict}</tr>"


def _line(style: str, sign: str, words: str) -> str:
    content = f"<span aria-hidden='true'>{sign}</span> {words}"
    return f"<div class='fitlab-headline fitlab-{style}' role='status'>{content}</div>"
