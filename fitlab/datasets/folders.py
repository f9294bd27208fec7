"""Where data sets lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

#: Sets that everything is tested on, and nothing is trained, chosen or calibrated on.
SHIPPED_TESTS = ("fitness-test", "wild-test")


def data_folder() -> Path:
    """``$FITLAB_DATA``, or ``~/.cache/fitlab`` where it is not set."""
    return Path(os.environ.get("FITLAB_DATA") or Path.home() / ".cache" / "fitlab")


def require(path: Path, what: str) -> Path:
    """``path`` if it exists; else FileNotFoundError that says where ``what`` was looked for."""
    if not path.exists():
        raise FileNotFoundError(
            f"{what} was not found at {path}; put it there, or set FITLAB_DATA to the folder that holds it"
        )
    return path


def test_set(name: str | Path) -> Path:
    """The folder of a shipped test set (``fitness-test``, ``wild-test``), or ``name`` itself where it is a folder."""
    shipped = Path(__file__).parents[2] / "notebooks" / "data" / str(name)
    for candidate in (shipped, data_folder() / str(name), Path(name)):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the test set {name} was not found in {shipped.parent} or {data_folder()}")
