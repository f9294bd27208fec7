"""A clip is judged in one call, and every frame as if it were alone."""

import time
from dataclasses import replace

import numpy as np
import pytest
from bodies import before, body, leaning_back, lunge, plank, squat, tipped

from fitlab.angles import MEASURES
from fitlab.exercises.assessment import NOT_JUDGED, VERDICTS, assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.intervals import interval
from fitlab.poses import Pose3D
from fitlab.skeletons import LIFT16

OWN = load_exercises()
BODIES = [body(), squat(), squat(95), squat(130), squat(20), lunge(), plank(), plank(200), plank(-300)]
BODIES += [leaning_back(50), tipped(squat(), 55), np.zeros((16, 3)), np.full((16, 3), np.nan)]


def clip(frames: int = 60, samples: int = 16, seed: int = 0) -> Pose3D:
    """Every body from several sides, with joints that are unseen, unknown, or known in some samples only."""
    rng = np.random.default_rng(seed)
    points = np.stack([before(BODIES[frame % len(BODIES)], azimuth=20 * frame) for frame in range(frames)])
    score = rng.uniform(0.25, 1, points.shape[:-1])
    score[::2] = rng.uniform(0.5, 1, score[::2].shape)
    points[rng.uniform(size=score.shape) < 0.03] = np.nan
    drawn = points + rng.normal(0, 30, (samples, *points.shape))
    drawn[rng.uniform(size=drawn.shape[:-1]) < 0.02] = np.nan
    return Pose3D(points, score, drawn)


@pytest.mark.parametrize("exercise", OWN.values(), ids=OWN)
def test_findings_of_a_clip_are_those_of_its_frames(exercise):
    whole = clip()
    together = assess(whole, exercise)
    for frame in range(len(whole.points)):
        for alone, found in zip(assess(whole[frame], exercise), together, strict=True):
            at = found[frame]
            assert (at.verdict, at.reason, at.code) == (alone.verdict, alone.reason, alone.code)
            for part in ("degrees", "low", "high", "probability", "below", "above"):
                np.testing.assert_allclose(getattr(at, part), getattr(alone, part), atol=1e-9)
            assert type(alone.degrees) is type(at.degrees) is float
            assert type(alone.verdict) is type(at.verdict) is str
            if alone.verdict != NOT_JUDGED:
                assert at.likeliest == alone.likeliest
                assert alone.probability + alone.below + alone.above == pytest.approx(1)


def test_all_verdicts_and_many_reasons_are_among_them():
    """Else the test above would prove little."""
    found = [finding for exercise in OWN.values() for finding in assess(clip(), exercise)]
    assert {verdict for finding in found for verdict in finding.verdict.tolist()} == set(VERDICTS)
    assert len({reason for finding in found for reason in finding.reason.tolist()}) >= 15


@pytest.mark.parametrize("name", [*MEASURES, ("thorax", "pelvis", "mid_knees"), ("left_hip", "nose", "left_knee")])
def test_intervals_of_a_clip_are_those_of_its_frames(name):
    if "nose" in name:
        with pytest.raises(ValueError, match="nose"):
            interval(clip(), name)
        return
    whole = clip()
    together = np.array(interval(whole, name))
    alone = np.array([interval(whole[frame], name) for frame in range(len(whole.points))])
    np.testing.assert_allclose(together, alone.T)
    assert np.isnan(together).any()
    assert not np.isnan(together).all()


def test_leading_axes_are_free():
    whole = clip(12)
    grid = Pose3D(
        whole.points.reshape(3, 4, 16, 3), whole.score.reshape(3, 4, 16), whole.samples.reshape(-1, 3, 4, 16, 3)
    )
    for flat, found in zip(assess(whole, OWN["squat"]), assess(grid, OWN["squat"]), strict=True):
        assert found.verdict.tolist() == flat.verdict.reshape(3, 4).tolist()
        assert found[1, 2].reason == flat[6].reason
        assert found[1].code.tolist() == flat[4:8].code.tolist()


def test_a_clip_without_samples_and_one_without_frames():
    assert assess(replace(clip(), samples=None), OWN["plank"])[0].degrees.shape == (60,)
    empty = Pose3D(np.zeros((0, len(LIFT16), 3)), np.zeros((0, len(LIFT16))), np.zeros((8, 0, len(LIFT16), 3)))
    assert [finding.code.shape for finding in assess(empty, OWN["plank"])] == [(0,)] * len(OWN["plank"].checks)


def test_phases_of_a_repetition():
    """Down and up again, and a frame in which neither knee is known."""
    points = np.stack([body(), squat(), body(), np.full((16, 3), np.nan)])
    assert OWN["squat"].phase(points).tolist() == ["start", "end", "start", "unknown"]
    assert OWN["plank"].phase(points).tolist() == ["end"] * 4  # a hold has no beginning


def test_ten_seconds_are_judged_in_a_moment():
    """Processor time, so that a busy machine does not matter."""
    whole = clip(300, 64)
    begun = time.process_time()
    assess(whole, OWN["squat"])
    assert time.process_time() - begun < 0.6
