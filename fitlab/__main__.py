"""The command line: ``fitlab analyze | synthesize | train | evaluate | weights`` (also ``python -m fitlab``)."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

# Commands whose options and work live beside what they do: (words, module, help).
_COMMANDS = (
    (("synthesize",), "fitlab.synthetic.command", "make pictures of synthetic people with full labels"),
    (("train", "detector"), "fitlab.training.detector", "train a 2D joint detector on labelled photos"),
    (("train", "lifter"), "fitlab.training.lifter", "train a 2D-to-3D lifter on motion"),
    (("evaluate",), "fitlab.evaluation", "score a detector, a lifter or the angles on held-out people"),
    (("weights",), "fitlab.downloads", "list the weights, fetch some, or add a file"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if all went well, 2 with one sentence on standard error if the input was wrong."""
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser(words).parse_args(words)
    try:
        return options.run(options) or 0
    except (ValueError, FileNotFoundError, ImportError, OSError) as error:
        print(f"fitlab: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fitlab", description="Is this exercise done well?")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    analyze = commands.add_parser("analyze", help="judge an exercise in one photo")
    _add_analyze(analyze)
    train = None
    for names, module, description in _COMMANDS:
        owner = commands
        if names[0] == "train":
            if train is None:
                train = commands.add_parser("train", help="train a detector or a lifter").add_subparsers(required=True)
            owner = train
        command = owner.add_parser(names[-1], help=description, description=description)
        # Only the command that is asked for is imported: the others would load PyTorch to print a help line.
        if tuple(words[: len(names)]) == names:
            home = import_module(module)
            home.add_arguments(command)
            command.set_defaults(run=home.run)
    return parser


def _add_analyze(parser: argparse.ArgumentParser) -> None:
    from fitlab.exercises import load_exercises

    names = ", ".join(load_exercises())
    parser.add_argument("photo", help="a JPEG, PNG, WebP, GIF, BMP or TIFF file")
    parser.add_argument("--exercise", required=True, help=f"{names}, or one of your own file")
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write joints, angles and verdicts")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write the picture (PNG, PDF or SVG)")
    parser.set_defaults(run=_analyze)


def _analyze(options: argparse.Namespace) -> int:
    from fitlab.analysis import analyze_photo
    from fitlab.exercises import exercise_named, load_exercises

    for option in ("json", "figure"):
        file = getattr(options, option)
        if file and file.is_dir():
            raise ValueError(f"--{option} {file} is a folder; name the file to write in it")
    known = load_exercises(options.exercises)
    try:
        exercise = exercise_named(options.exercise, known)
    except ValueError as error:
        hint = "" if options.exercises else "; an exercise of your own needs --exercises FILE"
        raise ValueError(f"{error}{hint}") from None
    networks = {part: getattr(options, part) for part in ("detector", "lifter") if getattr(options, part)}
    analysis = analyze_photo(
        options.photo, exercise, options.height, options.box, field_of_view=options.field_of_view, **networks
    )
    if analysis.found:
        print(analysis.angles.to_string(index=False))
    for sentence in analysis.feedback:
        print(sentence)
    if options.json:
        options.json.write_text(analysis.to_json() + "\n", encoding="utf-8")
    if options.figure:
        analysis.figure().savefig(options.figure, dpi=110)
    return 0


if __name__ == "__main__":
    sys.exit(main())
