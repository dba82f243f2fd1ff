"""From a symptom to its causes: tables, tree and picture hold every cause, the cheapest test first."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lossbook.causes import CAUSES, COSTS, FAMILIES, WRITTEN, suspects
from lossbook.snippets import SNIPPETS
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import way_picture, way_table, way_tree
from lossbook.widgets.way import by_test, case_address, chapter_address, first_suspects, rows, stages

every = pytest.mark.parametrize("symptom", SYMPTOMS)
VOID = {"br", "img"}


class Nesting(HTMLParser):
    """Whether each element that is opened is closed in its place; and what is open at each cause."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.depths: list[int] = []
        self.causes: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if cause := dict(attrs).get("data-cause"):
            self.causes.append(cause)
            self.depths.append(self.open.count("details"))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_cause_has_its_row_and_its_leaf() -> None:
    for face in (way_table(), way_tree()):
        read = Nesting(face._repr_html_())
        assert read.open == []
        assert set(read.causes) == set(CAUSES)
        assert len(read.causes) == sum(len(suspects(symptom)) for symptom in SYMPTOMS)


def test_a_leaf_is_four_folds_deep_at_most_and_a_row_one() -> None:
    """Symptom, cost, part, test, fix; who uses keys opens no more."""
    assert max(Nesting(way_tree()._repr_html_()).depths) <= 5
    assert set(Nesting(way_table()._repr_html_()).depths) == {1}


@every
def test_the_cheapest_test_comes_first(symptom: str) -> None:
    order = [*COSTS]
    price = [order.index(row.cause.cost) for row in rows(symptom)]
    assert price == sorted(price)
    asked = stages(by_test(symptom), lambda some: some[0].cause.cost)
    assert [*asked] == [cost for cost in COSTS if cost in asked]


@every
def test_causes_with_one_test_are_asked_together(symptom: str) -> None:
    found = by_test(symptom)
    assert sorted(row.cause.key for some in found for row in some) == sorted(row.key for row in suspects(symptom))
    lines = [some[0].snippet.test for some in found]
    assert len(set(lines)) == len(lines)
    assert all(row.snippet.test == some[0].snippet.test for some in found for row in some)


def test_a_reading_beyond_its_limit_names_causes_of_this_symptom_alone() -> None:
    assert first_suspects("healthy") == []
    for symptom in SYMPTOMS:
        for words, some in first_suspects(symptom):
            assert re.search(r"is (above|below) [\d.]+$", words)
            assert {row.cause.key for row in some} <= {row.key for row in suspects(symptom)}


def test_what_to_do_first_is_said_without_what_it_shows() -> None:
    for symptom in SYMPTOMS:
        for row in rows(symptom):
            assert row.cause.test.startswith(row.step)
            assert 8 <= len(row.step) <= 110, row.step


def test_the_torch_of_each_cause_is_there_as_text() -> None:
    text = way_table()._repr_html_()
    assert text.count('<code class="torch"') == 3 * sum(len(suspects(symptom)) for symptom in SYMPTOMS)
    assert "register_forward_hook" in text
    assert "register_forward_hook" in way_tree()._repr_html_()
    assert "<script" not in text
    assert len(SNIPPETS) == len(CAUSES)


def test_in_the_book_each_row_leads_to_its_case_and_its_chapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    for cause in CAUSES.values():
        address = case_address(cause.key)
        hit = re.fullmatch(r"\.\./book/cases/(\w+)\.html#case-(.*)", str(address))
        assert hit is not None
        assert hit[1] in FAMILIES
        assert hit[2] == cause.key
        expected = f"{WRITTEN[cause.chapter]}.html" if cause.chapter in WRITTEN else None
        assert chapter_address(cause.chapter) == expected
    assert 'href="../book/cases/loop.html#case-missing-zero-grad"' in way_table("plateau")._repr_html_()


def test_in_jupyterlab_no_link_is_dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A link is made only to a page that lies there."""
    monkeypatch.delenv("LOSSBOOK_FACE", raising=False)
    here = tmp_path / "notebooks"
    here.mkdir()
    monkeypatch.chdir(here)
    assert "href" not in way_table()._repr_html_() + way_tree()._repr_html_()
    (here / "02_3_learning_rate.ipynb").touch()
    (tmp_path / "book" / "cases").mkdir(parents=True)
    (tmp_path / "book" / "cases" / "loop.ipynb").touch()
    links = re.findall(r'href="([^"]*)"', way_tree()._repr_html_())
    assert {link.partition("#")[0] for link in links} == {"02_3_learning_rate.ipynb", "../book/cases/loop.ipynb"}
    assert "../book/cases/loop.ipynb#case-missing-zero-grad" in links
    assert all((here / link.partition("#")[0]).is_file() for link in links)


def test_one_table_can_be_had_alone() -> None:
    alone = way_table("spiking")
    assert alone._repr_html_().count('class="way"') == 1
    assert "The learning rate is too high" in repr(alone)
    with pytest.raises(ValueError, match="symptom must be one of"):
        way_table("spikey")


def test_as_text_the_tree_is_indented_and_complete() -> None:
    lines = repr(way_tree()).splitlines()
    assert len(lines) > 100
    assert sum(line.startswith("  ") and not line.startswith("   ") for line in lines) == len(SYMPTOMS)


def test_the_picture_is_one_sheet_and_its_words_do_not_overlap() -> None:
    figure = way_picture().figure()
    width, height = figure.get_size_inches()
    assert width <= 7.3
    assert height <= 11.3  # A4 without margins of 5 mm
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()]
    assert len(boxes) > 50
    for at, one in enumerate(boxes):
        assert one.x1 <= figure.bbox.x1
        assert not any(one.overlaps(other) for other in boxes[:at])
    assert way_picture().svg() == way_picture().svg()
    html = way_picture()._repr_html_()
    assert 'alt="' in html
    assert "data:image/svg+xml;base64," in html
