from dataclasses import replace

import numpy as np
import pytest

from fitlab.cli.main import main
from fitlab.datasets.records import PoseSet
from fitlab.evaluation import recognition
from fitlab.exercises.recognition import Recognition
from fitlab.lifting.lifter import load_lifter
from fitlab.poses import Pose2D


def test_who_is_refused_is_counted(monkeypatch):
    """Two squats and a lunge; the second squat is taken for a plank, the lunge for a squat."""
    shares = np.array([[0.98, 0.019, 0.001, 0], [0.0, 0.999, 0.001, 0], [0.999, 0.0, 0.001, 0]])
    found = Recognition(("squat", "plank", "lunge", "unknown"), shares)
    monkeypatch.setattr(recognition, "recognise", lambda pose, recogniser: found)
    monkeypatch.setattr(
        "fitlab.exercises.definition.Exercise.contradicts_posture", lambda self, points: np.zeros(3, bool)
    )
    monkeypatch.setattr("fitlab.exercises.definition.Exercise.phase", lambda self, points: np.full(3, "end"))
    unknown = np.full(3, np.nan)
    pose2d = Pose2D(np.random.default_rng(0).uniform(0, 99, (3, 16, 2)), np.ones((3, 16)), (100, 100))
    test = PoseSet(
        "few", pose2d, np.zeros((3, 16, 3)), np.arange(3), np.array(["Squat", "squat", "lunge"]), unknown, unknown
    )
    result = recognition.score_recognition(load_lifter(), test)
    table = result.tables["by exercise"]
    assert table.loc["squat", ["poses", "accepted", "named", "others refused"]].tolist() == [2, 0.5, 0.5, 0.0]
    assert table.loc["lunge", ["poses", "accepted", "named", "others refused"]].tolist() == [1, 0.0, 0.0, 1.0]
    assert result.summary["accepted"] == pytest.approx(1 / 3)
    assert result.summary["others refused"] == pytest.approx((0 * 1 + 1 * 2) / 3)
    assert result.tables["recognised as"].loc["squat"].tolist() == [1, 1]
    alone = replace(test, groups=np.array(["Jog"] * 3))
    assert "accepted" not in recognition.score_recognition(load_lifter(), alone).summary


def test_motion_has_no_pictures_to_detect_joints_in(capsys, monkeypatch):
    motion = PoseSet("m", None, np.zeros((0, 16, 3)), *[np.zeros(0)] * 4)
    monkeypatch.setattr("fitlab.datasets.catalogue.open_poses", lambda name: motion)
    assert main(["evaluate", "recognition", "--data", "cmu-exercise", "--detector", "fitpose-lite0"]) == 2
    assert "cmu-exercise has no pictures to detect joints in" in capsys.readouterr().err
