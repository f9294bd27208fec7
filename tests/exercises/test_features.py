import numpy as np
import pytest
from bodies import before, body, squat

from fitlab.exercises.features import FEATURES, body_axes, features
from fitlab.skeletons import LIFT16


@pytest.mark.parametrize("person", [body(), squat(80)])
def test_it_does_not_matter_from_which_side_and_how_large_somebody_is_seen(person):
    seen = [features(before(size * person, azimuth)) for size, azimuth in ((1, 0), (1, 70), (1, 200), (0.6, 310))]
    assert seen[0].shape == (FEATURES,)
    for other in seen[1:]:
        np.testing.assert_allclose(other, seen[0], atol=1e-9)


def test_it_matters_whether_somebody_is_upright():
    upright, lying = before(body(), 90), before(body()[:, [0, 2, 1]], 90)
    assert np.abs(features(upright) - features(lying)).max() > 0.9


def test_the_axes_of_somebody_who_faces_the_camera():
    np.testing.assert_allclose(body_axes(before(body(), 0)), [[1, 0, 0], [0, 0, -1], [0, -1, 0]], atol=1e-9)


def test_what_is_not_known_is_nothing_and_says_so():
    known = before(body(), 30)
    hidden = known.copy()
    wrist = LIFT16.index("left_wrist")
    hidden[wrist] = np.nan
    whole, part = features(known), features(hidden)
    flags = slice(FEATURES - len(LIFT16), FEATURES)
    assert whole[flags].all()
    assert np.flatnonzero(part[flags] == 0).tolist() == [wrist]
    assert np.isfinite(part).all()
    forgotten = (part == 0) & (np.abs(whole) > 1e-9)
    assert 5 < forgotten.sum() < 20  # its place, the forearm, the elbow's angle and its flag
    assert not features(np.full((16, 3), np.nan)).any()


def test_leading_axes_stay():
    clip = np.stack([before(squat(degrees), 40) for degrees in (80, 120, 170)])
    assert features(clip[:, None]).shape == (3, 1, FEATURES)
    np.testing.assert_allclose(features(clip)[1], features(clip[1]))
