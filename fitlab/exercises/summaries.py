"""Repetitions -> sentences about the whole clip, the most important first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitlab.exercises.assessment import GOOD, NOT_JUDGED, TOO_LARGE, TOO_SMALL
from fitlab.exercises.judging import advice
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.exercises.words import in_sentence, joined, spoken


def clip_sentences(repetitions: Sequence[Repetition], exercise: Exercise) -> list[str]:
    """What to tell the person about a clip.

    Parameters
    ----------
    repetitions : sequence of Repetition
        Of repetitions, or of the stretches of a hold.
    exercise : Exercise
        What was done.

    Returns
    -------
    list of str
        How many there were and how long they took; each correction once, with the repetitions that need it, risks
        first; whether all is well.
    """
    title = in_sentence(exercise.title)
    if not repetitions:
        what = f"repetition of the {title}" if exercise.drive else f"{title} held for two seconds or more"
        return [f"No {what} was found in this clip.", exercise.camera]
    said = [_how_many(repetitions, exercise)]
    wrong = [
        (repetition, each)
        for repetition in repetitions
        for each in repetition.moments
        if each.verdict in (TOO_SMALL, TOO_LARGE)
    ]
    groups: dict[str, list[tuple[Repetition, Moment]]] = {}
    for repetition, each in sorted(wrong, key=lambda pair: pair[1].check.severity != "risk"):
        groups.setdefault(advice(each.check, each.verdict), []).append((repetition, each))
    said += [_correction(words, group, exercise, len(repetitions)) for words, group in groups.items()]
    verdicts = [repetition.verdict for repetition in repetitions]
    if not wrong and GOOD in verdicts and set(verdicts) <= {GOOD}:
        said.append(f"Well done: every angle that can be judged of the {title} is within its target.")
    elif not wrong and set(verdicts) != {NOT_JUDGED}:
        said.append("Nothing is clearly wrong.")
    if any(verdict == NOT_JUDGED for verdict in verdicts):
        said.append(exercise.camera)
    return said


def _how_many(repetitions: Sequence[Repetition], exercise: Exercise) -> str:
    if not exercise.drive:
        held, form = (sum(each.tempo[part] for each in repetitions) for part in ("hold", "in form"))
        return f"{exercise.title}: held for {held:.0f} s, {form:.0f} s of it in form."
    count = len(repetitions)
    whole = [each for each in repetitions if each.complete] or list(repetitions)
    names = list(whole[0].tempo)[:3]
    typical = ", ".join(f"{name} {np.median([each.tempo[name] for each in whole]):.1f} s" for name in names)
    seconds = np.median([each.seconds for each in whole])
    cut = sum(not each.complete for each in repetitions)
    partly = f", {cut} of them only partly in the clip" if cut else ""
    return f"{exercise.title}: {count} repetition{'s' * (count > 1)}{partly}, {seconds:.1f} s each ({typical})."


def _correction(words: str, group: list[tuple[Repetition, Moment]], exercise: Exercise, count: int) -> str:
    numbers = sorted({repetition.number for repetition, _ in group})
    _, worst = max(group, key=lambda pair: _beyond(pair[1]))
    name = "repetition" if exercise.drive else "hold"
    if len(numbers) == count > 1:
        where = f"In all {name}s"
    else:
        where = f"In {name}{'s' * (len(numbers) > 1)} {joined([str(number) for number in numbers])}"
    told = f"{spoken(worst.check.angle)} {worst.degrees:z.0f}° at {worst.seconds:.1f} s, target {worst.check.target}°"
    return f"{where}: {words} (Worst: {told}.)"


def _beyond(each: Moment) -> float:
    floor, ceiling = each.check.limits
    return float(max(floor - each.degrees, each.degrees - ceiling))
