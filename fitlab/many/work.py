"""One photo or clip of many: analysed, and reported in a folder that is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fitlab import __version__
from fitlab.analysis import PhotoAnalysis, analyze_photo
from fitlab.bodies import check_height
from fitlab.exercises.assessment import GOOD
from fitlab.exercises.records import Exercise
from fitlab.export import FORMATS
from fitlab.overlay.inset import AUTO, check_side
from fitlab.plain_files import missing
from fitlab.reports.clip import write_clip_report
from fitlab.reports.photo import write_photo_report
from fitlab.skeletons import unknown
from fitlab.video_analysis import VideoAnalysis, analyze_video
from fitlab.videos import Clip, is_clip
from fitlab.whole_files import said, write_text

PHOTOS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
PHOTOS |= {".heic", ".heif"}
#: The file that a whole folder of results has: from what it was made, and what the overview says of it.
DONE = "done.json"


@dataclass(frozen=True)
class Settings:
    """How each photo and clip is analysed and reported.

    Parameters
    ----------
    exercise : str or Exercise, optional
        What is done in all of them; by default what is recognised in each photo. A clip needs it.
    height_mm : float, optional
        The person's height.
    detector, lifter : str or Path, optional
        Names in the registry, or files that a training wrote; the default ones if not given.
    field_of_view : float, optional
        Degrees that the longer side shows.
    side : str
        From where the 3D skeleton of an annotated clip is seen (:func:`fitlab.overlay.inset.inset`).
    motion : tuple of str
        Endings of motion files to write of clips (:data:`fitlab.export.FORMATS`).
    start, end : float
        Seconds of a clip between which it is analysed.
    stride : int
        Only every so many frames of a clip.

    Raises
    ------
    ValueError
        For an unknown side or kind of motion file, and a height that no person has.
    """

    exercise: str | Exercise | None = None
    height_mm: float | None = None
    detector: str | Path | None = None
    lifter: str | Path | None = None
    field_of_view: float | None = None
    side: str = AUTO
    motion: tuple[str, ...] = ()
    start: float = 0.0
    end: float = np.inf
    stride: int = 1

    def __post_init__(self) -> None:
        check_side(self.side)
        for ending in self.motion:
            if ending not in FORMATS:
                raise ValueError(unknown(ending, tuple(FORMATS), "ending of a motion file"))
        object.__setattr__(self, "motion", tuple(self.motion))
        if self.height_mm is not None:
            check_height(self.height_mm)

    @property
    def analysis(self) -> dict[str, Any]:
        """What :func:`analyze_photo` and :func:`analyze_video` are given besides the exercise."""
        chosen = {name: getattr(self, name) for name in ("detector", "lifter") if getattr(self, name) is not None}
        return {"height_mm": self.height_mm, "field_of_view": self.field_of_view} | chosen

    def clip(self, path: Path) -> Clip:
        """What is analysed of a clip."""
        return Clip(path, self.start, self.end, self.stride)


@dataclass(frozen=True)
class Outcome:
    """What became of one photo or clip.

    Parameters
    ----------
    path : Path
        The photo or clip.
    folder : Path, optional
        Of its results, where they were written.
    analysis : PhotoAnalysis or VideoAnalysis, optional
        Where results were not written to a folder.
    summary : dict
        A row of the overview: ``kind`` (``photo`` or ``clip``), ``exercise``, ``repetitions``, ``good`` (how
        many of them) and ``feedback``.
    error : str
        Why there is no result, in a sentence; empty where there is one.
    done_before : bool
        Whether it was there already from an earlier run.
    """

    path: Path
    folder: Path | None = None
    analysis: PhotoAnalysis | VideoAnalysis | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    done_before: bool = False


def analysed(path: Path, settings: Settings, progress: bool = False, **person: Any) -> PhotoAnalysis | VideoAnalysis:
    """The analysis of a photo or a clip, with a bar and the ``person`` (``box``, ``box_at``) for a clip; errors as of
    :func:`analyze_photo` and :func:`analyze_video`.
    """
    if is_clip(path):
        return analyze_video(settings.clip(path), settings.exercise, progress=progress, **person, **settings.analysis)
    return analyze_photo(path, settings.exercise, **settings.analysis)


def write_report(
    analysis: PhotoAnalysis | VideoAnalysis,
    path: Path,
    folder: Path,
    settings: Settings,
    progress: Callable[[int], object] | None = None,
) -> None:
    """Write the report of a photo or clip into a folder that is there; errors as the reports' own."""
    if isinstance(analysis, PhotoAnalysis):
        write_photo_report(analysis, folder, path.name)
        return
    frames = ((frame.number, frame.image) for frame in settings.clip(path))
    write_clip_report(analysis, folder, frames, path.name, settings.side, settings.motion, progress)


def carried_out(path: Path, folder: Path | None, settings: Settings) -> Outcome:
    """Analyse a photo or clip, and report it in ``folder``; what fails is told, not raised.

    Parameters
    ----------
    path : Path
    folder : Path, optional
        Of its results, which is there whole or not at all. Without a folder the analysis itself is answered.
    settings : Settings

    Returns
    -------
    Outcome
    """
    try:
        if folder is None:
            analysis = analysed(path, settings)
            return Outcome(path, None, analysis, summary_of(analysis))
        mark = fingerprint(path, settings)
        analysis = analysed(path, settings)
        summary = summary_of(analysis)
        with whole_folder(folder) as part:
            write_report(analysis, path, part, settings)
            write_text(part / DONE, json.dumps({"made_from": mark, "summary": summary}, indent=2) + "\n")
        return Outcome(path, folder, summary=summary)
    except Exception as error:  # whatever is wrong with one must not stop the others
        return Outcome(path, error=f"{error}" or type(error).__name__)


def summary_of(analysis: PhotoAnalysis | VideoAnalysis) -> dict[str, Any]:
    """The row of an overview, see :class:`Outcome`."""
    common = {"exercise": analysis.exercise.title if analysis.exercise else "", "feedback": list(analysis.feedback)}
    if isinstance(analysis, PhotoAnalysis):
        return {"kind": "photo", "repetitions": None, "good": None} | common
    good = sum(each.verdict == GOOD for each in analysis.repetitions)
    return {"kind": "clip", "repetitions": len(analysis.repetitions), "good": good} | common


def fingerprint(path: Path, settings: Settings) -> str:
    """What results were made from: the file's size and time, the settings and fitlab's version, as one short text.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    """
    if not path.exists():
        raise FileNotFoundError(missing(path, "file"))
    state = path.stat()
    parts = (state.st_size, state.st_mtime_ns, settings, __version__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def done_before(path: Path, folder: Path, settings: Settings) -> Outcome | None:
    """The outcome of an earlier run, where there is a whole folder that was made from the same; else None."""
    try:
        content = json.loads((folder / DONE).read_text(encoding="utf-8"))
        if content["made_from"] == fingerprint(path, settings):
            return Outcome(path, folder, summary=dict(content["summary"]), done_before=True)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A place to write a folder to that gets its name when it is whole; what was there before is replaced by it.

    Parameters
    ----------
    folder : Path
        Must have been made by this function, or not exist.

    Yields
    ------
    Path
        A new, empty folder beside it. It is gone where the writing fails.

    Raises
    ------
    OSError
        In one sentence, if the disk is full, the folder may not be written to, or something else has its name.
    """
    part, old = (folder.with_name(f".{folder.name}.{word}") for word in ("part", "old"))
    if folder.exists() and not (folder / DONE).is_file():
        raise FileExistsError(f"{folder} is there and holds no results of fitlab; move it, or choose another folder")
    try:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise said(error, folder) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
