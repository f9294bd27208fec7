"""What a public function takes and answers is said in its docstring, in NumPy's style.

Functions of arrays, tensors and poses say shapes and units under ``Parameters`` and ``Returns``; whoever raises says so
under ``Raises``; a list of parameters leaves none out. A network's ``forward`` is described with its class.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
#: A docstring that leaves sections to that of a function of (1) for (2).
SEE = re.compile(r"See :\w+:`([\w.]+)` for the ([\w, ]+)\.")
SECTION = re.compile(r"^(\w+)\n-{3,}$", re.MULTILINE)
DOCUMENTED = ast.FunctionDef | ast.ClassDef
ARRAYS = re.compile(r"\b(ndarray|Tensor|Pose2D|Pose3D)\b")


def public_functions(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods without an underscore, with their names; none inside a function."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{owner}{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name != "forward":
            yield owner + node.name, node


def raises(function: ast.FunctionDef) -> bool:
    """Whether the function itself raises, other than again what it caught."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Raise) and node.exc is not None:
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))
    return False


def elsewhere(told: str) -> list[str]:
    """The sections that a docstring leaves to another one: ``See :func:`name` for the parameters and answer.``"""
    names = {"parameters": "Parameters", "answer": "Returns", "errors": "Raises"}
    found = SEE.search(told)
    return [names[word] for word in re.findall(r"\w+", found[2]) if word in names] if found else []


def lacking(function: ast.FunctionDef) -> list[str]:
    """What the docstring of a function does not say."""
    told = ast.get_docstring(function) or ""
    if not told:
        return ["a docstring"]
    given = function.args
    parameters = [each for each in (*given.posonlyargs, *given.args, *given.kwonlyargs) if each.arg != "self"]
    parameters = [each for each in parameters if each.arg != "cls"]
    annotations = [ast.unparse(each.annotation) for each in parameters if each.annotation]
    answer = ast.unparse(function.returns) if function.returns else "None"
    is_property = any(ast.unparse(each).endswith("property") for each in function.decorator_list)
    sections = {*SECTION.findall(told), *elsewhere(told)}
    missing = []
    if any(map(ARRAYS.search, (*annotations, answer))) and not is_property:
        missing += ["Parameters"] if parameters and "Parameters" not in sections else []
        missing += ["Returns"] if answer != "None" and not sections & {"Returns", "Yields"} else []
    if "Parameters" in SECTION.findall(told):
        missing += [each.arg for each in parameters if not re.search(rf"\b{each.arg}\b", told)]
    return missing + (["Raises"] if raises(function) and "Raises" not in sections else [])


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def f(a: np.ndarray) -> int:\n    '''Of a.'''", ["Parameters", "Returns"]),
        ("def f(a: int) -> int:\n    '''Of a.'''", []),
        ("def f(a: int, b: int) -> int:\n    '''Of a.\n\n    Parameters\n    ----------\n    a\n    '''", ["b"]),
        ("def f():\n    '''F.'''\n    raise ValueError", ["Raises"]),
        ("def f():\n    '''F.'''\n    def g():\n        raise ValueError\n    raise", []),
        ("def f(): pass", ["a docstring"]),
        ("def f(a: Tensor) -> Tensor:\n    '''Of a. See :func:`g` for the parameters.'''", ["Returns"]),
        ("def f(a: Tensor) -> Tensor:\n    '''Of a. See :func:`g` for the parameters and answer.'''", []),
    ],
)
def test_what_a_docstring_lacks_is_seen(source, missing):
    [(name, function)] = public_functions(ast.parse(source).body)
    assert (name, lacking(function)) == ("f", missing)


@pytest.mark.parametrize("folder", ["fitlab", "widgets"])
def test_every_public_function_says_what_it_takes_and_answers(folder):
    silent = {
        f"{file.relative_to(REPOSITORY)}:{function.lineno} {name}": missing
        for file in sorted((REPOSITORY / folder).rglob("*.py"))
        for name, function in public_functions(ast.parse(file.read_text("utf-8")).body)
        if (missing := lacking(function))
    }
    assert silent == {}


@pytest.mark.parametrize("folder", ["fitlab", "widgets"])
def test_whoever_refers_to_another_docstring_names_one_that_says_it(folder):
    trees = {file: ast.parse(file.read_text("utf-8")) for file in sorted((REPOSITORY / folder).rglob("*.py"))}
    documented = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, DOCUMENTED)]
    said: dict[str, set[str]] = {}
    for node in documented:
        said.setdefault(node.name, set()).update(SECTION.findall(ast.get_docstring(node) or ""))
    for node in documented:
        if found := SEE.search(told := ast.get_docstring(node) or ""):
            assert said[found[1].split(".")[-1]].issuperset(elsewhere(told)), node.name
