"""Photos and clips of a folder or a list, one report each, and an overview of all."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fitlab.exercises.definition import exercise_named
from fitlab.exercises.records import Exercise
from fitlab.many.cluster import on_cluster
from fitlab.many.work import PHOTOS, Outcome, Settings, done_before
from fitlab.many.workers import Piece, on_this_machine
from fitlab.reports import page
from fitlab.videos import ENDINGS
from fitlab.whole_files import said, write_text


def analyze_many(
    paths: str | Path | Iterable[str | Path],
    exercise: str | Exercise | None = None,
    out: str | Path | None = None,
    client: Any = None,
    workers: int | None = None,
    progress: Callable[[Outcome], object] | None = None,
    **settings: Any,
) -> list[Outcome]:
    """Analyse photos and clips, each by itself, on this machine's cores or on a Dask cluster.

    One that cannot be analysed is told in its outcome and does not stop the others. With a folder ``out`` each has a
    folder of results there, which is whole or not there, besides an overview (``index.html``, ``overview.csv``). A run
    that was interrupted goes on where it stopped when the same call is made again: results that were made from the
    same file with the same settings are left as they are.

    Parameters
    ----------
    paths : path, or iterable of paths
        Photos and clips, or a folder: of that, all that are in it and in folders inside it.
    exercise : str or Exercise, optional
        What is done in all of them; by default what is recognised in each photo. A clip needs it.
    out : path, optional
        The folder of the results; it is made if it is not there. Without it the analyses themselves are answered, which
        takes memory.
    client : dask.distributed.Client, optional
        A cluster, whose workers find everything under the same paths. By default processes of this machine.
    workers : int, optional
        How many processes of this machine; by default one for each core.
    progress : callable, optional
        Called with each outcome as it comes.
    **settings
        Any other field of :class:`fitlab.many.work.Settings`, such as ``height_mm`` or ``motion``.

    Returns
    -------
    list of Outcome
        One for each photo or clip, in their order.

    Raises
    ------
    ValueError
        For an empty folder or list, and for settings that are wrong.
    FileNotFoundError
        If a folder is not there.
    OSError
        In one sentence, if ``out`` may not be written to, or the disk is full.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers is a number of processes, 1 or more; got {workers}")
    chosen = Settings(None if exercise is None else exercise_named(exercise), **settings)
    out = None if out is None else Path(os.path.expanduser(out))
    pieces = _pieces(paths, out)
    if out is not None:
        _check_writable(out)
    outcomes: dict[Path, Outcome] = {}
    for outcome in _outcomes(pieces, chosen, client, workers):
        outcomes[outcome.path] = outcome
        if progress:
            progress(outcome)
    ordered = [outcomes[path] for path, _ in pieces]
    if out is not None:
        _write_overview(out, ordered)
    return ordered


def _outcomes(pieces: Sequence[Piece], settings: Settings, client: Any, workers: int | None) -> Iterator[Outcome]:
    """What was done before at once, the others as they are finished."""
    waiting = []
    for path, folder in pieces:
        known = done_before(path, folder, settings) if folder is not None else None
        if known is None:
            waiting.append((path, folder))
        else:
            yield known
    if waiting and client is None:
        yield from on_this_machine(waiting, settings, workers)
    elif waiting:
        yield from on_cluster(waiting, settings, client)


def media_in(folder: Path, without: Path | None = None) -> list[Path]:
    """The photos and clips in a folder and in the folders inside it, by their endings, in the order of their names.

    Parameters
    ----------
    folder : Path
    without : Path, optional
        A folder that is passed over, such as that of the results.

    Returns
    -------
    list of Path

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If there is none in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}; check the path")
    passed_over = without.resolve() if without is not None else None
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PHOTOS | set(ENDINGS)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not (passed_over and passed_over in path.resolve().parents)
        and path.is_file()
    )
    if not found:
        raise ValueError(f"{folder} holds neither photos nor clips; give a folder that does")
    return found


def _pieces(paths: str | Path | Iterable[str | Path], out: Path | None) -> list[Piece]:
    """Each photo or clip with the folder of its results."""
    if isinstance(paths, str | Path):
        whole = Path(os.path.expanduser(paths))
        files = [whole] if whole.is_file() else media_in(whole, out)
        base = whole.parent if whole.is_file() else whole
    else:
        files = list(dict.fromkeys(Path(os.path.expanduser(path)) for path in paths))
        if not files:
            raise ValueError("there are no photos or clips to analyse: the list of paths is empty")
        base = Path(os.path.commonpath([path.absolute().parent for path in files]))
    if out is None:
        return [(path, None) for path in files]
    return [(path, out.absolute() / path.absolute().relative_to(base.absolute())) for path in files]


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / ".writable", "")
        (out / ".writable").unlink()
    except FileExistsError:
        raise FileExistsError(f"{out} is a file; name a folder for the results") from None
    except OSError as error:
        raise said(error, out) from None


def _write_overview(out: Path, outcomes: Sequence[Outcome]) -> None:
    rows = pd.DataFrame(_rows(outcomes))
    stream = io.StringIO()
    rows.to_csv(stream, index=False)
    write_text(out / "overview.csv", stream.getvalue())
    shown = rows.drop(columns="folder").astype(object).where(rows.drop(columns="folder").notna(), "-")
    failed = sum(bool(outcome.error) for outcome in outcomes)
    count = f"{len(outcomes)} analysed" if not failed else f"{len(outcomes) - failed} analysed, {failed} not"
    folders = [outcome.folder and outcome.folder.relative_to(out.absolute()) for outcome in outcomes]
    links = [f"{folder.as_posix()}/report.html" if folder else "" for folder in folders]
    parts = [page.paragraph(count), page.table(list(shown.columns), shown.to_numpy().tolist(), "feedback", links)]
    write_text(out / "index.html", page.page("Photos and clips", parts))


def _rows(outcomes: Sequence[Outcome]) -> Iterator[dict[str, object]]:
    for outcome in outcomes:
        summary = {name: outcome.summary.get(name) for name in ("kind", "exercise", "repetitions", "good", "feedback")}
        summary["repetitions"], summary["good"] = (
            "" if summary[name] is None else str(summary[name]) for name in ("repetitions", "good")
        )
        summary["feedback"] = " ".join(summary["feedback"] or [])
        folder = str(outcome.folder) if outcome.folder else ""
        yield {"file": outcome.path.name} | summary | {"error": outcome.error, "folder": folder}
