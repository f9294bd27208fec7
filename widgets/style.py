"""The one style sheet and the scripts of all widgets, for JupyterLab and for web pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import ipywidgets as W

HERE = Path(__file__).parent


@cache
def css() -> str:
    """The style sheet, for widgets that bring it themselves."""
    return (HERE / "fitlab.css").read_text(encoding="utf-8")


def stylesheet() -> W.HTML:
    """An invisible widget that carries the style sheet."""
    return W.HTML(f"<style>{css()}</style>").add_class("fitlab-style")


def script(*names: str) -> str:
    """JavaScript files as one module: what the first ones define the last one, which exports, may use."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
