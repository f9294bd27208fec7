"""Buttons that save what an analysis says: a page to show around, or the numbers."""

from __future__ import annotations

from collections.abc import Sequence

import anywidget
import traitlets as T
from fitlab_widgets.clip_frames import opened
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import checked

from fitlab.analysis import PhotoAnalysis
from fitlab.reports.clip import clip_page, cut_out, highlights
from fitlab.reports.photo import photo_page, photo_sheet
from fitlab.reports.tables import clip_json, repetitions_with_moments
from fitlab.video_analysis import VideoAnalysis

#: Kind of file -> its ending, its type, and how it is made from an analysis, a name and the frames of a clip.
KINDS = {
    "report": ("html", "text/html", lambda analysis, name, frames: _page(analysis, name, frames)),
    "sheet": ("pdf", "application/pdf", lambda analysis, name, frames: photo_sheet(analysis, name)),
    "table": ("csv", "text/csv", lambda analysis, name, frames: _table(analysis)),
    "data": ("json", "application/json", lambda analysis, name, frames: _data(analysis)),
}


def _page(analysis: PhotoAnalysis | VideoAnalysis, name: str, frames: Sequence[bytes] | None) -> str:
    if isinstance(analysis, PhotoAnalysis):
        return photo_page(analysis, name)
    shown = highlights(analysis) if frames else []
    pictures = [(opened(frames[at.frame], analysis.image_size), at) for at in shown]  # type: ignore[index]
    return clip_page(analysis, [(cut_out(image, analysis, at.frame), at) for image, at in pictures], name)


def _table(analysis: PhotoAnalysis | VideoAnalysis) -> str:
    if isinstance(analysis, PhotoAnalysis):
        return analysis.angles.to_csv(index=False)
    return repetitions_with_moments(analysis).to_csv()


def _data(analysis: PhotoAnalysis | VideoAnalysis) -> str:
    return analysis.to_json() + "\n" if isinstance(analysis, PhotoAnalysis) else clip_json(analysis)


class ReportSaver(anywidget.AnyWidget):
    """Saves an analysis where the browser puts its downloads.

    analysis  a PhotoAnalysis or a VideoAnalysis, or None, and then there is nothing to save
    name      of the photo or clip
    frames    of a clip, as a JudgedClip has them; without them its page has no pictures
    """

    _esm = script("report_saver.js")
    _css = css()

    analysis = T.Union([T.Instance(PhotoAnalysis), T.Instance(VideoAnalysis)], allow_none=True)
    frames = T.List(T.Bytes(), allow_none=True, default_value=None)
    name = T.Unicode("photo")
    _ready = T.Bool(False).tag(sync=True)
    _kinds = T.List(T.Unicode()).tag(sync=True)

    def __init__(self, **traits: object) -> None:
        super().__init__(**checked(self, traits))
        self.on_msg(self._heard)

    @T.observe("analysis")
    def _tell(self, change: object) -> None:
        self._ready = self.analysis is not None
        self._kinds = [kind for kind in KINDS if kind != "sheet" or isinstance(self.analysis, PhotoAnalysis)]

    def _heard(self, widget: object, message: dict, buffers: list) -> None:
        kind = message.get("save")
        if self.analysis is None or kind not in self._kinds:
            return
        ending, media, make = KINDS[kind]
        content = make(self.analysis, self.name, self.frames)
        content = content.encode() if isinstance(content, str) else content
        self.send(
            {"file": f"{self.analysis.exercise.name}.{ending}", "media": media, "for": message.get("for")}, [content]
        )
