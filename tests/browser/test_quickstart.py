"""00_quickstart in a real JupyterLab: run all, upload a photo, drag a joint."""

from __future__ import annotations

import pages
import pytest
from servers import ROOT

# What somebody waits for who runs all cells, and where it is: the notebook's own part of the page.
_WAITED_FOR = (".fitlab-input button", ".fitlab-headline", ".fitlab-stage > svg", ".fitlab-frame-0 canvas")
_IN_VIEW = """(places) => {
    const room = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
    return places.every((place) => {
        const box = document.querySelector(place).getBoundingClientRect();
        return box.width > 60 && box.top >= room.top - 1 && box.bottom <= Math.min(room.bottom, innerHeight) + 1;
    });
}"""

# What of the page, the notebook or the widget is wider than the screen or than its place.
_SIDEWAYS = """() => ['html', '.jp-WindowedPanel-outer', '.fitlab-app', '.fitlab-app *']
    .flatMap((places) => [...document.querySelectorAll(places)])
    .filter((node) => !node.matches('input, .fitlab-app svg *'))
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 ||
        (node.scrollWidth > node.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(node).overflowX)))
    .map((node) => `${node.tagName} ${node.className}`)"""


@pytest.fixture(scope="module")
def sample():
    return ROOT / "notebooks" / "data" / "samples" / "lunge.jpg"


def _columns_of(grid) -> list[str]:
    return grid.evaluate("(node) => getComputedStyle(node).gridTemplateColumns").split()


def test_quickstart_uploads_and_follows_a_dragged_joint(lab, open_page, sample):
    page = open_page()
    pages.run_notebook(page, lab, "00_quickstart.ipynb")
    page.locator("canvas").nth(2).wait_for()
    page.wait_for_function(_IN_VIEW, arg=_WAITED_FOR)
    page.wait_for_timeout(4000)  # no output that comes late moves it away
    assert page.evaluate(_IN_VIEW, _WAITED_FOR)
    assert pages.verdict(page)
    for number in range(3):
        pages.wait_until_drawn(page.locator("canvas").nth(number))
    pages.screenshot(page, "quickstart")

    pages.choose_exercise(page, "Lunge")
    page.locator(".fitlab-angles", has_text="front knee").wait_for()
    pages.choose_exercise(page, "Squat")
    of_the_sample = pages.degrees(page, "knee_difference")
    pages.upload(page, sample)
    page.locator(".fitlab-status", has_text="lunge.jpg").wait_for()
    pages.wait_for_degrees(page, "knee_difference", of_the_sample, same=False)
    pages.wait_until_idle(page)

    before = pages.degrees(page, "knee_difference")
    pages.drag(page, "left_knee", 60, -40)
    pages.wait_for_degrees(page, "knee_difference", before, same=False)
    page.get_by_role("button", name="Undo").click()
    pages.wait_for_degrees(page, "knee_difference", before)
    pages.screenshot(page, "quickstart-after-upload")

    columns = page.locator(".fitlab-app > .fitlab-columns")
    assert len(_columns_of(columns)) == 2
    page.set_viewport_size({"width": 980, "height": 1000})  # beside the list of files the cell is narrow
    page.wait_for_timeout(500)
    assert len(_columns_of(columns)) == 1


def test_a_restarted_kernel_is_told_in_the_widget(lab, open_page):
    page = open_page()
    pages.run_notebook(page, lab, "00_quickstart.ipynb")
    page.locator(".fitlab-status").first.wait_for(state="attached")
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.get_by_text("The connection to Python was lost").first.wait_for()


def test_run_all_on_a_phone_ends_at_the_widget_and_one_tap_opens_the_files(lab, open_page):
    page = open_page("phone")
    pages.open_notebook(page, lab, "00_quickstart.ipynb")
    # On a phone the list of files leaves no room for a notebook: whoever wants to read it closes the list.
    page.locator(".jp-SideBar.jp-mod-left .lm-TabBar-tab[data-id='filebrowser']").tap()
    pages.run_all(page)
    pages.wait_until_drawn(page.locator("canvas").first)
    on_top = _WAITED_FOR[:3]
    page.wait_for_function(_IN_VIEW, arg=on_top)
    page.wait_for_timeout(4000)  # no output that comes late moves it away
    assert page.evaluate(_IN_VIEW, on_top)
    assert page.evaluate(_SIDEWAYS) == []
    pages.screenshot(page, "quickstart-phone")
    with page.expect_file_chooser():
        page.get_by_role("button", name="Upload a photo or clip").tap()
