import importlib.util

import numpy as np
import pytest
from bodies import before, body, squat

from fitlab.evaluation.viewpoints import (
    HEIGHTS,
    SIDES,
    before_camera,
    hidden_joints,
    places,
    score_viewpoints,
    simulated,
)
from fitlab.extras import install_command
from fitlab.lifting.lifter import load_lifter
from fitlab.skeletons import LIFT16

FAR = np.array([0.0, 0.0, 3000.0])
LEFT, RIGHT = (LIFT16.indices([f"{side}_{joint}" for joint in ("elbow", "wrist")]) for side in ("left", "right"))


@pytest.mark.parametrize(("azimuth", "seen", "hidden"), [(90, LEFT, RIGHT), (-90, RIGHT, LEFT)])
def test_from_a_side_the_body_hides_the_other_arm(azimuth, seen, hidden):
    arms = {f"{side}_{joint}": (sign * 200, 0, z) for side, sign in (("left", 1), ("right", -1))
            for joint, z in (("elbow", 200), ("wrist", 20))}  # fmt: skip
    found = hidden_joints(before(body(**arms), azimuth)[None] + FAR)[0]
    assert found[hidden].all()
    assert not found[seen].any()


def test_from_the_front_nothing_is_hidden():
    assert not hidden_joints(before(body())[None] + FAR).any()


def test_cameras_stand_where_they_are_wanted():
    standing = np.stack([body()] * 400) + np.array([0, 0, 820])
    camera = before_camera(standing, 90.0, 1600.0, np.random.default_rng(0))
    # The camera is at 0: how far above the floor it is, along the person's own axis.
    up = camera[:, LIFT16.index("thorax")] - camera[:, 0]
    up /= np.linalg.norm(up, axis=-1, keepdims=True)
    floor = camera[:, LIFT16.indices(["left_ankle", "right_ankle"])].mean(1)
    heights = -(up * floor).sum(-1)
    assert np.median(heights) == pytest.approx(1600, abs=30)
    level = np.sqrt(np.square(floor).sum(-1) - heights**2)
    assert level.min() > 2500
    assert level.max() < 3700
    side = camera[:, LIFT16.index("left_shoulder"), 2] - camera[:, LIFT16.index("right_shoulder"), 2]
    assert 0.4 < (side < 0).mean() < 0.6  # half from the left, half from the right


def test_hidden_joints_are_found_less_well():
    camera = np.stack([before(squat(90), 90) + FAR] * 300)
    found, hidden = simulated(camera, np.random.default_rng(1))
    exact, _ = simulated(camera, np.random.default_rng(2))
    away = np.linalg.norm(found.points - exact.points, axis=-1)
    elbows = LIFT16.indices(["left_elbow", "right_elbow"])
    code = hidden_joints(camera)[0, elbows]
    assert code.sum() == 1
    assert away[:, elbows][:, code].mean() > 1.8 * away[:, elbows][:, ~code].mean()
    assert hidden.shape == (300, 8)


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason=install_command("synthetic"))
def test_every_exercise_is_seen_from_every_place():
    result = score_viewpoints(load_lifter(), people=2)
    table = result.tables["by exercise, side and height"]
    assert set(table["poses"]) <= {1, 2}
    assert ((table["firm"] >= 0) & (table["firm"] <= 1)).all()
    lunge = places(table, "lunge", "median error")
    assert (list(lunge.columns), list(lunge.index)) == (list(SIDES), list(HEIGHTS)[::-1])
    assert lunge.loc["floor", "side"] == table.loc["lunge, side, floor", "median error"]
    assert 0 < result.summary["median error"] < 15
