"""The callbacks of trainers where the trainer is not installed; those that are have tests in files of their own."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest

from lossbook.integrations import huggingface
from lossbook.integrations import lightning as of_lightning


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (huggingface, r"WatchCallback needs transformers: pip install 'lossbook\[huggingface\]'."),
        (of_lightning, r"WatchCallback needs lightning: pip install 'lossbook\[lightning\]'."),
    ],
)
def test_without_its_library_a_callback_names_the_extra(
    module: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = message.split()[2].rstrip(":")
    missing = {library: None, f"{library}.pytorch": None}
    with monkeypatch.context() as patch:
        for each, value in missing.items():
            patch.setitem(sys.modules, each, value)
        without = importlib.reload(module)
        with pytest.raises(ImportError, match=message):
            without.WatchCallback()
    importlib.reload(module)
