"""Rotations that a reader can turn in the head."""

import numpy as np
import pytest

from fitlab.rotations import X, Y, Z, about_axis, apply, euler_zyx, random_rotations, shortest_turn, turn


@pytest.mark.parametrize(("first", "second"), [(X, Y), (X, X), (X, -X), (Z, -Z), (Y, -Y)])
def test_the_shortest_turn_leads_from_one_direction_to_the_other(first, second):
    rotation = shortest_turn(first, second)
    np.testing.assert_allclose(apply(rotation, first), second, atol=1e-12)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


def test_from_x_to_y_it_is_a_quarter_about_z():
    np.testing.assert_allclose(shortest_turn(X, Y), about_axis(Z, np.pi / 2), atol=1e-12)


def test_euler_angles_are_read_in_the_order_in_which_they_are_applied():
    rotation = turn(Z, [30.0]) @ turn(Y, [-50.0]) @ turn(X, [170.0])
    np.testing.assert_allclose(euler_zyx(rotation), [[30, -50, 170]])


def test_every_rotation_is_its_euler_angles():
    locked = np.concatenate([turn(Z, [20.0]) @ turn(Y, [sign * 90.0]) for sign in (1, -1)])
    rotations = np.concatenate([random_rotations(np.random.default_rng(1), 50), locked])
    z, y, x = euler_zyx(rotations).T
    np.testing.assert_allclose(turn(Z, z) @ turn(Y, y) @ turn(X, x), rotations, atol=1e-7)
