"""What to tell somebody whose angles miss their targets: each correction once, risks first, with the side it is for.

Photos, repetitions and whole clips say it alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from fitlab.exercises.assessment import GOOD, TOO_LARGE, TOO_SMALL, WRONG
from fitlab.exercises.records import Check
from fitlab.exercises.words import angle_name
from fitlab.skeletons import side_of, without_side


class Judged(Protocol):
    """A check with its verdict: a finding of one pose, or the moment of a repetition."""

    @property
    def check(self) -> Check:
        """What was asked."""
        ...

    @property
    def verdict(self) -> Any:
        """One of :data:`fitlab.exercises.assessment.VERDICTS`."""
        ...


J = TypeVar("J", bound=Judged)


def advice(check: Check, verdict: str) -> str:
    """The check's own sentence.

    Parameters
    ----------
    check : Check
    verdict : str
        ``too small``; any other is taken for ``too large``.

    Returns
    -------
    str
    """
    return check.below if verdict == TOO_SMALL else check.above


def advice_at(check: Check, degrees: float) -> str:
    """The check's sentence for an angle of so many degrees, which is not within its target."""
    return advice(check, TOO_SMALL if degrees < check.limits[0] else TOO_LARGE)


def lowered(words: str) -> str:
    """A sentence as the rest of another one: ``go deeper`` for ``Go deeper``."""
    return words[:1].lower() + words[1:]


def corrections(judged: Sequence[J]) -> list[tuple[str, list[J]]]:
    """What is wrong, as advice.

    Parameters
    ----------
    judged : sequence of Judged
        All that is known, good and wrong; the more urgent first.

    Returns
    -------
    list of (str, list of Judged)
        Each sentence once, those about risks first, with everything that asks for it. It names the side that it is for
        where the other one is good, or wrong in the other direction.
    """
    wrong = [each for each in judged if each.verdict in WRONG]
    groups: dict[str, list[J]] = {}
    for each in sorted(wrong, key=lambda one: one.check.severity != "risk"):
        groups.setdefault(advice(each.check, each.verdict), []).append(each)
    return [(_of_one_side(words, group, judged), group) for words, group in groups.items()]


def _of_one_side(words: str, group: Sequence[J], judged: Sequence[J]) -> str:
    angle, *more = {each.check.angle for each in group}
    if more or not side_of(angle):
        return words
    plain = without_side(angle)
    other = [each for each in judged if each.check.angle != angle and without_side(each.check.angle) == plain]
    if all(each.verdict not in (GOOD, *WRONG) or each.verdict == group[0].verdict for each in other):
        return words
    return f"{words.rstrip('.')} (the {angle_name(angle)})."
