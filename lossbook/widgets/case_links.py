"""Where the case file of a run stands in the book."""

from __future__ import annotations

import os
from html import escape
from importlib import import_module

from lossbook.causes import FAMILIES
from lossbook.scenarios import Scenario

#: key of a cause -> the name of its page in ``book/cases/``
PAGES = {row.key: name for name in FAMILIES for row in import_module(f"lossbook.causes.{name}").ROWS}
HEALTHY = "healthy"  # the page of the runs in which nothing is wrong


def case_of_run(row: Scenario) -> tuple[str, str]:
    """The page of the run's case file, and the section's anchor.

    >>> from lossbook.scenarios import SCENARIOS
    >>> case_of_run(SCENARIOS["lr-too-high-spikes"])
    ('step_size', 'case-lr-too-high')
    >>> case_of_run(SCENARIOS["healthy-momentum"])
    ('healthy', 'case-healthy-momentum')
    """
    return (HEALTHY, f"case-{row.key}") if row.cause is None else (PAGES[row.cause], f"case-{row.cause}")


def address_of_case(row: Scenario) -> str:
    """Its address, from any page of the book or from a copy of it in JupyterLab."""
    page, anchor = case_of_run(row)
    return f"../book/cases/{page}.{suffix()}#{anchor}"


def suffix() -> str:
    """Of a page's file: "html" in the built book, "ipynb" in JupyterLab."""
    return "html" if os.environ.get("LOSSBOOK_FACE") == "static" else "ipynb"


def link_to_case(row: Scenario) -> str:
    """The same as a link in HTML."""
    return f'<a href="{escape(address_of_case(row), quote=True)}">Its case file</a>'
