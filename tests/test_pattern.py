"""Every chapter holds the pattern's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import NOTEBOOKS, ROOT
from pattern_rules import ORDER, SEEN, SOURCE, address_of, bibliography, glossary, prose

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@every
@pytest.mark.parametrize("rule", SOURCE)
def test_a_chapter_holds_the_pattern(rule: str, path: Path) -> None:
    assert SOURCE[rule](path) == []


@pytest.mark.browser
@pytest.mark.xdist_group("book")
@every
@pytest.mark.parametrize("rule", SEEN)
def test_a_built_chapter_holds_the_pattern(rule: str, path: Path, visits: Any) -> None:
    assert visits.said(f"notebooks/{path.stem}", "desktop")[rule] == []


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
