"""Joints that are moved, taken back, and loaded while they are moved."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from widget_parts import PHOTO, during, pose2d

from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16

pytest.importorskip("pythreejs")

from fitlab_widgets import KeypointEditor
from fitlab_widgets.joint_picture import _MOST_UNDO, moved_joint, preview


def test_a_moved_joint_is_where_it_was_put_and_surely_known():
    moved = moved_joint(pose2d(0.4), "left_knee", 50, 60)
    assert moved.joint("left_knee").tolist() == [50, 60]
    assert moved.score[MPII16.index("left_knee")] == 1
    assert moved.covariance[MPII16.index("left_knee")][0, 0] < 1
    assert moved.joint("right_knee").tolist() == pose2d().joint("right_knee").tolist()


def test_a_joint_cannot_leave_the_photo():
    assert moved_joint(pose2d(), "left_knee", -5, 1000).joint("left_knee").tolist() == [0, 99]


def test_undo_takes_back_one_drag_and_reset_all():
    start = pose2d()
    editor = KeypointEditor(PHOTO, start)
    editor.move("left_knee", 10, 10, more=True)
    editor.move("left_knee", 20, 20, more=False)
    editor.move("left_hip", 30, 30)
    editor.undo()
    assert editor.pose2d.joint("left_knee").tolist() == [20, 20]
    assert editor.pose2d.joint("left_hip").tolist() == start.joint("left_hip").tolist()
    editor.undo()
    assert editor.pose2d is start
    editor.move("left_hip", 30, 30)
    editor.move("left_knee", 20, 20)
    editor.reset()
    assert editor.pose2d is start
    editor.undo()
    assert editor.pose2d is start


def test_reset_takes_back_more_movements_than_can_be_undone():
    start = pose2d()
    editor = KeypointEditor(PHOTO, start)
    for step in range(_MOST_UNDO + 1):
        editor.move("left_knee", step, 10)
    editor.reset()
    assert editor.pose2d is start
    assert not editor._can_undo
    assert not editor._can_reset


def test_reset_is_still_there_when_nothing_more_can_be_undone():
    start = pose2d()
    editor = KeypointEditor(PHOTO, start)
    for step in range(_MOST_UNDO + 1):
        editor.move("left_knee", step, 10)
    for _ in range(_MOST_UNDO):
        editor.undo()
    assert not editor._can_undo
    assert editor._can_reset
    editor.reset()
    assert editor.pose2d is start


def test_what_was_undone_to_the_first_pose_needs_no_reset():
    editor = KeypointEditor(PHOTO, pose2d())
    editor.move("left_knee", 10, 10)
    editor.undo()
    assert not editor._can_reset


def test_a_joint_that_was_not_found_can_be_put_in_place():
    nobody = Pose2D(np.full((16, 2), np.nan), np.zeros(16), (200, 100))
    editor = KeypointEditor(PHOTO, nobody)
    assert editor._points == [None] * 16
    editor.move("left_knee", 20, 30)
    assert editor._points[MPII16.index("left_knee")] == [20, 30, 1]


def test_a_moved_joint_is_not_hidden():
    knee, ankle = (MPII16.index(name) for name in ("left_knee", "left_ankle"))
    hidden = replace(pose2d(), visibility=np.tile([0.1, 0.8, 0.1], (16, 1)))
    moved = moved_joint(hidden, "left_knee", 20, 20).visibility
    assert moved[knee].tolist() == [0, 0, 1]
    assert moved[ankle].tolist() == [0.1, 0.8, 0.1]


def test_it_tells_how_joints_are_moved_without_a_mouse():
    told = KeypointEditor().get_state()["help"]
    assert "Tab" in told
    assert "arrow keys" in told


def test_without_a_pose_it_says_what_to_do():
    with pytest.raises(ValueError, match="load a photo"):
        KeypointEditor().move("left_knee", 1, 1)


def test_a_new_photo_comes_with_its_joints():
    editor, new, seen = KeypointEditor(PHOTO, pose2d()), pose2d(), []
    editor.observe(lambda change: seen.append(editor.pose2d), "photo")
    editor.load(PHOTO.copy(), new)
    assert len(seen) == 1
    assert seen[0] is new


def test_a_drag_while_a_photo_is_loaded_leaves_nothing_of_the_old_one_to_undo(monkeypatch):
    editor, new = KeypointEditor(PHOTO, pose2d()), pose2d()
    drag = during(monkeypatch, preview, lambda: editor.move("left_knee", 20, 20))
    editor.load(PHOTO.copy(), new)
    drag.join(10)
    editor.undo()
    assert editor.pose2d is new


def test_a_photo_that_comes_during_a_drag_keeps_its_own_joints(monkeypatch):
    editor, new = KeypointEditor(PHOTO, pose2d()), pose2d()
    load = during(monkeypatch, moved_joint, lambda: editor.load(PHOTO.copy(), new))
    editor.move("left_knee", 20, 20)
    load.join(10)
    assert editor.pose2d is new


def test_the_browser_gets_a_small_picture():
    large = np.zeros((3000, 4000, 3), np.uint8)
    assert Image.open(io.BytesIO(preview(large))).size == (1280, 960)
    assert Image.open(io.BytesIO(preview(PHOTO))).size == (200, 100)
