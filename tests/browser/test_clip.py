"""A clip in the app: upload, progress, repetitions, the scrubber, corrections; and the camera that counts live."""

from __future__ import annotations

import re

import clips
import numpy as np
import pages
import pytest

from fitlab.overlay.mp4 import mp4

_SCROLLED = "document.querySelector('#rendered_cells').scrollTop"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return clips.write_squats(tmp_path_factory.mktemp("clips") / "squats.mp4")


@pytest.fixture(scope="module")
def told():
    """Errors that a visitor's console told."""
    return []


@pytest.fixture(scope="module", params=["desktop", "phone"])
def page(request, voila, open_page, clip, told):
    """A page that shows the clip; ``page.said`` is what its status told while it was analysed."""
    page = open_page(request.param)
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.goto(voila, wait_until="commit")
    page.locator(".fitlab-headline").first.wait_for()
    pages.upload(page, clip)
    page.locator(".fitlab-status", has_text=re.compile(r"squats.mp4, frame \d+ of \d+")).wait_for()
    page.locator(".fitlab-repetition-table").wait_for()
    pages.wait_until_idle(page)
    page.size = request.param
    return page


def words(page) -> str:
    """What is said beside the angle's menu."""
    return page.locator(".fitlab-clip .fitlab-note", has_text=re.compile(r"frame \d+ of")).inner_text()


def shown_frame(page) -> int:
    return int(re.search(r"frame (\d+) of", words(page)).group(1))


def test_the_lowest_frame_has_a_verdict_and_repetitions_are_in_a_table(page):
    assert "repetition" in page.locator(".fitlab-status").first.inner_text()
    assert page.locator("[data-repetition]").count() == 2
    assert "left knee" in page.locator(".fitlab-angles").inner_text()
    assert page.locator(".fitlab-curve .fitlab-mark").count() == 2
    assert page.locator(".fitlab-curve .fitlab-interval").count() >= 1
    assert page.locator(".fitlab-curve .fitlab-target").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    table = page.locator(".fitlab-repetition-table").bounding_box()
    assert table["x"] + table["width"] <= page.viewport_size["width"], "what is said of a repetition is cut off"
    pages.screenshot_of_all(page, f"clip-{page.size}")


def test_a_tap_leads_to_a_repetition_and_all_parts_move(page):
    canvas = page.locator(".fitlab-clip canvas").first
    canvas.scroll_into_view_if_needed()
    pages.wait_until_drawn(canvas)
    buttons = page.locator(".fitlab-repetitions button")
    buttons.nth(0).click()
    page.wait_for_function(
        "document.querySelectorAll('.fitlab-repetitions button')[0].classList.contains('mod-active')"
    )
    first, before = shown_frame(page), pages.pixels(canvas)
    page.locator(".fitlab-curve svg").press("Home")
    page.get_by_text("frame 1 of").wait_for()
    pages.wait_until_different(canvas, before)
    buttons.nth(1).click()
    page.locator(".fitlab-repetitions button.mod-active", has_text="2").wait_for()
    assert shown_frame(page) > first
    moment = page.locator(".fitlab-clip button", has_text="left knee").first
    moment.click()
    assert "left knee" in words(page)


def test_it_plays_and_pauses(page):
    page.locator(".fitlab-curve svg").press("Home")
    page.get_by_text("frame 1 of").wait_for()
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    page.wait_for_function("""() => [...document.querySelectorAll('.fitlab-clip .fitlab-note')]
        .some(node => Number(node.innerText.match(/frame (\\d+) of/)?.[1]) > 3)""")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()


def test_a_corrected_joint_counts(page):
    page.locator(".fitlab-repetitions button").nth(0).click()
    page.locator(".fitlab-clip select").last.select_option(label="left knee")
    page.wait_for_function("""() => [...document.querySelectorAll('.fitlab-clip .fitlab-note')]
        .some(node => node.innerText.startsWith('left knee:'))""")
    before = words(page)
    joint = page.locator(".fitlab-clip [data-joint='left_ankle']")
    joint.focus()
    for _ in range(4):
        joint.press("Shift+ArrowRight")
    page.wait_for_function(
        """before => [...document.querySelectorAll('.fitlab-clip .fitlab-note')]
        .some(node => node.innerText.startsWith('left knee:') && node.innerText !== before)""",
        arg=before,
    )
    pages.screenshot(page, f"clip-corrected-{page.size}")
    page.locator(".fitlab-clip").get_by_role("button", name="Reset").click()


def test_report_and_data_of_the_clip_can_be_saved(page):
    page.get_by_role("button", name="Sheet (PDF)").wait_for(state="hidden")  # it is of photos
    for name, ending in (("Save the report", ".html"), ("Table (CSV)", ".csv"), ("Everything (JSON)", ".json")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename.endswith(ending)
        assert saved.value.path().stat().st_size > 300


def test_the_console_is_clean_and_the_wheel_scrolls_the_page(page, told):
    assert [words for words in told if "is not a function" in words] == []
    if page.size == "phone":
        return
    canvas = page.locator(".fitlab-frame-0 canvas").first
    canvas.scroll_into_view_if_needed()
    page.evaluate(f"{_SCROLLED} = 0")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, 240)
    page.wait_for_function(f"{_SCROLLED} > 100")
    page.evaluate(f"{_SCROLLED} = 0")
    before = pages.pixels(canvas)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    pages.wait_until_different(canvas, before)
    assert page.evaluate(_SCROLLED) == 0


def test_a_clip_can_be_stopped_and_a_long_one_is_refused(page, clip, tmp_path):
    pages.upload(page, clip)
    page.locator(".fitlab-status", has_text=re.compile(r"frame \d+ of")).wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator(".fitlab-status", has_text="Stopped.").wait_for()
    with mp4(tmp_path / "long.mp4", 64, 48) as write:
        for second in (0, 1, 90):
            write(np.full((48, 64, 3), 90, np.uint8), second)
    pages.upload(page, tmp_path / "long.mp4")
    page.locator(".fitlab-status", has_text="clips of up to 60 s are taken").wait_for()


def test_the_camera_counts_live(page):
    page.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("button", name="Count live").click()
    page.get_by_text("Nobody is seen; step back").wait_for()  # the test picture of a browser without a camera
    page.get_by_text("no further; none is kept").wait_for()
    page.locator(".fitlab-headline").first.wait_for(state="hidden")
    pages.screenshot(page, f"live-{page.size}")
    page.get_by_role("button", name="Stop counting").click()
    page.get_by_role("button", name="Stop counting").wait_for(state="hidden")
    page.locator(".fitlab-headline").first.wait_for()
