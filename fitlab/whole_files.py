"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A place to write a file to that gets its name when it is whole.

    Parameters
    ----------
    path : str or Path
        The final name; what is there keeps its content until the new file is whole. A pipe or a device is written to
        at once.

    Yields
    ------
    Path
        Another name in the same folder, with the same ending. It is gone where the writing fails.

    Raises
    ------
    OSError
        In one sentence, where the disk is full or the folder may not be written to.
    FileNotFoundError
        If there is no such folder.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in; make it first")
    if path.exists() and not path.is_file():  # a pipe or a device takes what it is given, and keeps its name
        part = path
    try:
        yield part
        if part != path:
            os.replace(part, path)
    except OSError as error:
        raise said(error, path) from None
    finally:
        if part != path:
            part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file in UTF-8 whole or not at all; errors as :func:`whole_file`."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def said(error: OSError, path: Path) -> OSError:
    """What went wrong as a sentence.

    Parameters
    ----------
    error : OSError
        As the system raised it.
    path : Path
        What could not be written.

    Returns
    -------
    OSError
        With the file that was not written; ``error`` itself where it is about a file elsewhere, or says a sentence.
    """
    if error.errno in _FULL:
        return OSError(f"{path} was not written: the disk is full; free some space and try again")
    if error.errno in _FORBIDDEN:
        return PermissionError(f"{path} was not written: {path.parent} may not be written to; choose another folder")
    elsewhere = error.filename is not None and not Path(error.filename).is_relative_to(path.parent)
    if error.errno is None or elsewhere:
        return error
    return OSError(f"{path} was not written: {os.strerror(error.errno).lower()}")
