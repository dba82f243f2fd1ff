"""A notebook that the book has executed, with its present text and the present package, is not executed once more.

``tests/conftest.py`` makes this a plugin of pytest; ``pytest --nbmake notebooks`` alone executes every notebook.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from lossbook_cache import Executed

ROOT = Path(__file__).parent.parent
EXECUTED = Executed(ROOT / "_build", ROOT / "lossbook")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip it, when its turn has come: the book may have been built by another test."""
    if getattr(item, "nbmake", False) and EXECUTED.current() and EXECUTED.holds(nbformat.read(str(item.path), 4)):
        pytest.skip("the book has executed it, with this text and this package")
