import numpy as np

from fitlab.evaluation.known_clips import known_clip


def test_the_truth_is_in_the_clip():
    clip = known_clip("squat", 3)
    assert (clip.starts < clip.turns).all()
    assert (clip.turns < clip.ends).all()
    assert (clip.starts[1:] >= clip.ends[:-1] - 1e-6).all()
    again = known_clip("squat", 3)
    np.testing.assert_array_equal(clip.pose2d.points, again.pose2d.points)


def test_a_frame_between_start_and_end_is_part_of_a_repetition():
    clip = known_clip("squat", 3)
    assert clip.repeating[np.searchsorted(clip.times, clip.turns)].all()
    assert not clip.repeating[clip.times < clip.starts[0]].any()
    assert not clip.repeating[clip.times > clip.ends[-1]].any()
    assert set(clip.followed.track.tolist()) == {0}


def test_who_intervals_are_calibrated_on_is_nobody_that_repetitions_are_counted_of():
    one, other = (known_clip("squat", 3, split=split) for split in ("train", "test"))
    assert one.truth.shape != other.truth.shape or not np.allclose(one.truth, other.truth)
