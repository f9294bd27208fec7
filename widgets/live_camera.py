"""The camera while somebody moves: skeleton on the picture and the repetitions that are counted."""

from __future__ import annotations

import math
import time

import anywidget
import cv2
import numpy as np
import traitlets as T
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import checked
from traitlets.utils.bunch import Bunch

from fitlab.colours import bone_colour
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.records import Exercise
from fitlab.exercises.words import angle_name
from fitlab.live import LiveCounter, LiveMoment
from fitlab.poses import SEEN
from fitlab.skeletons import MPII16

#: Longest side in pixels of the pictures that are sent to Python: the network sees a crop of 256.
SIDE = 480
#: A larger message is no picture of the camera.
_MOST_BYTES = 2_000_000


class LiveCamera(anywidget.AnyWidget):
    """Counts the repetitions of an exercise before the camera; the pictures go to the page's own Python, no further.

    Where it is shown in several views or tabs the camera is opened in one of them, the one that asked first.

    exercise  the Exercise that is counted; assigning a name is allowed, too; another one begins at 0
    running   whether the camera is on
    complaint why the browser gave no camera, "" where it did; until the camera is asked for again
    count     repetitions since it was switched on
    degrees   the driving angle in the newest picture, None where it is unknown
    moment    the newest :class:`fitlab.live.LiveMoment`, None before
    seconds   of work for the newest picture
    """

    _esm = script("svg.js", "camera.js", "live_camera.js")
    _css = css()

    exercise = T.Union([T.Instance(Exercise), T.Unicode()])
    running = T.Bool(False).tag(sync=True)
    complaint = T.Unicode("").tag(sync=True)
    count = T.Int(0)
    degrees = T.Float(None, allow_none=True)
    moment = T.Instance(LiveMoment, allow_none=True)
    seconds = T.Float(0.0)
    _view = T.Unicode("").tag(sync=True)  # of the views of this widget the one whose camera is on
    _side = T.Int(SIDE).tag(sync=True)
    _title = T.Unicode("").tag(sync=True)
    _bones: T.List = T.List().tag(sync=True)

    def __init__(self, exercise: str | Exercise = "squat", **traits: object) -> None:
        traits = checked(self, traits)
        self._counter: LiveCounter | None = None
        super().__init__(exercise=exercise, **traits)
        self._bones = [[*MPII16.indices(bone), bone_colour(bone)] for bone in MPII16.bones]
        self.on_msg(self._heard)

    @T.validate("exercise")
    def _known(self, proposal: dict) -> Exercise:
        return exercise_named(proposal["value"])

    @T.observe("exercise", "running")
    def _begin_anew(self, change: Bunch) -> None:
        if not self.running:
            self._view = ""
        elif change.name == "running":
            self.complaint = ""
        self._counter, self.count, self.degrees, self.moment = None, 0, None, None
        self._title = self.exercise.title

    def see(self, picture: np.ndarray, seconds: float) -> None:
        """Look at the next picture.

        Parameters
        ----------
        picture : (H, W, 3) uint8 array
            RGB.
        seconds : float
            When it was taken.
        """
        begun = time.perf_counter()
        if self._counter is None:
            self._counter = LiveCounter(self.exercise)
        self.moment = self._counter.see(picture, seconds)
        self.count = self.moment.count
        self.degrees = None if math.isnan(self.moment.degrees) else self.moment.degrees
        self.seconds = time.perf_counter() - begun

    def _heard(self, widget: object, message: dict, buffers: list) -> None:
        view = str(message.get("view", ""))
        if message.get("action") == "claim" and not self._view:  # the first view that asks opens the camera
            with self.hold_sync():
                self.running, self._view = True, view
        if message.get("action") != "picture" or not buffers or not self.running or view != self._view:
            return
        number, content = message.get("number"), bytes(buffers[0])
        small = 0 < len(content) < _MOST_BYTES
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if small else None
        if picture is not None:
            self.see(np.ascontiguousarray(picture[..., ::-1]), float(message["seconds"]))
        self.send({"seen": number, **self._told()})

    def _told(self) -> dict:
        """What is drawn: joints in pixels of the sent picture, the count and the angle in words."""
        pose = None if self.moment is None else self.moment.pose2d
        points = (
            []
            if pose is None
            else [
                [round(float(x), 1), round(float(y), 1)] if score >= SEEN and not math.isnan(x) else None
                for (x, y), score in zip(pose.points, pose.score, strict=True)
            ]
        )
        drive = self.exercise.drive
        words = "" if not drive else f"{angle_name(drive)} {'-' if self.degrees is None else f'{self.degrees:.0f}°'}"
        return {"points": points, "count": self.count if drive else None, "words": words}
