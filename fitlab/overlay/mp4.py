"""H.264 in MP4 as every phone and browser plays it, written as a stream with the frames' own times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from fitlab.whole_files import whole_file

#: Ticks of the clock that frames are stamped with, a second.
CLOCK = 90_000
#: Constant rate factor: 18 cannot be told from the original, 28 is coarse.
_QUALITY = "23"
_BT709 = 1  # FFmpeg's number of the colours of high definition


@contextmanager
def mp4(path: str | Path, width: int, height: int, fps: float = 30.0) -> Iterator[Callable[[np.ndarray, float], None]]:
    """Write a clip frame by frame; the file is there when it is whole.

    Parameters
    ----------
    path : str or Path
    width, height : int
        Pixels, both even, as the format asks.
    fps : float
        About how many frames a second there are; each frame has a time of its own.

    Yields
    ------
    callable
        ``write(image, seconds)``: the next frame (H, W, 3) uint8, and its time, later than that of the one before.

    Raises
    ------
    OSError
        In one sentence, if the disk is full or the folder may not be written to.
    """
    with (
        whole_file(path) as part,
        av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as container,
    ):
        stream = container.add_stream("h264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": _QUALITY, "preset": "veryfast"}
        coder = stream.codec_context
        coder.time_base = Fraction(1, CLOCK)
        # Said in the file, since players guess the colours of a small picture and of a large one differently.
        coder.colorspace, coder.color_primaries, coder.color_trc = _BT709, _BT709, _BT709
        coder.color_range = ColorRange.MPEG
        first: list[float] = []
        last = -1

        def write(image: np.ndarray, seconds: float) -> None:
            nonlocal last
            if not first:
                first.append(seconds)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            picture = picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            last = max(round((seconds - first[0]) * CLOCK), last + 1)
            picture.pts, picture.time_base = last, Fraction(1, CLOCK)
            for packet in stream.encode(picture):
                container.mux(packet)

        yield write
        for packet in stream.encode(None):
            container.mux(packet)
