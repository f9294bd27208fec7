"""Any angle by three clicks."""

from __future__ import annotations

import numpy as np
import pytest
from widget_parts import PHOTO, part, pose2d, pose3d

from fitlab.exercises.definition import exercise_named

pytest.importorskip("pythreejs")

from fitlab_widgets import AngleTripletPicker


def picker_of_someone() -> AngleTripletPicker:
    return AngleTripletPicker(PHOTO, pose2d(), pose3d())


def test_three_clicks_in_the_picture_give_the_angle_in_space():
    picker = picker_of_someone()
    picker.picture.picked = ("left_hip", "left_knee", "left_ankle")
    assert picker.degrees == pytest.approx(180)
    assert picker.low < picker.degrees
    assert "180° in space" in picker._result.value


def test_a_kept_angle_joins_the_exercise():
    picker = picker_of_someone()
    picker.triplet = ("left_hip", "left_knee", "left_ankle")
    picker.keep("my knee", 80, 100)
    checks = picker.added_to(exercise_named("squat")).checks
    assert (checks[-1].angle, checks[-1].target) == ("my knee", "80 to 100")
    picker.forget("my knee")
    assert picker.added_to(exercise_named("squat")) == exercise_named("squat")


def test_what_cannot_be_kept_is_said_in_the_widget():
    picker = picker_of_someone()
    picker._keep_pressed(None)
    assert "choose three joints" in picker._hint.value.lower()


def test_a_joint_without_a_place_in_space_is_named():
    picker = picker_of_someone()
    picker.picture.picked = ("upper_neck",)
    assert "upper neck" in picker._hint.value
    assert picker.triplet == ()


def test_a_joint_that_was_refused_does_not_stay_picked():
    picker = picker_of_someone()
    picker.picture.picked = ("left_hip",)
    picker.picture.picked = ("left_hip", "upper_neck")
    assert picker.picture.picked == picker.triplet == ("left_hip",)
    assert "upper neck" in picker._hint.value
    picker.picture.picked = ("left_hip", "left_knee")
    assert picker._hint.value == ""


def test_the_hint_goes_with_the_next_choice_whatever_it_comes_from():
    picker = picker_of_someone()
    picker.picture.picked = ("upper_neck",)
    picker.triplet = ("left_hip",)
    assert picker._hint.value == ""


@pytest.mark.parametrize("vertex", ["mid_knees", "spine"])
def test_joints_that_the_picture_does_not_have_can_be_chosen(vertex):
    picker = picker_of_someone()
    picker.triplet = ("left_hip", vertex, "left_ankle")
    assert picker.triplet == ("left_hip", vertex, "left_ankle")
    assert picker.picture.picked == ("left_hip", "left_ankle")
    assert np.isfinite(picker.degrees)


@pytest.mark.parametrize("vertex", ["mid_knees", "spine"])
def test_joints_that_the_picture_does_not_have_can_be_chosen_from_the_lists(vertex):
    picker = picker_of_someone()
    for menu, name in zip(picker._lists, ("left_hip", vertex, "left_ankle"), strict=True):
        menu.value = name
    assert picker.triplet == tuple(menu.value for menu in picker._lists) == ("left_hip", vertex, "left_ankle")


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_the_lists_can_be_filled_in_any_order(order):
    picker, names = picker_of_someone(), ("left_hip", "left_knee", "left_ankle")
    filled = ["", "", ""]
    for place in order:
        assert picker.triplet == ()
        picker._lists[place].value = filled[place] = names[place]
        assert [menu.value for menu in picker._lists] == filled
    assert picker.triplet == names


def test_a_list_that_is_emptied_leaves_the_others_and_the_angle():
    picker = picker_of_someone()
    picker.triplet = ("left_hip", "left_knee", "left_ankle")
    picker._lists[0].value = ""
    assert [menu.value for menu in picker._lists] == ["", "left_knee", "left_ankle"]
    assert picker.triplet == ("left_hip", "left_knee", "left_ankle")
    picker._lists[0].value = "pelvis"
    assert picker.triplet == ("pelvis", "left_knee", "left_ankle")


@pytest.mark.parametrize(("place", "name"), [(0, "left_knee"), (1, "left_ankle"), (2, "left_hip")])
def test_a_joint_twice_leaves_the_lists_as_the_angle_is(place, name):
    picker = picker_of_someone()
    picker.triplet = ("left_hip", "left_knee", "left_ankle")
    picker._lists[place].value = name
    assert tuple(menu.value for menu in picker._lists) == picker.triplet == ("left_hip", "left_knee", "left_ankle")
    assert "three different joints" in picker._hint.value


def test_clear_empties_lists_that_are_not_full_yet():
    picker = picker_of_someone()
    picker._lists[1].value = "left_knee"
    picker._clear.click()
    assert [menu.value for menu in picker._lists] == [""] * 3


def test_a_moved_joint_leaves_lists_that_are_not_full_yet():
    picker = picker_of_someone()
    picker._lists[1].value = "left_knee"
    picker.pose2d = pose2d()
    assert picker._lists[1].value == "left_knee"


def test_a_click_in_the_picture_leaves_the_joints_that_it_does_not_have():
    picker = picker_of_someone()
    picker.triplet = ("spine", "left_hip")
    picker.picture.picked = ("left_hip", "left_knee")
    assert picker.triplet == ("spine", "left_hip", "left_knee")
    picker.picture.picked = ("left_knee",)
    assert picker.triplet == ("spine", "left_knee")
    picker.triplet = ("left_hip", "spine", "left_knee")
    picker.picture.picked = ("left_hip", "left_knee", "left_ankle")
    assert picker.triplet == picker.picture.picked == ("left_ankle",)


def test_clear_lets_go_of_the_joints_and_keeps_the_kept_angles():
    picker = picker_of_someone()
    picker.triplet = ("left_hip", "left_knee", "left_ankle")
    picker.keep("my knee")
    picker.triplet = ("left_shoulder", "left_hip", "left_knee")
    picker.picture.hint = "There is no joint at that place."
    picker.clear()
    assert picker.triplet == picker.picture.picked == ()
    assert picker.arcs == (("left_hip", "left_knee", "left_ankle"),)
    assert picker.picture.hint == ""


def test_the_example_of_a_name_is_an_angle_between_joints_that_there_are():
    example = part(picker_of_someone(), "Name").placeholder
    assert example == "such as: left shin to thigh"


def test_a_click_on_nothing_in_the_3d_view_is_answered():
    picker = picker_of_someone()
    picker.viewer.picked = ""
    picker.viewer.clicks += 1
    assert "no joint" in picker._hint.value
