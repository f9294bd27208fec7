"""Exercises as data: which angles count, what they should be, and what to say when they are not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from fitlab.angles import MEASURES, Measure, measure
from fitlab.skeletons import LIFT16, unknown

PHASES = ("start", "end", "any")
SEVERITIES = ("risk", "form")


class ExerciseError(ValueError):
    """An exercise file that cannot be used; the message names the exercise and what is wrong with it."""


@dataclass(frozen=True)
class Check:
    """One angle that should lie in a range.

    angle     shown name; ``joints`` is the free triplet where the angle has none
    low, high degrees; outside them the sentence ``below`` or ``above`` is said (an empty one is left unsaid)
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
    def target(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Exercise:
    """What a good repetition of one exercise is; see the head of exercises.toml for the fields."""

    name: str
    title: str
    camera: str
    must_see: tuple[str, ...]
    checks: tuple[Check, ...]
    drive: str = ""
    start: float = np.nan
    end: float = np.nan

    def drive_angle(self, points: np.ndarray) -> np.ndarray:
        """(...) degrees of the driving angle of LIFT16 points (..., 16, 3): the mean of the sides that are known."""
        sides = np.stack([MEASURES[name].compute(points) for name in _both_sides(self.drive)])
        known = ~np.isnan(sides)
        total = np.where(known, sides, 0).sum(0)
        return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)

    def at_start(self, points: np.ndarray) -> np.ndarray:
        """(...) whether the repetition has not begun: the driving angle is beyond ``start`` as seen from ``end``."""
        if not self.drive:
            return np.zeros(points.shape[:-2], bool)
        angle = self.drive_angle(points)
        with np.errstate(invalid="ignore"):
            return angle > self.start if self.start > self.end else angle < self.start


def load_exercises(file: str | Path | None = None) -> dict[str, Exercise]:
    """Every exercise by name: fitlab's own and, over them, those of a user's TOML ``file``.

    ExerciseError names the exercise and field that is wrong; FileNotFoundError where there is no such file.
    """
    own = dict(_own())
    if file is None:
        return own
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"there is no exercise file {path}; check the path")
    return own | parse_exercises(path.read_text(encoding="utf-8"), path.name)


def exercise_named(name: str | Exercise, exercises: Mapping[str, Exercise] | None = None) -> Exercise:
    """The exercise called ``name``; ValueError with suggestions if there is none."""
    if isinstance(name, Exercise):
        return name
    known = _own() if exercises is None else exercises
    key = str(name).strip().lower().replace("-", "_").replace(" ", "_")
    if key not in known:
        raise ValueError(unknown(name, tuple(known), "exercise"))
    return known[key]


@cache
def _own() -> dict[str, Exercise]:
    return parse_exercises((files("fitlab") / "exercises.toml").read_text(encoding="utf-8"), "exercises.toml")


def parse_exercises(text: str, source: str = "the file") -> dict[str, Exercise]:
    """The exercises in TOML ``text``; ExerciseError for anything that is not as exercises.toml describes it."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{source} is not valid TOML: {error}") from None
    return {name: _exercise(name, table, source) for name, table in tables.items()}


def _exercise(name: str, table: dict, source: str) -> Exercise:
    where = f"exercise {name} of {source}"
    if not isinstance(table, dict):
        raise ExerciseError(f"{where} must be a table [{name}], got {table!r}")
    table = dict(table)
    checks = table.pop("checks", [])
    fields = {"title", "camera", "must_see", "drive", "start", "end"}
    if extra := set(table) - fields:
        raise ExerciseError(f"{where}: {unknown(extra.pop(), tuple(sorted(fields)), 'field')}")
    if missing := {"title", "camera", "must_see"} - set(table):
        raise ExerciseError(f"{where} lacks {', '.join(sorted(missing))}")
    if not checks:
        raise ExerciseError(f"{where} has no checks; give at least one [[{name}.checks]]")
    try:
        LIFT16.indices(table["must_see"])
        if drive := table.get("drive", ""):
            for side in _both_sides(drive):
                measure(side)
            if not isinstance(table.get("start"), (int, float)) or not isinstance(table.get("end"), (int, float)):
                raise ValueError("a driving angle needs start and end in degrees")
    except ValueError as error:
        raise ExerciseError(f"{where}: {error}") from None
    parsed = tuple(
        part for number, check in enumerate(checks, 1) for part in _checks(check, f"{where}, check {number}")
    )
    return Exercise(name=name, checks=parsed, **{**table, "must_see": tuple(table["must_see"])})


def _checks(table: dict, where: str) -> list[Check]:
    """One check of the file; an angle that both sides have becomes two."""
    table = dict(table)
    try:
        angle = table.pop("angle")
        low, high = (float(value) for value in table.pop("range"))
        phase, severity = table.pop("phase", "any"), table.pop("severity", "form")
        below, above = str(table.pop("below", "")), str(table.pop("above", ""))
        source = str(table.pop("source"))
    except KeyError as error:
        raise ExerciseError(f"{where} lacks {error.args[0]}") from None
    except (TypeError, ValueError):
        raise ExerciseError(f"{where}: range must be two numbers of degrees, such as [80, 100]") from None
    if table:
        raise ExerciseError(f"{where}: unknown field {next(iter(table))!r}")
    if not low < high:
        raise ExerciseError(f"{where}: range [{low:g}, {high:g}] must go from the smaller to the larger angle")
    if phase not in PHASES:
        raise ExerciseError(f"{where}: {unknown(phase, PHASES, 'phase')}")
    if severity not in SEVERITIES:
        raise ExerciseError(f"{where}: {unknown(severity, SEVERITIES, 'severity')}")
    joints = () if isinstance(angle, str) else tuple(angle)
    names = _both_sides(angle) if isinstance(angle, str) else (" - ".join(joints),)
    try:
        for name in names:
            measure(joints or name)
    except ValueError as error:
        raise ExerciseError(f"{where}: {error}") from None
    return [Check(name, phase, low, high, below, above, severity, source, joints) for name in names]


def _both_sides(angle: str) -> tuple[str, ...]:
    """``knee`` stands for both knees; any other name for itself."""
    sides = (f"left_{angle}", f"right_{angle}")
    return sides if sides[0] in MEASURES else (angle,)
