import numpy as np
import pytest
from films import film, repeated

from fitlab.lifting.clips import lift_tracks, tracks_lifted
from fitlab.lifting.lifter import lift
from fitlab.skeletons import LIFT16

START, END = LIFT16.bone_indices.T


@pytest.fixture(scope="module")
def cut():
    """Somebody who squats, and after a cut somebody else."""
    return film(repeated("squat", 711, 1), 711).after(film(repeated("squat", 712, 1), 712))


def test_a_cut_to_another_person_is_one_to_other_bones(cut):
    whole = lift_tracks(cut.pose2d, cut.track)
    for number in (0, 1):
        rows = cut.track == number
        alone = lift(cut.pose2d[rows], one_person=True)
        np.testing.assert_allclose(whole.points[rows], alone.points, atol=1e-6)
        np.testing.assert_allclose(whole.score[rows], alone.score)
    mixed = lift(cut.pose2d, one_person=True)
    assert np.nanmax(np.abs(mixed.points - whole.points)) > 10


def test_frames_come_back_in_their_order_whatever_their_tracks(cut):
    """Frames without anybody lie between those of a track."""
    track = cut.track.copy()
    track[10:15] = -1
    rows = [part for part, _ in tracks_lifted(cut.pose2d, track, at_once=40)]
    assert max(map(len, rows)) <= 40
    assert sorted(np.concatenate(rows)) == list(range(len(track)))
    whole = lift_tracks(cut.pose2d, track)
    kept = track == 0
    np.testing.assert_allclose(whole.points[kept], lift(cut.pose2d[kept], one_person=True).points, atol=1e-6)
    assert len(whole.points) == len(track)
