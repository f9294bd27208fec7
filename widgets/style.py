"""The one style sheet of all widgets, for JupyterLab and for web pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import ipywidgets as W

HERE = Path(__file__).parent


@cache
def _css() -> str:
    return (HERE / "fitlab.css").read_text(encoding="utf-8")


def stylesheet() -> W.HTML:
    """An invisible widget that carries the style sheet."""
    return W.HTML(f"<style>{_css()}</style>").add_class("fitlab-style")
