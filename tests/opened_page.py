"""A page of the built book, opened in a browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

from conftest import patience

WIDTHS = {"desktop": 1280, "phone": 375}
DRAWN = "Promise.all([window.MathJax?.startup?.promise, document.fonts.ready]).then(() => true)"


class OpenedPage:
    """A tab of the browser, and what went on while its page loaded.

    Args:
        browser: of the fixture of this name.
        url: is opened at once, if it is given.
        width: of the window, in pixels.
        scheme: the theme.
    """

    def __init__(self, browser: Any, url: str | None = None, width: int = 1280, scheme: str = "light") -> None:
        self.scheme = scheme
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.visits = 0
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("request", self._note)
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        if url is not None:
            self.goto(url)
            self.page.wait_for_load_state("networkidle")

    def goto(self, url: str) -> None:
        """Open a page in this tab, of which nothing is known yet, and wait until its mathematics is drawn."""
        self.page.set_default_timeout(1000 * patience())  # the machine may be busier than when the tab was opened
        self.visits += 1
        self.errors.clear()
        self.elsewhere.clear()
        self.page.goto(url)
        self.page.wait_for_function(DRAWN)

    def change(self, width: int, scheme: str) -> None:
        """Draw the window to a width, and set the system to a theme; the page stays open."""
        self.scheme = scheme
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.page.mouse.move(0, 0)

    def _note(self, request: Any) -> None:
        if urlparse(request.url).scheme in ("http", "https", "ws", "wss"):
            self.elsewhere.append(request.url)
