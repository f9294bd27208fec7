"""05_compare as a web page: two photos side by side and the differences of their angles."""

from __future__ import annotations

import pages
import pytest
import servers

SAMPLES = servers.ROOT / "notebooks" / "data" / "samples"


@pytest.fixture(scope="module")
def address(tmp_path_factory, browser):
    pytest.importorskip("voila", reason="browser tests need: pip install voila")
    with servers.voila(tmp_path_factory.mktemp("compare"), "05_compare.ipynb") as address:
        yield address


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_differences_are_told_and_follow_another_photo(address, open_page, size):
    page = open_page(size)
    page.goto(address, wait_until="commit")
    table = page.locator(".fitlab-differences")
    table.wait_for()
    assert page.locator(".fitlab-comparison .fitlab-picture").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pages.wait_until_drawn(page.locator(".fitlab-comparison canvas").first)
    pages.screenshot_of_all(page, f"compare-{size}")
    before = table.inner_text()
    page.locator("input.fitlab-file").last.set_input_files(SAMPLES / "squat.jpg")
    page.wait_for_function("before => document.querySelector('.fitlab-differences').innerText !== before", arg=before)
