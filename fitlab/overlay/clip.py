"""A clip written anew with what was found drawn on every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from fitlab.overlay.frame import Overlay, draw_frame
from fitlab.overlay.mp4 import mp4

#: Longest side of an annotated clip in pixels: a phone shows no more, and a large clip would be slow to write.
LONGEST = 1280


def write_annotated(
    path: str | Path,
    frames: Iterable[tuple[int, np.ndarray, float]],
    overlay: Overlay,
    size: tuple[int, int],
    fps: float = 30.0,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Draw on the frames of a clip and write them as an MP4 file, one after the other.

    The file is H.264 with even sides, as large as the clip, or smaller if its longest side is above :data:`LONGEST`.
    It has the frames' own times, and its name when it is whole.

    Parameters
    ----------
    path : str or Path
    frames : iterable of (frame, image, seconds)
        Which of the overlay's frames each is, the picture (H, W, 3) uint8, and its time; rising.
    overlay : Overlay
    size : (width, height)
        Pixels of the frames.
    fps : float
        About how many frames a second there are.
    progress : callable, optional
        Called with the number of frames written so far.

    Returns
    -------
    int
        How many frames were written.

    Raises
    ------
    ValueError
        If there is no frame.
    OSError
        In one sentence, if the disk is full or the folder may not be written to.
    """
    scale = min(1.0, LONGEST / max(size))
    width, height = (max(int(side * scale) // 2 * 2, 2) for side in size)
    count, rest = 0, iter(frames)
    first = next(rest, None)
    if first is None:
        raise ValueError(f"{Path(path).name} was not written: there is no frame to draw on")
    with mp4(path, width, height, fps) as write:
        for frame, image, seconds in chain([first], rest):
            if scale < 1:
                drawn = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
            else:
                drawn = image[:height, :width].copy()
            draw_frame(drawn, overlay, frame, scale)
            write(drawn, seconds)
            count += 1
            if progress:
                progress(count)
    return count
