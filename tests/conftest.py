"""Shared fixtures: the built book, and a browser to read it with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small nets gain nothing from more, and workers starve each other

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def each(rows: Iterable[Any]) -> pytest.MarkDecorator:
    """One test per row of a table, by its key; all tests of a row in one worker, which trains each run once."""
    params = [pytest.param(row, id=row.key, marks=pytest.mark.xdist_group(row.key)) for row in rows]
    return pytest.mark.parametrize("row", params)


def build_book(folder: Path) -> subprocess.CompletedProcess[str]:
    """The strict build of ``make book``, with this environment's Jupyter Book. Quick if nothing changed."""
    tool = Path(sys.executable).parent / "jupyter-book"
    command = [str(tool), "build", "-W", "-n", "--keep-going", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built HTML book; built first, unless it is current."""
    built = build_book(ROOT)
    assert built.returncode == 0, f"the strict build failed:\n{built.stdout[-3000:]}\n{built.stderr[-3000:]}"
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium: the system's, else Playwright's own. Skips without one, or fails if one is required."""
    from playwright.sync_api import Error, sync_playwright

    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            reason = f"no Chromium to read the book with ({str(error).splitlines()[0]})"
            if os.environ.get("LOSSBOOK_REQUIRE_BROWSER") == "1":
                pytest.fail(f"LOSSBOOK_REQUIRE_BROWSER=1, but there is {reason}")
            pytest.skip(reason)
        yield chromium
        chromium.close()
