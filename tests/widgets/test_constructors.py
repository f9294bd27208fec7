"""What every widget takes when it is made, and how it looks."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reports.clips import analysis
from widget_parts import PHOTO, contrast_with_white, pose2d, pose3d, standing

from fitlab.exercises.definition import exercise_named

pytest.importorskip("pythreejs")

import fitlab_widgets
from fitlab_widgets import AngleTripletPicker, ExerciseSelector, FormCheck, FrameScrubber
from fitlab_widgets.style import stylesheet


@pytest.mark.parametrize("name", fitlab_widgets.__all__)
def test_a_misspelt_trait_is_refused_with_what_there_is(name):
    clip = (None, None, pose3d(np.stack([standing()] * 3)), 30) if name == "FrameScrubber" else ()
    clip = (analysis(),) if name == "ClipScrubber" else clip
    with pytest.raises(TypeError, match=f"trait of {name} 'tooltop'; did you mean tooltip"):
        getattr(fitlab_widgets, name)(*clip, tooltop="a word")


def test_the_traits_of_a_scrubber_act_on_its_parts():
    scrubber = FrameScrubber(None, None, pose3d(np.stack([standing()] * 3)), 30, frame=2, playing=True)
    assert (scrubber.frame, scrubber.curve.frame, scrubber.curve.playing) == (2, 2, True)


def test_the_traits_of_a_form_check_act_on_its_parts(tmp_path):
    assert FormCheck(samples=tmp_path, measuring=True).editor.mode == "pick"


def test_the_traits_of_a_picker_act_on_its_parts():
    picker = AngleTripletPicker(PHOTO, pose2d(), pose3d(), triplet=("left_hip", "left_knee", "left_ankle"))
    check = picker.keep("my knee", 80, 100)
    again = AngleTripletPicker(kept={"my knee": check})
    assert again.arcs == (check.joints,)
    assert len(again._list.children) == 1


def test_the_menu_of_a_selector_has_the_exercises_it_was_given():
    selector = ExerciseSelector(exercises={"lunge": exercise_named("lunge")})
    assert [name for _, name in selector._menu.options] == ["lunge"]


def test_what_has_the_focus_stands_out_from_white():
    focused = re.findall(r"focus-visible[^{]*\{[^}]*?(?:outline|stroke): [^;}]*?(#\w{6})\b", stylesheet().value)
    assert len(focused) == 3
    assert min(map(contrast_with_white, focused)) >= 3


def test_a_joint_that_has_the_focus_has_a_white_halo_against_a_dark_photo():
    assert re.search(r"\.fitlab-joint:focus-visible \.fitlab-halo[^{]*\{ stroke: #fff;", stylesheet().value)
