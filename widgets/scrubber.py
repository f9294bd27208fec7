"""A clip, frame by frame: the picture with its joints, the skeleton in 3D and the curve of an angle move together."""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets as W
import numpy as np
import traitlets as T
from fitlab_widgets import geometry
from fitlab_widgets.angle_curve import AngleCurve
from fitlab_widgets.joint_picture import JointPicture
from fitlab_widgets.playback import Playback
from fitlab_widgets.style import stylesheet
from fitlab_widgets.traits import assign, checked
from fitlab_widgets.viewer import PoseViewer
from traitlets.utils.bunch import Bunch

from fitlab.angles import MEASURES, measure
from fitlab.exercises.words import angle_name
from fitlab.gravity import gravity, upright
from fitlab.poses import Pose2D, Pose3D, check_lift16

#: The pictures of a clip, one (H, W, 3) uint8 for each frame, or none.
Frames = Sequence[np.ndarray] | np.ndarray | None


class FrameScrubber(W.VBox):
    """Move through a clip with the slider, the step buttons or the curve, or play it.

    frame    the present frame
    playing  whether the clip is playing: the skeleton moves in the browser by itself, picture and curve follow; a
             clip of one frame does not play
    angle    name of the angle on the curve, one of ``fitlab.angles.MEASURES``, or three joints

    ``picture``, ``viewer`` and ``curve`` are its parts.
    """

    frame = T.Int(0)
    playing = T.Bool(False)
    angle = T.Union([T.Unicode(), T.Tuple()], default_value="left_knee")

    def __init__(
        self,
        frames: Frames,
        pose2d: Pose2D | None,
        pose3d: Pose3D,
        fps: float | np.ndarray,
        angle: str | tuple[str, ...] = "left_knee",
        **traits: object,
    ) -> None:
        """A clip of T frames.

        frames  T pictures (H, W, 3) uint8, as an array or as anything that is indexed by frame; None for none
        pose2d  points (T, 16, 2) in their pixels, or None
        pose3d  points (T, 16, 3) of LIFT16
        fps     frames a second, or the T seconds of the frames, rising

        ValueError where they differ in length, the clip has no frames or pose3d is of another skeleton.
        """
        traits = checked(self, traits)
        super().__init__()
        self.viewer = PoseViewer(views="one", size=360)
        self.picture = self._make_picture()
        self.curve = AngleCurve()
        self._playback: Playback | None = None
        self._take(frames, pose2d, pose3d, fps)
        self._build()
        self.observe(self._on_frame, "frame")
        self.observe(self._on_angle, "angle")
        self.observe(self._on_playing, "playing")
        self.angle = angle
        self._begin()
        assign(self, traits)

    def load(self, frames: Frames, pose2d: Pose2D | None, pose3d: Pose3D, fps: float | np.ndarray) -> None:
        """Show another clip from its first frame on.

        Parameters
        ----------
        frames : sequence of T (H, W, 3) uint8 arrays, optional
            If the first clip had them.
        pose2d : Pose2D, optional
            Joints (T, 16, 2) in their pixels, if the first clip had them.
        pose3d : Pose3D
            Joints (T, 16, 3) of LIFT16 in mm.
        fps : float or (T,) array
            Frames a second, or the seconds of the frames.
        """
        self.playing = False
        self.frame = 0
        self._take(frames, pose2d, pose3d, fps)
        self._slider.max = self._count - 1
        self._begin()

    def _take(self, frames: Frames, pose2d: Pose2D | None, pose3d: Pose3D, fps: float | np.ndarray) -> None:
        self._count = _common_length(frames, pose2d, pose3d)
        self._frames, self._pose2d, self._pose3d = frames, pose2d, pose3d
        self._times = _seconds(fps, self._count)
        self.curve.times = self._times.tolist()
        self._place()

    def _place(self) -> None:
        """Put the poses upright into the scene, the way up that the whole clip shows."""
        down = gravity(self._pose3d, one_camera=True).down
        self._placed = geometry.to_scene(upright(self._pose3d, down).points)
        self.viewer.down = down
        self.viewer.centre = geometry.centre_of(self._placed)
        self._forget_playback()

    def _forget_playback(self) -> None:
        """What the browser plays is of other poses now."""
        if self._playback is not None:
            self.viewer.drop(self._playback)
            self._playback = None

    def _begin(self) -> None:
        self._on_angle()
        self._show()
        self.viewer.fit()

    @T.validate("frame")
    def _within(self, proposal: dict) -> int:
        return min(max(proposal["value"], 0), self._count - 1)

    @T.validate("playing")
    def _playable(self, proposal: dict) -> bool:
        return proposal["value"] and self._count > 1

    @T.validate("angle")
    def _known(self, proposal: dict) -> str | tuple[str, ...]:
        measure(proposal["value"])
        return proposal["value"]

    def step(self, frames: int) -> None:
        """Go on by so many frames, or back."""
        self.playing = False
        self.frame = self.frame + frames

    def _make_picture(self) -> JointPicture:
        return JointPicture(label="Frame of the clip with its joints")

    def _build(self) -> None:
        wide = W.Layout(width="auto", flex="1 1 200px")
        slider = self._slider = W.IntSlider(max=self._count - 1, description="Frame", readout=False, layout=wide)
        play = W.ToggleButton(description="Play", tooltip="Play the clip")
        back, ahead = W.Button(description="Back"), W.Button(description="Next")
        for button, step, words in ((back, -1, "One frame back"), (ahead, 1, "One frame on")):
            button.tooltip = words
            button.on_click(lambda _, step=step: self.step(step))
        T.link((self, "frame"), (slider, "value"))
        T.link((self, "frame"), (self.curve, "frame"))
        play.observe(self._play_pressed, "value")
        self.observe(lambda change: _show_playing(play, self.playing), "playing")
        names = [(angle_name(name), name) for name in MEASURES]
        self._menu = W.Dropdown(options=names, description="Angle", value=None)
        self._menu.observe(lambda change: change.new and setattr(self, "angle", change.new), "value")  # type: ignore[func-returns-value]
        self._words = W.HTML().add_class("fitlab-note")
        self.add_class("fitlab")
        side = [self.picture] if self._frames is not None or self._pose2d is not None else []
        self.children = [
            stylesheet(),
            W.Box([*(W.VBox([part]) for part in side), self.viewer]).add_class("fitlab-columns"),
            W.HBox([play, back, ahead, slider]).add_class("fitlab-buttons"),
            W.HBox([self._menu, self._words]).add_class("fitlab-buttons"),
            self.curve,
        ]

    def _on_angle(self, change: Bunch | None = None) -> None:
        chosen = measure(self.angle)
        name = self.angle if isinstance(self.angle, str) else " - ".join(self.angle)
        self._menu.value = self.angle if isinstance(self.angle, str) else None
        self.viewer.arcs = (chosen.triplet,) if chosen.triplet else ()
        with self.curve.hold_sync():
            self.curve.label = angle_name(name)
            self._draw_curve()
        self._tell()

    def _draw_curve(self) -> None:
        """Give the curve what it draws."""
        self._degrees = measure(self.angle).compute(self._pose3d.points)
        self.curve.values = self._degrees.tolist()

    def _on_frame(self, change: Bunch) -> None:
        self._show()

    def _show(self) -> None:
        if self.playing:
            self.viewer.tell(self._pose3d[self.frame])
        else:
            self.viewer.pose = self._pose3d[self.frame]
        with self.picture.hold_sync():
            self._show_picture()
        self._tell()

    def _show_picture(self) -> None:
        if self._frames is not None:
            self.picture.photo = self._frames[self.frame]
        if self._pose2d is not None:
            self.picture.pose2d = self._pose2d[self.frame]

    def _tell(self) -> None:
        degrees = self._degrees[self.frame]
        value = "unknown" if np.isnan(degrees) else f"{degrees:.0f}°"
        second = self._times[self.frame]
        words = f"{self.curve.label}: {value} at {second:.2f} s, frame {self.frame + 1} of {self._count}"
        self._words.value = html.escape(words)

    def _play_pressed(self, change: Bunch) -> None:
        self.playing = change.new
        change.owner.value = self.playing

    def _on_playing(self, change: Bunch) -> None:
        if self.playing:
            self._playback = self._playback or Playback(self._placed, self._pose3d.skeleton, self._times)
            self.viewer.play(self._playback, float(self._times[self.frame] - self._times[0]))
        elif self._playback is not None:
            self.viewer.pause(self._playback)
            self._show()
        self.curve.playing = self.playing


def _show_playing(button: W.ToggleButton, playing: bool) -> None:
    button.value = playing
    button.description = "Pause" if playing else "Play"
    button.tooltip = f"{button.description} the clip"


def _common_length(frames: Sequence | np.ndarray | None, pose2d: Pose2D | None, pose3d: Pose3D) -> int:
    if pose3d.points.ndim != 3 or not len(pose3d.points):
        raise ValueError(f"a clip's pose3d is (T, 16, 3) with at least one frame, got {pose3d.points.shape}")
    check_lift16(pose3d, "the 3D view is built on")
    if pose2d is not None and pose2d.points.ndim != 3:
        raise ValueError(f"a clip's pose2d is (T, 16, 2), got {pose2d.points.shape}")
    parts = {"frames": frames, "pose2d": None if pose2d is None else pose2d.points, "pose3d": pose3d.points}
    lengths = {name: len(part) for name, part in parts.items() if part is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} of {name}" for name, length in lengths.items())
        raise ValueError(f"a clip needs as many frames as poses, got {told}")
    return len(pose3d.points)


def _seconds(fps: float | np.ndarray, count: int) -> np.ndarray:
    """(T,) seconds of the frames."""
    if np.ndim(fps) == 0:
        if not fps > 0:
            raise ValueError(f"fps is frames a second, above 0; got {fps}")
        return np.arange(count) / float(fps)
    times = np.asarray(fps, float)
    if times.shape != (count,) or not (np.diff(times) > 0).all():
        raise ValueError(f"a clip of {count} frames has {count} rising seconds, got {times.shape}")
    return times
