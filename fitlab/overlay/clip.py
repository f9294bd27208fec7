"""A clip written anew with what was found drawn on every frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from fitlab.overlay.frame import Overlay, draw_frame
from fitlab.overlay.mp4 import mp4

#: Longest side of an annotated clip in pixels: a phone shows no more, and a large clip would be slow to write.
LONGEST = 1280


def write_annotated(
    path: str | Path,
    frames: Iterable[tuple[np.ndarray, float]],
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
    frames : iterable of (image, seconds)
        (H, W, 3) uint8 pictures and their times, in the order of the overlay's frames. Pictures beyond its last frame
        are left out.
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
    OSError
        In one sentence, if the disk is full or the folder may not be written to.
    """
    scale = min(1.0, LONGEST / max(size))
    width, height = (max(int(side * scale) // 2 * 2, 2) for side in size)
    count = 0
    with mp4(path, width, height, fps) as write:
        for (image, seconds), frame in zip(frames, range(len(overlay.degrees)), strict=False):
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
