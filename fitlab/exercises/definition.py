"""Exercises as data: which angles count, what they should be, and what to say when they are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from fitlab.angles import MEASURES, Measure, angle_between, measure, point
from fitlab.exercises import certainty, variants
from fitlab.exercises.certainty import Certainty
from fitlab.plain_files import HANDWRITTEN, file_text, parse_toml, printable
from fitlab.skeletons import LIFT16, both_sides, side_of, unknown, without_side

PHASES = ("start", "end", "any")
SEVERITIES = ("risk", "form")

#: From how many to how many degrees the line from the knees to the thorax may be off the picture's vertical. The two
#: overlap: a camera that looks down sees lying people upright to a degree, and the other way round.
POSTURES = {"upright": (0.0, 85.0), "lying": (25.0, 180.0)}

#: The ways in which a repetition can begin.
WAYS = ("down", "up")

_TEXTS = ("title", "camera", "drive", "posture", "begins")
_FIELDS = (*_TEXTS, "must_see", "start", "end", "checks", "variant_of")
_CHECK_FIELDS = ("angle", "phase", "range", "below", "above", "severity", "source")


class ExerciseError(ValueError):
    """An exercise file that cannot be used; the message names the exercise and what is wrong with it."""


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
        return measure(self.joints or self.angle)

    @property
    def limits(self) -> tuple[float, float]:
        """``low`` and ``high``, infinite where the range reaches the end of what the angle can be."""
        least, most = _ends(self.measure)
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
        Degrees of the driving angle: in one photo everything past ``start`` is judged as the far point; ``end`` only
        tells on which side of ``start`` that lies.
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
    certainty: Certainty = field(default_factory=lambda: _own_certainty())

    @property
    def drive_measure(self) -> Measure:
        """The driving angle as one that is measured, of the joints of both sides."""
        sides = [MEASURES[name] for name in measured_sides(self.drive)]
        joints = dict.fromkeys(joint for side in sides for joint in side.joints)
        return Measure(tuple(joints), self.drive_angle, signed=any(side.signed for side in sides))

    def drive_angle(self, points: np.ndarray) -> np.ndarray:
        """(...) degrees of the driving angle of LIFT16 points (..., 16, 3): the mean of the sides that are known."""
        sides = np.stack([MEASURES[name].compute(points) for name in measured_sides(self.drive)])
        known = ~np.isnan(sides)
        total = np.where(known, sides, 0).sum(0)
        return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)

    def contradicts_posture(self, points: np.ndarray) -> np.ndarray:
        """(...) whether LIFT16 points (..., 16, 3) in camera axes certainly are in the other posture."""
        if not self.posture:
            return np.zeros(points.shape[:-2], bool)
        least, most = POSTURES[self.posture]
        tilt = angle_between(point(points, "thorax") - point(points, "mid_knees"), np.array([0.0, -1.0, 0.0]))
        with np.errstate(invalid="ignore"):
            return (tilt < least) | (tilt > most)

    def at_start(self, points: np.ndarray) -> np.ndarray:
        """(...) whether the repetition has not begun: the driving angle is beyond ``start`` as seen from ``end``."""
        if not self.drive:
            return np.zeros(points.shape[:-2], bool)
        angle = self.drive_angle(points)
        with np.errstate(invalid="ignore"):
            return angle > self.start if self.start > self.end else angle < self.start

    def phase(self, points: np.ndarray) -> np.ndarray:
        """(...) ``start`` or ``end`` of the repetition, or ``unknown`` where the angle that drives it is."""
        phase = np.where(self.at_start(points), "start", "end")
        return np.where(np.isnan(self.drive_angle(points)), "unknown", phase) if self.drive else phase


def load_exercises(file: str | Path | None = None) -> dict[str, Exercise]:
    """Every exercise by name: fitlab's own and, over them, those of a user's TOML ``file``.

    Raises
    ------
    ExerciseError
        Names the exercise and field that is wrong.
    FileNotFoundError
        Where there is no such file.
    """
    own = dict(_own())
    if file is None:
        return own
    path = Path(file)
    try:
        text = file_text(path, HANDWRITTEN, "a TOML file with exercises")
    except ValueError as error:
        raise ExerciseError(str(error)) from None
    return own | parse_exercises(text, printable(path.name))


def exercise_named(name: str | Exercise, exercises: Mapping[str, Exercise] | None = None) -> Exercise:
    """The exercise called ``name``, whatever its capitals, hyphens or spaces; ValueError if there is none."""
    if isinstance(name, Exercise):
        return name
    known = _own() if exercises is None else exercises
    if name in known:
        return known[name]
    alike = {_plain(key): key for key in reversed(list(known))}
    if _plain(name) not in alike:
        raise ValueError(unknown(name, tuple(known), "exercise"))
    return known[alike[_plain(name)]]


def _plain(name: object) -> str:
    """What is left of a name without capitals, hyphens and spaces."""
    return str(name).strip().lower().replace("-", "_").replace(" ", "_")


@cache
def _own() -> dict[str, Exercise]:
    return parse_exercises(_own_text(), "exercises.toml")


def _own_text() -> str:
    return (files("fitlab.exercises") / "exercises.toml").read_text(encoding="utf-8")


@cache
def _own_tables() -> dict[str, dict]:
    return parse_toml(_own_text(), "exercises.toml")


def _own_certainty() -> Certainty:
    return certainty.read_certainty(_own_tables()[certainty.TABLE])


def parse_exercises(text: str, source: str = "the file") -> dict[str, Exercise]:
    """The exercises in TOML ``text``; ExerciseError for anything that is not as exercises.toml describes it.

    A variant may be one of fitlab's own exercises. Where the text has no ``[certainty]``, fitlab's own holds.
    """
    try:
        tables = parse_toml(text, source)
    except ValueError as error:
        raise ExerciseError(str(error)) from None
    sure = _own_certainty()
    try:
        sure = certainty.read_certainty(tables.pop(certainty.TABLE, {}), sure)
    except ValueError as error:
        raise ExerciseError(f"{source}: {error}") from None
    return {name: _exercise(name, _whole(name, tables, source), source, sure) for name in tables}


def _whole(name: str, tables: dict, source: str) -> object:
    """The table of an exercise, with what it takes over if it is a variant."""
    if not variants.is_variant(tables[name]):
        return tables[name]
    try:
        own = {other: table for other, table in _own_tables().items() if other != certainty.TABLE}
        return variants.completed(tables[name], own | tables)
    except ValueError as error:
        raise ExerciseError(f"exercise {name} of {source}: {error}") from None


def _exercise(name: str, table: object, source: str, sure: Certainty) -> Exercise:
    where = f"exercise {name} of {source}"
    if not isinstance(table, dict):
        raise ExerciseError(f"{where} must be a table [{name}], got {table!r}")
    if extra := set(table) - set(_FIELDS):
        raise ExerciseError(f"{where}: {unknown(min(extra), _FIELDS, 'field')}")
    if missing := {"title", "camera", "must_see", "checks"} - set(table):
        raise ExerciseError(f"{where} lacks {', '.join(sorted(missing))}")
    fields = dict(table)
    checks = fields.pop("checks")
    if not isinstance(checks, list) or not checks or not all(isinstance(check, dict) for check in checks):
        raise ExerciseError(f"{where}: checks must be one or more tables [[{name}.checks]]")
    for text in _TEXTS:
        if not isinstance(fields.get(text, ""), str):
            raise ExerciseError(f"{where}: {text} must be text, got {fields[text]!r}")
    if not fields["camera"].strip():
        raise ExerciseError(f"{where}: camera is empty; say where to put the camera and when to take the photo")
    if fields.get("posture", "upright") not in POSTURES:
        raise ExerciseError(f"{where}: {unknown(fields['posture'], tuple(POSTURES), 'posture')}")
    if fields.get("begins", "down") not in WAYS:
        raise ExerciseError(f"{where}: {unknown(fields['begins'], WAYS, 'way to begin')}")
    try:
        fields["must_see"] = _joints(fields["must_see"], "must_see")
        LIFT16.indices(fields["must_see"])
        _check_drive(fields)
    except ValueError as error:
        raise ExerciseError(f"{where}: {error}") from None
    parsed = tuple(
        part for number, check in enumerate(checks, 1) for part in _checks(check, f"{where}, check {number}")
    )
    if "drive" not in fields and any(check.phase != "any" for check in parsed):
        raise ExerciseError(f"{where}: a check of one phase needs drive, start and end, which tell the phases apart")
    return Exercise(name=name, checks=parsed, certainty=sure, **fields)


def _joints(value: object, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{field} must be a list of joints, such as ['left_hip', 'left_knee'], got {value!r}")
    return tuple(value)


def _check_drive(fields: dict) -> None:
    turns = [fields.get(key) for key in ("start", "end")]
    if "drive" not in fields:
        if turns != [None, None]:
            raise ValueError("start and end are of a driving angle, and there is no drive")
        return
    least, most = _ends(*map(measure, measured_sides(fields["drive"])))
    if not all(_is_degrees(turn, least, most) for turn in turns) or turns[0] == turns[1]:
        raise ValueError(
            f"a driving angle needs start and end, two different numbers of degrees from {least} to {most}, got {turns}"
        )


def _checks(table: dict, where: str) -> list[Check]:
    """One check of the file; an angle that both sides have becomes two."""
    if extra := set(table) - set(_CHECK_FIELDS):
        raise ExerciseError(f"{where}: {unknown(min(extra), _CHECK_FIELDS, 'field')}")
    if missing := {"angle", "range", "source"} - set(table):
        raise ExerciseError(f"{where} lacks {', '.join(sorted(missing))}")
    phase, severity = table.get("phase", "any"), table.get("severity", "form")
    if phase not in PHASES:
        raise ExerciseError(f"{where}: {unknown(phase, PHASES, 'phase')}")
    if severity not in SEVERITIES:
        raise ExerciseError(f"{where}: {unknown(severity, SEVERITIES, 'severity')}")
    below, above, source = (str(table.get(key, "")) for key in ("below", "above", "source"))
    angle = table["angle"]
    try:
        if not isinstance(angle, str | list):
            raise ValueError(f"angle must be a name, such as 'knee', or a list of three joints, got {angle!r}")
        joints = () if isinstance(angle, str) else _joints(angle, "angle")
        if len(joints) == 3 and len(set(joints)) < 3:
            raise ValueError(f"an angle lies between three different joints, got {', '.join(joints)}")
        names = (" - ".join(joints),) if joints else measured_sides(angle)  # type: ignore[arg-type]
        ends = _ends(*(measure(joints or name) for name in names))
        low, high = _range(table["range"], *ends)
    except ValueError as error:
        raise ExerciseError(f"{where}: {error}") from None
    checks = [Check(name, phase, low, high, below, above, severity, source, joints) for name in names]
    for limit, key in zip(checks[0].limits, ("below", "above"), strict=True):
        if np.isfinite(limit) and not table.get(key):
            raise ExerciseError(f"{where} lacks {key}: what to say to somebody whose angle is {key} {limit:g} degrees")
    return checks


def _range(value: object, least: int, most: int) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not all(_is_degrees(limit, least, most) for limit in value):
        raise ValueError(
            f"range must be two numbers of degrees from {least} to {most}, such as [80, 100], got {value!r}"
        )
    low, high = map(float, value)
    if not low < high:
        raise ValueError(f"range [{low:g}, {high:g}] must go from the smaller to the larger angle")
    return low, high


def _is_degrees(value: object, least: int, most: int) -> bool:
    """Whether ``value`` is a number from ``least`` to ``most``; TOML's true and false, nan and inf are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _ends(*measures: Measure) -> tuple[int, int]:
    """The least and the most degrees that an angle can be."""
    return -180 if any(each.signed for each in measures) else 0, 180


def measured_sides(angle: str) -> tuple[str, ...]:
    """``knee`` stands for both knees; any other name for itself."""
    sides = both_sides(angle)
    if sides[0] in MEASURES:
        return sides
    if angle not in MEASURES:
        both = dict.fromkeys(without_side(name) for name in MEASURES if side_of(name))
        raise ValueError(unknown(angle, (*both, *MEASURES), "angle"))
    return (angle,)
