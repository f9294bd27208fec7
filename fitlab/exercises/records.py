"""What an exercise is: the angles that count, what they should be, and what to say when they are not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fitlab.angles import MEASURES, Measure, angle_between, measure, point
from fitlab.exercises.certainty import Certainty, own_certainty
from fitlab.skeletons import both_sides, side_of, unknown, without_side

PHASES = ("start", "end", "any")
SEVERITIES = ("risk", "form")
#: From how many to how many degrees the line from the knees to the thorax may be off the picture's vertical. The two
#: overlap: a camera that looks down sees lying people upright to a degree, and the other way round.
POSTURES = {"upright": (0.0, 85.0), "lying": (25.0, 180.0)}
#: The ways in which a repetition can begin.
WAYS = ("down", "up")


@dataclass(frozen=True)
class Check:
    """One angle that should lie in a range.

    Parameters
    ----------
    angle : str
        The shown name; a named angle where ``joints`` is empty.
    phase : str
        One of :data:`PHASES`: when it is judged.
    low, high : float
        Degrees; outside them the sentence ``below`` or ``above`` is said.
    below, above : str
        The advice.
    severity : str
        One of :data:`SEVERITIES`.
    source : str
        Where the range comes from.
    joints : tuple of str
        The free triplet where the angle has no name of its own.
    """

    angle: str
    phase: str
    low: float
    high: float
    below: str
    above: str
    severity: str
    source: str
    joints: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """The measure that the check is of: its free angle, or its named one.

        Returns
        -------
        Measure

        Raises
        ------
        ValueError
            For an unknown name, as :func:`fitlab.angles.measure`.
        """
        return measure(self.joints or self.angle)

    @property
    def limits(self) -> tuple[float, float]:
        """``low`` and ``high``, infinite where the range reaches the end of what the angle can be."""
        least, most = possible_degrees(self.measure)
        return -np.inf if self.low <= least else self.low, np.inf if self.high >= most else self.high

    @property
    def has_target(self) -> bool:
        """Whether any angle is outside the range; one that may be anything is measured and not judged."""
        return bool(np.isfinite(self.limits).any())

    @property
    def target(self) -> str:
        """In degrees: ``45 to 100``, or ``at least 160`` where the range reaches the end of what the angle can be."""
        floor, ceiling = self.limits
        if np.isinf(floor) and np.isfinite(ceiling):
            return f"at most {self.high:g}"
        if np.isinf(ceiling) and np.isfinite(floor):
            return f"at least {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Exercise:
    """What a good repetition of one exercise is; see the head of exercises.toml for the fields.

    Parameters
    ----------
    name, title : str
        What the user types, and what is shown.
    camera : str
        Where to put the camera and when to take the photo, in a sentence.
    must_see : tuple of str
        The joints without which nothing is judged.
    checks : tuple of Check
    drive : str
        The angle that drives the repetition; empty for a hold.
    start, end : float
        Degrees of the driving angle. In one photo what is surely past the middle between them is judged as the far
        point, and what is before ``start`` as not begun.
    posture : str
        ``upright`` or ``lying``, see :data:`POSTURES`; empty for any.
    variant_of : str
        The name of the exercise that this is a variant of; empty for none.
    certainty : Certainty
        How probable a verdict must be before it is given.
    begins : str
        ``down`` or ``up``: the way of the body or the weight from ``start`` to ``end``.
    """

    name: str
    title: str
    camera: str
    must_see: tuple[str, ...]
    checks: tuple[Check, ...]
    drive: str = ""
    start: float = np.nan
    end: float = np.nan
    posture: str = ""
    variant_of: str = ""
    begins: str = "down"
    certainty: Certainty = field(default_factory=own_certainty)

    @property
    def drive_measure(self) -> Measure:
        """The driving angle as one that is measured, of the joints of both sides."""
        sides = [MEASURES[name] for name in measured_sides(self.drive)]
        joints = dict.fromkeys(joint for side in sides for joint in side.joints)
        return Measure(tuple(joints), self.drive_angle, signed=any(side.signed for side in sides))

    def drive_angle(self, points: np.ndarray) -> np.ndarray:
        """Degrees of the angle that drives the repetition: the mean of the sides that are known.

        Parameters
        ----------
        points
            (..., 16, 3) LIFT16, in any unit.

        Returns
        -------
        np.ndarray
            (...) degrees, NaN where no side is known.
        """
        sides = np.stack([MEASURES[name].compute(points) for name in measured_sides(self.drive)])
        known = ~np.isnan(sides)
        total = np.where(known, sides, 0).sum(0)
        return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)

    def contradicts_posture(self, points: np.ndarray) -> np.ndarray:
        """Whether poses certainly are in the other posture.

        See :meth:`drive_angle` for the parameters.

        Returns
        -------
        np.ndarray
            (...) bool.
        """
        if not self.posture:
            return np.zeros(points.shape[:-2], bool)
        least, most = POSTURES[self.posture]
        tilt = angle_between(point(points, "thorax") - point(points, "mid_knees"), np.array([0.0, -1.0, 0.0]))
        with np.errstate(invalid="ignore"):
            return (tilt < least) | (tilt > most)

    def at_start(self, points: np.ndarray) -> np.ndarray:
        """Whether the repetition has not begun: the driving angle is beyond ``start`` as seen from ``end``.

        See :meth:`drive_angle` for the parameters.

        Returns
        -------
        np.ndarray
            (...) bool.
        """
        if not self.drive:
            return np.zeros(points.shape[:-2], bool)
        angle = self.drive_angle(points)
        with np.errstate(invalid="ignore"):
            return angle > self.start if self.start > self.end else angle < self.start

    def phase(self, points: np.ndarray) -> np.ndarray:
        """``start`` or ``end`` of the repetition, or ``unknown`` where the angle that drives it is.

        Parameters
        ----------
        points
            (..., 16, 3) LIFT16.

        Returns
        -------
        np.ndarray
            (...) str.
        """
        phase = np.where(self.at_start(points), "start", "end")
        return np.where(np.isnan(self.drive_angle(points)), "unknown", phase) if self.drive else phase


def measured_sides(angle: str) -> tuple[str, ...]:
    """``knee`` stands for both knees; any other name for itself.

    Parameters
    ----------
    angle
        Name of an angle, with or without its side.

    Returns
    -------
    tuple of str
        Names in :data:`fitlab.angles.MEASURES`.

    Raises
    ------
    ValueError
        For an unknown name, with suggestions.
    """
    sides = both_sides(angle)
    if sides[0] in MEASURES:
        return sides
    if angle not in MEASURES:
        both = dict.fromkeys(without_side(name) for name in MEASURES if side_of(name))
        raise ValueError(unknown(angle, (*both, *MEASURES), "angle"))
    return (angle,)


def possible_degrees(*measures: Measure) -> tuple[int, int]:
    """The least and the most degrees that angles can have.

    Parameters
    ----------
    *measures
        Of one or more angles.

    Returns
    -------
    tuple of int
        -180 and 180 where one of them has a sign, else 0 and 180.
    """
    return -180 if any(each.signed for each in measures) else 0, 180
