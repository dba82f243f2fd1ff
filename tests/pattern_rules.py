"""The second edition of the pattern: what every chapter holds, each rule a function that returns its complaints."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from conftest import ROOT

LIMITS = {
    "code": 76,  # columns of a line of code: what fits the page at 1280 px
    "typical": 8,  # lines: half of the cells that are shown have no more
    "shown": 20,  # lines of a cell that is shown
    "any": 40,  # lines of a folded cell
    "output": 72,  # columns of a line that is printed
    "printed": 6,  # lines that a cell prints; more are a table
    "screens": 12,  # of 1,400 px, at 1280 px, cells folded
}

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
ORDER = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)\)")


def tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fold = tool("fold")


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook."""

    kind: str
    source: str
    metadata: dict[str, Any]

    @property
    def mark(self) -> str:
        return fold.marker(self.source).strip("# :") if self.kind == "code" else ""

    def statements(self) -> list[ast.stmt]:
        return ast.parse(self.source).body

    def __str__(self) -> str:
        return textwrap.shorten(self.source, 70)


def cells_of(path: Path) -> list[Cell]:
    return [
        Cell(cell["cell_type"], "".join(cell["source"]), cell["metadata"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    ]


def code(path: Path) -> list[Cell]:
    return [cell for cell in cells_of(path) if cell.kind == "code"]


def prose(path: Path) -> str:
    return "\n\n".join(cell.source for cell in cells_of(path) if cell.kind == "markdown")


def lines_of_code_fit(path: Path) -> list[str]:
    """A line of code is not wider than the page; the words that fold a cell may be, since they wrap."""
    lines = [line for cell in code(path) for line in cell.source.splitlines()[bool(cell.mark) :]]
    return [line for line in lines if len(line) > LIMITS["code"]]


def cells_are_short(path: Path) -> list[str]:
    """What the reader sees at once is read at once."""
    said, lengths = [], []
    for cell in code(path):
        length = len(cell.source.splitlines())
        lengths += [length] * (not cell.mark)
        if length > LIMITS["any" if cell.mark else "shown"]:
            said.append(f"{length} lines: {cell}")
    middle = median(lengths)
    return said + [f"half of the shown cells have {middle} lines and more"] * (middle > LIMITS["typical"])


def asserts(node: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Assert) or (isinstance(part, ast.Attribute) and part.attr.startswith("assert_"))
        for part in ast.walk(node)
    )


def cells_are_folded(path: Path) -> list[str]:
    """Imports, pictures and checks are folded, each cell as its first line says, and the metadata are current."""
    said = []
    for cell in code(path):
        body = cell.statements()
        if fold.folded(cell.source, cell.metadata) != cell.metadata:
            said.append(f"run tools/fold.py: {cell}")
        if cell.mark not in ("checked", "solution") and any(map(asserts, body)):
            said.append(f"an assert outside of a cell that begins with '# checked: ': {cell}")
        if not cell.mark and "image" in cell.metadata.get("mystnb", {}):
            said.append(f"a picture's code does not begin with '# folded: ': {cell}")
        if not cell.mark and all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in body[:-1]) and len(body) > 2:
            said.append(f"imports do not begin with '# folded: ': {cell}")
    return said


def solutions_are_folded(path: Path) -> list[str]:
    """A solution is one block of prose that folds; the code cells below it are marked as its own."""
    said, after = [], False
    for cell in cells_of(path):
        if cell.kind == "markdown":
            after = bool(re.search(r":::+\{solution\} \S+\n:class: dropdown\n(?:.|\n)*\n:::+\s*$", cell.source))
            gated = re.findall(r"\{(?:exercise|solution)-(?:start|end)\}", cell.source)
            said += [f"{one} leaves its content open in JupyterLab: write one block" for one in gated]
            if "{solution}" in cell.source and not after:
                said.append(f"a solution that does not end its cell, or is no dropdown: {cell}")
        elif after != (cell.mark == "solution"):
            said.append(f"{'no solution' if after else 'a solution without its block'}: {cell}")
    return said


def bibliography() -> dict[str, str]:
    """What a citation says -> the address that it links to."""
    found = {}
    for entry in re.split(r"^@", (ROOT / "book/references.bib").read_text(), flags=re.MULTILINE)[1:]:
        names, year = re.search(r"author = \{(.*)\},?\n", entry), re.search(r"year = \{(\d+)\}", entry)
        if names and year and (address := address_of(entry)):
            who = [_family(name) for name in names[1].split(" and ")]
            many = len(who) > 2 or who[-1] == "others"
            found[f"{f'{who[0]} et al.' if many else ' and '.join(who)}, {year[1]}"] = address
    return found


def address_of(entry: str) -> str | None:
    """Where a work of the bibliography can be read: its DOI, its number at arXiv, or its page."""
    for pattern, begin in (
        (r"doi = \{(.*?)\}", "https://doi.org/"),
        (r"eprint = \{(.*?)\}", "https://arxiv.org/abs/"),
        (r"arXiv:(\d+\.\d+)", "https://arxiv.org/abs/"),
        (r"url = \{(.*?)\}", ""),
    ):
        if hit := re.search(pattern, entry):
            return begin + hit[1]
    return None


def _family(name: str) -> str:
    plain = re.sub(r"\\['\"`^~]\{?(\w)\}?", r"\1", name) if "\\" in name else name
    return (plain.split(",")[0] if not plain.startswith("{") else plain).replace("{", "").replace("}", "").strip()


def links_work(path: Path) -> list[str]:
    """Links and citations work in JupyterLab, on GitHub and in the book: plain Markdown, and none is dead."""
    said = [f"{hit} works in the book alone" for hit in re.findall(r"\{(?:doc|cite[:\w]*)\}`[^`]*`", prose(path))]
    cited = bibliography()
    for words, address in LINK.findall(prose(path)):
        target, _, _ = address.partition("#")
        if re.match(r"https?://", address):
            if re.search(r", \d{4}$", words) and cited.get(words) != address:
                said.append(f"[{words}]({address}): references.bib has {cited.get(words)}")
        elif target and not (path.parent / target).is_file():
            said.append(f"[{words}]({address}): there is no such file")
        elif target.endswith(".ipynb") and not words.startswith(number := section(target)):
            said.append(f"[{words}]({address}): begin with the section's number, {number}")
    return said


def section(name: str) -> str:
    """02_3_learning_rate.ipynb -> 2.3"""
    return ".".join(part.lstrip("0") for part in Path(name).stem.split("_") if part.isdigit())


def glossary() -> dict[str, str]:
    """Term -> the page that defines it, as ``book/glossary.md`` says."""
    text = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^\*\*(.+?)\*\*.*\n: (?:.|\n)*?\[[^\]]*\]\(\.\./(notebooks/\w+)\.ipynb\)", text, re.MULTILINE)
    return dict(entries)


def uses(term: str, text: str) -> Iterator[str]:
    """The paragraphs that use a term, in prose."""
    word = re.compile(rf"\b{re.escape(term)}s?\b", re.IGNORECASE)
    for paragraph in text.split("\n\n"):
        plain = " ".join(re.sub(r"`[^`]*`|\$[^$]*\$", "", paragraph).split())
        if word.search(plain):
            yield paragraph


def terms_are_defined_before(path: Path) -> list[str]:
    """No term is used on a page before the one that defines it, unless the paragraph links to that page."""
    said, place = [], {page: at for at, page in enumerate(ORDER)}
    for term, page in glossary().items():
        if place[f"notebooks/{path.stem}"] < place[page]:
            name = page.removeprefix("notebooks/")
            for paragraph in uses(term, prose(path)):
                if f"({name}.ipynb" not in paragraph and f"`{name}`" not in paragraph:
                    said.append(f"{term!r} is defined in {name}: {textwrap.shorten(paragraph, 80)}")
    return said


#: rule -> its complaints about a notebook's text
SOURCE: dict[str, Callable[[Path], list[str]]] = {
    "code": lines_of_code_fit,
    "short": cells_are_short,
    "folded": cells_are_folded,
    "solutions": solutions_are_folded,
    "links": links_work,
    "terms": terms_are_defined_before,
}

OPEN = "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
WIDE = """[...document.querySelectorAll('main :is(pre, table, .cell_output, div.math)')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .map(one => one.className + ': ' + one.textContent.slice(0, 80))"""


def outputs_fit(page: Any) -> list[str]:
    """What a cell prints is short and narrow; more is a table."""
    said = []
    for text in page.eval_on_selector_all("main .cell_output pre", "all => all.map(one => one.textContent)"):
        lines = text.rstrip().splitlines()
        said += [f"wider than {LIMITS['output']}: {line}" for line in lines if len(line) > LIMITS["output"]]
        if len(lines) > LIMITS["printed"]:
            said.append(f"{len(lines)} printed lines, which should be a table: {lines[0]}")
    return said


def page_is_short(page: Any) -> list[str]:
    """At most so many screens, with the cells folded."""
    screens = page.evaluate("document.querySelector('main article').getBoundingClientRect().height") / 1400
    return [f"{screens:.1f} screens"] if screens > LIMITS["screens"] else []


def nothing_scrolls(page: Any) -> list[str]:
    """Nothing is cut or scrolls sideways, with the folded cells opened."""
    page.evaluate(OPEN)
    return page.evaluate(WIDE)


#: rule -> its complaints about a page that a browser has opened at 1280 px
SEEN: dict[str, Callable[[Any], list[str]]] = {
    "outputs": outputs_fit,
    "screens": page_is_short,
    "sideways": nothing_scrolls,
}
