"""The API pages of the documentation: one for each folder of fitlab, with all of its public modules.

mkdocs calls these hooks. A new module is on a page without any change here.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VOCABULARY = "vocabulary"  # the page of the modules that lie flat in fitlab/


def pages() -> dict[str, str]:
    """The text of every page.

    Returns
    -------
    dict
        Name of the page -> Markdown.
    """
    rooms: dict[str, list[Path]] = {VOCABULARY: []}
    for file in sorted((ROOT / "fitlab").rglob("*.py")):
        folder = file.relative_to(ROOT / "fitlab").parent
        if not (file.stem.startswith("_") and file.stem != "__init__"):
            rooms.setdefault(".".join(folder.parts) or VOCABULARY, []).append(file)
    return {room: _page(room, files) for room, files in rooms.items()}


def _page(room: str, files: list[Path]) -> str:
    name = "fitlab" if room == VOCABULARY else f"fitlab.{room}"
    # An __init__ without a docstring has nothing to show.
    shown = [file for file in files if ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    modules = [name if file.stem == "__init__" else f"{name}.{file.stem}" for file in shown]
    return "\n\n".join([f"# {name}", *(f"::: {module}" for module in modules)]) + "\n"


def on_config(config: Any) -> Any:
    """Put the pages at the end of the navigation."""
    config.nav = [*config.nav, {"API": [{room: f"api/{room}.md"} for room in pages()]}]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages to those that are written by hand."""
    from mkdocs.structure.files import File

    for room, text in pages().items():
        files.append(File.generated(config, f"api/{room}.md", content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Show a number or a name without the link to a file of the notebooks, which are not among the pages."""
    return re.sub(r"\[([^]]+)\]\(\.\./notebooks/[^)]+\)", r"\1", markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Show a role of Sphinx, such as ``:func:`detect```, as code; Markdown does not know them."""
    return re.sub(r":(?:func|class|data|mod|attr|meth):<code>~?", "<code>", html)
