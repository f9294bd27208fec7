"""Exercises in motion: how people are posed in each."""
