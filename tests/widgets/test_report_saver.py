"""Files of an analysis for the browser to save."""

from __future__ import annotations

import json

import pytest
from reports.clips import analysis
from widget_parts import jpeg

pytest.importorskip("pythreejs")

from fitlab_widgets import ReportSaver


@pytest.mark.parametrize(("kind", "file", "start"), [
    ("report", "squat.html", "<!doctype html"), ("sheet", "squat.pdf", "%pdf-"), ("table", "squat.csv", "angle,"),
    ("data", "squat.json", "{"),
])  # fmt: skip
def test_each_kind_is_made_of_what_is_shown(app, kind, file, start):
    sent = []
    app.saver.send = lambda message, buffers: sent.append((message, bytes(buffers[0]).decode(errors="replace")))
    app.saver._heard(None, {"save": kind, "for": 0.5}, [])
    ((message, content),) = sent
    assert (message["file"], message["for"]) == (file, 0.5)
    assert content.lower().startswith(start)


def test_a_clip_has_no_sheet():
    saver, sent = ReportSaver(analysis=analysis()), []
    assert saver._kinds == ["report", "table", "data"]
    saver.send = lambda *message: sent.append(message)
    saver._heard(None, {"save": "sheet"}, [])
    assert sent == []


def test_the_data_is_that_of_joints_moved_by_hand(app):
    sent = []
    app.saver.send = lambda message, buffers: sent.append(bytes(buffers[0]).decode())
    app.editor.move("left_knee", 50, 60)
    app.saver._heard(None, {"save": "data"}, [])
    assert json.loads(sent[0])["points_px"]["left_knee"] == [50, 60]


def test_of_a_photo_that_failed_nothing_can_be_saved(app):
    assert app.saver._ready
    app.input.offer(b"no photo", "trick.jpg")
    assert not app.saver._ready
    app.input.offer(jpeg(), "me.jpg")
    assert app.wait(10)
    assert app.saver._ready
