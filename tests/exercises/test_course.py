"""Some frames of findings are replaced, the others stay."""

import numpy as np

from fitlab.exercises.assessment import Finding
from fitlab.exercises.course import put_in
from fitlab.exercises.definition import load_exercises

CHECK = load_exercises()["squat"].checks[0]


def finding(degrees, verdicts, reasons):
    numbers = np.array(degrees, float)
    return Finding(
        CHECK, *[numbers] * 3, np.array(verdicts), np.array(reasons), *[numbers] * 3, np.zeros(len(numbers), int)
    )


def test_frames_are_put_in_with_words_that_are_longer():
    old = finding([1, 2, 3], ["good"] * 3, ["", "", "short"])
    new = finding([7, 8], ["not judged", "unsure"], ["the repetition is on its way here", ""])
    (both,) = put_in([old], np.array([0, 2]), [new])
    assert both.degrees.tolist() == [7, 2, 8]
    assert both.verdict.tolist() == ["not judged", "good", "unsure"]
    assert both.reason.tolist() == ["the repetition is on its way here", "", ""]
    assert old.degrees.tolist() == [1, 2, 3]
