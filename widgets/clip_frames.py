"""The pictures of a clip as they are looked at: small JPEGs, kept while the clip is analysed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from fitlab_widgets.joint_picture import preview
from PIL import Image

from fitlab.video_analysis import VideoAnalysis
from fitlab.videos import Clip, Frame

#: Longest side in pixels of the kept pictures; one of a person takes about 50 kB.
SIDE = 800


@dataclass
class KeptClip(Clip):
    """A clip whose frames are kept, small, as they are read.

    kept  JPEGs by number of the frame
    """

    kept: dict[int, bytes] = field(init=False, default_factory=dict)

    def __iter__(self) -> Iterator[Frame]:
        for frame in super().__iter__():
            self.kept[frame.number] = preview(frame.image, SIDE)
            yield frame

    def frames_of(self, analysis: VideoAnalysis) -> list[bytes]:
        """The kept pictures of an analysis of this clip, one for each of its frames."""
        return [self.kept[number] for number in analysis.frames.tolist()]


def frames_of(analysis: VideoAnalysis) -> list[bytes] | None:
    """The frames of an analysis, from its clip read again; None where it is not there any more."""
    if analysis.source is None or not analysis.source.is_file():
        return None
    wanted = set(analysis.frames.tolist())
    return [preview(frame.image, SIDE) for frame in Clip(analysis.source) if frame.number in wanted]


def opened(content: bytes, size: tuple[int, int]) -> np.ndarray:
    """A kept picture as large as the frame was.

    Parameters
    ----------
    content : bytes
        JPEG.
    size : (width, height)
        Pixels of the frame.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    return cv2.resize(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")), size, interpolation=cv2.INTER_LINEAR)
