"""Every published number is the one in a result's file.

README, the pages of docs/ and the cards of the weights write a number as a link to its file, whose title names the
number there: ``[0.699](notebooks/results/detector-....json "PCK@0.2")``, or ``"by group / squat / mpjpe"`` for one of a
table. The scores of the registry are those of the files of the same weights and data.
"""

import re
from pathlib import Path

import pytest

from fitlab.evaluation import results
from fitlab.weights import registry

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "notebooks" / "results"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]*results/[^)\s]+\.json)(?: \"([^\"]+)\")?\)")


def published() -> list[tuple[str, str, Path, str]]:
    """(text, number as written, file, key) of every link to a result."""
    found = []
    pages = sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "results.md")  # it shows such a link
    for text in (ROOT / "README.md", *pages, *sorted((ROOT / "weights").glob("*.md"))):
        for written, target, key in LINK.findall(text.read_text(encoding="utf-8")):
            found.append((text.name, written, (text.parent / target).resolve(), key))
    return found


def as_written(value: float, written: str) -> str:
    """``value`` with the decimals, and in the per cent, of ``written``."""
    number = re.search(r"-?\d[\d,]*(?:\.(\d+))?", written)
    assert number, f"there is no number in {written!r}"
    scale = 100 if "%" in written else 1
    return written.replace(number.group(), f"{value * scale:.{len(number.group(1) or '')}f}", 1)


def test_there_are_published_numbers():
    assert len(published()) > 10


@pytest.mark.parametrize(("text", "written", "file", "key"), published())
def test_a_published_number_is_the_one_in_its_file(text, written, file, key):
    assert key, f"{text}: the link of {written} does not say which number of {file.name} it is"
    assert written == as_written(results.number(results.load(file), key), written)


def saved_scores(name: str, data: str) -> list[dict]:
    """The summaries of all files with these weights alone on this data."""
    kind = registry.entry(name).kind
    files = [results.load(file) for file in sorted(RESULTS.glob(f"{kind}-*.json"))]
    return [
        saved["summary"]
        for saved in files
        if {role: used["name"] for role, used in saved["weights"].items()} == {kind: name} and saved["data"] == data
    ]


SCORES = [(entry.name, data) for entry in registry.entries().values() if entry.shipped for data in entry.scores]


@pytest.mark.parametrize(("name", "data"), SCORES)
def test_the_registry_has_the_scores_of_the_files(name, data):
    summaries = saved_scores(name, data)
    assert summaries, "no result of these weights on this data is saved: `fitlab evaluate ... --save`"
    for metric, value in registry.entry(name).scores[data].items():
        digits = len(f"{value}".partition(".")[2])
        measured = [f"{summary[metric]:.{max(digits, 1)}f}" for summary in summaries]
        assert f"{value:.{max(digits, 1)}f}" in measured


def test_every_file_is_one_that_make_measure_writes():
    lines = (RESULTS / "commands.txt").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    names = {results.file_name(["evaluate", *command.split()]) for command in commands}
    assert len(names) == len(commands)
    assert {file.name for file in RESULTS.glob("*.json")} <= names


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_a_file_was_written_by_its_command_with_the_weights_that_are_here(file):
    saved = results.load(file)
    words = saved["command"].split()[1:]
    assert file.name == results.file_name(words)
    for used in saved["weights"].values():
        if registry.is_here(used["name"]):
            assert used == results.weights_used(used["name"]), "the weights changed since: `make measure`"
