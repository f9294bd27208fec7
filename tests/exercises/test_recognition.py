from dataclasses import replace

import numpy as np
import pytest
from bodies import FACE_DOWN, before, body, pose, tipped

from fitlab.exercises.assessment import assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.recognition import (
    NO_EXERCISE,
    UNKNOWN,
    Recognition,
    by_exercise,
    exercise_in_clip,
    looks_more_like,
    proposed,
    recognise,
    recognise_clip,
    something_else,
)
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16, MPII16

NAMES = ("squat", "plank", "warrior", "standing", UNKNOWN)
OWN = load_exercises()


def squat(knee: float) -> np.ndarray:
    """Feet apart; shins tipped forward by a third of what the knees bend, the trunk by half; arms to the front."""
    lean = (180 - knee) / 3
    shin, thigh = np.deg2rad([lean, 2 * lean])
    places = {}
    for side, x in (("left", 110), ("right", -110)):
        at = np.array([0, -410 * np.sin(thigh), -410 * np.cos(thigh)])
        places[f"{side}_knee"] = (2 * x, *at[1:])
        places[f"{side}_ankle"] = (1.6 * x, at[1] + 410 * np.sin(shin), at[2] - 410 * np.cos(shin))
        places[f"{side}_elbow"], places[f"{side}_wrist"] = (1.6 * x, -200, 600), (1.2 * x, -350, 750)
    return tipped(body(**places), 1.5 * lean)


def lunge(front: str) -> np.ndarray:
    """Both knees at a right angle, the back one near the floor, the hands on the hips."""
    back, x = ("right", 110) if front == "left" else ("left", -110)
    return body(
        **{
            f"{front}_knee": (x, -400, -60),
            f"{front}_ankle": (x, -400, -470),
            f"{back}_knee": (-x, 90, -400),
            f"{back}_ankle": (-x, 480, -430),
            "left_elbow": (330, 60, 230),
            "right_elbow": (-330, 60, 230),
            "left_wrist": (170, -40, 60),
            "right_wrist": (-170, -40, 60),
        }
    )


def forearm_plank() -> np.ndarray:
    """Face down on forearms and toes, in the axes of :func:`bodies.body`."""
    arms = {f"{side}_elbow": (sign * 190, -290, 450) for side, sign in (("left", 1), ("right", -1))}
    arms |= {f"{side}_wrist": (sign * 150, -290, 680) for side, sign in (("left", 1), ("right", -1))}
    return body(**arms) @ FACE_DOWN.T


def recognised(**shares: float) -> Recognition:
    """One pose; what is not named shares the rest."""
    rest = (1 - sum(shares.values())) / (len(NAMES) - len(shares))
    return Recognition(NAMES, np.array([shares.get(name, rest) for name in NAMES]))


@pytest.mark.parametrize(
    ("person", "name"),
    [(body(), "standing"), (squat(110), "squat"), (lunge("left"), "lunge"), (forearm_plank(), "plank")],
)
@pytest.mark.parametrize("azimuth", [40, 90, 250])
def test_made_up_people_are_recognised_from_all_sides(person, name, azimuth):
    found = recognise(Pose3D(before(person, azimuth), np.ones(16)))
    assert found.name == name
    assert found.probabilities.sum() == pytest.approx(1)


def test_a_clip_is_recognised_as_its_frames_are():
    points = np.stack([before(person, 60) for person in (squat(110), squat(90), body())])
    clip = recognise(Pose3D(points, np.ones((3, 16))))
    assert clip.name.tolist()[0::2] == ["squat", "standing"]
    alone = recognise(Pose3D(points[0], np.ones(16)))
    np.testing.assert_allclose(clip[0].probabilities, alone.probabilities, atol=1e-5)
    assert clip.table.shape == (3, len(clip.names))
    assert alone.table["name"][0] == alone.name
    assert alone.table["probability"].is_monotonic_decreasing


def test_left_and_right_do_not_matter():
    one, other = (recognise(pose(lunge(side))) for side in ("left", "right"))
    assert one.of("lunge") == pytest.approx(other.of("lunge"), abs=0.1)


def test_without_a_trunk_nothing_is_told():
    points, score = before(squat(80), 60), np.ones(16)
    score[LIFT16.indices(["left_hip", "right_hip", "left_shoulder", "right_shoulder"])] = 0.1
    found = recognise(Pose3D(points, score))
    assert found.name == UNKNOWN
    assert np.isnan(found.probability)
    assert not something_else(found, OWN["plank"], np.array("end"))[0]


def test_what_looks_more_like_another_exercise_is_told_beside_the_verdict():
    """Not of postures, which every exercise passes through."""
    assert looks_more_like(recognised(warrior=0.6, squat=0.3), OWN["squat"]) == (
        "But this looks more like a warrior pose than a squat."
    )
    for told in (recognised(squat=0.6, warrior=0.3), recognised(standing=0.9), recognised(warrior=0.4, squat=0.3)):
        assert looks_more_like(told, OWN["squat"]) == ""


def test_an_empty_batch_has_no_answers():
    assert recognise(Pose3D(np.zeros((0, 16, 3)), np.ones((0, 16)))).probabilities.shape[0] == 0


def test_another_skeleton_is_refused():
    with pytest.raises(ValueError, match="LIFT16"):
        recognise(Pose3D(np.zeros((16, 3)), np.ones(16), skeleton=MPII16))


def test_whoever_stands_between_repetitions_is_exercising():
    frames = [recognised(standing=0.9)] * 7 + [recognised(squat=0.9)] * 3
    clip = Recognition(NAMES, np.stack([frame.probabilities for frame in frames]))
    assert clip.pooled().name == "squat"
    assert clip[:7].pooled().name == "standing"
    lost = Recognition(NAMES, np.full((4, len(NAMES)), np.nan))
    assert lost.pooled().name == UNKNOWN
    together = Recognition(NAMES, np.concatenate([lost.probabilities, clip.probabilities]))
    np.testing.assert_allclose(together.pooled().probabilities, clip.pooled().probabilities)


def test_a_clip_of_squats_is_one():
    points = np.stack([before(squat(degrees), 60) for degrees in (178, 170, 140, 115, 110, 110, 115, 140, 170, 178)])
    assert recognise_clip(Pose3D(points, np.ones((10, 16)))).name == "squat"
    assert exercise_in_clip(Pose3D(points, np.ones((10, 16)))).name == "squat"
    nothing = Pose3D(np.full((10, 16, 3), np.nan), np.zeros((10, 16)))
    with pytest.raises(ValueError, match="cannot be told; name one of squat"):
        exercise_in_clip(nothing)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (recognised(squat=0.99), "this looks like a squat, not a plank"),
        (recognised(warrior=0.99), "this looks like a warrior pose, not a plank"),
        (recognised(standing=0.99), "this looks like somebody standing, not a plank"),
        (recognised(unknown=0.99), "this does not look like a plank"),
        (recognised(squat=0.49, standing=0.49, plank=0.003), "this does not look like a plank"),
    ],
)
def test_what_is_plainly_something_else_is_named(found, why):
    other, said = something_else(found, OWN["plank"], np.array("end"))
    assert (bool(other), str(said)) == (True, why)


@pytest.mark.parametrize(
    "found",
    [recognised(squat=0.9, plank=0.08), recognised(squat=0.49, standing=0.49, plank=0.01), recognised(plank=0.9), None],
)
def test_what_may_be_the_exercise_is_not_contradicted(found):
    assert not something_else(found, OWN["plank"], np.array("end"))[0]


def test_whoever_stands_has_not_begun_to_squat_and_does_nothing_else():
    found = recognised(standing=0.99)
    assert not something_else(found, OWN["squat"], np.array("start"))[0]
    assert something_else(found, OWN["squat"], np.array("end"))[0]


def test_an_exercise_that_is_not_told_apart_is_never_contradicted():
    assert not something_else(recognised(plank=0.99), OWN["lunge"], np.array("end"))[0]


@pytest.mark.parametrize(
    ("found", "exercise", "said"),
    [
        (recognised(plank=0.9), OWN["plank"], "This looks like a plank, and is judged as that."),
        (recognised(warrior=0.9), NO_EXERCISE, "This looks like a warrior pose, which has no targets here; choose "),
        (recognised(standing=0.9), NO_EXERCISE, "This looks like somebody standing; choose one "),
        (recognised(plank=0.4, squat=0.4), NO_EXERCISE, "Which exercise this is cannot be told; choose one that can "),
    ],
)
def test_the_exercise_is_proposed(found, exercise, said):
    chosen, sentence = proposed(found)
    assert chosen == exercise
    assert sentence.startswith(said)


def test_a_name_that_is_not_told_apart_gets_a_suggestion():
    with pytest.raises(ValueError, match="did you mean squat"):
        recognised(squat=0.9).of("squad")


def test_the_beginning_of_an_exercise_is_that_exercise_and_known_as_its_beginning():
    learnt = ("push_up", "push_up_top", "plank", UNKNOWN)
    found = by_exercise(learnt, np.array([[0.1, 0.7, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [np.nan] * 4]))
    assert found.names == ("push_up", "plank", UNKNOWN)
    np.testing.assert_allclose(found.probabilities[:2].sum(-1), 1)
    np.testing.assert_allclose(found.begins("push_up"), [7 / 8, 1 / 8, 0])
    np.testing.assert_allclose(found[0].begins("push_up"), 7 / 8)
    assert not found.begins("plank").any()
    assert not found.begins("an exercise of mine").any()


def test_a_push_up_at_its_top_is_told_by_the_whole_body_too():
    bent = np.array([0.1, 0.1, 0.8])  # of elbows that look bent at 140 degrees
    arms = {f"{side}_{joint}": (sign * x, y, z) for side, sign in (("left", 1), ("right", -1))
            for joint, x, y, z in (("elbow", 300, -200, 400), ("wrist", 190, -440, 400))}  # fmt: skip
    high = pose(body(**arms) @ FACE_DOWN.T)
    exercise = replace(OWN["push_up"], start=179.0)
    assert (exercise.phase(high.points), exercise.posture) == ("end", "lying")
    learnt = ("push_up", "push_up_top", UNKNOWN)
    for shares, reason in (
        (bent[[1, 2, 0]], "the repetition may have only begun in this photo"),
        (bent[[2, 1, 0]], ""),
    ):
        found = assess(high, exercise, recognition=by_exercise(learnt, shares))
        assert {f.reason for f in found if f.check.angle == "left_elbow"} == {reason}
