"""Two photos beside each other."""

from __future__ import annotations

import numpy as np
import pytest
from widget_parts import jpeg, part


@pytest.fixture
def comparison(app):
    """A PhotoComparison with the models of ``app``, and no samples."""
    from fitlab_widgets import PhotoComparison

    return PhotoComparison("squat", names=("Me", "Reference"))


def test_with_two_photos_the_differences_are_told(comparison):
    comparison.inputs[0].offer(jpeg(), "a.jpg")
    assert comparison.wait(10)
    assert "fitlab-hidden" in comparison._results._dom_classes
    comparison.inputs[1].offer(jpeg(), "b.jpg")
    assert comparison.wait(10)
    assert "fitlab-hidden" not in comparison._results._dom_classes
    assert "no clear difference" in comparison._table.value
    assert "Reference" in comparison._table.value
    assert comparison.viewer.comparison is not None
    assert comparison.pictures[1].angles


def test_nobody_in_a_photo_is_told_and_nothing_compared(comparison):
    for source in comparison.inputs:
        source.offer(jpeg(np.full((100, 200, 3), 255, np.uint8)), "wall.jpg")
    assert comparison.wait(10)
    assert comparison.inputs[0].failed
    assert "fitlab-hidden" in comparison._results._dom_classes


def test_after_a_file_that_cannot_be_used_nothing_is_compared(comparison):
    for source in comparison.inputs:
        source.offer(jpeg(), "a.jpg")
    assert comparison.wait(10)
    comparison.inputs[1].offer(b"no photo", "broken.jpg")
    assert comparison.analyses[1] is None
    assert "No verdict" in comparison._headlines[1].value
    assert "fitlab-hidden" in comparison._results._dom_classes
    comparison.inputs[1].offer(jpeg(), "b.jpg")
    assert comparison.wait(10)
    assert "fitlab-hidden" not in comparison._results._dom_classes


def test_another_exercise_is_compared_anew(comparison):
    for source in comparison.inputs:
        source.offer(jpeg(), "a.jpg")
    assert comparison.wait(10)
    part(comparison, "Exercise").value = "lunge"
    assert comparison.wait(10)
    assert comparison.analyses[0].exercise.name == "lunge"
    assert "front knee" in comparison._table.value


def test_other_than_two_names_are_refused():
    from fitlab_widgets import PhotoComparison

    with pytest.raises(ValueError, match="two photos are compared"):
        PhotoComparison(names=("one",))
