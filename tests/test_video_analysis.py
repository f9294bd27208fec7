from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bodies import before, body, squat
from films import FPS, film, repeated

from fitlab.detection.following import Followed
from fitlab.evaluation.known_clips import SIZE
from fitlab.exercises.assessment import GOOD, NOT_JUDGED, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.repetitions import Repetition, repetition_table
from fitlab.poses import Pose3D
from fitlab.video_analysis import LOST, NOBODY_IN_CLIP, SEEN, analyze_poses, analyze_video, angle_table
from fitlab.videos import VideoError

#: Counted by eye, where it is: 65 frames at 5 frames a second.
PLACES = [folder / "shared" / "media" / "squats.mp4" for folder in Path(__file__).parents[1:4]]
SQUATS = next((place for place in PLACES if place.exists()), PLACES[0])
SQUAT = load_exercises()["squat"]


def test_angles_are_indexed_by_seconds_and_named():
    points = np.stack([before(pose, azimuth=90) for pose in (body(), squat(80), np.full((16, 3), np.nan))])
    table = angle_table(np.array([0.0, 0.5, 0.75]), assess(Pose3D(points, np.ones((3, 16))), SQUAT))
    assert table.index.name == "seconds"
    np.testing.assert_allclose(table["left_knee"]["degrees"], [180, 80, np.nan], atol=1e-6)
    assert (table["left_knee"]["low"][:0.5] <= table["left_knee"]["degrees"][:0.5]).all()
    assert table["left_knee"]["verdict"].tolist()[0] == NOT_JUDGED  # the repetition has not begun
    assert table["left_knee"]["verdict"].tolist()[1] == GOOD


def test_repetitions_are_rows():
    once = Repetition(1, 0.5, 1.5, 2.5, 5, 15, 25, {"down": 1.0, "bottom": 0.0, "up": 1.0, "top": 0.4}, (80, 170), 2)
    table = repetition_table([once])
    assert table.loc[1, "turn"] == 1.5
    assert table.loc[1, ["down", "top"]].tolist() == [1.0, 0.4]
    assert once.seconds == 2.0
    assert list(repetition_table([]).columns) == list(table.columns)


@pytest.mark.skipif(not SQUATS.exists(), reason="the clip is not shipped")
def test_a_real_clip_has_the_squats_that_the_eye_counts():
    """Lowest in frames 10, 35 and 59, at 2.0, 7.0 and 11.8 s; the third is cut off on its way up."""
    analysis = analyze_video(SQUATS)  # which exercise it is is recognised
    assert analysis.exercise.name == "squat"
    assert "squat" in analysis.feedback[0]
    assert len(analysis.repetitions) == 3
    np.testing.assert_allclose([each.turn for each in analysis.repetitions], [2.0, 6.9, 11.8], atol=0.3)
    assert [each.complete for each in analysis.repetitions] == [True, True, False]
    assert all(60 < each.range_of_motion[0] < 95 for each in analysis.repetitions)
    assert set(analysis.state) == {SEEN}


def test_a_person_who_comes_late_and_leaves_is_counted_in_between():
    """Of a detector that says what is hidden, and nothing of it where nobody is."""
    seen = film(repeated("squat", 701, 2), 701)
    frames, away = len(seen.times), 20
    visibility = np.tile([0.0, 0.1, 0.9], (frames, 16, 1))
    whole = replace(seen.pose2d, visibility=visibility)
    parts = {
        name: np.concatenate([np.full((away, *part.shape[1:]), empty), part, np.full((away, *part.shape[1:]), empty)])
        for name, empty in (
            ("points", np.nan),
            ("score", 0.0),
            ("covariance", np.nan),
            ("depth", np.nan),
            ("visibility", np.nan),
        )
        for part in [getattr(whole, name)]
    }
    count = frames + 2 * away
    followed = Followed(
        np.arange(count), np.arange(count) / FPS, replace(whole, **parts), np.zeros(count, int), cuts=()
    )
    analysis = analyze_poses(followed, SIZE, SQUAT)
    assert len(analysis.repetitions) == 2
    assert set(analysis.state[:away]) == set(analysis.state[-away:]) == {LOST}
    assert [note.split(" 1")[0] for note in analysis.notes] == [
        "Nobody is in the picture before",
        "Nobody is followed after",
    ]


def test_nobody_and_no_exercise_are_said():
    grey = [np.full((64, 64, 3), 120, np.uint8)] * 3
    analysis = analyze_video(grey, "squat", fps=5)
    assert not analysis.found
    assert analysis.feedback == [NOBODY_IN_CLIP]
    assert analysis.repetitions == ()
    assert analyze_video(grey, fps=5).feedback == [NOBODY_IN_CLIP]
    with pytest.raises(VideoError, match="one frame in that range, and no movement; judge it as a photo"):
        analyze_video(grey[:1], "squat")
    with pytest.raises(VideoError, match="no frame"):
        analyze_video([], "squat")
    with pytest.raises(VideoError, match="another size"):
        analyze_video([grey[0], np.zeros((32, 64, 3), np.uint8)], "squat")
