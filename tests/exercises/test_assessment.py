from dataclasses import replace

import numpy as np
import pytest
from bodies import before, body, leaning_back, lunge, plank, pose, squat, tipped
from calibrations import even

from fitlab.exercises.assessment import GOOD, NOT_JUDGED, TOO_LARGE, TOO_SMALL, UNSURE, assess, enough_judged
from fitlab.exercises.definition import load_exercises, parse_exercises
from fitlab.exercises.feedback import sentences
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
    ("knee", "verdict"), [(90, GOOD), (68, TOO_SMALL), (112, TOO_LARGE), (75, UNSURE), (105, UNSURE), (95, UNSURE)]
)
def test_a_verdict_needs_the_whole_interval(knee, verdict):
    """Target 79 to 101; the interval is 10 to either side."""
    assert verdicts(pose(squat(knee)), knees_only(79, 101)) == {"left_knee": verdict}


def test_a_range_that_reaches_the_end_has_no_limit_there():
    assert verdicts(pose(squat(175)), knees_only(160, 180)) == {"left_knee": GOOD}


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
    assert findings["knee_difference"].verdict == GOOD


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
        points[LIFT16.index(f"{side}_wrist")] = (sign * 385, 0, 880)
    said = sentences(assess(pose(points), OWN["overhead_press"]), OWN["overhead_press"])
    assert said[0].startswith("Do not lean back")


@pytest.mark.parametrize(
    ("lean", "verdict"), [(-10, GOOD), (0, GOOD), (20, GOOD), (30, UNSURE), (45, TOO_LARGE), (80, TOO_LARGE)]
)
@pytest.mark.parametrize("front", ["left", "right"])
def test_a_lunge_leans_too_far_only_forward(front, lean, verdict):
    assert verdicts(pose(tipped(lunge(front), lean)), OWN["lunge"])["lean_over_front_leg"] == verdict


def test_a_long_step_is_not_told_to_straighten_an_upright_trunk():
    """The front foot is ahead of the knee, so that the upright trunk is forward of the shin; it is the step as well."""
    points = lunge()
    points[LIFT16.index("left_ankle")] = (110, -410 - 340, -230)
    said = sentences(assess(pose(points), OWN["lunge"]), OWN["lunge"])
    assert any(sentence.startswith("Bring the front knee over the foot") for sentence in said)


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
    assert verdicts(pose(tipped(squat(90), 35)))["trunk_lean"] == UNSURE
    assert verdicts(pose(tipped(squat(90), 55)))["trunk_lean"] == TOO_LARGE
    assert verdicts(pose(tipped(squat(90), -30)))["trunk_lean"] == GOOD


def test_a_pose_in_another_skeleton_is_refused():
    other = Pose3D(body(), np.ones(16), skeleton=MPII16)
    with pytest.raises(ValueError, match="LIFT16, got MPII16"):
        assess(other, SQUAT)
    with pytest.raises(ValueError, match="LIFT16, got MPII16"):
        interval(other, "left_knee")


def test_left_and_right_are_said_in_one_sentence():
    findings = assess(pose(squat(125)), SQUAT)
    deeper = [sentence for sentence in sentences(findings, SQUAT) if sentence.startswith("Go deeper")]
    assert len(deeper) == 1
    assert "left knee 125° (115 to 135°), right knee 125° (115 to 135°), target 45 to 100°" in deeper[0]


def test_all_is_well():
    assert sentences(assess(pose(squat(80)), SQUAT), SQUAT) == [
        "Well done: every angle of the squat is within its target."
    ]


def test_standing_upright_is_no_squat_well_done():
    """Only the difference between the knees can be judged before the repetition has begun."""
    said = sentences(assess(pose(body()), SQUAT), SQUAT)
    assert said[0] == "What can be judged of the squat is within its target, but that is little."
    assert said[1].endswith("because the repetition has not begun in this photo.")


@pytest.mark.parametrize("exercise", OWN.values(), ids=OWN)
def test_standing_with_hanging_arms_is_praised_in_no_exercise(exercise):
    assert not any("Well done" in sentence for sentence in sentences(assess(pose(body()), exercise), exercise))


def test_there_is_no_praise_before_the_repetition_has_begun():
    """Three of the five checks of a push-up are judged, and all three are good."""
    said = sentences(assess(pose(plank()), OWN["push_up"]), OWN["push_up"])
    assert said[0] == "What can be judged of the push-up is within its target."
    assert said[1].endswith("because the repetition has not begun in this photo.")
    assert said[2] == OWN["push_up"].camera  # which says when to take the photo


@pytest.mark.parametrize(
    ("points", "exercise", "reason"),
    [
        (body(), "plank", "you are upright in this photo, and this exercise is done lying"),
        (body(), "push_up", "you are upright in this photo, and this exercise is done lying"),
        (plank(), "squat", "you are lying in this photo, and this exercise is done upright"),
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
    assert said[0] == "What can be judged of the overhead press is within its target."
    assert sentences(assess(pose(points), press), press)[0].startswith("Do not lean back")


def test_an_unseen_angle_that_is_no_risk_does_not_spoil_the_praise():
    said = sentences(assess(pose(squat(80), left_shoulder=0), SQUAT), SQUAT)
    assert said[0] == "Well done: every angle that can be judged of the squat is within its target."


def test_an_angle_without_a_target_is_measured_and_neither_judged_nor_praised():
    loose = replace(SQUAT.checks[0], angle="my knee", joints=("left_hip", "left_knee", "left_ankle"), low=0, high=180)
    findings = assess(pose(squat(80)), replace(SQUAT, checks=(loose,)))
    assert [(f.verdict, round(f.degrees)) for f in findings] == [(NOT_JUDGED, 80)]
    said = sentences(findings, SQUAT)
    assert said == ["Not judged: my knee, because no target was set."]
    with_many = replace(SQUAT, checks=(*SQUAT.checks, *[replace(loose, phase="any")] * 20))
    assert sentences(assess(pose(squat(80)), with_many), SQUAT)[0] == (
        "Well done: every angle of the squat is within its target."
    )
    standing = sentences(assess(pose(body()), with_many), SQUAT)
    assert standing[0].endswith("but that is little.")


def test_no_praise_beside_a_doubt():
    said = sentences(assess(pose(squat(95)), SQUAT), SQUAT)
    assert said[0] == "Nothing is clearly wrong."
    assert said[1].startswith("Probably good: left knee 95° (85 to 105°), right knee")


def test_a_doubt_on_the_wrong_side_of_the_limit_comes_first_with_its_advice():
    leaning = tipped(squat(93), 43)  # the trunk is beyond its limit, the knees are before theirs
    said = sentences(assess(pose(leaning), SQUAT), SQUAT)
    assert said[0] == "Nothing is clearly wrong."
    assert said[1].startswith("Perhaps: Keep the trunk about parallel to the shins")
    assert said[2].startswith("Probably good: left knee")


@pytest.mark.parametrize(("half_width", "words"), [(10, "Probably good: left knee"), (60, "Not sure: left knee")])
def test_an_interval_far_wider_than_the_target_is_not_called_probably_good(half_width, words):
    (said,) = sentences(assess(pose(squat(93)), knees_only(45, 100), even(half_width)), SQUAT)
    assert said.startswith(words)


def test_what_is_shown_alike_is_judged_alike():
    """Intervals that end at 100.3 and at 99.7 degrees both read 100."""
    for knee in (90.3, 89.7):
        assert verdicts(pose(squat(knee)), knees_only(45, 100)) == {"left_knee": GOOD}


def test_no_angle_is_minus_nothing():
    vague = replace(SQUAT.checks[0], angle="body_bend", low=-5, high=5, phase="any")
    (found,) = assess(pose(tipped(body(), 0.2)), replace(SQUAT, checks=(vague,)))
    assert -0.5 < found.degrees < 0
    (said,) = sentences([found], SQUAT)
    assert "body bend 0° (-10 to 10°)" in said


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
def test_every_verdict_that_is_not_good_is_put_into_words(points, exercise):
    findings = assess(pose(points), exercise)
    said = sentences(findings, exercise)
    assert all(sentence.strip() and not sentence.startswith("(") for sentence in said)
    for finding in findings:
        if finding.verdict != GOOD:
            angle = finding.check.angle.replace("_", " ")
            assert any(angle in sentence for sentence in said), (angle, said)
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
    assert sentences(findings, twice)[0] == "Not judged: left knee, because left knee is not seen in the photo."


def test_sentences_are_about_one_pose():
    clip = Pose3D(np.stack([before(squat())] * 2), np.ones((2, 16)))
    with pytest.raises(ValueError, match="take one frame of each finding"):
        sentences(assess(clip, SQUAT), SQUAT)
