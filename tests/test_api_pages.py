"""The API pages: each public name stands on one of them, once, and what they show runs."""

from __future__ import annotations

import re
from collections import Counter
from types import ModuleType
from typing import Any

import pytest
import torch
from conftest import ROOT

import lossbook

PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "book" / "api").glob("*.md"))}
NAMES = {page: re.findall(r"lossbook-api:: (.*)", text) for page, text in PAGES.items()}


def test_each_name_stands_on_one_page_once() -> None:
    told = Counter(name for lines in NAMES.values() for line in lines for name in line.split())
    assert told == Counter(lossbook.__all__)


def test_the_entry_names_each_page() -> None:
    assert set(re.findall(r"\(api/(\w+)\.md\)", (ROOT / "book" / "api.md").read_text(encoding="utf-8"))) == set(PAGES)


@pytest.mark.parametrize("page", ["training", "losses", "optim"])
def test_what_a_page_shows_runs(page: str) -> None:
    made: dict[str, Any] = {
        "model": torch.nn.Linear(3, 3),
        "logits": torch.randn(4, 3),
        "target": torch.tensor([0, 1, 2, 0]),
    }
    for block in re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL):
        exec(block.replace("steps=300", "steps=3"), made)
    assert not isinstance(made.get("optimizer", made.get("loss", made.get("slower"))), ModuleType | None)


def test_what_the_entry_shows_is_there() -> None:
    for path in re.findall(
        r"`(?:print\()?lossbook\.([\w.]+)\(", (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    ):
        value: Any = lossbook
        for name in path.split("."):
            value = getattr(value, name)
        assert callable(value)
