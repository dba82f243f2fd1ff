"""The API pages: each public name stands on one of them, once, and what they show runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

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


def ran(page: str, **given: Any) -> dict[str, Any]:
    """The names that the code of a page leaves behind."""
    for block in re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL):
        exec(block.replace("steps=300", "steps=3"), given)
    return given


def test_a_training_and_one_with_another_rate_are_run() -> None:
    made = ran("training")
    assert len(made["history"].loss) == len(made["slower"].loss) == 3
    assert set(made["slower"].lr) == {1e-4}


def test_the_loss_is_torchs() -> None:
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    made = ran("losses", logits=logits, target=target)
    torch.testing.assert_close(made["loss"].value(logits, target), torch.nn.functional.cross_entropy(logits, target))


def test_our_adam_is_an_optimizer_of_torch() -> None:
    assert isinstance(ran("optim", model=torch.nn.Linear(3, 3))["optimizer"], torch.optim.Optimizer)


def test_what_the_entry_shows_is_there() -> None:
    for path in re.findall(
        r"`(?:print\()?lossbook\.([\w.]+)\(", (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    ):
        value: Any = lossbook
        for name in path.split("."):
            value = getattr(value, name)
        assert callable(value)
