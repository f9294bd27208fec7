"""Pictures of synthetic samples: contact sheets with joints, the person/image ratio, one sample to explore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fitlab.poses import HIDDEN, VISIBLE
from fitlab.skeletons import MPII16
from fitlab.synthetic.generate import Sample, Wish, make_sample
from fitlab.synthetic.sets import picture_set

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE_COLOURS = {"left": "#3b82f6", "right": "#ef4444"}
MIDDLE_COLOUR = "#22c55e"
#: The bins of the report's Table 2.
RATIO_BINS = (0.05, 0.075, 0.1)


def draw_sample(axes: Axes, sample: Sample, joints: bool = True) -> None:
    """The picture; bones of the left side blue, of the right side red; hidden joints are rings."""
    axes.imshow(sample.image)
    axes.set_axis_off()
    labels: dict[str, Any] = dict(sample.labels)
    error = "" if labels["error"] == "none" else f", {labels['error'].replace('_', ' ')} {labels['grade']:.1f}"
    axes.set_title(f"{labels['exercise'].replace('_', ' ')} {labels['phase']:.2f}{error}", fontsize=8)
    if not joints:
        return
    points, state = labels["mpii16"], labels["visibility"]
    for start, end in MPII16.bones:
        sides = [name.split("_")[0] for name in (start, end)]
        colour = next((SIDE_COLOURS[side] for side in sides if side in SIDE_COLOURS), MIDDLE_COLOUR)
        bone = points[MPII16.indices([start, end])]
        axes.plot(*bone.T, color=colour, linewidth=1.4)
    axes.scatter(*points[state == VISIBLE].T, s=9, color="#fde047", zorder=3)  # type: ignore[misc]
    axes.scatter(*points[state == HIDDEN].T, s=9, facecolor="none", edgecolor="#fde047", zorder=3)  # type: ignore[misc]
    height, width = sample.image.shape[:2]
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def contact_sheet(samples: Sequence[Sample], columns: int = 6, joints: bool = True) -> Figure:
    """All samples in rows of ``columns``."""
    import matplotlib.pyplot as plt

    rows = -(-len(samples) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(2.2 * columns, 2.4 * rows), squeeze=False, layout="constrained")
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, sample in zip(grid.flat, samples, strict=False):
        draw_sample(axes, sample, joints)
    plt.close(figure)
    return figure


def ratio_histogram(ratios: np.ndarray) -> Figure:
    """How much of the pictures the person's bounding box fills, as the report's Fig. 7; lines where Table 2 divides.

    Parameters
    ----------
    ratios
        (N,) 0..1, the area of the box over that of the picture.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    axes.hist(ratios, bins=np.arange(0, max(1.0, np.nanmax(ratios)) + 0.025, 0.025), color="#64748b")  # type: ignore[arg-type]
    for edge in RATIO_BINS:
        axes.axvline(edge, color="#ef4444", linewidth=1)
    axes.set(xlabel="area of the person's box / area of the picture", ylabel="pictures")
    plt.close(figure)
    return figure


def explore(
    exercise: str,
    phase: float,
    error: str,
    azimuth: float,
    elevation: float,
    distance: float,
    person: int,
    size: int = 256,
    seed: int = 0,
) -> Figure:
    """One sample from the given direction, for sliders.

    At another phase, error or azimuth all else stays the same, as a rule: where a pose is not possible, all is drawn
    again. Another exercise or person is also in another room.

    ``azimuth`` 0 sees the front, 90 the left side; ``distance`` metres. ValueError for an exercise or error that there
    is not.
    """
    import matplotlib.pyplot as plt

    wish = Wish(person, exercise, error, phase, azimuth, elevation, distance)
    sample = make_sample(picture_set("fitness"), seed, 0, size, wish=wish)
    figure, grid = plt.subplots(1, 2, figsize=(8, 4.2), layout="constrained")
    for axes, joints in zip(grid, (False, True), strict=True):
        draw_sample(axes, sample, joints)
    plt.close(figure)
    return figure
