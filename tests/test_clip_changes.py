"""A corrected joint counts in its frame and its repetition, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reports.clips import analysis

from fitlab.angles import MEASURES
from fitlab.clip_changes import corrected, frame_as_photo, judged_as
from fitlab.evaluation.known_clips import SIZE as FILMED
from fitlab.evaluation.known_clips import known_clip
from fitlab.exercises.assessment import NOT_JUDGED
from fitlab.exercises.course import course
from fitlab.exercises.definition import exercise_named
from fitlab.exercises.summaries import clip_sentences
from fitlab.video_analysis import analyze_poses

#: A shallow squat turns in frame 2, a deep one in frame 7; nobody is known in the last frame.
SHALLOW, DEEP, LOST = 2, 7, 11


def knee(clip, frame: int) -> float:
    return float(MEASURES["left_knee"].compute(clip.pose3d.points[frame]))


def test_the_pose_the_angles_and_the_repetitions_are_those_of_the_corrected_joints():
    before = analysis()
    counted = course(before.pose3d.points, before.pose2d, before.times, before.track, before.exercise)
    assert len(counted.timings) == 1  # half a squat among full ones is none
    after = corrected(before, SHALLOW, before.pose2d[DEEP])
    assert knee(before, SHALLOW) == pytest.approx(130, abs=1)
    assert knee(after, SHALLOW) < 110
    assert [each.turn_frame for each in after.repetitions] == [SHALLOW, DEEP]
    finding = next(each for each in after.findings if each.check.angle == "left_knee")
    moment = after.repetitions[0].moments[after.findings.index(finding)]
    assert moment.degrees == finding.degrees[SHALLOW]
    assert after.feedback == clip_sentences(after.repetitions, after.exercise) + before.feedback


def test_other_frames_keep_their_joints():
    before = analysis()
    after = corrected(before, SHALLOW, before.pose2d[DEEP])
    others = np.arange(len(before.times)) != SHALLOW
    np.testing.assert_array_equal(after.pose2d.points[others], before.pose2d.points[others])
    np.testing.assert_array_equal(after.pose3d.points[others], before.pose3d.points[others])
    assert np.isfinite(before.pose2d.points[SHALLOW]).all()  # the first analysis is left as it was


def test_a_given_height_stays():
    before = analysis()
    taller = replace(before, pose3d=replace(before.pose3d, points=2 * before.pose3d.points))
    once, twice = (corrected(each, SHALLOW, before.pose2d[SHALLOW]).pose3d.points[SHALLOW] for each in (before, taller))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)


def test_a_frame_as_a_photo_has_the_angles_of_the_clip():
    clip = corrected(analysis(), SHALLOW, analysis().pose2d[DEEP])
    photo = frame_as_photo(clip, SHALLOW, np.zeros((480, 640, 3), np.uint8))
    assert [each.degrees for each in photo.findings] == [each.degrees[SHALLOW] for each in clip.findings]
    np.testing.assert_array_equal(photo.pose3d.points, clip.pose3d.points[SHALLOW])
    away = np.linalg.norm(photo.pose3d.samples - photo.pose3d.points, axis=-1)
    assert np.nanmedian(away) < 100
    assert photo.found
    assert photo.feedback
    twice = replace(clip, pose3d=replace(clip.pose3d, points=2 * clip.pose3d.points))
    taller = frame_as_photo(twice, SHALLOW, photo.photo)
    np.testing.assert_allclose(taller.pose3d.samples, 2 * photo.pose3d.samples, rtol=1e-6)


@pytest.mark.parametrize(("frame", "words"), [(LOST, "nobody is known in frame 11"), (12, "has 12 frames, from 0")])
def test_what_cannot_be_corrected_is_refused(frame, words):
    before = analysis()
    with pytest.raises(ValueError, match=words):
        corrected(before, frame, before.pose2d[0])


def test_another_exercise_is_judged_without_the_pictures():
    before = analysis()
    plank = judged_as(before, "plank")
    assert plank.exercise.name == "plank"
    assert plank.repetitions == ()
    assert [each.check for each in plank.findings] == list(plank.exercise.checks)
    assert "plank" in plank.feedback[0]
    assert plank.pose3d is before.pose3d
    with pytest.raises(ValueError, match="squat"):
        judged_as(before, "sqat")


def test_a_clip_of_squats_is_not_judged_as_sit_ups():
    """They are counted, as knees and hips bend alike, and judged again once the exercise is that of the clip."""
    changed = analyze_poses(known_clip("squat", 31).followed, FILMED, exercise_named("sit_up"))
    assert changed.feedback[0] == "This looks like a squat, not a sit-up, so nothing is judged."
    assert {each.verdict for each in changed.repetitions} == {NOT_JUDGED}
    squats = judged_as(changed, "squat")
    assert {each.verdict for each in squats.repetitions} != {NOT_JUDGED}
    assert squats.feedback[0].startswith("Squat: ")
