"""What is drawn on one frame of a clip, and where: sizes follow the frame, so that a phone shows it as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from fitlab.colours import CERTAIN, STRONG_COLOURS, bone_colour, rgb
from fitlab.exercises.assessment import GOOD
from fitlab.overlay import canvas
from fitlab.overlay.inset import Inset
from fitlab.poses import SEEN, Pose2D

_WHITE, _DARK, _TRACK = (255, 255, 255), (16, 20, 28), (96, 104, 118)
_MOST_DEGREES = 180.0
_MOST_ROWS = 2


@dataclass(frozen=True)
class Overlay:
    """What is known of every frame of a clip; each field of T values has one for each frame.

    Parameters
    ----------
    pose2d : Pose2D
        Joints (T, 16, 2) in the frames' pixels.
    inset : Inset
        The 3D skeleton from a chosen side.
    title : str
        What is done.
    angle : str
        What the running angle is called.
    degrees : (T,) array
        NaN where unknown.
    corner : (T, 3, 2) array
        Pixels of the angle's three points, the vertex in the middle; NaN where it has no such points.
    target : (low, high)
        Degrees; infinite where there is no limit on a side.
    target_words : str
        The same in words; empty where there is none.
    verdict : sequence of T str
        Of the running angle.
    counter : sequence of T str
        Such as the number of repetitions so far.
    unit : str
        What is counted, in the plural.
    words : sequence of T str
        A sentence below; empty for none.
    words_verdict : sequence of T str
        The verdict that the sentence is about.
    bridged : (T,) bool array
        Frames in which nobody was found, and the joints are taken from before and after: they are drawn hollow.
    """

    pose2d: Pose2D
    inset: Inset
    title: str
    angle: str
    degrees: np.ndarray
    corner: np.ndarray
    target: tuple[float, float]
    target_words: str
    verdict: Sequence[str]
    counter: Sequence[str]
    unit: str
    words: Sequence[str]
    words_verdict: Sequence[str]
    bridged: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    @cached_property
    def on_the_right(self) -> bool:
        """Whether the person is in the right half, so that the 3D skeleton has its place on the left."""
        seen = self.pose2d.points[self.pose2d.score >= SEEN]
        width = np.max(np.asarray(self.pose2d.image_size)[..., 0])
        return bool(len(seen) and np.median(seen[:, 0]) > width / 2)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Every sentence that is said in some frame, once; one that is empty if there is none."""
        return tuple(set(self.words)) or ("",)

    def unit_in(self, frame: int) -> str:
        """What is counted in a frame: ``repetition``, or ``second held``, where it is one."""
        first, *rest = self.unit.split(" ")
        return " ".join([first.removesuffix("s") if self.counter[frame] == "1" else first, *rest])

    @cached_property
    def least(self) -> float:
        """Degrees at which the scale begins: 0, or -180 where the angle has a sign."""
        signed = np.isfinite(self.target[0]) and self.target[0] < 0
        return -_MOST_DEGREES if signed or bool((np.nan_to_num(self.degrees) < 0).any()) else 0.0


def draw_frame(image: np.ndarray, overlay: Overlay, frame: int, scale: float = 1.0) -> None:
    """Draw what is known of a frame on it.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        Drawn on.
    overlay : Overlay
    frame : int
        Which of its frames this is.
    scale : float
        Pixels of ``image`` for one pixel of the clip.
    """
    height, width = image.shape[:2]
    unit = min(height, width) / 24
    joints = overlay.pose2d.points[frame] * scale + (scale - 1) / 2
    bridged = bool(overlay.bridged[frame]) if len(overlay.bridged) else False
    draw_joints(image, joints, overlay.pose2d.score[frame], overlay.pose2d, unit, bridged)
    _draw_arc(image, overlay, frame, overlay.corner[frame] * scale + (scale - 1) / 2, unit)
    size = int(0.36 * min(height, width))
    edge = int(0.4 * unit)
    overlay.inset.draw(image, frame, edge if overlay.on_the_right else width - size - edge, edge, size)
    _draw_counter(image, overlay, frame, unit, edge)
    _draw_banner(image, overlay, frame, unit)


def draw_joints(
    image: np.ndarray, joints: np.ndarray, score: np.ndarray, pose: Pose2D, unit: float, hollow: bool = False
) -> None:
    """Joints and bones: certain ones filled, uncertain ones hollow, unseen ones left out.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        Drawn on.
    joints : (16, 2) array
        Pixels of ``image``; NaN where unknown.
    score : (16,) array
        0..1.
    pose : Pose2D
        Whose skeleton this is.
    unit : float
        Pixels; a bone is about a quarter of it wide.
    hollow : bool
        Whether all joints are uncertain.
    """
    seen = (score >= SEEN) & ~np.isnan(joints).any(-1)
    certain = seen & (score >= CERTAIN) & (not hollow)
    width = max(unit / 4.5, 2)
    for (start, end), bone in zip(pose.skeleton.bone_indices, pose.skeleton.bones, strict=True):
        if seen[start] and seen[end]:
            sure = certain[start] and certain[end]
            canvas.line(image, joints[[start, end]], _WHITE, width + 2 if sure else width)
            canvas.line(image, joints[[start, end]], rgb(bone_colour(bone)), width if sure else width / 3)
    for joint, name in enumerate(pose.skeleton.joints):
        if seen[joint]:
            colour = rgb(bone_colour((name, name)))
            fill, edge = (colour, _WHITE) if certain[joint] else (_WHITE, colour)
            canvas.dot(image, joints[joint], width, fill, edge, width / 2.5)


def _draw_arc(image: np.ndarray, overlay: Overlay, frame: int, corner: np.ndarray, unit: float) -> None:
    degrees = overlay.degrees[frame]
    if np.isnan(corner).any() or np.isnan(degrees):
        return
    first, vertex, last = corner
    arms = np.array([first - vertex, last - vertex])
    lengths = np.linalg.norm(arms, axis=-1)
    radius = float(np.clip(0.45 * lengths.min(), unit, 3 * unit))
    begin = np.arctan2(arms[0, 1], arms[0, 0])
    swept = (np.arctan2(arms[1, 1], arms[1, 0]) - begin + np.pi) % (2 * np.pi) - np.pi
    turns = begin + swept * np.linspace(0, 1, 24)
    edge = vertex + radius * np.stack([np.cos(turns), np.sin(turns)], -1)
    colour = rgb(STRONG_COLOURS[overlay.verdict[frame]])
    canvas.shape(image, np.concatenate([vertex[None], edge]), colour, 0.45)
    canvas.line(image, edge, _WHITE, unit / 4)
    canvas.line(image, edge, colour, unit / 7)
    # The number stands beyond the arc, on the inner side of the angle, but never outside the picture.
    middle = begin + swept / 2
    size = int(1.3 * unit)
    words = f"{degrees:z.0f}°"
    half = canvas.text_width(words, size) / 2 + unit / 4
    away = radius + half + unit / 4
    x, y = vertex + away * np.array([np.cos(middle), np.sin(middle)])
    x = float(np.clip(x, half, max(image.shape[1] - half, half)))
    y = float(np.clip(y, size / 2, image.shape[0] - size / 2))
    canvas.panel(image, (int(x - half), int(y - 0.62 * size), int(x + half), int(y + 0.62 * size)), colour, 0.85)
    canvas.text(image, words, x, y, size, _WHITE, "middle")


def _draw_counter(image: np.ndarray, overlay: Overlay, frame: int, unit: float, edge: int) -> None:
    large, small = int(3.2 * unit), int(0.85 * unit)
    number, below = overlay.counter[frame], (overlay.unit_in(frame), overlay.title)
    width = max(canvas.text_width(number, large), *(canvas.text_width(words, small) for words in below)) + 1.2 * unit
    bottom = int(edge + large + 2.6 * unit)
    left = image.shape[1] - edge - width if overlay.on_the_right else edge
    canvas.panel(image, (int(left), edge, int(left + width), bottom), _DARK, 0.72)
    middle = left + width / 2
    canvas.text(image, number, middle, edge + 0.55 * large, large, _WHITE, "middle")
    canvas.text(image, below[0], middle, bottom - 1.75 * unit, small, _WHITE, "middle")
    canvas.text(image, below[1], middle, bottom - 0.7 * unit, small, (190, 198, 210), "middle")


def _draw_banner(image: np.ndarray, overlay: Overlay, frame: int, unit: float) -> None:
    """Along the lower edge: the angle with its target on a scale, and the sentence in the colour of its verdict."""
    height, width = image.shape[:2]
    size, edge = int(0.95 * unit), int(0.5 * unit)
    words = canvas.wrapped(overlay.words[frame], size, width - 2 * edge, _MOST_ROWS)
    # As high in every frame as the longest sentence needs, so that nothing jumps.
    rows = max(len(canvas.wrapped(said, size, width - 2 * edge, _MOST_ROWS)) for said in overlay.sentences)
    below = int(rows * 1.35 * size + 0.5 * size) if rows else 0
    top = height - below - int(2.5 * unit)
    canvas.panel(image, (0, top, width, height - below), _DARK, 0.72)
    degrees, low, high = overlay.degrees[frame], *overlay.target
    value = "?" if np.isnan(degrees) else f"{degrees:z.0f}°"
    canvas.text(image, f"{overlay.angle} {value}", edge, top + 0.85 * unit, size, _WHITE)
    canvas.text(image, overlay.target_words, width - edge, top + 0.85 * unit, size, (190, 198, 210), "right")
    least, middle, span = overlay.least, top + 1.95 * unit, width - 2 * edge

    def place(number: float) -> float:
        return edge + span * (float(np.clip(number, least, _MOST_DEGREES)) - least) / (_MOST_DEGREES - least)

    for ends, colour in (((least, _MOST_DEGREES), _TRACK), ((low, high), rgb(STRONG_COLOURS[GOOD]))):
        if ends[0] > -np.inf or ends[1] < np.inf:
            box = (int(place(ends[0])), int(middle - unit / 5), int(place(ends[1])), int(middle + unit / 5))
            canvas.panel(image, box, colour, 1.0)
    if not np.isnan(degrees):
        at = np.array([place(degrees), middle])
        canvas.dot(image, at, unit / 2.4, rgb(STRONG_COLOURS[overlay.verdict[frame]]), _WHITE, unit / 8)
    if below:
        colour = rgb(STRONG_COLOURS[overlay.words_verdict[frame]]) if words else _DARK
        canvas.panel(image, (0, height - below, width, height), colour, 0.92)
        for number, row in enumerate(words):
            canvas.text(image, row, edge, height - below + (0.9 + 1.35 * number) * size, size, _WHITE)
