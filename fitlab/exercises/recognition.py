"""Pose3D -> what somebody does: an exercise, a posture, or nothing that is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fitlab.exercises.definition import load_exercises
from fitlab.exercises.features import FEATURES, body_axes, features
from fitlab.exercises.records import Exercise
from fitlab.exercises.words import in_sentence, spoken, with_article
from fitlab.models.catalogue import RECOGNISER
from fitlab.poses import SEEN, Pose3D, check_lift16
from fitlab.skeletons import LIFT16, unknown
from fitlab.weights import registry

DEFAULT_RECOGNISER = "recogniser"

#: The answer where nothing is likely enough; among the classes, everything that has no name here.
UNKNOWN = "unknown"
#: What people do who do no exercise.
POSTURES = ("standing", "sitting", "lying", "kneeling")
#: Where an exercise begins, if that does not look like its far point: what is learnt -> the exercise.
BEGINNINGS = {"push_up_top": "push_up", "press_bottom": "overhead_press"}
#: A name that is less probable is not given.
LEAST = 0.5
#: Stands for an exercise where none was chosen or recognised.
NO_EXERCISE = Exercise(UNKNOWN, "No exercise", "", (), ())
#: An exercise that is less probable is contradicted, whether what is done instead has a name or not.
IMPROBABLE = 0.005
#: The same of all repetitions of a clip together. Of 59 synthetic clips of training people, 4 to 7 of each exercise,
#: the least that an exercise had of its own repetitions was 0.23.
IMPROBABLE_IN_CLIP = 0.05
#: Of a clip; see :meth:`Recognition.pooled`.
EXERCISING = 0.2

_TITLES = {"push_up": "push-up", "sit_up": "sit-up"} | {name: f"{name} pose" for name in ("boat", "tree", "warrior")}


@dataclass(frozen=True)
class Recognition:
    """What somebody does, in one pose or in every frame of a clip.

    Parameters
    ----------
    names : tuple of C str
        Everything that is told apart; the last one, ``unknown``, is everything else.
    probabilities : (..., C) array
        They add up to 1; NaN where there is no trunk to tell anything by.
    beginning : (..., C) array, optional
        How much of each is that the exercise is where it begins, as at the top of a push-up (:data:`BEGINNINGS`); 0
        where its phases are not told apart.
    improbable : float
        Below it an exercise is contradicted.
    """

    names: tuple[str, ...]
    probabilities: np.ndarray
    beginning: np.ndarray | None = None
    improbable: float = IMPROBABLE

    def __getitem__(self, frame: Any) -> Recognition:
        """That of one frame, or of a slice of frames, of a clip."""
        beginning = None if self.beginning is None else self.beginning[frame]
        return replace(self, probabilities=self.probabilities[frame], beginning=beginning)

    @property
    def name(self) -> Any:
        """The most probable one, ``unknown`` where it has less than :data:`LEAST`: a str, or an array (...) of str."""
        likely = np.nan_to_num(self.probabilities)
        name = np.where(likely.max(-1) >= LEAST, np.array(self.names)[likely.argmax(-1)], UNKNOWN)
        return name if name.ndim else str(name)

    @property
    def probability(self) -> Any:
        """That of the most probable one, whether its name is given or not: a float, or an array (...)."""
        best = self.probabilities.max(-1)
        return best if best.ndim else float(best)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each name, the most probable first; of a clip one row for each frame, a column for each name."""
        if self.probabilities.ndim > 1:
            return pd.DataFrame(self.probabilities.reshape(-1, len(self.names)), columns=list(self.names))
        table = pd.DataFrame({"name": self.names, "probability": self.probabilities})
        return table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)

    def of(self, name: str) -> Any:
        """The probability of one name.

        Parameters
        ----------
        name
            Of ``names``.

        Returns
        -------
        float or np.ndarray
            (...) from 0 to 1.

        Raises
        ------
        ValueError
            For a name that is not told apart, with suggestions.
        """
        if name not in self.names:
            raise ValueError(unknown(name, self.names, "exercise to recognise"))
        return self.probabilities[..., self.names.index(name)]

    def pooled(self) -> Recognition:
        """What the whole clip shows, one probability for each name over all leading axes.

        The mean over the frames that tell anything. Whoever exercises passes through a posture at the start of every
        repetition, so postures only count where exercises have less than :data:`EXERCISING` of the probability.
        """
        frames = self.probabilities.reshape(-1, len(self.names))
        frames = frames[~np.isnan(frames).any(-1)]
        if not len(frames):
            return Recognition(self.names, np.full(len(self.names), np.nan), improbable=IMPROBABLE_IN_CLIP)
        mean = frames.mean(0)
        posture = np.isin(self.names, POSTURES)
        if mean[~posture & (np.array(self.names) != UNKNOWN)].sum() >= EXERCISING:
            mean = np.where(posture, 0.0, mean)
        return Recognition(self.names, mean / mean.sum(), improbable=IMPROBABLE_IN_CLIP)

    def repeated(self, count: int) -> Recognition:
        """That of one pose or of a whole clip, for each of ``count`` frames."""
        return replace(self, probabilities=np.tile(self.probabilities, (count, 1)))

    def begins(self, name: str) -> np.ndarray:
        """How probable it is that an exercise, if it is that, is where it begins.

        Parameters
        ----------
        name : str
            Of the exercise.

        Returns
        -------
        (...) array
            0 where that is not told apart.
        """
        if self.beginning is None or name not in self.names:
            return np.zeros(self.probabilities.shape[:-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.nan_to_num(self.beginning[..., self.names.index(name)] / self.of(name))


def something_else(
    recognition: Recognition | None, exercise: Exercise, phase: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether people plainly do something else than ``exercise``, and what.

    An exercise of the user's own, which is not told apart, is never contradicted; nor is an upright one by somebody who
    stands and may not have begun. A variant is as its exercise.

    Parameters
    ----------
    recognition : Recognition, optional
        Where it is None, nothing is contradicted.
    exercise : Exercise
        The chosen one.
    phase : (...) array
        As :meth:`fitlab.exercises.records.Exercise.phase` tells it.

    Returns
    -------
    other : (...) bool array
    why : (...) array of str
        In words, without the full stop.
    """
    chosen = exercise.variant_of or exercise.name
    if recognition is None or chosen not in recognition.names:
        return np.zeros(phase.shape, bool), np.full(phase.shape, "")
    name = np.asarray(recognition.name)
    with np.errstate(invalid="ignore"):
        other = recognition.of(chosen) < recognition.improbable
    other &= ~((name == "standing") & (phase != "end") & (exercise.posture == "upright"))
    known, which = np.unique(name, return_inverse=True)
    return other, np.array([_instead(one, exercise) for one in known.tolist()])[which.reshape(name.shape)]


def looks_more_like(recognition: Recognition, exercise: Exercise) -> str:
    """What a pose looks more like than the chosen exercise, which it may still be.

    Parameters
    ----------
    recognition : Recognition
        Of one pose.
    exercise : Exercise
        A variant is as its exercise.

    Returns
    -------
    str
        A sentence; empty for a posture, or where nothing has a name, or the exercise is not told apart.
    """
    chosen, name = exercise.variant_of or exercise.name, recognition.name
    if chosen not in recognition.names or name in (chosen, UNKNOWN, *POSTURES):
        return ""
    return f"But {seen_as(name).replace('like', 'more like')} than {with_article(in_sentence(exercise.title))}."


def recognised_as(recognition: Recognition | None, exercise: Exercise) -> np.ndarray:
    """Whether poses are recognised as an exercise.

    Parameters
    ----------
    recognition : Recognition, optional
    exercise : Exercise
        A variant is as its exercise.

    Returns
    -------
    (...) bool array
        True too where nothing is recognised, or the exercise is not told apart.
    """
    chosen = exercise.variant_of or exercise.name
    if recognition is None or chosen not in recognition.names:
        return np.ones((), bool)
    with np.errstate(invalid="ignore"):
        return ~(recognition.of(chosen) < LEAST)


def proposed(recognition: Recognition) -> tuple[Exercise, str]:
    """The exercise to judge a pose by whose exercise nobody has chosen, and a sentence about it.

    Parameters
    ----------
    recognition : Recognition
        Of one pose.

    Returns
    -------
    Exercise
        One of fitlab's; :data:`NO_EXERCISE`, which has no checks, where none of them is recognised.
    str
    """
    known, name = load_exercises(), recognition.name
    if name in known:
        return known[name], f"{_capital(seen_as(name))}, and is judged as that."
    titles = [in_sentence(one.title) for one in known.values() if not one.variant_of]
    choose = f"choose one that can be judged: {', '.join(titles)}."
    if name == UNKNOWN:
        return NO_EXERCISE, f"Which exercise this is cannot be told; {choose}"
    targets = "" if name in POSTURES else ", which has no targets here"
    return NO_EXERCISE, f"{_capital(seen_as(name))}{targets}; {choose}"


def exercise_in_clip(poses: Pose3D) -> Exercise:
    """The exercise of fitlab's that a clip (T, 16, 3) shows.

    Parameters
    ----------
    poses : Pose3D

    Returns
    -------
    Exercise

    Raises
    ------
    ValueError
        Where none of them is recognised, with those that can be named.
    """
    known = load_exercises()
    pooled = recognise_clip(poses)
    if pooled.name in known:
        return known[pooled.name]
    titles = ", ".join(name for name, one in known.items() if not one.variant_of)
    raise ValueError(f"which exercise the clip shows cannot be told; name one of {titles}")


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _instead(name: str, exercise: Exercise) -> str:
    chosen = with_article(in_sentence(exercise.title))
    return f"this does not look like {chosen}" if name == UNKNOWN else f"{seen_as(name)}, not {chosen}"


def seen_as(name: str) -> str:
    """What a name that is told apart says of a photo: ``this looks like a push-up`` for ``push_up``."""
    if name in POSTURES:
        return f"this looks like somebody {name}{' (or the picture is on its side)' if name == 'lying' else ''}"
    return f"this looks like {with_article(_TITLES.get(name, spoken(name)))}"


def recognise(pose: Pose3D, recogniser: str | Path = DEFAULT_RECOGNISER) -> Recognition:
    """Tell what somebody does: one of fitlab's exercises or another one, or stands, sits, lies or kneels.

    The probabilities are calibrated for people of whom few do nothing that is known here (docs/recognition.md).

    Parameters
    ----------
    pose : Pose3D
        One pose (16, 3) in LIFT16 and mm, a clip (T, 16, 3), or any other leading axes.
    recogniser : str or Path
        One of the registry, or a file that a training wrote.

    Returns
    -------
    Recognition
        With the leading axes of the pose.

    Raises
    ------
    ValueError
        For a pose in another skeleton than LIFT16.
    """
    import torch

    check_lift16(pose)
    network = load_recogniser(recogniser)
    points = np.where((pose.score >= SEEN)[..., None], pose.points, np.nan)
    mirrored = points[..., list(LIFT16.mirror), :] * np.array([-1.0, 1.0, 1.0])
    both = np.stack([points, mirrored])
    rows = torch.from_numpy(features(both).reshape(-1, FEATURES).astype(np.float32))
    with torch.inference_mode():
        shares = network(rows).softmax(-1).numpy().astype(float)
    shares = shares.reshape(*both.shape[:-2], shares.shape[-1]).mean(0)
    trunkless = np.isnan(body_axes(points)).any((-2, -1))
    return by_exercise(network.names, np.where(trunkless[..., None], np.nan, shares))


def by_exercise(learnt: tuple[str, ...], shares: np.ndarray) -> Recognition:
    """Probabilities of what was learnt as those of exercises: the beginning of one counts as that exercise.

    Parameters
    ----------
    learnt : names
        With some of :data:`BEGINNINGS` among them.
    shares : (..., C) array
        The probability of each.

    Returns
    -------
    Recognition
    """
    names = tuple(name for name in learnt if name not in BEGINNINGS)
    whole, beginning = shares[..., [learnt.index(name) for name in names]], np.zeros((*shares.shape[:-1], len(names)))
    for begun, name in BEGINNINGS.items():
        if begun in learnt:
            beginning[..., names.index(name)] = shares[..., learnt.index(begun)]
    return Recognition(names, whole + beginning, beginning)


def recognise_clip(poses: Pose3D, recogniser: str | Path = DEFAULT_RECOGNISER) -> Recognition:
    """Tell what the person in a clip does: :func:`recognise` in each frame, pooled over all of them.

    Parameters
    ----------
    poses
        (T, 16, 3) mm, LIFT16, in camera axes.
    recogniser
        Name or path of its weights.

    Returns
    -------
    Recognition
        One for the clip.
    """
    return recognise(poses, recogniser).pooled()


def load_recogniser(name: str | Path = DEFAULT_RECOGNISER) -> Any:
    """The network (:class:`fitlab.models.recogniser.Recogniser`) of the registry, or in a file that a training wrote.

    Raises
    ------
    ValueError
        For an unknown name, or weights that are not right.
    FileNotFoundError
        Where the weights are not here.
    """
    if registry.is_file_name(name):
        return registry.network(registry.find(name, RECOGNISER))
    return _known_recogniser(str(name))


@cache
def _known_recogniser(name: str) -> Any:
    return registry.network(registry.find(name, RECOGNISER))
