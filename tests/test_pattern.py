"""Every chapter holds the pattern's rules, but for those in ``NOT_YET``, which it must not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import NOTEBOOKS, ROOT
from opened_page import WIDTHS, OpenedPage
from pattern_rules import NOT_YET, ORDER, SEEN, SOURCE, address_of, bibliography, glossary, prose

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def judge(path: Path, rule: str, complaints: list[str]) -> None:
    if rule in NOT_YET.get(path.stem, ()):
        assert complaints, f"{path.stem} holds the rule {rule!r} now: take it out of NOT_YET"
    else:
        assert complaints == []


@every
@pytest.mark.parametrize("rule", SOURCE)
def test_a_chapter_holds_the_pattern(rule: str, path: Path) -> None:
    judge(path, rule, SOURCE[rule](path))


@pytest.mark.browser
@pytest.mark.xdist_group("book")
@every
@pytest.mark.parametrize("rule", SEEN)
def test_a_built_chapter_holds_the_pattern(rule: str, path: Path, book: Path, browser: Any) -> None:
    opened = OpenedPage(browser, (book / f"notebooks/{path.stem}.html").as_uri(), WIDTHS["desktop"])
    complaints = SEEN[rule](opened.page)
    opened.page.close()
    judge(path, rule, complaints)


def test_no_chapter_is_excused_that_is_not_there() -> None:
    assert set(NOT_YET) <= {path.stem for path in NOTEBOOKS}
    assert set().union(*NOT_YET.values()) <= {*SOURCE, *SEEN}


def test_each_term_is_defined_on_the_page_that_the_glossary_names() -> None:
    terms = glossary()
    assert len(terms) >= 20
    for term, page in terms.items():
        assert page in ORDER, page
        text = " ".join(prose(ROOT / f"{page}.ipynb").lower().split())
        assert f"**{term.lower()}" in text, f"{term} is not set in bold on {page}"


def test_every_work_of_the_bibliography_can_be_cited() -> None:
    """No two say the same, and each has an address."""
    entries = (ROOT / "book/references.bib").read_text().split("\n@")
    assert [entry.split(",")[0] for entry in entries if address_of(entry) is None] == []
    assert len(bibliography()) == len(entries)
