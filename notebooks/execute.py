"""Execute notebooks anew, in place: ``make notebooks``, or ``python notebooks/execute.py 00_quickstart.ipynb ...``.

What changes from run to run is not kept: times of execution, the state of widgets, the version of Python, paths of this
machine, the ids of widgets' views, addresses in memory, and in which pieces a cell printed. What a cell measures, such
as milliseconds, stays as it was measured.
"""

import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def stable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without what differs between two runs of the same code."""
    named = {"title": notebook.metadata.title} if "title" in notebook.metadata else {}  # that of the page of the app
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}, **named})
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        cell.metadata.pop("execution", None)
        cell.execution_count = number
        outputs = _joined([output for output in cell.outputs if not _is_progress(output)])
        for output in outputs:
            output.pop("transient", None)
            if "execution_count" in output:
                output.execution_count = number
            if "data" in output:
                output.data.pop(WIDGET, None)
        cell.outputs = [nbformat.from_dict(_without_places(output)) for output in outputs]
    return notebook


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs with what was printed one after the other in one piece, however the kernel had cut it."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(nbformat.from_dict(output))
    return joined


def _is_progress(output: nbformat.NotebookNode) -> bool:
    return (
        output.output_type == "stream" and output.name == "stderr" and ("it/s" in output.text or "s/it" in output.text)
    )


def _without_places(value: object) -> object:
    """An output with paths as they are seen from the repository, and without addresses in memory."""
    if isinstance(value, str):
        return ADDRESS.sub("0x0", value.replace(f"{REPOSITORY}/", "").replace(str(Path.home()), "~"))
    if isinstance(value, dict):
        return {key: _without_places(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_places(part) for part in value]
    return value


def execute(file: Path) -> None:
    """Run a notebook in its own folder and write it back; CellExecutionError where a cell fails."""
    notebook = nbformat.read(file, as_version=4)
    client = NotebookClient(
        notebook, timeout=3600, kernel_name="python3", resources={"metadata": {"path": str(file.parent)}}
    )
    client.store_widget_state = False
    client.record_timing = False
    client.execute()
    nbformat.write(stable(notebook), file)


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        print(path.name, flush=True)
        execute(path)
