"""The app's server without a browser: what it prints, and whom it serves."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

pytest.importorskip("voila")
pytest.importorskip("segno")

from fitlab_widgets import app
from fitlab_widgets.app import invitation, main, pairing_code
from fitlab_widgets.photo_input import PIECE_BYTES

METHODS = ("initialize", "start")


def ended(coroutine):
    """Run it to its end on a thread of its own: on this one the browser's tests may have a loop that runs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def no(*arguments):
    """Nothing is started."""


def test_a_pairing_code_cannot_be_guessed_and_can_be_typed():
    codes = {pairing_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch("[a-z2-9]{10}", code) and not set(code) & set("lio01") for code in codes)


def test_the_invitation_says_where_and_what_the_browser_will_ask():
    words = invitation("https://192.168.1.20:8866/abcdefghjk/", "AA:BB")
    assert "https://192.168.1.20:8866/abcdefghjk/" in words
    assert "AA:BB" in words
    assert "\u2588" in words or "\u2584" in words or "\u2580" in words


def test_a_notebook_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nowhere.ipynb"])
    assert "there is no notebook nowhere.ipynb" in capsys.readouterr().err


def test_whoever_comes_when_all_pages_are_taken_is_told_so(monkeypatch):
    monkeypatch.setattr(app, "MOST_VISITORS", 2)
    told = []
    kernels = SimpleNamespace(list_kernel_ids=lambda: ["one", "two"])
    page = SimpleNamespace(kernel_manager=kernels, set_status=told.append, finish=told.append)
    ended(app._Page.get(page))
    assert told[0] == 503
    assert "pages are open already. Close one" in told[1]


def test_the_server_keeps_its_limits(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(
        app, "App", lambda config: started.append(config) or SimpleNamespace(**dict.fromkeys(METHODS, no))
    )
    app.serve(tmp_path / "any.ipynb", browser=False)
    [config] = started
    assert config.Voila.ip == "127.0.0.1"
    assert config.Voila.tornado_settings["websocket_max_message_size"] == app.MOST_MESSAGE
    assert app.MOST_MESSAGE > PIECE_BYTES
    assert config.MappingKernelManager.cull_idle_timeout == app.IDLE > config.MappingKernelManager.cull_interval > 0


def test_whoever_speaks_the_older_protocol_is_turned_away():
    told = []
    request = SimpleNamespace(headers={"Sec-WebSocket-Protocol": ""})
    ended(app._Channels.get(SimpleNamespace(request=request, set_status=told.append, finish=told.append), "one"))
    assert told[0] == 400
    assert app.PROTOCOL in told[1]
