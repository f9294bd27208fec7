"""Every widget with a script of its own, alone on a dark page: its words can be read (WCAG 2, AA)."""

from __future__ import annotations

import pages
import pytest
from lone_widget import show_alone
from servers import ROOT
from widget_parts import PHOTO, pose2d

pytest.importorskip("pythreejs")

from fitlab_widgets import AngleCurve, KeypointEditor, PhotoInput

# The contrast of every visible text with the nearest background that is not transparent.
_CONTRASTS = """() => {
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => numbers(colour).slice(0, 3).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const colour = getComputedStyle(node).backgroundColor;
            if ((numbers(colour)[3] ?? 1) > 0.5) return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const told = [];
    for (const node of document.querySelectorAll("#room *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own || !node.getClientRects().length || node.closest(".fitlab-arcs, .fitlab-joint-name")) continue;
        const style = getComputedStyle(node), ink = node instanceof SVGElement ? style.fill : style.color;
        const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
        told.push([node.textContent.slice(0, 40), (a + 0.05) / (b + 0.05)]);
    }
    return told;
}"""


def curve() -> AngleCurve:
    return AngleCurve(values=[90, 120, 100], label="left knee", low=80, high=110)


def editor() -> KeypointEditor:
    return KeypointEditor(PHOTO, pose2d(), hint="There is no joint at that place.")


def source() -> PhotoInput:
    given = PhotoInput(samples=ROOT / "notebooks" / "data" / "samples")
    given.offer(b"no photo", "trick.jpg")
    return given


@pytest.mark.parametrize("make", [curve, editor, source])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_words_stand_out_on_a_dark_page(open_page, make, size):
    page = open_page(size)
    show_alone(page, make())
    contrasts = page.evaluate(_CONTRASTS)
    assert contrasts
    assert {words: ratio for words, ratio in contrasts if ratio < 4.5} == {}
    pages.screenshot(page, f"dark-{make.__name__}-{size}")
