"""One person, dressed and posed, ready to be put into a scene."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitlab.synthetic.exercises.catalogue import movement_named
from fitlab.synthetic.exercises.motion import NONE, DrawnMotion, acceptable, draw_motion, solve
from fitlab.synthetic.people import body
from fitlab.synthetic.people.body import body_model
from fitlab.synthetic.people.rig import BonePose, Rig, rig_of
from fitlab.synthetic.rendering import wear

#: How often a pose is drawn before the last one is taken as it is.
TRIES = 12


@dataclass(frozen=True)
class Mirror:
    """An upright plane: the points whose product with ``normal`` (3,) is ``offset`` (metres)."""

    normal: np.ndarray
    offset: float

    def reflect(self, points: np.ndarray) -> np.ndarray:
        """Where points are seen in the mirror.

        Parameters
        ----------
        points
            (..., 3) metres.

        Returns
        -------
        np.ndarray
            (..., 3) metres.
        """
        return points + 2 * (self.offset - points @ self.normal)[..., None] * self.normal


@dataclass(frozen=True)
class Person:
    """One dressed and posed person: rig and pose have N = 1. With a ``mirror`` it is the person in that mirror."""

    number: int
    phenotype: np.ndarray
    rest: np.ndarray
    rig: Rig
    outfit: wear.Outfit
    motion: DrawnMotion
    phase: float
    pose: BonePose
    place: np.ndarray
    heading: np.ndarray
    mirror: Mirror | None = None

    def moved(self, points: np.ndarray) -> np.ndarray:
        """Points from where the person was posed to where the person is in the room.

        See :meth:`Mirror.reflect` for the parameters and answer.
        """
        there = points @ self.heading.T + self.place
        return there if self.mirror is None else self.mirror.reflect(there)

    def skinned(self, points: np.ndarray, vertices: np.ndarray) -> np.ndarray:
        """Where points at rest are in the room.

        Parameters
        ----------
        points
            (P, 3) metres, at rest.
        vertices
            (P,) numbers of the body's vertices, with which they move.

        Returns
        -------
        np.ndarray
            (P, 3) metres.
        """
        weights = body_model().weights[vertices]
        posed = body.skin(points[None], weights, self.rig.heads, self.pose.rotations, self.pose.heads)[0]
        return self.moved(posed)


def draw_person(
    rng: np.random.Generator,
    number: int,
    exercise: str,
    error: str | None = None,
    phase: float | None = None,
    place: np.ndarray | None = None,
    heading: float = 0.0,
) -> Person:
    """Dress and pose a person. Poses that are not possible are drawn again.

    Parameters
    ----------
    rng
        What everything random is drawn from.
    number
        Of the person: the same number gives the same body.
    exercise, error, phase
        Name of the movement, its form error and its phase 0..1; None draws the last two.
    place, heading
        (3,) metres and degrees: where the person is in the room.

    Returns
    -------
    Person
    """
    phenotype = body.draw_phenotypes(np.array([number]))
    coefficients = body.shape_coefficients(phenotype)
    rest = body.rest_vertices(coefficients)[0].astype(float)
    outfit = wear.dress(rng, rest, woman=phenotype[0, 0] > 0.5)
    rig = rig_of(coefficients, np.array([outfit.sole]))
    for _ in range(TRIES):
        motion = draw_motion(movement_named(exercise), rig, rng, error)
        now = rng.random() if phase is None else phase
        if phase is None and motion.error[0] != NONE:
            now = max(now, rng.random())
        pose, residual = solve(motion, np.array([now]))
        if acceptable(motion, pose, residual)[0]:
            break
    place = np.zeros(3) if place is None else place
    c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return Person(number, phenotype[0], rest, rig, outfit, motion, float(now), pose, place, turned)


def at_phase(person: Person, motion: DrawnMotion, phase: float) -> Person:
    """The same person at another phase of a motion for N = 1."""
    pose, _ = solve(motion, np.array([phase]))
    return replace(person, motion=motion, phase=phase, pose=pose)
