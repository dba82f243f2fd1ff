"""SNIPPETS: for each cause the bug, the fix and the decisive test, in plain torch and ready to be pasted."""

from __future__ import annotations

from importlib import import_module

from lossbook.causes import FAMILIES
from lossbook.snippets.base import Snippet

__all__ = ["SNIPPETS", "Snippet"]

SNIPPETS: dict[str, Snippet] = {
    row.key: row for name in FAMILIES for row in import_module(f"lossbook.snippets.{name}").ROWS
}  #: key of the cause -> its snippet, in the order of ``CAUSES``
