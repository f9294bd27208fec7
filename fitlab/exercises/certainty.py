"""How probable a verdict must be before it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from fitlab.exercises.shipped import own_tables

#: The name of the table in a file of exercises; no exercise can be called so.
TABLE = "certainty"


@dataclass(frozen=True)
class Certainty:
    """The least probabilities, each above 0.5 and at most 1.

    Parameters
    ----------
    good : float
        That an angle is within its target, for ``good``.
    good_risk : float
        The same for checks of severity ``risk``; at least ``good``.
    wrong : float
        That it is below, or above, its target, for ``too small`` or ``too large``.
    moment : float
        That the photo shows the phase of the repetition that a check is about.
    """

    good: float
    good_risk: float
    wrong: float
    moment: float

    def good_from(self, severity: str) -> float:
        """The least probability for ``good`` of a check of that severity."""
        return self.good_risk if severity == "risk" else self.good


def read_certainty(table: object, default: Certainty | None = None) -> Certainty:
    """The certainty that a file asks for.

    Parameters
    ----------
    table
        What the file has as ``[certainty]``.
    default : Certainty, optional
        What holds where the table says nothing; without it the table must have every field.

    Returns
    -------
    Certainty

    Raises
    ------
    ValueError
        For anything that is no such table.
    """
    names = [field.name for field in fields(Certainty)]
    if not isinstance(table, Mapping) or set(table) - set(names):
        raise ValueError(f"[{TABLE}] is a table of {', '.join(names)}, got {table!r}")
    known = ({} if default is None else vars(default)) | dict(table)
    for name in names:
        value = known.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0.5 < value <= 1:
            raise ValueError(f"{name} in [{TABLE}] is a probability above 0.5 and at most 1, got {value!r}")
    if known["good_risk"] < known["good"]:
        raise ValueError(f"good_risk in [{TABLE}] is at least good, which is {known['good']}; got {known['good_risk']}")
    return Certainty(**{name: float(known[name]) for name in names})


def own_certainty() -> Certainty:
    """How sure fitlab's own exercises ask one to be.

    Returns
    -------
    Certainty
    """
    return read_certainty(own_tables()[TABLE])
