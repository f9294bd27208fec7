import numpy as np
from matplotlib.figure import Figure

from fitlab import figures
from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16

PHOTO = np.zeros((60, 80, 3), np.uint8)


def pose(score: float = 1.0, covariance: np.ndarray | None = None) -> Pose2D:
    points = np.random.default_rng(0).uniform(5, 55, (16, 2))
    return Pose2D(points, np.full(16, score), (80, 60), covariance)


def axes():
    return Figure().subplots()


def test_sides_have_colours_of_their_own():
    assert figures.bone_colour(("left_hip", "left_knee")) == figures.COLOURS["left"]
    assert figures.bone_colour(("thorax", "right_shoulder")) == figures.COLOURS["right"]
    assert figures.bone_colour(("pelvis", "thorax")) == figures.COLOURS["middle"]


def test_joints_that_are_not_seen_are_not_drawn():
    seen, unseen = axes(), axes()
    figures.draw_pose2d(seen, pose(0.9), PHOTO)
    figures.draw_pose2d(unseen, pose(0.1), PHOTO)
    assert len(seen.lines) == 2 * len(MPII16.bones) + 16
    assert len(unseen.lines) == 0


def test_an_ellipse_holds_ninety_percent_even_where_there_is_no_doubt():
    flat = np.broadcast_to(np.diag([9.0, 0.0]), (16, 2, 2))  # 3 px along x, certain along y
    picture = axes()
    figures.draw_pose2d(picture, pose(0.9, flat), PHOTO, ellipses=True)
    x, y = picture.lines[-1].get_data()
    assert abs(np.ptp(x) - 2 * 2.15 * 3) < 0.1
    assert np.ptp(y) < 1e-6


def test_truth_is_yellow_and_what_was_found_lies_over_it_in_cyan():
    picture = axes()
    points = np.random.default_rng(0).uniform(5, 55, (16, 2))
    figures.draw_against_truth(picture, PHOTO, points, points + 1)
    colours = [line.get_color() for line in picture.lines]
    assert colours == ["yellow"] * len(MPII16.bones) + ["cyan"] * len(MPII16.bones)
