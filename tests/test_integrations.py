"""The callbacks of trainers: the training stays the same bit for bit, and the report names what is wrong with it."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from lossbook.integrations import huggingface
from lossbook.integrations import lightning as of_lightning

REPORT = {"steps": 60, "progress": False}


def rows(count: int = 48) -> list[dict[str, Tensor]]:
    """Examples of two classes, which differ in the sign of the first of four numbers."""
    drawn = torch.randn(count, 4, generator=torch.Generator().manual_seed(0))
    return [{"x": row, "labels": (row[0] > 0).long()} for row in drawn]


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        (huggingface, "TrainerCallback", r"WatchCallback needs transformers: pip install 'lossbook\[huggingface\]'."),
        (of_lightning, "Callback", r"WatchCallback needs lightning: pip install 'lossbook\[lightning\]'."),
    ],
)
def test_without_its_library_a_callback_names_the_extra(
    module: Any, name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = message.split()[2].rstrip(":")
    missing = {library: None, f"{library}.pytorch": None}
    with monkeypatch.context() as patch:
        for each, value in missing.items():
            patch.setitem(__import__("sys").modules, each, value)
        without = importlib.reload(module)
        with pytest.raises(ImportError, match=message):
            without.WatchCallback()
    importlib.reload(module)
