"""Numbers as programs write them, and what stands where no number is."""

from __future__ import annotations

import math
import re
import sys
from typing import Any

#: stands where a program wrote that it has no number: NaN for some programs, not logged for others; the rows decide
MISSING = -sys.float_info.max
#: the spellings of it
NOTHING = {"na", "n/a", "<na>", "null", "none"}
DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
GERMAN = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+")
WRITTEN = re.compile(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?|[-+]?(nan|inf(inity)?)", re.IGNORECASE)


def number(cell: Any, *, comma: bool = False) -> float | None:
    """The number in a cell: None if it holds none, :data:`MISSING` if it says so.

    Args:
        cell: text, or a value of JSON.
        comma: whether a comma is a decimal point.

    >>> number(" 2.5"), number("2,5", comma=True), number("16,384"), number(""), number("lr")
    (2.5, 2.5, 16384.0, None, None)
    >>> number("NaN"), number("-Infinity"), number("NA") == MISSING, number(None) == MISSING
    (nan, -inf, True, True)
    """
    if type(cell) is float:
        return cell
    if not cell and isinstance(cell, str):
        return None
    if cell is None:
        return MISSING
    if isinstance(cell, (bool, dict, list)):
        return None
    if isinstance(cell, (int, float)):
        try:
            return float(cell)
        except OverflowError:
            return math.copysign(math.inf, cell)
    try:
        return float(cell)
    except ValueError:
        text = cell.strip().strip("\"'").strip()
    if WRITTEN.fullmatch(text):
        return float(text.replace("_", ""))
    if text.lower() in NOTHING:
        return MISSING
    if GERMAN.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if not comma and THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if DECIMAL_COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    return None
