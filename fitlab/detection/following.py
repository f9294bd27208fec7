"""One person through a clip: the crop is carried over from frame to frame, and searched anew where the person is lost.

While somebody is followed a frame costs one pass of the network, at the view round the joints of the last frame. A
jump of the joints is a cut where the picture changes too; where it does not, somebody else has come into the crop, and
the person is waited for, for as long as a repetition goes on unseen (:data:`fitlab.smoothing.LONGEST_ABSENCE`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, Any

import cv2
import numpy as np

from fitlab.detection.detector import Box, Detector
from fitlab.detection.search import BELIEVED, NOBODY, Found, Look, Seen, as_pose, box_view, closer, search, whole_photo
from fitlab.detection.views import View
from fitlab.poses import SEEN, Pose2D
from fitlab.skeletons import MPII16
from fitlab.smoothing import LONGEST_ABSENCE
from fitlab.videos import Frame

#: Seconds between two thorough searches of the picture while nobody is there.
_SEARCH_EVERY = 1.0
#: A joint may move by so many sizes of the person from one frame to the next, by so many more for every second, and for
#: no more seconds than that: who is farther away is somebody else.
_STILL, _PER_SECOND, _FARTHEST = 0.25, 4.0, 0.5
_THUMBNAIL = 24
#: A cut changes the mean of the thumbnails' grey values by this much, and by this many times what is usual.
_CUT_LEVELS, _CUT_TIMES = 14.0, 4.0
#: Seconds that a frame may be away from the one that is meant.
_SAME_FRAME = 1e-3
#: A person who is being followed is still there while this share of the joints is seen.
_STILL_THERE = 0.3
#: Of those in a box so many are looked at; one is in it with this share of the joints that are seen, the box being
#: larger by this share of its longer side, as people move.
_IN_BOX, _INSIDE, _ROOM = 4, 0.6, 0.2


@dataclass(frozen=True)
class Followed:
    """One person in T frames.

    Attributes
    ----------
    numbers
        (T,) places of the frames in the clip.
    times
        (T,) seconds.
    pose2d
        (T, 16, 2) as detected in each frame alone; NaN with scores of 0 where the person was not seen.
    track
        (T,) number of the stretch of one person, from 0; also where the person was not seen in between.
    cuts
        Seconds at which the picture was cut.
    """

    numbers: np.ndarray
    times: np.ndarray
    pose2d: Pose2D | None
    track: np.ndarray
    cuts: tuple[float, ...]


def follow(
    frames: Iterable[Frame],
    detector: Detector,
    size: tuple[int, int],
    box: Box | None = None,
    box_at: float | None = None,
) -> Followed:
    """Follow the most prominent person through a clip, or the one in a box, from there on and back.

    Parameters
    ----------
    frames
        In their order; they are read one by one and not kept, but for those before ``box_at``, in a file for that time.
    detector
        A detector that looks at views.
    size
        (width, height) of the frames in pixels.
    box
        (left, top, right, bottom) in pixels round the person who is meant, where several are in the clip.
    box_at
        Seconds of the frame that the box is in; by default it is in the first one.

    Returns
    -------
    Followed
        ``pose2d`` is None where nobody is in any frame.

    Raises
    ------
    ValueError
        For what is no box, or one outside the frames, and for a time that is none, or without a box.
    """
    if box is not None:
        box_view(box, *size)
    if box_at is not None and (box is None or not 0 <= box_at < np.inf):
        raise ValueError(f"box_at is the second, from 0, of the frame that a box is in; got {box_at} and box {box}")
    if box is None or box_at is None:
        return _followed(frames, Follower(detector, box), size).whole()
    coming = iter(frames)
    with TemporaryFile() as file:
        before, there = _Waiting(file), None
        for frame in coming:
            there = frame
            if frame.seconds > box_at - _SAME_FRAME:
                break
            before.add(frame)
        if there is None:
            return _followed([], Follower(detector, box), size).whole()
        onwards = _followed(chain([there], coming), Follower(detector, box), size)
        back = _followed(chain([there], before.mirrored(there)), Follower(detector, box), size)
    return onwards.after(back).whole()


class _Waiting:
    """Frames that wait as JPEGs in a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._places: list[tuple[int, float, int, int]] = []

    def add(self, frame: Frame) -> None:
        picture = np.ascontiguousarray(frame.image[..., ::-1])
        content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
        self._places.append((frame.number, frame.seconds, self._file.tell(), len(content)))
        self._file.write(content)

    def mirrored(self, there: Frame) -> Iterator[Frame]:
        """The frames before ``there``, the last one first, as if they came as long after it."""
        for number, seconds, start, size in reversed(self._places):
            if seconds >= there.seconds:
                continue
            self._file.seek(start)
            content = np.frombuffer(self._file.read(size), np.uint8)
            picture = np.ascontiguousarray(np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR))[..., ::-1])
            yield Frame(number, 2 * there.seconds - seconds, picture)


def _followed(frames: Iterable[Frame], follower: Follower, size: tuple[int, int]) -> _Stretches:
    kept = _Kept(size)
    numbers, times, track = [], [], []
    for frame in frames:
        found, stretch = follower.follow(frame.image, frame.seconds)
        numbers.append(frame.number)
        times.append(frame.seconds)
        kept.add(found)
        track.append(stretch)
    return _Stretches(np.array(numbers, int), np.array(times), kept, np.array(track, int), tuple(follower.cuts))


#: What a detector may answer of a joint, and one frame's joints as they are kept.
_SHAPES = {"points": (2,), "covariance": (2, 2), "score": (), "depth": (2,), "visibility": (3,)}
_ROW = np.dtype([(name, float, (len(MPII16), *shape)) for name, shape in _SHAPES.items()])


class _Kept:
    """The poses of a clip in one growing piece of memory.

    Small arrays of every frame, between the much larger ones of its picture, would take many times their size: what
    lies before a small array that is kept is not given back.

    Parameters
    ----------
    size
        (width, height) of the frames in pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._rows = bytearray()
        self._some: Found | None = None

    def add(self, found: Found | None) -> None:
        """Keep what was found in the next frame; None for nobody."""
        pose, row = as_pose(NOBODY if found is None else found, *self.size, known=True), np.empty((), _ROW)
        for name in _SHAPES:
            values = getattr(pose, name)
            row[name] = np.nan if values is None else values
        self._rows += row.tobytes()
        self._some = self._some or found

    def after(self, back: _Kept) -> _Kept:
        """What was kept on the way back from the first of these frames, and then these."""
        both = _Kept(self.size)
        both._rows = bytearray(np.frombuffer(back._rows, _ROW)[:0:-1].tobytes()) + self._rows
        both._some = self._some or back._some
        return both

    def poses(self) -> Pose2D | None:
        """(T, 16, 2), with what the detector answers; None where nobody is in any frame."""
        if self._some is None:
            return None
        rows = np.frombuffer(self._rows, _ROW)
        known: dict[str, Any] = {name: rows[name].copy() for name in _SHAPES if getattr(self._some, name) is not None}
        return Pose2D(image_size=self.size, **known)


@dataclass(frozen=True)
class _Stretches:
    """What :class:`Followed` has, with the poses as they are kept."""

    numbers: np.ndarray
    times: np.ndarray
    kept: _Kept
    track: np.ndarray
    cuts: tuple[float, ...]

    def whole(self) -> Followed:
        return Followed(self.numbers, self.times, self.kept.poses(), self.track, self.cuts)

    def after(self, back: _Stretches) -> _Stretches:
        """These frames after those that were followed back from the first of them, with times that were mirrored."""
        times = 2 * self.times[0] - back.times[::-1]
        # On the way back a cut is told at the frame before it.
        cuts = [float(times[np.argmin(np.abs(times - 2 * self.times[0] + cut)) + 1]) for cut in reversed(back.cuts)]
        last = int(back.track.max())
        return _Stretches(
            np.concatenate([back.numbers[:0:-1], self.numbers]),
            np.concatenate([times[:-1], self.times]),
            self.kept.after(back.kept),
            np.concatenate([last - back.track[:0:-1], last + self.track]),
            (*cuts, *self.cuts),
        )


@dataclass
class Follower:
    """Follows the most prominent person of a clip, or whoever is in a box; to be asked about its frames in their order.

    Attributes
    ----------
    detector
        A detector that looks at views.
    box
        (left, top, right, bottom) in pixels round the person who is meant: until the next cut nobody is followed who is
        first seen elsewhere. None for whoever is most prominent.
    track
        Number of the present stretch of one person, from 0; a cut, a long absence or another person begins a new one.
    cuts
        Seconds at which the picture was cut.
    """

    detector: Detector
    box: Box | None = None
    track: int = 0
    cuts: list[float] = field(default_factory=list)
    _last: Found | None = None
    _seen_at: float = -np.inf
    _asked_at: float = -np.inf
    _searched_at: float = -np.inf
    _thumbnail: np.ndarray | None = None
    _changes: list[float] = field(default_factory=list)

    def follow(self, image: np.ndarray, seconds: float) -> tuple[Found | None, int]:
        """The person in the next frame.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB.
        seconds
            Its time in the clip.

        Returns
        -------
        Found or None
            In pixels of the frame; None where the person is not seen.
        int
            The number of the track.
        """
        cut = self._is_cut(image)
        # Where frames are further apart than that, the one before is as good as any.
        if self._last is not None and self._seen_at < self._asked_at and seconds - self._seen_at > LONGEST_ABSENCE:
            self._last = None
        self._asked_at = seconds
        found = self._carried(image) if self._last is not None else None
        still = found is not None and (found.score >= SEEN).mean() >= _STILL_THERE
        if found is not None and still and self._moved(found, seconds):
            return self._keep(found, seconds)
        if cut:
            self._last = self.box = None
            self.cuts.append(seconds)
        elif self._last is not None:
            found = self._anew(image, seconds)
            if found is not None and self._moved(found, seconds):
                return self._keep(found, seconds)
            return None, self.track
        found = self._anew(image, seconds)
        if found is None:
            return None, self.track
        if np.isfinite(self._seen_at):
            self.track += 1
        return self._keep(found, seconds)

    def _keep(self, found: Found, seconds: float) -> tuple[Found, int]:
        self._last, self._seen_at = found, seconds
        return found, self.track

    def _carried(self, image: np.ndarray) -> Found | None:
        """What is seen in the view round the joints of the last frame, or round where they have gone."""
        view = None if self._last is None else self._last.view(self.detector.upright)
        if view is None:
            return None
        found = self.detector.look(image, [view])[0]
        nearer = found.view(self.detector.upright)
        if found.present and nearer is not None and not view.shows_as(nearer):
            again = self.detector.look(image, [nearer])[0]
            if again.score.mean() >= 0.9 * found.score.mean():
                return again
        return found

    def _in_box(self, image: np.ndarray, box: Box, thorough: bool) -> Found | None:
        """Whoever is in the box, with the most joints; None for nobody there."""
        detector, finder = self.detector, self.detector.finder
        start = box_view(box, image.shape[1], image.shape[0])
        several = _IN_BOX if thorough else 1
        views = [start] if finder is None else finder.look(image, [start])[0].views()[:several]
        room = _ROOM * max(box[2] - box[0], box[3] - box[1])
        best, most = None, -1.0
        for view in views:
            first = detector.look(image, [view])[0]
            _, found = closer(lambda views: detector.look(image, views), view, first, 1, detector.upright)
            seen = found.points[found.score >= SEEN]
            if not found.present or not len(seen) or (finder is not None and found.sureness < BELIEVED):
                continue
            near, inside = (_share_inside(seen, box, more) for more in (room, 0.0))
            if near >= _INSIDE and inside > most:
                best, most = found, inside
        return best

    def _anew(self, image: np.ndarray, seconds: float) -> Found | None:
        """The most prominent person of the whole picture; thorough searches only now and then, as they take long."""
        height, width = image.shape[:2]
        thorough = seconds - self._searched_at >= _SEARCH_EVERY
        self._searched_at = seconds if thorough else self._searched_at
        if self.box is not None:
            return self._in_box(image, self.box, thorough)
        detector, finder = self.detector, self.detector.finder

        def seen_by(look: Look[Seen]) -> tuple[View, Seen]:
            view = whole_photo(width, height)
            return search(look, width, height) if thorough else (view, look([view])[0])

        if finder is None:
            view, found = seen_by(lambda views: detector.look(image, views))
            if not found.present:
                return None
            view = found.view(detector.upright) or view
        else:
            _, crowd = seen_by(lambda views: finder.look(image, views))
            if not crowd.present:
                return None
            view = crowd.views()[0]
        found = detector.look(image, [view])[0]
        view, found = closer(lambda views: detector.look(image, views), view, found, 1, detector.upright)
        believed = finder is None or found.sureness >= BELIEVED
        return found if found.present and believed else None

    def _moved(self, found: Found, seconds: float) -> bool:
        """Whether ``found`` can be the person of the last frame: most joints are near where they were."""
        last = self._last
        if last is None:
            return False
        both = (found.score >= SEEN) & (last.score >= SEEN)
        if both.sum() < 4:
            return False
        size = last.extent
        moved = np.linalg.norm(found.points - last.points, axis=-1)[both]
        allowed = _STILL + _PER_SECOND * min(seconds - self._seen_at, _FARTHEST)
        alike = 0.5 < found.extent / size < 2
        return bool(alike and np.median(moved) < allowed * size)

    def _is_cut(self, image: np.ndarray) -> bool:
        small = cv2.resize(image, (_THUMBNAIL, _THUMBNAIL), interpolation=cv2.INTER_AREA).mean(-1)
        change = 0.0 if self._thumbnail is None else float(np.abs(small - self._thumbnail).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        self._thumbnail = small
        cut = change > max(_CUT_LEVELS, _CUT_TIMES * usual)
        self._changes = [*self._changes, change][-15:]
        return cut


def _share_inside(points: np.ndarray, box: Box, more: float) -> float:
    """The share of points (N, 2) in a box that is larger by ``more`` on every side."""
    return float(((points >= np.subtract(box[:2], more)) & (points <= np.add(box[2:], more))).all(1).mean())
