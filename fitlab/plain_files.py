"""Files that are read whole: nothing that is no file, that never ends or that would fill the memory."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

#: Most bytes of a text that people write by hand: exercises, calibrations, recipes, results.
HANDWRITTEN = 10_000_000
#: Most bytes of the labels of a data set.
LABELS = 1_000_000_000


def printable(text: object) -> str:
    """A text that a terminal can show.

    Parameters
    ----------
    text : object
        Such as a path; names of files may hold anything.

    Returns
    -------
    str
        With escapes in the place of control characters and of bytes that are no text.
    """
    return "".join(
        sign if sign.isprintable() else ascii(sign)[1:-1]  # a quotation mark or backslash is printable
        for sign in str(text)
    )


def missing(path: str | Path, what: str) -> str:
    """The sentence that says that there is no such file, and what to do.

    Parameters
    ----------
    path : str or Path
    what : str
        Such as ``file`` or ``clip``.

    Returns
    -------
    str
    """
    shown = printable(path)
    address = re.match(r"([a-z][a-z0-9+.-]+:)/+(.*)", shown, re.IGNORECASE)
    if address:  # a path keeps one of the two slashes
        return (
            f"{address[1]}//{address[2]} is an address; fitlab reads files of this computer: download the {what} first"
        )
    return f"there is no {what} {shown}; check the path"


def file_bytes(path: str | Path, most: int, what: str) -> bytes:
    """The content of a file.

    No more is read than the system says the file has. So what only looks like a file, as the kernel's log does, cannot
    keep the reader waiting: it says that it has nothing.

    Parameters
    ----------
    path : str or Path
    most : int
        Bytes; larger files are refused before they are read.
    what : str
        What the file should be, for the errors: ``a photo``.

    Returns
    -------
    bytes

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        For a folder, a device or a pipe, for a larger file, and for one that may not be read.
    """
    path = Path(path)
    shown = printable(path)
    try:
        if path.is_dir():
            raise ValueError(f"{shown} is a folder; give the path of {what}")
        if not path.exists():
            raise FileNotFoundError(missing(path, "file"))
        if not path.is_file():  # reading a device or a pipe may never end
            raise ValueError(f"{shown} is not a file but a device or a pipe; give the path of {what}")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > most:
                raise ValueError(
                    f"{printable(path.name)} is not {what} that can be read: it has {size / 1e6:,.0f} MB, and at most "
                    f"{most // 10**6:,} MB are read"
                )
            return stream.read(size)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"{shown} cannot be read: {error.strerror}") from None


def file_text(path: str | Path, most: int, what: str) -> str:
    """The content of a text file in UTF-8, with or without a byte-order mark.

    Parameters
    ----------
    path, most, what
        As for :func:`file_bytes`.

    Returns
    -------
    str

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`file_bytes`, and for what is not UTF-8.
    """
    try:
        return file_bytes(path, most, what).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{printable(path)} is not a text file in UTF-8") from None


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The tables in a TOML text.

    Parameters
    ----------
    text : str
    source : str
        What the error calls it.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        For what is not TOML, or is nested too deep.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"{source} is not valid TOML: {reason(error)}") from None


def parse_json(text: str, source: str) -> Any:
    """The values in a JSON text.

    See :func:`parse_toml` for the parameters.

    Returns
    -------
    dict, list, str, float, int, bool or None

    Raises
    ------
    ValueError
        For what is not JSON, or is nested too deep.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{source} is not JSON: {reason(error)}") from None


def reason(error: Exception) -> str:
    """Why a file cannot be read, in words for users.

    Parameters
    ----------
    error : Exception
        What reading it raised.

    Returns
    -------
    str
        A clause that a terminal can show, of at most 200 letters.
    """
    match error:
        case RecursionError():
            told = "it is nested too deep"
        case KeyError():
            told = f"there is no {error.args[0]!r}"
        case TypeError() | AttributeError() | IndexError():
            told = "a value is of another kind, or missing"
        case _:
            told = str(error) or "it is cut short"
    return printable(told)[:200]
