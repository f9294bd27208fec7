"""The report's own numbers, to stand beside ours. They are data (``report.toml``), typed nowhere else.

References
----------
B. Alexander and C. Parés-Morlans, "Correcting Fitness Poses with Monocular 3D Human Pose Estimation from a Single
Image", Stanford University.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from fitlab.skeletons import unknown


def table(number: int) -> pd.DataFrame:
    """One of the report's tables.

    Parameters
    ----------
    number : int
        1 to 6.

    Returns
    -------
    DataFrame
        Rows by detector, batch size or exercise, as the index says; networks have the names of fitlab's registry.
        ``attrs["title"]`` says what was measured.

    Raises
    ------
    ValueError
        For a table that the report does not have.
    """
    tables = _read()["table"]
    if str(number) not in tables:
        raise ValueError(unknown(str(number), list(tables), "table of the report"))
    known = tables[str(number)]
    index = known["index"]
    read = pd.DataFrame(known["rows"], columns=[*index, *known["columns"]]).set_index(index)
    read.attrs["title"] = known["title"]
    return read


def number(name: str) -> float:
    """A number of the report's text.

    Parameters
    ----------
    name : str
        One of :func:`numbers`.

    Raises
    ------
    ValueError
        With suggestions, for an unknown name.
    """
    known = numbers()
    if name not in known:
        raise ValueError(unknown(name, list(known), "number of the report"))
    return known[name]


def numbers() -> dict[str, float]:
    """Every number of the report's text that is not in a table, by name; units are in the names."""
    return dict(_read()["numbers"])


def training() -> dict[str, float]:
    """The settings with which the report trained its lifter."""
    return dict(_read()["training"])


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads((files("fitlab.evaluation") / "report.toml").read_text(encoding="utf-8"))
