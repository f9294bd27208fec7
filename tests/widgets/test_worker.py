"""Jobs on a thread of their own: the newest counts, and each can be stopped."""

from __future__ import annotations

import threading

import pytest

from fitlab.images import ImageError

pytest.importorskip("pythreejs")

from fitlab_widgets.worker import LatestWorker, Step


def test_the_last_of_three_wins():
    free, delivered = threading.Event(), []
    worker = LatestWorker(
        lambda item, step: free.wait(10) and item, lambda item, result: delivered.append(result), lambda *_: None
    )
    for item in (1, 2, 3):
        worker.submit(item)
    free.set()
    assert worker.wait(10)
    assert delivered == [3]


def test_a_newer_item_waits_until_the_older_one_is_delivered():
    happened = []

    def submit_newer() -> None:
        worker.submit("newer")
        happened.append("submitted newer")

    def deliver(item: str, result: str) -> None:
        if item == "older":
            newer.start()
            newer.join(0.3)
        happened.append(f"delivered {item}")

    newer = threading.Thread(target=submit_newer, daemon=True)
    worker = LatestWorker(lambda item, step: item, deliver, lambda *_: None)
    worker.submit("older")
    assert worker.wait(10)
    newer.join(10)
    assert worker.wait(10)
    assert happened.index("delivered older") < happened.index("submitted newer")


def test_an_error_is_told_and_the_next_job_runs():
    told, delivered = [], []

    def work(item: str, step: Step) -> str:
        if item == "bad":
            raise ImageError("cannot be read")
        return item

    worker = LatestWorker(work, lambda item, result: delivered.append(result), lambda item, error: told.append(error))
    worker.submit("bad")
    assert worker.wait(10)
    worker.submit("good")
    assert worker.wait(10)
    assert [str(error) for error in told] == ["cannot be read"]
    assert delivered == ["good"]


def test_steps_are_told_until_the_job_is_stopped_and_then_it_ends():
    told, ended, halfway, stopped = [], [], threading.Event(), threading.Event()

    def work(item: str, step: Step) -> str:
        try:
            step(0.5, "half")
            halfway.set()
            assert stopped.wait(10)
            step(0.9, "nearly")
            return item
        finally:
            ended.append(item)

    def never(*_: object) -> None:
        told.append("delivered or failed")

    worker = LatestWorker(work, never, never, progress=lambda item, *step: told.append((item, *step)))
    worker.submit("long")
    assert halfway.wait(10)
    worker.stop()
    stopped.set()
    assert worker.wait(10)
    assert told == [("long", 0.5, "half")]
    assert ended == ["long"]


def test_a_newer_item_ends_the_older_job_at_its_next_step():
    steps, delivered, first, go = [], [], threading.Event(), threading.Event()

    def work(item: int, step: Step) -> int:
        for part in range(3):
            step(part / 3, "working")
            steps.append((item, part))
            first.set()
            assert go.wait(10)
        return item

    worker = LatestWorker(work, lambda item, result: delivered.append(result), lambda *_: None)
    worker.submit(1)
    assert first.wait(10)
    worker.submit(2)
    go.set()
    assert worker.wait(10)
    assert steps == [(1, 0), (2, 0), (2, 1), (2, 2)]
    assert delivered == [2]


def test_what_waits_is_dropped_by_a_stop():
    free, delivered = threading.Event(), []
    worker = LatestWorker(
        lambda item, step: free.wait(10) and item, lambda item, result: delivered.append(result), lambda *_: None
    )
    worker.submit(1)
    worker.submit(2)
    worker.stop()
    free.set()
    assert worker.wait(10)
    assert delivered == []
