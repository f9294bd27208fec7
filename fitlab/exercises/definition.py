"""Exercises as data: reading them from a TOML file, and finding one by its name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from fitlab.angles import measure
from fitlab.exercises import certainty, variants
from fitlab.exercises.certainty import Certainty
from fitlab.exercises.records import (
    PHASES,
    POSTURES,
    SEVERITIES,
    WAYS,
    Check,
    Exercise,
    measured_sides,
    possible_degrees,
)
from fitlab.exercises.shipped import NAME, own_tables, own_text
from fitlab.plain_files import HANDWRITTEN, file_text, parse_toml, printable
from fitlab.skeletons import LIFT16, unknown

_TEXTS = ("title", "camera", "drive", "posture", "begins")
_FIELDS = (*_TEXTS, "must_see", "start", "end", "checks", "variant_of")
_CHECK_FIELDS = ("angle", "phase", "range", "below", "above", "severity", "source")


class ExerciseError(ValueError):
    """An exercise file that cannot be used; the message names the exercise and what is wrong with it."""


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
    """The exercise of a name, whatever its capitals, hyphens or spaces.

    Parameters
    ----------
    name
        Or the exercise itself, which is returned as it is.
    exercises
        Name -> Exercise; by default fitlab's own.

    Returns
    -------
    Exercise

    Raises
    ------
    ValueError
        If there is none of that name, with suggestions.
    """
    if isinstance(name, Exercise):
        return name
    known = _own() if exercises is None else exercises
    if not isinstance(name, str):
        raise ValueError(f"an exercise is a name or an Exercise, got {name!r}; known: {', '.join(known)}")
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
    return parse_exercises(own_text(), NAME)


def parse_exercises(text: str, source: str = "the file") -> dict[str, Exercise]:
    """The exercises in a TOML text.

    A variant may be one of fitlab's own exercises. Where the text has no ``[certainty]``, fitlab's own holds.

    Parameters
    ----------
    text
        TOML.
    source
        What errors call the text.

    Returns
    -------
    dict
        Name -> Exercise.

    Raises
    ------
    ExerciseError
        For anything that is not as exercises.toml describes it.
    """
    try:
        tables = parse_toml(text, source)
    except ValueError as error:
        raise ExerciseError(str(error)) from None
    sure = certainty.own_certainty()
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
        own = {other: table for other, table in own_tables().items() if other != certainty.TABLE}
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
        if text in fields:
            _check_text(fields[text], text, where)
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


def _check_text(value: object, field: str, where: str) -> None:
    """ExerciseError for what people cannot read: it is shown to them, in a terminal too."""
    if not isinstance(value, str) or not value.strip():
        raise ExerciseError(f"{where}: {field} must be text that says something, got {value!r}")
    if not value.isprintable():
        raise ExerciseError(f"{where}: {field} must be one line without control characters, got {value!r}")


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
    least, most = possible_degrees(*map(measure, measured_sides(fields["drive"])))
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
    for text in ("below", "above", "source"):
        if text in table:
            _check_text(table[text], text, where)
    below, above, source = (table.get(key, "") for key in ("below", "above", "source"))
    angle = table["angle"]
    try:
        if not isinstance(angle, str | list):
            raise ValueError(f"angle must be a name, such as 'knee', or a list of three joints, got {angle!r}")
        joints = () if isinstance(angle, str) else _joints(angle, "angle")
        if len(joints) == 3 and len(set(joints)) < 3:
            raise ValueError(f"an angle lies between three different joints, got {', '.join(joints)}")
        names = (" - ".join(joints),) if joints else measured_sides(angle)  # type: ignore[arg-type]
        ends = possible_degrees(*(measure(joints or name) for name in names))
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
