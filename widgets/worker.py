"""One thing at a time, away from the thread that hears the browser, and only the newest counts."""

from __future__ import annotations

import threading
from collections.abc import Callable


class LatestWorker:
    """Runs jobs on a thread of its own; a job that waits when a newer one comes is dropped.

    ``work(item)`` computes, ``deliver(item, result)`` takes the answer, unless a newer item came meanwhile, and
    ``fail(item, error)`` an exception. All three are called on the worker's thread, the last two under ``lock``, so
    that no newer item can come before they are done. A caller with a lock of its own gives it, so that there is one.
    """

    def __init__(self, work: Callable, deliver: Callable, fail: Callable, lock: threading.RLock | None = None) -> None:
        self._work, self._deliver, self._fail = work, deliver, fail
        self._changed = threading.Condition(lock)
        self._waiting: list = []
        self._number = 0
        self._running = False

    def submit(self, item: object) -> None:
        """Work on ``item`` as soon as the present job is done, instead of anything that waits."""
        with self._changed:
            self._number += 1
            self._waiting = [(self._number, item)]
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, daemon=True).start()

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
                result = self._work(item)
                with self._changed:
                    if number == self._number:
                        self._deliver(item, result)
            except Exception as error:  # whatever goes wrong is told in the widget, not in a log nobody reads
                with self._changed:
                    if number == self._number:
                        self._fail(item, error)
