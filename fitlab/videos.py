"""Reading clips as a stream: upright frames with their true times, one after the other, whatever the container.

A clip is decoded by FFmpeg's libraries through PyAV and is never whole in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from fitlab.plain_files import missing

ClipSource = str | os.PathLike
#: Called with the frames read so far and how many are expected (None where the clip does not say); False stops.
Progress = Callable[[int, int | None], object]

#: Endings of the files that are taken for clips; whatever FFmpeg reads under another name is one too.
ENDINGS = frozenset(
    f".{name}"
    for name in ("3gp", "avi", "flv", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ogv", "webm", "wmv")
)

MIN_SIDE = 16
MAX_PIXELS = 8192 * 8192
_PICTURES = ("image2", "_pipe", "gif", "apng", "webp")  # FFmpeg's names of what reads pictures
_GREY = (124, 116, 104)
#: A clip that ends so many seconds before it says is told to be cut short.
_MISSING_SECONDS = 0.5


class VideoError(ValueError):
    """A clip that cannot be read; the message names the file, what is wrong with it and what to do."""


@dataclass(frozen=True)
class Frame:
    """One picture of a clip.

    Attributes
    ----------
    number
        Its place in the clip, from 0.
    seconds
        Its time in the clip, the first picture's being 0.
    image
        (H, W, 3) uint8 RGB, upright.
    """

    number: int
    seconds: float
    image: np.ndarray


@dataclass
class Clip:
    """A clip that can be read from its beginning as often as wanted: ``for frame in clip``.

    Attributes
    ----------
    path
        The file.
    start, end
        Seconds; only frames from ``start`` up to and including ``end`` are given.
    stride
        Only every so many of them.
    width, height
        Pixels of the upright frames. Where the size changes inside the stream, later frames are fitted into that of
        the first one, with grey at the sides.
    fps
        Pictures a second on average, as the clip says; NaN where it does not.
    seconds
        How long the clip says it is; NaN where it does not.
    notes
        What happened in the last reading: damaged parts, an early end, a change of size. Sentences.

    Raises
    ------
    VideoError
        For what is no clip.
    """

    path: Path
    start: float = 0.0
    end: float = np.inf
    stride: int = 1
    width: int = field(init=False)
    height: int = field(init=False)
    fps: float = field(init=False)
    seconds: float = field(init=False)
    notes: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.path = Path(os.path.expanduser(self.path))
        if not self.start >= 0 or not self.end > self.start:
            raise VideoError(f"a time range goes from a second to a later one, got {self.start} to {self.end}")
        if isinstance(self.stride, bool) or int(self.stride) != self.stride or self.stride < 1:
            raise VideoError(f"stride is a whole number of frames, 1 or more; got {self.stride}")
        with self._opened() as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            length = stream.duration * _unit(stream) if stream.duration else None
            if length is None and container.duration:
                length = Fraction(container.duration, av.time_base)
            self.fps = float(rate) if rate else np.nan
            self.seconds = float(length) if length else np.nan
            first = next(_decoded(container, stream, []), None)
            if first is None:
                raise VideoError(
                    f"{self.name} holds no picture that can be decoded: empty, damaged or cut short; copy it again"
                )
            image = _upright(first)
        self.height, self.width = image.shape[:2]
        if min(self.width, self.height) < MIN_SIDE:
            raise VideoError(
                f"{self.name} has {self.width} x {self.height} pixels; a clip needs {MIN_SIDE} on each side"
            )

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def expected(self) -> int | None:
        """About how many frames will be given; None where the clip does not say."""
        length = min(self.seconds, self.end) - self.start
        count = length * self.fps / self.stride
        return max(round(count), 1) if np.isfinite(count) else None

    def frame_at(self, seconds: float) -> Frame:
        """The frame at a time, whatever the range is.

        Parameters
        ----------
        seconds : float
            As a frame of the clip says of itself.

        Returns
        -------
        Frame

        Raises
        ------
        VideoError
            Where the clip ends before it.
        """
        frame = next(iter(Clip(self.path, start=max(seconds - 1e-3, 0.0))), None)
        if frame is None:
            raise VideoError(f"{self.name} has no frame at {seconds:.2f} s")
        return frame

    def __iter__(self) -> Iterator[Frame]:
        """The frames in their order; what goes wrong on the way is told in ``notes`` afterwards."""
        self.notes = []
        trouble: list[str] = []
        resized, last = False, -1.0
        step = 1 / self.fps if np.isfinite(self.fps) else 1 / 30
        numbers = self._numbers() if self.start > 0 else {}
        with self._opened() as container:
            stream = container.streams.video[0]
            origin = stream.start_time or 0
            if numbers:
                container.seek(origin + int(self.start / _unit(stream)), stream=stream)
            number, given = -1, 0
            for picture in _decoded(container, stream, trouble):
                stamp = picture.pts
                number = number + 1 if stamp is None else numbers.get(stamp, number + 1)
                seconds = last + step if stamp is None else float((stamp - origin) * _unit(stream))
                if seconds <= last:  # later than the one before, whatever the clip says
                    seconds = last + step
                seconds = max(seconds, 0.0)
                if seconds > self.end:
                    return
                last = seconds
                if seconds < self.start - 1e-6:
                    continue
                if given % self.stride == 0:
                    image = _upright(picture)
                    if image.shape[:2] != (self.height, self.width):
                        image, resized = _fitted(image, self.width, self.height), True
                    yield Frame(number, seconds, image)
                given += 1
        if trouble:
            self.notes.append(
                f"{len(trouble)} damaged part{'s' * (len(trouble) > 1)} of the clip could not be decoded."
            )
        if min(self.seconds, self.end) - last > max(_MISSING_SECONDS, 2.5 * step):
            self.notes.append(
                f"The clip ends at {max(last, 0):.1f} s, though it says that it lasts {self.seconds:.1f} s."
            )
        if resized:
            self.notes.append("The size of the frames changes inside the clip; all are fitted into the first one's.")

    def _numbers(self) -> dict[int, int]:
        """Timestamp of each picture -> its place in the clip, from the container alone."""
        with self._opened() as container:
            stamps = sorted({p.pts for p in container.demux(container.streams.video[0]) if p.pts is not None})
        return {stamp: number for number, stamp in enumerate(stamps)}

    def _opened(self) -> av.container.InputContainer:
        if self.path.is_dir():
            raise VideoError(f"{self.path} is a folder; name one clip in it")
        if not self.path.exists():
            raise VideoError(missing(self.path, "clip"))
        if not self.path.is_file():  # reading a device or a pipe may never end
            raise VideoError(f"{self.path} is not a file but a device or a pipe; give the path of a clip")
        if not self.path.stat().st_size:
            raise VideoError(f"{self.name} is empty; copy the clip again")
        try:
            container = av.open(str(self.path))
        except PermissionError:
            raise VideoError(f"{self.path} may not be read; change its permissions") from None
        except (av.FFmpegError, OSError, ValueError):
            raise VideoError(
                f"{self.name} is not a clip that can be read, or it is cut short before its index; copy it again, or "
                "save it as MP4"
            ) from None
        try:
            self._check(container)
        except VideoError:
            container.close()
            raise
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        return container

    def _check(self, container: av.container.InputContainer) -> None:
        covers = getattr(av.stream.Disposition, "attached_pic", 0)
        pictures = [stream for stream in container.streams.video if not stream.disposition & covers]
        if not pictures:
            held = "sound but no pictures" if container.streams.audio else "no pictures"
            raise VideoError(f"{self.name} holds {held}; choose the clip itself")
        kind = container.format.name
        if kind != "gif" and any(name in kind for name in _PICTURES):
            raise VideoError(f"{self.name} is a photo, not a clip; analyze_photo judges it")
        if pictures[0].width * pictures[0].height > MAX_PIXELS:
            raise VideoError(f"{self.name} has frames of more than {MAX_PIXELS // 10**6} megapixels; make it smaller")


def is_clip(path: ClipSource) -> bool:
    """Whether a file is to be read as a clip: by its ending, or because FFmpeg finds moving pictures in it.

    Parameters
    ----------
    path
        The file, which need not be there.

    Returns
    -------
    bool
    """
    file = Path(os.path.expanduser(path))
    if file.suffix.lower() in ENDINGS:
        return True
    if not file.is_file():
        return False
    try:
        with av.open(str(file)) as container:
            return bool(container.streams.video) and not any(name in container.format.name for name in _PICTURES)
    except (av.FFmpegError, OSError, ValueError):
        return False


def watched(clip: Clip, progress: bool | Progress = False) -> Iterator[Frame]:
    """The frames of a clip while somebody is told how far it has come.

    Parameters
    ----------
    clip
        What is read.
    progress
        True for a bar on standard error, or a function of the frames done and expected that may answer False to stop.

    Yields
    ------
    Frame
    """
    if not callable(progress):
        from tqdm import tqdm

        yield from tqdm(clip, total=clip.expected, unit="frame", disable=not progress, desc=clip.name)
        return
    for done, frame in enumerate(clip, 1):
        yield frame
        if progress(done, clip.expected) is False:
            clip.notes.append(f"Stopped after {frame.seconds:.1f} s.")
            return


def _unit(stream: av.VideoStream) -> Fraction:
    """Seconds that a timestamp of the stream counts in."""
    return stream.time_base or Fraction(1, av.time_base)


def _decoded(
    container: av.container.InputContainer, stream: av.VideoStream, trouble: list[str]
) -> Iterator[av.VideoFrame]:
    """Every picture that can be decoded; what cannot goes into ``trouble``."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.FFmpegError, OSError) as error:  # the file itself ends or is damaged here
            trouble.append(str(error))
            return
        try:
            yield from packet.decode()
        except av.EOFError:
            return
        except (av.FFmpegError, ValueError) as error:
            trouble.append(str(error))


def _upright(picture: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) RGB, turned and flipped as the clip's display matrix says."""
    image = picture.to_ndarray(format="rgb24")
    kinds: Any = picture.side_data
    data = next((each for each in kinds if each.type.name == "DISPLAYMATRIX"), None)
    if data is None:
        return image
    matrix = np.frombuffer(bytes(data), np.int32)[:9].reshape(3, 3)[:2, :2] / 2**16
    across = np.abs(matrix[0]).argmax() == 1  # whether the stored x axis is shown as y
    if across:
        image = image.transpose(1, 0, 2)
        matrix = matrix[::-1]
    if matrix[0, 0] < 0:
        image = image[:, ::-1]
    if matrix[1, 1] < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)


def _fitted(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """As large as it can be inside ``width`` x ``height``, with grey round it."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    inner = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    whole = np.full((height, width, 3), _GREY, np.uint8)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    whole[y : y + size[1], x : x + size[0]] = inner
    return whole
