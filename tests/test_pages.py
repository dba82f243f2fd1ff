"""The widgets of every built page: each control moved through all its values, by keyboard and by pointer."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from conftest import ids_that_stand_twice
from moved_widgets import widgets_of
from opened_page import WIDTHS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("book")]
WEIGHT = 150 * 1024  # bytes, gzipped, of all widgets of a page
PHONE = [("phone", "light"), ("phone", "dark")]


@pytest.fixture(scope="module")
def pages(book: Path) -> dict[str, list[str]]:
    """Page -> the widgets' HTML, for every page with widgets; both kinds of widget occur."""
    found = {
        path.relative_to(book).with_suffix("").as_posix(): widgets_of(path.read_text()) for path in book.rglob("*.html")
    }
    found = {name: widgets for name, widgets in found.items() if widgets}
    assert {widget[:7] for widgets in found.values() for widget in widgets} == {"<loss-e", "<loss-q"}
    return found


def test_every_control_of_every_page_shows_the_state_it_stands_at(pages: dict[str, list[str]], visits: Any) -> None:
    assert visits.all_said(list(pages), "moved", ("desktop", "light")) == {}


def test_every_question_is_answered_once_and_counted(pages: dict[str, list[str]], visits: Any) -> None:
    """In turn: right by keyboard, wrong by pointer."""
    assert visits.all_said(list(pages), "questions", ("desktop", "light")) == {}


def test_a_page_with_widgets_asks_nothing_of_another_host_and_throws_nothing(
    pages: dict[str, list[str]], visits: Any
) -> None:
    assert visits.all_said(list(pages), "quiet", ("desktop", "light"), *PHONE) == {}


def test_no_id_stands_twice_on_a_page(book: Path) -> None:
    twice = {path.name: ids_that_stand_twice(path.read_text()) for path in book.rglob("*.html")}
    assert len(twice) > 10
    assert {page: ids for page, ids in twice.items() if ids} == {}


def test_the_widgets_of_a_page_weigh_little(pages: dict[str, list[str]]) -> None:
    for name, widgets in pages.items():
        weight = len(gzip.compress("".join(widgets).encode()))
        assert weight <= WEIGHT, f"{name}: {weight} bytes"


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_code_is_cut_off(width: str, book: Path, visits: Any) -> None:
    found = [path for path in sorted(book.glob("*/*.html")) if "cell_input" in path.read_text()]
    names = [path.relative_to(book).with_suffix("").as_posix() for path in found]
    assert len(names) > 30
    assert visits.all_said(names, "code", (width, "light")) == {}


#: by page_rules.py: of a phone, in both themes, each quiz answered; axe-core finds nothing critical or serious
@pytest.mark.parametrize("rule", ["themed", "answered", "whole widgets", "panels", "ids", "ink", "usable widgets"])
def test_widgets_can_be_read_and_used_on_a_phone(rule: str, pages: dict[str, list[str]], visits: Any) -> None:
    assert visits.all_said(list(pages), rule, *PHONE) == {}
