from dataclasses import replace

import numpy as np
import pytest
from bodies import before, body, leaning_back, lunge, plank, pose, squat, tipped
from calibrations import even

from fitlab.exercises.assessment import GOOD, NOT_JUDGED, TOO_LARGE, TOO_SMALL, UNSURE, WRONG, assess, enough_judged
from fitlab.exercises.definition import load_exercises, parse_exercises
from fitlab.exercises.feedback import MOST_SENTENCES, cells, sentences
from fitlab.exercises.intervals import interval
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16, MPII16

OWN = load_exercises()
SQUAT = OWN["squat"]


@pytest.fixture(autouse=True)
def _ten_degrees(monkeypatch):
    """Every interval is ten degrees to either side, whatever was calibrated."""
    monkeypatch.setattr("fitlab.exercises.assessment.default_calibration", lambda: even(10))


def verdicts(pose: Pose3D, exercise=SQUAT) -> dict[str, str]:
    return {finding.check.angle: finding.verdict for finding in assess(pose, exercise)}


def knees_only(low: float, high: float):
    """An exercise with one check."""
    knee = replace(SQUAT.checks[0], low=low, high=high, phase="any")
    return replace(SQUAT, checks=(knee,), must_see=())


@pytest.mark.parametrize(
    ("knee", "verdict"),
    [(90, GOOD), (85, GOOD), (95, GOOD), (72, TOO_SMALL), (108, TOO_LARGE), (78, UNSURE), (82, UNSURE), (99, UNSURE)],
)
def test_a_verdict_needs_a_probability_of_four_fifths(knee, verdict):
    """Target 79 to 101; the 90 % interval is 10 to either side, so that 80 % of the angles lie within 5 of a limit."""
    assert verdicts(pose(squat(knee)), knees_only(79, 101)) == {"left_knee": verdict}


def test_a_range_that_reaches_the_end_has_no_limit_there():
    assert verdicts(pose(squat(175)), knees_only(160, 180)) == {"left_knee": GOOD}


def test_the_probability_is_that_of_the_angle_within_its_target():
    """A 90 % interval from 80 to 100: half the angles lie below 90, one in twenty above 100."""
    (found,) = assess(pose(squat(90)), knees_only(0, 90), even(10))
    assert (found.verdict, found.above) == (UNSURE, pytest.approx(0.47, abs=0.01))  # 90.4 reads 90 and is good
    (found,) = assess(pose(squat(90)), knees_only(0, 100), even(10))
    assert (found.verdict, found.probability) == (GOOD, pytest.approx(0.95, abs=0.01))
    assert found.below == 0
    assert found.likeliest == (GOOD, found.probability)


def test_a_risk_is_called_good_only_when_that_is_surer():
    check = replace(SQUAT.checks[0], low=0, high=96, phase="any")
    for severity, verdict in (("form", GOOD), ("risk", UNSURE)):
        one = replace(SQUAT, checks=(replace(check, severity=severity),), must_see=())
        assert verdicts(pose(squat(90)), one) == {"left_knee": verdict}


def test_how_sure_a_verdict_must_be_is_data():
    bold = replace(knees_only(0, 90), certainty=replace(SQUAT.certainty, good=0.51))
    assert verdicts(pose(squat(90)), bold) == {"left_knee": GOOD}


def test_a_straight_limb_is_judged_by_a_one_sided_distribution():
    """An angle does not exceed 180: of a knee read as 176 the truth is below 160 in one case of ten."""
    (found,) = assess(pose(squat(176)), knees_only(160, 180), even(20))
    assert (found.verdict, found.high) == (GOOD, 180)
    assert found.probability == pytest.approx(0.89, abs=0.02)
    assert 156 < found.low < 160


def test_samples_widen_the_interval():
    rng = np.random.default_rng(0)
    samples = np.stack([before(squat(degrees)) for degrees in rng.normal(90, 30, 200)])
    vague = replace(pose(squat(90)), samples=samples)
    (sure,), (unsure,) = (assess(p, knees_only(75, 105)) for p in (pose(squat(90)), vague))
    assert sure.verdict == GOOD
    assert unsure.verdict == UNSURE
    assert unsure.high - unsure.low == pytest.approx(2 * np.hypot(30, 10), rel=0.15)


def test_a_joint_that_is_not_seen_is_never_trusted():
    """The far ankle, hidden by the near leg: its knee is not judged, the near knee is."""
    findings = {f.check.angle: f for f in assess(pose(squat(80), right_ankle=0.1), SQUAT)}
    assert findings["left_knee"].verdict == GOOD
    assert findings["right_knee"].verdict == NOT_JUDGED
    assert findings["right_knee"].reason == "right ankle is not seen in the photo"
    assert np.isnan(findings["right_knee"].degrees)
    assert findings["knee_difference"].verdict == NOT_JUDGED


def test_an_unknown_place_is_not_seen_whatever_its_score():
    points = before(squat())
    points[LIFT16.index("right_ankle")] = np.nan
    assert verdicts(Pose3D(points, np.ones(16)))["right_knee"] == NOT_JUDGED


def test_without_a_joint_that_must_be_seen_nothing_is_judged():
    findings = assess(pose(squat(), left_hip=0.0), SQUAT)
    assert {f.verdict for f in findings} == {NOT_JUDGED}
    assert all("left hip" in f.reason for f in findings)
    assert sentences(findings, SQUAT)[-1] == SQUAT.camera


def test_a_photo_from_the_start_is_not_judged_by_the_end():
    findings = {f.check.angle: f for f in assess(pose(body()), SQUAT)}
    assert findings["left_knee"].verdict == NOT_JUDGED
    assert findings["left_knee"].reason == "the repetition has not begun in this photo"
    assert findings["left_knee"].degrees == pytest.approx(180)
    assert {finding.verdict for finding in findings.values()} == {NOT_JUDGED}


def test_who_may_be_on_the_way_down_is_not_told_to_go_deeper():
    """The repetition begins at 150 and ends at 110: before the middle nobody knows whether it goes on."""
    for knee in (146, 134):
        findings = assess(pose(squat(knee)), SQUAT)
        assert {finding.reason for finding in findings} == {"the repetition may have only begun in this photo"}
    assert verdicts(pose(squat(120)))["left_knee"] == TOO_LARGE


def test_a_phase_that_cannot_be_told_is_not_guessed():
    """The wrists drive the press; without them nobody knows whether the arms are up already."""
    findings = {f.check.angle: f for f in assess(pose(body(), left_wrist=0, right_wrist=0), OWN["overhead_press"])}
    assert findings["left_shoulder"].verdict == NOT_JUDGED
    assert "how far the repetition has come" in findings["left_shoulder"].reason
    assert findings["body_bend"].verdict != NOT_JUDGED


def test_a_sag_and_a_pike_get_different_advice():
    sag, pike = (sentences(assess(pose(plank(mm)), OWN["plank"]), OWN["plank"]) for mm in (150, -150))
    assert sag[0].startswith("Lift the hips")
    assert pike[0].startswith("Lower the hips")


def test_leaning_back_is_a_risk_and_comes_first():
    points = leaning_back(40)
    for side, sign in (("left", 1), ("right", -1)):  # elbows bent to the outside: not pressed up all the way
        points[LIFT16.index(f"{side}_elbow")] = (sign * 185, 0, 765)
        points[LIFT16.index(f"{side}_wrist")] = (sign * 350, 0, 950)
    said = sentences(assess(pose(points), OWN["overhead_press"]), OWN["overhead_press"])
    assert said[0].startswith("Stop leaning back")


@pytest.mark.parametrize(
    ("lean", "verdict"),
    [(-45, TOO_SMALL), (-25, UNSURE), (-10, GOOD), (0, GOOD), (20, GOOD), (30, UNSURE), (45, TOO_LARGE)],
)
@pytest.mark.parametrize("front", ["left", "right"])
def test_a_lunge_leans_little_over_its_front_shin(front, lean, verdict):
    assert verdicts(pose(tipped(lunge(front), lean)), OWN["lunge"])["lean_over_front_leg"] == verdict


@pytest.mark.parametrize(
    ("ankle", "advice"),
    [((110, -650, -332), "ring the front knee over the foot"), ((110, -120, -290), "past the toes")],
)
def test_the_step_counts_as_well_as_the_trunk(ankle, advice):
    """The front foot is ahead of the knee, or behind it, so that an upright trunk leans over its shin or away."""
    points = lunge()
    points[LIFT16.index("left_ankle")] = ankle
    assert any(advice in sentence for sentence in sentences(assess(pose(points), OWN["lunge"]), OWN["lunge"]))


def test_the_top_of_a_split_squat_is_not_judged_by_its_lean():
    """Both legs straight, the front one 45 degrees ahead of the upright trunk."""
    top = body(
        left_knee=(110, -290, -290),
        left_ankle=(110, -580, -580),
        right_knee=(-110, 290, -290),
        right_ankle=(-110, 580, -580),
    )
    assert verdicts(pose(top), OWN["lunge"])["lean_over_front_leg"] == NOT_JUDGED


def test_a_squat_with_an_upright_trunk_does_not_tip_forward():
    """Tipped back by 30 degrees is what an upright trunk over shins is that are 30 degrees forward."""
    assert verdicts(pose(tipped(squat(90), 33)))["trunk_lean"] == UNSURE
    assert verdicts(pose(tipped(squat(90), 55)))["trunk_lean"] == TOO_LARGE
    assert verdicts(pose(tipped(squat(90), -30)))["trunk_lean"] == GOOD


def test_a_pose_in_another_skeleton_is_refused():
    other = Pose3D(body(), np.ones(16), skeleton=MPII16)
    with pytest.raises(ValueError, match="LIFT16, as the lifters give them, got one in MPII16"):
        assess(other, SQUAT)
    with pytest.raises(ValueError, match="LIFT16, as the lifters give them, got one in MPII16"):
        interval(other, "left_knee")


def test_left_and_right_are_said_in_one_sentence():
    said = sentences(assess(pose(squat(118)), SQUAT), SQUAT)
    assert said[0] == "Go deeper: bend the knees to a right angle or further."
    assert not any("Go deeper" in sentence for sentence in said[1:])


def test_one_side_that_needs_advice_is_named():
    points = squat(80)
    points[LIFT16.indices(["left_knee", "left_ankle"])] = squat(125)[LIFT16.indices(["left_knee", "left_ankle"])]
    said = sentences(assess(pose(points), SQUAT), SQUAT)
    assert "Go deeper: bend the knees to a right angle or further (the left knee)." in said


def test_all_is_well():
    assert sentences(assess(pose(squat(80)), SQUAT), SQUAT) == ["Well done: nothing to correct in this squat."]


def test_standing_upright_is_no_squat():
    assert sentences(assess(pose(body()), SQUAT), SQUAT) == [
        "The squat is not judged: the repetition has not begun in this photo.",
        SQUAT.camera,  # which says when to take the photo
    ]


@pytest.mark.parametrize("exercise", OWN.values(), ids=OWN)
def test_standing_with_hanging_arms_is_praised_in_no_exercise(exercise):
    assert not any("Well done" in sentence for sentence in sentences(assess(pose(body()), exercise), exercise))


def test_there_is_no_praise_before_the_repetition_has_begun():
    """The top of a push-up: the hips are good, and the moment is not the one to judge."""
    said = sentences(assess(pose(plank()), OWN["push_up"]), OWN["push_up"])
    assert said == [
        "Not judged: the elbows and difference of the elbows, because the repetition has not begun in this photo.",
        OWN["push_up"].camera,
    ]


def test_the_bottom_of_a_press_is_not_the_moment_to_judge_it():
    bent = {}
    for side, x in (("left", 185), ("right", -185)):
        bent[f"{side}_elbow"], bent[f"{side}_wrist"] = (x, -100, 200), (x, -120, 430)
    said = sentences(assess(pose(body(**bent)), OWN["overhead_press"]), OWN["overhead_press"])
    assert "because the repetition has not begun in this photo" in said[0]
    assert said[-1] == OWN["overhead_press"].camera


@pytest.mark.parametrize(
    ("points", "exercise", "reason"),
    [
        (body(), "plank", "you are upright in this photo, and this exercise is done lying"),
        (body(), "push_up", "you are upright in this photo, and this exercise is done lying"),
        (plank(), "squat", "you are lying in this photo (or it is on its side), and this exercise is done upright"),
    ],
)
def test_who_stands_is_not_judged_as_lying_nor_the_other_way_round(points, exercise, reason):
    findings = assess(pose(points), OWN[exercise])
    assert {(f.verdict, f.reason) for f in findings} == {(NOT_JUDGED, reason)}
    said = sentences(findings, OWN[exercise])
    assert reason in said[0]
    assert said[-1] == OWN[exercise].camera


@pytest.mark.parametrize("elevation", [-15, 0, 40])
def test_a_posture_is_told_before_a_camera_that_looks_up_or_down(elevation):
    for points, exercise in ((plank(), "plank"), (squat(), "squat")):
        for azimuth in (0, 90, 180):
            seen = Pose3D(before(points, azimuth, elevation), np.ones(16))
            assert GOOD in verdicts(seen, OWN[exercise]).values()


def test_joints_that_are_seen_and_cannot_be_lifted_are_not_called_unseen():
    """Three joints placed by hand where nobody was found: too few for a body."""
    nothing = Pose3D(np.full((16, 3), np.nan), np.ones(16))
    assert {f.reason for f in assess(nothing, SQUAT)} == {"too few joints are known"}


def test_there_is_no_praise_where_a_risk_cannot_be_judged():
    """Whether somebody leans back is only seen with the knees; here it is 40 degrees."""
    points = leaning_back(40)
    for side, x in (("left", 185), ("right", -185)):
        shoulder = points[LIFT16.index(f"{side}_shoulder")]
        up = (shoulder - [x, 0, 0]) / np.linalg.norm(shoulder - [x, 0, 0])
        points[LIFT16.index(f"{side}_elbow")] = shoulder + 295 * up
        points[LIFT16.index(f"{side}_wrist")] = shoulder + 525 * up
    press = OWN["overhead_press"]
    cut = {f"{side}_{joint}": 0 for side in ("left", "right") for joint in ("knee", "ankle")}
    said = sentences(assess(pose(points, **cut), press), press)
    assert said[0] == "What can be judged of this overhead press is good."
    assert sentences(assess(pose(points), press), press)[0].startswith("Stop leaning back")


def test_an_unseen_angle_that_is_no_risk_does_not_spoil_the_praise():
    said = sentences(assess(pose(squat(80), left_shoulder=0), SQUAT), SQUAT)
    assert said[0] == "Well done: nothing to correct in what is seen of this squat."


def test_an_angle_without_a_target_is_measured_and_neither_judged_nor_praised():
    loose = replace(SQUAT.checks[0], angle="my knee", joints=("left_hip", "left_knee", "left_ankle"), low=0, high=180)
    findings = assess(pose(squat(80)), replace(SQUAT, checks=(loose,)))
    assert [(f.verdict, round(f.degrees)) for f in findings] == [(NOT_JUDGED, 80)]
    said = sentences(findings, SQUAT)
    assert said == ["No angle has a target, so nothing is judged."]
    with_many = replace(SQUAT, checks=(*SQUAT.checks, *[replace(loose, phase="any")] * 20))
    assert sentences(assess(pose(squat(80)), with_many), SQUAT)[0] == ("Well done: nothing to correct in this squat.")


def test_no_praise_beside_what_is_unsure():
    """Knees read as 98, the target ends at 100."""
    said = sentences(assess(pose(squat(98)), SQUAT), SQUAT)
    assert said == [
        "Good as far as this photo shows: the hips, forward lean and difference of the knees.",
        "Too close to call in this photo: the knees.",
    ]


def test_what_is_likely_wrong_comes_first_with_its_advice():
    leaning = tipped(squat(98), 37)  # the trunk is beyond its limit, the knees are before theirs
    said = sentences(assess(pose(leaning), SQUAT), SQUAT)
    assert said == [
        "Perhaps keep the trunk about parallel to the shins; it tips too far forward.",
        "Too close to call in this photo: the knees.",
    ]


def test_where_little_is_sure_nothing_is_praised():
    said = sentences(assess(pose(squat(93)), knees_only(45, 100), even(60)), SQUAT)
    assert said[0] == "This may well be good, but little of it is sure."


def test_what_is_shown_alike_is_judged_alike():
    """100.4 degrees read 100, the end of the target; and a probability of 79.6 % reads 80 %, which is enough."""
    (found,) = assess(pose(squat(100.4)), knees_only(45, 100), even(0.1))
    assert (found.verdict, found.probability) == (GOOD, pytest.approx(0.95, abs=0.01))
    for least, verdict in ((found.probability + 0.004, GOOD), (found.probability + 0.012, UNSURE)):
        exercise = replace(knees_only(45, 100), certainty=replace(SQUAT.certainty, good=least))
        assert assess(pose(squat(100.4)), exercise, even(0.1))[0].verdict == verdict


def test_no_angle_is_minus_nothing():
    vague = replace(SQUAT.checks[0], angle="body_bend", low=-5, high=5, phase="any")
    (found,) = assess(pose(tipped(body(), 0.2)), replace(SQUAT, checks=(vague,)))
    assert -0.5 < found.degrees < 0
    assert cells(found)[:3] == ("line of the hips (+ sag or arch, - bent)", "0°", "-10 to 10°")


POSES = {
    "standing": body(),
    "squat": squat(),
    "half a squat": squat(130),
    "deep squat": squat(20),
    "lunge": lunge(),
    "sag": plank(200),
    "pike": plank(-300),
    "lean": leaning_back(50),
}


@pytest.mark.parametrize("points", POSES.values(), ids=POSES)
@pytest.mark.parametrize("exercise", OWN.values(), ids=OWN)
def test_little_is_said_and_nothing_twice(points, exercise):
    findings = assess(pose(points), exercise)
    said = sentences(findings, exercise)
    assert 1 <= len(said) == len(set(said)) <= MOST_SENTENCES
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in said)
    assert not any(sign in sentence for sentence in said for sign in ("°", "_", "%"))  # those are in the table
    wrong = [finding for finding in findings if finding.verdict in WRONG]
    advice = {part.rstrip(".") for finding in wrong for part in (finding.check.below, finding.check.above) if part}
    assert not wrong or said[0].split(" (")[0].rstrip(".") in advice
    faultless = GOOD in {f.verdict for f in findings} <= {GOOD, NOT_JUDGED}
    assert ("Well done" in said[0]) == (faultless and enough_judged(findings))


def test_an_angle_checked_twice_is_named_once():
    twice = parse_exercises(
        """
        [hold]
        title = "Hold"
        camera = "Stand sideways."
        must_see = []
        checks = [
            { angle = "left_knee", range = [80, 180], below = "Up.", source = "test" },
            { angle = "left_knee", range = [0, 100], above = "Down.", source = "test" },
        ]
        """
    )["hold"]
    findings = assess(pose(squat(), left_knee=0), twice)
    assert sentences(findings, twice)[0] == "The hold is not judged: left knee is not seen in the photo."


def test_sentences_are_about_one_pose():
    clip = Pose3D(np.stack([before(squat())] * 2), np.ones((2, 16)))
    with pytest.raises(ValueError, match="take one frame of each finding"):
        sentences(assess(clip, SQUAT), SQUAT)


def test_what_has_been_advised_is_not_called_close_as_well():
    """One knee clearly too straight, the other perhaps: both need the same, which is said once."""
    points = squat(125)
    right = LIFT16.indices(["right_knee", "right_ankle"])
    points[right] = squat(104)[right]
    said = sentences(assess(pose(points), SQUAT), SQUAT)
    assert said.count("Go deeper: bend the knees to a right angle or further.") == 1
    assert not any("right knee" in sentence for sentence in said)
