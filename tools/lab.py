"""Copy the book into lab/ for JupyterLab, with an index: python tools/lab.py

Git does not look into lab/, so that opening, running and changing a chapter there changes nothing in the project. A
copy that differs from the book in its code or text is kept, since its reader may have changed it; a sentence says so.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

sys.path.append(str(Path(__file__).parent))
from fold import folded, marker

ROOT = Path(__file__).parent.parent
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
CELL = re.compile(r"^```\{code-cell\}.*\n((?:---\n(?:.*\n)*?---\n|:.*\n)*)((?:.*\n)*?)```\n", re.MULTILINE)
SCREENED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}  # tags of cells whose code the book does not show
INCLUDED = re.compile(r"^```\{include\} (.*)\n```", re.MULTILINE)
WIDTH = 76  # columns of a line of a cell; JupyterLab shows the first line of a folded one, and cuts off what is longer
BOXES = re.compile(r"^(:{3,})\{container\}.*\n((?:.*\n)*?)\1$", re.MULTILINE)
FILTER = re.compile(r"^<fieldset(?:.*\n)*?</fieldset>\n+", re.MULTILINE)
CONTENTS = re.compile(r"^```\{contents\}\n(?:.*\n)*?```$", re.MULTILINE)
HEADING = re.compile(r"^(##+) (.*)$", re.MULTILINE)
WIDGETS = "@jupyter-widgets/jupyterlab-manager:plugin"  # the name of the widgets' settings
INDEX = """# Why the loss will not go down

These are your own copies of the book's pages, in the folder `lab/`: run them, change them, break them. To get the
book's version of a page back, delete your copy and start `make lab` again. *Run All Cells* in the menu *Run* runs a
page, and ■ stops it. JupyterLab opens the output of each cell that runs, those of the solutions, too: to think first,
run the cells one by one (Shift+Enter), and stop above a solution.

"""


def notebook(cells: list[tuple[str, str]], metadata: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A notebook of (kind, source) cells, each with its metadata."""
    made: list[dict[str, Any]] = []
    for place, ((kind, source), about) in enumerate(zip(cells, metadata or [{}] * len(cells), strict=True)):
        more: dict[str, Any] = {} if kind == "markdown" else {"execution_count": None, "outputs": []}
        made.append({"cell_type": kind, "id": f"cell-{place}", "metadata": about, "source": source, **more})
    return {"cells": made, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def cells_of(text: str) -> list[tuple[str, str]]:
    """The cells of a page that is written as MyST Markdown."""
    return [(kind, source) for kind, source, _ in cells_with_metadata(text)]


def cells_with_metadata(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The cells of a page that is written as MyST Markdown, and what the notebooks' own cells would say of them."""
    cells: list[tuple[str, str, dict[str, Any]]] = []
    text, end = re.sub(r"\A---\n(?:.*\n)*?---\n", "", text), 0
    for hit in CELL.finditer(text):
        said = yaml.safe_load(re.sub(r"^(?:---|:(?=\w))", "", hit[1], flags=re.MULTILINE)) or {}
        about, source = folded(hit[2], said), hit[2].rstrip()
        if SCREENED & set(about.get("tags", [])):
            about.setdefault("jupyter", {"source_hidden": True})
        cells += [("markdown", text[end : hit.start()].strip(), {}), ("code", source, about)]
        end = hit.end()
    return [cell for cell in [*cells, ("markdown", text[end:].strip(), {})] if cell[1]]


def shown(text: str) -> str:
    """Text of the book without what JupyterLab does not show: boxes, a filter of radio buttons, a list of contents."""
    text = CONTENTS.sub(lambda _: _contents(CELL.sub("", text)), FILTER.sub("", text))
    return BOXES.sub(lambda hit: hit[2].rstrip(), text)


def _contents(text: str) -> str:
    """The headings below the title, as a list."""
    found = [(len(hit[1]) - 2, hit[2]) for hit in HEADING.finditer(text)]
    return "\n".join(f"{'  ' * depth}- {words}" for depth, words in found)


def broken(source: str) -> str:
    """Code whose first line, if that folds the cell, is broken into comments of at most ``WIDTH`` columns."""
    first, _, rest = source.partition("\n")
    if not marker(source) or len(first) <= WIDTH:
        return source
    lines = textwrap.wrap(first, WIDTH - 2, subsequent_indent="# ", break_long_words=False, break_on_hyphens=False)
    return " …\n".join(lines) + f"\n{rest}" * bool(rest)


def linked(text: str, runs: set[str]) -> str:
    """Roles of the book as links; a page with code is a notebook here."""
    text = re.sub(r"\{doc\}`([\w./]+)`", lambda hit: f"[{title_of(hit[1])}]({_file(hit[1])})", text)
    return re.sub(r"\b(\w+)\.md\b", lambda hit: f"{hit[1]}.ipynb" if hit[1] in runs else hit[0], text)


def title_of(page: str) -> str:
    """Of a page that another one names, from book/ or from notebooks/."""
    name = Path(page).name
    path = next(path for path in (ROOT / f"notebooks/{name}.ipynb", ROOT / f"book/{name}.md") if path.exists())
    text = path.read_text(encoding="utf-8")
    hit = re.search(
        r"^# (.*)$", "".join(json.loads(text)["cells"][0]["source"]) if text.startswith("{") else text, re.M
    )
    return hit[1] if hit else name.replace("_", " ")


def _file(page: str) -> str:
    return page + (".ipynb" if re.match(r"\d", Path(page).name) else ".md")


def pages() -> list[tuple[str, list[str]]]:
    """The parts of the book: (caption, its pages), in the order of _toc.yml."""
    parts: list[tuple[str, list[str]]] = []
    for line in (ROOT / "_toc.yml").read_text(encoding="utf-8").splitlines():
        if hit := re.match(r"\s*- caption: (.*)", line):
            parts.append((hit[1], []))
        elif hit := re.match(r"\s*- file: (.*)", line):
            parts[-1][1].append(hit[1])
    return parts


def place(path: Path, text: str) -> None:
    """Write a copy, unless there is one that a reader may have changed."""
    if path.exists():
        if _said(path.read_text(encoding="utf-8")) != _said(text):
            print(f"kept: {path.relative_to(ROOT)} differs from the book's; delete it to get the book's.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _said(text: str) -> Any:
    """A notebook without its outputs."""
    if not text.startswith("{"):
        return text
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]


def main(lab: Path = ROOT / "lab") -> Path:
    """Fill the folder; returns the index."""
    sys.path.append(str(ROOT / "book" / "_ext"))
    importlib.import_module("lossbook_cases").write(ROOT / "book")  # pages that a build of the book writes
    paths = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in (ROOT / "book").rglob("*.md")}
    books = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    runs, index = {Path(name).name for name, text in books.items() if CELL.search(text)}, INDEX
    for caption, names in pages():
        index += f"\n## {caption}\n\n"
        for name in names:
            source = ROOT / name
            if name.startswith("notebooks/"):
                text = source.with_suffix(".ipynb").read_text(encoding="utf-8")
                title, suffix = "".join(json.loads(text)["cells"][0]["source"]), ".ipynb"
                place(lab / f"{name}.ipynb", _chapter(linked(text, runs)))
            elif name.startswith("book/api") or source.name == "bibliography":  # made by Sphinx
                continue
            else:
                text = INCLUDED.sub(lambda hit: (ROOT / "book" / hit[1]).read_text("utf-8"), books[name])
                text, title = shown(linked(text, runs)), text
                suffix = ".ipynb" if source.name in runs else ".md"
                place(lab / f"{name}{suffix}", _page(text) if source.name in runs else text)
            heading = re.search(r"^# (.*)$", title, re.MULTILINE)
            index += f"- [{heading[1] if heading else source.name}]({name}{suffix})\n"
    (lab / "index.ipynb").write_text(json.dumps(notebook([("markdown", index)]), indent=1), encoding="utf-8")
    return lab / "index.ipynb"


def _page(text: str) -> str:
    cells = cells_with_metadata(text)
    made = notebook([(kind, broken(source)) for kind, source, _ in cells], [about for *_, about in cells])
    return json.dumps(made, indent=1, ensure_ascii=False)


def _chapter(text: str) -> str:
    """A notebook of the book, its folded cells with first lines that are shown whole."""
    book = json.loads(text)
    for cell in book["cells"]:
        source = "".join(cell["source"])
        cell["source"] = (broken(source) if cell["cell_type"] == "code" else source).splitlines(keepends=True)
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def keep_widgets(environment: Path = Path(sys.prefix)) -> None:
    """Let this environment's JupyterLab save what widgets show with a notebook; what is chosen there already stays."""
    path = environment / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    try:
        chosen = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({WIDGETS: {"saveState": True}} | chosen, indent=1), encoding="utf-8")
    except (OSError, ValueError, TypeError) as error:
        print(f"A notebook that is opened again will not show the last picture of its widgets, for {path}: {error}")


if __name__ == "__main__":
    main()
    keep_widgets()
