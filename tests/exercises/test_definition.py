import numpy as np
import pytest
from bodies import body, squat

from fitlab.exercises.definition import ExerciseError, exercise_named, load_exercises, parse_exercises
from fitlab.exercises.records import PHASES, SEVERITIES
from fitlab.skeletons import without_side

CURL = """
[curl]
title = "Curl"
camera = "Stand sideways."
drive = "elbow"
start = 150
end = 60
must_see = ["left_elbow"]

[[curl.checks]]
angle = "elbow"
phase = "end"
range = [30, 60]
below = "Lower the weight a little."
above = "Lift higher."
severity = "form"
source = "coaching convention"

[[curl.checks]]
angle = ["thorax", "pelvis", "mid_knees"]
range = [160, 180]
below = "Stand up straight."
source = "coaching convention"
"""
OWN = load_exercises()
CHECKS = {f"{name} {check.angle}": check for name, exercise in OWN.items() for check in exercise.checks}


def test_the_five_exercises_are_there():
    assert set(OWN) >= {"squat", "push_up", "overhead_press", "plank", "lunge"}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_check_has_a_source_and_something_to_say(check):
    assert check.source
    assert check.phase in PHASES
    assert check.severity in SEVERITIES
    floor, ceiling = check.limits
    assert np.isinf(floor) or check.below.endswith(".")
    assert np.isinf(ceiling) or check.above.endswith(".")
    assert np.isfinite(check.measure.compute(squat()))


@pytest.mark.parametrize("exercise", OWN.values(), ids=OWN)
def test_every_exercise_says_where_to_stand(exercise):
    assert exercise.camera.endswith(".")
    assert exercise.title[0].isupper()


def test_both_sides_are_checked_of_an_angle_that_has_two():
    elbow_left, elbow_right, line = parse_exercises(CURL)["curl"].checks
    assert (elbow_left.angle, elbow_right.angle) == ("left_elbow", "right_elbow")
    assert elbow_left.above == elbow_right.above == "Lift higher."
    assert line.joints == ("thorax", "pelvis", "mid_knees")
    assert line.target == "at least 160"
    assert elbow_left.target == "30 to 60"
    assert float(line.measure.compute(body())) == pytest.approx(180)


def test_a_users_file_adds_to_our_own_and_wins(tmp_path):
    (tmp_path / "mine.toml").write_text(CURL.replace("curl", "squat"))
    exercises = load_exercises(tmp_path / "mine.toml")
    assert exercises["squat"].title == "Curl"
    assert "plank" in exercises
    assert load_exercises()["squat"].title == "Squat"


@pytest.mark.parametrize("name", ["push_up", "push-up", "Push up", " PUSH-UP "])
def test_an_exercise_is_found_however_it_is_written(name):
    assert exercise_named(name) is OWN["push_up"]


@pytest.mark.parametrize("name", ["my-lift", "MyLift", "my_lift"])
def test_an_exercise_of_ones_own_is_found_by_its_name(tmp_path, name):
    (tmp_path / "mine.toml").write_text(CURL.replace("[curl]", f"[{name}]").replace("[[curl.", f"[[{name}."))
    exercises = load_exercises(tmp_path / "mine.toml")
    assert exercise_named(name, exercises) is exercises[name]
    assert exercise_named(name.upper(), exercises) is exercises[name]


@pytest.mark.parametrize(("name", "near"), [("sqat", "squat"), ("pushup", "push_up"), ("press", "overhead_press")])
def test_an_unknown_exercise_gets_suggestions(name, near):
    with pytest.raises(ValueError, match=f"unknown exercise '{name}'; did you mean .*{near}"):
        exercise_named(name)
    with pytest.raises(ValueError, match=r"an exercise is a name or an Exercise, got \['squat'\]; known: squat"):
        exercise_named(["squat"])


def test_the_driving_angle_is_the_mean_of_the_sides_that_are_known():
    curl = parse_exercises(CURL)["curl"]
    bent = body(left_elbow=(480, 0, 470), left_wrist=(480, 0, 700))
    assert float(curl.drive_angle(bent)) == pytest.approx((90 + 180) / 2)
    one_arm = bent.copy()
    one_arm[-1] = np.nan
    assert float(curl.drive_angle(one_arm)) == pytest.approx(90)
    assert np.isnan(curl.drive_angle(np.full((16, 3), np.nan)))


def test_where_the_repetition_starts():
    curl, press = parse_exercises(CURL)["curl"], OWN["overhead_press"]
    straight = body()
    assert curl.at_start(straight)
    assert not press.at_start(straight)
    assert not OWN["plank"].at_start(straight)
    assert curl.at_start(np.stack([straight] * 3)).shape == (3,)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[curl]", "[curl", "not valid TOML"),
        ('title = "Curl"\n', "", "exercise curl of the file lacks title"),
        ('title = "Curl"', "title = 7", "title must be text that says something, got 7"),
        ('title = "Curl"', 'titel = "Curl"', "unknown field 'titel'; did you mean title"),
        ('["left_elbow"]', '["left_elbo"]', "exercise curl .* did you mean left_elbow"),
        ('["left_elbow"]', '"left_elbow"', "must_see must be a list of joints"),
        ('["left_elbow"]', "5", "must_see must be a list of joints"),
        ('drive = "elbow"', 'drive = "elbo"', "unknown angle 'elbo'"),
        ('drive = "elbow"', 'drive = ["left_hip", "left_knee", "left_ankle"]', "drive must be text"),
        ('drive = "elbow"\n', "", "there is no drive"),
        ('angle = "elbow"', 'angle = "elbows"', "check 1: unknown angle 'elbows'; did you mean elbow or"),
        ("start = 150\n", "", "needs start and end"),
        ("start = 150", "start = 60", "two different numbers"),
        ("[30, 60]", "[60, 30]", "check 1: range .60, 30. must go from the smaller"),
        ("[30, 60]", "[30]", "check 1: range must be two numbers"),
        ("[30, 60]", '"30 to 60"', "check 1: range must be two numbers"),
        ("[30, 60]", "[nan, 60]", "check 1: range must be two numbers"),
        ("[30, 60]", "[30, inf]", "check 1: range must be two numbers of degrees from 0 to 180, .* got .30, inf."),
        ("[30, 60]", "[false, true]", "check 1: range must be two numbers .* got .False, True."),
        ("[30, 60]", "[-10, 60]", "check 1: range must be two numbers of degrees from 0 to 180, .* got .-10, 60."),
        ("[30, 60]", "[30, 600]", "check 1: range must be two numbers of degrees from 0 to 180"),
        ("start = 150", "start = true", "two different numbers of degrees from 0 to 180, got .True, 60."),
        ("start = 150", "start = nan", "two different numbers of degrees from 0 to 180, got .nan, 60."),
        ("start = 150", "start = 1500", "two different numbers of degrees from 0 to 180, got .1500, 60."),
        ("end = 60", "end = -60", "two different numbers of degrees from 0 to 180, got .150, -60."),
        (
            'angle = "elbow"\nphase = "end"\nrange = [30, 60]',
            'angle = "body_bend"\nrange = [-190, 60]',
            "from -180 to 180",
        ),
        ("range = [30, 60]\n", "", "check 1 lacks range"),
        ('phase = "end"', 'phase = "ende"', "check 1: unknown phase 'ende'; did you mean end"),
        ('severity = "form"', 'severity = "bad"', "check 1: unknown severity 'bad'"),
        ('above = "Lift higher."\n', "", "check 1 lacks above: .* above 60 degrees"),
        ('below = "Stand up straight."\n', "", "check 2 lacks below"),
        ('"mid_knees"]', '"mid_knee"]', "check 2: unknown joint of LIFT16 'mid_knee'; did you mean mid_knees"),
        ('"mid_knees"]', '"mid_knees", "thorax"]', "check 2: a free angle is three joints"),
        (
            '["thorax", "pelvis", "mid_knees"]',
            "3",
            "check 2: angle must be a name, such as .knee., or a list of three joints, got 3",
        ),
        ('source = "coaching convention"\n\n', "\n", "check 1 lacks source"),
        ("[[curl.checks]]", "[[curl.check]]", "unknown field 'check'"),
        ('camera = "Stand sideways."', 'camera = " "', "camera must be text that says something, got ' '"),
        ('title = "Curl"', 'title = "\\u001b[2JCurl"', "title must be one line without control characters"),
        ('below = "Stand up straight."', "below = true", "check 2: below must be text that says something, got True"),
        ('source = "coaching convention"\n\n', 'source = ""\n\n', "check 1: source must be text that says something"),
        ('drive = "elbow"', 'drive = "elbow"\nposture = "lyin"', "unknown posture 'lyin'; did you mean lying"),
        ('drive = "elbow"\nstart = 150\nend = 60\n', "", "a check of one phase needs drive, start and end"),
        ('"pelvis", "mid_knees"]', '"pelvis", "pelvis"]', "check 2: an angle lies between three different joints"),
        ("[curl]", "curls = 3\n[curl]", r"exercise curls .* must be a table \[curls\], got 3"),
    ],
)
def test_a_mistake_in_a_file_is_named(old, new, complaint):
    assert old in CURL
    with pytest.raises(ExerciseError, match=complaint) as caught:
        parse_exercises(CURL.replace(old, new))
    assert "\n" not in str(caught.value)


def test_angles_that_can_be_negative_go_from_minus_180():
    bend = CURL.replace('"elbow"', '"body_bend"').replace("150", "-20").replace("[30, 60]", "[-180, 15]")
    curl = parse_exercises(bend.replace('below = "Lower the weight a little."\n', ""))["curl"]
    assert (curl.start, curl.checks[0].low) == (-20, -180)
    assert curl.checks[0].limits == (-np.inf, 15)
    assert curl.checks[0].has_target
    assert not parse_exercises(CURL.replace("[30, 60]", "[0, 180]"))["curl"].checks[0].has_target


def test_an_exercise_needs_checks():
    with pytest.raises(ExerciseError, match="lacks checks"):
        parse_exercises(CURL[: CURL.index("[[")])
    with pytest.raises(ExerciseError, match="checks must be one or more tables"):
        parse_exercises('[curl]\ntitle = "Curl"\ncamera = "x"\nmust_see = []\nchecks = "none"\n')


def test_the_checks_of_a_variant_are_tables():
    with pytest.raises(ExerciseError, match="exercise deep of the file: checks must be one or more tables, got 5"):
        parse_exercises('[deep]\nvariant_of = "squat"\nchecks = 5\n')


SEATED = """
[seated_curl]
variant_of = "curl"
title = "Seated curl"
leave_out = ["right_elbow"]
posture = ""

[[seated_curl.checks]]
angle = "body_bend"
range = [-180, -60]
above = "Sit down."
source = "test"
"""


def test_a_variant_takes_over_what_it_does_not_change():
    exercises = parse_exercises(CURL.replace('title = "Curl"', 'title = "Curl"\nposture = "upright"') + SEATED)
    curl, seated = exercises["curl"], exercises["seated_curl"]
    assert (seated.variant_of, curl.variant_of) == ("curl", "")
    assert (seated.title, seated.camera, seated.drive, seated.start) == ("Seated curl", curl.camera, "elbow", 150)
    assert (curl.posture, seated.posture) == ("upright", "")
    assert [check.angle for check in seated.checks] == ["left_elbow", "thorax - pelvis - mid_knees", "body_bend"]
    assert seated.checks[0] == curl.checks[0]


def test_a_variant_may_be_one_of_our_own_exercises():
    text = SEATED.replace("curl", "plank").replace("right_elbow", "shoulder")
    assert [check.angle for check in parse_exercises(text)["seated_plank"].checks][:3] == [
        "body_bend",
        "left_knee",
        "right_knee",
    ]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'variant_of = "curl"',
            'variant_of = "curls"',
            "unknown exercise to be a variant of 'curls'",
        ),
        ('variant_of = "curl"', 'variant_of = "seated_curl"', "unknown exercise to be a variant of 'seated_curl'"),
        ('["right_elbow"]', '["knee"]', "leave_out: knee is not checked in curl"),
        ('["right_elbow"]', '"elbow"', "leave_out must be a list of angles"),
        ('variant_of = "curl"', "", "unknown field 'leave_out'"),
    ],
)
def test_a_mistake_in_a_variant_is_named(old, new, complaint):
    with pytest.raises(ExerciseError, match=f"exercise seated_curl of the file: {complaint}"):
        parse_exercises(CURL + SEATED.replace(old, new))


def test_the_variants_of_a_press():
    """Who sits has bent hips; whose right arm hangs is judged by the left one alone."""
    seated, left = OWN["seated_press"], OWN["left_arm_press"]
    assert "body_bend" not in {check.angle for check in seated.checks}
    assert {check.angle for check in left.checks} == {"left_elbow", "left_shoulder", "body_bend"}
    hanging = body(left_elbow=(185, 0, 765), left_wrist=(185, 0, 995), right_elbow=(-185, -295, 470))
    assert left.phase(hanging) == "end"


@pytest.mark.parametrize(("hip", "within"), [(105, True), (80, True), (45, False)])
def test_a_crunch_that_becomes_a_sit_up_goes_too_far(hip, within):
    """A trunk that lies 135 degrees from the thighs is raised by 30, 55 and 90."""
    checks = [check for check in OWN["crunch"].checks if without_side(check.angle) == "hip"]
    assert len(checks) == 2
    for check in checks:
        low, high = check.limits
        assert (low <= check.measure.compute(squat(hip)) <= high) == within


def test_how_sure_a_verdict_must_be_is_read_from_the_file():
    own = OWN["squat"].certainty
    assert (own.good, own.good_risk, own.wrong, own.moment) == (0.8, 0.9, 0.8, 0.8)
    assert own.good_from("risk") > own.good_from("form")
    mine = parse_exercises("[certainty]\ngood = 0.7\n" + CURL)["curl"].certainty
    assert (mine.good, mine.wrong) == (0.7, own.wrong)
    assert parse_exercises(CURL)["curl"].certainty == own


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("good = 0.3", "good in .certainty. is a probability above 0.5 and at most 1, got 0.3"),
        ("wrong = 1.5", "wrong in .certainty. is a probability"),
        ("moment = true", "moment in .certainty. is a probability"),
        ("good = 0.95", "good_risk in .certainty. is at least good, which is 0.95; got 0.9"),
        ("sure = 0.9", ".certainty. is a table of good, good_risk, wrong, moment"),
    ],
)
def test_a_mistake_in_the_certainty_is_named(table, complaint):
    with pytest.raises(ExerciseError, match=f"^the file: {complaint}"):
        parse_exercises(f"[certainty]\n{table}\n{CURL}")


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none.toml"):
        load_exercises(tmp_path / "none.toml")
    with pytest.raises(ExerciseError, match=f"^{tmp_path} is a folder; give the path of a TOML file"):
        load_exercises(tmp_path)
    (tmp_path / "mine.toml").write_text(CURL, encoding="utf-8-sig")  # as some editors save text
    assert "curl" in load_exercises(tmp_path / "mine.toml")
    (tmp_path / "photo.toml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(ExerciseError, match=r"photo.toml is not a text file"):
        load_exercises(tmp_path / "photo.toml")
