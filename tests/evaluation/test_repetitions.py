"""Synthetic people before cameras all round: what is counted is what was done."""

import numpy as np
import pytest

from fitlab.evaluation.known_clips import known_clip
from fitlab.evaluation.repetitions import analyzed
from fitlab.exercises.counting import count
from fitlab.exercises.definition import load_exercises

OWN = load_exercises()


@pytest.mark.parametrize("exercise", [name for name, one in OWN.items() if one.drive and not one.variant_of])
def test_true_angles_are_counted_exactly(exercise):
    """Without the errors of a detector and a lifter."""
    clip = known_clip(exercise, 3004)
    signal = OWN[exercise].drive_angle(clip.truth)
    found = count(signal, clip.truth, clip.times, np.zeros(len(clip.times), int), OWN[exercise])
    assert len(found) == len(clip.turns)
    np.testing.assert_allclose([each.turn for each in found], clip.turns, atol=0.25)


@pytest.mark.parametrize(("exercise", "seed"), [("squat", 1), ("push_up", 1), ("overhead_press", 4), ("lunge", 7)])
def test_counts_are_exact_and_turns_in_time(exercise, seed):
    clip = known_clip(exercise, 2000 + seed)
    found = analyzed(clip)
    assert len(found.repetitions) == len(clip.turns)
    np.testing.assert_allclose([each.turn for each in found.repetitions], clip.turns, atol=0.3)
    assert found.feedback[0].startswith(found.exercise.title)
    assert {len(finding.degrees) for finding in found.findings} == {len(clip.times)}
    assert (found.table["start"] < found.table["turn"]).all()


def test_half_of_a_sit_up_is_counted_as_either():
    clip = known_clip("sit_up", 3001)
    for name in ("sit_up", "crunch"):
        signal = OWN[name].drive_angle(clip.truth)
        found = count(signal, clip.truth, clip.times, np.zeros(len(clip.times), int), OWN[name])
        assert len(found) == len(clip.turns)
