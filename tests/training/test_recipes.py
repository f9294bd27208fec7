import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from fitlab.training import recipes
from fitlab.training.recipes import add_options, build, from_options, read_recipe


@dataclass(frozen=True)
class Oven:
    degrees: float = 180.0
    fan: bool = True

    def __post_init__(self) -> None:
        if self.degrees > 300:
            raise ValueError(f"degrees must be at most 300, got {self.degrees}")


@dataclass(frozen=True)
class Cake:
    flour: int = 250
    name: str = "sponge"
    layers: tuple[str, ...] = ("cream",)
    oven: Oven = field(default_factory=lambda: Oven(fan=False))
    options: Mapping[str, Any] = field(default_factory=dict)


@pytest.fixture
def cake_file(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "settings_of", lambda kind: Cake)

    def write(text):
        file = tmp_path / "cake.toml"
        file.write_text('kind = "lifter"\n' + text)
        return file

    return write


def test_a_recipe_changes_what_it_names_and_nothing_else(cake_file):
    recipe = read_recipe(cake_file('flour = 300\nlayers = ["jam", "cream"]\n[oven]\ndegrees = 200\n'))
    assert recipe.kind == "lifter"
    assert recipe.settings() == Cake(flour=300, layers=("jam", "cream"), oven=Oven(degrees=200.0, fan=False))


def test_the_shell_has_the_last_word(cake_file):
    recipe = read_recipe(cake_file("flour = 300\n[oven]\ndegrees = 200\n"))
    assert recipe.settings({"oven.degrees": 150.0}) == Cake(flour=300, oven=Oven(150.0, fan=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flor = 1", r"cake.toml: unknown setting 'flor'; did you mean flour\? known: flour, name"),
        ("[oven]\ndegres = 1", r"cake.toml: \[oven\]: unknown setting 'degres'; did you mean degrees\?"),
        ("flour = 1.5", "cake.toml: flour is a whole number, got 1.5"),
        ("flour = true", "cake.toml: flour is a whole number, got True"),
        ("name = 7", "cake.toml: name is a text in quotes, got 7"),
        ("layers = 'jam'", "cake.toml: layers is a list, got 'jam'"),
        ("layers = ['jam', 3]", "cake.toml: layers is a text in quotes, got 3"),
        ("oven = 200", "cake.toml: oven is a table of settings, got 200"),
        ("[oven]\nfan = 'yes'", "cake.toml: oven.fan is true or false, got 'yes'"),
        ("[oven]\ndegrees = 400", "cake.toml: degrees must be at most 300, got 400.0"),
        ("flour = ", "cake.toml is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(cake_file, text, expected):
    with pytest.raises(ValueError, match=expected):
        read_recipe(cake_file(text)).settings()


def test_a_recipe_says_what_it_trains(tmp_path):
    file = tmp_path / "cake.toml"
    file.write_text('kind = "liftr"')
    with pytest.raises(ValueError, match=r"cake.toml: kind: unknown kind of training 'liftr'; did you mean lifter\?"):
        read_recipe(file)
    with pytest.raises(FileNotFoundError, match=r"there is no file nowhere.toml"):
        read_recipe("nowhere.toml")


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_options(parser, Cake)
    return from_options(parser.parse_args(words), Cake)


def test_the_shell_speaks_the_same_dialect():
    words = ["--flour", "300", "--oven.degrees", "200", "--oven.fan", "--layers", "jam", "cream"]
    assert parsed(*words) == Cake(flour=300, layers=("jam", "cream"), oven=Oven(200.0, fan=True))
    assert parsed() == Cake()


def test_the_last_word_of_a_path_is_enough():
    assert parsed("--degrees", "200", "--fan") == Cake(oven=Oven(200.0, fan=True))


def test_free_options_are_read_as_toml_would_read_them():
    assert parsed("--options", "hidden=512", "far=true", "word=jam").options == {
        "hidden": 512,
        "far": True,
        "word": "jam",
    }


def test_a_setting_without_a_default_must_be_given():
    @dataclass(frozen=True)
    class Bread:
        flour: int

    with pytest.raises(ValueError, match=r"cake.toml: .*missing.*'flour'"):
        build(Bread, {}, "cake.toml")
