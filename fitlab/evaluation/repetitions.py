"""How well repetitions are counted: synthetic clips of known truth before cameras all round, without pictures.

The joints of the generator's people are projected and disturbed as detectors disturb them: errors that last, errors
that jitter, joints on the far side worse than those on the near one, sides taken for each other, frames without
anybody. Their depth is disturbed, too (:mod:`fitlab.evaluation.measured_depth`), alike in all frames of a clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fitlab.cameras import intrinsics, look_at, project, to_camera
from fitlab.detection.following import Followed
from fitlab.evaluation.measured_depth import seen_depth
from fitlab.evaluation.results import Result
from fitlab.exercises.assessment import TOO_LARGE, TOO_SMALL
from fitlab.exercises.definition import load_exercises
from fitlab.poses import Pose2D
from fitlab.skeletons import LIFT16, MPII16, convert
from fitlab.smoothing import person_extent
from fitlab.synthetic.exercises.catalogue import errors_of
from fitlab.synthetic.exercises.motion import NONE
from fitlab.synthetic.pose_sets import sample_clip
from fitlab.video_analysis import VideoAnalysis, analyze_poses

#: The exercises of the benchmark, and its clips of each.
EXERCISES, CLIPS = ("squat", "push_up", "overhead_press", "lunge", "curl"), 12
#: The form errors that angles between sixteen joints show.
SHOWN = {
    "squat": ("half_depth", "forward_lean"),
    "push_up": ("hips_sagging", "hips_piking"),
    "overhead_press": ("leaning_back", "elbows_not_locked", "uneven_arms"),
    "lunge": ("half_depth", "knee_past_toe", "forward_lean"),
    "curl": ("leaning_back", "elbows_forward"),
}
#: Degrees: a target that is missed by as many is missed clearly.
CLEAR = 10.0
FPS = 30.0
SIZE = (720, 720)
#: Standard deviations in shares of the person's extent, as fitpose-heavy's are on people it never saw, of what lasts
#: for about ``_LASTING`` seconds and of what is new in every frame.
_LASTS, _JITTERS, _LASTING = 0.045, 0.012, 0.4
_FAR = 2.2  # times as large on the side that the body hides


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


def known_clip(exercise: str, seed: int, error: str | None = None, fps: float = FPS) -> KnownClip:
    """One person of the test split who repeats an exercise before a camera that stays or is held in a hand.

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

    Returns
    -------
    KnownClip
        Of 2 to 8 repetitions that take 0.8 to 5 s each.
    """
    rng = np.random.default_rng([seed, 29])
    drawn = sample_clip(exercise, seed, int(rng.integers(2, 9)), FPS, error, "test")
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
        With covariances that tell the size of the errors, scores, and frames in which nobody is found.
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
    return Pose2D(found, score, SIZE, variance[..., None, None] * np.eye(2), depth=said)


def analyzed(clip: KnownClip) -> VideoAnalysis:
    """What fitlab makes of a known clip.

    Parameters
    ----------
    clip
        With its detections.

    Returns
    -------
    VideoAnalysis
    """
    frames = len(clip.times)
    followed = Followed(np.arange(frames), clip.times, clip.pose2d, np.zeros(frames, int), ())
    return analyze_poses(followed, SIZE, load_exercises()[clip.exercise])


def score_repetitions(seed: int = 1) -> Result:
    """How well repetitions are counted, timed, measured and judged on synthetic clips.

    An exercise is told to be wrong where a check is in most repetitions of a clip, and is wrong where the true angle
    misses that check's target in most of them.

    Parameters
    ----------
    seed
        Another seed gives other clips.

    Returns
    -------
    Result
        Over :data:`CLIPS` clips of each of :data:`EXERCISES`, half of them with a form error: the share of exact counts
        and of those off by one at most. Of the repetitions of exact clips the shares whose start and end are within
        0.15 s, and whose turn is within 0.25 s, and the median error of the driving angle at the turning points. Of all
        checks that exact clips are told to miss the share that they do miss (precision); of the clips with an error
        that angles show (:data:`SHOWN`) of grade 0.5 or more the share in which an angle misses its target, which is
        as many as could be told, and the share that is told of something that is wrong (recall), and the same of all
        checks that are missed by :data:`CLEAR` degrees or more.
    """
    rows, marks, checks = [], [], []
    for exercise in EXERCISES:
        for number in range(CLIPS):
            clip = known_clip(exercise, 1000 * seed + number, _error_of(exercise, number))
            found = analyzed(clip)
            off = len(found.repetitions) - len(clip.turns)
            rows.append({"exercise": exercise, "error": clip.error, "off": off})
            if off == 0:
                marks += _marked(clip, found)
                checks += [one | {"clip": (exercise, number)} for one in _judged(clip, found)]
    clips, timed, told = pd.DataFrame(rows), pd.DataFrame(marks), pd.DataFrame(checks)
    wrong, graded = told["missed"] > 0, told[told["graded"]]
    summary = {
        "count exact": float((clips["off"] == 0).mean()),
        "count off by one at most": float((clips["off"].abs() <= 1).mean()),
        "start within 0.15 s": float((timed["start"] <= 0.15).mean()),
        "turn within 0.25 s": float((timed["turn"] <= 0.25).mean()),
        "end within 0.15 s": float((timed["end"] <= 0.15).mean()),
        "driving angle at the turn, median error in degrees": float(timed["degrees"].median()),
        "faults told that are faults": float(wrong[told["told"]].mean()),
        "clips with a form error of grade 0.5 or more": int(graded["clip"].nunique()),
        "of them with an angle that misses its target": float(
            wrong[told["graded"]].groupby(graded["clip"]).any().mean()
        ),
        "of them told of a fault": float((graded["told"] & wrong).groupby(graded["clip"]).any().mean()),
        f"faults by {CLEAR:g} degrees or more that are told": float(told["told"][told["missed"] >= CLEAR].mean()),
    }
    table = clips.groupby("exercise")["off"].agg(clips="size", exact=lambda off: int((off == 0).sum()))
    return Result("synthetic-clips", len(clips), summary, {"by exercise": table})


def _error_of(exercise: str, number: int) -> str:
    """No error in every other clip, and one after the other of the movement's in the rest."""
    errors = errors_of(exercise)[1:]
    return errors[number // 2 % len(errors)] if number % 2 else NONE


def _marked(clip: KnownClip, found: VideoAnalysis) -> list[dict[str, float]]:
    """How far off each repetition is in time and in its driving angle."""
    drive = found.exercise.drive_angle
    true = drive(clip.truth)[_frames(clip, clip.turns)]
    seen = drive(found.pose3d.points)
    return [
        {
            "start": abs(each.start - start),
            "turn": abs(each.turn - turn),
            "end": abs(each.end - end),
            "degrees": abs(seen[each.turn_frame] - degrees),
        }
        for each, start, turn, end, degrees in zip(
            found.repetitions, clip.starts, clip.turns, clip.ends, true, strict=True
        )
    ]


def _judged(clip: KnownClip, found: VideoAnalysis) -> list[dict[str, object]]:
    """For each check whether it is told to be missed in most repetitions, and by how many degrees it truly is."""
    graded = clip.grade >= 0.5 and clip.error in SHOWN[clip.exercise]
    judged: list[dict[str, object]] = []
    for place, check in enumerate(found.exercise.checks):
        verdicts = [each.moments[place].verdict for each in found.repetitions]
        degrees, (low, high) = check.measure.compute(clip.truth), check.limits
        beyond = np.maximum(low - degrees, degrees - high)
        if check.phase == "any":
            spans = zip(clip.starts, clip.ends, strict=True)
            worst = [beyond[(clip.times >= start) & (clip.times <= end)].max() for start, end in spans]
            missed = float(np.median(worst))
        else:
            missed = float(np.median(beyond[_frames(clip, clip.turns)]))
        told = 2 * sum(verdict in (TOO_SMALL, TOO_LARGE) for verdict in verdicts) > len(verdicts)
        judged.append({"told": told, "missed": missed, "graded": graded})
    return judged


def _frames(clip: KnownClip, seconds: np.ndarray) -> np.ndarray:
    return np.minimum(np.searchsorted(clip.times, seconds), len(clip.times) - 1)
