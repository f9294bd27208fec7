"""Names of joints and angles as people say them, and lists of them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from fitlab.skeletons import side_of, without_side


def spoken(name: str) -> str:
    """``left_knee`` as people say it: ``left knee``."""
    return name.replace("_", " ")


def joined(names: Sequence[str]) -> str:
    """``left knee, right knee and pelvis`` for three names."""
    words = [spoken(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def joints_together(names: Sequence[str]) -> str:
    """Joints as a list in which two sides are one, and the hips say enough of the pelvis: ``hips and left knee``."""
    both = {
        without_side(name)
        for name in names
        if {f"left_{without_side(name)}", f"right_{without_side(name)}"} <= set(names)
    }
    words = [f"{without_side(name)}s" if without_side(name) in both else name for name in names]
    return joined([word for word in dict.fromkeys(words) if not (word == "pelvis" and "hip" in both)])


def not_seen(joints: Sequence[str]) -> str:
    """``hips and left knee are not seen in the photo``: why something is not judged."""
    return f"{joints_together(joints)} {'is' if len(joints) == 1 else 'are'} not seen in the photo"


def in_sentence(title: str) -> str:
    """``overhead press`` for ``Overhead press``; words of several capitals keep them, as in ``warrior II``."""
    return " ".join(word if word != word.capitalize() else word.lower() for word in title.split())


def with_article(name: str) -> str:
    """``an overhead press`` for ``overhead press``."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def angle_name(angle: str) -> str:
    """What people call an angle: ``line of the hips`` for ``body_bend``; any other name as :func:`spoken`."""
    known = _angles().get(without_side(angle))
    if known is None:
        return spoken(angle)
    side = side_of(angle)
    return f"{side} {known['name']}" if side else known["name"]


def angle_label(angle: str) -> str:
    """The same with what is positive and what is negative, for a table."""
    signs = _angles().get(without_side(angle), {}).get("signs")
    return f"{angle_name(angle)} ({signs})" if signs else angle_name(angle)


def angle_meaning(angle: str) -> str:
    """What the degrees of a named angle mean, in a sentence; empty for a free angle."""
    return _angles().get(without_side(angle), {}).get("meaning", "")


def angles_together(angles: Sequence[str]) -> str:
    """Angles as a list in which two sides are one: ``the knees and forward lean``."""
    names = []
    for angle in dict.fromkeys(angles):
        plain = without_side(angle)
        pair = {other for other in angles if without_side(other) == plain}
        names.append(
            _angles()[plain]["both"] if len(pair) > 1 and "both" in _angles().get(plain, {}) else angle_name(angle)
        )
    return joined(list(dict.fromkeys(names)))


@cache
def _angles() -> dict[str, dict[str, str]]:
    return tomllib.loads((files("fitlab.exercises") / "angles.toml").read_text(encoding="utf-8"))
