"""Fetching weights from a server on this machine that behaves, breaks off, lies, or has nothing."""

import argparse
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save

from fitlab.weights import downloads, registry
from fitlab.weights.registry import WeightsError

CONTENT = save({"weight": torch.arange(50_000.0)})  # 200 kB, several chunks
HALF = len(CONTENT) // 2


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT; the first part of the path says how: /good/, /breaks/, /deaf/ (to Range), /wrong/, /gone/."""

    def do_GET(self):
        manner = self.path.split("/")[1]
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.server.starts.append(start)
        if manner == "gone":
            return self.send_error(404, "Not Found")
        body = CONTENT[::-1] if manner == "wrong" else CONTENT
        if manner == "deaf":
            start = 0
        if start >= len(body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        end = HALF if manner == "breaks" and start < HALF else len(body)
        self.wfile.write(body[start:end])

    def log_message(self, *_):
        """Stay quiet."""


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.starts = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def offer(monkeypatch, tmp_path, server):
    """Registers CONTENT as weights ``small`` to be had from the server in some manner; the path it should get."""
    monkeypatch.setenv("FITLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def register(manner: str = "good", **changes) -> object:
        known = registry.Entry(
            name="small",
            kind="lifter",
            network="martinez",
            normalisation="person",
            trained_on="nothing",
            licence="CC0",
            file="small.safetensors",
            **{
                "url": f"http://127.0.0.1:{server.server_port}/{manner}/small.safetensors",
                "sha256": hashlib.sha256(CONTENT).hexdigest(),
                "bytes": len(CONTENT),
            }
            | changes,
        )
        monkeypatch.setattr(registry, "entries", lambda: {"small": known})
        return registry.user_path(known)

    return register


def leftovers(target):
    return [file.name for file in target.parent.iterdir()]


def test_get_puts_the_file_in_place_and_says_what_it_fetches(offer, server, capsys):
    target = offer()
    assert downloads.get("small") == target
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == ["small.safetensors"]
    assert "small: 200 kB, CC0\nfrom http://127.0.0.1" in capsys.readouterr().out
    assert downloads.get("small") == target
    assert server.starts == [0], "what is here is not fetched again"


def test_what_is_here_but_damaged_is_not_called_ready(offer):
    target = offer()
    downloads.get("small").write_bytes(b"rubbish")
    with pytest.raises(
        WeightsError, match=r"is not the published file of weights small.* delete it, then: fitlab weights get small"
    ):
        downloads.get("small")
    assert target.exists()


def test_a_broken_download_goes_on_where_it_stopped(offer, server):
    target = offer("breaks")
    with pytest.raises(ConnectionError, match=r"broke off after 0.1 of 0.2 MB; .* fitlab weights get small"):
        downloads.get("small")
    assert not target.exists()
    assert downloads.get("small").read_bytes() == CONTENT
    assert server.starts == [0, HALF]


def test_without_a_known_hash_a_download_starts_over(offer, server, monkeypatch):
    target = offer("breaks", sha256="")
    monkeypatch.setattr(registry, "build", lambda name: torch.nn.Module())
    for _ in range(2):
        with pytest.raises(ConnectionError, match="broke off"):
            downloads.get("small")
    assert server.starts == [0, 0]
    assert not target.exists()


def test_a_server_that_ignores_range_sends_all_of_it_again(offer, server):
    target = offer("deaf")
    target.parent.mkdir(parents=True)
    target.with_name("small.safetensors.part").write_bytes(CONTENT[:HALF])
    assert downloads.get("small").read_bytes() == CONTENT
    assert server.starts == [HALF]


def test_a_part_that_is_too_long_is_thrown_away(offer, server):
    target = offer()
    target.parent.mkdir(parents=True)
    target.with_name("small.safetensors.part").write_bytes(CONTENT + b"more")
    assert downloads.get("small").read_bytes() == CONTENT
    assert server.starts == [len(CONTENT) + 4, 0]


def test_a_wrong_file_is_refused_and_deleted(offer):
    target = offer("wrong")
    with pytest.raises(WeightsError, match=r"what http://127.* sent is refused and was deleted: .*SHA-256"):
        downloads.get("small")
    assert leftovers(target) == []


def test_without_a_known_hash_the_tensors_decide(offer, monkeypatch):
    target = offer(sha256="")
    monkeypatch.setattr(registry, "build", lambda name: torch.nn.Linear(1, 1))
    with pytest.raises(WeightsError, match=r"refused and was deleted: .* do not fit Linear: weight is \(50000,\)"):
        downloads.get("small")
    assert leftovers(target) == []


def test_a_missing_file_says_its_address(offer):
    target = offer("gone")
    with pytest.raises(ConnectionError, match=r"/gone/small.safetensors answered 404 Not Found; if you have the file"):
        downloads.get("small")
    assert not target.exists()


def test_no_network_is_one_sentence(offer):
    offer(url="http://127.0.0.1:9/small.safetensors")  # nobody listens on the discard port
    with pytest.raises(
        ConnectionError, match=r"cannot reach 127.0.0.1:9 \(.*refused\): is there a network\?"
    ) as caught:
        downloads.get("small")
    assert "\n" not in str(caught.value)


def test_add_takes_a_file_that_is_the_right_one(offer, tmp_path):
    target = offer()
    mine = tmp_path / "mine.bin"
    mine.write_bytes(CONTENT)
    assert downloads.add("small", mine) == target
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == ["small.safetensors"]


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (
            lambda file: file.write_bytes(CONTENT[:-1]),
            WeightsError,
            "mine.bin is not the published file of weights small",
        ),
        (lambda file: file.mkdir(), FileNotFoundError, "mine.bin is a folder"),
        (lambda file: None, FileNotFoundError, "mine.bin does not exist"),
    ],
)
def test_add_refuses_anything_else(offer, tmp_path, make, error, complaint):
    target = offer()
    make(tmp_path / "mine.bin")
    with pytest.raises(error, match=complaint):
        downloads.add("small", tmp_path / "mine.bin")
    assert not target.exists()


def test_the_commands(offer, capsys, tmp_path):
    offer()
    parser = argparse.ArgumentParser()
    downloads.add_arguments(parser)

    def command(*words: str) -> str:
        downloads.run(parser.parse_args(words))
        return capsys.readouterr().out

    assert command("list").splitlines()[1].split() == ["small", "lifter", "200", "kB", "get", "small", "CC0"]
    assert "small is ready: " in command("get", "small")
    assert command("list").splitlines()[1].split() == ["small", "lifter", "200", "kB", "here", "CC0"]
    mine = tmp_path / "mine"
    mine.write_bytes(CONTENT)
    assert "small is ready: " in command("add", "small", str(mine))
