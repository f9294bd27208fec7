"""Weights that are not shipped: fetching them when the user asks, or taking a file that the user already has.

A download goes to ``FILE.part`` beside its final place, goes on where an earlier one broke off, and is put in place
only when it was found to be the published file. Behind ``fitlab weights list | get | add``.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from fitlab.weights import registry
from fitlab.weights.registry import Entry, WeightsError

TIMEOUT = 30  # seconds without a byte
CHUNK = 1 << 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` (of ``fitlab weights``) its commands."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="list | get | add")
    commands.add_parser("list", help="what weights there are, and which are on this machine")
    get_parser = commands.add_parser("get", help="download weights into the data folder")
    get_parser.add_argument("name", help="as in: fitlab weights list")
    add_parser = commands.add_parser("add", help="take a file of weights that you already have")
    add_parser.add_argument("name", help="as in: fitlab weights list")
    add_parser.add_argument("file", type=Path, help="the file, as published")


def run(args: argparse.Namespace) -> None:
    """Carry out ``fitlab weights``.

    Parameters
    ----------
    args
        Of the parser that :func:`add_arguments` filled.

    Raises
    ------
    ValueError, OSError
        With one sentence, as :func:`get` and :func:`add`.
    """
    if args.action == "list":
        print(table())
    elif args.action == "get":
        print(f"{args.name} is ready: {get(args.name)}")
    else:
        print(f"{args.name} is ready: {add(args.name, args.file)}")


def table() -> str:
    """What ``fitlab weights list`` prints: one line for each entry of the registry."""
    rows = [("name", "kind", "size", "where", "licence")]
    for known in registry.entries().values():
        where = "shipped" if known.shipped else "here" if registry.is_here(known.name) else f"get {known.name}"
        rows.append((known.name, known.kind, known.size, where, known.licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def get(name: str) -> Path:
    """Download weights, unless they are here already.

    It says size, licence and address first, and shows the progress. A download that broke off goes on the next time.

    Parameters
    ----------
    name
        In the registry.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ConnectionError
        Where there is no network, where the server has no such file, or where the download broke off.
    fitlab.weights.registry.WeightsError
        For a file that is not the published one.
    """
    known = registry.entry(name)
    if registry.is_here(name):
        file = registry.path(name)
        registry.check_installed(known, registry.fingerprint(file)[0], file)
        return file
    if known.shipped:
        return registry.path(name)
    target = registry.user_path(known)
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"{name}: {known.size}, {known.licence}\nfrom {known.url}")
    _fetch(known, part)
    try:
        _check(known, part, target.name)
    except WeightsError as error:
        part.unlink()
        raise WeightsError(f"what {known.url} sent is refused and was deleted: {error}") from None
    os.replace(part, target)
    return target


def add(name: str, file: str | Path) -> Path:
    """Copy a file of weights that the user has into the data folder.

    Parameters
    ----------
    name
        In the registry.
    file
        The file, as published.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    ValueError
        For an unknown name, weights that are shipped, or a file that is not the published one.
    FileNotFoundError
        If there is no such file.
    """
    known = registry.entry(name)
    if known.shipped:
        raise ValueError(f"the weights {name} come with fitlab: there is nothing to add")
    file = Path(file)
    if not file.is_file():
        problem = "is a folder" if file.is_dir() else "does not exist"
        raise FileNotFoundError(f"{file} {problem}; give the file of weights {name}")
    name = known.file_of(registry.fingerprint(file)[0])
    _check(known, file, name)
    target = registry.user_path(known, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(file, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _fetch(known: Entry, part: Path) -> None:
    """Download into ``part``, appending to what an earlier try left there; ConnectionError if it is not whole then."""
    have = part.stat().st_size if part.exists() and known.sha256 else 0  # without a hash nothing reveals a bad joint
    with _open(known, have) as response:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        have = _write(response, part, have, total)
    if total is not None and have < total:
        raise ConnectionError(
            f"the download of {known.name} broke off after {have / 1e6:.1f} of {total / 1e6:.1f} MB; "
            f"what came is kept, go on with: fitlab weights get {known.name}"
        )


def _open(known: Entry, start: int) -> http.client.HTTPResponse:
    """The server's answer, from byte ``start`` on if the server can do that."""
    headers = {"User-Agent": "fitlab"} | ({"Range": f"bytes={start}-"} if start else {})
    by_hand = f"if you have the file: fitlab weights add {known.name} FILE"
    try:
        return urllib.request.urlopen(urllib.request.Request(known.url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _open(known, 0)
        raise ConnectionError(f"{known.url} answered {error.code} {error.reason}; {by_hand}") from None
    except (OSError, http.client.HTTPException) as error:
        host = urllib.parse.urlsplit(known.url).netloc
        reason = getattr(error, "reason", error)
        raise ConnectionError(f"cannot reach {host} ({reason}): is there a network? {by_hand}") from None


def _write(response: http.client.HTTPResponse, part: Path, have: int, total: int | None) -> int:
    """Write the body to ``part`` from byte ``have`` on, as far as it comes, with a progress bar; bytes in all."""
    from tqdm import tqdm

    bar = tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem, disable=None)
    with open(part, "ab" if have else "wb") as stream, bar:
        for chunk in _chunks(response):
            stream.write(chunk)
            bar.update(len(chunk))
        return stream.tell()


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body until it ends or the connection breaks; the caller tells which by its length."""
    while True:
        try:
            chunk = response.read(CHUNK)
        except (OSError, http.client.HTTPException):
            return
        if not chunk:
            return
        yield chunk


def _check(known: Entry, file: Path, name: str) -> None:
    """WeightsError if ``file`` (to be called ``name``) is not ``known``: by its hash, else by its tensors."""
    if known.expected(name):
        registry.check_hash(known, registry.fingerprint(file)[0], file, name)
    else:
        registry.load_into(registry.build(known.name), registry.read_tensors(file.read_bytes(), name), known.name)
