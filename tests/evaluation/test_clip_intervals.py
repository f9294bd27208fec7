import numpy as np
import pytest
from calibrations import even

from fitlab.evaluation.clip_intervals import EVERY, calibration_clips, clip_angles
from fitlab.evaluation.known_clips import known_clip
from fitlab.exercises.calibration import Calibration
from fitlab.exercises.definition import load_exercises
from fitlab.skeletons import without_side


@pytest.fixture(scope="module")
def clip():
    return known_clip("curl", 4001, split="train")


def test_every_exercise_with_repetitions_is_in_the_calibration(monkeypatch):
    asked = []
    monkeypatch.setattr("fitlab.evaluation.clip_intervals.known_clip", lambda *args, **how: asked.append((*args, how)))
    assert len(list(calibration_clips(2, 70))) == len(asked)
    repeated = [name for name, one in load_exercises().items() if one.drive and not one.variant_of]
    assert asked == [(name, 70 + number, {"split": "train"}) for name in repeated for number in (0, 1)]


def test_the_angles_of_repetitions_are_measured_with_the_constants_of_clips(clip):
    mine = Calibration("a", "b", even(1).constants, even(30).constants)
    table = clip_angles([clip], mine)
    knees = table[table["angle"] == "left_knee"]
    frames = np.searchsorted(clip.times, knees["seconds"])
    assert clip.repeating[frames].all()
    assert len(knees) <= -(-clip.repeating.sum() // EVERY) + len(clip.times) // 256 + 1
    assert set(table["group"]) == {"curl"}
    assert {"knee", "elbow", "trunk_lean"} <= set(map(without_side, table["angle"]))
    np.testing.assert_allclose(knees["truth"], _knee(clip)[frames])
    narrow = clip_angles([clip], even(1))
    wide = (table["high"] - table["low"]).median()
    assert wide > 2 * (narrow["high"] - narrow["low"]).median()


def _knee(clip) -> np.ndarray:
    hip, knee, ankle = (clip.truth[:, row] for row in (4, 5, 6))
    thigh, shin = hip - knee, ankle - knee
    cosine = (thigh * shin).sum(-1) / np.linalg.norm(thigh, axis=-1) / np.linalg.norm(shin, axis=-1)
    return np.degrees(np.arccos(cosine))
