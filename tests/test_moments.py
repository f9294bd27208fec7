"""The farthest moment is the one that is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bodies import before, body, plank, squat
from reports.clips import analysis
from test_analysis import photographed

from fitlab.exercises.definition import load_exercises
from fitlab.moments import farthest, judge_burst, judged_moment
from fitlab.poses import Pose2D
from fitlab.video_analysis import LOST

OWN = load_exercises()


def test_of_a_clip_it_is_where_the_deepest_repetition_turns():
    clip = analysis()
    assert judged_moment(clip) == 7
    second = replace(clip.repetitions[1], complete=False)
    assert judged_moment(replace(clip, repetitions=(clip.repetitions[0], second))) == 2
    assert judged_moment(replace(clip, repetitions=())) == 7


def test_without_anybody_it_is_the_first_frame():
    clip = analysis()
    assert judged_moment(replace(clip, repetitions=(), state=np.full(len(clip.times), LOST))) == 0


def test_of_a_hold_it_is_the_middle_of_the_longest():
    clip = analysis()
    short, long = (replace(clip.repetitions[0], turn_frame=at, end=end) for at, end in ((1, 0.4), (5, 9.0)))
    assert judged_moment(replace(clip, exercise=OWN["plank"], repetitions=(short, long))) == 5


def test_the_farthest_pose():
    poses = np.stack([before(pose) for pose in (body(), squat(120), squat(80), squat(150))])
    assert farthest(poses, OWN["squat"]) == 2
    assert farthest(np.full((3, 16, 3), np.nan), OWN["squat"]) == 1
    assert farthest(np.stack([before(plank())] * 5), OWN["plank"]) == 2


def test_of_photos_in_a_row_the_deepest_is_judged_and_empty_ones_are_passed_over(monkeypatch):
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (640, 480))
    seen = {10: nobody, 20: photographed(squat(140), 90), 30: photographed(squat(80), 90), 40: photographed(body(), 90)}
    monkeypatch.setattr("fitlab.moments.detect", lambda photo, detector: seen[int(photo[0, 0, 0])])
    photos = [np.full((480, 640, 3), grey, np.uint8) for grey in seen]
    number, found = judge_burst(photos, "squat")
    assert number == 2
    assert found.photo is photos[2]
    assert judge_burst(photos[:1], "squat")[1].found is False
    with pytest.raises(ValueError, match="no photo to judge"):
        judge_burst([], "squat")
