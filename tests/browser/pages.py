"""What the browser tests do with a page: run a notebook, upload, read the verdict, look at canvases."""

from __future__ import annotations

from pathlib import Path

from servers import ARTEFACTS, PATIENCE

_IDLE = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
_ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets
    .flatMap(cell => cell.model.sharedModel.outputs || [])
    .filter(output => output.output_type === 'error')
    .map(output => output.ename + ': ' + output.evalue)"""
# A WebGL canvas can only be read in the moment it is drawn; a copy of what is on screen always can.
_PIXELS = """async (canvas) => {
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [64, 64];
    await new Promise(requestAnimationFrame);
    copy.getContext('2d').drawImage(canvas, 0, 0, 64, 64);
    const pixels = copy.getContext('2d').getImageData(0, 0, 64, 64).data;
    const seen = [];
    for (let i = 0; i < pixels.length; i += 4) seen.push(65536 * pixels[i] + 256 * pixels[i + 1] + pixels[i + 2]);
    return seen;
}"""

# The contrast of every visible text with the nearest background that is not transparent.
_CONTRASTS = """(room) => {
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
    for (const node of document.querySelectorAll(`${room} *`)) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own || !node.getClientRects().length || node.closest(".fitlab-arcs, .fitlab-joint-name")) continue;
        const style = getComputedStyle(node), ink = node instanceof SVGElement ? style.fill : style.color;
        const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
        told.push([node.textContent.slice(0, 40), (a + 0.05) / (b + 0.05)]);
    }
    return told;
}"""


def contrasts(page, room: str) -> list[tuple[str, float]]:
    """Every visible text inside what the selector ``room`` means, with its contrast to what is behind it (WCAG 2)."""
    return page.evaluate(_CONTRASTS, room)


def run_notebook(page, lab: str, name: str) -> None:
    """Open ``name`` in JupyterLab, run all its cells, and wait until they are done; no cell may fail."""
    open_notebook(page, lab, name)
    run_all(page)


def open_notebook(page, lab: str, name: str) -> None:
    """Open ``name`` in JupyterLab and wait for its kernel."""
    page.goto(f"{lab}/lab/tree/{name}?reset")
    page.wait_for_function(_IDLE, timeout=PATIENCE)


def run_all(page) -> None:
    """Run all cells of the open notebook and wait until they are done; no cell may fail."""
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    errors = page.evaluate(_ERRORS)
    assert not errors, errors


def upload(page, photo: Path) -> None:
    page.locator("input.fitlab-file").first.set_input_files(photo)


def verdict(page) -> str:
    """The headline of the first FormCheck."""
    return page.locator(".fitlab-headline").first.inner_text()


def colours(canvas) -> int:
    """How many different colours a canvas shows; a blank one has one."""
    return len(set(pixels(canvas)))


def pixels(canvas) -> list[int]:
    """A small copy of what a canvas shows."""
    return canvas.evaluate(_PIXELS)


def wait_until_different(canvas, before: list[int]) -> None:
    """Until a canvas shows something else than ``before``; TimeoutError if it does not change."""
    for _ in range(PATIENCE // 200):
        if sum(a != b for a, b in zip(pixels(canvas), before, strict=True)) > 40:
            return
        canvas.page.wait_for_timeout(200)
    raise TimeoutError("the canvas does not change")


def picture_size(page) -> int:
    """Bytes of the JPEG that the first photo with joints shows: tells photos apart."""
    script = """async () => (await (await fetch(document.querySelector('.fitlab-picture image')
        .getAttribute('href'))).arrayBuffer()).byteLength"""
    return page.evaluate(script)


def screenshot_of_all(page, name: str) -> None:
    """A screenshot of a whole page that scrolls inside its window."""
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 2600})
    page.wait_for_timeout(500)
    screenshot(page, name)
    page.set_viewport_size(size)


def screenshot(page, name: str, **options: object) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", **options)


def wait_until_drawn(canvas) -> None:
    """Until a canvas shows something; TimeoutError if it stays blank."""
    canvas.wait_for()
    for _ in range(PATIENCE // 200):
        if colours(canvas) > 8:
            return
        canvas.page.wait_for_timeout(200)
    raise TimeoutError("the canvas stays blank")


def wait_until_idle(page) -> None:
    """Until no photo is being sent or analysed."""
    page.locator("progress.fitlab-progress").first.wait_for(state="hidden")


def wait_until_analysed(page) -> None:
    """Until an upload that was just begun is sent and analysed."""
    page.wait_for_timeout(500)
    wait_until_idle(page)


def choose_exercise(page, title: str) -> None:
    page.get_by_label("Exercise", exact=True).first.select_option(title)


def degrees(page, angle: str) -> str:
    """The cell of the angle table that shows the degrees of ``angle``."""
    return page.locator(f"tr[data-angle='{angle}'] td").first.inner_text()


def wait_for_degrees(page, angle: str, value: str, same: bool = True) -> None:
    """Until the table shows ``value`` for ``angle``, or with ``same=False`` anything else."""
    script = """([angle, value, same]) =>
        (document.querySelector(`tr[data-angle='${angle}'] td`)?.innerText === value) === same"""
    page.wait_for_function(script, arg=[angle, value, same])


def centre_of(page, joint: str) -> tuple[float, float]:
    """Where on the screen a joint of the photo is."""
    dot = page.locator(f"[data-joint='{joint}'] circle").last
    dot.scroll_into_view_if_needed()
    box = dot.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def swipe(page, joint: str, right: float, down: float) -> None:
    """Drag a joint in the photo with a finger."""
    x, y = centre_of(page, joint)
    screen = page.context.new_cdp_session(page)
    steps = [("touchStart", 0.0), *(("touchMove", part) for part in (0.25, 0.5, 0.75, 1.0))]
    for kind, part in steps:
        touch = {"x": x + part * right, "y": y + part * down}
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def drag(page, joint: str, right: float, down: float) -> None:
    """Drag a joint in the photo by so many pixels of the screen."""
    x, y = centre_of(page, joint)
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.25, 0.5, 0.75, 1.0):
        page.mouse.move(x + part * right, y + part * down)
    page.mouse.up()
