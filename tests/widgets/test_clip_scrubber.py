"""An analysed clip in a scrubber: curve, repetitions, corrections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reports.clips import analysis
from widget_parts import PHOTO, jpeg, part

from fitlab.video_analysis import LOST

pytest.importorskip("pythreejs")

from fitlab_widgets import ClipScrubber
from fitlab_widgets.joint_picture import moved_joint

COUNT = 12


def scrubber(**options: object) -> ClipScrubber:
    return ClipScrubber(analysis(), [jpeg(PHOTO)] * COUNT, **options)


def test_the_curve_shows_target_interval_and_repetitions():
    shown = scrubber()
    finding = next(each for each in analysis().findings if each.check.angle == shown.angle)
    assert shown.angle in ("left_knee", "right_knee")
    assert shown.curve.low is None
    assert shown.curve.high == finding.check.high
    np.testing.assert_allclose(shown.curve.lows[7], finding.low[7], atol=0.01)
    assert shown.curve.lows[-1] is None
    assert [(number, style) for number, *_, style in shown.curve.marks] == [(1, "wrong"), (2, "good")]
    shown.angle = "left_elbow"
    assert (shown.curve.high, shown.curve.lows) == (None, [])


def test_buttons_lead_to_repetitions_and_to_their_worst_moments():
    shown = scrubber()
    part(shown, "▲ 1").click()
    assert shown.frame == 2
    assert "go deeper" in shown._said.value
    assert "<b>" not in shown._said.value  # what a user's file says is no HTML
    part(shown, "✓ 2").click()
    assert shown.frame == shown.curve.frame == 7
    assert "well done" in shown._said.value
    moment = next(each for each in shown._worst.children if "left hip" in each.description)
    shown.frame = 5
    moment.click()
    assert (shown.frame, shown.angle) == (7, "left_hip")


def test_what_was_said_of_a_repetition_does_not_stay_where_there_is_none():
    shown = scrubber()
    part(shown, "✓ 2").click()
    shown.analysis = replace(shown.analysis, repetitions=())
    assert shown._said.value == "No repetition was found."
    assert not shown._worst.children


def test_it_plays_at_the_clips_own_times():
    clip = analysis(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20.0]))
    shown = ClipScrubber(clip, [jpeg(PHOTO)] * COUNT)
    shown.playing = True
    assert shown.curve.times == clip.times.tolist()
    assert shown._playback._action.clip.duration == 20
    assert shown.picture.mode == "show"


def test_a_dragged_joint_counts():
    shown = scrubber(frame=2)
    before = shown.curve.values[2]
    heard = []
    shown.observe(lambda change: heard.append(change.new), "analysis")
    ankle = analysis().pose2d[2].joint("left_ankle")
    move = {"action": "move", "joint": "left_ankle", "more": False, "number": 1}
    shown.picture._heard(None, {**move, "x": ankle[0] - 60, "y": ankle[1] - 40}, [])
    assert shown.curve.values[2] != before
    assert heard[-1] is shown.analysis
    assert shown.viewer.pose.points == pytest.approx(shown.analysis.pose3d.points[2])
    shown.picture.undo()
    assert shown.curve.values[2] == pytest.approx(before, abs=8)
    assert shown.analysis.pose2d.points[2] == pytest.approx(analysis().pose2d.points[2])


def test_going_on_to_another_frame_is_no_correction():
    shown = scrubber()
    first = shown.analysis
    shown.frame = 5
    assert shown.picture.pose2d.points == pytest.approx(first.pose2d.points[5])
    assert shown.analysis is first


def test_where_nobody_is_known_nothing_can_be_dragged():
    shown = scrubber(frame=COUNT - 1)
    assert shown.analysis.state[-1] == LOST
    assert shown.picture.mode == "show"
    shown.frame = 3
    assert shown.picture.mode == "edit"


def test_a_correction_while_nothing_plays_makes_the_next_play_anew():
    shown = scrubber()
    shown.playing = True
    shown.playing = False
    old = shown._playback
    shown.correct(2, moved_joint(analysis().pose2d[2], "left_wrist", 30, 30))
    shown.playing = True
    assert shown._playback is not old
    assert old.group not in shown.viewer.stage.children


def test_another_clip_takes_its_place():
    shown = scrubber(frame=7)
    other = analysis(np.arange(COUNT) / 2)
    shown.show(other, [jpeg(PHOTO)] * COUNT)
    assert (shown.frame, shown.analysis) == (0, other)
    assert shown.curve.times[-1] == 5.5


def test_without_the_file_there_are_only_joints():
    shown = ClipScrubber(analysis())
    assert shown.picture.pose2d is not None
    assert shown.picture._image == b""
