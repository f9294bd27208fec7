"""A notebook scrolls to a widget that has just been made, once."""

from __future__ import annotations

import anywidget
import traitlets as T
from fitlab_widgets.style import script


class Arrival(anywidget.AnyWidget):
    """Invisible; put it into a FormCheck, whose top is brought to the top of the notebook when it is first shown.

    *Run all* of a notebook goes to the last cell before any cell has run, so that the outputs, which come later, push
    what the user waits for out of view. Whoever scrolls, types or taps is left alone, and so is a page that is no
    notebook.

    due  whether it was not shown yet
    """

    _esm = script("arrival.js")

    due = T.Bool(True).tag(sync=True)
