"""The whole of fitlab in one widget: a photo and an exercise in; joints, 3D views, angles and advice out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets as W
import traitlets as T
from fitlab_widgets.angle_picker import AngleTripletPicker
from fitlab_widgets.arrival import Arrival
from fitlab_widgets.clip_results import ClipResults
from fitlab_widgets.clip_scrubber import same_points
from fitlab_widgets.exercise_selector import ExerciseSelector
from fitlab_widgets.joint_picture import KeypointEditor
from fitlab_widgets.live_camera import LiveCamera
from fitlab_widgets.person_choice import NobodyThereError, told_of
from fitlab_widgets.photo_input import PhotoInput
from fitlab_widgets.questions import (
    Answer,
    JudgedClip,
    Question,
    answer,
    looking,
    shown_moment,
    somebody_beside,
    which_moment,
)
from fitlab_widgets.report_saver import ReportSaver
from fitlab_widgets.results import angle_table, feedback_list, headline, no_verdict, photo_angles
from fitlab_widgets.style import stylesheet
from fitlab_widgets.traits import assign, checked, unheard
from fitlab_widgets.viewer import MOST_ARCS, PoseViewer
from fitlab_widgets.worker import LatestWorker
from traitlets.utils.bunch import Bunch

from fitlab.analysis import PhotoAnalysis
from fitlab.detection.detector import Box
from fitlab.exercises.calibration import default_calibration
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.records import Exercise
from fitlab.poses import Pose2D
from fitlab.video_analysis import VideoAnalysis

_LIMITS = (
    "It judges the angles in the table, nothing else: not heels, the rounding of the back, the neck, knees that fall "
    "inward, or uneven load. A training aid, not a medical device."
)


class FormCheck(W.VBox):
    """Upload a photo or a clip, or take a photo; see whether the exercise is done well; drag a wrong joint right.

    analysis  the newest PhotoAnalysis, or None before the first photo; of a clip that of its farthest frame
    video     the VideoAnalysis of the clip that is shown, None where a photo is
    exercise  the chosen Exercise; assigning a name is allowed, too
    busy      whether a photo is being analysed; the last result stays until the new one is there, or :meth:`stop`
    measuring whether a click on a joint chooses it for an angle of one's own instead of moving it

    Its parts can be used alone, too: ``input``, ``selector``, ``editor``, ``viewer``, ``picker``, ``saver``, ``clip``,
    ``live``.
    """

    analysis = T.Instance(PhotoAnalysis, allow_none=True)
    video = T.Instance(VideoAnalysis, allow_none=True)
    exercise = T.Union([T.Instance(Exercise), T.Unicode()])
    busy = T.Bool(False)
    measuring = T.Bool(False)

    def __init__(
        self,
        exercise: str | Exercise = "squat",
        samples: str | Path | None = None,
        exercises: str | Path | None = None,
        **traits: object,
    ) -> None:
        """Starts with the sample photo of ``exercise`` where there is one.

        samples    folder of sample photos, ``data/samples`` beside the notebook by default
        exercises  TOML file with exercises of the user's own
        """
        traits = checked(self, traits)
        super().__init__()
        self.input = PhotoInput(samples, preview=False)
        self.selector = ExerciseSelector(exercise, exercises)
        self.editor = KeypointEditor()
        self.viewer = PoseViewer(size=420, legend=False)
        self.picker = AngleTripletPicker(picture=self.editor, viewer=self.viewer)
        self.clip = ClipResults(self._clip_corrected)
        self.saver = ReportSaver()
        self.live = LiveCamera(self.selector.exercise)
        self.live.layout.display = "none"
        self.input.offers_live = True
        self._judged: JudgedClip | None = None
        self._name = ""  # of what is shown
        self._source: dict[str, Any] = {}  # what the newest question is about where it is no photo
        # Photos are delivered on the worker's thread, drags and menus on the one that hears the browser: with one lock
        # for all of them, neither can wait for the other while it holds what the other waits for.
        self._lock = self.editor.lock
        self._worker = LatestWorker(answer, self._deliver, self._fail, self._lock, self._progress)
        # Asked when the verdict is shown, which stands whatever comes of it.
        self._company = LatestWorker(somebody_beside, self._tell_of_other, lambda *failed: None, self._lock)
        self._others: tuple[Pose2D, Pose2D] | None = None
        T.link((self.selector, "exercise"), (self, "exercise"))
        T.dlink((self, "exercise"), (self.live, "exercise"))
        self._lay_out()
        self._begin()
        self.input.observe(self._new_photo, "photo")
        self.input.observe(lambda change: self._new_source(clip=change.new), "clip")
        self.input.observe(lambda change: self._new_source(burst=change.new), "burst")
        self.input.observe(lambda change: self.stop(), "stops")
        self.input.observe(lambda change: self.live.set_trait("running", True), "lives")
        self.live.observe(self._show_live, "running")
        self.live.observe(lambda change: self.input.tell_of_camera(change.new), "complaint")
        self.input.observe(self._refused, "complaint")
        self.observe(self._new_exercise, "exercise")
        self.editor.observe(self._new_joints, "pose2d")
        self.editor.observe(self._boxed, "box")
        self.picker.observe(self._new_exercise, "kept")
        self.picker.observe(lambda change: self._draw_arcs(), "arcs")
        assign(self, traits)

    @T.validate("exercise")
    def _known(self, proposal: dict) -> Exercise:
        return exercise_named(proposal["value"], self.selector.exercises)

    def wait(self, seconds: float | None = None) -> bool:
        """Until the photo that was given last is analysed; False if that took longer than ``seconds``."""
        return self._worker.wait(seconds)

    def stop(self) -> None:
        """Give up the analysis of the newest photo, as the button in ``input`` does; the last result stays."""
        with self._lock:
            if self.busy:
                self._worker.stop()
                self.busy, self._source = False, {}
                shown = "" if self.analysis is None else " What is shown is the photo before."
                self.input.tell(f"Stopped.{shown}")

    def _lay_out(self) -> None:
        self._headline, self._advice, self._table = W.HTML(), W.HTML(), W.HTML()
        limits = W.HTML(_LIMITS).add_class("fitlab-note")
        picking = W.ToggleButton(description="Measure another angle", tooltip="Click three joints in photo or 3D view")
        T.link((self, "measuring"), (picking, "value"))
        self.picker.layout.display = "none"
        self._turn = W.Button(description="Turn", tooltip="Turn the photo a quarter to the right")
        self._turn.on_click(lambda _: self.input.turn())
        self._person = W.ToggleButton(description="Choose the person", tooltip="Tap somebody, or draw a box round them")
        self._crop = W.ToggleButton(description="Crop", tooltip="Draw a box round what is to stay of the photo")
        for button, other in ((self._person, self._crop), (self._crop, self._person)):
            button.observe(lambda change, other=other: self._box_means(change, other), "value")
        self._beside = W.HTML().add_class("fitlab-note")
        tools = W.HBox([self._turn, self._person, self._crop, picking]).add_class("fitlab-buttons")
        left = W.VBox([self.editor, self._beside, tools, self.picker])
        right = W.VBox([self._headline, self._advice, self.viewer, limits])
        # On a phone there is one column, whose order the style sheet gives.
        order = (self._headline, self.editor, self.viewer, self._advice, limits, tools, self.picker)
        for number, part in enumerate(order, 1):
            part.add_class(f"fitlab-place-{number}")
        self._beside.add_class("fitlab-place-2")
        self._results = W.Box([left, right]).add_class("fitlab-columns")
        self.add_class("fitlab")
        self.add_class("fitlab-app")
        bar = W.Box([self.input, self.selector]).add_class("fitlab-bar")
        self.children = [stylesheet(), bar, self.live, self._results, self._table, self.clip, self.saver, Arrival()]

    def _show_live(self, change: Bunch) -> None:
        """While the camera counts, that is all there is to see."""
        for part in (self._results, self._table, self.clip, self.saver):
            (part.add_class if change.new else part.remove_class)("fitlab-hidden")
        self.live.layout.display = "" if change.new else "none"

    @T.observe("busy")
    def _grey_old_results(self, change: Bunch | None = None, old: bool = False) -> None:
        """Results that are not of the newest photo are greyed."""
        for part in (self._results, self._table, self.clip):
            (part.add_class if self.busy or old else part.remove_class)("fitlab-stale")

    def _refused(self, change: Bunch) -> None:
        if self.input.complaint and not self.busy:
            self.input.tell("")
            self._leave_no_verdict()

    def _leave_no_verdict(self) -> None:
        """After a photo that cannot be judged nothing is said any more about the one before."""
        self._headline.value = no_verdict("No verdict: this could not be used")
        self._advice.value = self._table.value = self._beside.value = ""
        self.saver.analysis = self.video = self._judged = None
        self.clip.hide()
        self._turn.disabled = self._crop.disabled = False
        self._grey_old_results(old=True)

    def _box_means(self, change: Bunch, other: W.ToggleButton) -> None:
        if change.new:
            other.value = self.measuring = False
        self._click_means()
        words = {self._person: "Tap the person, or draw a box.", self._crop: "Draw a box round what is to stay."}
        self.editor.hint = next((told for button, told in words.items() if button.value), "")

    def _boxed(self, change: Bunch) -> None:
        if len(change.new) != 4:
            return
        cropping, choosing = self._crop.value, self._person.value
        self._crop.value = self._person.value = False
        self.editor.box = ()  # so that the same place can be tapped again
        coming = self._source and "box" not in self._source  # a clip, or photos in a row
        if self.editor.photo is not self.input.photo or coming:
            return  # another photo or clip is on its way
        if cropping:
            try:
                self.input.crop(change.new)
            except ValueError as error:
                self.editor.hint = f"{error}.".capitalize()
        elif choosing:
            self._ask(change.new)

    @T.observe("measuring")
    def _click_means(self, change: Bunch | None = None) -> None:
        if self.measuring:
            self._person.value = self._crop.value = False
        boxing = self._person.value or self._crop.value
        self.editor.mode = "pick" if self.measuring else "box" if boxing else "edit"
        self.picker.layout.display = "" if self.measuring else "none"
        if not self.measuring:
            self.picker.clear()

    def _begin(self) -> None:
        """The first sample is analysed before anything is shown, which also loads the models."""
        name, samples = self.exercise.name, self.input.samples
        if samples:
            self.input.choose(name if name in samples else samples[0])
        if self.input.photo is None:
            self._headline.value = "Upload a photo or a clip, or take a photo with the camera."
            return
        question = self._question()
        try:
            self._deliver(question, answer(question))
        except Exception as error:
            self._fail(question, error)

    def _question(self) -> Question:
        photo = {"photo": self.input.photo, "field_of_view": self.input.field_of_view}
        about = {"name": self.input.name} | (self._source or photo)
        return Question(exercise=self._whole_exercise(), **about)

    def _whole_exercise(self) -> Exercise:
        return self.picker.added_to(self.exercise)

    def _new_photo(self, change: Bunch) -> None:
        name = self.input.name
        if name in self.selector.exercises and name in self.input.samples and name != self.exercise.name:
            with unheard(self, self._new_exercise, "exercise"):
                self.exercise = name
        self._new_source()

    def _new_source(self, **source: Any) -> None:
        with self._lock:
            self._source = source
            self._ask()

    def _new_exercise(self, change: Bunch) -> None:
        with self._lock:
            self.input.complaint = ""
            if not self.busy and self._judged is not None:
                self._source = {"judged": self._judged, "name": self._name}
                self._ask()
            elif not self.busy and self.analysis is not None:
                self._judge(self.editor.pose2d)
            elif self._source or self.input.photo is not None:
                self._ask()

    def _new_joints(self, change: Bunch) -> None:
        with self._lock:
            # While another photo is being loaded into the editor, its joints are not those of the analysis.
            if self.analysis is not None and self.editor.photo is self.analysis.photo and change.new is not None:
                self.input.complaint = ""
                if self._judged is None:
                    self._judge(change.new)
                else:
                    self.clip.scrubber.correct(self._judged.moment, change.new)

    def _judge(self, pose2d: Pose2D) -> None:
        now = self.analysis
        self._show(answer(Question(self._whole_exercise(), now.photo, now.field_of_view, pose2d)).photo)  # type: ignore[union-attr]
        if not self.busy:
            self._tell_found()

    def _clip_corrected(self, video: VideoAnalysis) -> None:
        """A joint was corrected in the clip, perhaps in the frame that is shown above."""
        with self._lock:
            if self._judged is None:
                return
            self._judged = replace(self._judged, video=video)
            self.video = self.saver.analysis = video
            pose = video.pose2d[self._judged.moment]
            if not same_points(pose, self.editor.pose2d):
                self.editor.load(self._judged.image, pose)
            self._show(shown_moment(self._judged, self._whole_exercise()))
            if not self.busy:
                self.input.tell(which_moment(self._judged))

    def _ask(self, box: Box | None = None) -> None:
        with self._lock:
            self.busy = True
            if box is not None:
                self._source = {"photo": self.input.photo, "box": box, "others": self._others, "name": self._name}
                if self._judged is None:
                    self._source["field_of_view"] = self.input.field_of_view
                else:  # another person of the clip
                    at = float(self._judged.video.times[self._judged.moment])
                    self._source |= {"clip": self._judged.path, "box_at": at}
            question = self._question()
            self.input.tell(looking(question.name), busy=True)
            self._worker.submit(question)

    def _progress(self, question: Question, share: float, words: str) -> None:
        self.input.tell(words, busy=True, progress=share)

    def _deliver(self, question: Question, found: Answer) -> None:
        self.busy, self._name = False, question.name
        self._judged, self._source = found.clip, {}
        self._turn.disabled = self._crop.disabled = found.clip is not None  # they are for photos
        self._crop.value = self._crop.value and found.clip is None
        self._tell_of_other(found.photo, None)
        self.video = None if found.clip is None else found.clip.video
        if self.input.photo is not found.photo.photo:  # what is turned or cropped is what is shown
            with unheard(self.input, self._new_photo, "photo"):
                self.input.photo = found.photo.photo
        same = self.editor.photo is found.photo.photo and same_points(self.editor.pose2d, found.photo.pose2d)
        if not same:  # of the same frame of a clip what was dragged can still be undone
            self.editor.load(found.photo.photo, found.photo.pose2d)
        self.picker.clear()
        self._show(found.photo)
        if found.clip is None:
            self.clip.hide()
        else:
            self.clip.show(found.clip)
            self.selector.proposal = found.clip.proposal
        self._tell_found()
        if found.words and found.photo.found:
            self.input.tell(found.words)
        self.viewer.fit()
        self._company.submit(found.photo)

    def _tell_of_other(self, analysis: PhotoAnalysis, other: Pose2D | None) -> None:
        if other is None or self.editor.photo is analysis.photo:
            self._others = None if other is None else (analysis.pose2d, other)
            self._beside.value = told_of(analysis.pose2d, other)

    def _tell_found(self) -> None:
        found = self.analysis.found  # type: ignore[union-attr]
        self.input.tell("" if found else self.analysis.feedback[0], failed=not found)  # type: ignore[union-attr]

    def _fail(self, question: Question, error: Exception) -> None:
        self.busy, self._source = False, {}
        if isinstance(error, NobodyThereError):  # whoever was judged before stays
            self.input.tell(str(error), failed=True)
            return
        self._leave_no_verdict()
        what = "clip" if question.clip else "photo"
        self.input.tell(f"This {what} could not be analysed: {error}", failed=True)

    def _show(self, analysis: PhotoAnalysis) -> None:
        self.analysis = analysis
        self.selector.proposal = "" if analysis.recognition is None else analysis.recognition.name
        self._headline.value = headline(analysis)
        self._advice.value = feedback_list(analysis)
        self._table.value = angle_table(analysis.findings)
        self._offer_to_save(analysis)
        self.editor.angles = photo_angles(analysis.findings)
        self._grey_old_results()
        self.viewer.pose = analysis.pose3d
        self.picker.calibration = None if self._judged is None else default_calibration().of_clips()
        self.picker.pose2d, self.picker.pose3d = analysis.pose2d, analysis.pose3d
        self._draw_arcs()

    def _offer_to_save(self, analysis: PhotoAnalysis) -> None:
        self.saver.name = self._name or "photo"
        self.saver.frames = None if self._judged is None else self._judged.frames
        self.saver.analysis = analysis if self._judged is None else self._judged.video

    def _draw_arcs(self) -> None:
        if self.analysis is not None:
            own = (check.measure.triplet for check in self.exercise.checks if check.measure.triplet)
            self.viewer.arcs = tuple(dict.fromkeys((*self.picker.arcs, *own)))[:MOST_ARCS]
