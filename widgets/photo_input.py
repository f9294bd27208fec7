"""Where a photo or a clip comes from: a file, the webcam, or one of the samples."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import anywidget
import numpy as np
import traitlets as T
from fitlab_widgets.joint_picture import preview
from fitlab_widgets.style import css, script
from fitlab_widgets.traits import assign, checked
from traitlets.utils.bunch import Bunch

from fitlab.images import ImageError, exif_field_of_view, read_image
from fitlab.videos import ENDINGS, Clip, VideoError

#: Larger files are refused in the browser, before they are sent: photos, and clips.
MOST_BYTES, MOST_CLIP_BYTES = 50_000_000, 200_000_000
#: Longer clips are refused, as every frame is looked at.
MOST_SECONDS = 60.0
#: More photos are not taken together.
MOST_PHOTOS = 20
#: Files travel in pieces, as servers drop messages that are too long without a word.
PIECE_BYTES = 2_000_000
#: Pixels that are left of a photo each way, at least.
LEAST_SIDE = 32
#: Where samples are looked for if no folder is named: beside the notebook.
SAMPLE_FOLDER = Path("data/samples")
_PREVIEW_SIDE = 640
_SAMPLE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


class PhotoInput(anywidget.AnyWidget):
    """Upload a photo or a clip (or drop it here), take a photo after a countdown, or choose a sample.

    photo    (H, W, 3) uint8 RGB, upright; None before the first. A photo that cannot be read leaves the last one
    clip     file of the newest clip, which is kept until the next one; None before the first
    burst    photos that were uploaded together, in the order of their names; () before that
    field_of_view  degrees that its longer side shows, where the camera has said so
    name     of the file or sample, "webcam" for a snapshot
    complaint  why the newest upload was not taken, "" if it was; stays until the next one or until it is emptied
    status   ``complaint`` and what :meth:`tell` was given, a line each
    busy     whether a progress bar is shown beside ``status``
    progress share of what makes it busy that is done, 0 to 1, or None where nobody knows
    offers_live  whether the camera offers to count live; ``lives`` counts how often that was chosen
    stops    how often the button was pressed that is there while ``busy``, to stop what makes it so
    failed   whether ``status`` tells of something that went wrong
    samples  names of the sample photos
    preview  whether the photo is shown; not where another widget does
    """

    _esm = script("camera.js", "photo_input.js")
    _css = css()

    photo = T.Instance(np.ndarray, allow_none=True)
    clip = T.Instance(Path, allow_none=True)
    burst = T.Tuple()
    field_of_view = T.Float(None, allow_none=True)
    name = T.Unicode("")
    complaint = T.Unicode("")
    status = T.Unicode("").tag(sync=True)
    busy = T.Bool(False).tag(sync=True)
    progress = T.Float(None, allow_none=True).tag(sync=True)
    stops = T.Int(0)
    offers_live = T.Bool(False).tag(sync=True)
    lives = T.Int(0)
    failed = T.Bool(False).tag(sync=True)
    samples = T.Tuple().tag(sync=True)
    preview = T.Bool(True).tag(sync=True)
    _image = T.CBytes(b"").tag(sync=True)
    _most_bytes = T.Int(MOST_BYTES).tag(sync=True)
    _most_clip_bytes = T.Int(MOST_CLIP_BYTES).tag(sync=True)
    _most_seconds = T.Float(MOST_SECONDS).tag(sync=True)
    _most_photos = T.Int(MOST_PHOTOS).tag(sync=True)
    _clip_endings = T.Tuple(tuple(sorted(ENDINGS))).tag(sync=True)
    _piece_bytes = T.Int(PIECE_BYTES).tag(sync=True)

    def __init__(self, samples: str | Path | None = None, **traits: object) -> None:
        """``samples`` is a folder of sample photos; without it ``data/samples`` is used where there is one."""
        traits = checked(self, traits)
        super().__init__()
        self._files = sample_files(samples)
        self.samples = tuple(self._files)
        self._upload = _Upload()
        self._together: list[tuple[str, np.ndarray]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="fitlab-")  # goes with the widget
        self._before: Path | None = None  # the clip before the newest
        # JupyterLab hears messages on one thread while a cell may call `offer` or `choose` on another.
        self._lock = threading.Lock()
        # Uploads and their analysis speak from different threads, too.
        self._speaking = threading.RLock()
        self._told: tuple[str, bool, bool, float | None] = ("", False, False, None)
        self.on_msg(self._heard)
        assign(self, traits)

    def choose(self, sample: str) -> None:
        """Take a sample photo.

        Parameters
        ----------
        sample
            Its name.

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        if sample not in self._files:
            raise ValueError(f"there is no sample photo {sample!r}; there are: {', '.join(self._files) or 'none'}")
        self.offer(self._files[sample].read_bytes(), sample)

    def offer(self, content: bytes, name: str) -> bool:
        """Take the photo in a file's ``content``, or say in ``complaint`` why not; whether it was taken."""
        try:
            photo = read_image(content)
        except ImageError as error:
            self.complaint = str(error).replace("the photo", name, 1)
            return False
        with self._lock:
            self.complaint = ""
            self.tell("")
            self.name = name
            self.field_of_view = exif_field_of_view(content)
            self.photo = photo
        return True

    def offer_clip(self, content: bytes, name: str) -> bool:
        """Take the clip in a file's ``content``, or say in ``complaint`` why not; whether it was taken."""
        file = self._file(name)
        file.write_bytes(content)
        return self._take_clip(file, name)

    def _file(self, name: str) -> Path:
        """A new file for a clip."""
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))
        return folder / (Path(name).name[-80:] or "clip.mp4")

    def _take_clip(self, file: Path, name: str) -> bool:
        try:
            clip = Clip(file)
            if clip.seconds > MOST_SECONDS:
                raise VideoError(
                    f"{name} lasts {clip.seconds:.0f} s; clips of up to {MOST_SECONDS:.0f} s are taken. Cut it and try "
                    "again"
                )
        except VideoError as error:
            file.unlink()
            self.complaint = f"{error}."
            return False
        with self._lock:
            old = self.clip
            self.complaint = ""
            self.tell("")
            self.name = name
            self.field_of_view = None
            self.clip = file
        if self._before is not None:  # the last one may still be shown, until this one is analysed
            self._before.unlink(missing_ok=True)
        self._before = old
        return True

    def turn(self) -> None:
        """Turn the photo a quarter to the right."""
        if self.photo is not None:
            self.photo = np.ascontiguousarray(np.rot90(self.photo, -1))

    def crop(self, box: tuple[float, float, float, float]) -> None:
        """Keep only what is inside a box.

        Parameters
        ----------
        box
            Left, top, right and bottom in px.

        Raises
        ------
        ValueError
            Where that is next to nothing, or there is no photo.
        """
        if self.photo is None:
            raise ValueError("there is no photo to crop")
        height, width = self.photo.shape[:2]
        left, top = (max(round(edge), 0) for edge in box[:2])
        part = self.photo[top : min(round(box[3]), height - 1) + 1, left : min(round(box[2]), width - 1) + 1]
        if min(part.shape[:2]) < LEAST_SIDE:
            raise ValueError(f"a photo keeps at least {LEAST_SIDE} pixels each way; draw a larger box")
        if self.field_of_view is not None:
            share = max(part.shape[:2]) / max(height, width)
            self.field_of_view = float(np.degrees(2 * np.arctan(share * np.tan(np.radians(self.field_of_view) / 2))))
        self.photo = np.ascontiguousarray(part)

    def tell(self, sentence: str, busy: bool = False, failed: bool = False, progress: float | None = None) -> None:
        """Show how the photo fares; a complaint about an upload stays beside it."""
        with self._speaking:
            self._told = (sentence, busy, failed, progress)
            self._speak()

    def tell_of_camera(self, why: str) -> None:
        """Show why the browser gave no camera; what else is going on goes on."""
        with self._speaking:
            _, busy, _, progress = self._told
            self.tell(why, busy, bool(why), progress)

    @T.observe("complaint")
    def _speak(self, change: Bunch | None = None) -> None:
        with self._speaking, self.hold_sync():
            sentence, self.busy, failed, self.progress = self._told
            self.status = "\n".join(filter(None, (self.complaint, sentence)))
            self.failed = failed or bool(self.complaint)

    @T.observe("photo", "preview")
    def _send_photo(self, change: Bunch) -> None:
        self._image = b"" if self.photo is None or not self.preview else preview(self.photo, _PREVIEW_SIDE)

    def _heard(self, widget: object, message: dict, buffers: list) -> None:
        action = message.get("action")
        if action == "sample" and message.get("name") in self._files:
            self.choose(message["name"])
        elif action == "begin":
            place = int(message.get("place", 0)), int(message.get("of", 1))
            self._begin(_Upload(message["number"], str(message["name"]), int(message["bytes"]), *place))
        elif action == "piece":
            self._take(message["number"], bytes(buffers[0]))
        elif action == "refused":
            self.complaint = str(message["why"])
        elif action == "no camera":
            self.tell_of_camera(str(message["why"]))
        elif action == "stop":
            self.stops += 1
        elif action == "live":
            self.lives += 1

    def _begin(self, upload: _Upload) -> None:
        self.complaint = ""
        self._upload = upload
        most = MOST_CLIP_BYTES if upload.is_clip else MOST_BYTES
        if upload.bytes > most:  # the browser keeps this limit, other programs need not
            self._refuse(f"{upload.name} has more than {most / 1e6:.0f} MB; make it smaller and try again.")
        elif not 0 <= upload.place < upload.of <= MOST_PHOTOS:
            self._refuse(f"Up to {MOST_PHOTOS} photos are taken together; choose fewer.")
        elif upload.is_clip:
            upload.file = self._file(upload.name)

    def _take(self, number: int, piece: bytes) -> None:
        """One piece of a file; each is answered, as its view waits for that before it sends the next."""
        upload = self._upload
        if number != upload.number:
            self.send({"refused": number, "why": "Another photo was uploaded instead."})
            return
        if upload.received + len(piece) > upload.bytes:
            self._refuse(f"{upload.name} is longer than it was said to be; try again.")
            return
        upload.add(piece)
        self.send({"received": number, "bytes": upload.received})
        if upload.received < upload.bytes:
            return
        self._upload = _Upload()
        if upload.file is not None:
            self._take_clip(upload.file, upload.name)
        elif upload.of == 1:
            self.offer(b"".join(upload.pieces), upload.name)
        else:
            self._one_of_several(upload)

    def _one_of_several(self, upload: _Upload) -> None:
        """Photos that come together are a burst once the last is there."""
        if upload.place == 0:
            self._together = []
        try:
            self._together.append((upload.name, read_image(b"".join(upload.pieces))))
        except ImageError as error:
            self.complaint = str(error).replace("the photo", upload.name, 1)
        if upload.place == upload.of - 1 and self._together:
            photos = sorted(self._together, key=lambda named: named[0])
            self._together = []
            with self._lock:
                self.tell("")
                self.name, self.field_of_view = f"{len(photos)} photos", None
                self.burst = tuple(photo for _, photo in photos)

    def _refuse(self, why: str) -> None:
        self.send({"refused": self._upload.number, "why": why})
        self._upload = _Upload()
        self.complaint = why


class _Upload:
    """A file on its way: the one at ``place`` of those that come together."""

    def __init__(self, number: int = -1, name: str = "", size: int = 0, place: int = 0, of: int = 1) -> None:
        self.number, self.name, self.bytes, self.place, self.of = number, name, size, place, of
        self.pieces: list[bytes] = []
        self.file: Path | None = None  # where the pieces of a clip go
        self.received = 0

    @property
    def is_clip(self) -> bool:
        return Path(self.name).suffix.lower() in ENDINGS

    def add(self, piece: bytes) -> None:
        self.received += len(piece)
        if self.file is None:
            self.pieces.append(piece)
        else:
            with self.file.open("ab") as file:
                file.write(piece)


def sample_files(folder: str | Path | None = None) -> dict[str, Path]:
    """The JPEG, PNG and WebP files of a folder.

    Parameters
    ----------
    folder
        By default that of fitlab's samples.

    Returns
    -------
    dict
        Name -> Path.

    Raises
    ------
    FileNotFoundError
        For a named folder that is not there.
    """
    place = SAMPLE_FOLDER if folder is None else Path(folder)
    if folder is not None and not place.is_dir():
        raise FileNotFoundError(f"there is no folder of sample photos {place}; check the path")
    found = sorted(file for file in place.glob("*") if file.suffix.lower() in _SAMPLE_SUFFIXES)
    return {file.stem: file.absolute() for file in found}
