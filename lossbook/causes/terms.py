"""Causes in the terms of which a loss is made."""

from __future__ import annotations

from lossbook.causes.base import Cause

ROWS = (
    Cause(
        key="loss-term-lost",
        title="A term of the loss gets lost before backward",
        group="objective",
        symptoms=("plateau", "high-flat", "slow"),
        test=(
            "After backward, list the parameters without a gradient while others have one: a whole head among them, "
            "and a target that the loss does not look at."
        ),
        cost="pass",
        fix="Add each term with +=, and call backward on their sum.",
        sources=("samotiian2021line", "jackkwok2019loss"),
        chapter="2.1",
    ),
)
