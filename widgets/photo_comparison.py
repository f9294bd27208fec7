"""Photos side by side: before and after, me against the reference."""

from __future__ import annotations

import html
import math
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import ipywidgets as W
import traitlets as T
from fitlab_widgets.joint_picture import JointPicture
from fitlab_widgets.photo_input import PhotoInput
from fitlab_widgets.questions import Answer, JudgedClip, Question, answer, looking
from fitlab_widgets.results import headline, no_verdict, photo_angles
from fitlab_widgets.style import stylesheet
from fitlab_widgets.traits import assign, checked
from fitlab_widgets.viewer import PoseViewer
from fitlab_widgets.worker import LatestWorker
from traitlets.utils.bunch import Bunch

from fitlab.analysis import PhotoAnalysis
from fitlab.differences import ALIKE, LARGER, SMALLER, angle_differences, turned_like
from fitlab.exercises.definition import exercise_named, load_exercises
from fitlab.exercises.records import Exercise
from fitlab.exercises.words import angle_label, angle_meaning
from fitlab.gravity import standing_upright

#: A sign for each difference; what is no clear difference stays pale.
_SIGNS = {LARGER: ("▲", ""), SMALLER: ("▼", ""), ALIKE: ("=", "unjudged")}


class PhotoComparison(W.VBox):
    """Two photos or clips of one exercise beside each other, and by how much their angles differ.

    A clip counts with its farthest frame. In 3D the first is paler, turned the way that the second faces.

    exercise  the Exercise; assigning a name is allowed, too
    analyses  the PhotoAnalysis of each photo, None before it is there
    names     what the photos are called

    Its parts are ``inputs``, ``pictures`` and ``viewer``.
    """

    exercise = T.Union([T.Instance(Exercise), T.Unicode()])
    analyses = T.Tuple((None, None))
    names = T.Tuple(("Before", "After"))

    def __init__(
        self,
        exercise: str | Exercise = "squat",
        samples: str | Path | None = None,
        names: Sequence[str] = ("Before", "After"),
        **traits: object,
    ) -> None:
        """``samples`` is a folder of sample photos, ``data/samples`` beside the notebook by default."""
        traits = checked(self, traits)
        super().__init__(exercise=exercise, names=tuple(names))
        self._lock = threading.RLock()
        self.inputs = tuple(PhotoInput(samples, preview=False) for _ in self.names)
        self.pictures = tuple(JointPicture(label=f"{name}: photo with its joints") for name in self.names)
        self.viewer = PoseViewer(views="one", size=420, legend=False)
        self._clips: list[JudgedClip | None] = [None] * len(self.names)
        self._headlines, self._table = tuple(W.HTML() for _ in self.names), W.HTML()
        self._workers = [
            LatestWorker(
                answer, partial(self._deliver, at), partial(self._fail, at), self._lock, partial(self._step, at)
            )
            for at in range(len(self.names))
        ]
        self._lay_out()
        for at, source in enumerate(self.inputs):
            source.observe(partial(self._new, at), ["photo", "clip", "burst"])
            source.observe(lambda change, at=at: self._stop(at), "stops")
            source.observe(partial(self._refused, at), "complaint")
        self.observe(self._again, "exercise")
        self._show()
        assign(self, traits)

    @T.validate("exercise")
    def _known(self, proposal: dict) -> Exercise:
        return exercise_named(proposal["value"])

    @T.validate("names")
    def _two(self, proposal: dict) -> tuple[str, ...]:
        if len(proposal["value"]) != 2:
            raise ValueError(f"two photos are compared, each with a name; got {proposal['value']!r}")
        return proposal["value"]

    def wait(self, seconds: float | None = None) -> bool:
        """Until the photos that were given last are analysed; False if that took longer than ``seconds``."""
        return all(worker.wait(seconds) for worker in self._workers)

    def _lay_out(self) -> None:
        self.add_class("fitlab")
        self.add_class("fitlab-comparison")
        titles = [(known.title, name) for name, known in load_exercises().items()]
        menu = W.Dropdown(options=titles, value=self.exercise.name, description="Exercise")
        menu.observe(lambda change: self.set_trait("exercise", change.new), "value")
        self.observe(lambda change: menu.set_trait("value", self.exercise.name), "exercise")
        columns = [
            W.VBox([W.HTML(f"<h2>{html.escape(name)}</h2>"), source, said, picture])
            for name, source, said, picture in zip(self.names, self.inputs, self._headlines, self.pictures, strict=True)
        ]
        self._results = W.Box([self._table, self.viewer]).add_class("fitlab-columns")
        first, second = map(html.escape, self.names)
        note = W.HTML(
            "The interval holds the true difference in nine of ten cases; where it holds 0 the photos do not tell "
            f"which angle is larger. In 3D <i>{first}</i> is pale, <i>{second}</i> in full colour, facing the same way."
        ).add_class("fitlab-note")
        self.children = [stylesheet(), menu, W.Box(columns).add_class("fitlab-columns"), self._results, note]

    def _new(self, at: int, change: Bunch) -> None:
        if change.new is not None and len(change.new if change.name == "burst" else (1,)):
            source = self.inputs[at]
            if change.name == "photo":
                question = Question(self.exercise, source.photo, source.field_of_view, name=source.name)
            elif change.name == "clip":
                question = Question(self.exercise, name=source.name, clip=source.clip)
            else:
                question = Question(self.exercise, name=source.name, burst=source.burst)
            self._ask(at, question)

    def _ask(self, at: int, question: Question) -> None:
        with self._lock:
            self.inputs[at].tell(looking(question.name), busy=True)
            self._workers[at].submit(question)

    def _again(self, change: Bunch) -> None:
        for at, (known, clip) in enumerate(zip(self.analyses, self._clips, strict=True)):
            name = self.inputs[at].name
            if clip is not None:
                self._ask(at, Question(self.exercise, name=name, judged=clip))
            elif known is not None:
                self._ask(at, Question(self.exercise, known.photo, known.field_of_view, known.pose2d, name))

    def _stop(self, at: int) -> None:
        with self._lock:
            self._workers[at].stop()
            self.inputs[at].tell("Stopped.")

    def _step(self, at: int, question: Question, share: float, words: str) -> None:
        self.inputs[at].tell(words, busy=True, progress=share)

    def _deliver(self, at: int, question: Question, found: Answer) -> None:
        self.inputs[at].tell(
            found.words if found.photo.found else found.photo.feedback[0], failed=not found.photo.found
        )
        self._clips[at] = found.clip
        self.analyses = (*self.analyses[:at], found.photo, *self.analyses[at + 1 :])
        self._show()

    def _fail(self, at: int, question: Question, error: Exception) -> None:
        self.inputs[at].tell(f"This {'clip' if question.clip else 'photo'} could not be analysed: {error}", failed=True)
        self._forget(at)

    def _refused(self, at: int, change: Bunch) -> None:
        if change.new:
            self.inputs[at].tell("")
            self._forget(at)

    def _forget(self, at: int) -> None:
        """What was said of the photo before is not said any more."""
        self._clips[at] = None
        self.analyses = (*self.analyses[:at], None, *self.analyses[at + 1 :])
        self._headlines[at].value = no_verdict("No verdict: this could not be used")
        self._show()

    def _show(self) -> None:
        for picture, said, known in zip(self.pictures, self._headlines, self.analyses, strict=True):
            if known is not None:
                with picture.hold_sync():
                    picture.photo, picture.pose2d = known.photo, known.pose2d
                    picture.angles = photo_angles(known.findings)
                said.value = headline(known)
        there = [known for known in self.analyses if known is not None and known.found]
        (self._results.remove_class if len(there) == 2 else self._results.add_class)("fitlab-hidden")
        if len(there) == 2:
            self._table.value = difference_table(there[0], there[1], self.names)
            first, second = (standing_upright(known.pose3d) for known in there)
            self.viewer.pose, self.viewer.comparison = second, turned_like(first, second)
            self.viewer.fit()


def difference_table(first: PhotoAnalysis, second: PhotoAnalysis, names: Sequence[str]) -> str:
    """HTML: each angle in both photos, the difference with its interval, and what that says."""
    heads = "".join(
        f"<th scope='col'>{html.escape(head)}</th>" for head in ("angle", *names, "difference", "90 % interval", "")
    )
    rows = "".join(_row(*row) for row in angle_differences(first, second).itertuples(index=False))
    return (
        f"<table class='fitlab-table fitlab-differences'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(angle: str, first: float, second: float, change: float, low: float, high: float, verdict: str) -> str:
    sign, style = _SIGNS.get(verdict, ("○", "unjudged"))
    degrees = ("-" if math.isnan(each) else f"{each:z.0f}°" for each in (first, second))
    interval = ("-", "-") if math.isnan(change) else (f"{change:+z.0f}°", f"{low:+z.0f} to {high:+z.0f}°")
    cells = "".join(f"<td>{cell}</td>" for cell in (*degrees, *interval))
    told = f"<td class='fitlab-{style or 'differs'}'><span aria-hidden='true'>{sign}</span> {html.escape(verdict)}</td>"
    meaning = html.escape(angle_meaning(angle), quote=True)
    name = f"<th scope='row'>{html.escape(angle_label(angle))}</th>"
    return f"<tr data-angle='{html.escape(angle, quote=True)}' title='{meaning}'>{name}{cells}{told}</tr>"
