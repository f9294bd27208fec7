"""The page of a report in a browser: it needs nothing else and fits a phone."""

import pytest
from reports.clips import analysis, pictures

from fitlab.reports.clip import write_clip_report


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_browser_asks_for_nothing_but_the_page(size, tmp_path, open_page):
    write_clip_report(analysis(), tmp_path, pictures())
    page, asked = open_page(size), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert {address.split(":")[0] for address in asked} <= {"file", "data"}
    assert page.locator("img").first.evaluate("picture => picture.naturalWidth") > 50
    assert page.locator("svg").bounding_box()["width"] >= 600
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
