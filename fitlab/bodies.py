"""How large people are: the reference body that lifters answer for, and anybody's height from a pose."""

from __future__ import annotations

from numbers import Real

import numpy as np

from fitlab.skeletons import LIFT16, SIDES, both_sides, without_side

_LENGTHS = {
    ("hip", "knee"): 410.0,
    ("knee", "ankle"): 410.0,
    ("shoulder", "elbow"): 295.0,
    ("elbow", "wrist"): 230.0,
    ("pelvis", "hip"): 110.0,
    ("pelvis", "spine"): 235.0,
    ("spine", "thorax"): 235.0,
    ("thorax", "shoulder"): 185.0,
    ("thorax", "head_top"): 280.0,
}


#: (B,) mm, the lengths of LIFT16's bones in the reference body.
REFERENCE_BONES = np.array([_LENGTHS[without_side(start), without_side(end)] for start, end in LIFT16.bones])

#: mm, the height of the body that the network answers for: between the means of women and men.
REFERENCE_HEIGHT = 1710.0

#: Shin, thigh, and hips to shoulders as shares of the body height: standing people's ankles, knees, hips and shoulders
#: are at 0.039, 0.285, 0.530 and 0.818 of it (Drillis & Contini, Body Segment Parameters, 1966).
SHIN, THIGH, TRUNK = 0.246, 0.245, 0.288


def body_height(points: np.ndarray) -> np.ndarray:
    """How tall people are, whatever their posture.

    The lengths of shins, thighs and trunk that are known are compared with what they measure in people of a known
    height (:data:`SHIN`, :data:`THIGH`, :data:`TRUNK`). The trunk goes from the pelvis over the spine to the middle of
    the shoulders, since data sets do not agree on where a thorax is.

    Parameters
    ----------
    points : (..., 16, 3) array
        Millimetres, in LIFT16.

    Returns
    -------
    (...) array
        Millimetres; NaN where neither a shin, a thigh nor the trunk is known.

    References
    ----------
    R. Drillis and R. Contini, "Body Segment Parameters", 1966.
    """
    place = {joint: points[..., index, :] for index, joint in enumerate(LIFT16.joints)}
    shoulders = np.add(*(place[joint] for joint in both_sides("shoulder"))) / 2
    trunk = _length(place["pelvis"], place["spine"]) + _length(place["spine"], shoulders)
    lengths, shares = [trunk], [TRUNK]
    for side in SIDES:
        hip, knee, ankle = (place[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        lengths += [_length(hip, knee), _length(knee, ankle)]
        shares += [THIGH, SHIN]
    measured = np.stack(lengths, axis=-1)
    compared = np.where(np.isnan(measured), 0.0, shares).sum(-1)
    return np.nansum(measured, -1) / np.where(compared > 0, compared, np.nan)


def _length(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.linalg.norm(end - start, axis=-1)


def check_height(height_mm: float) -> None:
    """Refuse a height that no person has.

    Parameters
    ----------
    height_mm : float
        Millimetres.

    Raises
    ------
    ValueError
        Outside 500 to 2,500 mm.
    """
    if not isinstance(height_mm, Real) or not 500 <= height_mm <= 2500:
        metres = isinstance(height_mm, Real) and 0.5 <= height_mm <= 2.5
        hint = f"; {height_mm} m are {1000 * height_mm:.0f}" if metres else ""
        raise ValueError(f"height_mm is the person's height in millimetres, 500 to 2500; got {height_mm!r}{hint}")


def scale_to_height(points: np.ndarray, height_mm: float) -> float:
    """The factor that makes a lifted pose that of a person of some height.

    Parameters
    ----------
    points : (..., 16, 3) array
        Millimetres, in LIFT16; one person in all frames.
    height_mm : float
        The height in millimetres.

    Returns
    -------
    float
        ``height_mm`` over the median of the heights in the frames.

    Raises
    ------
    ValueError
        For a height that no person has, or where :func:`body_height` cannot tell the height in any frame.
    """
    check_height(height_mm)
    heights = body_height(points)
    if np.isnan(heights).all():
        raise ValueError("height_mm cannot be used: neither a leg nor the trunk is seen; leave it out")
    return float(height_mm / np.nanmedian(heights))
