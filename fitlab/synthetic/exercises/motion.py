"""Movements: drawing what varies, posing people so that contacts rest on the floor, batches and clips.

A movement has two functions. ``draw`` chooses everything that does not change during a repetition (stance, grip,
depth, form error, asymmetry); ``pose`` builds the bodies for phases 0..1 of the repetition (0 start, 1 turning point).
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fitlab.skeletons import unknown
from fitlab.synthetic.exercises.posing import Posing
from fitlab.synthetic.people import body
from fitlab.synthetic.people.rig import BonePose, Rig, lowest, rig_of

NONE = "none"
#: Parameters that :func:`drifting` lets wander, degrees.
SWAYING = ("pelvis_turn", "pelvis_tilt", "chest_turn", "chest_tilt", "head_turn", "head_nod", "head_tilt")
#: A contact is solved when it is this close to the floor, metres.
TOLERANCE = 0.0015
#: A drawn pose is refused when a contact is farther off the floor, or any part deeper in it, metres.
FARTHEST_OFF, DEEPEST = 0.004, 0.02


class Draw:
    """Random choices for N people at once; also what the drawn repetition is meant to get wrong."""

    def __init__(self, rng: np.random.Generator, count: int, error: np.ndarray, grade: np.ndarray) -> None:
        self.rng, self.count, self.error, self.grade = rng, count, error, grade

    def uniform(self, low: float, high: float) -> np.ndarray:
        """A number for each person, evenly distributed.

        Parameters
        ----------
        low, high
            The range.

        Returns
        -------
        np.ndarray
            (N,).
        """
        return self.rng.uniform(low, high, self.count)

    def normal(self, deviation: float) -> np.ndarray:
        """A number for each person, normally distributed round 0.

        Parameters
        ----------
        deviation
            The standard deviation.

        Returns
        -------
        np.ndarray
            (N,).
        """
        return deviation * self.rng.standard_normal(self.count)

    def among(self, *options: str, weights: tuple[float, ...] | None = None) -> np.ndarray:
        """One of several words for each person.

        Parameters
        ----------
        *options
            The words.
        weights
            How often each is drawn, in proportion; None for equally often.

        Returns
        -------
        np.ndarray
            (N,) str.
        """
        return self.rng.choice(options, self.count, p=None if weights is None else np.array(weights) / sum(weights))

    def chance(self, probability: float) -> np.ndarray:
        """Whether something happens to each person.

        Parameters
        ----------
        probability
            0..1.

        Returns
        -------
        np.ndarray
            (N,) bool.
        """
        return self.rng.random(self.count) < probability

    def fault(self, name: str) -> np.ndarray:
        """How strongly each person makes a form error.

        Parameters
        ----------
        name
            Of the error.

        Returns
        -------
        np.ndarray
            (N,) grade 0..1, 0 for people who do not make it.
        """
        return np.where(self.error == name, self.grade, 0.0)


Parameters = dict
Lift = dict[str, np.ndarray]


@dataclass(frozen=True)
class Movement:
    """``draw(Draw, Rig) -> parameters`` and ``pose(Rig, parameters, phase (N,), lift) -> Posing``.

    lift    part -> (N,) metres by which to raise that part's contact: `solve` finds it.
    errors  names of the form errors that ``draw`` knows.
    still   it is held and has no depth: clips reach phase 1 in every repetition. Most stay as they are at any
            phase; the boat is taken up from the floor.
    possible  (Rig, BonePose) -> (N,) whether people can be in that pose; None where what is drawn always is
    """

    name: str
    draw: Callable[[Draw, Rig], Parameters]
    pose: Callable[[Rig, Parameters, np.ndarray, Lift], Posing]
    errors: tuple[str, ...] = ()
    still: bool = False
    possible: Callable[[Rig, BonePose], np.ndarray] | None = None


@dataclass(frozen=True)
class DrawnMotion:
    """Repetitions drawn for N people: who, what, how well."""

    movement: Movement
    rig: Rig
    parameters: Parameters
    error: np.ndarray
    grade: np.ndarray

    def take(self, people: np.ndarray) -> DrawnMotion:
        """The motion of some people.

        Parameters
        ----------
        people
            (M,) indices; one may occur more than once.

        Returns
        -------
        DrawnMotion
            Of M people.
        """
        parameters = {name: values[people] for name, values in self.parameters.items()}
        return DrawnMotion(self.movement, self.rig.take(people), parameters, self.error[people], self.grade[people])


def draw_motion(movement: Movement, rig: Rig, rng: np.random.Generator, error: str | None = None) -> DrawnMotion:
    """Draw one repetition for each person.

    Parameters
    ----------
    movement, rig
        What is done, and by whom.
    rng
        What everything random is drawn from.
    error
        The form error; where None, 45 % make one.

    Returns
    -------
    DrawnMotion

    Raises
    ------
    ValueError
        If the movement does not have that error.
    """
    count = len(rig)
    if error not in (None, NONE, *movement.errors):
        raise ValueError(unknown(error, (NONE, *movement.errors), f"form error of {movement.name}"))
    if error is None:
        wrong = rng.random(count) < 0.45
        errors = rng.choice(movement.errors or (NONE,), count)
        errors = np.where(wrong, errors, NONE)
    else:
        errors = np.full(count, error, dtype=object)
    grade = np.where(errors == NONE, 0.0, rng.uniform(0.15, 1, count))
    parameters = movement.draw(Draw(rng, count, errors, grade), rig)
    return DrawnMotion(movement, rig, parameters, errors, grade)


def solve(motion: DrawnMotion, phase: np.ndarray, passes: int = 9) -> tuple[BonePose, np.ndarray]:
    """Pose a motion so that every contact lies on the floor and none sinks in.

    Each pass moves the contacts by what they were off. People who are done drop out.

    Parameters
    ----------
    motion
        Of N people.
    phase
        (N,) 0 start, 1 turning point.
    passes
        The most passes.

    Returns
    -------
    BonePose
        Of N people.
    numpy.ndarray
        (N,) metres, how far off each person's worst contact is: above TOLERANCE where there is no solution.
    """
    count = len(motion.rig)
    lift: dict[str, np.ndarray] = {}
    active, pose, residual = np.arange(count), None, np.zeros(count)
    for _ in range(passes):
        part = motion if len(active) == count else motion.take(active)
        known = {name: values[active] for name, values in lift.items()}
        lifted = defaultdict(functools.partial(np.zeros, len(active)), known)
        posing = motion.movement.pose(part.rig, part.parameters, phase[active], lifted)
        posed = posing.pose()
        if pose is None:
            pose = posed
        else:
            for whole, some in ((pose.rotations, posed.rotations), (pose.root, posed.root), (pose.heads, posed.heads)):
                whole[active] = some
        off = np.zeros(len(active))
        for name, contact in posing.contacts.items():
            gap = np.where(contact.where, lowest(part.rig, posed, name), 0)
            moved = lifted[name] - gap
            moved = np.where(contact.only_up, np.maximum(moved, 0), moved)
            off = np.maximum(off, np.abs(moved - lifted[name]))
            lift.setdefault(name, np.zeros(count))[active] = moved
        residual[active] = off
        active = active[off > TOLERANCE]
        if not len(active):
            break
    return pose, residual  # type: ignore[return-value]


def acceptable(motion: DrawnMotion, pose: BonePose, residual: np.ndarray) -> np.ndarray:
    """Whether every contact is on the floor, nothing sinks into it, and the pose is possible.

    Parameters
    ----------
    motion
        Of N people.
    pose
        Of the same people.
    residual
        (N,) metres that a contact is off the floor.

    Returns
    -------
    np.ndarray
        (N,) bool.
    """
    good = (residual <= FARTHEST_OFF) & (lowest(motion.rig, pose, "ground") > -DEEPEST)
    return good if motion.movement.possible is None else good & motion.movement.possible(motion.rig, pose)


def draw_rig(people: np.ndarray) -> tuple[Rig, np.ndarray]:
    """Measures of people by their numbers.

    Parameters
    ----------
    people
        (N,) person numbers.

    Returns
    -------
    tuple of (Rig, np.ndarray)
        The rig, and phenotypes (N, 6), 0..1.
    """
    phenotypes = body.draw_phenotypes(people)
    return rig_of(body.shape_coefficients(phenotypes), np.zeros(len(people))), phenotypes


def phase_over_time(
    rng: np.random.Generator, repetitions: int, fps: float, still: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Repetitions over time: down and up at a tempo of the person's own, pauses at either end.

    Parameters
    ----------
    rng
        What tempo and pauses are drawn from.
    repetitions
        How many.
    fps
        Frames a second.
    still
        Each repetition goes all the way, as for exercises that are held.

    Returns
    -------
    tuple of (np.ndarray, np.ndarray)
        Phases (T,) 0..1, and the numbers of the repetitions (T,), -1 before the first.
    """
    down, up = rng.uniform(0.6, 2.2, 2)
    pause_low, pause_high = rng.uniform(0, 0.8, 2)
    phase, number = [np.zeros(round(0.5 * fps))], [np.full(round(0.5 * fps), -1)]
    for k in range(repetitions):
        tempo, depth = rng.uniform(0.88, 1.15), 1.0 if still else rng.uniform(0.93, 1.0)
        parts = [
            depth * _ease(max(round(down * tempo * fps), 2)),
            np.full(round(pause_low * tempo * fps), depth),
            depth * (1 - _ease(max(round(up * tempo * fps), 2))),
            np.zeros(round(pause_high * tempo * fps)),
        ]
        phase += parts
        number.append(np.full(sum(map(len, parts)), k))
    return np.concatenate(phase), np.concatenate(number)


def _ease(frames: int) -> np.ndarray:
    """From 0 to 1 in ``frames`` steps, starting and ending at rest."""
    t = np.arange(1, frames + 1) / frames
    return t * t * (3 - 2 * t)


def drifting(motion: DrawnMotion, rng: np.random.Generator, frames: int, fps: float) -> DrawnMotion:
    """A motion of one person over ``frames``; trunk and head wander slowly, as nobody holds still."""
    moving = motion.take(np.zeros(frames, int))
    time = np.arange(frames) / fps
    for name in SWAYING:
        if name in moving.parameters:
            rates, offsets = rng.uniform(0.1, 0.6, 3), rng.uniform(0, 2 * np.pi, 3)
            wander = np.sin(2 * np.pi * rates * time[:, None] + offsets).sum(1)
            moving.parameters[name] = moving.parameters[name] + wander * (2.0 if name.startswith("head") else 0.5)
    return moving
