"""Every matplotlib picture: joints on a photo, the 3D skeleton from several sides, the angles as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fitlab.colours import CERTAIN, INK, PAPER, VERDICT_COLOURS, bone_colour, ink_on
from fitlab.exercises.assessment import Finding
from fitlab.exercises.feedback import HEADS, cells
from fitlab.exercises.intervals import Distribution
from fitlab.gravity import gravity, upright
from fitlab.poses import SEEN, Pose2D, Pose3D
from fitlab.skeletons import MPII16, Skeleton

#: (name, elevation, azimuth in degrees as matplotlib counts them) of the three viewpoints of the report's Fig. 11.
VIEWS = (("as the camera sees it", 0, -90), ("from the side", 8, -10), ("from above", 75, -90))


def draw_pose2d(axes: Axes, pose: Pose2D, photo: np.ndarray | None = None, ellipses: bool = False) -> None:
    """Draw joints and bones over the photo.

    Joints that are not seen are left out, uncertain ones are hollow.

    Parameters
    ----------
    axes
        Of matplotlib.
    pose
        One person, (J, 2) px.
    photo
        (H, W, 3) uint8, drawn below.
    ellipses
        Whether to draw where 90 % of each joint's distribution is.
    """
    if photo is not None:
        axes.imshow(photo)
    axes.set_axis_off()
    width = 2.5
    seen = pose.score >= SEEN
    for bone in pose.skeleton.bones:
        start, end = (pose.skeleton.index(name) for name in bone)
        if seen[start] and seen[end]:
            x, y = pose.points[[start, end]].T
            axes.plot(x, y, color="white", linewidth=width + 1.5, solid_capstyle="round", alpha=0.8)
            axes.plot(x, y, color=bone_colour(bone), linewidth=width, solid_capstyle="round")
    for name, (x, y), score in zip(pose.skeleton.joints, pose.points, pose.score, strict=True):
        if score >= SEEN:
            colour = bone_colour((name, name))
            fill = colour if score >= CERTAIN else "white"
            axes.plot(x, y, "o", markersize=5, markerfacecolor=fill, markeredgecolor=colour, markeredgewidth=1.2)
    if ellipses and pose.covariance is not None:
        _draw_ellipses(axes, pose, seen)
    if photo is not None:
        axes.set_xlim(-0.5, photo.shape[1] - 0.5)
        axes.set_ylim(photo.shape[0] - 0.5, -0.5)


def draw_against_truth(axes: Axes, photo: np.ndarray, points: np.ndarray, truth: np.ndarray) -> None:
    """Draw joints that were found in cyan over the true ones in yellow, as in the report's Fig. 6.

    Parameters
    ----------
    axes
        Of matplotlib.
    photo
        (H, W, 3) uint8.
    points, truth
        (16, 2) px, MPII16.
    """
    axes.imshow(photo)
    axes.set_axis_off()
    for joints, colour in ((truth, "yellow"), (points, "cyan")):
        for bone in MPII16.bones:
            x, y = joints[MPII16.indices(bone)].T
            axes.plot(x, y, color=colour, linewidth=1.8, marker="o", markersize=2.5)
    axes.set_xlim(-0.5, photo.shape[1] - 0.5)
    axes.set_ylim(photo.shape[0] - 0.5, -0.5)


def _draw_ellipses(axes: Axes, pose: Pose2D, seen: np.ndarray) -> None:
    turn = np.linspace(0, 2 * np.pi, 40)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    variances, directions = np.linalg.eigh(pose.covariance[seen])  # type: ignore[index]
    half_axes = directions * np.sqrt(np.maximum(variances, 0))[:, None]
    for place, axis in zip(pose.points[seen], half_axes, strict=True):
        x, y = place[:, None] + 2.15 * axis @ circle  # holds 90 % of a Gaussian
        axes.plot(x, y, color="white", linewidth=1, alpha=0.9)


def draw_pose3d(axes: Axes, pose: Pose3D, elevation: float = 8, azimuth: float = -90, title: str = "") -> None:
    """Draw a pose on a 3D axes; camera axes are turned so that up is up.

    Parameters
    ----------
    axes
        Of matplotlib, with ``projection="3d"``.
    pose
        One person, (J, 3) mm.
    elevation, azimuth
        Degrees, from where it is seen, as matplotlib has them; -90 is from the camera.
    title
        Above it.
    """
    upright = np.stack([pose.points[:, 0], pose.points[:, 2], -pose.points[:, 1]], axis=1)
    _draw_bones(axes, upright, pose.skeleton)
    known = upright[~np.isnan(upright).any(axis=1)]
    centre, half = (0.0, 0.0, 0.0), 900.0
    if len(known):
        low, high = known.min(0), known.max(0)
        centre, half = (low + high) / 2, max((high - low).max() / 2 * 1.05, 100.0)
        _draw_floor(axes, centre, half, low[2])
    for axis, middle in zip("xyz", centre, strict=True):
        getattr(axes, f"set_{axis}lim")(middle - half, middle + half)
    axes.set_box_aspect((1, 1, 1), zoom=1.45)  # type: ignore[arg-type, call-arg]
    axes.set_axis_off()
    axes.view_init(elevation, azimuth)  # type: ignore[attr-defined]
    axes.set_title(title, fontsize=9, y=-0.03)


def draw_heatmap(axes: Axes, crop: np.ndarray, probability: np.ndarray, title: str = "") -> None:
    """Where a network sees a joint, over the crop that it looked at.

    Parameters
    ----------
    axes : Axes
    crop : (H, W, 3) uint8 array
    probability : (h, w) array
        Of the joint's place; it covers the crop.
    title : str
    """
    axes.imshow(crop)
    shown = np.sqrt(probability / probability.max())  # what is improbable is to be seen too
    extent = (-0.5, crop.shape[1] - 0.5, crop.shape[0] - 0.5, -0.5)
    axes.imshow(shown, cmap="inferno", alpha=0.15 + 0.75 * shown, extent=extent, interpolation="bilinear")
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def draw_cloud(axes: Axes, pose: Pose3D, elevation: float = 8, azimuth: float = -90, title: str = "") -> None:
    """A pose with its samples drawn thin behind it.

    Parameters
    ----------
    axes : Axes
        In 3D.
    pose : Pose3D
        Points (16, 3) mm, samples (S, 16, 3).
    elevation, azimuth : float
        Degrees, from where it is seen.
    title : str
    """
    draw_pose3d(axes, pose, elevation, azimuth, title)
    for sample in () if pose.samples is None else pose.samples:
        for bone in pose.skeleton.bones:
            x, y, z = sample[pose.skeleton.indices(bone)].T
            axes.plot(x, z, -y, color=bone_colour(bone), linewidth=0.5, alpha=0.18)


def draw_distribution(
    axes: Axes, angle: Distribution, target: tuple[float, float], truth: float | None = None, title: str = ""
) -> None:
    """What an angle may be, its 90 % interval and its target.

    Parameters
    ----------
    axes : Axes
    angle : Distribution
        Of one pose.
    target : (low, high)
        Degrees, drawn in green; infinite where it has no end.
    truth : float, optional
        Degrees, where it is known.
    title : str
    """
    low, high = (float(end) for end in angle.interval())
    ink = _ink()
    axes.hist(angle.values, bins=36, color=(ink, 0.35), histtype="stepfilled")
    left, right = axes.get_xlim()
    axes.axvspan(max(target[0], left), min(target[1], right), color="#2e9e5b", alpha=0.18, label="target")
    for end in (low, high):
        axes.axvline(end, color=ink, linewidth=1, linestyle="--", label="90 % interval" if end == low else None)
    axes.axvline(float(angle.degrees), color=ink, linewidth=2, label="estimate")
    if truth is not None:
        axes.axvline(truth, color="#d7351f", linewidth=2, label="truth")
    axes.set_xlim(left, right)
    axes.set_xlabel("degrees")
    axes.set_yticks([])
    axes.legend(fontsize=8)
    axes.set_title(title, fontsize=9)


def draw_reliability(axes: Axes, held: pd.DataFrame, title: str = "") -> None:
    """Nominal shares of intervals against those that hold the truth: on the diagonal they are the same.

    Parameters
    ----------
    axes : Axes
    held : DataFrame
        A row for each nominal share (``90%``), a column for each angle, as ``fitlab evaluate angles`` saves it.
    title : str
    """
    nominal = [float(share.rstrip("%")) for share in held.index]
    axes.plot([0, 100], [0, 100], color="#9aa3b2", linewidth=1)
    for name, column in held.items():
        whole = name == "all"
        axes.plot(
            nominal, 100 * column, color=_ink() if whole else None, linewidth=2.4 if whole else 1.4, label=str(name)
        )
    axes.set(xlabel="% that should hold", ylabel="% that hold the truth", xlim=(0, 100), ylim=(0, 100), aspect="equal")
    axes.legend(fontsize=8)
    axes.set_title(title, fontsize=10)


def draw_places(axes: Axes, table: pd.DataFrame, title: str = "", most: float = 12.0) -> None:
    """Numbers by the camera's height (rows) and side (columns), the larger the darker; ``most`` is the darkest."""
    picture = axes.imshow(table.to_numpy(), cmap="YlOrRd", vmin=0, vmax=most, aspect="auto")
    axes.set_xticks(range(len(table.columns)), list(table.columns), fontsize=8)
    axes.set_yticks(range(len(table)), list(table.index), fontsize=8)
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        ink = ink_on(tuple(picture.cmap(picture.norm(value))))
        axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=9, color=ink)
    axes.set_title(title, fontsize=10)


def lifters_figure(photo: np.ndarray | None, pose2d: Pose2D, lifted: Mapping[str, Pose3D]) -> Figure:
    """What several lifters make of the same joints, side by side, as the report's Fig. 12 and 13.

    Parameters
    ----------
    photo : (H, W, 3) uint8, optional
    pose2d : Pose2D (16, 2)
    lifted : name -> Pose3D (16, 3)

    Returns
    -------
    Figure
        The joints on the photo (alone, where there is none), and each lifter's answer as the camera sees it and from
        the side.
    """
    figure = Figure(figsize=(3.4 * (1 + len(lifted)), 6), layout="constrained")
    grid = figure.add_gridspec(2, 1 + len(lifted))
    axes = figure.add_subplot(grid[:, 0])
    draw_pose2d(axes, pose2d, photo)
    if photo is None:
        axes.set_aspect("equal")
        axes.invert_yaxis()
    for column, (name, pose) in enumerate(lifted.items(), start=1):
        for row, (title, elevation, azimuth) in enumerate(VIEWS[:2]):
            panel = figure.add_subplot(grid[row, column], projection="3d")
            draw_pose3d(panel, pose, elevation, azimuth, f"{name}, {title}")
    return figure


def _ink() -> str:
    """The colour of lines that stand out as words do, in whatever style is in force."""
    return str(matplotlib.rcParams["text.color"])


def _draw_bones(axes: Axes, points: np.ndarray, skeleton: Skeleton) -> None:
    for bone in skeleton.bones:
        ends = points[skeleton.indices(bone)]
        if not np.isnan(ends).any():
            axes.plot(*ends.T, color=bone_colour(bone), linewidth=3, solid_capstyle="round")
    axes.scatter(*points.T, color=_ink(), s=8, depthshade=False)  # type: ignore[misc]


def _draw_floor(axes: Axes, centre: np.ndarray, half: float, height: float) -> None:
    x, y = (middle + half * np.array([-1, 1]) for middle in centre[:2])
    for step in np.linspace(0, 1, 7):
        axes.plot([x[0] + step * (x[1] - x[0])] * 2, y, [height] * 2, color="#cfd3da", linewidth=0.6, zorder=0)
        axes.plot(x, [y[0] + step * (y[1] - y[0])] * 2, [height] * 2, color="#cfd3da", linewidth=0.6, zorder=0)


def analysis_figure(
    photo: np.ndarray,
    pose2d: Pose2D,
    pose3d: Pose3D,
    findings: Sequence[Finding],
    feedback: Sequence[str],
    title: str,
) -> Figure:
    """Photo with joints, three views of the skeleton, the table of angles and the feedback, on one sheet.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
    pose2d : Pose2D
        Joints (16, 2) in its pixels.
    pose3d : Pose3D
        Joints (16, 3) in mm in the camera's axes.
    findings : sequence of Finding
        Of this pose, a row of the table each.
    feedback : sequence of str
        The sentences beside the table.
    title : str
        What was done, above the sentences.

    Returns
    -------
    matplotlib.figure.Figure
    """
    aspect = float(np.clip(photo.shape[1] / photo.shape[0], 0.6, 1.6))
    above = 13 / (aspect + 2.7)
    below = 0.55 + 0.34 * max(len(findings), 2 * len(feedback) - 2, 4)
    figure = Figure(figsize=(13, above + below), layout="constrained")
    top, bottom = figure.subfigures(2, 1, height_ratios=(above, below))  # type: ignore[misc]
    grid = top.add_gridspec(1, 4, width_ratios=(aspect, 0.9, 0.9, 0.9))
    draw_pose2d(top.add_subplot(grid[0]), pose2d, photo)
    down = gravity(pose3d).down
    pitch = float(np.degrees(np.arctan2(down[2], down[1])))
    for number, (name, elevation, azimuth) in enumerate(VIEWS, 1):
        axes = top.add_subplot(grid[number], projection="3d")
        draw_pose3d(axes, upright(pose3d, down), pitch if number == 1 else elevation, azimuth, name)
    table, words = bottom.subplots(1, 2, width_ratios=(1.25, 1))
    _draw_table(table, findings)
    _draw_feedback(words, feedback, title)
    return figure


def _draw_table(axes: Axes, findings: Sequence[Finding]) -> None:
    axes.set_axis_off()
    if not findings:
        return
    rows = [list(cells(found)) for found in findings]
    colours = [[PAPER] * (len(HEADS) - 1) + [VERDICT_COLOURS[found.verdict]] for found in findings]
    widest = [max(len(head), *(len(row[column]) for row in rows)) + 2 for column, head in enumerate(HEADS)]
    table = axes.table(
        rows,
        colWidths=[width / sum(widest) for width in widest],
        cellColours=colours,
        colLabels=HEADS,
        colColours=[PAPER] * len(HEADS),
        cellLoc="left",
        loc="upper center",
    )
    table.auto_set_font_size(False)
    table.set_fontsize(min(10, 850 / sum(widest)))  # points: 85 letters of 10 points fill the table's half of the sheet
    table.scale(1, 1.45)
    for cell in table.get_celld().values():
        cell.set_edgecolor("#d5d8de")
        cell.set_text_props(color=INK)  # whatever the style in force says of text: the cells are light in each


def _draw_feedback(axes: Axes, feedback: Sequence[str], title: str) -> None:
    axes.set_axis_off()
    text = "\n".join(textwrap.fill(sentence, 66, subsequent_indent="   ") for sentence in feedback)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.text(0, 0.97, text, va="top", fontsize=10.5, linespacing=1.5, transform=axes.transAxes)
