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
    WRONG,
    Finding,
    enough_judged,
    with_target,
)
from fitlab.exercises.feedback import HEADS, cells
from fitlab.exercises.repetitions import Repetition, shown_cells
from fitlab.exercises.words import angle_meaning
from fitlab.video_analysis import VideoAnalysis

#: A sign and a style for each verdict, so that no verdict is told by colour alone.
SIGNS = {
    GOOD: ("✓", "good"),
    TOO_SMALL: ("▼", "wrong"),
    TOO_LARGE: ("▲", "wrong"),
    UNSURE: ("?", "unsure"),
    NOT_JUDGED: ("○", "unjudged"),
}


def no_verdict(why: str) -> str:
    """The headline where a photo could not be judged at all."""
    return _line("unjudged", SIGNS[NOT_JUDGED][0], html.escape(why))


def headline(analysis: PhotoAnalysis) -> str:
    """The first sentence, with the sign of the whole: something to correct, unsure, not judged, or good."""
    verdicts = [finding.verdict for finding in with_target(analysis.findings)]
    if wrong := [verdict for verdict in verdicts if verdict in WRONG]:
        whole = wrong[0]
    elif UNSURE in verdicts:
        whole = UNSURE
    else:
        whole = GOOD if GOOD in verdicts and enough_judged(analysis.findings) else NOT_JUDGED
    sign, style = SIGNS[whole]
    return _line(style, sign, html.escape(analysis.feedback[0]))


def _line(style: str, sign: str, words: str) -> str:
    content = f"<span aria-hidden='true'>{sign}</span> {words}"
    return f"<div class='fitlab-headline fitlab-{style}' role='status'>{content}</div>"


def feedback_list(analysis: PhotoAnalysis) -> str:
    """The sentences after the first as a list."""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in analysis.feedback[1:])
    return f"<ul class='fitlab-feedback'>{items}</ul>" if items else ""


def angle_table(findings: tuple[Finding, ...]) -> str:
    """A table: angle, degrees, 90 % interval, target, certainty, verdict; each row has its meaning as a tip."""
    heads = "".join(f"<th scope='col'>{name}</th>" for name in HEADS)
    rows = "".join(_row(finding) for finding in findings)
    return f"<table class='fitlab-table fitlab-angles'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def repetition_table(analysis: VideoAnalysis) -> str:
    """A table: repetition, when, tempo, range of motion, verdict, and below what to say; "" where there is none."""
    if not analysis.repetitions:
        return ""
    names = (*shown_cells(analysis.repetitions[0]), "verdict")
    heads = "".join(f"<th scope='col'>{name}</th>" for name in names)
    rows = "".join(_repetition_row(each) for each in analysis.repetitions)
    table = "fitlab-table fitlab-repetition-table"
    return f"<table class='{table}'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _repetition_row(each: Repetition) -> str:
    sign, style = SIGNS[each.verdict or NOT_JUDGED]
    number, *cells = shown_cells(each).values()
    words = html.escape(each.sentence.partition(": ")[2])
    words = "" if words == f"{GOOD}." else words[:1].upper() + words[1:]
    shown = "".join(f"<td>{cell}</td>" for cell in cells)
    verdict = f"<td class='fitlab-{style}'><span aria-hidden='true'>{sign}</span> {html.escape(each.verdict)}</td>"
    head = f"<th scope='row' rowspan='{2 if words else 1}'>{number}</th>"
    said = f"<tr class='fitlab-said'><td colspan='{len(cells) + 1}'>{words}</td></tr>" if words else ""
    return f"<tr data-repetition='{each.number}'>{head}{shown}{verdict}</tr>{said}"


def photo_angles(findings: tuple[Finding, ...]) -> tuple[tuple, ...]:
    """What ``JointPicture.angles`` writes on the photo: those that are known and lie between three points."""
    return tuple(
        (finding.check.measure.triplet, f"{finding.degrees:z.0f}°", SIGNS[finding.verdict][1])
        for finding in findings
        if finding.check.measure.triplet and not math.isnan(finding.degrees)
    )


def _row(finding: Finding) -> str:
    sign, style = SIGNS[finding.verdict]
    name, *values, words = map(html.escape, cells(finding))
    shown = "".join(f"<td>{value}</td>" for value in values)
    verdict = f"<td class='fitlab-{style}'><span aria-hidden='true'>{sign}</span> {words}</td>"
    key, meaning = (html.escape(text, quote=True) for text in (finding.check.angle, angle_meaning(finding.check.angle)))
    return f"<tr data-angle='{key}' title='{meaning}'><th scope='row'>{name}</th>{shown}{verdict}</tr>"
