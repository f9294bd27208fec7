"""``fitlab analyze``: judge an exercise in one photo, or count and judge its repetitions in a clip."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from fitlab.exercises.definition import Exercise, exercise_named, load_exercises


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``fitlab analyze``."""
    names = ", ".join(load_exercises())
    parser.add_argument("photo", help="a JPEG, PNG, WebP, GIF, BMP or TIFF file, or a clip such as MP4 or MOV")
    parser.add_argument(
        "--exercise", help=f"{names}, or one of your own file; default: in a photo, the one that is recognised"
    )
    parser.add_argument("--exercises", type=Path, metavar="FILE", help="TOML file with exercises of your own")
    parser.add_argument("--height", type=float, metavar="MM", help="the person's height in millimetres")
    parser.add_argument(
        "--box", type=float, nargs=4, metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"), help="round the person"
    )
    parser.add_argument(
        "--field-of-view", type=float, metavar="DEG", help="of the photo's longer side; default: as its EXIF says"
    )
    for part in ("detector", "lifter"):
        parser.add_argument(f"--{part}", metavar="NAME", help="another one, or a .safetensors file that you trained")
    for name, words in (("start", "analyse a clip from there on"), ("end", "analyse a clip up to there")):
        parser.add_argument(f"--{name}", type=float, metavar="SECONDS", help=words)
    parser.add_argument("--stride", type=int, metavar="N", help="analyse every Nth frame of a clip")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write joints, angles and verdicts")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write the picture (PNG, PDF or SVG)")


def run(options: argparse.Namespace) -> int:
    """Carry out ``fitlab analyze``: print the angles and the advice, write what was asked for."""
    from fitlab.videos import is_clip

    _check_outputs(options)
    known = load_exercises(options.exercises)
    if options.exercises and not options.exercise:
        raise ValueError("exercises of your own are not recognised: name one of them with --exercise")
    try:
        exercise = exercise_named(options.exercise, known) if options.exercise else None
    except ValueError as error:
        hint = "" if options.exercises else "; an exercise of your own needs --exercises FILE"
        raise ValueError(f"{error}{hint}") from None
    networks = {part: getattr(options, part) for part in ("detector", "lifter") if getattr(options, part)}
    judge = _judge_clip if is_clip(options.photo) else _judge_photo
    return judge(options, exercise, networks)


def _judge_photo(options: argparse.Namespace, exercise: Exercise | None, networks: dict[str, str]) -> int:
    from fitlab.analysis import analyze_photo

    _refuse(options, ("start", "end", "stride"), "a photo")
    analysis = analyze_photo(
        options.photo, exercise, options.height, options.box, field_of_view=options.field_of_view, **networks
    )
    if options.json:
        options.json.write_text(analysis.to_json() + "\n", encoding="utf-8")
    if options.figure:
        analysis.figure().savefig(options.figure, dpi=110)
    for sentence in analysis.feedback:
        print(sentence)
    if analysis.findings and analysis.found:
        print(f"\n{analysis.table().to_string(index=False)}")
    return 0


def _judge_clip(options: argparse.Namespace, exercise: Exercise | None, networks: dict[str, str]) -> int:
    from fitlab.video_analysis import analyze_video

    _refuse(options, ("box", "json", "figure"), "a clip")
    if exercise is None:
        raise ValueError(f"say which exercise the clip shows: --exercise with one of {', '.join(load_exercises())}")
    told: dict[str, Any] = {
        name: getattr(options, name) for name in ("start", "end", "stride") if getattr(options, name) is not None
    }
    analysis = analyze_video(
        options.photo, exercise, options.height, field_of_view=options.field_of_view, progress=True, **(told | networks)
    )
    if analysis.repetitions:
        print(analysis.table.to_string())
    said = [repetition.sentence for repetition in analysis.repetitions]
    for sentence in [*said, *analysis.feedback, *analysis.notes]:
        print(sentence)
    return 0


def _refuse(options: argparse.Namespace, names: tuple[str, ...], what: str) -> None:
    """ValueError for options that mean nothing for ``what``."""
    for name in names:
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} is not for {what}; leave it out")


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
    if options.figure:
        _check_format(options.figure)


def _check_format(figure: Path) -> None:
    from matplotlib.backend_bases import FigureCanvasBase

    formats = sorted(set(FigureCanvasBase.get_supported_filetypes()) - {"pgf"})  # which wants a TeX installation
    if figure.suffix.lower().removeprefix(".") not in formats:
        endings = ", ".join(f".{name}" for name in formats)
        raise ValueError(f"--figure {figure} has no ending that tells its format; use one of {endings}")
