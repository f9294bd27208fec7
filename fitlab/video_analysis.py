"""What a clip says about one exercise, frame by frame and repetition by repetition."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitlab.analysis import HEIGHT_NOT_USED, OTHER_MODELS, seen_in_picture
from fitlab.bodies import body_height, check_height
from fitlab.detection.detector import DEFAULT_DETECTOR, Box, Detector, as_detector
from fitlab.detection.following import Followed, follow
from fitlab.detection.mediapipe import Landmarker
from fitlab.exercises.assessment import Finding
from fitlab.exercises.calibration import Calibration, calibration_of
from fitlab.exercises.course import clip_findings, course, records_of
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.recognition import NO_EXERCISE, exercise_in_clip
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Repetition, repetition_table
from fitlab.exercises.summaries import clip_sentences
from fitlab.exercises.words import in_sentence
from fitlab.images import checked_image
from fitlab.lifting.clips import lift_tracks
from fitlab.lifting.inputs import FIELD_OF_VIEW, check_field_of_view
from fitlab.lifting.lifter import DEFAULT_LIFTER, Lifter, rescaled
from fitlab.poses import Pose2D, Pose3D
from fitlab.skeletons import MPII16
from fitlab.smoothing import steady
from fitlab.videos import Clip, Frame, Progress, VideoError, watched

#: The detector of clips, which has a look at every frame.
CLIP_DETECTOR = DEFAULT_DETECTOR
NOBODY_IN_CLIP = "Nobody was found in this clip with confidence; use a clip that shows one person from head to toes."
NOBODY_IN_BOX = (
    "Nobody was found in that box with confidence; draw it round the whole person, in the frame that you mean."
)

#: The states of a frame: the person was found in it; was not, but a moment before and after; is not known.
SEEN, BRIDGED, LOST = "seen", "bridged", "lost"


@dataclass(frozen=True, repr=False)
class VideoAnalysis:
    """A clip of T frames of one person.

    Parameters
    ----------
    exercise : Exercise
        What was done.
    times : (T,) array
        Seconds in the clip, as its container says; not always evenly spaced.
    frames : (T,) int array
        Which pictures of the clip were analysed, counted from 0.
    pose2d : Pose2D
        Joints (T, 16, 2), smoothed, in pixels of the upright frames; NaN where nobody is known.
    pose3d : Pose3D
        Joints (T, 16, 3) in mm in the camera's axes.
    findings : tuple of Finding
        One for each check, with arrays (T,).
    repetitions : tuple of Repetition
        In their order.
    feedback : list of str
        Sentences about the clip, the most important first.
    image_size : (width, height)
        Pixels of the upright frames.
    state : (T,) array of str
        :data:`SEEN`, :data:`BRIDGED` or :data:`LOST`.
    track : (T,) int array
        Number of the unbroken stretch of one person, from 0; a cut or leaving the picture ends it. -1 where lost.
    drive : (T,) array
        Degrees of the driving angle as the repetitions were counted by; NaN where unknown and for a hold.
    source : Path, optional
        The clip, where it came from a file, so that its frames can be read again.
    notes : list of str
        What happened in the clip: cuts, the person leaving, frames that could not be read.
    field_of_view : float, optional
        Degrees that the frames' longer side shows, where that is known.
    """

    exercise: Exercise
    times: np.ndarray
    frames: np.ndarray
    pose2d: Pose2D
    pose3d: Pose3D
    findings: tuple[Finding, ...]
    repetitions: tuple[Repetition, ...]
    feedback: list[str]
    image_size: tuple[int, int]
    state: np.ndarray
    track: np.ndarray
    drive: np.ndarray
    source: Path | None = None
    notes: list[str] = field(default_factory=list)
    field_of_view: float | None = None

    @property
    def found(self) -> bool:
        """Whether there is a person in any frame."""
        return bool((self.state != LOST).any())

    def __repr__(self) -> str:
        return f"<VideoAnalysis of {self.exercise.name}, {len(self.times)} frames: {' '.join(self.feedback)}>"

    @property
    def fps(self) -> float:
        """Frames a second of what was analysed, in the median; NaN for a single frame."""
        return float(1 / np.median(np.diff(self.times))) if len(self.times) > 1 else np.nan

    @property
    def angles(self) -> pd.DataFrame:
        """One row for each frame, indexed by seconds.

        For each angle that the exercise checks, ``angles["left_knee"]`` has the columns ``degrees``, ``low`` and
        ``high`` (90 % interval) and ``verdict``. Where two checks ask for one angle, the verdict is that of the one
        that is judged in the frame.
        """
        return angle_table(self.times, self.findings)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each repetition, see :func:`fitlab.exercises.repetitions.repetition_table`."""
        return repetition_table(self.repetitions)


def angle_table(times: np.ndarray, findings: Sequence[Finding]) -> pd.DataFrame:
    """Findings (T,) of a clip side by side.

    Parameters
    ----------
    times : (T,) array
        Seconds.
    findings : sequence of Finding
        With arrays (T,).

    Returns
    -------
    DataFrame
        Indexed by ``seconds``; columns (angle, ``degrees`` | ``low`` | ``high`` | ``verdict``).
    """
    columns: dict[tuple[str, str], np.ndarray] = {}
    for finding in findings:
        name, judged = finding.check.angle, np.asarray(finding.reason) == ""
        for quantity in ("degrees", "low", "high"):
            columns.setdefault((name, quantity), np.asarray(getattr(finding, quantity)))
        verdict = np.asarray(finding.verdict).astype(object)
        key = (name, "verdict")
        columns[key] = np.where(judged, verdict, columns[key]) if key in columns else verdict
    index = pd.Index(times, name="seconds")
    return pd.DataFrame(columns, index=index) if columns else pd.DataFrame(index=index)


def analyze_video(
    clip: str | os.PathLike | Clip | np.ndarray | Iterable[np.ndarray],
    exercise: str | Exercise | None = None,
    height_mm: float | None = None,
    detector: str | Path | Detector = CLIP_DETECTOR,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float | None = None,
    start: float = 0.0,
    end: float = np.inf,
    stride: int = 1,
    fps: float = 30.0,
    progress: bool | Progress = False,
    box: Box | None = None,
    box_at: float | None = None,
) -> VideoAnalysis:
    """Count and judge the repetitions of an exercise in a clip.

    Parameters
    ----------
    clip : path, Clip, or frames (H, W, 3) uint8
        Whatever FFmpeg reads, upright or with a display matrix, of constant or variable frame rate; or pictures of one
        size in their order. It is read as a stream.
    exercise : str or Exercise, optional
        One of fitlab's by name, or one of the user's own; by default the one that is recognised in the clip.
    height_mm : float, optional
        The person's height, which fixes the scale of the 3D poses.
    detector, lifter
        As for :func:`fitlab.analysis.analyze_photo`.
    field_of_view : float, optional
        Degrees that the frames' longer side shows; 50 where it is not known.
    start, end : float
        Seconds between which the clip is analysed. A :class:`~fitlab.videos.Clip` and frames have their own.
    stride : int
        Only every so many frames.
    fps : float
        Frames a second where pictures are given.
    progress : bool or callable
        True for a bar on standard error, or a function of the frames done and expected; where that answers False, what
        was read so far is analysed.
    box : (left, top, right, bottom), optional
        Pixels round the person, where several are in the clip: until the picture is cut, nobody is followed who is
        first seen elsewhere.
    box_at : float, optional
        Seconds of the frame that the box is in; by default it is in the first one that is analysed.

    Returns
    -------
    VideoAnalysis
        With nobody in the clip, one without repetitions whose feedback says so.

    Raises
    ------
    fitlab.videos.VideoError
        In one sentence, for what is no clip, or one of a single frame.
    ValueError
        For an unknown exercise, where none was given and none is recognised, for a height that no person has, a field
        of view that no lens has, or a box outside the frames.
    """
    exercise = None if exercise is None else exercise_named(exercise)
    if height_mm is not None:
        check_height(height_mm)
    if field_of_view is not None:
        check_field_of_view(field_of_view)
    network = as_detector(detector)
    if isinstance(network, Landmarker):
        raise ValueError(f"{network.name} looks at single photos; for clips take {CLIP_DETECTOR}")
    if isinstance(clip, (str, os.PathLike)):
        clip = Clip(Path(clip), start, end, stride)
    if isinstance(clip, Clip):
        followed = follow(watched(clip, progress), network, (clip.width, clip.height), box, box_at)
        size, notes, source = (clip.width, clip.height), list(clip.notes), clip.path
        what = clip.name
    else:
        frames = _numbered(clip, fps)
        first = next(frames, None)
        if first is None:
            raise VideoError("there is no frame to analyse; give two pictures or more")
        size, notes, source, what = (first.image.shape[1], first.image.shape[0]), [], None, "the clip"
        followed = follow(_with_first(first, frames), network, size, box, box_at)
    if not len(followed.times) and isinstance(clip, Clip):
        raise VideoError(f"{what} shows nothing from {clip.start:g} s on: it is {clip.seconds:.1f} s long")
    if len(followed.times) < 2:
        raise VideoError(f"{what} has one frame in that range, and no movement; judge it as a photo")
    calibration = calibration_of(detector, lifter)
    analysis = analyze_poses(followed, size, exercise, height_mm, lifter, field_of_view, calibration)
    feedback = analysis.feedback + ([OTHER_MODELS] if calibration is None and analysis.found else [])
    if box is not None and not analysis.found:
        feedback = [NOBODY_IN_BOX]
    return replace(analysis, source=source, notes=[*analysis.notes, *notes], feedback=feedback)


def analyze_poses(
    followed: Followed,
    size: tuple[int, int],
    exercise: Exercise | None,
    height_mm: float | None = None,
    lifter: str | Path | Lifter = DEFAULT_LIFTER,
    field_of_view: float | None = None,
    calibration: Calibration | None = None,
) -> VideoAnalysis:
    """As :func:`analyze_video`, from joints that are already known frame by frame.

    Parameters
    ----------
    followed : Followed
        One person in T frames.
    size : (width, height)
        Pixels of the frames.
    exercise, height_mm, lifter, field_of_view
        As there.
    calibration : Calibration, optional
        Of the intervals.

    Returns
    -------
    VideoAnalysis
    """
    pose2d, state, track = steadied(followed, size)
    view = FIELD_OF_VIEW if field_of_view is None else field_of_view
    points3d = lift_tracks(pose2d, track, lifter, view)
    said: list[str] = []
    if exercise is None and (state != LOST).any():
        exercise = exercise_in_clip(points3d)
        said = [f"Recognised and judged as: {in_sentence(exercise.title)}."]
    exercise = exercise or NO_EXERCISE
    done = course(points3d.points, pose2d, followed.times, track, exercise)
    findings = clip_findings(pose2d, exercise, calibration, done.phase, track, lifter, view, done.shows)
    repetitions = records_of(done, findings, points3d.points, followed.times, exercise)
    found = bool((state != LOST).any())
    feedback = [*said, *clip_sentences(repetitions, exercise, done.instead)] if found else [NOBODY_IN_CLIP]
    if height_mm is not None and found:
        if np.isnan(body_height(points3d.points)).all():
            feedback.append(HEIGHT_NOT_USED)
        else:
            points3d = rescaled(points3d, height_mm)
    return VideoAnalysis(
        exercise,
        followed.times,
        followed.numbers,
        pose2d,
        points3d,
        findings,
        repetitions,
        feedback,
        size,
        state,
        track,
        done.signal,
        notes=_notes(followed, state, track),
        field_of_view=field_of_view,
    )


def _numbered(pictures: Iterable[np.ndarray], fps: float) -> Iterator[Frame]:
    if not fps > 0:
        raise ValueError(f"fps is frames a second, above 0; got {fps}")
    return iter(Frame(number, number / fps, checked_image(image)) for number, image in enumerate(pictures))


def _with_first(first: Frame, others: Iterable[Frame]) -> Iterable[Frame]:
    yield first
    for frame in others:
        if frame.image.shape != first.image.shape:
            raise VideoError(f"frame {frame.number} has another size than the first one; give frames of one size")
        yield frame


def steadied(followed: Followed, size: tuple[int, int]) -> tuple[Pose2D, np.ndarray, np.ndarray]:
    """The joints of all tracks, smoothed.

    Parameters
    ----------
    followed, size
        As for :func:`analyze_poses`.

    Returns
    -------
    pose2d : Pose2D
        (T, 16, 2) px.
    state : (T,) array of str
        :data:`SEEN`, :data:`BRIDGED` or :data:`LOST`.
    track : (T,) int array
        -1 where lost.
    """
    count = len(followed.times)
    state = np.full(count, LOST, dtype="<U8")
    raw = followed.pose2d
    if raw is None:
        nothing = np.full((count, len(MPII16), 2), np.nan)
        return Pose2D(nothing, np.zeros(nothing.shape[:-1]), size), state, np.full(count, -1)
    parts = {name: values.copy() for name, values in vars(raw).items() if isinstance(values, np.ndarray)}
    for number in np.unique(followed.track):
        rows = np.flatnonzero(followed.track == number)
        calm, bridged = steady(raw[rows], followed.times[rows])
        for name, values in parts.items():
            values[rows] = getattr(calm, name)
        known = np.isfinite(calm.points).all(-1).any(-1)
        state[rows[known]] = SEEN
        state[rows[bridged]] = BRIDGED
    track = np.where(state == LOST, -1, followed.track)
    smooth: dict[str, Any] = parts
    return seen_in_picture(replace(raw, **smooth)), state, track


def _notes(followed: Followed, state: np.ndarray, track: np.ndarray) -> list[str]:
    times, said = followed.times, []
    if followed.cuts:
        when = ", ".join(f"{second:.1f}" for second in followed.cuts)
        said.append(f"The picture is cut at {when} s; what comes after is another stretch.")
    if not (state != LOST).any():
        return said
    steps = np.gradient(times)
    known = np.flatnonzero(state != LOST)
    if times[known[0]] - times[0] > 0.5:
        said.append(f"Nobody is in the picture before {times[known[0]]:.1f} s.")
    if times[-1] - times[known[-1]] > 0.5:
        said.append(f"Nobody is followed after {times[known[-1]]:.1f} s.")
    between = np.flatnonzero(state[known[0] : known[-1]] == LOST) + known[0]
    if len(between):
        said.append(f"The person is lost for {steps[between].sum():.1f} s in between; those frames are not judged.")
    if (state == BRIDGED).any():
        said.append(f"{int((state == BRIDGED).sum())} frames without anybody are bridged from those round them.")
    others = len(set(track[track >= 0].tolist())) - 1 - len(followed.cuts)
    if others > 0:
        said.append(
            "Somebody is found anew after having been lost, perhaps another person; repetitions do not span that."
        )
    return said
