"""What a FormCheck asks about photos and clips, and the answers, away from what shows them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from fitlab_widgets.clip_frames import KeptClip
from fitlab_widgets.person_choice import NobodyThereError, person_at
from fitlab_widgets.worker import Step

from fitlab.analysis import PhotoAnalysis, analyze_pose
from fitlab.clip_changes import frame_as_photo, judged_as
from fitlab.detection.company import box_of, other_person
from fitlab.detection.detector import Box, detect
from fitlab.exercises.recognition import exercise_in_clip
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Repetition
from fitlab.moments import judge_burst, judged_moment
from fitlab.poses import Pose2D
from fitlab.video_analysis import VideoAnalysis, analyze_video
from fitlab.videos import Clip

#: Frames a second of a clip that are looked at: enough for repetitions of a second, and half the time.
CLIP_RATE = 15.0
# One model serves every widget of a kernel, one question at a time.
_MODEL = threading.RLock()


@dataclass(frozen=True)
class JudgedClip:
    """A clip's file, its analysis, the pictures of its frames, and the frame that is judged as a photo."""

    path: Path
    video: VideoAnalysis
    frames: list[bytes]
    moment: int
    image: np.ndarray
    proposal: str = ""


@dataclass(frozen=True)
class Question:
    """What is to be analysed: a photo, joints in it that are known, photos in a row, or a clip, perhaps judged before.

    name  of the photo or clip, as it is shown
    box   (left, top, right, bottom) round the person in the photo, or a tap on them; ``others`` are the person who was
          judged before and somebody else who is known to be there. Of a clip the photo is the frame at ``box_at``
          seconds, in which they were pointed at
    """

    exercise: Exercise
    photo: np.ndarray | None = None
    field_of_view: float | None = None
    pose2d: Pose2D | None = None
    name: str = ""
    box: Box | None = None
    others: tuple[Pose2D, Pose2D] | None = None
    box_at: float | None = None
    burst: tuple[np.ndarray, ...] = ()
    clip: Path | None = None
    judged: JudgedClip | None = None


@dataclass(frozen=True)
class Answer:
    """A photo's analysis; the clip that it is from; and which moment it is, in a sentence."""

    photo: PhotoAnalysis
    clip: JudgedClip | None = None
    words: str = ""


def unheard(share: float, words: str) -> None:
    """The step of a job that nobody waits for."""


def looking(name: str) -> str:
    """What is said while joints are looked for."""
    return f"Looking for the joints in {name} ..."


def answer(question: Question, step: Step = unheard) -> Answer:
    """Analyse what is asked about.

    Raises
    ------
    NobodyThereError
        Where a tap or a box means nobody; others as :func:`fitlab.analysis.analyze_photo` and ``analyze_video``.
    """
    # Whoever judges joints anew waits for the model while it holds the lock that a step takes: no step under _MODEL.
    if question.clip is not None or question.judged is not None:
        return _of_clip(question, step)
    if question.burst:
        step(0.0, looking(question.name))
        with _MODEL:
            number, best = judge_burst(question.burst, question.exercise)
        return Answer(
            best, words=f"Of the {len(question.burst)} photos, number {number + 1} shows the moment to judge."
        )
    photo, pose2d = question.photo, question.pose2d
    assert photo is not None
    if pose2d is None:
        step(0.0, looking(question.name))
        if question.box is None:
            with _MODEL:
                pose2d = detect(photo)
        else:
            pose2d = _pointed_at(question)
        step(0.7, f"Measuring the angles in {question.name} ...")
    with _MODEL:
        found = analyze_pose(photo, pose2d, question.exercise, field_of_view=question.field_of_view)
    return Answer(found)


def _pointed_at(question: Question) -> Pose2D:
    with _MODEL:
        pose2d = person_at(question.photo, question.box, *question.others or ())
    if not pose2d.found:
        raise NobodyThereError
    return pose2d


def somebody_beside(analysis: PhotoAnalysis, step: Step = unheard) -> Pose2D | None:
    """Who else is in the photo of an analysis.

    Parameters
    ----------
    analysis
    step
        Not called: it is one step.

    Returns
    -------
    Pose2D or None
        (16, 2) px.
    """
    with _MODEL:
        return other_person(analysis.photo, analysis.pose2d)


def _of_clip(question: Question, step: Step) -> Answer:
    # The model is asked frame by frame without _MODEL, as a clip takes long and photos are judged in between.
    judged = question.judged
    if judged is None:
        judged = _analyzed(question, step)
    else:
        video = judged_as(judged.video, question.exercise)
        moment = judged_moment(video)
        same = moment == judged.moment
        image = judged.image if same else _frame(judged.path, video, moment)
        judged = replace(judged, video=video, moment=moment, image=image)
    return Answer(shown_moment(judged, question.exercise), judged, which_moment(judged))


def shown_moment(judged: JudgedClip, exercise: Exercise) -> PhotoAnalysis:
    """The frame of a clip that is judged, as a photo; by itself where it is in no repetition.

    Parameters
    ----------
    judged
    exercise
        What the clip is judged as.

    Returns
    -------
    PhotoAnalysis
    """
    video, moment = judged.video, judged.moment
    with _MODEL:
        if any(each.start_frame <= moment <= each.end_frame for each in video.repetitions):
            return frame_as_photo(video, moment, judged.image)
        return analyze_pose(judged.image, video.pose2d[moment], exercise)


def _analyzed(question: Question, step: Step) -> JudgedClip:
    clip = KeptClip(question.clip)
    clip.stride = max(round(clip.fps / CLIP_RATE), 1) if np.isfinite(clip.fps) else 1

    def watched(done: int, expected: int | None) -> None:
        of = f" of {max(expected, done)}" if expected else ""
        share = min(0.95 * done / expected, 0.95) if expected else 0.5
        step(share, f"Looking for the joints in {question.name}, frame {done}{of} ...")

    box = None if question.box is None else box_of(_pointed_at(question))
    video = analyze_video(clip, question.exercise, progress=watched, box=box, box_at=question.box_at)
    if box is not None and not video.found:
        raise NobodyThereError
    step(0.97, f"Judging the repetitions in {question.name} ...")
    moment = judged_moment(video)
    try:
        proposal = exercise_in_clip(video.pose3d).name if video.found else ""
    except ValueError:
        proposal = ""
    return JudgedClip(clip.path, video, clip.frames_of(video), moment, _frame(clip.path, video, moment), proposal)


def _frame(path: Path, video: VideoAnalysis, index: int) -> np.ndarray:
    """A frame of the clip as large as it is."""
    return Clip(path).frame_at(float(video.times[index])).image


def which_moment(judged: JudgedClip) -> str:
    """Which frame of a clip is shown, in a sentence."""
    video, second = judged.video, judged.video.times[judged.moment]
    of = next((each for each in video.repetitions if each.start_frame <= judged.moment <= each.end_frame), None)
    if of is None:
        return f"Shown is the frame at {second:.1f} s." if video.found else ""
    turn = ", where it turns" if of.turn_frame == judged.moment and "hold" not in of.tempo else ""
    return f"Shown is {_name(of)} at {second:.1f} s{turn}."


def _name(repetition: Repetition) -> str:
    return f"{'hold' if 'hold' in repetition.tempo else 'repetition'} {repetition.number}"
