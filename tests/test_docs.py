"""What the pages of docs/ tell people to type must be understood."""

import re
import shlex
from pathlib import Path

import pytest

from fitlab.cli.main import command_parser
from fitlab.exercises.definition import load_exercises, parse_exercises
from fitlab.export import FORMATS
from fitlab.export.bvh import ORDER
from fitlab.many.work import DONE
from fitlab.models.catalogue import Network
from fitlab.overlay.clip import LONGEST
from fitlab.overlay.inset import AUTO, SIDES
from fitlab.skeletons import SKELETONS
from fitlab.training.recipes import read_recipe

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def examples(name: str, language: str) -> list[str]:
    """The blocks of code of a page in one language; a shell's have none."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)
    return [block for written_in, block in blocks if written_in == language]


def commands() -> list[str]:
    blocks = [block for page in PAGES for block in examples(page.name, "")]
    lines = re.findall(r"^fitlab [^#\n]+", "\n".join(blocks), re.MULTILINE)
    # The toy network and its file are only in the text.
    return [line.strip() for line in dict.fromkeys(lines) if "toy" not in line]


def test_there_are_commands_to_check():
    assert len(commands()) > 7


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command, monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    words = shlex.split(command)[1:]
    command_parser(words).parse_args(words)


def test_the_exercise_can_be_loaded():
    example, variant, certainty = examples("adding-an-exercise.md", "toml")
    exercise = parse_exercises(example)["wall_sit"]
    assert [check.angle for check in exercise.checks] == ["left_knee", "right_knee"]
    assert parse_exercises(variant)["seated_press"].checks == load_exercises()["seated_press"].checks
    assert parse_exercises(certainty + example)["wall_sit"] == exercise  # as in fitlab's own file


def test_the_recipe_can_be_read(tmp_path):
    [example] = examples("training.md", "toml")
    (tmp_path / "recipe.toml").write_text(example)
    settings = read_recipe(tmp_path / "recipe.toml").settings()
    assert (settings.batch_size, settings.schedule.steps) == (64, 20_000)


def test_the_table_of_a_networks_row_names_its_fields():
    rows = re.findall(r"^\| `(\w+)` \|", text("adding-a-network.md"), re.MULTILINE)
    assert {"kind", "home", "variants", *rows} == set(Network.__dataclass_fields__)


def test_the_table_of_skeletons_has_all_of_them():
    counts = dict(re.findall(r"^\| `([A-Z0-9]+)` \| (?:Human3.6M's )?(\d+)", text("coordinates.md"), re.MULTILINE))
    assert {name: int(count) for name, count in counts.items()} == {
        name: len(skeleton) for name, skeleton in SKELETONS.items()
    }


def test_the_tables_of_reports_and_motion_files_name_what_is_written():
    page = text("export.md")
    assert set(re.findall(r"^\| `(\.\w+)` \|", page, re.MULTILINE)) == set(FORMATS)
    assert {f"`{side}`" for side in (AUTO, *SIDES)} <= set(re.findall(r"`\w+`", page))
    assert " ".join(ORDER) in page
    assert f"at most {LONGEST} pixels long" in page
    for name in ("report.html", "annotated.mp4", "frames.csv", "repetitions.csv", "angles.csv", "analysis.json", DONE):
        assert f"| `{name}` |" in page
