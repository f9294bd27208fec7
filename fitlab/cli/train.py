"""``fitlab train --recipe FILE...``: the trainings that files describe, with changes from the shell."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitlab.training import recipes
from fitlab.training.recipes import Recipe


def asks_for_recipe(words: list[str]) -> bool:
    """Whether a command line is ``train --recipe ...``, not ``train lifter ...`` or ``train detector ...``."""
    return words[:1] == ["train"] and any(word.split("=")[0] == "--recipe" for word in words)


def add_arguments(parser: argparse.ArgumentParser, words: list[str]) -> None:
    """The options of ``fitlab train --recipe``: each setting of the kind of training that the recipes name.

    ``words`` is the command line. Errors of a recipe that cannot be read come from :func:`run`.
    """
    parser.add_argument("--recipe", type=Path, nargs="+", required=True, help="TOML files with the settings")
    parser.add_argument("--seeds", type=int, nargs="+", help="train each recipe once with each of these seeds")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of the training, resumed if it was begun; with --seeds or several recipes the folder in which "
        "each training has its own, RECIPE-SEED",
    )
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--recipe", type=Path, nargs="+")
    try:
        kinds = {recipes.read_recipe(file).kind for file in files.parse_known_args(words)[0].recipe}
    except (ValueError, FileNotFoundError):
        return
    if len(kinds) == 1:
        recipes.add_options(parser, recipes.settings_of(kinds.pop()))


def run(options: argparse.Namespace) -> None:
    """Train as the recipes say, one after the other, and say what came of each; what is finished is passed over."""
    read = [recipes.read_recipe(file) for file in options.recipe]
    trainings = []
    for recipe in read:
        for seed in options.seeds or [None]:
            changes = recipes.changes(options, recipes.settings_of(recipe.kind))
            folder = options.out
            if seed is not None:
                changes["seed"], folder = seed, options.out / f"{recipe.file.stem}-{seed}"
            elif len(read) > 1:
                folder = options.out / recipe.file.stem
            trainings.append((recipe, _placed(recipe, changes, options.out), folder))
    for recipe, settings, folder in trainings:  # all are checked before the first is trained
        print(f"{recipe.file} in {folder}", flush=True)
        print(recipes.trainer_of(recipe.kind)(settings, folder), flush=True)


def _placed(recipe: Recipe, changes: dict, out: Path) -> object:
    """The settings; in a recipe's ``start`` ``{out}`` and ``{seed}`` are the folder of all runs and the seed."""
    start = changes.get("start", recipe.table.get("start", ""))
    if "{" in start:
        changes = {**changes, "start": start.format(out=out, seed=changes.get("seed", recipe.table.get("seed", 1)))}
    return recipe.settings(changes)
