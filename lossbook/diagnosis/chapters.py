"""Where the book explains a cause: a link to the page, where the book is built on this machine."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

#: section -> its page, for those that are written
PAGES = {
    "1.1": "01_1_symptoms",
    "2.1": "02_1_losses",
    "2.1.1": "02_1_1_levels",
    "2.1.2": "02_1_2_bugs",
    "2.2": "02_2_optimizers",
    "2.3": "02_3_learning_rate",
    "3.3.2": "03_3_2_schedules",
    "4.1": "04_1_gradient_descent",
    "4.2": "04_2_adam",
    "4.3": "04_3_l2",
    "5.1": "05_1_data",
    "5.2": "05_2_net",
    "5.3": "05_3_training",
    "5.4": "05_4_evaluation",
}
BUILT = Path(__file__).parents[2] / "_build" / "html"  # in a clone of the repository


def address_of(section: str) -> str | None:
    """The address of the page of a section; None if it is not written yet, or the book is not built here."""
    page = PAGES.get(section)
    if page is None:
        return None
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book itself
        return f"{page}.html"
    file = BUILT / "notebooks" / f"{page}.html"
    return file.as_uri() if file.is_file() else None


def link_to(section: str) -> str:
    """The section as HTML, with a link where there is a page."""
    words, address = escape(f"section {section} of the book"), address_of(section)
    return words if address is None else f'<a href="{escape(address, quote=True)}">{words}</a>'
