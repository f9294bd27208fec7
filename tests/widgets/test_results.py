import html
import re
from types import SimpleNamespace

import numpy as np
import pytest
from bodies import body, plank, pose, squat, tipped
from calibrations import even
from fitlab_widgets.results import angle_table, feedback_list, headline, repetition_table

from fitlab.analysis import PhotoAnalysis
from fitlab.exercises.assessment import GOOD, UNSURE, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.feedback import sentences
from fitlab.exercises.repetitions import Repetition
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
        (squat(80), {}, "✓ Well done: nothing to correct in this squat."),
        (squat(98), {}, "? Good as far as this photo shows: the hips, forward lean and difference of the knees."),
        (squat(105), {}, "? Perhaps go deeper: bend the knees to a right angle or further."),
        (squat(118), {}, "▲ Go deeper: bend the knees to a right angle or further."),
        (tipped(squat(80), 55), {}, "▲ Keep the trunk about parallel to the shins; it tips too far forward."),
        (body(), {}, "○ The squat is not judged: the repetition has not begun in this photo."),
        (squat(80), {"left_ankle": 0}, "○ What can be judged of this squat is good."),
        (
            plank(),
            {},
            "○ The squat is not judged: you are lying in this photo (or it is on its side), "
            "and this exercise is done upright.",
        ),
    ],
)
def test_the_headline_is_the_first_sentence_with_its_sign(points, scores, words):
    found = analysis(points, "squat", **scores)
    assert re.sub("<.*?>", "", headline(found)) == words
    assert html.escape(found.feedback[0]) not in feedback_list(found)
    assert feedback_list(found).count("<li>") == len(found.feedback) - 1


def test_a_table_row_reads_as_its_sentence():
    table = re.sub("<.*?>", " ", angle_table(analysis(squat(105), "squat").findings))
    assert "left knee  105°  95 to 115°  at most 100°  77 % too large  ?  unsure" in re.sub(r" {3,}", "  ", table)


def test_what_is_said_of_a_repetition_stands_below_it_and_good_ones_need_no_words():
    times = {"start": 0.0, "turn": 1.0, "end": 2.0, "start_frame": 0, "turn_frame": 1, "end_frame": 2}
    good = Repetition(1, **times, verdict=GOOD, sentence="Repetition 1: good.")
    told = {"verdict": UNSURE, "sentence": "Repetition 2: perhaps go < deeper."}
    unsure = Repetition(
        2, **times, **told, tempo={"down": 1.04, "up": 0.0}, range_of_motion=(-0.2, 90.4), complete=False
    )
    table = repetition_table(SimpleNamespace(repetitions=(good, unsure)))
    first, second, below = table.partition("<tbody>")[2].split("<tr")[1:]
    assert "rowspan='1'" in first
    assert "rowspan='2'" in second
    assert "<td colspan='4'>Perhaps go &lt; deeper.</td>" in below
    assert table.count("<th scope='col'>") == 5
    assert "<td>0.0 to 2.0</td>" in first
    assert "<td>0.0 to 2.0, cut off</td><td>1.0, 0.0</td><td>0 to 90°</td>" in second
