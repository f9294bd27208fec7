"""Fingers and wheel on the 3D view: one finger or the wheel scrolls the page, two turn the skeleton and zoom."""

from __future__ import annotations

import anywidget
from fitlab_widgets.style import script


class TouchGuard(anywidget.AnyWidget):
    """Invisible; put it into a PoseViewer, whose canvases would keep every finger for themselves without it."""

    _esm = script("touch.js")
