"""The app under use: visitors upload, drag and leave, for some minutes; then it is killed and started again.

``python tests/soak.py --visitors 10 --minutes 10`` starts the app as ``make app`` does. Visitors speak to it as its
page does, over its websocket, without a browser. It ends with an error if a message is lost, if the memory grows, if a
Python outlives its visitor, or if the app does not serve any more.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import io
import itertools
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import psutil
import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent / "browser"))
from fitlab_widgets.app import PROTOCOL
from servers import ROOT, free_port, surroundings, wait_for

#: Seconds after which the Python of somebody who left without a word may end, and until anything else has happened.
IDLE, PATIENCE = 60, 240
#: Megabytes by which the app, and the Python of somebody who stays, may grow after the first round.
MOST_GROWTH = {"app": 40, "stayer": 120}
PIECE = 200_000
_APP = "from fitlab_widgets import app; app.IDLE = {idle}; app.main({words!r})"
_SIZES = itertools.count()


class Visitor:
    """One page of the app: what its scripts would send, and what they would know."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        page = self._page()
        self.kernel = re.search(r'"kernelId": ?"([0-9a-f-]+)"', page)[1]
        host = urllib.parse.urlsplit(address).netloc
        self.session = uuid.uuid4().hex
        self.socket = websocket.create_connection(
            f"ws://{host}/api/kernels/{self.kernel}/channels?session_id={self.session}",
            timeout=PATIENCE,
            cookie="; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies),
            origin=address.rstrip("/"),
            subprotocols=[PROTOCOL],
        )
        self.states: dict[str, dict] = {}
        self.answers: list[dict] = []
        self.widgets: list[str] = []
        self._send("comm_info_request", {"target_name": "jupyter.widget"})
        self.until(lambda: self.widgets, "the list of widgets")
        for widget in self.widgets:
            self._send("comm_msg", {"comm_id": widget, "data": {"method": "request_state"}})
        self.until(lambda: len(self.states) == len(self.widgets), "the widgets' states")
        self.input = next(name for name, state in self.states.items() if "_most_bytes" in state)
        self.editor = next(
            name for name, state in self.states.items() if state.get("label") == "Photo with joints that can be dragged"
        )

    def _page(self) -> str:
        """The page; where too many are open, it is loaded again until those who left without a word are gone."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with self.browser.open(self.address, timeout=PATIENCE) as answer:
                    return answer.read().decode()
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > end:
                    raise
            time.sleep(3)

    def upload(self) -> None:
        """Upload a photo of a size that no other has, and wait for its verdict."""
        size = 480 + next(_SIZES) % 400, 480
        stream = io.BytesIO()
        with Image.open(ROOT / "notebooks" / "data" / "samples" / "squat.jpg") as photo:
            photo.resize(size).save(stream, "JPEG", quality=95)
        data, number = stream.getvalue(), random.randrange(10**9)
        self._custom(self.input, {"action": "begin", "number": number, "name": "me.jpg", "bytes": len(data)})
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self._custom(self.input, {"action": "piece", "number": number}, [piece])
            self._answered({"received": number, "bytes": start + len(piece)})
        shown = self.states[self.editor]
        self.until(
            lambda: tuple(shown["_size"]) == size and not self.states[self.input]["busy"], f"the verdict on {size}"
        )
        headline = " ".join(str(state.get("value", "")) for state in self.states.values())
        if "fitlab-headline" not in headline or self.states[self.input]["failed"]:
            raise AssertionError(f"no verdict: {self.states[self.input]['status']}")

    def drag(self, steps: int = 20) -> None:
        """Drag a knee; each step is answered, and the joint ends where it was put last."""
        shown = self.states[self.editor]
        names = [joint["name"] for joint in shown["_joints"]]
        for step in range(steps):
            x, y, number = 100.0 + step, 200.0 + step, random.randrange(10**9)
            move = {"action": "move", "joint": "left_knee", "x": x, "y": y, "more": step < steps - 1, "number": number}
            self._custom(self.editor, move)
            self._answered({"moved": number})
        at = names.index("left_knee")
        self.until(lambda: list(shown["_points"][at][:2]) == [x, y], f"the knee at {x}, {y}")

    def leave(self, politely: bool) -> None:
        """Close the page; a page that is closed politely says so, one whose phone ran empty does not."""
        self.socket.close()
        if politely:
            token = next((cookie.value for cookie in self.cookies if cookie.name == "_xsrf"), "")
            form = urllib.parse.urlencode({"_xsrf": token}).encode()
            self.browser.open(f"{self.address}voila/api/shutdown/{self.kernel}", form, PATIENCE).close()

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Take messages until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"lost: {what}")
            self._take(self.socket.recv())

    def _answered(self, answer: dict) -> None:
        self.until(lambda: answer in self.answers, str(answer))
        self.answers.remove(answer)

    def _custom(self, widget: str, content: dict, buffers: list[bytes] | None = None) -> None:
        self._send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": content}}, buffers)

    def _send(self, kind: str, content: dict, buffers: list[bytes] | None = None) -> None:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "", "date": ""}
        parts = [json.dumps(part).encode() for part in (header | {"version": "5.3"}, {}, {}, content)]
        self.socket.send_binary(serialize_msg_to_ws_v1([*parts, *(buffers or [])], "shell"))

    def _take(self, received: bytes) -> None:
        header, _, _, content = map(json.loads, deserialize_msg_from_ws_v1(received)[1][:4])
        kind = header["msg_type"]
        if kind == "comm_info_reply":
            self.widgets = list(content["comms"])
        if kind != "comm_msg":
            return
        data = content["data"]
        if data.get("method") == "update":
            self.states.setdefault(content["comm_id"], {}).update(data["state"])
        elif data.get("method") == "custom":
            self.answers.append(data["content"])


class Server:
    """The app in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        words = ["--no-browser", f"--port={port}", str(ROOT / "notebooks" / "02_app.ipynb")]
        self.log = folder / "app.log"
        with self.log.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _APP.format(idle=IDLE, words=words)],
                env=surroundings(folder),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self.process, port, None, self.log)
        self.address = f"http://127.0.0.1:{port}/"

    def kernels(self) -> list[psutil.Process]:
        """The Pythons of the visitors."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "ipykernel" in " ".join(_words(child))]

    def kernel_of(self, visitor: Visitor) -> psutil.Process:
        return next(child for child in self.kernels() if visitor.kernel in " ".join(_words(child)))


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def visit(address: str, politely: bool) -> None:
    """Somebody comes, uploads, drags and leaves."""
    visitor = Visitor(address)
    visitor.upload()
    visitor.drag()
    visitor.leave(politely)


def soak(visitors: int, minutes: float, folder: Path) -> None:
    """Use the app for so many minutes, and kill it at the end; AssertionError says what went wrong."""
    port = free_port()
    server = Server(folder, port)
    stayer = Visitor(server.address)
    end, first, rounds = time.monotonic() + 60 * minutes, {}, 0
    watched = {"app": psutil.Process(server.process.pid), "stayer": server.kernel_of(stayer)}
    try:
        while not rounds or time.monotonic() < end:
            with ThreadPoolExecutor(visitors) as pool:
                coming = [pool.submit(visit, server.address, number % 2 == 0) for number in range(visitors - 1)]
                for _ in range(4):
                    stayer.upload()
                    stayer.drag()
                while not all(one.done() for one in coming):  # a page answers its server, else it counts as left
                    stayer.drag(1)
                    time.sleep(5)
                for one in coming:
                    one.result()
            rounds += 1
            now = {name: megabytes(process) for name, process in watched.items()}
            first = first or now
            told = ", ".join(f"{name} {size:.0f} MB" for name, size in now.items())
            print(f"round {rounds}: {told}, {len(server.kernels())} Pythons", flush=True)
        grown = {name: now[name] - first[name] for name in now}
        assert all(grown[name] <= MOST_GROWTH[name] for name in grown), f"the memory grew: {grown}"
        stayer.leave(politely=True)
        _wait(lambda: not server.kernels(), 3 * IDLE + 60, "a Python outlives its visitor")
        print("everybody left: no Python is there any more", flush=True)
        other = Visitor(server.address)
        orphan = server.kernel_of(other)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        _wait(lambda: not orphan.is_running(), 60, "a Python outlives the app that was killed")
        server = Server(folder, port)
        visit(server.address, politely=True)
        print("killed and started again: it serves", flush=True)
    finally:
        server.process.terminate()
        server.process.wait(60)


def _wait(holds: Callable[[], bool], seconds: float, complaint: str) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, complaint
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=10, help="at the same time; default 10")
    parser.add_argument("--minutes", type=float, default=10, help="of use; the last round is finished; default 10")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak(given.visitors, given.minutes, Path(folder))


if __name__ == "__main__":
    main()
