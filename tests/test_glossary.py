"""The glossary against the pages, English and Chinese; index, map and the plan for teachers against the tables."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest
import yaml
from conftest import ROOT
from lossbook_checklist import checklist
from lossbook_index import ENTRY, index
from lossbook_map import TITLES, book_map, title
from lossbook_plan import LESSON, LESSONS
from lossbook_teachers import in_class, plan, predictions, reading
from pattern_rules import LINK, prose

from lossbook.causes import CAUSES, WRITTEN
from lossbook.exercises import EXERCISES
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.labs import LABS

GLOSSARY = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
#: pairs whose Chinese the page of the term does not give beside the term, written down apart from the glossary
WRITTEN_APART = {
    "best constant": "最佳常数",
    "binary cross entropy": "二元交叉熵",
    "dead unit": "神经元死亡",
    "gradient norm": "梯度范数",
    "learning rate": "学习率",
    "logit": "未归一化分数",
    "MAE": "平均绝对误差",
    "residual": "残差",
    "schedule": "学习率调度",
    "sign descent": "符号下降",
    "softmax": "归一化指数函数",
    "twins": "双胞胎曲线",
}


@cache
def on_its_page(term: str, page: str) -> str | None:
    """The Chinese that stands beside a term where a page defines it."""
    text = LINK.sub(lambda hit: hit[1], " ".join(prose(ROOT / page).split()))
    near = re.search(rf"\*\*{re.escape(term)}s?\*\* ?\(((?:[^()]|\([^()]*\))*)\)", text, re.IGNORECASE)
    found = re.findall(r"\w*[\u4e00-\u9fff]+\w*", near[1]) if near else []
    return found[0] if found else None


def complaints(glossary: str) -> list[str]:
    """Terms whose Chinese is not that of their pages, nor what was written down apart."""
    said = []
    for term, chinese, _, page in ENTRY.findall(glossary):
        expected = on_its_page(term, page) or WRITTEN_APART.get(term)
        if (chinese or None) != expected:
            said.append(f"{term} ({chinese}): {page} has {expected}")
    return said


def test_a_term_has_the_same_chinese_as_on_the_page_that_defines_it() -> None:
    assert complaints(GLOSSARY) == []


def test_a_swapped_pair_is_found() -> None:
    words = [chinese for _, chinese, _, _ in ENTRY.findall(GLOSSARY) if chinese]
    assert len(words) > 50
    assert len(set(words)) == len(words)
    for one, other in list(pairwise(words))[::6]:
        swapped = GLOSSARY.replace(f"({one})", "(?)").replace(f"({other})", f"({one})").replace("(?)", f"({other})")
        assert len(complaints(swapped)) == 2, (one, other)


def test_the_terms_stand_in_alphabetical_order_and_each_is_one_line() -> None:
    terms = [term for term, *_ in ENTRY.findall(GLOSSARY)]
    assert len(terms) == len(re.findall(r"^\*\*", GLOSSARY, re.MULTILINE))
    assert terms == sorted(terms, key=str.lower)


def test_the_index_has_every_symptom_cause_and_term_once() -> None:
    text = index()
    for code in SYMPTOMS:
        assert text.count(f"[**{code}**](checklist.md#symptom-{code})") == 1
    for row in CAUSES.values():
        assert text.count(f"- {row.title}: [`{row.key}`](cases/") == 1
        assert f"#case-{row.key})" in text
    terms = text.partition("## Terms")[2]
    for term, chinese, _, page in ENTRY.findall(GLOSSARY):
        assert f"\n- {term}{f' ({chinese})' * bool(chinese)}: [" in terms
        assert f"](../{page})" in terms
    for hit in re.findall(r"\]\((\.\./notebooks/\w+\.ipynb)\)", text):
        assert (ROOT / "book" / hit).is_file()


def test_the_map_has_every_page_of_the_book_under_its_own_title() -> None:
    text = book_map()
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    rows = text.strip().splitlines()[2:]
    assert len(rows) == len(toc["parts"])
    for row, part in zip(rows, toc["parts"], strict=True):
        for chapter in part["chapters"]:
            name = chapter["file"].removeprefix("book/")
            assert f"{name}." in row
    for section, page in WRITTEN.items():
        assert f"[{title(f'notebooks/{page}')}](../notebooks/{page}.ipynb)" in text
        assert title(f"notebooks/{page}").startswith(f"{section} ")
    for text_of, page in ((checklist, "checklist"), (index, "index_of_all"), (plan, "for_teachers")):
        assert re.search(rf"^# {TITLES[f'book/{page}']} \(", text_of(), re.MULTILINE)
    assert "{include} map_of_all.md" in (ROOT / "book/intro.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_lesson_fits_its_time_and_names_what_there_is(lesson) -> None:  # type: ignore[no-untyped-def]
    assert in_class(lesson) <= LESSON
    assert reading(lesson) <= LESSON
    assert set(lesson.read) <= set(WRITTEN)
    for section in set(lesson.ask):
        assert len(predictions(section)) >= lesson.ask.count(section)
        assert section in lesson.read
    for label in (*lesson.together, *lesson.home):
        assert label in EXERCISES
    assert len({*lesson.together, *lesson.home}) == len(lesson.together) + len(lesson.home)
    for _, page in lesson.show:
        assert (ROOT / page).is_file()


def test_the_course_reads_each_section_at_most_once_and_names_what_it_leaves_out() -> None:
    read = [section for lesson in LESSONS for section in lesson.read]
    assert len(set(read)) == len(read)
    text = plan()
    for page in WRITTEN.values():
        assert f"](../notebooks/{page}.ipynb)" in text
    assert LABS
    assert sum(lesson.title in text for lesson in LESSONS) == len(LESSONS)
