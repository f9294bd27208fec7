"""Variants of exercises: a seated press, one arm. A variant is a table that names what it changes in another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fitlab.skeletons import both_sides, unknown


def is_variant(table: object) -> bool:
    """Whether a table of an exercise file is a variant of another exercise."""
    return isinstance(table, Mapping) and "variant_of" in table


def completed(table: Mapping[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    """A variant's table with everything that it takes over.

    Parameters
    ----------
    table : mapping
        Of the variant. Its fields take the place of those of the exercise; an empty text takes a field away. Its own
        checks come after those that it does not leave out.
    tables : mapping
        All tables by name, as read from TOML.

    Returns
    -------
    dict
        As if it had been written out; ``variant_of`` stays.

    Raises
    ------
    ValueError
        For a variant of an exercise that there is not, or of a variant, or one that leaves out what is not checked.
    """
    base = tables.get(table["variant_of"]) if isinstance(table["variant_of"], str) else None
    if not isinstance(base, Mapping) or is_variant(base):
        exercises = tuple(
            name for name, other in tables.items() if isinstance(other, Mapping) and not is_variant(other)
        )
        raise ValueError(unknown(table["variant_of"], exercises, "exercise to be a variant of"))
    left_out = table.get("leave_out", [])
    if not isinstance(left_out, list) or not all(isinstance(angle, str) for angle in left_out):
        raise ValueError(f"leave_out must be a list of angles, such as ['body_bend'], got {left_out!r}")
    checks = base.get("checks", [])
    sides = {side for check in checks for side in _sides(check)}
    for angle in left_out:
        if angle not in sides:
            raise ValueError(f"leave_out: {angle} is not checked in {table['variant_of']}")
    kept = [part for check in checks for part in _left(check, left_out)]
    own = table.get("checks", [])
    if not isinstance(own, list):
        raise ValueError(f"checks must be one or more tables, got {own!r}")
    whole = {**base, **table, "checks": kept + own}
    return {key: value for key, value in whole.items() if key != "leave_out" and value != ""}


def _sides(check: Mapping[str, Any]) -> tuple[str, ...]:
    """The names by which a check can be left out: ``knee``, and each of its sides."""
    angle = check.get("angle")
    return (angle, *both_sides(angle)) if isinstance(angle, str) else ()


def _left(check: Mapping[str, Any], left_out: Sequence[str]) -> list[dict[str, Any]]:
    """What is left of a check: all of it, one side, or nothing."""
    angle = check.get("angle")
    if not isinstance(angle, str) or not set(_sides(check)) & set(left_out):
        return [dict(check)]
    if angle in left_out:
        return []
    return [{**check, "angle": side} for side in both_sides(angle) if side not in left_out]
