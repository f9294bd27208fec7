"""Repetitions -> sentences about the whole clip, the most important first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fitlab.exercises.advice import corrections
from fitlab.exercises.assessment import GOOD, NOT_JUDGED
from fitlab.exercises.records import Exercise
from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.exercises.words import in_sentence, joined


def clip_sentences(repetitions: Sequence[Repetition], exercise: Exercise, instead: str = "") -> list[str]:
    """What to tell the person about a clip.

    Parameters
    ----------
    repetitions : sequence of Repetition
        Of repetitions, or of the stretches of a hold.
    exercise : Exercise
        What was done.
    instead : str
        What the clip shows, if that plainly is something else (:attr:`fitlab.exercises.course.Course.instead`).

    Returns
    -------
    list of str
        How many there were and how long they took; each correction once, with the repetitions that need it, risks
        first; whether all is well.
    """
    title = in_sentence(exercise.title)
    if instead:
        return [f"{instead[0].upper()}{instead[1:]}, so nothing is judged."]
    if not repetitions:
        what = f"repetition of the {title}" if exercise.drive else f"{title} held for two seconds or more"
        return [f"No {what} was found in this clip.", _where_to_stand(exercise)]
    said = [_how_many(repetitions, exercise)]
    wrong = corrections([each for repetition in repetitions for each in repetition.moments])
    for words, group in wrong:
        of_group = {id(each) for each in group}
        these = [one.number for one in repetitions if any(id(each) in of_group for each in one.moments)]
        look = "At" if len(these) == 1 else "Worst at"
        worst = max(group, key=_beyond)
        said.append(f"{_where(these, exercise, len(repetitions))}: {words} ({look} {worst.seconds:.1f} s.)")
    verdicts = [repetition.verdict for repetition in repetitions]
    if not wrong and GOOD in verdicts and set(verdicts) <= {GOOD}:
        said.append(f"Well done: every angle that can be judged of the {title} is within its target.")
    elif not wrong and set(verdicts) != {NOT_JUDGED}:
        said.append("Nothing is clearly wrong.")
    if any(verdict == NOT_JUDGED for verdict in verdicts):
        said.append(_where_to_stand(exercise))
    return said


def _where_to_stand(exercise: Exercise) -> str:
    """What is said of the camera, without when to take a photo."""
    sentences = exercise.camera.split(". ")
    kept = [sentence.rstrip(".") for sentence in sentences if "photo" not in sentence]
    return ". ".join(kept) + "." if kept else exercise.camera


def _how_many(repetitions: Sequence[Repetition], exercise: Exercise) -> str:
    if not exercise.drive:
        held, form = (sum(each.tempo[part] for each in repetitions) for part in ("hold", "in form"))
        return f"{exercise.title}: held for {held:.0f} s, {form:.0f} s of it in form."
    count = len(repetitions)
    whole = [each for each in repetitions if each.complete]
    if not whole:
        return f"{exercise.title}: {count} repetition{'s' * (count > 1)}, only partly in the clip."
    names = list(whole[0].tempo)[:3]
    typical = ", ".join(f"{name} {np.median([each.tempo[name] for each in whole]):.1f} s" for name in names)
    seconds = f"{np.median([each.seconds for each in whole]):.1f} s{' each' * (count > 1)}"
    cut = sum(not each.complete for each in repetitions)
    partly = f", {cut} of them only partly in the clip" if cut else ""
    return f"{exercise.title}: {count} repetition{'s' * (count > 1)}{partly}, {seconds} ({typical})."


def _where(numbers: list[int], exercise: Exercise, count: int) -> str:
    name = "repetition" if exercise.drive else "hold"
    if len(numbers) == count > 1:
        return f"In all {name}s"
    return f"In {name}{'s' * (len(numbers) > 1)} {joined([str(number) for number in numbers])}"


def _beyond(each: Moment) -> float:
    floor, ceiling = each.check.limits
    return float(max(floor - each.degrees, each.degrees - ceiling))
