"""What the README and the page of what was measured tell people to type must be understood."""

import json
import re
import shlex
from pathlib import Path

import pytest

import fitlab
from fitlab.cli.main import command_parser
from fitlab.weights import registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """All whole ``fitlab ...`` commands, in the order of the text."""
    found = re.findall(r"`(fitlab [^`\n]+)`|^(fitlab [^#\n]+)", README + MEASURED, re.MULTILINE)
    written = dict.fromkeys((inside or line).strip() for inside, line in found)
    return [command for command in written if "..." not in command and len(command.split()) > 2]


def test_there_are_commands_to_check():
    assert len(commands()) > 10


@pytest.mark.parametrize("command", commands())
def test_commands_in_the_texts_are_understood(command):
    words = shlex.split(command)[1:]
    command_parser(words).parse_args(words)


@pytest.mark.parametrize("page", ["README.md", "docs/measured.md", "notebooks/data/photos/README.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}, which is not there"


def test_the_readme_shows_what_its_command_says():
    [command] = [each for each in commands() if "warrior.toml" in each]
    photo, exercise, file = shlex.split(command)[2::2]
    shown = re.search(r"!\[[^]]*one correction: ([^]]+)\]", README)
    analysis = fitlab.analyze_photo(ROOT / photo, exercise=fitlab.load_exercises(ROOT / file)[exercise])
    assert shown
    assert analysis.feedback[0].lower().startswith(shown[1])
    front, back, *arms = [finding.verdict for finding in analysis.findings]
    assert (front, back) == ("unsure", "too small")
    assert set(arms) <= {"good", "unsure"}


@pytest.mark.parametrize("data", ["lspet-validation", "fitness-test", "wild-test"])
def test_the_registry_gives_the_detectors_scores_as_the_page_does(data):
    row = next(line for line in MEASURED.splitlines() if f"evaluate detector fitpose-lite0 --data {data}" in line)
    assert f"{registry.entry('fitpose-lite0').scores[data]['PCK@0.2']:.3f}" in row


@pytest.mark.parametrize("data", ["fitness-test", "cmu-validation"])
def test_the_registry_gives_the_lifters_scores_as_the_page_does(data):
    row = next(line for line in MEASURED.splitlines() if "evaluate lifter martinez-depth" in line and data in line)
    assert f"{registry.entry('martinez-depth').scores[data]['MPJPE mm']:.0f} " in row


def stored_texts(notebook: str) -> list[tuple[str, str]]:
    """(source, what it shows as plain text) of each cell of a notebook as it is stored."""
    cells = json.loads((ROOT / "notebooks" / notebook).read_text(encoding="utf-8"))["cells"]
    stored = []
    for cell in cells:
        texts = ["".join(output.get("data", {}).get("text/plain", [])) for output in cell.get("outputs", [])]
        stored.append(("".join(cell["source"]), "\n".join(texts)))
    return stored


def test_what_zooming_brings_is_what_notebook_11_shows():
    row = next(line for line in MEASURED.splitlines() if "zooming in on people" in line)
    told = re.findall(r"`([a-z0-9-]+)`: (0\.\d{3}) to (0\.\d{3})", row)
    cells = stored_texts("11_person_image_ratio.ipynb")
    table = next(text for source, text in cells if "comparison.gain(whole, zoomed, ratio < EDGES[1])" in source)
    assert len(told) == 2
    for detector, before, after in told:
        assert re.search(rf"^{detector} +{before} +{after} ", table, re.MULTILINE), f"{detector} in\n{table}"
