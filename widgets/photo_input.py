"""Where a photo comes from: a file, the webcam, or one of the samples."""

from __future__ import annotations

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

#: Larger files are refused in the browser, before they are sent.
MOST_BYTES = 50_000_000
#: Files travel in pieces, as servers drop messages that are too long without a word.
PIECE_BYTES = 2_000_000
#: Pixels that are left of a photo each way, at least.
LEAST_SIDE = 32
#: Where samples are looked for if no folder is named: beside the notebook.
SAMPLE_FOLDER = Path("data/samples")
_PREVIEW_SIDE = 640
_SAMPLE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


class PhotoInput(anywidget.AnyWidget):
    """Upload a photo (or drop it here), take one with the webcam after a countdown, or choose a sample.

    photo    (H, W, 3) uint8 RGB, upright; None before the first. A photo that cannot be read leaves the last one
    field_of_view  degrees that its longer side shows, where the camera has said so
    name     of the file or sample, "webcam" for a snapshot
    complaint  why the newest upload was not taken, "" if it was; stays until the next one or until it is emptied
    status   ``complaint`` and what :meth:`tell` was given, a line each
    busy     whether a progress bar is shown beside ``status``
    progress share of what makes it busy that is done, 0 to 1, or None where nobody knows
    stops    how often the button was pressed that is there while ``busy``, to stop what makes it so
    failed   whether ``status`` tells of something that went wrong
    samples  names of the sample photos
    preview  whether the photo is shown; not where another widget does
    """

    _esm = script("photo_input.js")
    _css = css()

    photo = T.Instance(np.ndarray, allow_none=True)
    field_of_view = T.Float(None, allow_none=True)
    name = T.Unicode("")
    complaint = T.Unicode("")
    status = T.Unicode("").tag(sync=True)
    busy = T.Bool(False).tag(sync=True)
    progress = T.Float(None, allow_none=True).tag(sync=True)
    stops = T.Int(0)
    failed = T.Bool(False).tag(sync=True)
    samples = T.Tuple().tag(sync=True)
    preview = T.Bool(True).tag(sync=True)
    _image = T.CBytes(b"").tag(sync=True)
    _most_bytes = T.Int(MOST_BYTES).tag(sync=True)
    _piece_bytes = T.Int(PIECE_BYTES).tag(sync=True)

    def __init__(self, samples: str | Path | None = None, **traits: object) -> None:
        """``samples`` is a folder of sample photos; without it ``data/samples`` is used where there is one."""
        traits = checked(self, traits)
        super().__init__()
        self._files = sample_files(samples)
        self.samples = tuple(self._files)
        self._upload = _Upload()
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
            self._begin(_Upload(message["number"], str(message["name"]), int(message["bytes"])))
        elif action == "piece":
            self._take(message["number"], bytes(buffers[0]))
        elif action == "refused":
            self.complaint = str(message["why"])
        elif action == "stop":
            self.stops += 1

    def _begin(self, upload: _Upload) -> None:
        self.complaint = ""
        self._upload = upload
        if upload.bytes > MOST_BYTES:  # the browser keeps this limit, other programs need not
            self._refuse(f"{upload.name} has more than {MOST_BYTES / 1e6:.0f} MB; make it smaller and try again.")

    def _take(self, number: int, piece: bytes) -> None:
        """One piece of a file; each is answered, as its view waits for that before it sends the next."""
        upload = self._upload
        if number != upload.number:
            self.send({"refused": number, "why": "Another photo was uploaded instead."})
            return
        if upload.received + len(piece) > upload.bytes:
            self._refuse(f"{upload.name} is longer than it was said to be; try again.")
            return
        upload.pieces.append(piece)
        self.send({"received": number, "bytes": upload.received})
        if upload.received == upload.bytes:
            self._upload = _Upload()
            self.offer(b"".join(upload.pieces), upload.name)

    def _refuse(self, why: str) -> None:
        self.send({"refused": self._upload.number, "why": why})
        self._upload = _Upload()
        self.complaint = why


class _Upload:
    """A file on its way."""

    def __init__(self, number: int = -1, name: str = "", size: int = 0) -> None:
        self.number, self.name, self.bytes = number, name, size
        self.pieces: list[bytes] = []

    @property
    def received(self) -> int:
        return sum(map(len, self.pieces))


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
