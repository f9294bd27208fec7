"""One anywidget on a dark page, without server: its own script and state, and a model that answers like a kernel."""

from __future__ import annotations

import base64
import json

_PAGE = """<!doctype html><meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { margin: 0; font-family: sans-serif; background: #111; color: #eee; } #room { max-width: 600px; }
%(style)s</style>
<div id="room"></div><div style="height: 2000px"></div>
<script type="module">
const state = %(state)s, heard = {};
for (const [name, text] of Object.entries(%(bytes)s))
    state[name] = new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt()).buffer);
const tell = (event, value) => (heard[event] ?? []).slice().forEach((listener) => listener(value));
window.sent = [];
window.model = {
    get: (name) => state[name],
    set(name, value) { state[name] = value; tell(`change:${name}`); },
    save_changes() {},
    on(event, listener) { (heard[event] ??= []).push(listener); },
    off(event, listener) { heard[event] = (heard[event] ?? []).filter((other) => other !== listener); },
    // As KeypointEditor._heard and LiveCamera._heard do it.
    send(message) {
        sent.push(message);
        if (message.action === "claim" && !state._view) {
            state.running = true;
            this.set("_view", message.view);
        }
        if (message.action !== "move") return;
        const points = [...state._points];
        points[state._joints.findIndex((joint) => joint.name === message.joint)] = [message.x, message.y, 1];
        this.set("_can_undo", true);
        this.set("_points", points);
        setTimeout(() => tell("msg:custom", { moved: message.number }), 10);
    },
};
const { default: widget } = await import(URL.createObjectURL(new Blob([%(script)s], { type: "text/javascript" })));
for (let view = 0; view < %(views)d; view++) {
    const el = document.createElement("div");
    document.getElementById("room").append(el);
    widget.render({ model, el });
}
window.ready = true;
</script>"""


def show_alone(page, widget, views: int = 1) -> None:
    """Put ``widget`` on ``page``, so many times; ``model`` is its model there, ``sent`` the messages to the kernel."""
    state = {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css", "layout")}
    binary = {name: value for name, value in state.items() if isinstance(value, (bytes, memoryview))}
    plain = {name: value for name, value in state.items() if name not in binary}
    content = {
        "views": views,
        "style": str(widget._css),
        "state": json.dumps(plain),
        "bytes": json.dumps({name: base64.b64encode(value).decode() for name, value in binary.items()}),
        "script": json.dumps(str(widget._esm)).replace("</", "<\\/"),
    }
    page.set_content(_PAGE % content)
    page.wait_for_function("window.ready")
