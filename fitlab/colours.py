"""The colours of joints and verdicts, the same in figures, widgets, clips and reports."""

from __future__ import annotations

from collections.abc import Sequence

from fitlab.exercises.assessment import GOOD, NOT_JUDGED, TOO_LARGE, TOO_SMALL, UNSURE
from fitlab.skeletons import side_of

# The right side is red and the left blue, as in the report; told apart by people who cannot see red from green, too.
COLOURS = {"right": "#d1362b", "left": "#1f5fd0", "middle": "#1f9d55"}
#: Pale, as a background of dark text.
VERDICT_COLOURS = {
    GOOD: "#d7f0dd",
    TOO_SMALL: "#fbd9d3",
    TOO_LARGE: "#fbd9d3",
    UNSURE: "#fdf0c8",
    NOT_JUDGED: "#e9e9ec",
}
#: Strong, as a background of white text.
STRONG_COLOURS = {
    GOOD: "#1b7f43",
    TOO_SMALL: "#c22d20",
    TOO_LARGE: "#c22d20",
    UNSURE: "#9a6a00",
    NOT_JUDGED: "#5c6470",
}
PAPER, INK = "#ffffff", "#1c2330"
#: A joint with at least this score is drawn filled.
CERTAIN = 0.6


def bone_colour(bone: tuple[str, str]) -> str:
    """Red for the right side, blue for the left, green for the middle.

    Parameters
    ----------
    bone : pair of str
        Names of two joints; one joint twice for that of a joint.

    Returns
    -------
    str
        ``#rrggbb``.
    """
    return COLOURS[next(filter(None, map(side_of, bone)), "middle")]


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three numbers, 0..255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def ink_on(ground: Sequence[float]) -> str:
    """Black or white, whichever has more contrast with a ground; at least 4.5 to 1.

    Parameters
    ----------
    ground
        Red, green and blue, 0..1; what follows is not looked at.

    Returns
    -------
    str
        A colour as matplotlib and CSS name it.

    References
    ----------
    WCAG 2.2, relative luminance and contrast ratio.
    """
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in ground[:3])
    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white"
