"""Processes of this machine that carry out one piece of work after the other; one that dies costs its piece alone."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, BinaryIO

from fitlab.many.work import Outcome, Settings, carried_out

#: One thread in each process, so that as many processes as cores do not fight for them.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_RUN = "from fitlab.many.workers import serve; serve()"

Piece = tuple[Path, Path | None]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_this_machine(pieces: Sequence[Piece], settings: Settings, workers: int | None = None) -> Iterator[Outcome]:
    """Carry out pieces of work in processes of this machine, in whatever order they are finished.

    Parameters
    ----------
    pieces : sequence of (path, folder)
        See :func:`fitlab.many.work.carried_out`.
    settings : Settings
    workers : int, optional
        How many processes; by default one for each core.

    Yields
    ------
    Outcome
        One for each piece. A piece whose process dies, as by a decoder that crashes or a lack of memory, has an error
        that says so.
    """
    count = min(workers or cores(), len(pieces))
    crew = _Crew(settings)
    pool = ThreadPoolExecutor(count)
    try:
        for future in as_completed([pool.submit(crew.carry_out, piece) for piece in pieces]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        crew.dismiss()


class _Crew:
    """A process for each thread that asks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.own = threading.local()
        self.lock = threading.Lock()
        self.processes: list[subprocess.Popen] = []
        self.dismissed = False

    def carry_out(self, piece: Piece) -> Outcome:
        """In the process of this thread, which is started if there is none, or if it has died."""
        process: subprocess.Popen | None = getattr(self.own, "process", None)
        if process is None or process.poll() is not None:
            process = self.own.process = self._started()
        try:
            _send(process.stdin, (*piece, self.settings))
            return _received(process.stdout)
        except (EOFError, OSError):
            code = process.wait()
            return Outcome(piece[0], error=f"{piece[0].name} was not analysed: its process ended with code {code}")

    def dismiss(self) -> None:
        """End the processes, whatever they do."""
        with self.lock:
            self.dismissed = True
            for process in self.processes:
                process.kill()
        for process in self.processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _started(self) -> subprocess.Popen:
        home = str(Path(__file__).parents[2])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONPATH": os.pathsep.join(paths)}
        with self.lock:
            if self.dismissed:
                raise RuntimeError("the work was stopped")
            process = subprocess.Popen(
                [sys.executable, "-c", _RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
            self.processes.append(process)
        return process


def serve() -> None:
    """Carry out what comes in on standard input until it ends; what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    use_one_thread()
    while True:
        try:
            path, folder, settings = _received(sys.stdin.buffer)
        except EOFError:
            return
        _send(answers, carried_out(path, folder, settings))


def use_one_thread() -> None:
    """Let the libraries of this process work with one thread each."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _send(pipe: BinaryIO | Any, message: object) -> None:
    content = pickle.dumps(message)
    pipe.write(len(content).to_bytes(8, "little") + content)
    pipe.flush()


def _received(pipe: BinaryIO | Any) -> Any:
    """A message; EOFError where the other side is gone."""
    size = pipe.read(8)
    content = pipe.read(int.from_bytes(size, "little")) if len(size) == 8 else b""
    if not content or len(content) < int.from_bytes(size, "little"):
        raise EOFError
    return pickle.loads(content)
