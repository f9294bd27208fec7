"""The skeleton in 3D."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from widget_parts import pose3d, standing

from fitlab.rotations import about_axis
from fitlab.skeletons import LIFT16, MPII16

pytest.importorskip("pythreejs")

from fitlab_widgets import PoseViewer, geometry
from fitlab_widgets.playback import Playback


def test_unknown_joints_shrink_to_nothing():
    points = standing()
    points[LIFT16.index("left_wrist")] = np.nan
    viewer = PoseViewer(pose3d(points))
    assert np.isfinite(viewer._skeleton._place.array).all()


def test_no_sector_is_left_where_the_pose_is_taken_away():
    viewer = PoseViewer(pose3d(), arcs=(("left_hip", "left_knee", "left_ankle"),))
    assert viewer._sectors.mesh.visible
    viewer.pose = None
    assert not viewer._sectors.mesh.visible


def test_arcs_tell_their_degrees():
    viewer = PoseViewer(pose3d(), arcs=(("left_hip", "left_knee", "left_ankle"),))
    assert "left hip - left knee - left ankle: 180°" in viewer._words.value


def test_a_click_near_a_joint_picks_it_and_one_on_nothing_does_not():
    viewer = PoseViewer(pose3d())
    knee = np.array([0.1, -0.4, 0.0]) + viewer.stage.position
    picker = viewer._renderers[0].controls[1]
    picker.object = viewer._skeleton.mesh
    picker.point = tuple(knee)
    assert viewer.picked == "left_knee"
    picker.object = None
    picker.point = (0.0, 0.0, 0.0)
    assert (viewer.picked, viewer.clicks) == ("", 2)


@pytest.mark.parametrize(("turn", "expected"), [(0, (-1, 0)), (90, (0, 1)), (180, (1, 0))])
def test_the_view_from_the_persons_right_is_taken_from_there(turn, expected):
    """`standing` faces the camera, so that the right hip is at -x; turned about the vertical, the view turns, too."""
    about = np.radians(turn)
    cos, sin = np.cos(about), np.sin(about)
    points = standing() @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    place = geometry.view_from("side", geometry.to_scene(points))
    assert place[[0, 2]] == pytest.approx(expected, abs=1e-6)


def test_somebody_who_lies_on_the_side_is_seen_from_the_cameras_right():
    x, y, z = standing().T
    place = geometry.view_from("side", geometry.to_scene(np.stack([y, x, z], 1)))
    assert place[[0, 2]] == pytest.approx((1, 0))


def test_the_button_of_the_view_that_is_on_is_marked():
    viewer = PoseViewer(pose3d())
    assert (viewer._three.value, [button.value for button in viewer._sides.values()]) == (True, [False] * 3)
    viewer._sides["top"].value = True
    assert (viewer.views, viewer.direction, viewer._three.value) == ("one", "top", False)
    assert viewer._frames[0].children[1].value == "from above"
    # A turn by hand arrives as another place of the camera.
    viewer._cameras[0].position = (1.0, 1.0, 1.0)
    assert viewer.direction == ""
    assert not any(button.value for button in viewer._sides.values())
    viewer._sides["top"].value = True
    assert viewer.direction == "top"
    viewer._sides["top"].value = False
    assert viewer._sides["top"].value


def test_whoever_is_seen_from_above_stands_upright_and_the_first_view_is_from_there():
    turn = about_axis(np.array([1.0, 0, 0]), np.radians(25))
    viewer = PoseViewer(pose3d(standing() @ turn.T))
    trunk = viewer._placed(viewer.pose)[LIFT16.index("thorax")]
    assert trunk[1] > 0.99 * np.linalg.norm(trunk)
    place = np.array(viewer._cameras[0].position)
    assert np.degrees(np.arcsin(place[1] / np.linalg.norm(place))) == pytest.approx(25, abs=7)
    viewer.down = np.array([0.0, 1.0, 0.0])  # known to be level: the person leans
    trunk = viewer._placed(viewer.pose)[LIFT16.index("thorax")]
    assert trunk[1] < 0.92 * np.linalg.norm(trunk)


def test_a_clip_is_refused():
    with pytest.raises(ValueError, match="index the clip"):
        PoseViewer(pose3d(np.stack([standing()] * 3)))


@pytest.mark.parametrize("name", ["pose", "comparison"])
def test_a_pose_of_other_joints_is_refused_and_the_last_one_stays(name):
    last = pose3d()
    viewer = PoseViewer()
    setattr(viewer, name, last)
    with pytest.raises(ValueError, match="on poses in LIFT16, as the lifters give them, got one in MPII16"):
        setattr(viewer, name, replace(last, skeleton=MPII16))
    assert getattr(viewer, name) is last


def test_nothing_of_the_still_pose_is_drawn_beside_a_playing_one():
    uncertain = replace(pose3d(), samples=np.stack([standing() - 200, standing(), standing() + 200]))
    viewer = PoseViewer(uncertain)
    playback = Playback(np.stack([standing()] * 2) / 1000, LIFT16, np.array([0.0, 0.1]))
    viewer.play(playback)
    viewer.arcs = (("left_hip", "left_knee", "left_ankle"),)
    viewer.uncertainty = True
    viewer.comparison = pose3d()
    assert not any(part.mesh.visible for part in viewer._meshes)
    viewer.pause(playback)
    assert all(part.mesh.visible for part in viewer._meshes)
