"""``fitlab analyze``: judge an exercise in a photo, in a clip, or in all photos and clips of a folder."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fitlab.exercises.definition import exercise_named, load_exercises
from fitlab.exercises.records import Exercise

if TYPE_CHECKING:
    from fitlab.analysis import PhotoAnalysis
    from fitlab.many.work import Outcome, Settings
    from fitlab.poses import Pose2D
    from fitlab.video_analysis import VideoAnalysis

#: Options that say something of one photo, of which others are not.
_OF_ONE_PHOTO = ("other", "figure")
#: Those that say something of clips alone.
_OF_CLIPS = ("start", "end", "stride")
#: Options that choose the person of a clip.
_PERSON = ("box", "box_at")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab analyze``."""
    names = ", ".join(load_exercises())
    parser.add_argument("photo", metavar="PATH", nargs="+", help="a photo, a clip, or a folder; several with --out")
    parser.add_argument("--exercise", help=f"{names}, or one of your own file; default: the one that is recognised")
    parser.add_argument("--exercises", type=Path, metavar="FILE", help="TOML file with exercises of your own")
    parser.add_argument("--height", type=float, metavar="MM", help="the person's height in millimetres")
    sides = ("LEFT", "TOP", "RIGHT", "BOTTOM")
    parser.add_argument("--box", type=float, nargs=4, metavar=sides, help="round the person, in pixels")
    parser.add_argument("--box-at", type=float, metavar="SECONDS", help="of the frame that the box of a clip is in")
    parser.add_argument("--other", action="store_true", default=None, help="judge the other person that is told of")
    parser.add_argument(
        "--field-of-view", type=float, metavar="DEG", help="of the longer side; default: as a photo's EXIF says, or 50"
    )
    for part in ("detector", "lifter"):
        parser.add_argument(f"--{part}", metavar="NAME", help="another one, or a .safetensors file that you trained")
    for name, words in (("start", "analyse a clip from there on"), ("end", "analyse a clip up to there")):
        parser.add_argument(f"--{name}", type=float, metavar="SECONDS", help=words)
    parser.add_argument("--stride", type=int, metavar="N", help="analyse every Nth frame of a clip")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write joints, angles, verdicts of one photo or clip")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write the picture of a photo (PNG, PDF or SVG)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the report: a page, tables, JSON, of a clip the annotated clip"
    )
    parser.add_argument(
        "--side",
        default="auto",
        help="of the person, shown in 3D in an annotated clip: front, left, right, back, above",
    )
    parser.add_argument("--motion", nargs="+", default=[], metavar="KIND", help="motion files of clips: trc, c3d, bvh")
    parser.add_argument("--workers", type=int, metavar="N", help="processes for a folder; default: one for each core")


def run(options: argparse.Namespace) -> int:
    """Carry out ``fitlab analyze``: print what was found, write what was asked for."""
    from fitlab.many.work import Settings
    from fitlab.videos import is_clip

    sources = [Path(os.path.expanduser(path)) for path in options.photo]
    options.photo = options.photo[0]
    source = sources[0]
    _check_outputs(options)
    options_of_clips = {name: getattr(options, name) for name in _OF_CLIPS if getattr(options, name) is not None}
    settings = Settings(
        exercise=_exercise(options),
        height_mm=options.height,
        detector=options.detector,
        lifter=options.lifter,
        field_of_view=options.field_of_view,
        side=options.side,
        motion=tuple(f".{kind.lower().removeprefix('.')}" for kind in options.motion),
        **options_of_clips,
    )
    if source.is_dir() or len(sources) > 1:
        return _run_several(sources, settings, options)
    if is_clip(source):
        return _run_clip(source, settings, options)
    return _run_photo(source, settings, options)


def _exercise(options: argparse.Namespace) -> Exercise | None:
    if options.exercise is None:
        if options.exercises:
            raise ValueError("exercises of your own are not recognised: name one of them with --exercise")
        return None
    try:
        return exercise_named(options.exercise, load_exercises(options.exercises))
    except ValueError as error:
        hint = "" if options.exercises else "; an exercise of your own needs --exercises FILE"
        raise type(error)(f"{error}{hint}") from None


def _run_photo(source: Path, settings: Settings, options: argparse.Namespace) -> int:
    from fitlab.analysis import analyze_photo
    from fitlab.whole_files import whole_file, write_text

    _check_unused(options, (*_OF_CLIPS, "box_at", "motion", "workers"), "a photo")
    if options.box and options.other:
        raise ValueError("--box and --other both choose the person; leave one out")
    # The word as it was typed: "~" and what is no path are for the reader of photos to judge.
    analysis = analyze_photo(options.photo, settings.exercise, box=options.box, **settings.analysis)
    if options.other:
        analysis = _of_the_other(analysis, settings)
    for sentence in analysis.feedback:
        print(sentence)
    if analysis.findings and analysis.found:
        print(f"\n{analysis.table().to_string(index=False)}", flush=True)
    if not (options.box or options.other):
        analysis = _with_other(analysis, settings)
    if options.json:
        write_text(options.json, analysis.to_json() + "\n")
    if options.figure:
        with whole_file(options.figure) as part:
            analysis.figure().savefig(part, dpi=110, format=options.figure.suffix.lower().removeprefix("."))
    _write_out(analysis, source, settings, options)
    return 0


def _of_the_other(analysis: PhotoAnalysis, settings: Settings) -> PhotoAnalysis:
    from fitlab.analysis import analyze_pose

    other = _other(analysis, settings)
    if other is None:
        raise ValueError("nobody else is seen in this photo; choose the person with --box LEFT TOP RIGHT BOTTOM")
    known = settings.analysis | {"field_of_view": analysis.field_of_view}
    return analyze_pose(analysis.photo, other, settings.exercise, **known)


def _other(analysis: PhotoAnalysis, settings: Settings) -> Pose2D | None:
    from fitlab.detection.company import other_person
    from fitlab.detection.detector import DEFAULT_DETECTOR

    return other_person(analysis.photo, analysis.pose2d, settings.detector or DEFAULT_DETECTOR)


def _with_other(analysis: PhotoAnalysis, settings: Settings) -> PhotoAnalysis:
    """Say that somebody else is in the photo, here and in the files; nobody waits longer for the verdict."""
    from dataclasses import replace

    from fitlab.detection.company import somebody_else

    sys.stdout.flush()
    other = _other(analysis, settings)
    if other is None:
        return analysis
    words = somebody_else(analysis.pose2d, other, "add --other")
    print(f"\n{words}", flush=True)
    return replace(analysis, feedback=[*analysis.feedback, words])


def _run_clip(source: Path, settings: Settings, options: argparse.Namespace) -> int:
    from fitlab.many.work import analysed
    from fitlab.reports.tables import clip_json
    from fitlab.video_analysis import VideoAnalysis
    from fitlab.whole_files import write_text

    _check_unused(options, (*_OF_ONE_PHOTO, "workers"), "a clip")
    if options.motion and options.out is None:
        raise ValueError("--motion writes files beside the report; say with --out DIR where they go")
    if options.box_at is not None and not options.box:
        raise ValueError("--box-at says in which frame --box is; give that, too")
    person = {name: getattr(options, name) for name in _PERSON}
    analysis = analysed(source, settings, progress=sys.stderr.isatty(), **person)
    assert isinstance(analysis, VideoAnalysis)
    if analysis.repetitions:
        print(analysis.table.to_string())
    for sentence in [*analysis.feedback, *(each.sentence for each in analysis.repetitions), *analysis.notes]:
        print(sentence)
    if analysis.found and not options.box:
        analysis = _with_other_in_clip(analysis, source, settings)
    if options.json:
        write_text(options.json, clip_json(analysis))
    _write_out(analysis, source, settings, options)
    return 0


def _with_other_in_clip(analysis: VideoAnalysis, source: Path, settings: Settings) -> VideoAnalysis:
    """Say that somebody else is in the clip, where it is judged, and how to judge them; here and in the files."""
    from dataclasses import replace

    from fitlab.detection.company import box_of, other_person, somebody_else
    from fitlab.detection.detector import DEFAULT_DETECTOR
    from fitlab.moments import judged_moment
    from fitlab.videos import Clip, VideoError

    sys.stdout.flush()
    moment = judged_moment(analysis)
    pose, seconds = analysis.pose2d[moment], float(analysis.times[moment])
    try:
        image = Clip(source).frame_at(seconds).image
    except VideoError:  # a damaged clip may be read from its beginning only; its analysis is there all the same
        return analysis
    other = other_person(image, pose, settings.detector or DEFAULT_DETECTOR)
    if other is None:
        return analysis
    box = " ".join(f"{side:.0f}" for side in box_of(other))
    words = somebody_else(pose, other, f"add --box-at {seconds:.2f} --box {box}", "clip")
    print(f"\n{words}", flush=True)
    return replace(analysis, notes=[*analysis.notes, words])


def _write_out(
    analysis: PhotoAnalysis | VideoAnalysis, source: Path, settings: Settings, options: argparse.Namespace
) -> None:
    from fitlab.many.work import write_report
    from fitlab.whole_files import said

    if options.out is None:
        return
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise said(error, options.out) from None
    progress: Any = None
    if sys.stderr.isatty() and hasattr(analysis, "times"):
        from tqdm import tqdm

        bar = tqdm(total=len(analysis.times), unit="frame", desc="annotated clip")
        progress = lambda done: bar.update(done - bar.n)  # noqa: E731
    write_report(analysis, source, options.out, settings, progress)


def _run_several(sources: list[Path], settings: Settings, options: argparse.Namespace) -> int:
    """All photos and clips of a folder, or several files; 1 if some of them could not be analysed."""
    from dataclasses import fields

    from fitlab.many.run import analyze_many

    folder = next((source for source in sources if source.is_dir()), None)
    if folder is not None and len(sources) > 1:
        raise ValueError(f"{folder} is a folder; give one folder alone, or photos and clips")
    what = f"{folder} is a folder" if folder is not None else f"these are {len(sources)} files"
    if options.out is None:
        raise ValueError(f"{what}; say with --out DIR where the reports go")
    _check_unused(options, (*_OF_ONE_PHOTO, *_PERSON, "json"), "several photos and clips")
    chosen = {field.name: getattr(settings, field.name) for field in fields(settings)}
    outcomes = analyze_many(folder or sources, out=options.out, workers=options.workers, progress=_tell, **chosen)
    failed = sum(bool(outcome.error) for outcome in outcomes)
    print(f"{len(outcomes) - failed} analysed{f', {failed} not' if failed else ''}: {options.out / 'index.html'}")
    return 1 if failed else 0


def _tell(outcome: Outcome) -> None:
    counted = outcome.summary.get("repetitions")
    feedback = outcome.summary.get("feedback") or [""]
    said = " ".join(feedback[:2])  # of a recognised exercise the first sentence is which it is
    if counted:
        said = " ".join([f"{counted} repetition{'s' * (counted != 1)}.", *feedback[1:2]])
    told = outcome.error or f"{outcome.path.name}: {said}"
    print(f"{told}{' (from before)' if outcome.done_before else ''}", flush=True)


def _check_unused(options: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    """ValueError for options that mean nothing for ``what``."""
    for name in names:
        if getattr(options, name) not in (None, []):
            raise ValueError(f"--{name.replace('_', '-')} is not for {what}; leave it out")


def _check_outputs(options: argparse.Namespace) -> None:
    """ValueError for outputs that cannot be written, or that would take the place of a file that is read."""
    outputs = {name: getattr(options, name) for name in ("json", "figure") if getattr(options, name)}
    inputs = {name: getattr(options, name) for name in ("photo", "exercises", "detector", "lifter")}
    for option, file in outputs.items():
        if file.is_dir():
            raise ValueError(f"--{option} {file} is a folder; name the file to write in it")
        if not file.parent.is_dir():
            raise ValueError(f"there is no folder {file.parent} to write --{option} {file.name} in; make it first")
        for name, read in inputs.items():
            if read and file.exists() and os.path.exists(read) and file.samefile(read):
                raise ValueError(f"--{option} {file} would overwrite the {name}; name another file")
    if len({os.path.realpath(file) for file in outputs.values()}) < len(outputs):
        raise ValueError(f"--json and --figure are the same file, {options.json}; name two")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise ValueError(f"--out {options.out} is a file; name a folder for the report")
    if options.figure:
        _check_format(options.figure)


def _check_format(figure: Path) -> None:
    from matplotlib.backend_bases import FigureCanvasBase

    formats = sorted(set(FigureCanvasBase.get_supported_filetypes()) - {"pgf"})  # which wants a TeX installation
    if figure.suffix.lower().removeprefix(".") not in formats:
        endings = ", ".join(f".{name}" for name in formats)
        raise ValueError(f"--figure {figure} has no ending that tells its format; use one of {endings}")
