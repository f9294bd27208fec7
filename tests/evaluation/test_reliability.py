import numpy as np
import pandas as pd
import pytest
from people import standing

from fitlab.evaluation.reliability import judged_targets, with_targets
from fitlab.evaluation.results import Result
from fitlab.exercises.assessment import GOOD, TOO_LARGE, UNSURE
from fitlab.poses import Pose3D


def row(probability: float, verdict: str, true: str) -> dict[str, object]:
    return {
        "exercise": "squat",
        "angle": "knee",
        "probability": probability,
        "within": true == GOOD,
        "verdict": verdict,
        "true": true,
    }


def test_what_was_said_stands_beside_what_is():
    rows = [row(0.9, GOOD, GOOD), row(0.84, GOOD, TOO_LARGE), row(0.7, UNSURE, GOOD), row(0.01, TOO_LARGE, TOO_LARGE)]
    result = with_targets(Result("four", 4, {"kept": 1.0}, {}), pd.DataFrame(rows))
    assert result.summary == {"kept": 1.0, "firm": 0.75, "wrong of firm": pytest.approx(1 / 3)}
    within = result.tables["within target by probability"]
    assert within["targets"].tolist() == [1, 0, 0, 0, 1, 2, 0]
    assert within.loc["80 to 95 %", "said"] == pytest.approx(0.87)
    assert within.loc["80 to 95 %", "within"] == 0.5
    assert result.tables["verdicts"].loc["squat, knee", "wrong"] == 0.25


def test_who_exercises_is_held_against_that_exercise_at_its_moment_and_others_against_all():
    """Somebody who stands is not at the far point of a squat, and is no plank."""
    points = np.concatenate([standing(), np.zeros((16, 1))], -1)
    pose = Pose3D(np.stack([points, points]), np.ones((2, 16)))
    table = judged_targets(pose, pose.points, np.array(["squat", "a day in the park"]))
    assert (table["exercise"] == "squat").sum() == 6  # of the second person only
    knees = table[(table["exercise"] == "squat") & (table["angle"] == "knee")]
    assert set(knees["true"]) == set(knees["verdict"]) == {TOO_LARGE}
    assert {"plank", "lunge"} <= set(table["exercise"])
