"""A camera that is running: joints, 3D pose, angles and the repetitions so far, picture by picture.

The pictures come in one by one and are not kept; each costs one look of the network at the crop round the last joints.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitlab.detection.detector import Detector, as_detector
from fitlab.detection.following import Follower
from fitlab.detection.search import as_pose
from fitlab.exercises import counting
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.records import Exercise
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, lift
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import LIFT16
from fitlab.video_analysis import CLIP_DETECTOR

#: Seconds between two counts.
_EVERY = 0.3
#: Seconds over which repetitions are counted anew with every picture; older ones are remembered as a number.
_WINDOW = 40.0
_NOWHERE = np.full((len(LIFT16), 3), np.nan)


@dataclass(frozen=True)
class LiveMoment:
    """What is known of one picture.

    Parameters
    ----------
    pose2d : Pose2D or None
        Joints (16, 2) in pixels of the picture; None where nobody is seen.
    pose3d : Pose3D or None
        Joints (16, 3) in mm.
    degrees : float
        The driving angle of the exercise; NaN where unknown and for a hold.
    count : int
        Repetitions that have ended so far.
    """

    pose2d: Pose2D | None
    pose3d: Pose3D | None
    degrees: float
    count: int


@dataclass
class LiveCounter:
    """Follows one person before a camera and counts; to be given the pictures in their order.

    Parameters
    ----------
    exercise : str or Exercise
        What is counted.
    detector, lifter
        As for :func:`fitlab.video_analysis.analyze_video`.
    """

    exercise: str | Exercise = "squat"
    detector: str | Path | Detector = CLIP_DETECTOR
    lifter: str | Path | Lifter = DEFAULT_LIFTER
    _follower: Follower = field(init=False)
    _known: list[tuple[float, int, np.ndarray]] = field(init=False, default_factory=list)
    _before: int = field(init=False, default=0)
    _until: float = field(init=False, default=-np.inf)
    _counted_at: float = field(init=False, default=-np.inf)
    _latest: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.exercise = exercise_named(self.exercise)
        self._follower = Follower(as_detector(self.detector))  # type: ignore[arg-type]

    def see(self, image: np.ndarray, seconds: float) -> LiveMoment:
        """Look at the next picture.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
            RGB, upright.
        seconds : float
            When it was taken, later than the one before.

        Returns
        -------
        LiveMoment
        """
        found, track = self._follower.follow(image, seconds)
        if found is None:
            return self._moment(None, None, seconds, track)
        pose2d = as_pose(found, image.shape[1], image.shape[0], known=True)
        return self._moment(pose2d, lift(pose2d, lifter=self.lifter, flip=False), seconds, track)

    def _moment(self, pose2d: Pose2D | None, pose3d: Pose3D | None, seconds: float, track: int) -> LiveMoment:
        assert isinstance(self.exercise, Exercise)
        points = _NOWHERE if pose3d is None else pose3d.points
        if not self.exercise.drive:
            return LiveMoment(pose2d, pose3d, np.nan, 0)
        self._known.append((seconds, track, points))
        degrees = float(self.exercise.drive_angle(points))
        if seconds - self._counted_at >= _EVERY:
            self._counted_at, self._latest = seconds, self._count()
        return LiveMoment(pose2d, pose3d, degrees, self._latest)

    def _count(self) -> int:
        """Repetitions that have ended: those that are remembered, and those since then."""
        assert isinstance(self.exercise, Exercise)
        if len(self._known) < 3:
            return self._before
        times = np.array([seconds for seconds, _, _ in self._known])
        track = np.array([number for _, number, _ in self._known])
        points = np.stack([known for _, _, known in self._known])
        now = times[-1]
        timings = counting.count(self.exercise.drive_angle(points), points, times, track, self.exercise)
        fresh = [each for each in timings if each.complete and each.end < now and each.turn > self._until]
        old = [each for each in fresh if each.end < now - _WINDOW]
        if old:
            self._before, self._until = self._before + len(old), old[-1].end
        # The person's own range is still that of the repetitions before.
        self._known = self._known[int(np.searchsorted(times, now - 2 * _WINDOW)) :]
        return self._before + len(fresh) - len(old)
