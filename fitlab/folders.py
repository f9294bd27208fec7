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
    if path.exists():
        return path
    if data_folder().absolute() in path.absolute().parents:
        advice = "put it there, or set FITLAB_DATA to the folder that holds it"
    else:
        advice = "check the path"
    raise FileNotFoundError(f"{what} was not found at {path}; {advice}")


def test_set(name: str | Path) -> Path:
    """The folder of a shipped test set (``fitness-test``, ``wild-test``), or ``name`` itself where it is a folder."""
    places = [Path(name)]
    if str(name) in SHIPPED_TESTS:
        shipped = Path(__file__).parents[1] / "notebooks" / "data"
        places = [shipped / name, data_folder() / name, *places]
    for candidate in places:
        if candidate.is_dir():
            return candidate
    looked = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"{name} was not found at {looked}; allowed: {', '.join(SHIPPED_TESTS)}, or a folder")
