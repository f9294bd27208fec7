"""The app's server without a browser: what it prints, and whom it serves."""

from __future__ import annotations

import asyncio
import platform
import re
import subprocess
import sys
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
    async def full(page, path):
        raise app.TooManyVisitors(12)

    monkeypatch.setattr(app.TornadoVoilaHandler, "get", full)
    monkeypatch.setattr(app._Page, "xsrf_token", "")
    told, page = [], object.__new__(app._Page)
    page.set_status = page.finish = told.append
    ended(page.get())
    assert told[0] == 503
    assert "12 pages are open already" in told[1]
    assert f"tries again every {app.AGAIN} seconds" in told[1]


def test_a_limit_of_no_visitors_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--visitors", "0", "any.ipynb"])
    assert "--visitors takes 1 or more, not 0" in capsys.readouterr().err


def test_of_visitors_at_the_same_moment_no_more_come_in_than_there_is_room_for(monkeypatch):
    there, fails = [], []

    async def start(pythons, kernel_id):
        await asyncio.sleep(0.01)
        if fails:
            raise OSError(fails.pop())
        there.append(kernel_id)
        await asyncio.sleep(0.01)  # it is among the others and not ready yet
        return kernel_id

    async def all_at_once(pythons, count):
        return await asyncio.gather(*(pythons.start_kernel() for _ in range(count)), return_exceptions=True)

    monkeypatch.setattr(app.AsyncMappingKernelManager, "start_kernel", start)
    pythons = app.Pythons(most=3)
    monkeypatch.setattr(pythons, "list_kernel_ids", lambda: there)
    fails.append("no memory")
    assert sum(isinstance(answer, OSError) for answer in ended(all_at_once(pythons, 1))) == 1
    answers = ended(all_at_once(pythons, 6))
    assert [type(answer).__name__ for answer in answers] == ["str"] * 3 + ["TooManyVisitors"] * 3
    assert answers[:3] == there
    there.pop()
    assert [type(answer).__name__ for answer in ended(all_at_once(pythons, 2))] == ["str", "TooManyVisitors"]


def test_memory_is_given_back_when_a_visitor_leaves(monkeypatch):
    ended_ones, given_back = [], []

    async def shutdown(pythons, kernel_id, now=False, restart=False):
        ended_ones.append((kernel_id, now, restart))

    monkeypatch.setattr(app.AsyncMappingKernelManager, "shutdown_kernel", shutdown)
    monkeypatch.setattr(app, "give_memory_back", lambda: given_back.append(list(ended_ones)))
    ended(app.Pythons().shutdown_kernel("one", now=True))
    assert given_back == [[("one", True, False)]]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory to itself")
def test_freed_memory_goes_back_to_the_system():
    # Pieces of 64 kB, of which every second stays: the heap cannot shrink at its end.
    code = (
        "import psutil; from fitlab_widgets.app import give_memory_back\n"
        "pieces = [bytearray(64_000) for _ in range(4000)]; kept = pieces[1::2]; del pieces\n"
        "before = psutil.Process().memory_info().rss; give_memory_back()\n"
        "print(before - psutil.Process().memory_info().rss)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(told.stdout) > 60e6


def test_the_server_keeps_its_limits(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(
        app, "App", lambda config: started.append(config) or SimpleNamespace(**dict.fromkeys(METHODS, no))
    )
    app.serve(tmp_path / "any.ipynb", browser=False, visitors=7)
    [config] = started
    assert config.Voila.ip == "127.0.0.1"
    assert config.VoilaConfiguration.multi_kernel_manager_class is app.Pythons
    assert config.Pythons.most == 7
    assert config.Voila.tornado_settings["websocket_max_message_size"] == app.MOST_MESSAGE
    assert app.MOST_MESSAGE > PIECE_BYTES
    assert config.MappingKernelManager.cull_idle_timeout == app.IDLE > config.MappingKernelManager.cull_interval > 0


def test_whoever_speaks_the_older_protocol_is_turned_away():
    told = []
    request = SimpleNamespace(headers={"Sec-WebSocket-Protocol": ""})
    ended(app._Channels.get(SimpleNamespace(request=request, set_status=told.append, finish=told.append), "one"))
    assert told[0] == 400
    assert app.PROTOCOL in told[1]
