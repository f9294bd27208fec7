"""The entry point of the command line: the parser, the choice of the command, and what is said when it fails."""

from __future__ import annotations

import argparse
import io
import os
import sys
from difflib import get_close_matches
from importlib import import_module

from fitlab import __version__
from fitlab.plain_files import printable

#: (words, module with ``add_arguments`` and ``run``, help) of every command.
_COMMANDS = (
    (("analyze",), "fitlab.cli.analyze", "judge an exercise in a photo or a clip"),
    (("synthesize",), "fitlab.cli.synthesize", "make pictures of synthetic people with full labels"),
    (("train", "detector"), "fitlab.training.detector", "train a 2D joint detector on labelled photos"),
    (("train", "lifter"), "fitlab.training.lifter", "train a 2D-to-3D lifter on motion"),
    (("evaluate",), "fitlab.cli.evaluate", "score a detector, a lifter or the angles on held-out people"),
    (("weights",), "fitlab.weights.downloads", "list the weights, fetch some, or add a file"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command of ``fitlab``.

    Parameters
    ----------
    arguments
        The words after ``fitlab``; by default those of the process.

    Returns
    -------
    int
        0 if all went well, 2 with one sentence on standard error if the input was wrong, 130 if interrupted.
    """
    words = sys.argv[1:] if arguments is None else arguments
    parser = command_parser(words)
    options, rest = parser.parse_known_args(words)
    if rest:
        parser.error(_unknown(rest, _option_names(parser)))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal knows the degree sign
    try:
        code = options.run(options) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read the output, such as `head`, has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, FileNotFoundError, ImportError, OSError) as error:
        print(f"fitlab: {printable(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def command_parser(words: list[str]) -> argparse.ArgumentParser:
    """The parser of all commands; the options of one are read from its module only if ``words`` begin with it."""
    parser = argparse.ArgumentParser(prog="fitlab", description="Is this exercise done well?")
    parser.add_argument("--version", action="version", version=f"fitlab {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    owners = {}
    for names, module, description in _COMMANDS:
        if names[0] == "train" and "train" not in owners:
            owners["train"] = _training(commands, words)
        owner = owners.get(names[0], commands)
        if owner is None:
            continue
        command = owner.add_parser(names[-1], help=description, description=description)
        # Only the command that is asked for is imported: the others would load PyTorch to print a help line.
        if tuple(words[: len(names)]) == names:
            home = import_module(module)
            home.add_arguments(command)
            command.set_defaults(run=home.run)
    return parser


def _option_names(parser: argparse.ArgumentParser) -> set[str]:
    """The long options of a parser and of the commands below it, without their hyphens."""
    names = {name[2:] for name in parser._option_string_actions if name.startswith("--")}
    below = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return names.union(*(_option_names(command) for action in below for command in action.choices.values()))


def _unknown(rest: list[str], known: set[str]) -> str:
    """The sentence about words that mean nothing, the first of them being a misspelt option as a rule."""
    near = get_close_matches(rest[0].lstrip("-").partition("=")[0], sorted(known), n=1)
    meant = f"; did you mean --{near[0]}?" if near else "; --help tells what there is"
    return f"unknown: {' '.join(map(printable, rest))}{meant}"


def _training(commands: argparse._SubParsersAction, words: list[str]) -> argparse._SubParsersAction | None:
    """Where ``train`` has its kinds; None where a recipe says which."""
    train = commands.add_parser("train", help="train a detector or a lifter, or what --recipe FILE says")
    if words[:1] == ["train"]:
        from fitlab.cli import train as recipe_command

        if recipe_command.asks_for_recipe(words):
            recipe_command.add_arguments(train, words)
            train.set_defaults(run=recipe_command.run)
            return None
    return train.add_subparsers(metavar="detector | lifter | --recipe FILE", required=True)
