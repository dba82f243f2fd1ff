"""The table of causes: complete, consistent, and every source in the bibliography."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from lossbook.causes import CAUSES, GROUPS, Cause, cause
from lossbook.symptoms import SYMPTOMS

rows = pytest.mark.parametrize("row", CAUSES.values(), ids=CAUSES.keys())


def test_there_are_45_in_six_groups_that_show_every_symptom() -> None:
    assert len(CAUSES) == 45
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
    bibliography = (ROOT / "book" / "references.bib").read_text()
    assert row.sources
    for source in row.sources:
        assert re.search(rf"^@\w+{{{source},$", bibliography, re.MULTILINE), source


def test_titles_tests_and_fixes_are_each_their_own() -> None:
    for field in ("title", "test", "fix"):
        assert len({getattr(row, field) for row in CAUSES.values()}) == len(CAUSES)


def test_a_wrong_key_group_or_symptom_is_refused() -> None:
    with pytest.raises(ValueError, match=r"key must be one of .*, got 'lr-to-high'. Did you mean 'lr-too-high'"):
        cause("lr-to-high")
    with pytest.raises(ValueError, match="group must be one of 'data', 'model', .* got 'optimizer'"):
        Cause("k", "t", "optimizer", (), "t.", "f.", (), "2.1")
    with pytest.raises(ValueError, match="symptom must be one of 'high-flat', .* got 'flat'"):
        Cause("k", "t", "data", ("flat",), "t.", "f.", (), "2.1")
