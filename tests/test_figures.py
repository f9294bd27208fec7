import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from bodies import pose as person
from bodies import squat
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from fitlab import colours, figures
from fitlab.exercises.assessment import assess
from fitlab.exercises.definition import load_exercises
from fitlab.exercises.intervals import Distribution
from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16

PHOTO = np.zeros((60, 80, 3), np.uint8)
STYLES = ("default", "dark_background", "Solarize_Light2", "grayscale")


def pose(score: float = 1.0, covariance: np.ndarray | None = None) -> Pose2D:
    points = np.random.default_rng(0).uniform(5, 55, (16, 2))
    return Pose2D(points, np.full(16, score), (80, 60), covariance)


def axes():
    return Figure().subplots()


def test_sides_have_colours_of_their_own():
    assert colours.bone_colour(("left_hip", "left_knee")) == colours.COLOURS["left"]
    assert colours.bone_colour(("thorax", "right_shoulder")) == colours.COLOURS["right"]
    assert colours.bone_colour(("pelvis", "thorax")) == colours.COLOURS["middle"]


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


def brightness(colour) -> float:
    """WCAG 2's relative luminance of a colour."""
    share = np.array(to_rgb(colour))
    return float(np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def contrast(one, other) -> float:
    """WCAG 2's contrast ratio of two colours."""
    dark, bright = sorted((brightness(one), brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("style", STYLES)
def test_every_word_of_the_sheet_is_readable_in_any_style(style):
    """Four and a half times as bright as its ground, or the other way round (WCAG AA)."""
    squats = load_exercises()["squat"]
    with matplotlib.style.context(style):
        findings = assess(person(squat(105)), squats)
        sheet = figures.analysis_figure(PHOTO, pose(), person(squat(105)), findings, ["Go deeper."], "Squat")
    cells = [cell for axes in sheet.axes for table in axes.tables for cell in table.get_celld().values()]
    words = [(cell.get_text(), cell.get_facecolor()) for cell in cells]
    words += [(text, sheet.get_facecolor()) for axes in sheet.axes for text in (axes.title, *axes.texts)]
    assert len(cells) == 6 * (1 + len(findings))
    for text, ground in words:
        assert contrast(text.get_color(), ground) > 4.5, text.get_text()


@pytest.mark.parametrize("style", STYLES)
def test_lines_of_distributions_and_reliability_stand_out_in_any_style(style):
    """Three times as bright as their ground, which for the estimate is a bar (WCAG AA, graphics)."""
    with matplotlib.style.context(style):
        angle, held = axes(), axes()
        values = np.sort(np.random.default_rng(0).normal(90, 8, 500))
        figures.draw_distribution(angle, Distribution(np.array(90.0), values), (80, np.inf), title="left knee")
        figures.draw_reliability(held, pd.DataFrame({"all": [0.5, 0.9]}, index=["50%", "90%"]))
    ground = np.array(to_rgb(angle.get_facecolor()))
    *bar, share = angle.patches[0].get_facecolor()
    grounds = (ground, share * np.array(bar) + (1 - share) * ground)
    assert len(angle.lines) == 3
    assert min(contrast(line.get_color(), each) for line in angle.lines for each in grounds) > 3
    assert contrast(held.lines[-1].get_color(), held.get_facecolor()) > 4.5


def test_every_number_of_a_map_of_places_is_readable():
    picture = axes()
    figures.draw_places(picture, pd.DataFrame(np.linspace(0, 12, 40).reshape(5, 8)))
    (cells,) = picture.images
    grounds = cells.cmap(cells.norm(cells.get_array())).reshape(-1, 4)
    assert len(picture.texts) == 40
    assert min(contrast(text.get_color(), ground) for text, ground in zip(picture.texts, grounds, strict=True)) > 4.5


@pytest.mark.parametrize("photo", [PHOTO, None])
def test_every_lifter_is_shown_from_two_sides(photo):
    standing = person(squat(170))
    figure = figures.lifters_figure(photo, pose(), {"before": standing, "after": standing})
    titles = [panel.get_title() for panel in figure.axes]
    assert titles[1:] == [
        f"{name}, {view}" for name in ("before", "after") for view in ("as the camera sees it", "from the side")
    ]
