"""What several widgets do with traits: take them in the constructor, change them unheard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import traitlets as T

from fitlab.skeletons import unknown


def checked(widget: T.HasTraits, traits: dict[str, object]) -> dict[str, object]:
    """Refuse names that are no trait.

    Parameters
    ----------
    widget
    traits
        Name -> value.

    Returns
    -------
    dict
        ``traits`` as they are.

    Raises
    ------
    TypeError
        For a name that is no public trait of ``widget``.
    """
    known = tuple(name for name in widget.trait_names() if not name.startswith("_"))
    for name in traits:
        if name not in known:
            raise TypeError(unknown(name, known, f"trait of {type(widget).__name__}"))
    return traits


def assign(widget: T.HasTraits, traits: dict[str, object]) -> None:
    """Set the traits that a constructor was given, once the parts are there that they act on."""
    for name, value in traits.items():
        setattr(widget, name, value)


@contextmanager
def unheard(widget: T.HasTraits, handler: Callable, name: str) -> Iterator[None]:
    """Change the trait ``name`` of ``widget`` without a call of ``handler``, which observes it."""
    widget.unobserve(handler, name)
    try:
        yield
    finally:
        widget.observe(handler, name)
