"""A sample of the grid (``tests/grid.py``): in each way to write a loop, bugs that are named, and sound tasks."""

from __future__ import annotations

import pytest
from grid_bugs import BUGS
from grid_run import STYLES, cell, style_of, trained
from grid_tasks import TASKS, task

from lossbook.causes import CAUSES

#: task, bug, style: of each style some that no rounding changes
SAMPLE = (
    ("regress", "targets times 1000", "plain"),
    ("regress", "broadcast", "inside"),
    ("regress", "layers in a list", "given"),
    ("binary", "zeroed after backward", "dicts"),
    ("binary", "loss.item()", "silent"),
    ("binary", "inputs plus 100", "adamw"),
    ("labels", "held-out inputs over 255", "dicts"),
    ("labels", "rows scrambled", "accumulated"),
    ("labels", "weights zero", "sgd"),
    ("gcn", "sign turned", "inside"),
    ("gcn", "never zeroed", "closure"),
    ("gcn", "optimiser of another", "plain"),
    ("words", "logits into NLL", "inside"),
    ("series", "one NaN", "closure"),
    ("series", "total never reset", "plain"),
)
SOUND = (
    ("towers", "none", "plain"),
    ("siamese", "none", "silent"),
    ("regress", "none", "inside"),
    ("gcn", "cosine", "dicts"),
)


def test_every_row_has_causes_that_there_are() -> None:
    assert not {each for row in BUGS.values() for each in row.causes} - set(CAUSES)


@pytest.mark.parametrize("bug", BUGS)
def test_every_row_fits_a_task(bug: str) -> None:
    assert any(BUGS[bug].make(task(name)) is not None for name in TASKS)


def test_every_style_occurs() -> None:
    assert {style_of(name, bug) for name in TASKS for bug in BUGS} == set(STYLES)


@pytest.mark.parametrize(("name", "bug", "style"), SAMPLE)
def test_the_bug_is_named_first(name: str, bug: str, style: str) -> None:
    made = cell(name, bug, style)
    assert made is not None
    assert made.outcome == "right", made


@pytest.mark.parametrize(("name", "bug", "style"), SOUND)
def test_nothing_is_accused(name: str, bug: str, style: str) -> None:
    made = cell(name, bug, style)
    assert made is not None
    assert made.outcome == "silent", made


def test_what_does_not_go_together_is_left_out() -> None:
    assert trained("towers", "none", "accumulated") is None
    assert cell("lm", "inputs times 500", "plain") is None
