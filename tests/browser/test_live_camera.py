"""One LiveCamera in two views: the camera is opened once."""

from __future__ import annotations

import pages
import pytest
from lone_widget import show_alone

pytest.importorskip("pythreejs")

from fitlab_widgets import LiveCamera

# A camera that notes every stream that it gives.
_CAMERA = """
window.streams = [];
const getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    streams.push(canvas.captureStream(5));
    return streams.at(-1);
};
Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia } });
"""
_ON = "streams.map((stream) => stream.getTracks()[0].readyState)"


@pytest.fixture(params=["desktop", "phone"])
def page(request, open_page):
    page = open_page(request.param)
    page.add_init_script(_CAMERA)
    page.goto("about:blank")
    show_alone(page, LiveCamera("squat"), views=2)
    page.size = request.param
    return page


def count(page, view: int):
    return page.locator(".fitlab-live").nth(view)


def test_the_view_that_is_asked_opens_the_camera_and_either_stops_it(page):
    count(page, 0).get_by_role("button", name="Count live with the camera").click()
    page.wait_for_function("streams.length === 1")
    count(page, 0).locator("video").wait_for()
    count(page, 1).get_by_text("The camera is on in another view.").wait_for()
    pages.screenshot(page, f"live-two-views-{page.size}")
    assert count(page, 1).locator("video").is_hidden()
    count(page, 1).get_by_role("button", name="Stop counting").click()
    assert page.evaluate(_ON) == ["ended"]
    assert count(page, 0).locator("video").is_hidden()


def test_a_camera_that_is_refused_is_explained_in_every_view(page):
    no = "Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.evaluate(f"() => {{ navigator.mediaDevices.getUserMedia = () => {no}; }}")
    count(page, 0).get_by_role("button", name="Count live with the camera").click()
    for view in (0, 1):
        count(page, view).get_by_text("The browser did not allow the camera.").wait_for()
        assert count(page, view).locator("video").is_hidden()
    pages.screenshot(page, f"live-refused-{page.size}")


def test_switched_on_by_python_it_is_opened_in_one_view(page):
    page.evaluate("model.set('running', true)")
    page.wait_for_function("streams.length > 0")
    page.wait_for_timeout(300)
    assert page.evaluate(_ON) == ["live"]
    assert [count(page, view).locator("video").is_visible() for view in (0, 1)] == [True, False]
    page.evaluate("model.set('running', false)")
    assert page.evaluate(_ON) == ["ended"]
