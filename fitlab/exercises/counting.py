"""Where repetitions are: turning points of the angle that drives an exercise, against the person's own range.

The angle is compared with itself: a swing counts where it is large against the usual swings of the same clip, so that
a quarter of a squat among full ones is none, and one camera that shows every bend too small changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitlab.angles import MEASURES, angle_between, point
from fitlab.exercises.records import Exercise
from fitlab.skeletons import both_sides
from fitlab.smoothing import LONGEST_ABSENCE, gaps_within, interpolated

#: Swings of fewer degrees are noise.
_NOISE = 10.0
#: A swing is a repetition from this share of the person's own range; where the clip begins or ends within it, the
#: flank that is cut short may be smaller.
_WHOLE, _CUT = 0.55, 0.25
#: It is complete where this share of the longer way is seen on the other side, too.
_COMPLETE = 0.85
#: A clip has repetitions where the own range is at least this share of the way between ``start`` and ``end``.
_LEAST_RANGE = 0.5
#: Degrees by which a camera may show a turning point short of the exercise's ``start``.
_SHOWN_SHORT = 20.0
#: The angle itself goes at least this share of what the signal shows: what else moves does not make a repetition.
_OF_ITSELF = 0.25
#: Seconds to either side over which an angle at a turning point is averaged.
_AT_ONCE = 0.1
#: What follows a cut may be seen from elsewhere: its own range counts, but no less than this share of the clip's.
_ELSEWHERE = 0.7
#: Degrees: turning points whose postures differ more from the usual one, root mean square over angles, are others.
_ANOTHER_POSTURE = 32.0
#: Degrees between the knees at the turning point from which one leg alone moves.
_ONE_LEGGED = 45.0
#: How far the driving angle has come where movements are timed. A way from rest to rest is taken for half a wave of a
#: cosine, between constant acceleration and braking and minimum jerk (Flash and Hogan 1985): that gives the share of
#: its time at each level, and the line through all of them says when it began.
_LEVELS = np.linspace(0.2, 0.8, 7)
_TIME_SHARES = np.arccos(1 - 2 * _LEVELS) / np.pi
#: The turning point lasts while the angle is within this share of the swing.
_TURNED = 0.1


@dataclass(frozen=True)
class Swing:
    """One way there and back of the driving angle.

    Attributes
    ----------
    before, turn, after
        Frames: the nearest rest before, the turning point, the nearest rest after it.
    there, back
        Degrees of the two ways.
    """

    before: int
    turn: int
    after: int
    there: float
    back: float


@dataclass(frozen=True)
class Timing:
    """One repetition in time.

    Attributes
    ----------
    start, turned, returning, end
        Seconds: it begins, it has come to its turning point, it leaves that, it is back.
    turn
        Seconds, the middle of the turning point.
    swing
        In frames.
    complete
        Whether the clip holds all of it.
    """

    start: float
    turned: float
    turn: float
    returning: float
    end: float
    swing: Swing
    complete: bool


def swings(values: np.ndarray, threshold: float) -> list[Swing]:
    """The swings of a signal up and down again that are larger than a threshold.

    The first and the last may be cut short by the beginning or the end.

    Parameters
    ----------
    values : (T,) array
        Without NaN; the turning points are its maxima.
    threshold : float
        How far the signal must come back before a turn is believed (hysteresis).

    Returns
    -------
    list of Swing
    """
    turns: list[tuple[int, bool]] = []
    low = high = 0
    rising: bool | None = None
    for now, value in enumerate(values):
        low = now if value < values[low] else low
        high = now if value > values[high] else high
        if rising is not False and values[high] - value >= threshold:
            turns.append((high, True))
            rising, low = False, now
        elif rising is not True and value - values[low] >= threshold:
            turns.append((low, False))
            rising, high = True, now
    if rising is not None:  # what comes last has not been confirmed by a way back
        turns.append((high, True) if rising else (low, False))
    found = []
    for place, (turn, is_turn) in enumerate(turns):
        if not is_turn:
            continue
        earlier = turns[place - 1][0] if place else 0
        later = turns[place + 1][0] if place + 1 < len(turns) else turn + int(np.argmin(values[turn:]))
        before = earlier if place else int(np.argmin(values[: turn + 1]))
        found.append(Swing(before, turn, later, values[turn] - values[before], values[turn] - values[later]))
    return found


def count(
    signal: np.ndarray, points: np.ndarray, times: np.ndarray, track: np.ndarray, exercise: Exercise
) -> list[Timing]:
    """The repetitions of a clip.

    Parameters
    ----------
    signal : (T,) array
        Degrees, see :func:`fitlab.exercises.driving.driving_signal`; NaN where unknown.
    points : (T, 16, 3) array
        LIFT16 in mm in camera axes, for the postures.
    times : (T,) array
        Seconds.
    track : (T,) int array
        The stretch that each frame belongs to; -1 for none.
    exercise : Exercise
        With a driving angle.

    Returns
    -------
    list of Timing
        In their order.
    """
    sign = 1.0 if exercise.end > exercise.start else -1.0
    stretches = [(frames, sign * values) for frames, values in unbroken(signal, times, track, LONGEST_ABSENCE)]
    wrong = exercise.contradicts_posture(points)
    one_legged = _one_legged(points, exercise)
    angle = sign * exercise.drive_angle(points)
    candidates = []
    for frames, values in stretches:
        for swing in swings(values, _NOISE):
            turn = frames[swing.turn]
            near = slice(max(turn - 2, 0), turn + 3)
            if one_legged[turn] or not _goes_itself(angle[frames], times[frames], swing):
                continue
            if wrong[near].mean() <= 0.5 and values[swing.turn] >= sign * exercise.start - _SHOWN_SHORT:
                candidates.append((frames, values, swing))
    candidates = _of_one_posture(candidates, points, track)
    own = own_range([min(swing.there, swing.back) for _, _, swing in candidates])
    if own < max(_LEAST_RANGE * abs(exercise.end - exercise.start), _NOISE):
        return []
    kept = []
    for frames, values in stretches:
        same = [swing for stretch, _, swing in candidates if track[stretch[0]] == track[frames[0]]]
        here = own_range([min(swing.there, swing.back) for swing in same])
        here = max(here, _ELSEWHERE * own) if len(same) > 1 else own
        turns = {swing.turn for stretch, _, swing in candidates if stretch is frames}
        for swing in swings(values, _WHOLE * here):
            if swing.turn in turns and _is_whole(swing, here, len(values)):
                kept.append(_timed(swing, frames, values, times, here))
    return _apart(kept)


def _goes_itself(angle: np.ndarray, times: np.ndarray, swing: Swing) -> bool:
    """Whether the angle (T,) at these times turns where the signal does; it may be unknown."""
    rest, size = (swing.before, swing.there) if swing.there >= swing.back else (swing.after, swing.back)
    turned, resting = (angle[np.abs(times - times[row]) <= _AT_ONCE] for row in (swing.turn, rest))
    if np.isnan(turned).all() or np.isnan(resting).all():
        return True
    return bool(np.nanmean(turned) - np.nanmean(resting) >= _OF_ITSELF * size)


def _one_legged(points: np.ndarray, exercise: Exercise) -> np.ndarray:
    """(T,) whether one knee alone is bent where an exercise is driven by both, as in a step or a raised knee."""
    if exercise.drive != "knee":
        return np.zeros(len(points), bool)
    left, right = (MEASURES[name].compute(points) for name in both_sides("knee"))
    with np.errstate(invalid="ignore"):
        return np.abs(left - right) > _ONE_LEGGED


def unbroken(
    signal: np.ndarray, times: np.ndarray, track: np.ndarray, longest: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The stretches of one track in which a signal is known, short gaps bridged.

    Returns
    -------
    list of (frames, values)
        Indices of the frames, and the signal there without NaN.

    Parameters
    ----------
    signal
        (T,) in any unit, NaN where unknown.
    times
        (T,) s.
    track
        (T,) number of the track that each frame belongs to, -1 for none.
    longest
        Seconds that a gap may last.
    """
    found = []
    for number in np.unique(track[track >= 0]):
        rows = np.flatnonzero(track == number)
        known = np.isfinite(signal[rows])
        if known.sum() < 3:
            continue
        filled = interpolated(signal[rows][:, None], known[:, None], times[rows])[:, 0]
        usable = known | gaps_within(known, times[rows], longest)
        for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(usable.astype(int))) + 1):
            if usable[part[0]] and len(part) >= 3:
                found.append((rows[part], filled[part]))
    return found


def own_range(amplitudes: list[float]) -> float:
    """Degrees that a person's repetitions usually take: the upper quartile of the swings that are not small."""
    if not amplitudes:
        return 0.0
    sizes = np.array(amplitudes)
    return float(np.quantile(sizes[sizes >= 0.4 * sizes.max()], 0.75))


def _is_whole(swing: Swing, own: float, length: int) -> bool:
    """Both ways are long enough; the one that the clip cuts off may be shorter."""
    there = _CUT if swing.before == 0 else _WHOLE
    back = _CUT if swing.after == length - 1 else _WHOLE
    large = max(swing.there, swing.back) >= _WHOLE * own
    return large and swing.there >= there * own and swing.back >= back * own


def _of_one_posture(candidates: list, points: np.ndarray, track: np.ndarray) -> list:
    """Those candidates whose turning points look like that of most, where there are at least three.

    They are compared within their track where it has three, as another camera or person may follow a cut.
    """
    if len(candidates) < 3:
        return candidates
    sizes = np.array([min(swing.there, swing.back) for _, _, swing in candidates])
    turns = np.array([frames[swing.turn] for frames, _, swing in candidates])
    postures, stretch = posture(points[turns]), track[turns]
    likely = sizes >= 0.4 * sizes.max()
    kept = []
    for place, one in enumerate(candidates):
        alike = likely & (stretch == stretch[place])
        alike = alike if alike.sum() >= 3 else likely
        off = np.sqrt(np.nanmean(np.square(postures[place] - np.nanmedian(postures[alike], axis=0))))
        if alike.sum() < 3 or not off > _ANOTHER_POSTURE:
            kept.append(one)
    return kept


def posture(points: np.ndarray) -> np.ndarray:
    """How a body is held, whatever side it is seen from.

    Parameters
    ----------
    points : (..., 16, 3) array
        LIFT16 in mm in camera axes.

    Returns
    -------
    (..., 7) array
        Degrees: knee, hip, elbow and shoulder (means of both sides), and how far trunk, thighs and shins are from the
        picture's vertical; NaN where unknown.
    """
    angles = []
    for joint in ("knee", "hip", "elbow", "shoulder"):
        sides = np.stack([MEASURES[name].compute(points) for name in both_sides(joint)])
        angles.append(np.where(np.isnan(sides).any(0), np.where(np.isnan(sides), 0, sides).sum(0), sides.mean(0)))
        angles[-1] = np.where(np.isnan(sides).all(0), np.nan, angles[-1])
    up = np.array([0.0, -1.0, 0.0])
    for low, high in (("pelvis", "thorax"), ("mid_knees", "mid_hips"), ("mid_ankles", "mid_knees")):
        angles.append(angle_between(point(points, high) - point(points, low), up))
    return np.stack(angles, axis=-1)


def _timed(swing: Swing, frames: np.ndarray, values: np.ndarray, times: np.ndarray, own: float) -> Timing:
    stamps = times[frames]
    turn = swing.turn
    out, home = slice(swing.before, turn + 1), slice(turn, swing.after + 1)
    least = _COMPLETE * max(own, swing.there, swing.back)
    cut_before = swing.before == 0 and swing.there < least
    cut_after = swing.after == len(values) - 1 and swing.back < least
    start, turned = _way(values[out], stamps[out])
    end, returning = (-time for time in _way(values[home][::-1], -stamps[home][::-1]))
    if cut_before:
        start = float(stamps[0])
    if cut_after:
        end = float(stamps[-1])
    before, middle, after = (int(frames[row]) for row in (swing.before, turn, swing.after))
    absolute = replace(swing, before=before, turn=middle, after=after)
    return Timing(start, turned, (turned + returning) / 2, returning, end, absolute, not (cut_before or cut_after))


def _way(values: np.ndarray, stamps: np.ndarray) -> tuple[float, float]:
    """When a way from rest to the turning point begins and has come there, seconds."""
    base, top = values[0], values[-1]

    def reached(share: float) -> float:
        """When the level was passed for the last time."""
        level = base + share * (top - base)
        below = np.flatnonzero(values[:-1] < level)
        row = int(below[-1]) if len(below) else 0
        rise = values[row + 1] - values[row] if len(values) > 1 else 0.0
        part = (level - values[row]) / rise if rise > 0 else 0.0
        return float(stamps[row] + np.clip(part, 0, 1) * (stamps[min(row + 1, len(stamps) - 1)] - stamps[row]))

    passed = np.array([reached(level) for level in _LEVELS])
    # The median of the slopes between all pairs (Theil 1950), so that a pause on the way does not tilt the line.
    first, second = np.triu_indices(len(passed), 1)
    slope = np.median((passed[second] - passed[first]) / (_TIME_SHARES[second] - _TIME_SHARES[first]))
    start = float(np.median(passed - slope * _TIME_SHARES))
    return max(start, float(stamps[0])), reached(1 - _TURNED)


def _apart(found: list[Timing]) -> list[Timing]:
    """In their order, none beginning before the one before it has ended."""
    ordered = sorted(found, key=lambda each: each.turn)
    for number in range(1, len(ordered)):
        first, second = ordered[number - 1], ordered[number]
        if second.start < first.end:
            middle = (second.start + first.end) / 2
            ordered[number - 1], ordered[number] = replace(first, end=middle), replace(second, start=middle)
    return ordered
