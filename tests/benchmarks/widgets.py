"""How quick the app is in a real browser: python tests/benchmarks/widgets.py

Starts Voila and a headless Chromium and prints: first request to a page that is ready, upload of a 4 MB phone photo to
the verdict on screen, dragging a joint to the new angle, moving through a clip to the redrawn skeleton, and frames a
second of playback. The browser draws without a graphics card, on the same cores as everything else.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
import pages
import servers

# Notes when something is drawn in 3D, and answers with the milliseconds from an event to a change.
_PROBES = """
window.drawn = [];
for (const kind of [WebGLRenderingContext, WebGL2RenderingContext]) {
    const draw = kind.prototype.drawElements;
    kind.prototype.drawElements = function (...all) {
        window.drawn.push(performance.now());
        return draw.apply(this, all);
    };
}
window.untilChange = (selector, event) => new Promise((answer) => {
    const places = [...document.querySelectorAll(selector)];
    let start = null;
    document.addEventListener(event, () => { start ??= performance.now(); }, { once: true, capture: true });
    const watch = new MutationObserver(() => {
        if (start === null) return;
        watch.disconnect();
        requestAnimationFrame(() => answer(performance.now() - start));
    });
    for (const place of places) watch.observe(place.parentElement.parentElement, { childList: true, subtree: true });
});
window.untilDrawn = (event) => new Promise((answer) => {
    document.addEventListener(event, () => {
        const start = performance.now();
        window.drawn.length = 0;
        const look = () => (window.drawn.length ? answer(window.drawn[0] - start) : requestAnimationFrame(look));
        look();
    }, { once: true, capture: true });
});
"""
TIMES = 20


def main() -> None:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=servers.CHROMIUM, args=servers.FLAGS)
        with tempfile.TemporaryDirectory() as folder, servers.voila(Path(folder), "02_app.ipynb") as address:
            page = _open(chromium, address)
            _time_upload(page)
            _time_drags(page)
        with tempfile.TemporaryDirectory() as folder, servers.voila(Path(folder), "04_widgets.ipynb") as address:
            page = _open(chromium, address, ready=".fitlab-curve svg", say=False)
            _time_scrubbing(page)
            _count_playback(page)
        chromium.close()


def _open(chromium, address: str, ready: str = ".fitlab-headline", say: bool = True) -> Page:
    page = chromium.new_context(**servers.SIZES["desktop"]).new_page()
    page.set_default_timeout(servers.PATIENCE)
    page.add_init_script(_PROBES)
    start = time.perf_counter()
    page.goto(address)
    page.locator(ready).first.wait_for()
    pages.wait_until_drawn(page.locator("canvas").first)
    if say:
        print(f"first request to a page that is ready: {time.perf_counter() - start:.1f} s")
    page.wait_for_timeout(2000)
    return page


def _time_upload(page: Page) -> None:
    # In turns, as two times the same photo would change nothing on screen.
    photos = [_phone_photo(name) for name in ("lunge", "squat")]
    times = []
    for number in range(6):
        photo = photos[number % 2]
        page.evaluate("void (window.answer = window.untilChange('.fitlab-angles', 'change'))")
        page.locator("input.fitlab-file").set_input_files(
            {"name": f"photo{number}.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
        times.append(page.evaluate("window.answer"))
        pages.wait_until_idle(page)
    print(f"upload of a {len(photo) / 1e6:.1f} MB photo to the verdict on screen: {_median(times)}")


def _time_drags(page: Page) -> None:
    x, y = pages.centre_of(page, "left_knee")
    page.mouse.move(x, y)
    page.mouse.down()
    times = []
    for number in range(TIMES):
        page.evaluate("void (window.answer = window.untilChange('.fitlab-angles', 'pointermove'))")
        page.mouse.move(x + 3 * number + 5, y - 2 * number)
        times.append(page.evaluate("window.answer"))
        page.wait_for_timeout(200)
    page.mouse.up()
    print(f"dragged joint to the new angle: {_median(times)}")


def _time_scrubbing(page: Page) -> None:
    curve = page.locator(".fitlab-curve svg")
    curve.focus()
    times = []
    for _ in range(TIMES):
        page.evaluate("void (window.answer = window.untilDrawn('keydown'))")
        page.keyboard.press("ArrowRight")
        times.append(page.evaluate("window.answer"))
        page.wait_for_timeout(200)
    print(f"step through a clip to the redrawn skeleton: {_median(times)}")


def _count_playback(page: Page) -> None:
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(2000)
    page.evaluate("window.drawn.length = 0")
    page.wait_for_timeout(4000)
    moments = np.array(page.evaluate("window.drawn"))
    page.get_by_role("button", name="Pause", exact=True).click()
    # One frame draws many parts within a few milliseconds.
    frames = 1 + int((np.diff(moments) > 4).sum())
    print(f"playback: {1000 * frames / (moments[-1] - moments[0]):.0f} frames/s")


def _phone_photo(name: str) -> bytes:
    """A sample photo as a phone would send it: 12 megapixels, noisy, lying on its side with a note how to turn it."""
    small = Image.open(servers.ROOT / "notebooks" / "data" / "samples" / f"{name}.jpg")
    large = np.asarray(small.resize((3000, 4000)), np.int16)
    noisy = large + np.random.default_rng(0).normal(0, 14, large.shape).astype(np.int16)
    picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).rotate(90, expand=True)
    upright = Image.Exif()
    upright[0x0112] = 6
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=88, exif=upright)
    return stream.getvalue()


def _median(milliseconds: list[float]) -> str:
    return f"median {statistics.median(milliseconds):.0f} ms, worst {max(milliseconds):.0f} ms"


if __name__ == "__main__":
    main()
