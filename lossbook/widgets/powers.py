"""Powers of ten beside a logarithmic axis, as plain text: matplotlib's own are formulas, slow to set."""

from __future__ import annotations

import re
from typing import Any

from matplotlib.axis import Axis
from matplotlib.ticker import Formatter

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class PlainPowers(Formatter):
    """Labels the same ticks as another formatter, with its formulas as plain text."""

    def __init__(self, formulas: Formatter) -> None:
        self.formulas = formulas

    def set_axis(self, axis: Any) -> None:
        super().set_axis(axis)
        self.formulas.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        super().set_locs(locs)
        self.formulas.set_locs(locs)

    def __call__(self, x: float, pos: Any = None) -> str:
        return plain(self.formulas(x, pos))


def plain(formula: str) -> str:
    r"""What a formula says.

    >>> plain(r"$\mathdefault{-2\times10^{-12}}$")
    '−2×10⁻¹²'
    """
    text = formula.removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", "×")
    text = re.sub(r"\^\{(-?\d+)\}", lambda found: found[1].translate(RAISED), text)
    return text.replace("-", "−")


def with_plain_powers(axis: Axis) -> None:
    """Label a logarithmic axis so, where matplotlib labels it."""
    axis.set_major_formatter(PlainPowers(axis.get_major_formatter()))
    axis.set_minor_formatter(PlainPowers(axis.get_minor_formatter()))
