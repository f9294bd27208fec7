"""All movements of synthetic people by name."""

from __future__ import annotations

from fitlab.skeletons import unknown
from fitlab.synthetic.exercises import attitudes, drills, everyday, lifts, prone, standing, supine, yoga
from fitlab.synthetic.exercises.motion import NONE, Movement

_MODULES = (standing, lifts, drills, prone, supine, yoga, everyday, attitudes)

MOVEMENTS: dict[str, Movement] = {movement.name: movement for module in _MODULES for movement in module.MOVEMENTS}

#: Movements that follow motion capture, which is not shipped.
RECORDED = ("everyday", "everyday_turned")


def movement_named(name: str) -> Movement:
    """The movement of that name.

    Parameters
    ----------
    name
        One of :data:`MOVEMENTS`.

    Returns
    -------
    Movement

    Raises
    ------
    ValueError
        With suggestions, for a name that there is not.
    """
    if name not in MOVEMENTS:
        raise ValueError(unknown(name, tuple(MOVEMENTS), "exercise"))
    return MOVEMENTS[name]


def errors_of(name: str) -> tuple[str, ...]:
    """``none`` and the form errors of a movement."""
    return (NONE, *movement_named(name).errors)


def available(names: dict[str, float]) -> dict[str, float]:
    """Movements -> shares without those whose motion capture is not in the data folder."""
    return {name: share for name, share in names.items() if name not in RECORDED or everyday.available()}
