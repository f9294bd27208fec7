"""Synthetic clips of known truth before cameras all round, without pictures.

The joints of the generator's people are projected and disturbed as detectors disturb them: errors that last, errors
that jitter, joints on the far side worse than those on the near one, sides taken for each other, frames without
anybody. Their depth is disturbed, too (:mod:`fitlab.evaluation.measured_depth`), alike in all frames of a clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitlab.cameras import intrinsics, look_at, project, to_camera
from fitlab.detection.following import Followed
from fitlab.evaluation.measured_depth import seen_depth
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, convert
from fitlab.smoothing import person_extent
from fitlab.synthetic.pose_sets import sample_clip

FPS = 30.0
SIZE = (720, 720)
#: Standard deviations in shares of the person's extent, as fitpose-heavy's are on people it never saw, of what lasts
#: for about ``_LASTING`` seconds and of what is new in every frame.
_LASTS, _JITTERS, _LASTING = 0.045, 0.012, 0.4
_FAR = 2.2  # times as large on the side that the body hides
#: How probable fitpose-heavy calls it that a joint is hidden, on the near side and how much more on the far side, and
#: the logarithm of how unlike that is from joint to joint: medians on synthetic people that it never saw.
_HIDDEN_NEAR, _HIDDEN_FAR, _HIDDEN_UNLIKE = 0.1, 0.3, 0.5


@dataclass(frozen=True)
class KnownClip:
    """Detections of T frames with their truth of R repetitions.

    Attributes
    ----------
    exercise, error, grade
        What was done, and how badly.
    azimuth, elevation
        Degrees, where the camera stood.
    times
        (T,) seconds.
    pose2d
        (T, 16, 2) as a detector would answer.
    starts, turns, ends
        (R,) seconds.
    truth
        (T, 16, 3) LIFT16 in mm in the camera's axes.
    """

    exercise: str
    error: str
    grade: float
    azimuth: float
    elevation: float
    times: np.ndarray
    pose2d: Pose2D
    starts: np.ndarray
    turns: np.ndarray
    ends: np.ndarray
    truth: np.ndarray

    @property
    def followed(self) -> Followed:
        """The detections as those of somebody who is followed from the first frame to the last."""
        frames = len(self.times)
        return Followed(np.arange(frames), self.times, self.pose2d, np.zeros(frames, int), ())

    @property
    def repeating(self) -> np.ndarray:
        """(T,) whether a frame is part of a repetition."""
        times = self.times[:, None]
        return np.any((times >= self.starts) & (times <= self.ends), axis=1)


def known_clip(exercise: str, seed: int, error: str | None = None, fps: float = FPS, split: str = "test") -> KnownClip:
    """One person who repeats an exercise before a camera that stays or is held in a hand.

    Parameters
    ----------
    exercise
        Name of the generator's movement.
    seed
        Another seed gives another person, tempo, camera and noise.
    error
        The form error; None draws it.
    fps
        Frames a second.
    split
        ``train`` or ``test``: whose body.

    Returns
    -------
    KnownClip
        Of 2 to 8 repetitions that take 0.8 to 5 s each.
    """
    rng = np.random.default_rng([seed, 29])
    drawn = sample_clip(exercise, seed, int(rng.integers(2, 9)), FPS, error, split)
    natural = (drawn["time"][-1] - 0.5) / (drawn["repetition"].max() + 1)
    speed = natural / np.exp(rng.uniform(np.log(0.8), np.log(5.0)))
    before, after = rng.uniform(0.3, 1.5, 2)
    last = drawn["time"][-1] / speed
    times = np.arange(0, before + last + after, 1 / fps)
    at = np.clip(times - before, 0, last) * speed
    joints = {name: between(drawn[name], drawn["time"], at) for name in ("lift16", "mpii16")}
    pose2d, truth, stood = filmed(joints["lift16"], joints["mpii16"], rng, fps)
    marks = np.array([_marks(drawn, number) for number in range(drawn["repetition"].max() + 1)]) / speed + before
    return KnownClip(
        exercise,
        str(drawn["error"][0]),
        float(drawn["grade"][0]),
        *stood,
        times,
        pose2d,
        marks[:, 0],
        marks[:, 1],
        marks[:, 2],
        truth,
    )


def filmed(
    lift16: np.ndarray, mpii16: np.ndarray, rng: np.random.Generator, fps: float = FPS, azimuth: float | None = None
) -> tuple[Pose2D, np.ndarray, tuple[float, float]]:
    """What a detector would see of somebody before a camera that stays or is held in a hand.

    Parameters
    ----------
    lift16, mpii16
        (T, 16, 3) mm, z up, the same joints in both skeletons.
    rng
        Draws the camera and the errors.
    fps
        Frames a second.
    azimuth
        Degrees, where the camera stands: 0 is in front of somebody who faces -y; None draws it.

    Returns
    -------
    Pose2D
        (T, 16, 2) px in MPII16.
    array
        (T, 16, 3) mm, LIFT16 in the camera's axes, the pelvis at 0.
    tuple
        Azimuth and elevation in degrees.
    """
    rotation, translation, matrix, stood = _camera(mpii16, rng, azimuth)
    seen = to_camera(mpii16, rotation, translation)
    truth = to_camera(lift16, rotation, translation)
    said = seen_depth(truth, project(truth, matrix) - matrix[:2, 2], rng.spawn(1)[0], 1.0, one_clip=True)
    pose2d = disturbed(project(seen, matrix), seen[..., 2], rng, fps, convert(said, LIFT16, MPII16))
    return pose2d, truth - truth[:, :1], stood


def between(values: np.ndarray, times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Joints between frames.

    Parameters
    ----------
    values
        (N, J, C) in any unit.
    times
        (N,) s of the frames.
    wanted
        (T,) s, in any order.

    Returns
    -------
    array
        (T, J, C), on straight lines.
    """
    place = np.interp(wanted, times, np.arange(len(times)))
    below = np.minimum(place.astype(int), len(times) - 2)
    part = (place - below)[:, None, None]
    return values[below] * (1 - part) + values[below + 1] * part


def _marks(drawn: dict[str, np.ndarray], number: int) -> tuple[float, float, float]:
    """Start, turn and end of one repetition, seconds in the drawn clip."""
    rows = np.flatnonzero(drawn["repetition"] == number)
    phase, step = drawn["phase"], drawn["time"][1]
    turn = rows[phase[rows] >= phase[rows].max() - 1e-9]
    end = next((row for row in rows if row > turn[-1] and phase[row] <= 1e-9), rows[-1])
    return (rows[0] - 1) * step, float(drawn["time"][turn].mean()), end * step


def _camera(points: np.ndarray, rng: np.random.Generator, placed: float | None = None) -> tuple:
    """Rotation, translation (T, 3), K and (azimuth, elevation) of a camera that sees the whole clip."""
    azimuth, elevation = rng.uniform(-180, 180), rng.uniform(-2, 30)
    azimuth = azimuth if placed is None else placed
    view = np.deg2rad(rng.uniform(30, 68))
    centre = (points.min((0, 1)) + points.max((0, 1))) / 2
    radius = np.linalg.norm(points - centre, axis=-1).max()
    distance = radius * (1 + 1 / (np.tan(view / 2) * rng.uniform(0.6, 0.95)))
    rotation = look_at(azimuth, elevation, np.clip(rng.normal(0, 3), -8, 8))
    shake = np.cumsum(rng.normal(0, 6, (len(points), 3)), 0) * (rng.random() < 0.5)
    translation = np.array([0, 0, distance]) - rotation @ centre + shake - shake.mean(0)
    return rotation, translation, intrinsics(SIZE[0] / 2 / np.tan(view / 2), *SIZE), (azimuth, elevation)


def disturbed(
    points: np.ndarray, depth: np.ndarray, rng: np.random.Generator, fps: float, said: np.ndarray | None = None
) -> Pose2D:
    """What a detector would make of true joints.

    Parameters
    ----------
    points
        (T, 16, 2) px in MPII16.
    depth
        (T, 16) mm, how far from the camera.
    rng
        Draws the errors.
    fps
        Frames a second.
    said
        (T, 16, 2) px, what the detector says of depth (:attr:`fitlab.poses.Pose2D.depth`); None for one that does not.

    Returns
    -------
    Pose2D
        With covariances that tell the size of the errors, scores, visibilities, and frames in which nobody is found.
    """
    count, joints = points.shape[:2]
    hidden = np.clip((depth - depth[:, list(MPII16.mirror)]) / 250, 0, 1)
    scale = person_extent(points)[:, None] * (1 + (_FAR - 1) * hidden)
    keep = np.exp(-1 / (_LASTING * fps))
    lasting = np.empty(points.shape)
    lasting[0] = rng.standard_normal((joints, 2))
    for frame in range(1, count):
        lasting[frame] = keep * lasting[frame - 1] + np.sqrt(1 - keep**2) * rng.standard_normal((joints, 2))
    lasting = 0.7 * lasting + 0.7 * rng.standard_normal((joints, 2))  # half of it is the clip's own bias
    errors = _LASTS * lasting + _JITTERS * rng.standard_normal(points.shape)
    found = points + scale[..., None] * errors
    answered = [found] if said is None else [found, (said := said.copy())]
    score = np.clip(rng.normal(0.93, 0.03, (count, joints)) - 0.25 * hidden, 0.35, 1)
    for limb in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")):
        for begin in np.flatnonzero(rng.random(count) < 0.15 / fps):
            rows = slice(begin, begin + int(rng.integers(1, 5)))
            sides = [MPII16.indices([f"{side}_{joint}" for joint in limb]) for side in ("left", "right")]
            for part in answered:
                part[rows, sides[0] + sides[1]] = part[rows, sides[1] + sides[0]]
    for begin in np.flatnonzero(rng.random(count) < 0.05 / fps):
        rows = slice(begin, begin + int(rng.integers(1, max(int(0.4 * fps), 2))))
        score[rows] = 0.0
        for part in answered:
            part[rows] = np.nan
    variance = np.square(scale * np.hypot(_LASTS, _JITTERS))
    unlike = np.exp(_HIDDEN_UNLIKE * rng.spawn(1)[0].standard_normal(joints))
    unseen = np.minimum((_HIDDEN_NEAR + _HIDDEN_FAR * hidden) * unlike, 0.9)
    visibility = np.stack([np.zeros_like(unseen), unseen, 1 - unseen], axis=-1)
    return Pose2D(found, score, SIZE, variance[..., None, None] * np.eye(2), depth=said, visibility=visibility)
