import pytest

from fitlab.angles import MEASURES
from fitlab.exercises.words import (
    angle_label,
    angle_meaning,
    angle_name,
    angles_together,
    in_sentence,
    joined,
    joints_together,
    not_seen,
)


@pytest.mark.parametrize("angle", MEASURES)
def test_every_named_angle_has_an_everyday_name_and_a_meaning(angle):
    assert "_" not in angle_label(angle)
    assert angle_meaning(angle).endswith(".")
    assert ("+" in angle_label(angle)) == MEASURES[angle].signed


def test_names_as_people_say_them():
    assert angle_name("left_knee") == "left knee"
    assert angle_name("body_bend") == "line of the hips"
    assert angle_name("thorax - pelvis - mid_knees") == "thorax - pelvis - mid knees"
    assert angle_meaning("my knee") == ""


def test_two_sides_are_one_in_a_list():
    assert angles_together(["left_knee", "right_knee", "trunk_lean"]) == "the knees and forward lean"
    assert angles_together(["left_knee", "trunk_lean"]) == "left knee and forward lean"
    assert joined(["left_knee"]) == "left knee"
    assert joints_together(["left_ankle", "right_knee", "right_ankle"]) == "ankles and right knee"
    assert joints_together(["pelvis", "left_hip", "right_hip"]) == "hips"
    assert joints_together(["pelvis", "left_hip"]) == "pelvis and left hip"
    assert not_seen(["left_hip"]) == "left hip is not seen in the photo"
    assert not_seen(["left_hip", "left_knee"]) == "left hip and left knee are not seen in the photo"


def test_a_title_in_a_sentence_keeps_its_capitals_where_they_are_several():
    assert in_sentence("Overhead press, left arm") == "overhead press, left arm"
    assert in_sentence("Warrior II") == "warrior II"
