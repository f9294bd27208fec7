"""The menu of exercises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fitlab.exercises.definition import exercise_named, load_exercises

pytest.importorskip("pythreejs")

from fitlab_widgets import ExerciseSelector


def test_it_holds_the_exercise_and_shows_its_advice_and_targets():
    selector = ExerciseSelector("push_up")
    assert selector.exercise == exercise_named("push_up")
    selector._menu.value = "squat"
    assert selector.exercise.name == "squat"
    assert selector.exercise.camera in selector._advice.value
    assert selector.exercise.checks[0].target in selector._table.value


def test_every_exercise_is_in_the_menu_with_its_targets():
    selector = ExerciseSelector()
    assert [value for _, value in selector._menu.options] == list(load_exercises())
    for name in ("curl", "alternating_curl", "jumping_jack", "sit_up", "hip_bridge", "leg_raise", "left_leg_raise"):
        selector.exercise = name
        assert selector._menu.label == selector.exercise.title
        assert all(check.target in selector._table.value for check in selector.exercise.checks)


def test_a_name_may_be_assigned_and_an_unknown_one_is_refused():
    selector = ExerciseSelector()
    selector.exercise = "plank"
    assert selector._menu.value == "plank"
    with pytest.raises(ValueError, match="did you mean squat"):
        selector.exercise = "squad"


def test_an_exercise_of_ones_own_is_added():
    own = replace(exercise_named("squat"), name="deep_squat", title="Deep squat")
    selector = ExerciseSelector(own)
    assert selector.exercise is own
    assert (selector._menu.label, selector._menu.value) == ("Deep squat", "deep_squat")
    selector._menu.value = "plank"
    selector._menu.value = "deep_squat"
    assert selector.exercise is own


def test_an_exercise_that_is_assigned_stays_whatever_its_name():
    selector = ExerciseSelector("plank")
    for name in ("squat", "mine"):
        own = replace(exercise_named("squat"), name=name, title="Mine")
        selector.exercise = own
        assert selector.exercise is own
    assert selector._menu.value is None


def test_adding_chooses_nothing_else_on_the_way():
    selector, chosen = ExerciseSelector("plank"), []
    selector.observe(lambda change: chosen.append(change.new.name), "exercise")
    selector.add(replace(exercise_named("squat"), name="mine"))
    assert chosen == ["mine"]


def test_the_recognised_exercise_is_proposed_and_one_tap_chooses_it():
    selector = ExerciseSelector("squat")
    assert selector._accept.layout.display == "none"
    selector.proposal = "overhead_press"
    assert selector.exercise.name == "squat"
    assert selector._accept.layout.display == ""
    assert selector._accept.description == "Looks like an overhead press: judge that"
    selector._accept.click()
    assert selector.exercise.name == "overhead_press"
    assert selector._accept.layout.display == "none"


def test_what_is_not_in_the_menu_is_not_proposed():
    selector = ExerciseSelector("squat")
    for name in ("warrior", "unknown", "squat", ""):
        selector.proposal = name
        assert selector._accept.layout.display == "none"
