"""Exercises as data, and what a pose is worth in them: checks, intervals, verdicts, sentences."""

from fitlab.exercises.definition import Exercise, exercise_named, load_exercises

__all__ = ["Exercise", "exercise_named", "load_exercises"]
