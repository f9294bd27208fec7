"""Every widget with a script of its own, alone on a dark page: its words can be read (WCAG 2, AA)."""

from __future__ import annotations

import pages
import pytest
from lone_widget import show_alone
from servers import ROOT
from widget_parts import PHOTO, pose2d

pytest.importorskip("pythreejs")

from fitlab_widgets import AngleCurve, KeypointEditor, LiveCamera, PhotoInput, ReportSaver
from reports.clips import analysis


def curve() -> AngleCurve:
    marks = [(1, 0.0, 1.0, 2.0, "wrong"), (2, 1.0, 1.5, 2.0, "unjudged")]
    return AngleCurve(values=[90, 120, 100], times=[0, 1, 2], label="left knee", low=80, high=110, marks=marks)


def editor() -> KeypointEditor:
    return KeypointEditor(PHOTO, pose2d(), hint="There is no joint at that place.")


def source() -> PhotoInput:
    given = PhotoInput(samples=ROOT / "notebooks" / "data" / "samples")
    given.offer(b"no photo", "trick.jpg")
    return given


def live() -> LiveCamera:
    return LiveCamera("squat")


def saver() -> ReportSaver:
    return ReportSaver(analysis=analysis())


@pytest.mark.parametrize("make", [curve, editor, source, live, saver])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_words_stand_out_on_a_dark_page(open_page, make, size):
    page = open_page(size)
    show_alone(page, make())
    contrasts = pages.contrasts(page, "#room")
    assert contrasts
    assert {words: ratio for words, ratio in contrasts if ratio < 4.5} == {}
    pages.screenshot(page, f"dark-{make.__name__}-{size}")
