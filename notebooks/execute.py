"""Execute notebooks anew, in place: ``make notebooks``, or ``python notebooks/execute.py 00_quickstart.ipynb ...``.

What changes from run to run is not kept: times of execution, the state of widgets, the version of Python, paths of this
machine, and the ids of widgets' views.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parent
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def stable(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without what differs between two runs of the same code."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        outputs = [output for output in cell.outputs if not _is_progress(output)]
        for output in outputs:
            output.pop("transient", None)
            if "data" in output:
                output.data.pop(WIDGET, None)
        cell.outputs = [nbformat.from_dict(_without_paths(output)) for output in outputs]
    return notebook


def _is_progress(output: nbformat.NotebookNode) -> bool:
    return (
        output.output_type == "stream" and output.name == "stderr" and ("it/s" in output.text or "s/it" in output.text)
    )


def _without_paths(value: object) -> object:
    """Paths of this machine inside an output, as they are seen from the repository."""
    if isinstance(value, str):
        return value.replace(f"{REPOSITORY}/", "").replace(str(Path.home()), "~")
    if isinstance(value, dict):
        return {key: _without_paths(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_paths(part) for part in value]
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
