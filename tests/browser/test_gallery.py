"""04_widgets in a real JupyterLab: scrub, play, pick three joints, and compare with the library's own answer."""

from __future__ import annotations

import pages
import pytest
from servers import ROOT

import fitlab

SQUAT = ROOT / "notebooks" / "data" / "samples" / "squat.jpg"


@pytest.fixture(scope="module")
def page(lab, open_page):
    page = open_page()
    pages.run_notebook(page, lab, "04_widgets.ipynb")
    page.locator(".fitlab-curve").scroll_into_view_if_needed()
    return page


def test_the_scrubber_moves_skeleton_picture_and_curve(page):
    canvas = page.locator(".fitlab-columns", has=page.locator("canvas")).last.locator("canvas").first
    pages.wait_until_drawn(canvas)
    before = pages.pixels(canvas)
    slider = page.locator(".fitlab-curve svg")
    slider.focus()
    for _ in range(2):
        slider.press("PageUp")
    page.get_by_text("frame 21 of 45").wait_for()
    pages.wait_until_different(canvas, before)
    pages.screenshot(page, "scrubber")


def test_playing_moves_the_skeleton_without_the_kernel(page):
    canvas = page.locator(".fitlab-columns", has=page.locator("canvas")).last.locator("canvas").first
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(1500)
    before = pages.pixels(canvas)
    pages.wait_until_different(canvas, before)
    caption = page.get_by_text("left hip - left knee - left ankle").last
    told = caption.inner_text()
    page.wait_for_function("([node, told]) => node.innerText !== told", arg=[caption.element_handle(), told])
    pages.screenshot(page, "playing")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()


def test_three_picked_joints_show_the_angle_that_the_library_gives(page):
    expected = fitlab.joint_angle(fitlab.lift(fitlab.detect(SQUAT)), "right_shoulder", "right_hip", "right_knee")
    page.get_by_role("button", name="Clear").scroll_into_view_if_needed()
    page.get_by_role("button", name="Clear").click()
    picture = page.locator(".fitlab-picture", has=page.locator("[aria-label='Photo whose joints can be picked']"))
    for joint in ("right_shoulder", "right_hip", "right_knee"):
        picture.locator(f"[data-joint='{joint}']").press("Enter")
    page.get_by_text(f"right shoulder - right hip - right knee: {expected:.0f}° in space").wait_for()
    pages.screenshot(page, "picker")


def test_every_widget_is_readable_under_a_dark_theme(page):
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    page.wait_for_timeout(1000)
    contrasts = pages.contrasts(page, ".jp-OutputArea-output .fitlab")
    assert len(contrasts) > 60
    assert {words: ratio for words, ratio in contrasts if ratio < 4.5} == {}
    pages.screenshot(page, "gallery-dark")
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")


def test_views_and_doubt_can_be_chosen(page):
    viewer = page.locator(".fitlab-viewer").first
    viewer.scroll_into_view_if_needed()
    assert viewer.locator("canvas").count() == 3
    viewer.get_by_role("button", name="Above").click()
    page.wait_for_function("document.querySelector('.fitlab-viewer').querySelectorAll('canvas').length === 1")
    pages.wait_until_drawn(viewer.locator("canvas"))
    on = viewer.locator("button.mod-active").all_inner_texts()
    assert [name for name in on if name != "Certainty"] == ["Above"]
    viewer.get_by_text("from above").wait_for()
    pages.screenshot(page, "viewer-top")
