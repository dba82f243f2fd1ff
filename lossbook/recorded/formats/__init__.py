"""FORMATS: how each kind of log is known and read. A reader gives rows, name -> number, and executes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lossbook.recorded.formats import bare, console, json_document, json_lines, separated, tensorboard
from lossbook.recorded.source import Source


class Format(NamedTuple):
    """One row of ``FORMATS``."""

    title: str  #: what it is, in words
    sniff: Callable[[Source], bool]  #: whether the head of a log looks like it
    read: Callable[[Source], Iterator[dict[str, float]]]  #: the rows
    binary: bool = False


#: name -> format, in the order in which they are tried
FORMATS: dict[str, Format] = {
    "tensorboard": Format("a TensorBoard event file", tensorboard.sniff, tensorboard.read, binary=True),
    "json-lines": Format("lines of JSON", json_lines.sniff, json_lines.read),
    "table": Format("a table with names", separated.sniff, separated.read),
    "numbers": Format("numbers without names", bare.sniff, bare.read),
    "json": Format("a JSON document", json_document.sniff, json_document.read),
    "text": Format("text from a terminal", console.sniff, console.read),
}
