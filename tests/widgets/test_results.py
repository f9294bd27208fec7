import re

import numpy as np
import pytest
from bodies import body, plank, pose, squat, tipped
from calibrations import even
from fitlab_widgets.results import angle_table, headline

from fitlab.analysis import PhotoAnalysis
from fitlab.exercises.assessment import assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.feedback import sentences
from fitlab.poses import Pose2D

OWN = load_exercises()


@pytest.fixture(autouse=True)
def _ten_degrees(monkeypatch):
    monkeypatch.setattr("fitlab.exercises.assessment.default_calibration", lambda: even(10))


def analysis(points: np.ndarray, exercise: str, **scores: float) -> PhotoAnalysis:
    pose3d = pose(points, **scores)
    findings = assess(pose3d, OWN[exercise])
    pose2d = Pose2D(np.zeros((16, 2)), np.ones(16), (100, 100))
    photo = np.zeros((100, 100, 3), np.uint8)
    return PhotoAnalysis(
        photo, OWN[exercise], pose2d, pose3d, tuple(findings), sentences(findings, OWN[exercise]), None
    )


@pytest.mark.parametrize(
    ("points", "scores", "words"),
    [
        (squat(80), {}, "✓ Squat: well done"),
        (squat(95), {}, "? Squat: probably good, 2 of 6 angles too close to be sure"),
        (squat(105), {}, "? Squat: 4 of 6 angles too close to call"),
        (squat(130), {}, "▲ Squat: 4 of 6 angles to correct"),
        (tipped(squat(80), 55), {}, "▲ Squat: 1 of 6 angles to correct"),
        (body(), {}, "- Squat: only 1 of 6 angles can be judged"),
        (squat(95), {"left_ankle": 0}, "- Squat: only 3 of 6 angles can be judged"),
        (plank(), {}, "- Squat: nothing can be judged in this photo"),
    ],
)
def test_the_headline_says_how_it_stands_with_the_whole(points, scores, words):
    assert re.sub("<.*?>", "", headline(analysis(points, "squat", **scores))) == words


def test_a_table_row_reads_as_its_sentence():
    table = re.sub("<.*?>", " ", angle_table(analysis(squat(105), "squat").findings))
    assert "left knee  105°  95 to 115°  45 to 100°  ?  unsure" in re.sub(r" {3,}", "  ", table)
