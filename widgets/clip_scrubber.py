"""An analysed clip: frame, skeleton and curve move together, repetitions are a tap away, joints can be corrected."""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets as W
import numpy as np
import traitlets as T
from fitlab_widgets.clip_frames import frames_of
from fitlab_widgets.joint_picture import KeypointEditor
from fitlab_widgets.results import SIGNS, photo_angles
from fitlab_widgets.scrubber import FrameScrubber
from fitlab_widgets.traits import checked
from traitlets.utils.bunch import Bunch

from fitlab.clip_changes import corrected
from fitlab.exercises.assessment import NOT_JUDGED, Finding
from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.exercises.words import angle_name
from fitlab.overlay.story import shown_angle
from fitlab.poses import Pose2D
from fitlab.video_analysis import LOST, VideoAnalysis


class ClipScrubber(FrameScrubber):
    """A FrameScrubber on what :func:`fitlab.video_analysis.analyze_video` says of a clip.

    The curve shows the target, the interval and the repetitions, each in the colour of its verdict where it turns.
    Buttons lead to each repetition and to its worst moments. A joint that is dragged in a frame counts: the pose, the
    angles and the repetitions are computed anew.

    analysis  the VideoAnalysis; after a correction the new one
    """

    analysis = T.Instance(VideoAnalysis, allow_none=True)
    picture: KeypointEditor

    def __init__(
        self, analysis: VideoAnalysis, frames: Sequence[np.ndarray | bytes] | None = None, **traits: object
    ) -> None:
        """``frames`` are the pictures of the analysed frames, or JPEGs of them; by default the clip is read again."""
        self._present: Repetition | None = None
        traits = checked(self, traits)
        super().__init__(
            frames_of(analysis) if frames is None else frames,
            analysis.pose2d,
            analysis.pose3d,
            analysis.times,
            _first_angle(analysis),
            analysis=analysis,
            **traits,
        )
        self.picture.observe(self._moved, "pose2d")

    def show(self, analysis: VideoAnalysis, frames: Sequence[np.ndarray | bytes] | None = None) -> None:
        """Another clip.

        Parameters
        ----------
        analysis : VideoAnalysis
            Of T frames.
        frames : sequence of T (H, W, 3) uint8 arrays, or of JPEGs of them, optional
            By default the clip is read again.
        """
        self.analysis = None
        self.load(
            frames_of(analysis) if frames is None else frames,
            analysis.pose2d,
            analysis.pose3d,
            analysis.times,
        )
        self.analysis = analysis
        self.angle = _first_angle(analysis)

    def forget(self) -> None:
        """Let go of the pictures and leave the page for good."""
        self.playing = False
        self._frames = None
        self.close()

    def correct(self, frame: int, pose2d: Pose2D) -> None:
        """Take other joints for those of a frame, and judge anew.

        Parameters
        ----------
        frame : int
            Index along the frames of the analysis.
        pose2d : Pose2D
            Joints (16, 2) in pixels of the frame.
        """
        self.analysis = corrected(self.analysis, frame, pose2d)  # type: ignore[arg-type]

    def go_to(self, frame: int) -> None:
        """Stop, and show a frame."""
        self.playing = False
        self.frame = frame

    def _make_picture(self) -> KeypointEditor:
        return KeypointEditor(label="Frame of the clip with joints that can be dragged")

    def _build(self) -> None:
        super()._build()
        self._jumps = W.HBox().add_class("fitlab-buttons").add_class("fitlab-repetitions")
        self._said = W.HTML().add_class("fitlab-note")
        self._worst = W.HBox().add_class("fitlab-buttons")
        self.children = [*self.children, self._jumps, self._said, self._worst]  # type: ignore[has-type]

    @T.observe("analysis")
    def _on_analysis(self, change: Bunch) -> None:
        if self.analysis is None:
            return
        self._pose2d, self._pose3d = self.analysis.pose2d, self.analysis.pose3d
        self._place()
        self._present, self._said.value = None, ""  # so that it is told anew
        buttons = [
            _jump(
                f"{SIGNS[each.verdict or NOT_JUDGED][0]} {each.number}", f"To repetition {each.number}: {each.verdict}"
            )
            for each in self.analysis.repetitions
        ]
        self._jumps.children = [W.HTML("Repetition").add_class("fitlab-note"), *buttons] if buttons else []
        for button, each in zip(buttons, self.analysis.repetitions, strict=True):
            button.on_click(lambda _, to=each.turn_frame: self.go_to(to))
        with self.curve.hold_sync():
            self._draw_curve()
        self._show()

    def _draw_curve(self) -> None:
        super()._draw_curve()
        finding = None if self.analysis is None else _of_angle(self.analysis.findings, self.angle)
        curve = self.curve
        if finding is None:
            curve.lows, curve.highs, curve.low, curve.high = [], [], None, None
        else:
            self._degrees = np.asarray(finding.degrees, float)
            curve.values, curve.lows, curve.highs = (
                np.asarray(part, float).tolist() for part in (finding.degrees, finding.low, finding.high)
            )
            curve.low, curve.high = (float(end) if np.isfinite(end) else None for end in finding.check.limits)
        curve.marks = [] if self.analysis is None else [_mark(each) for each in self.analysis.repetitions]

    def _show_picture(self) -> None:
        picture, pose = self.picture, self._pose2d[self.frame]
        shown = None if self._frames is None else self._frames[self.frame]
        with picture.lock:
            if isinstance(shown, bytes):
                picture.show_jpeg(shown, pose.image_size)
            else:
                picture.photo = shown
            if not same_points(picture.pose2d, pose):
                picture.load(picture.photo, pose)
            known = self.analysis is not None and self.analysis.state[self.frame] != LOST
            picture.mode = "edit" if known and not self.playing else "show"
            findings = self.analysis.findings if known else ()  # type: ignore[union-attr]
            picture.angles = photo_angles(tuple(finding[self.frame] for finding in findings))

    def _on_playing(self, change: Bunch) -> None:
        super()._on_playing(change)
        if self.playing:
            self._show_picture()

    def _moved(self, change: Bunch) -> None:
        pose = change.new
        if pose is None or self.analysis is None or same_points(pose, self._pose2d[self.frame]):
            return
        self.playing = False
        self.correct(self.frame, pose)

    def _tell(self) -> None:
        super()._tell()
        if self.analysis is None:
            return
        within = [each for each in self.analysis.repetitions if each.start_frame <= self.frame <= each.end_frame]
        present = within[-1] if within else None
        if present is self._present and self._said.value:
            return
        self._present = present
        for button, each in zip(self._jumps.children[1:], self.analysis.repetitions, strict=True):
            (button.add_class if each is present else button.remove_class)("mod-active")
        between = "Between repetitions." if self.analysis.repetitions else "No repetition was found."
        self._said.value = html.escape(present.sentence if present else between)
        moments = [one for one in present.moments if one.frame >= 0 and one.check.has_target] if present else []
        self._worst.children = [_jump(_told(one), "To its worst moment in this repetition") for one in moments]
        for button, one in zip(self._worst.children, moments, strict=True):
            button.on_click(lambda _, to=one: self._to_moment(to))

    def _to_moment(self, moment: Moment) -> None:
        if isinstance(self.angle, str) and moment.check.angle != self.angle and not moment.check.joints:
            self.angle = moment.check.angle
        self.go_to(moment.frame)


def _jump(words: str, tip: str) -> W.Button:
    return W.Button(description=words, tooltip=tip)


def _told(moment: Moment) -> str:
    return (
        f"{_sign(moment.verdict)[0]} {angle_name(moment.check.angle)} {moment.degrees:z.0f}° at {moment.seconds:.1f} s"
    )


def _mark(each: Repetition) -> tuple:
    seconds = (round(second, 3) for second in (each.start, each.turn, each.end))
    return (each.number, *seconds, _sign(each.verdict)[1])


def _sign(verdict: str) -> tuple[str, str]:
    return SIGNS[verdict or NOT_JUDGED]


def _of_angle(findings: Sequence[Finding], angle: object) -> Finding | None:
    """The finding that is drawn for an angle: one with a target where there is any."""
    found = [finding for finding in findings if finding.check.angle == angle or finding.check.joints == angle]
    return next((finding for finding in found if finding.check.has_target), found[0] if found else None)


def _first_angle(analysis: VideoAnalysis) -> str:
    return shown_angle(analysis.exercise, analysis.pose2d)


def same_points(one: Pose2D | None, other: Pose2D | None) -> bool:
    """Whether the joints of two poses are in the same places.

    Parameters
    ----------
    one, other : Pose2D or None
        Joints (16, 2) in pixels.

    Returns
    -------
    bool
    """
    if one is None or other is None:
        return one is other
    return np.array_equal(one.points, other.points, equal_nan=True)
