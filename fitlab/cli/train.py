"""``fitlab train --recipe FILE``: the training that a file describes, with changes from the shell."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitlab.training import recipes


def asks_for_recipe(words: list[str]) -> bool:
    """Whether a command line is ``train --recipe ...``, not ``train lifter ...`` or ``train detector ...``."""
    return words[:1] == ["train"] and any(word.split("=")[0] == "--recipe" for word in words)


def add_arguments(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """The options of ``fitlab train --recipe``: each setting of the kind of training that the recipe names.

    ``words`` is the command line. Errors of a recipe that cannot be read come from :func:`run`.
    """
    parser.add_argument("--recipe", type=Path, required=True, help="TOML file with the settings")
    parser.add_argument("--out", type=Path, required=True, help="folder of this training; resumed if it was begun")
    file = argparse.ArgumentParser(add_help=False)
    file.add_argument("--recipe", type=Path)
    try:
        recipe = recipes.read_recipe(file.parse_known_args(words)[0].recipe)
    except (ValueError, FileNotFoundError, argparse.ArgumentError):
        return
    recipes.add_options(parser, recipes.settings_of(recipe.kind))


def run(options: argparse.Namespace) -> None:
    """Train as the recipe says, and say what came of it."""
    recipe = recipes.read_recipe(options.recipe)
    settings = recipe.settings(recipes.changes(options, recipes.settings_of(recipe.kind)))
    print(f"{recipe.file} in {options.out}: {recipes.trainer_of(recipe.kind)(settings, options.out)}")
