"""What one photo says as a folder of files: a page, a table and JSON; and as a sheet to print."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from fitlab.analysis import PhotoAnalysis
from fitlab.exercises.assessment import NOT_JUDGED
from fitlab.exercises.feedback import HEADS, cells
from fitlab.gravity import standing_upright
from fitlab.overlay.frame import draw_joints
from fitlab.overlay.inset import inset
from fitlab.reports import page
from fitlab.whole_files import write_text

_INSET = 480
_DOTS = 150  # of the photo on a printed sheet, an inch


def write_photo_report(analysis: PhotoAnalysis, folder: str | Path, name: str = "photo") -> list[Path]:
    """Write ``report.html``, ``angles.csv`` and ``analysis.json``, each whole or not at all.

    See :func:`fitlab.reports.clip.write_clip_report` for the answer and errors.

    Parameters
    ----------
    analysis : PhotoAnalysis
    folder : str or Path
        That is there.
    name : str
        Of the photo, as it is shown.
    """
    folder = Path(folder)
    texts = {
        "angles.csv": analysis.angles.to_csv(index=False),
        "analysis.json": analysis.to_json() + "\n",
        "report.html": photo_page(analysis, name),
    }
    for file, text in texts.items():
        write_text(folder / file, text)
    return [folder / file for file in texts]


def photo_page(analysis: PhotoAnalysis, name: str = "photo") -> str:
    """The page: the photo with its joints, the skeleton from two sides, the angles and the advice.

    Parameters
    ----------
    analysis : PhotoAnalysis
    name : str
        Of the photo, as it is shown.

    Returns
    -------
    str
        HTML that needs no other file.
    """
    parts = [page.sentences(analysis.feedback), page.figures(_pictures(analysis))]
    if analysis.found and analysis.findings:
        heads, rows = list(HEADS), [cells(found) for found in analysis.findings]
        if any(found.reason for found in analysis.findings):
            heads.append("why not")
            rows = [(*row, found.reason) for row, found in zip(rows, analysis.findings, strict=True)]
        parts += [page.heading("Angles"), page.table(heads, rows, long="why not")]
    title = f"{analysis.exercise.title}: {name}" if analysis.exercise else name
    return page.page(title, parts)


def photo_sheet(analysis: PhotoAnalysis, name: str = "photo") -> bytes:
    """The same on one sheet of paper: what :meth:`fitlab.analysis.PhotoAnalysis.figure` shows, as PDF.

    Parameters
    ----------
    analysis : PhotoAnalysis
    name : str
        Of the photo; it is in the title of the document.

    Returns
    -------
    bytes
        A PDF of one page, whose words can be found and copied.
    """
    stream = io.BytesIO()
    title = f"{analysis.exercise.title}: {name}" if analysis.exercise else name
    analysis.figure().savefig(stream, format="pdf", dpi=_DOTS, metadata={"Title": title})
    return stream.getvalue()


def _pictures(analysis: PhotoAnalysis) -> list[tuple[np.ndarray, str, str]]:
    photo = analysis.photo.copy()
    pose = analysis.pose2d
    scale = max(1.0, max(photo.shape[:2]) / page.PICTURE)  # lines as wide as the page shows them
    draw_joints(photo, pose.points, pose.score, pose, scale * page.PICTURE / 40)
    shown = [(photo, "The photo with the joints that were found; hollow ones are uncertain.")]
    if analysis.found:
        for side in ("left", "front"):
            view = np.full((_INSET, _INSET, 3), 255, np.uint8)
            inset(standing_upright(analysis.pose3d).points[None], side).draw(view, 0, 0, 0, _INSET)
            shown.append((view, f"The skeleton in 3D, from the {'left' if side == 'left' else 'front'}."))
    return [(image, words, NOT_JUDGED) for image, words in shown]
