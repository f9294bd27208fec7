"""Photos, repetitions and clips say the same in the same words."""

from dataclasses import replace

import numpy as np
import pytest
from bodies import body, pose, squat

from fitlab.exercises.advice import corrections
from fitlab.exercises.assessment import GOOD, NOT_JUDGED, TOO_LARGE, TOO_SMALL, UNSURE, Finding, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.feedback import sentences
from fitlab.exercises.judging import most_serious, sentence
from fitlab.exercises.repetitions import Moment, Repetition
from fitlab.exercises.summaries import clip_sentences

OWN = load_exercises()
CHECKS = {check.angle: check for check in OWN["squat"].checks}
DEEPER = "Go deeper: bend the knees to a right angle or further."


def moment(angle: str, verdict: str, seconds: float = 2.0, outside: float = 0.0, degrees: float = 120.0) -> Moment:
    return Moment(CHECKS[angle], int(10 * seconds), seconds, degrees, degrees - 5, degrees + 5, verdict, outside)


def said(*moments: Moment) -> str:
    return sentence("Repetition 4", moments, (), np.arange(30))


def test_each_correction_comes_once_and_risks_first():
    told = corrections(
        [moment("left_knee", TOO_LARGE), moment("right_knee", TOO_LARGE), moment("trunk_lean", TOO_LARGE)]
    )
    assert [words for words, _ in told] == [CHECKS["trunk_lean"].above, DEEPER]
    assert [len(group) for _, group in told] == [1, 2]
    assert corrections([moment("left_knee", GOOD), moment("left_hip", NOT_JUDGED)]) == []


def test_the_side_is_named_where_the_other_one_is_good():
    one = [moment("left_knee", TOO_LARGE), moment("right_knee", GOOD)]
    assert corrections(one)[0][0] == DEEPER.rstrip(".") + " (the left knee)."
    assert corrections([one[0], moment("right_knee", UNSURE)])[0][0] == DEEPER


def test_sides_that_are_wrong_in_opposite_directions_are_both_named():
    sides = [check for check in OWN["plank"].checks if check.angle.endswith("_shoulder")]
    pairs = zip(sides, (TOO_LARGE, TOO_SMALL), strict=True)
    told = corrections([Moment(check, 1, 0.1, 60.0, 55.0, 65.0, verdict, 0.2) for check, verdict in pairs])
    assert [words.rpartition(" (")[2] for words, _ in told] == ["the left shoulder).", "the right shoulder)."]


def test_a_repetition_is_as_its_most_urgent_fault():
    """A risk before form, whichever way each is wrong, and what is wrong before what is unsure."""
    lean, knee = moment("trunk_lean", TOO_LARGE), moment("left_knee", TOO_SMALL)
    assert most_serious([knee, lean]) is lean
    assert most_serious([moment("trunk_lean", UNSURE), knee]) is knee
    unsure = moment("left_hip", UNSURE)
    assert most_serious([moment("trunk_lean", GOOD), unsure]) is unsure


def test_a_repetition_is_told_in_words_and_when():
    assert said(moment("left_knee", TOO_LARGE), moment("right_knee", TOO_LARGE)) == (
        f"Repetition 4: {DEEPER.rstrip('.')} (at 2.0 s)."
    )
    assert said(moment("left_knee", GOOD)) == "Repetition 4: good."
    assert said(moment("left_knee", UNSURE, degrees=90)) == "Repetition 4: nothing is clearly wrong."
    perhaps = said(moment("left_knee", UNSURE, outside=0.2), moment("right_knee", GOOD))
    assert (
        perhaps
        == "Repetition 4: perhaps go deeper: bend the knees to a right angle or further. It is too close to call."
    )


def test_what_lasts_is_told_with_how_long():
    sag = next(check for check in OWN["push_up"].checks if check.angle == "body_bend")
    words = sentence("Repetition 1", [Moment(sag, 3, 0.3, 30.0, 25.0, 35.0, TOO_LARGE, 0.6)], (), np.arange(30))
    assert words == f"Repetition 1: {sag.above.rstrip('.')} (at 0.3 s, for 0.6 s)."


def test_why_a_repetition_is_not_judged():
    finding = Finding(CHECKS["left_knee"], *[np.full(3, np.nan)] * 3, np.full(3, NOT_JUDGED), np.full(3, "it is dark"))
    words = sentence("Repetition 2", [moment("left_knee", NOT_JUDGED)], [finding], np.arange(3))
    assert words == "Repetition 2: not judged, because it is dark."


def test_a_clip_says_in_which_repetitions():
    parts = {"down": 1.0, "bottom": 0.1, "up": 1.0, "top": 0.2}
    one = Repetition(1, 0, 1, 2, 0, 10, 20, parts, moments=(moment("left_knee", TOO_LARGE, 1.0),), verdict=TOO_LARGE)
    two = replace(one, number=2, moments=(moment("left_knee", GOOD, 3.0),), verdict=GOOD)
    three = replace(one, number=3, moments=(moment("left_knee", TOO_LARGE, 5.0, degrees=140.0),))
    told = clip_sentences([one, two, three], OWN["squat"])
    assert told[1:] == [f"In repetitions 1 and 3: {DEEPER} (Worst at 5.0 s.)"]
    assert clip_sentences([one], OWN["squat"])[1] == f"In repetition 1: {DEEPER} (At 1.0 s.)"
    assert clip_sentences([one, replace(one, number=2)], OWN["squat"])[1].startswith("In all repetitions: Go deeper")


def test_a_clip_that_shows_too_little_or_something_else():
    parts = {"down": 1.0, "bottom": 0.1, "up": 1.0, "top": 0.2}
    cut = Repetition(1, 0, 1, 2, 0, 10, 20, parts, verdict=GOOD, complete=False)
    assert clip_sentences([cut], OWN["squat"])[0] == "Squat: 1 repetition, only partly in the clip."
    whole = replace(cut, number=2, complete=True)
    assert clip_sentences([cut, whole], OWN["squat"])[0].startswith("Squat: 2 repetitions, 1 of them only partly")
    missing, stand = clip_sentences([], OWN["squat"])
    assert missing == "No repetition of the squat was found in this clip."
    assert stand.startswith("Stand so that")
    assert all("photo" not in clip_sentences([], each)[1] for each in OWN.values())
    instead = "this looks like a squat, not a lunge"
    for repetitions in ([], [cut]):
        assert clip_sentences(repetitions, OWN["lunge"], instead) == [f"T{instead[1:]}, so nothing is judged."]


@pytest.mark.parametrize("knee", [115, 120])
def test_a_photo_says_the_same_words(knee):
    findings = assess(pose(squat(knee)), OWN["squat"])
    photo = sentences(findings, OWN["squat"])[0]
    assert photo == next(words for words, _ in corrections(findings))


def test_nothing_is_told_in_degrees():
    wrong = [moment(angle, TOO_SMALL if np.isinf(check.limits[1]) else TOO_LARGE) for angle, check in CHECKS.items()]
    assert "°" not in said(*wrong)


def test_halfway_down_it_is_said_what_is_wrong_should_it_be_the_lowest_point():
    squats = load_exercises()["squat"]
    deeper = "If you go no further than this: go deeper: bend the knees to a right angle or further."
    said = sentences(assess(pose(squat(130)), squats), squats)
    assert said == [
        "The squat is not judged: the repetition may have only begun in this photo.",
        deeper,
        squats.camera,
    ]
    assert deeper not in sentences(assess(pose(body()), squats), squats)  # standing, nobody needs to be told
