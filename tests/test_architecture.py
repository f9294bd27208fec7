"""Who may import whom: one way between the rooms, no cycles, no Jupyter in the library; how large files are.

The imports are read from the source, those inside functions too. Imports for type checkers alone do not count.
"""

import ast
import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FOLDERS = {"fitlab": "fitlab", "fitlab_widgets": "widgets"}
VOCABULARY = {"skeletons", "rotations", "cameras", "poses", "bodies", "metrics", "angles", "images", "folders"}
VOCABULARY |= {"extras", "gravity", "plain_files", "picture_decoders", "picture_files", "picture_values", "whole_files"}
VOCABULARY |= {"smoothing", "videos"}
JUPYTER = {"IPython", "anywidget", "fitlab_widgets", "ipykernel", "ipywidgets", "pythreejs", "traitlets", "voila"}
MOST_LINES = 400

INFERENCE = {"models", "weights", "detection", "lifting", "exercises", "colours", "figures", "overlay"}
INFERENCE |= {"analysis", "video_analysis"}
#: Room -> the rooms that it may import; each may import the vocabulary, itself, and fitlab's version.
MAY_IMPORT = {
    "vocabulary": set(),
    "models": set(),
    "weights": {"models"},
    "detection": {"models", "weights"},
    "lifting": {"models", "weights"},
    "exercises": {"models", "weights", "detection", "lifting"},
    "colours": {"exercises"},
    "figures": {"exercises", "colours"},
    "overlay": {"exercises", "colours"},
    "analysis": INFERENCE - {"video_analysis"},
    "video_analysis": INFERENCE,
    "clip_changes": INFERENCE,
    "differences": INFERENCE,
    "live": INFERENCE | {"video_analysis"},
    "moments": INFERENCE,
    "export": set(),
    "reports": INFERENCE | {"export"},
    "many": INFERENCE | {"export", "reports"},
    "datasets": set(),
    "synthetic": {"datasets"},
    "evaluation": INFERENCE | {"datasets", "synthetic"},
    "training": {"models", "weights", "detection", "lifting", "exercises", "datasets", "synthetic", "evaluation"},
    "cli": INFERENCE | {"export", "moments", "reports", "many", "datasets", "synthetic", "evaluation", "training"},
    "__main__": {"cli"},
    "fitlab": set(),
    "widgets": INFERENCE | {"clip_changes", "differences", "live", "moments", "reports"},
}


def _modules() -> dict[str, Path]:
    """Name of every module of the library and the widgets -> its file."""
    modules = {}
    for package, folder in FOLDERS.items():
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            parts = (package, *file.relative_to(REPOSITORY / folder).with_suffix("").parts)
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return modules


def imported(source: str, known: set[str]) -> set[str]:
    """The modules that a source imports when it runs; ``from package import module`` names the module."""
    found = set()
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in known else str(node.module))
        waiting.extend(ast.iter_child_nodes(node))
    return found


def room(module: str) -> str:
    """The room of a module: a folder, the vocabulary, or a file that stands alone."""
    package, *inside = module.split(".")
    if package == "fitlab_widgets":
        return "widgets"
    if not inside:
        return "fitlab"
    return "vocabulary" if inside[0] in VOCABULARY else inside[0]


MODULES = _modules()
IMPORTS = {name: imported(file.read_text("utf-8"), set(MODULES)) for name, file in MODULES.items()}
OWN = {name: {other for other in others if other in MODULES and other != name} for name, others in IMPORTS.items()}


def test_imports_are_read():
    source = (
        "import os\nfrom fitlab import angles\nif TYPE_CHECKING:\n    import late\ndef f():\n    from a.b import c\n"
    )
    assert imported(source, {"fitlab.angles"}) == {"os", "fitlab.angles", "a.b"}


def test_no_module_imports_itself_through_others():
    try:
        TopologicalSorter(OWN).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_rooms_themselves_have_an_order():
    TopologicalSorter({name: others - {name} for name, others in MAY_IMPORT.items()}).prepare()


@pytest.mark.parametrize("name", sorted({room(module) for module in MODULES}))
def test_imports_between_rooms_run_one_way(name):
    assert name in MAY_IMPORT, f"say in MAY_IMPORT what {name} may import"
    allowed = MAY_IMPORT[name] | {name, "vocabulary", "fitlab"}
    wrong = [
        f"{module} imports {other}"
        for module, others in OWN.items()
        if room(module) == name
        for other in others
        if room(other) not in allowed
    ]
    assert not wrong


def test_the_library_knows_no_jupyter_and_no_widgets():
    wrong = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        if room(module) != "widgets"
        for other in others
        if other.split(".")[0] in JUPYTER
    ]
    assert not wrong


def test_inference_reaches_no_training():
    reached, waiting = set(), ["fitlab.analysis"]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting.extend(OWN[module])
    assert not {module for module in reached if room(module) in {"training", "datasets", "evaluation", "synthetic"}}


def _networks() -> set[str]:
    """The names of the classes in models/ that are networks or parts of them, without the helpers of the records."""
    names = set()
    for module, file in MODULES.items():
        if room(module) == "models":
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and any(ast.unparse(base).startswith("nn.") for base in node.bases):
                    names.add(node.name)
    return names


def test_nobody_but_models_asks_which_network_it_is():
    networks = _networks()
    assert {"FitPose", "Martinez", "SemGCN"} <= networks
    wrong = []
    for module, file in MODULES.items():
        if room(module) == "models":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
                asked = {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
                asked |= {part.attr for part in ast.walk(node.args[1]) if isinstance(part, ast.Attribute)}
                wrong += [f"{module}:{node.lineno}: {name}" for name in asked & networks]
    assert not wrong


@pytest.mark.parametrize("folder", ["fitlab", "widgets", "tests"])
def test_no_file_is_longer_than_a_reader_can_hold(folder):
    lengths = {file: len(file.read_text("utf-8").splitlines()) for file in (REPOSITORY / folder).rglob("*.py")}
    assert {str(file.relative_to(REPOSITORY)): n for file, n in lengths.items() if n > MOST_LINES} == {}


def test_every_file_says_what_it_is():
    silent = [module for module, file in MODULES.items() if not ast.get_docstring(ast.parse(file.read_text("utf-8")))]
    assert not silent


def _lines(file: Path) -> list[tuple[int, str]]:
    """Numbers and texts of the lines that say something: no comments, imports, underlines and lone punctuation."""
    numbered = enumerate(map(str.strip, file.read_text("utf-8").splitlines()), 1)
    return [(n, line) for n, line in numbered if re.search(r"\w", line) and not re.match(r"#|from |import ", line)]


def repeated(files: Iterable[Path], count: int = 6) -> list[str]:
    """Places where so many lines that say something stand again to the letter."""
    first: dict[tuple[str, ...], tuple[Path, int]] = {}
    found = []
    for file in files:
        lines = _lines(file)
        for start in range(len(lines) - count + 1):
            block = tuple(line for _, line in lines[start : start + count])
            place = first.setdefault(block, (file, start))
            if place[0] != file or place[1] + count <= start:
                found.append(f"{file}:{lines[start][0]} as {place[0]}")
    return found


def test_a_block_that_stands_twice_is_seen(tmp_path):
    block = "\n".join(f"a{number} = 1" for number in range(6))
    (tmp_path / "a.py").write_text(f"{block}\nend = 1\n\n    {block}\n")
    (tmp_path / "b.py").write_text(block.replace("\n", "\n\n# new\n"))
    assert len(repeated([tmp_path / "a.py"])) == 1
    assert len(repeated([tmp_path / "a.py", tmp_path / "b.py"])) == 2
    assert not repeated([tmp_path / "b.py"])


def test_no_block_of_six_lines_is_written_twice():
    assert (
        repeated(file for folder in ("fitlab", "widgets", "tests") for file in (REPOSITORY / folder).rglob("*.py"))
        == []
    )
