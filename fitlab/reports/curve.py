"""An angle over time as a drawing (SVG) that stands in a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from fitlab.colours import COLOURS, STRONG_COLOURS, VERDICT_COLOURS
from fitlab.exercises.assessment import GOOD, NOT_JUDGED
from fitlab.exercises.repetitions import Repetition

_WIDTH, _HEIGHT = 960, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 26, 34
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
#: More frames than this are drawn as the largest and the smallest of each stretch.
_MOST_POINTS = 1600


def angle_curve(
    times: np.ndarray,
    degrees: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    target: tuple[float, float],
    repetitions: Sequence[Repetition] = (),
    label: str = "",
) -> str:
    """Draw an angle with its interval, its target and the repetitions.

    Parameters
    ----------
    times : (T,) array
        Seconds.
    degrees, low, high : (T,) arrays
        The angle and its 90 % interval; NaN leaves a gap.
    target : (low, high)
        Degrees; infinite where there is no limit on a side.
    repetitions : sequence of Repetition
        Each is numbered where it turns, in the colour of its verdict.
    label : str
        What the curve shows.

    Returns
    -------
    str
        An ``<svg>`` element; empty where the angle is never known.
    """
    known = np.concatenate([degrees, low, high])
    known = known[np.isfinite(known)]
    if not len(known):
        return ""
    limits = [limit for limit in target if np.isfinite(limit)]
    least, most = min(*limits, known.min(), known.max() - 20), max(*limits, known.max())
    least, most = np.floor(least / 10) * 10, np.ceil(most / 10) * 10
    begin, end = float(times[0]), max(float(times[-1]), float(times[0]) + 1e-3)

    def x(seconds: Any) -> Any:
        return _LEFT + (np.asarray(seconds) - begin) / (end - begin) * (_WIDTH - _LEFT - _RIGHT)

    def y(angle: Any) -> Any:
        return _TOP + (most - np.clip(angle, least, most)) / (most - least) * (_HEIGHT - _TOP - _BOTTOM)

    floor, ceiling = (float(y(limit)) for limit in target)
    parts = [
        f'<svg role="img" aria-label="{escape(label)} over time" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="system-ui, sans-serif" font-size="13">'
    ]
    if limits:
        parts.append(_box(_LEFT, ceiling, _WIDTH - _LEFT - _RIGHT, floor - ceiling, VERDICT_COLOURS[GOOD]))
    for number in np.arange(least, most + 1, 30 if most - least > 90 else 10):
        parts.append(_line(_LEFT, y(number), _WIDTH - _RIGHT, y(number), "#d5d8de"))
        parts.append(_text(_LEFT - 6, float(y(number)) + 4, f"{number:z.0f}°", "end"))
    step = next((tick for tick in _TICKS if (end - begin) / tick <= 12), _TICKS[-1])
    for second in np.arange(np.ceil(begin / step) * step, end + 1e-9, step):
        parts.append(_text(x(second), _HEIGHT - 12, f"{second:g} s", "middle"))
    for each in repetitions:
        colour = STRONG_COLOURS.get(each.verdict, STRONG_COLOURS[NOT_JUDGED])
        parts.append(_box(x(each.start), _TOP - 18, x(each.end) - x(each.start), 5, colour))
        parts.append(_line(x(each.turn), _TOP - 16, x(each.turn), _HEIGHT - _BOTTOM, colour, 'stroke-dasharray="3 4"'))
        parts.append(_text(float(x(each.turn)) + 4, _TOP, str(each.number), "start", colour))
    for stretch in _stretches(times, degrees, low, high):
        seconds, middle, under, over = (np.array(row) for row in stretch)
        band = [*zip(x(seconds), y(over), strict=True), *zip(x(seconds[::-1]), y(under[::-1]), strict=True)]
        parts.append(f'<polygon points="{_points(band)}" fill="{COLOURS["left"]}" fill-opacity="0.16"/>')
        way = _points(zip(x(seconds), y(middle), strict=True))
        parts.append(f'<polyline points="{way}" fill="none" stroke="{COLOURS["left"]}" stroke-width="2"/>')
    return "".join([*parts, "</svg>"])


def _stretches(*rows: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """The rows cut where one of them is unknown, and thinned out where there are more frames than can be seen."""
    known = np.isfinite(np.stack(rows)).all(0)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    pieces = [tuple(row[first:last] for row in rows) for first, last in edges.reshape(-1, 2)]
    every = int(np.ceil(len(known) / _MOST_POINTS))
    return [_thinned(piece, every) for piece in pieces] if every > 1 else pieces


def _thinned(rows: tuple[np.ndarray, ...], every: int) -> tuple[np.ndarray, ...]:
    """Of each ``2 every`` frames the two in which the second row is smallest and largest, in their order."""
    length = len(rows[0])
    chosen = set()
    for first in range(0, length, 2 * every):
        part = rows[1][first : first + 2 * every]
        chosen |= {first + int(part.argmin()), first + int(part.argmax())}
    order = np.array(sorted({0, length - 1} | chosen))
    return tuple(row[order] for row in rows)


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#4a5261") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'
