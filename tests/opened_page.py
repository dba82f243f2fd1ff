"""A page of the built book, opened in a browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

WIDTHS = {"desktop": 1280, "phone": 375}


class OpenedPage:
    """A page opened in the browser, and what went on while it loaded."""

    def __init__(self, browser: Any, url: str, width: int, scheme: str = "light") -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("request", self._note)
        self.page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function("!window.MathJax?.startup?.promise || MathJax.startup.promise.then(() => true)")

    def _note(self, request: Any) -> None:
        if urlparse(request.url).scheme in ("http", "https", "ws", "wss"):
            self.elsewhere.append(request.url)
