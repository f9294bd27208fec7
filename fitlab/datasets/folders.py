"""Where data sets lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path


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
