"""One thing at a time, away from the thread that hears the browser, and only the newest counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

#: What a job is given to say how far it is: ``step(share, words)``, the share from 0 to 1. See :class:`LatestWorker`.
Step = Callable[[float, str], None]


class Stopped(Exception):
    """Raised inside a job that is not wanted any more."""


class LatestWorker:
    """Runs jobs on a thread of its own; a job that is not done when a newer one comes is dropped, or stopped.

    All callbacks are called on the worker's thread. All but ``work`` are called under the lock, so that no newer item
    can come before they are done, and only for the newest item.

    Parameters
    ----------
    work : callable
        ``work(item, step)`` computes and returns the answer. A long one calls ``step(share, words)`` between its parts:
        that tells ``progress``, or raises :class:`Stopped` where the job was stopped or a newer item came. It takes the
        lock, so ``work`` must not hold another one then that the holder of this lock may wait for.
    deliver : callable
        ``deliver(item, result)`` takes the answer.
    fail : callable
        ``fail(item, error)`` takes an exception.
    lock : RLock, optional
        The lock of the caller, where it has one, so that there is one.
    progress : callable, optional
        ``progress(item, share, words)`` hears how far the job is.
    """

    def __init__(
        self,
        work: Callable[[Any, Step], Any],
        deliver: Callable[[Any, Any], None],
        fail: Callable[[Any, Exception], None],
        lock: threading.RLock | None = None,
        progress: Callable[[Any, float, str], None] | None = None,
    ) -> None:
        self._work, self._deliver, self._fail, self._progress = work, deliver, fail, progress
        self._changed = threading.Condition(lock)
        self._waiting: list[tuple[int, Any]] = []
        self._number = 0  # of the only item whose answer is wanted
        self._running = False

    def submit(self, item: object) -> None:
        """Work on ``item`` as soon as the present job is done, instead of anything that waits."""
        with self._changed:
            self._number += 1
            self._waiting = [(self._number, item)]
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Want no answer any more: what waits is dropped, what runs ends at its next step, and nothing is delivered."""
        with self._changed:
            self._number += 1
            self._waiting = []

    def wait(self, seconds: float | None = None) -> bool:
        """Until nothing is left to do; False if that took longer than ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._running = False
                    self._changed.notify_all()
                    return
                number, item = self._waiting.pop()
            try:
                result = self._work(item, lambda share, words, of=(number, item): self._step(*of, share, words))  # type: ignore[call-arg, misc]
                with self._changed:
                    if number == self._number:
                        self._deliver(item, result)
            except Exception as error:  # whatever goes wrong is told in the widget, not in a log nobody reads
                with self._changed:
                    if number == self._number:
                        self._fail(item, error)

    def _step(self, number: int, item: object, share: float, words: str) -> None:
        with self._changed:
            if number != self._number:
                raise Stopped
            if self._progress is not None:
                self._progress(item, share, words)
