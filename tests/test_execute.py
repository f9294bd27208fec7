"""Notebooks that are executed twice are stored with the same bytes."""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))

from execute import REPOSITORY, stable


def executed(first: int, address: str, pieces: list[str], seconds: str) -> str:
    """A notebook as a kernel leaves it, after :func:`stable`, as text."""
    shown = {"text/plain": f"<fitlab.poses.Pose2D object at {address}>", "application/vnd.jupyter.widget-view+json": {}}
    printed = [new_output("stream", name="stdout", text=piece) for piece in pieces]
    bar = new_output("stream", name="stderr", text=f"100%|####| 3/3 [00:0{seconds}<00:00, 1.{seconds} s/it]")
    answer = new_output("execute_result", shown, execution_count=first)
    cell = new_code_cell("analysis", id="a", execution_count=first, outputs=[*printed, bar, answer])
    cell.metadata["execution"] = {"iopub.execute_input": f"2026-01-01T00:00:0{seconds}Z"}
    return nbformat.writes(stable(new_notebook(cells=[new_markdown_cell("Text", id="m"), cell])))


def test_two_runs_are_stored_alike():
    one = executed(1, "0x7f0c1a2b3c4d", ["one\ntwo\n", f"{REPOSITORY}/notebooks\n"], "1")
    other = executed(7, "0x55aa00112233", ["one\n", "two\n", f"{REPOSITORY}/notebooks\n"], "2")
    assert one == other
    assert "Pose2D object at 0x0" in one
    assert "s/it" not in one
    assert str(REPOSITORY) not in one


def test_a_notebook_keeps_its_title():
    notebook = new_notebook(metadata={"title": "A page", "widgets": {}})
    assert stable(notebook).metadata.title == "A page"
    assert "widgets" not in stable(notebook).metadata


def test_what_is_different_stays_different():
    assert executed(1, "0x7f0c1a2b3c4d", ["42 mm"], "1") != executed(1, "0x7f0c1a2b3c4d", ["43 mm"], "1")


def test_the_numbers_of_a_result_are_no_addresses():
    assert "0xff00" in executed(1, "0x7f0c1a2b3c4d", ["colour 0xff00"], "1")


def test_the_stored_notebooks_are_as_they_would_be_stored():
    for file in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        stored = nbformat.read(file, as_version=4)
        for output in (output for cell in stored.cells if cell.cell_type == "code" for output in cell.outputs):
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {}), file.name
