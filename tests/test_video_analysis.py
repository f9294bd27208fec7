import numpy as np
from bodies import before, body, squat

from fitlab.exercises.assessment import GOOD, NOT_JUDGED, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.repetitions import Repetition, repetition_table
from fitlab.poses import Pose3D
from fitlab.video_analysis import angle_table

SQUAT = load_exercises()["squat"]


def test_angles_are_indexed_by_seconds_and_named():
    points = np.stack([before(pose, azimuth=90) for pose in (body(), squat(80), np.full((16, 3), np.nan))])
    table = angle_table(np.array([0.0, 0.5, 0.75]), assess(Pose3D(points, np.ones((3, 16))), SQUAT))
    assert table.index.name == "seconds"
    np.testing.assert_allclose(table["left_knee"]["degrees"], [180, 80, np.nan], atol=1e-6)
    assert (table["left_knee"]["low"][:0.5] <= table["left_knee"]["degrees"][:0.5]).all()
    assert table["left_knee"]["verdict"].tolist()[0] == NOT_JUDGED  # the repetition has not begun
    assert table["left_knee"]["verdict"].tolist()[1] == GOOD


def test_repetitions_are_rows():
    once = Repetition(1, 0.5, 1.5, 2.5, 5, 15, 25, {"down": 1.0, "bottom": 0.0, "up": 1.0, "top": 0.4}, (80, 170), 2)
    table = repetition_table([once])
    assert table.loc[1, "turn"] == 1.5
    assert table.loc[1, ["down", "top"]].tolist() == [1.0, 0.4]
    assert once.seconds == 2.0
    assert list(repetition_table([]).columns) == list(table.columns)
