"""A clip, frame by frame, and the curve of an angle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from widget_parts import PHOTO, part, pose3d, standing

from fitlab.skeletons import LIFT16, MPII16

pytest.importorskip("pythreejs")

from fitlab_widgets import FrameScrubber
from fitlab_widgets.angle_curve import AngleCurve


def three_frames(**options: object) -> FrameScrubber:
    bent = standing()
    bent[LIFT16.index("left_ankle")] = [100, 400, 400]
    clip = pose3d(np.stack([standing(), bent, standing()]))
    return FrameScrubber(np.stack([PHOTO] * 3), None, clip, fps=10, **options)


def test_frame_picture_curve_and_skeleton_move_together():
    scrubber = three_frames()
    scrubber.frame = 1
    assert scrubber.curve.frame == 1
    assert scrubber.curve.values == [180, 90, 180]
    assert scrubber.viewer.pose.joint("left_ankle").tolist() == [100, 400, 400]
    scrubber.curve.frame = 2
    assert scrubber.frame == 2
    scrubber.step(5)
    assert scrubber.frame == 2


def test_the_curve_shows_any_angle():
    scrubber = three_frames(angle=("left_hip", "left_knee", "left_ankle"))
    assert scrubber.curve.values == [180, 90, 180]
    with pytest.raises(ValueError, match="did you mean"):
        scrubber.angle = "knee"


def test_playing_shows_the_moving_skeleton_and_pausing_the_still_one():
    scrubber = three_frames()
    scrubber.playing = True
    assert scrubber.curve.playing
    assert scrubber._playback.group.visible
    assert not scrubber.viewer._skeleton.mesh.visible
    scrubber.playing = False
    assert not scrubber._playback.group.visible
    assert scrubber.viewer._skeleton.mesh.visible


def test_only_the_words_count_the_frames():
    scrubber = three_frames(frame=1)
    assert "frame 2 of 3" in scrubber._words.value
    assert not part(scrubber, "Frame").readout


def test_the_button_plays_and_shows_whether_it_plays():
    scrubber = three_frames()
    play = part(scrubber, "Play")
    play.value = True
    assert scrubber.playing
    scrubber.step(1)
    assert not play.value


def test_a_clip_of_one_frame_does_not_play():
    scrubber = FrameScrubber(None, None, pose3d(standing()[None]), fps=10)
    play = part(scrubber, "Play")
    play.value = True
    assert (scrubber.playing, play.value) == (False, False)
    scrubber.playing = True
    assert (scrubber.playing, play.value, scrubber.curve.playing) == (False, False, False)


def test_frames_and_poses_of_different_length_are_refused():
    with pytest.raises(ValueError, match="2 of frames, 1 of pose3d"):
        FrameScrubber([PHOTO, PHOTO], None, pose3d(standing()[None]), fps=10)


def test_a_clip_of_other_joints_is_refused():
    with pytest.raises(ValueError, match="on poses in LIFT16, as the lifters give them, got one in MPII16"):
        FrameScrubber(None, None, replace(pose3d(standing()[None]), skeleton=MPII16), fps=10)


def test_another_angle_while_it_plays_draws_no_sector():
    scrubber = three_frames()
    scrubber.playing = True
    scrubber.angle = "right_knee"
    assert not scrubber.viewer._sectors.mesh.visible
    scrubber.playing = False
    assert scrubber.viewer._sectors.mesh.visible


def test_the_frame_stays_within_fewer_values():
    curve = AngleCurve(values=[90] * 20, frame=15)
    curve.values = [90, 100]
    assert curve.frame == 1
    curve.values = []
    assert curve.frame == 0
