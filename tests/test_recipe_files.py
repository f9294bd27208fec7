"""Every recipe that is shipped can be read, and says what its name says."""

from pathlib import Path

import pytest

from fitlab.training.recipes import read_recipe

FILES = sorted((Path(__file__).parents[1] / "notebooks" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_can_be_read(file):
    settings = read_recipe(file).settings()
    assert settings.batch_size > 1
    assert file.read_text().startswith("# "), "it says in a comment what it is"


def test_the_trainings_of_the_report_differ_in_what_their_names_say():
    def settings(name):
        return read_recipe(next(file for file in FILES if file.stem == name)).settings()

    plain = settings("lifter-batch-128")
    assert settings("lifter-batch-64").batch_size == 64
    assert settings("lifter-hidden-512").options["hidden"] == plain.options["hidden"] / 2
    assert settings("lifter-gradients").limit == "gradients"
    assert settings("semgcn-non-local").options["non_local"]
    assert plain.source == settings("semgcn").source == settings("lifter-gradients").source
