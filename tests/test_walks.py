"""From the first page of the built book to the cause of a stuck loss, by clicks on links in the text alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from lossbook.causes import CAUSES
from lossbook.widgets.case_links import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("book")]

HREF = re.compile(r'<a [^>]*?href="([^":#]*)(?:#[^"]*)?"')
MOST = 3  #: clicks


def links(page: Path) -> set[Path]:
    """The pages to which the text of a page links; what stands beside it (the lists of all pages) does not count."""
    html = page.read_text(encoding="utf-8")
    text = html[html.index("<article") : html.index("</article>")]
    return {(page.parent / address).resolve() for address in HREF.findall(text) if address.endswith(".html")}


@pytest.fixture(scope="module")
def clicks(book: Path) -> dict[str, int]:
    """Page of the book -> the fewest clicks from the first page."""
    home = (book / "book/intro.html").resolve()
    found, newest = {home: 0}, {home}
    while newest:
        newest = {target for page in newest for target in links(page) if target.is_file()} - set(found)
        found |= dict.fromkeys(newest, max(found.values()) + 1)
    return {path.relative_to(book.resolve()).as_posix(): count for path, count in found.items()}


@pytest.mark.parametrize("key", CAUSES)
def test_a_cause_is_three_clicks_away(key: str, clicks: dict[str, int]) -> None:
    assert clicks[f"book/cases/{PAGES[key]}.html"] <= MOST


@pytest.mark.parametrize("page", ["book/cases", "book/checklist", "notebooks/01_1_symptoms", "notebooks/01_3_repair"])
def test_what_leads_from_a_symptom_to_its_causes_is_two_clicks_away(page: str, clicks: dict[str, int]) -> None:
    assert clicks[f"{page}.html"] < MOST


def test_every_page_can_be_reached(clicks: dict[str, int]) -> None:
    pages = re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert [page for page in pages if f"{page}.html" not in clicks] == []
