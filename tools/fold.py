"""Fold the cells of a chapter as their first lines say: python tools/fold.py notebooks/NAME.ipynb ...

The first line of a code cell says whether it is folded, in the book and in JupyterLab:

    # folded: the code of this picture    only the code is folded: imports, drawing, measuring
    # checked: the good range is narrow   a cell that only checks: code and outputs, under a line with a tick
    # solution: half the batch size       a cell of a solution, with its outputs

All other code is shown. The tool writes the cells' metadata; ``tests/test_pattern.py`` asserts that they are current.
A page of MyST Markdown with code, such as book/questions.md, is folded in the same way.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

#: what begins the first line -> tag of MyST-NB, what its line in the book begins with, hidden in JupyterLab
MARKERS = {
    "# folded: ": ("hide-input", "", {"source_hidden": True}),
    "# checked: ": ("hide-cell", "✓ checked when this page was built: ", {"source_hidden": True}),
    "# solution: ": ("hide-cell", "solution in code: ", {"outputs_hidden": True, "source_hidden": True}),
}
PROMPTS = ("code_prompt_show", "code_prompt_hide")


def marker(source: str) -> str:
    """The key of ``MARKERS`` that a cell begins with; empty if it is shown."""
    return next((mark for mark in MARKERS if source.startswith(mark)), "")


def folded(source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a code cell with this source: what folds it is made anew, the rest is kept."""
    book = {key: value for key, value in metadata.get("mystnb", {}).items() if key not in PROMPTS}
    tags = [tag for tag in metadata.get("tags", []) if not tag.startswith("hide-")]
    rest = {key: value for key, value in metadata.items() if key not in ("mystnb", "tags", "jupyter")}
    if mark := marker(source):
        tag, begin, jupyter = MARKERS[mark]
        line = begin + source.partition("\n")[0].removeprefix(mark)
        book |= dict.fromkeys(PROMPTS, line)
        tags, rest = [tag, *tags], rest | {"jupyter": jupyter}
    return rest | ({"mystnb": book} if book else {}) | ({"tags": tags} if tags else {})


#: of MyST Markdown a code cell: its metadata, between lines of three dashes, and its source
CELL = re.compile(r"(?<=^```\{code-cell\} ipython3\n)(?:---\n((?:.*\n)*?)---\n)?((?:.*\n)*?)(?=```\n)", re.MULTILINE)


def folded_page(text: str) -> str:
    """A page of MyST Markdown, with the metadata of its code cells made anew."""

    def anew(hit: re.Match[str]) -> str:
        metadata = folded(hit[2], yaml.safe_load(hit[1] or "") or {})
        metadata.pop("jupyter", None)  # JupyterLab opens copies, which do not have it
        if not metadata:
            return hit[2]
        head = yaml.safe_dump(metadata, allow_unicode=True, width=10_000)
        return f"---\n{head}---\n{hit[2]}"

    return CELL.sub(anew, text)


def fold(path: Path) -> bool:
    """Write the metadata of every code cell, and number the cells; returns whether something changed."""
    if path.suffix == ".md":
        page = path.read_text(encoding="utf-8")
        path.write_text(anew := folded_page(page), encoding="utf-8")
        return anew != page
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = str(number)  # as nbstripout has it
        if cell["cell_type"] == "code":
            cell["metadata"] = folded("".join(cell["source"]), cell["metadata"])
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    changed = text != path.read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    return changed


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, "folded anew" if fold(Path(name)) else "was folded already")
