"""What a clip says, below the photo: what to tell the person, a table of the repetitions, and the clip to scrub."""

from __future__ import annotations

import html
from collections.abc import Callable

import ipywidgets as W
from fitlab_widgets.clip_scrubber import ClipScrubber
from fitlab_widgets.questions import JudgedClip
from fitlab_widgets.results import repetition_table
from fitlab_widgets.style import stylesheet
from traitlets.utils.bunch import Bunch

from fitlab.video_analysis import VideoAnalysis


class ClipResults(W.VBox):
    """Shows a JudgedClip; hidden before the first and after :meth:`hide`.

    scrubber  a ClipScrubber, None before the first clip
    """

    def __init__(self, changed: Callable[[VideoAnalysis], None]) -> None:
        """``changed`` is called with the new analysis when a joint was corrected in the scrubber."""
        super().__init__()
        self._changed = changed
        self.scrubber: ClipScrubber | None = None
        self._sentences, self._table = W.HTML(), W.HTML().add_class("fitlab-scrolled")
        self.add_class("fitlab")
        self.add_class("fitlab-clip")
        self.children = [stylesheet(), W.HTML("<h2>The clip</h2>"), self._sentences, self._table]
        self.hide()

    def hide(self) -> None:
        """Show nothing; the pictures are forgotten."""
        self.layout.display = "none"
        if self.scrubber is not None:
            self.scrubber.playing = False
            self.children = self.children[:4]
            self.scrubber.forget()
            self.scrubber = None

    def show(self, judged: JudgedClip) -> None:
        """Show a clip from the frame on that is judged."""
        if self.scrubber is None:
            self.scrubber = ClipScrubber(judged.video, judged.frames)
            self.scrubber.observe(self._corrected, "analysis")
            self.children = [*self.children[:4], self.scrubber]
        elif self.scrubber.analysis is not judged.video:
            self.scrubber.show(judged.video, judged.frames)
        self._tell(judged.video)
        self.scrubber.go_to(judged.moment)
        self.layout.display = ""

    def _tell(self, video: VideoAnalysis) -> None:
        items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in (*video.feedback, *video.notes))
        self._sentences.value = f"<ul class='fitlab-feedback'>{items}</ul>"
        self._table.value = repetition_table(video)

    def _corrected(self, change: Bunch) -> None:
        if change.new is not None and change.new is not change.old:
            self._tell(change.new)
            self._changed(change.new)
