"""The one style sheet and the scripts of all widgets, for JupyterLab and for web pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import ipywidgets as W

HERE = Path(__file__).parent
#: ``@narrow`` is a narrow window, or a narrow cell of a notebook that the app is in.
_NARROW = "@media (max-width: 760px) \\1\n@container fitlab (max-width: 760px) \\1"


@cache
def css() -> str:
    """The style sheet, for widgets that bring it themselves."""
    return re.sub(r"^@narrow (\{.*?^\})", _NARROW, (HERE / "fitlab.css").read_text(encoding="utf-8"), flags=re.M | re.S)


def stylesheet() -> W.HTML:
    """An invisible widget that carries the style sheet."""
    return W.HTML(f"<style>{css()}</style>").add_class("fitlab-style")


def script(*names: str) -> str:
    """JavaScript files as one module: what the first ones define the last one, which exports, may use."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
