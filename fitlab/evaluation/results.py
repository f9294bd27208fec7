"""What an evaluation yields: numbers and tables, with everything that is needed to get them again."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitlab.folders import notebooks
from fitlab.plain_files import HANDWRITTEN, file_text, parse_json, printable
from fitlab.weights import registry

_DIGITS = 6  # of the numbers in a file: more than any text shows, fewer than processors differ in


@dataclass(frozen=True)
class Result:
    """The outcome of one evaluation.

    Parameters
    ----------
    data : str
        Name of the data set.
    count : int
        How many pictures or poses were scored.
    summary : name -> number
        What is published; a unit that is not plain is in the name (``MPJPE mm``).
    tables : title -> DataFrame
        The same by group, joint and so on. Rows and columns are named.
    left_out : reason -> count
        What the data set has and was not scored on.
    """

    data: str
    count: int
    summary: Mapping[str, float]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def text(self) -> str:
        """What a terminal shows."""
        lines = [f"{self.data}: {self.count} scored"]
        lines += [f"{count} left out: {reason}" for reason, count in self.left_out.items() if count]
        width = max(map(len, self.summary), default=0)
        lines += [f"{name:{width}}  {_shown(value)}" for name, value in self.summary.items()]
        for title, table in self.tables.items():
            lines += ["", f"{title}:", table.map(_shown).to_string()]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Everything in it as JSON takes it; NaN becomes None."""
        tables = {
            title: {str(name): _plain(row) for name, row in table.to_dict("index").items()}
            for title, table in self.tables.items()
        }
        return {
            "data": self.data,
            "count": self.count,
            "left_out": dict(self.left_out),
            "summary": _plain(self.summary),
            "tables": tables,
        }


def _shown(value: Any) -> str:
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if not is_number:
        return str(value)
    if isinstance(value, (int, np.integer)) or (np.isfinite(value) and float(value).is_integer() and abs(value) > 1):
        return str(int(value))
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.1f}"


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _number(value) for name, value in row.items()}


def _number(value: object) -> object:
    if isinstance(value, (float, np.floating)):
        return round(float(value), _DIGITS) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def save(result: Result, words: list[str], weights: Mapping[str, str], file: Path | None = None) -> Path:
    """Write a result as JSON.

    Parameters
    ----------
    result : Result
    words : list of str
        The command that yields it, without ``fitlab``; see :func:`file_name`.
    weights : role -> name
        The networks that were used, each a name of the registry or a file.
    file : path, optional
        By default :func:`file_name` in the checkout's ``notebooks/results``, or in the current folder where there is
        no checkout.

    Returns
    -------
    Path
        The file.
    """
    about = {
        "command": " ".join(["fitlab", *words]),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
        "weights": {role: weights_used(name) for role, name in weights.items()},
    }
    file = file or folder() / file_name(words)
    text = json.dumps({**about, **result.to_dict()}, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def folder() -> Path:
    """Where results are kept: ``notebooks/results`` of the checkout, or the current folder where there is none."""
    checkout = notebooks()
    if checkout is None:
        return Path()
    kept = checkout / "results"
    kept.mkdir(exist_ok=True)
    return kept


def file_name(words: list[str]) -> str:
    """The name of a result's file by the command that yields it.

    ``evaluate detector NAME --data SET --whole`` gives ``detector-NAME-SET-whole.json``: the same command has the same
    file on every machine. Of a path only the name counts.
    """
    parts = [Path(word).name.removesuffix(".safetensors") for word in words if word not in ("evaluate", "--data")]
    return re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(part.lstrip("-") for part in parts)) + ".json"


def load(name: str | Path) -> dict[str, Any]:
    """A result that was saved.

    Parameters
    ----------
    name : str or path
        A file, or the name of one in :func:`folder`.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it is not such a file.
    """
    file = Path(name) if Path(name).is_file() else folder() / name
    if not file.is_file():
        raise FileNotFoundError(f"there is no result {name}; `make measure` writes those that are published")
    content = parse_json(file_text(file, HANDWRITTEN, "a result"), printable(file))
    if not isinstance(content, dict) or not {"command", "summary", "tables"} & content.keys():
        raise ValueError(f"{printable(file)} is not a result that fitlab wrote")
    return content


def table(name: str | Path, title: str) -> pd.DataFrame:
    """A table of a result that was saved, as the evaluation yielded it; errors as :func:`load`."""
    return pd.DataFrame.from_dict(load(name)["tables"][title], orient="index")


def pivot(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column of a table whose rows are called ``A, B``: a row for each A, a column for each B, in their order."""
    pairs = pd.Series(
        table[column].to_numpy(), pd.MultiIndex.from_tuples([tuple(name.split(", ")) for name in table.index])
    )
    rows, columns = (list(dict.fromkeys(pairs.index.get_level_values(level))) for level in (0, 1))
    return pairs.unstack().reindex(index=rows, columns=columns)


def number(saved: Mapping[str, Any], key: str) -> float:
    """A number of a saved result: ``NAME`` of its summary, or ``TABLE / ROW / COLUMN``.

    Raises
    ------
    KeyError
        If there is no such number.
    """
    if key in saved["summary"]:
        return saved["summary"][key]
    title, row, column = key.split(" / ")
    return saved["tables"][title][row][column]


def versions() -> dict[str, str]:
    """The versions that numbers may depend on."""
    import torch

    from fitlab import __version__

    return {
        "fitlab": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def weights_used(name: str) -> dict[str, str]:
    """Name, file and SHA-256 of weights, by a name of the registry or a file."""
    file = Path(name) if registry.is_file_name(name) else registry.path(name)
    return {"name": name, "file": file.name, "sha256": registry.fingerprint(file)[0]}
