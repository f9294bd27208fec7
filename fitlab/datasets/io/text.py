"""Lines and numbers of text files, with errors that name the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from fitlab.plain_files import file_bytes, printable

#: Larger files are refused: hours of motion have fewer bytes.
MAX_BYTES = 300_000_000


def lines_of(path: Path, comment: str = "#") -> list[tuple[int, str]]:
    """The lines of a text file that say something.

    Parameters
    ----------
    path : Path
        Of any line ends, with or without a byte-order mark.
    comment : str
        What begins a comment, which reaches to the end of the line; empty where the format has none.

    Returns
    -------
    list of (int, str)
        The number of each line, from 1, and the line without comments and without spaces round it.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`fitlab.plain_files.file_bytes`.
    """
    data = file_bytes(path, MAX_BYTES, "a text file")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    numbered = ((number, _plain(line, comment)) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in numbered if line]


def _plain(line: str, comment: str) -> str:
    line = (line.split(comment, 1)[0] if comment else line).strip()
    return line if line.isprintable() else printable(" ".join(line.split()))  # tabs are spaces; others are shown


def floats(line: int, words: Sequence[str], count: int | None = None) -> list[float]:
    """The numbers that a line has.

    Parameters
    ----------
    line : int
        Its number, for the errors.
    words : sequence of str
    count : int, optional
        How many there must be.

    Returns
    -------
    list of float

    Raises
    ------
    ValueError
        If there are more or fewer, or one is no finite number.
    """
    numbers = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError:
            raise ValueError(f"line {line} has {word!r} where a number belongs") from None
        if not math.isfinite(numbers[-1]):
            raise ValueError(f"line {line} has {word!r} where a number belongs")
    if count is not None and len(numbers) != count:
        raise ValueError(f"line {line} has {len(numbers)} numbers where {count} belong")
    return numbers
