"""What a clip says as a folder of files: a page, an annotated clip, tables, JSON and motion files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitlab import export
from fitlab.exercises.assessment import GOOD, NOT_JUDGED, UNSURE, WRONG, Finding
from fitlab.exercises.feedback import HEADS, cells
from fitlab.exercises.records import Exercise, measured_sides
from fitlab.exercises.repetitions import Moment, Repetition, shown_cells
from fitlab.exercises.words import angle_name
from fitlab.overlay.clip import write_annotated
from fitlab.overlay.frame import draw_joints
from fitlab.overlay.inset import AUTO
from fitlab.overlay.story import overlay, shown_angle
from fitlab.reports import page
from fitlab.reports.curve import angle_curve
from fitlab.reports.tables import clip_json, frame_table, repetitions_with_moments
from fitlab.video_analysis import BRIDGED, VideoAnalysis
from fitlab.whole_files import write_text

#: At most so many pictures are on a page.
MOST_PICTURES = 6
_MARGIN = 0.25


@dataclass(frozen=True)
class Highlight:
    """A moment of a clip that is shown as a picture.

    Parameters
    ----------
    frame : int
        Index along the frames of the analysis.
    words : str
        What is said below.
    verdict : str
        Whose colour it has.
    """

    frame: int
    words: str
    verdict: str


def write_clip_report(
    analysis: VideoAnalysis,
    folder: str | Path,
    frames: Iterable[tuple[int, np.ndarray]] | None = None,
    name: str = "clip",
    side: str = AUTO,
    motion: Sequence[str] = (),
    progress: Callable[[int], object] | None = None,
) -> list[Path]:
    """Write ``report.html``, ``annotated.mp4``, ``frames.csv``, ``repetitions.csv`` and ``analysis.json``.

    Each file is whole or not there. The frames are gone through once; one is in memory at a time.

    Parameters
    ----------
    analysis : VideoAnalysis
    folder : str or Path
        That is there.
    frames : iterable of (number, image), optional
        The pictures of the clip, upright, (H, W, 3) uint8, with their numbers in the clip, rising; those that were not
        analysed are passed over. Without them there is no annotated clip, and the page has no pictures.
    name : str
        Of the clip, as it is shown.
    side : str
        From where the 3D skeleton is seen (:func:`fitlab.overlay.inset.inset`).
    motion : sequence of str
        Endings of motion files to write as well, such as ``.trc`` (:data:`fitlab.export.FORMATS`).
    progress : callable, optional
        Called with the number of frames that were drawn so far.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        In one sentence, if the disk is full or the folder may not be written to.
    """
    folder = Path(folder)
    shown = highlights(analysis)
    pictures: dict[int, np.ndarray] = {}
    written = []
    if frames is not None and len(analysis.times):
        wanted = {each.frame for each in shown}
        kept = _keeping(_analysed(analysis, frames), wanted, pictures, analysis)
        told = overlay(
            analysis.exercise,
            analysis.times,
            analysis.pose2d,
            analysis.pose3d,
            analysis.findings,
            analysis.repetitions,
            analysis.state == BRIDGED,
            side,
        )
        rate = analysis.fps if np.isfinite(analysis.fps) else 30.0
        write_annotated(folder / "annotated.mp4", kept, told, analysis.image_size, rate, progress)
        written.append(folder / "annotated.mp4")
    for ending in motion if analysis.found else ():
        export.write(folder / f"motion{ending}", analysis.times, analysis.pose3d)
        written.append(folder / f"motion{ending}")
    shots = [(pictures[each.frame], each) for each in shown if each.frame in pictures]
    texts = {
        "frames.csv": frame_table(analysis).to_csv(index=False),
        "repetitions.csv": repetitions_with_moments(analysis).to_csv(),
        "analysis.json": clip_json(analysis),
        "report.html": clip_page(analysis, shots, name),
    }
    for file, text in texts.items():
        write_text(folder / file, text)
    return [*written, *(folder / file for file in texts)]


def _wrong(analysis: VideoAnalysis) -> list[tuple[Repetition, Moment]]:
    """What went wrong, the most urgent first."""
    judged = [(each, moment) for each in analysis.repetitions for moment in each.moments if moment.frame >= 0]
    wrong = [pair for pair in judged if pair[1].verdict not in (GOOD, UNSURE, NOT_JUDGED)]
    return sorted(wrong, key=lambda pair: (pair[1].check.severity != "risk", -_outside(pair[1])))


def highlights(analysis: VideoAnalysis) -> list[Highlight]:
    """The moments to show: the worst ones of what went wrong, else where the first repetitions turn.

    Parameters
    ----------
    analysis : VideoAnalysis

    Returns
    -------
    list of Highlight
        At most :data:`MOST_PICTURES`, in the order of time.
    """
    wrong = _wrong(analysis)
    chosen: dict[tuple[int, int], Highlight] = {}
    for each, moment in wrong:
        key = each.number, moment.frame
        if key not in chosen and len(chosen) < MOST_PICTURES:
            chosen[key] = Highlight(moment.frame, _moment_words(each, moment), moment.verdict)
    if not chosen:
        turns = analysis.repetitions[: MOST_PICTURES // 2]
        return [Highlight(each.turn_frame, _turn_words(each), each.verdict or NOT_JUDGED) for each in turns]
    return sorted(chosen.values(), key=lambda shown: shown.frame)


def _outside(moment: Moment) -> float:
    """Degrees beyond the target; below 0 inside it."""
    low, high = moment.check.limits
    return float(np.nan_to_num(max(low - moment.degrees, moment.degrees - high), nan=0.0))


def _moment_words(repetition: Repetition, moment: Moment) -> str:
    angle, target = angle_name(moment.check.angle), moment.check.target
    return (
        f"Repetition {repetition.number} at {moment.seconds:.1f} s: {angle} {moment.degrees:z.0f}° "
        f"({moment.low:z.0f} to {moment.high:z.0f}°), target {target}°."
    )


def _turn_words(repetition: Repetition) -> str:
    return f"Repetition {repetition.number} at {repetition.turn:.1f} s, where it turns."


def clip_page(
    analysis: VideoAnalysis, pictures: Sequence[tuple[np.ndarray, Highlight]] = (), name: str = "clip"
) -> str:
    """The page: what to say, the angle over time, the repetitions, and pictures of the worst moments.

    Parameters
    ----------
    analysis : VideoAnalysis
    pictures : sequence of (image, Highlight)
        (H, W, 3) uint8.
    name : str
        Of the clip, as it is shown.

    Returns
    -------
    str
        HTML that needs no other file.
    """
    parts = [page.sentences(analysis.feedback)]
    if curve := _curve(analysis):
        words = (
            "The angle with its 90 % interval; the target is green. Numbers are the repetitions, each in the colour of "
            "its verdict, where it turns."
        )
        parts += [page.heading(f"{angle_name(_angle(analysis)).capitalize()} over time"), page.scrolled(curve)]
        parts += [page.paragraph(words, small=True)]
    if pictures:
        parts += [page.heading("Moments"), page.figures((image, at.words, at.verdict) for image, at in pictures)]
    if analysis.repetitions:
        rows = [[*shown_cells(each).values(), each.verdict] for each in analysis.repetitions]
        parts += [page.heading("Repetitions")]
        parts += [page.table([*shown_cells(analysis.repetitions[0]), "verdict"], rows)]
        moved = f" The range is that of {_driven_by(analysis.exercise)}." if analysis.exercise.drive else ""
        parts += [page.paragraph(f"All times are in seconds.{moved}", small=True)]
        parts += [page.sentences([each.sentence for each in analysis.repetitions if each.verdict != GOOD])]
    if judged := _worst_of_each(analysis):
        rows = [[*cells(finding)[:-1], moment.verdict, f"{moment.seconds:.1f} s"] for finding, moment in judged]
        parts += [page.heading("Angles, each where it is worst"), page.table([*HEADS[:-1], "verdict", "at"], rows)]
    if analysis.notes:
        parts += [page.heading("About the clip"), page.sentences(analysis.notes)]
    return page.page(f"{analysis.exercise.title}: {name}", parts)


def _driven_by(exercise: Exercise) -> str:
    """The angle that drives an exercise, in words."""
    sides = len(measured_sides(exercise.drive)) > 1
    return f"the mean of both {angle_name(exercise.drive)}s" if sides else f"the {angle_name(exercise.drive)}"


def _worst_of_each(analysis: VideoAnalysis) -> list[tuple[Finding, Moment]]:
    """For each check that is judged somewhere its worst moment, and what was found there."""
    found = []
    for place, finding in enumerate(analysis.findings):
        moments = [each.moments[place] for each in analysis.repetitions if place < len(each.moments)]
        judged = [moment for moment in moments if moment.frame >= 0 and moment.verdict != NOT_JUDGED]
        if judged:
            worst = max(
                judged, key=lambda moment: (moment.verdict in WRONG, moment.verdict == UNSURE, _outside(moment))
            )
            found.append((finding[worst.frame], worst))
    return found


def _angle(analysis: VideoAnalysis) -> str:
    """The angle that is drawn over time: what is most wrong, that of the annotated clip, or the first one.

    Of these the first that is checked.
    """
    checked = [finding.check.angle for finding in analysis.findings]
    if wrong := _wrong(analysis):
        return wrong[0][1].check.angle
    shown = shown_angle(analysis.exercise, analysis.pose2d)
    return shown if shown in checked or not checked else checked[0]


def _curve(analysis: VideoAnalysis) -> str:
    name = _angle(analysis)
    found = [finding for finding in analysis.findings if finding.check.angle == name]
    if not found or not len(analysis.times):
        return ""
    first = next((finding for finding in found if finding.check.has_target), found[0])
    degrees, low, high = (np.asarray(part, float) for part in (first.degrees, first.low, first.high))
    return angle_curve(analysis.times, degrees, low, high, first.check.limits, analysis.repetitions, angle_name(name))


def _analysed(
    analysis: VideoAnalysis, frames: Iterable[tuple[int, np.ndarray]]
) -> Iterator[tuple[int, np.ndarray, float]]:
    """Those of the clip's pictures that were analysed: index, image, seconds."""
    wanted = {int(number): index for index, number in enumerate(analysis.frames)}
    for number, image in frames:
        if (index := wanted.get(number)) is not None:
            yield index, image, float(analysis.times[index])
            if index == len(analysis.frames) - 1:
                return


def _keeping(
    frames: Iterator[tuple[int, np.ndarray, float]],
    wanted: set[int],
    pictures: dict[int, np.ndarray],
    analysis: VideoAnalysis,
) -> Iterator[tuple[int, np.ndarray, float]]:
    """The frames as they come; those that are wanted are kept in ``pictures``, cut out and with their joints."""
    for index, image, seconds in frames:
        if index in wanted:
            pictures[index] = cut_out(image, analysis, index)
        yield index, image, seconds


def cut_out(image: np.ndarray, analysis: VideoAnalysis, index: int) -> np.ndarray:
    """The person in a frame, with the joints.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        The frame.
    analysis : VideoAnalysis
    index : int
        Along its frames.

    Returns
    -------
    (h, w, 3) uint8 array
    """
    joints = analysis.pose2d.points[index]
    drawn = image.copy()
    known = joints[~np.isnan(joints).any(-1)]
    if not len(known):
        return drawn
    extent = max(float((known.max(0) - known.min(0)).max()), 32.0)
    draw_joints(drawn, joints, analysis.pose2d.score[index], analysis.pose2d, extent / 18)
    low = np.maximum(np.floor(known.min(0) - _MARGIN * extent), 0).astype(int)
    high = np.ceil(known.max(0) + _MARGIN * extent).astype(int)
    part = drawn[low[1] : high[1], low[0] : high[0]]
    return part if part.size else drawn
