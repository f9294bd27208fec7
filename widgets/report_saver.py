"""Buttons that save what an analysis says: a page to show around, or the numbers."""

from __future__ import annotations

import anywidget
import traitlets as T
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import checked

from fitlab.analysis import PhotoAnalysis
from fitlab.reports.photo import photo_page

#: Kind of file -> its ending, its type, and how it is made from an analysis and the photo's name.
KINDS = {
    "report": ("html", "text/html", photo_page),
    "table": ("csv", "text/csv", lambda analysis, name: analysis.angles.to_csv(index=False)),
    "data": ("json", "application/json", lambda analysis, name: analysis.to_json() + "\n"),
}


class ReportSaver(anywidget.AnyWidget):
    """Saves an analysis where the browser puts its downloads.

    analysis  a PhotoAnalysis, or None, and then there is nothing to save
    name      of the photo
    """

    _esm = script("report_saver.js")
    _css = css()

    analysis = T.Instance(PhotoAnalysis, allow_none=True)
    name = T.Unicode("photo")
    _ready = T.Bool(False).tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**checked(self, traits))
        self.on_msg(self._heard)

    @T.observe("analysis")
    def _tell(self, change: object) -> None:
        self._ready = self.analysis is not None

    def _heard(self, widget: object, message: dict, buffers: list) -> None:
        kind = message.get("save")
        if kind not in KINDS or self.analysis is None:
            return
        ending, media, make = KINDS[kind]
        content = make(self.analysis, self.name).encode()
        self.send(
            {"file": f"{self.analysis.exercise.name}.{ending}", "media": media, "for": message.get("for")}, [content]
        )
