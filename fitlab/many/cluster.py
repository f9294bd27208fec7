"""The same work on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fitlab.extras import missing
from fitlab.many.work import Outcome, Settings, carried_out
from fitlab.many.workers import Piece, use_one_thread


def on_cluster(pieces: Sequence[Piece], settings: Settings, client: Any) -> Iterator[Outcome]:
    """Carry out pieces of work on a cluster, in whatever order they are finished.

    The workers must have fitlab, and find photos, clips and the folder of results under the same paths.

    Parameters
    ----------
    pieces : sequence of (path, folder)
        See :func:`fitlab.many.work.carried_out`.
    settings : Settings
    client : dask.distributed.Client

    Yields
    ------
    Outcome
        One for each piece. A piece whose workers die has an error that says so.

    Raises
    ------
    ImportError
        Without the package distributed.
    TypeError
        For something else than a client.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise missing("cluster", "a Dask cluster needs the package distributed, which is not installed") from None
    if not isinstance(client, Client):
        raise TypeError(f"client is a dask.distributed.Client, got {type(client).__name__}")
    futures = {client.submit(_with_one_thread, *piece, settings, pure=False): piece for piece in pieces}
    try:
        for future in as_completed(futures):
            path, error = futures[future][0], future.exception()
            yield future.result() if error is None else Outcome(path, error=f"{path.name} was not analysed: {error}")
    finally:
        client.cancel([future for future in futures if not future.done()])


def _with_one_thread(*piece: Any) -> Outcome:
    use_one_thread()
    return carried_out(*piece)
