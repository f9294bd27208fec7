"""Exercises as data, and what a pose is worth in them: checks, intervals, verdicts, sentences."""

from fitlab.exercises.definition import exercise_named, load_exercises
from fitlab.exercises.records import Exercise

__all__ = ["Exercise", "exercise_named", "load_exercises"]
