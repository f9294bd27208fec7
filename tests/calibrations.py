"""Calibrations for tests."""

from fitlab.exercises.calibration import ANGLES, Calibration, Constants


def even(floor: float, growth: float = 0.0, factor: float = 1.0) -> Calibration:
    """The same constants for every angle."""
    return Calibration("a detector", "a lifter", dict.fromkeys(ANGLES, Constants(floor, growth, factor)))
