"""Synthetic people before cameras all round: what is counted is what was done."""

import numpy as np
import pytest

from fitlab.evaluation.repetitions import analyzed, known_clip


@pytest.mark.parametrize(("exercise", "seed"), [("squat", 1), ("push_up", 1), ("overhead_press", 4), ("lunge", 7)])
def test_counts_are_exact_and_turns_in_time(exercise, seed):
    clip = known_clip(exercise, 2000 + seed)
    found = analyzed(clip)
    assert len(found.repetitions) == len(clip.turns)
    np.testing.assert_allclose([each.turn for each in found.repetitions], clip.turns, atol=0.3)
    assert found.feedback[0].startswith(found.exercise.title)
    assert {len(finding.degrees) for finding in found.findings} == {len(clip.times)}
    assert (found.table["start"] < found.table["turn"]).all()


def test_the_truth_is_in_the_clip():
    clip = known_clip("squat", 3)
    assert (clip.starts < clip.turns).all()
    assert (clip.turns < clip.ends).all()
    assert (clip.starts[1:] >= clip.ends[:-1] - 1e-6).all()
    again = known_clip("squat", 3)
    np.testing.assert_array_equal(clip.pose2d.points, again.pose2d.points)
