"""``make app PHONE=1`` in a browser: HTTPS, the pairing code, and who waits when every page is taken."""

from __future__ import annotations

import re

import pages
import pytest
import servers

pytest.importorskip("segno")
pytest.importorskip("cryptography")


@pytest.fixture(scope="module")
def address(tmp_path_factory, browser):
    """Address with the pairing code, as the server prints it, of an app with room for one visitor."""
    pytest.importorskip("voila", reason="browser tests need: pip install voila")
    folder = tmp_path_factory.mktemp("phones")
    with servers.voila(folder, "02_app.ipynb", "--phone", "--visitors", "1"):
        yield re.search(r"https://\S+", (folder / "fitlab_widgets.app.log").read_text()).group()


def test_the_code_is_needed_and_of_two_visitors_the_second_comes_in_when_the_first_leaves(address, open_page):
    first, second = (open_page("phone", ignore_https_errors=True) for _ in range(2))
    code = address.rstrip("/").rsplit("/", 1)[1]
    for wrong in (address.replace(f"{code}/", ""), address.replace(code, code[::-1])):
        assert first.goto(wrong).status == 404
        assert "fitlab" not in first.content()

    first.goto(address, wait_until="commit")
    first.locator(".fitlab-headline").first.wait_for()
    assert first.evaluate("isSecureContext")  # without which there is no camera
    assert second.goto(address).status == 503
    second.get_by_text("One page is open already").wait_for()
    pages.screenshot(second, "phones-full")

    first.goto("about:blank")
    second.locator(".fitlab-headline").first.wait_for()  # by itself
    pages.screenshot(second, "phones-came-in")
