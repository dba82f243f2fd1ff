"""The table of causes: complete, consistent, and every source in the bibliography."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from lossbook.causes import CAUSES, COSTS, GROUPS, SOURCES, WRITTEN, Cause, cause, find, suspects, symptoms_meant
from lossbook.causes.words import SAID
from lossbook.symptoms import SYMPTOMS

rows = pytest.mark.parametrize("row", CAUSES.values(), ids=CAUSES.keys())


def test_there_are_58_in_six_groups_that_show_every_symptom() -> None:
    assert len(CAUSES) == 58
    assert {row.group for row in CAUSES.values()} == set(GROUPS)
    shown = {code for row in CAUSES.values() for code in row.symptoms}
    assert shown == set(SYMPTOMS) - {"healthy"}
    assert [key for key, row in CAUSES.items() if not row.symptoms] == ["wrong-metric"]


@rows
def test_a_row_is_complete(row: Cause) -> None:
    assert CAUSES[row.key] is cause(row.key) is row
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", row.key)
    assert not row.title.endswith(".")
    assert row.test.endswith(".")
    assert row.fix.endswith(".")
    assert len(set(row.symptoms)) == len(row.symptoms)
    assert re.fullmatch(r"[1-5](\.\d)+", row.chapter)
    assert row.sources
    assert set(row.sources) <= set(SOURCES)
    assert row.cost in COSTS


def entry(key: str) -> tuple[str, str]:
    """The bibliography's entry of a source, in the form of ``SOURCES``."""
    bibliography = (ROOT / "book" / "references.bib").read_text()
    found = re.search(rf"^@\w+{{{key},\n(.*?)^}}", bibliography, re.MULTILINE | re.DOTALL)
    assert found, f"{key} is not in the bibliography"
    fields = dict(re.findall(r"^  (\w+) = \{(.*?)\},?$", found[1], re.MULTILINE))
    names = [author.split(",")[0].strip("{}") for author in fields["author"].split(" and ")]
    who = names[0] if len(names) == 1 else f"{names[0]} et al."
    if len(names) == 2 and names[1] != "others":
        who = " and ".join(names)
    where = fields.get("url") or (
        f"https://doi.org/{fields['doi']}" if "doi" in fields else f"https://arxiv.org/abs/{fields['eprint']}"
    )
    return f"{who} ({fields['year']}), {re.sub('[{}]', '', fields['title'])}", where


@pytest.mark.parametrize("key", SOURCES)
def test_a_source_is_told_as_the_bibliography_tells_it(key: str) -> None:
    assert SOURCES[key] == entry(key)
    assert re.fullmatch(r"https://[\w./-]+[\w/]", SOURCES[key][1])
    assert any(key in row.sources for row in CAUSES.values())


def test_the_sections_that_are_written_are_those_of_the_book() -> None:
    notebooks = re.findall(r"file: notebooks/(\d+)((?:_\d+)+)_[a-z]", (ROOT / "_toc.yml").read_text())
    assert [".".join([str(int(first)), *rest[1:].split("_")]) for first, rest in notebooks] == list(WRITTEN)


@pytest.mark.parametrize("symptom", [code for code in SYMPTOMS if code != "healthy"])
def test_suspects_come_by_cost_and_then_by_how_often_they_show_the_symptom(symptom: str) -> None:
    found = suspects(symptom)
    assert {row.key for row in found} == {key for key, row in CAUSES.items() if symptom in row.symptoms}
    order = [(list(COSTS).index(row.cost), row.symptoms.index(symptom)) for row in found]
    assert order == sorted(order)


def test_every_cost_is_some_tests_and_a_training_is_named_where_one_is_needed() -> None:
    assert {row.cost for row in CAUSES.values()} == set(COSTS)
    for row in CAUSES.values():
        if row.test.startswith(("Train", "Print", "Compare the model's parameters", "Look at the first loss")):
            assert (row.cost == "training") == row.test.startswith("Train"), row.key


@pytest.mark.parametrize("said", SAID)
def test_every_word_that_people_say_leads_somewhere(said: str) -> None:
    meant = symptoms_meant(said)
    assert set(meant) == set(SAID[said]) & set(SYMPTOMS)
    assert meant or find(said)


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("NaN", ["non-finite"]),
        ("my loss is nan", ["non-finite"]),
        ("non finite", ["non-finite"]),
        ("2.3", ["high-flat"]),
        ("2.3026", ["high-flat"]),
        ("0.693", ["high-flat"]),
        ("ln 10", ["high-flat"]),
        ("log(10)", ["high-flat"]),
        ("2.31", []),
        ("3", []),
        ("log(0)", []),
        ("noisy labels", []),
        ("", []),
        ("...", []),
    ],
)
def test_words_for_symptoms(said: str, codes: list[str]) -> None:
    assert symptoms_meant(said) == codes


@pytest.mark.parametrize(
    ("said", "key"),
    [("gradient explodes", "exploding-gradients"), ("dying relus", "dead-relu"), ("zero_grad", "missing-zero-grad")],
)
def test_the_forms_of_a_word_are_one(said: str, key: str) -> None:
    assert key in [row.key for row in find(said)]


@given(st.text())
def test_any_text_is_searched_for_without_an_error(text: str) -> None:
    assert set(symptoms_meant(text)) <= set(SYMPTOMS)
    assert {row.key for row in find(text)} <= set(CAUSES)


@rows
def test_a_row_is_found_by_its_key_and_by_its_title(row: Cause) -> None:
    assert row in find(row.key)
    assert row in find(row.title)


def test_titles_tests_and_fixes_are_each_their_own() -> None:
    for field in ("title", "test", "fix"):
        assert len({getattr(row, field) for row in CAUSES.values()}) == len(CAUSES)


def test_a_wrong_key_group_or_symptom_is_refused() -> None:
    with pytest.raises(ValueError, match=r"key must be one of .*, got 'lr-to-high'. Did you mean 'lr-too-high'"):
        cause("lr-to-high")
    assert [row.key for row in suspects("healthy")] == ["wrong-metric"]
    with pytest.raises(ValueError, match="symptom must be one of 'high-flat', .*got 'nan'"):
        suspects("nan")
    with pytest.raises(ValueError, match="group must be one of 'data', 'model', .* got 'optimizer'"):
        Cause("k", "t", "optimizer", (), "t.", "f.", (), "2.1")
    with pytest.raises(ValueError, match="symptom must be one of 'high-flat', .* got 'flat'"):
        Cause("k", "t", "data", ("flat",), "t.", "f.", (), "2.1")
    with pytest.raises(ValueError, match="cost must be one of 'look', 'pass', 'training', got 'cheap'"):
        Cause("k", "t", "data", (), "t.", "f.", (), "2.1", "cheap")
