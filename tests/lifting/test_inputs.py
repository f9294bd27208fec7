import numpy as np
import pytest
from people import standing

from fitlab.lifting.inputs import (
    UNIT_MM,
    certainty_of,
    depth_inputs,
    normalise_person,
    normalise_screen,
    person_size,
    towards,
    turn_to,
)
from fitlab.skeletons import LIFT16

EVERY = np.ones(16, bool)


def test_a_person_of_reference_size_measures_one_pixel_per_mm():
    assert person_size(standing(), EVERY) == pytest.approx(1)
    assert person_size(standing(0.25), EVERY) == pytest.approx(0.25)


def test_any_part_of_a_body_tells_its_size():
    legs = np.isin(LIFT16.joints, ["left_hip", "left_knee", "left_ankle"])
    assert person_size(standing(0.5), legs) == pytest.approx(0.5)


def test_person_normalisation_forgets_place_and_zoom_and_turns_along():
    near = normalise_person(standing(), EVERY)
    far = normalise_person(300 + standing(0.1), EVERY)
    np.testing.assert_allclose(far, near)
    lying = normalise_person(standing() @ [[0, 1], [-1, 0]], EVERY)
    np.testing.assert_allclose(lying, near @ [[0, 1], [-1, 0]], atol=1e-12)


def test_screen_normalisation_is_the_reports():
    corners = np.array([[-0.5, -0.5], [639.5, 479.5], [319.5, 239.5]])
    expected = [[-1, -0.75], [1, 0.75], [0, 0]]
    np.testing.assert_allclose(normalise_screen(corners, np.ones(3, bool), (640, 480)), expected, atol=1e-12)


def test_certainty_is_one_half_at_the_stated_deviation_and_zero_unseen():
    certainty = certainty_of(np.array([0, 30, 1e9, 0]), np.array([True, True, True, False]))
    np.testing.assert_allclose(certainty, [1, 0.5, 0, 0], atol=1e-6)


def test_the_smallest_turn_to_a_ray_takes_the_view_there():
    rays = np.array([[0.3, -0.2, 1], [0, 0, 1]])
    turns = turn_to(rays)
    np.testing.assert_allclose(turns[:, :, 2], rays / np.linalg.norm(rays, axis=-1, keepdims=True))
    np.testing.assert_allclose(turns @ np.swapaxes(turns, -1, -2), np.tile(np.eye(3), (2, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(turns[1], np.eye(3))


def test_exact_depth_is_what_a_camera_that_looks_at_the_person_measures():
    rng = np.random.default_rng(5)
    points = rng.normal(0, 300, (7, 16, 3))
    points -= points[:, :1]
    camera = points + np.array([900.0, -400, 3500])
    rays = camera[..., :2] / camera[..., 2:]
    away = camera[..., 2] / camera[:, :1, 2] - 1
    every = np.ones((7, 16), bool)
    turn = towards(rays, every)
    depth = depth_inputs(rays, away, np.zeros_like(away), every, turn)
    unit = person_size(rays, every)[:, None] * 3500 * UNIT_MM  # mm of this person, for each mm of the reference body
    np.testing.assert_allclose(depth[..., 0], (points @ turn)[..., 2] / unit, atol=1e-9)
    np.testing.assert_allclose(depth[..., 1], 1)


def test_depth_that_nobody_knows_is_nothing():
    rays = standing(1e-4)
    away = np.where(np.arange(16) == 3, np.nan, 0.01)
    seen = EVERY & (np.arange(16) != 5)
    depth = depth_inputs(rays, away, np.full(16, 0.001), seen, np.eye(3))
    assert not depth[[3, 5]].any()
    assert (depth[[1, 2, 4], 1] > 0).all()
