from dataclasses import replace

from bodies import pose, squat

from fitlab.exercises.assessment import NOT_JUDGED, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.feedback import sentences

SQUAT = load_exercises()["squat"]


def test_what_is_not_seen_is_said_once_whatever_each_angle_lacks():
    """Cut off below the knees: checks lack different joints; the headline names them all once."""
    without = dict.fromkeys(("left_ankle", "right_ankle", "right_knee"), 0)
    findings = assess(pose(squat(), **without), replace(SQUAT, must_see=()))
    assert len({finding.reason for finding in findings if finding.verdict == NOT_JUDGED}) > 1
    first = sentences(findings, SQUAT)[0].partition(";")[0]
    angles = "the knees, right hip, forward lean and difference of the knees"
    assert first == f"Not judged: {angles}, because right knee and ankles are not seen in the photo"
