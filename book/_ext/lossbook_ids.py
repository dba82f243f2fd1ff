"""An id must be unique on a page: a link, a label or a clipped curve that refers to it finds only the first one.

1. sphinx-exercise gives the body of every exercise and of every solution the same id; here each gets its own.
2. Exercises are numbered page by page.
3. Any other id that occurs twice fails the build, with a sentence that names the widget if the id belongs to one.
"""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
BODIES = ("exercise-content", "solution-content")


class Ids(HTMLParser):
    """How often each id occurs in a page, and the titles of the widgets; the content of a script does not count.

    >>> ids = Ids('<p id="one"></p><script>{"picture": "<g id=one>"}</script>')
    >>> ids.count["one"]
    1
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.titles: dict[str, str] = {}  # id of a widget -> its title
        self._widget = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("id"):
            self.count[name] += 1
        if tag == "loss-explore":
            self._widget = given.get("id") or ""
        if tag == "form" and self._widget:
            self.titles[self._widget] = given.get("aria-label") or ""
            self._widget = ""


def complaints(html: str) -> list[str]:
    """One sentence for each widget, and for each other id, that occurs twice in this page.

    >>> complaints('<p id="one"></p><p id="two"></p>')
    []
    >>> complaints('<p id="one"></p><p id="one"></p>')
    ["the id 'one' stands 2 times on this page."]
    """
    ids = Ids(html)
    twice = {name: count for name, count in ids.count.items() if count > 1}
    widgets = {name: title for name, title in ids.titles.items() if name in twice}
    said = [
        f"the widget {title!r} stands {twice[name]} times on this page with the same controls, so that their ids are "
        "the same: give each a title of its own."
        for name, title in widgets.items()
    ]
    others = [name for name in twice if not name.startswith(tuple(widgets))]
    return said + [f"the id {name!r} stands {twice[name]} times on this page." for name in others]


def name_bodies(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Name the body of each exercise and of each solution after it."""
    for section in doctree.findall(nodes.section):
        if section["ids"] and section["ids"][0] in BODIES and isinstance(section.parent, nodes.Element):
            section["ids"] = [f"{name}-content" for name in section.parent["ids"][:1]]


def number_by_page(app: Sphinx, env: Any) -> list[str]:
    """Count the exercises of each page from 1, as JupyterLab does, not through the whole book."""
    for numbers in env.toc_fignumbers.values():
        for place, name in enumerate(numbers.get("exercise", {}), 1):
            numbers["exercise"][name] = (place,)
    return []


def refuse_twins(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Warn of ids that occur twice; a strict build fails at a warning."""
    for said in complaints(context.get("body") or ""):
        logger.warning("%s", said, location=pagename)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-get-updated", number_by_page, priority=900)  # after Sphinx has numbered them
    app.connect("doctree-resolved", name_bodies)
    app.connect("html-page-context", refuse_twins)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
