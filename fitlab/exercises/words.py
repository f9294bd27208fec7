"""Names and lists of names as people say them."""

from __future__ import annotations

from collections.abc import Sequence


def spoken(name: str) -> str:
    """``left_knee`` as people say it: ``left knee``."""
    return name.replace("_", " ")


def joined(names: Sequence[str]) -> str:
    """``left knee, right knee and pelvis`` for three names."""
    words = [spoken(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
