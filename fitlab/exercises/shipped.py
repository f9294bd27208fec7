"""The file with fitlab's own exercises."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fitlab.plain_files import parse_toml

NAME = "exercises.toml"


@cache
def own_text() -> str:
    """The text of the file.

    Returns
    -------
    str
        TOML.
    """
    return (files("fitlab.exercises") / NAME).read_text(encoding="utf-8")


@cache
def own_tables() -> dict[str, dict]:
    """The tables in the file, which nobody may change.

    Returns
    -------
    dict
        Name -> table.
    """
    return parse_toml(own_text(), NAME)
