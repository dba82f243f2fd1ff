"""Where the book explains a cause: a link to the page, where the book is built on this machine."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from lossbook.causes import WRITTEN

BUILT = Path(__file__).parents[2] / "_build" / "html"  # in a clone of the repository


def address_of(section: str) -> str | None:
    """The address of the page of a section; None if it is not written yet, or the book is not built here."""
    page = WRITTEN.get(section)
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
