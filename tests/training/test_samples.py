import numpy as np
import pytest

from fitlab.bodies import REFERENCE_HEIGHT, body_height
from fitlab.datasets.anatomy import of_reference_height, random_poses
from fitlab.lifting.inputs import UNIT_MM, rays_of, towards
from fitlab.skeletons import LIFT16
from fitlab.training import samples as lifter_samples
from fitlab.training.samples import (
    IMAGE,
    Noise,
    Variation,
    Views,
    detected,
    draw_samples,
    frames,
    mixture,
    photograph,
    tilted,
    varied,
)

EXACT = Noise(exact=1, unseen=0)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_the_same_seed_gives_the_same_batch():
    first, second = (
        draw_samples(random_poses, np.random.default_rng([1, 7]), 64, Views(), Variation(), Noise()) for _ in range(2)
    )
    assert np.array_equal(first.points, second.points)
    assert np.array_equal(first.target, second.target)
    other = draw_samples(random_poses, np.random.default_rng([1, 8]), 64, Views(), Variation(), Noise())
    assert not np.array_equal(first.points, other.points)


def test_samples_are_finite_and_rooted(rng):
    samples = draw_samples(random_poses, rng, 512, Views(), Variation(), Noise())
    assert np.isfinite(samples.points).all()
    assert samples.certainty.min() == 0
    assert samples.certainty.max() == 1
    assert (samples.target[:, 0] == 0).all()


def test_without_variation_the_pose_is_only_turned(rng):
    poses = random_poses(rng, 20)
    samples = draw_samples(lambda *_: poses, rng, 20, Views(), None, EXACT)
    np.testing.assert_allclose(
        np.linalg.norm(samples.target * UNIT_MM, axis=-1), np.linalg.norm(poses - poses[:, :1], axis=-1), atol=1e-9
    )


@pytest.mark.parametrize("hidden", [[], ["pelvis"], ["pelvis", "right_hip", "left_hip", "right_knee"]])
def test_the_target_is_turned_as_the_lifter_will_turn_it_back(rng, monkeypatch, hidden):
    """Also where the pelvis is not seen and the middle of the other joints stands for it."""
    view = 60.0
    camera, pixels = photograph(random_poses(rng, 20), rng, Views(field=(view, view), off_centre=0.4))
    seen = np.ones((20, 16), bool)
    seen[:, LIFT16.indices(hidden)] = False
    monkeypatch.setattr(lifter_samples, "photograph", lambda *_: (camera, pixels))
    monkeypatch.setattr(lifter_samples, "detected", lambda *_: (pixels, np.zeros((20, 16)), seen))
    samples = draw_samples(random_poses, rng, 20, Views(), None, EXACT)
    back = towards(rays_of(pixels + (IMAGE - 1) / 2, (IMAGE, IMAGE), view)[0], seen)
    expected = (camera - camera[:, :1]) / UNIT_MM
    np.testing.assert_allclose(samples.target @ np.swapaxes(back, -1, -2), expected, atol=1e-6)


def test_level_cameras_see_people_upright_and_whole(rng):
    level = Views(elevation=(0, 0), roll=0, off_centre=0, distance=(4000, 4000), field=(60, 60))
    upright = np.zeros((50, 16, 3))
    upright[:, LIFT16.index("head_top"), 2] = 750
    camera, pixels = photograph(upright, rng, level)
    np.testing.assert_allclose(camera[:, LIFT16.index("head_top")], [[0, -750, 4000]] * 50, atol=1e-9)
    expected = -750 / 4000 * IMAGE / 2 / np.tan(np.deg2rad(30))
    np.testing.assert_allclose(pixels[:, LIFT16.index("head_top")], [[0, expected]] * 50, atol=1e-9)


def test_the_target_is_what_a_camera_turned_to_the_person_sees(rng):
    aside = Views(off_centre=0.5, roll=0)
    samples = draw_samples(random_poses, rng, 200, aside, None, EXACT)
    # Seen straight from the front, what is in the picture is where it is in space, but for perspective.
    in_picture, in_space = samples.points[:, 1:], samples.target[:, 1:, :2]
    agreement = (in_picture * in_space).sum((1, 2)) / np.linalg.norm(in_picture, axis=(1, 2))
    assert (agreement / np.linalg.norm(in_space, axis=(1, 2))).min() > 0.9


def test_no_camera_stands_inside_a_person(rng):
    camera, pixels = photograph(random_poses(rng, 500), rng, Views(distance=(10, 20)))
    assert camera[..., 2].min() >= 400 - 1e-9
    assert np.isfinite(pixels).all()


@pytest.mark.parametrize(("bodies", "times"), [(1.0, 1.0), (0.0, 2.0)])
def test_made_up_bodies_have_the_reference_height_and_others_keep_theirs(rng, bodies, times):
    giants = 2 * of_reference_height(random_poses(rng, 50))
    heights = body_height(varied(giants, rng, Variation(bodies=bodies)))
    np.testing.assert_allclose(heights, times * REFERENCE_HEIGHT)


def test_tilting_turns_people_and_does_not_bend_them(rng):
    poses = random_poses(rng, 400)
    turned = tilted(poses, rng)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(poses, axis=-1))
    up = turned[:, LIFT16.index("spine"), 2] / np.linalg.norm(turned[:, LIFT16.index("spine")], axis=-1)
    assert (np.abs(up) < 0.5).mean() > 0.5
    assert (up < -0.5).any()


def test_an_exact_detector_changes_nothing_but_the_spine(rng):
    _, pixels = photograph(random_poses(rng, 20), rng, Views())
    points, deviation, seen = detected(pixels, rng, EXACT)
    others = np.arange(16) != LIFT16.index("spine")
    assert np.array_equal(points[:, others], pixels[:, others])
    middle = (pixels[:, LIFT16.index("pelvis")] + pixels[:, LIFT16.index("thorax")]) / 2
    np.testing.assert_allclose(points[:, LIFT16.index("spine")], middle)
    assert (deviation == 0).all()
    assert seen.all()


def test_noise_is_as_large_as_it_says(rng):
    _, pixels = photograph(random_poses(rng, 4000), rng, Views())
    points, deviation, _ = detected(pixels, rng, Noise(exact=0, gross=0, swapped=0))
    others = np.arange(16) != LIFT16.index("spine")
    ratio = (points - pixels)[:, others] / deviation[:, others, None]
    assert np.median(np.abs(ratio)) == pytest.approx(0.674, rel=0.1)  # the median of a normal's absolute value


def test_sources_are_mixed_in_their_shares(rng):
    ones, twos = frames(np.ones((3, 16, 3))), frames(np.full((3, 16, 3), 2.0))
    drawn = mixture((0.25, ones), (0.75, twos))(rng, 8)
    assert (drawn[:, 0, 0] == 1).sum() == 2
    with pytest.raises(ValueError, match="add up to 1"):
        mixture((0.5, ones), (0.6, twos))


def test_on_the_screen_a_person_keeps_place_and_size(rng):
    poses = random_poses(rng, 20)
    pictures = [Views(distance=(d, d), field=(60, 60), elevation=(0, 0), roll=0, off_centre=0) for d in (3000, 6000)]
    near, far = (
        draw_samples(lambda *_: poses, np.random.default_rng(1), 20, views, None, EXACT, "screen").points
        for views in pictures
    )
    assert np.abs(near[:, 0]).max() < 1e-9
    assert np.abs(far).max() < 0.7 * np.abs(near).max()
