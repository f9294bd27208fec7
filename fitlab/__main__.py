"""``python -m fitlab``, and the entry point of the ``fitlab`` command."""

from __future__ import annotations

import sys

from fitlab.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
