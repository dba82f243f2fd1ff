"""Sections that are no chapters: pages of MyST Markdown, to be looked up rather than read; their code is executed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from pattern_rules import LIMITS, LINK, asserts, bibliography, fold, section, tool

PAGES = [ROOT / f"book/{name}.md" for name in ("tools", "summary", "questions")]
every = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
lab = tool("lab")


def code(path: Path) -> list[str]:
    return [source for kind, source in lab.cells_of(path.read_text(encoding="utf-8")) if kind == "code"]


def prose(path: Path) -> str:
    cells = lab.cells_of(path.read_text(encoding="utf-8"))
    return "\n\n".join(source for kind, source in cells if kind == "markdown")


@every
def test_the_title_carries_the_number_and_its_chinese_term(path: Path) -> None:
    assert re.match(r"# [789] \w+ \([\u4e00-\u9fff]+\)\n", prose(path))


@every
def test_cells_are_folded_as_their_first_lines_say_and_fit_the_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert fold.folded_page(text) == text
    for source in code(path):
        mark = fold.marker(source)
        lines = source.splitlines()[bool(mark) :]
        assert [line for line in lines if len(line) > LIMITS["code"]] == []
        assert len(lines) <= LIMITS["any" if mark else "shown"], source
        assert asserts(ast.parse(source)) == (mark == "# checked: "), source


@every
def test_a_picture_has_its_words_and_is_folded(path: Path) -> None:
    heads = re.findall(r"^---\n((?:(?!---).*\n)+)---\n", path.read_text(encoding="utf-8"), re.MULTILINE)
    told = [yaml.safe_load(head).get("mystnb", {}).get("image", {}).get("alt", "") for head in heads[1:]]
    assert sum(len(words) >= 40 for words in told) == sum("plt.subplots" in source for source in code(path))


@every
def test_links_are_alive_and_works_are_cited_as_the_bibliography_has_them(path: Path) -> None:
    cited = bibliography()
    for words, address in LINK.findall(prose(path)):
        target, _, anchor = address.partition("#")
        if re.match(r"https?://", address):
            assert not re.search(r", \d{4}$", words) or cited.get(words) == address, words
        elif "cases/" in target:
            assert (ROOT / "lossbook/causes" / f"{Path(target).stem}.py").is_file() or "healthy" in target, address
            assert anchor.startswith("case-"), address
        elif target not in ("", "checklist.md"):
            assert (path.parent / target).is_file(), address
            assert not target.endswith(".ipynb") or words.startswith(section(target)), address


def test_every_question_has_a_run_a_check_and_a_page_that_explains_it() -> None:
    parts = re.split(r"^### ", PAGES[-1].read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(parts) >= 20
    for part in parts:
        assert "\n# checked: " in part, part[:60]
        assert "\n→ " in part, part[:60]
        assert len(re.findall(r"^```\{code-cell\}", part, re.MULTILINE)) >= 2, part[:60]
