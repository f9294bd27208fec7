"""A curve over the frames of a clip, with a mark at the present one, and the clock of its playback."""

from __future__ import annotations

import anywidget
import traitlets as T
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import checked
from traitlets.utils.bunch import Bunch


class AngleCurve(anywidget.AnyWidget):
    """Degrees over time; click, drag or press the arrow keys to move through the clip.

    values   one number for each frame; NaN leaves a gap
    lows, highs  the interval of each value, drawn as a band; empty for none
    frame    the present one
    times    the frames' seconds, rising
    playing  while true, ``frame`` runs with the clock of the browser and begins anew at the end
    label    what the curve shows
    low, high  target range, drawn as a band to the edge where one is None; both None for none
    marks    repetitions: (number, first, turning and last second, style of the verdict such as "good") each
    """

    _esm = script("svg.js", "angle_curve.js")
    _css = css()

    values = T.List(T.Float(allow_none=True)).tag(sync=True)
    frame = T.Int(0).tag(sync=True)
    times = T.List(T.Float()).tag(sync=True)
    lows = T.List(T.Float(allow_none=True)).tag(sync=True)
    highs = T.List(T.Float(allow_none=True)).tag(sync=True)
    marks: T.List = T.List().tag(sync=True)
    playing = T.Bool(False).tag(sync=True)
    label = T.Unicode("").tag(sync=True)
    low = T.Float(None, allow_none=True).tag(sync=True)
    high = T.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**checked(self, traits))

    @T.validate("values", "lows", "highs")
    def _without_nan(self, proposal: dict) -> list[float | None]:
        # JSON knows no NaN.
        return [None if value is None or value != value else round(float(value), 2) for value in proposal["value"]]

    @T.validate("frame")
    def _within(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), max(len(self.values) - 1, 0))

    @T.observe("values")
    def _stay_within(self, change: Bunch) -> None:
        self.frame = min(self.frame, max(len(self.values) - 1, 0))
