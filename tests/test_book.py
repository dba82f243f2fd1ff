"""The built book, read in a browser: no other host is asked, no error is thrown, and the mathematics is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from opened_page import WIDTHS, OpenedPage

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("book")]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
CHAPTERS = [chapter for part in TOC["parts"] for chapter in part["chapters"]]
CASES = [section["file"] for chapter in CHAPTERS if chapter["file"] == "book/cases" for section in chapter["sections"]]
#: formulas, outputs and pictures of pages that are about logs and tests; one of 1.3's figures is a tree
FEWER = {"notebooks/01_2_cost": (0, 7, 3), "notebooks/01_3_repair": (3, 10, 2)}
PAGES = [TOC["root"], *(chapter["file"] for chapter in CHAPTERS), *CASES]


every = pytest.mark.parametrize(
    ("page", "width"), [pytest.param(page, width, id=f"{page}-{width}") for page in PAGES for width in WIDTHS]
)


@every
def test_a_page_asks_nothing_of_another_host_and_throws_nothing(page: str, width: str, visits: Any) -> None:
    assert visits.said(page, width)["quiet"] == []


@every
def test_mathematics_is_drawn(page: str, width: str, visits: Any) -> None:
    assert visits.said(page, width)["mathematics"] == []


@every
def test_nothing_is_wider_than_the_screen(page: str, width: str, visits: Any) -> None:
    assert visits.said(page, width)["width"] == []


@every
def test_every_picture_is_there_and_has_a_text_alternative(page: str, width: str, visits: Any) -> None:
    assert visits.said(page, width)["pictures"] == []


def test_chapters_teach_with_formulas_and_figures(book: Path) -> None:
    for page in PAGES:
        if page.startswith("notebooks/"):
            html = (book / f"{page}.html").read_text()
            formulas, outputs, figures = FEWER.get(page, (3, 10, 3))
            assert html.count('class="math') >= formulas, page
            assert html.count("cell_output") >= outputs, page
            assert html.count("<img") - html.count("logo__image") >= figures, page


def test_a_solution_is_folded_and_opens(book: Path, browser: Any) -> None:
    page = OpenedPage(browser, (book / "notebooks/04_1_gradient_descent.html").as_uri(), 1280).page
    exercise = page.locator("div.exercise.dropdown").first  # its check and its solution fold with it
    solution = page.locator("div.solution.dropdown, details.solution").first
    assert not solution.is_visible()
    exercise.locator("button, summary").first.click()
    solution.wait_for(state="visible")
    inside = solution.locator("p:not(.admonition-title)").first
    assert not inside.is_visible()
    solution.locator("button, summary").first.click()
    inside.wait_for(state="visible")
    code = page.locator("details.hide", has_text="solution in code").first
    assert not code.locator("pre").first.is_visible()
    code.locator("summary").click()
    code.locator("pre").first.wait_for(state="visible")
    page.close()


def test_figures_are_turned_dark_and_digits_are_not(book: Path, browser: Any) -> None:
    page = OpenedPage(browser, (book / "notebooks/05_1_data.html").as_uri(), 1280, scheme="dark").page
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    filters = page.eval_on_selector_all(
        ".cell_output img", "all => all.map(i => [i.classList.contains('as-is'), getComputedStyle(i).filter])"
    )
    assert {as_is for as_is, _ in filters} == {True, False}
    assert all(("invert" in used) != as_is for as_is, used in filters)
    page.close()


def test_no_page_names_a_content_network(book: Path) -> None:
    for path in book.rglob("*.html"):
        html = path.read_text()
        for word in ("unpkg", "jsdelivr", "cdnjs", "THEBE_JS_URL", "html-manager"):
            assert word not in html, path.name
