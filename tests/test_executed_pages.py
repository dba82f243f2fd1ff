"""Whether a notebook that the book has executed is executed once more."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import executed_pages
import nbformat
import pytest
from jupyter_cache.base import CacheBundleIn
from lossbook_cache import Executed

Skipped = pytest.skip.Exception


@pytest.fixture
def item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The test of a notebook that a book has executed."""
    executed = Executed(tmp_path / "_build", tmp_path / "package")
    executed.package.mkdir()
    (executed.package / "module.py").write_text("1")
    monkeypatch.setattr(executed_pages, "EXECUTED", executed)
    item = SimpleNamespace(nbmake=True, path=tmp_path / "one.ipynb")
    executed_pages.pytest_runtest_setup(item)  # nothing was built
    executed.restart()
    executed_pages.pytest_runtest_setup(written(item, "1 + 1"))  # and nothing executed
    bundle = CacheBundleIn(nbformat.read(item.path, 4), str(item.path))
    executed.open().cache_notebook_bundle(bundle, check_validity=False)
    return item


def written(item: Any, code: str) -> Any:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), item.path)
    return item


def test_a_notebook_that_the_book_has_executed_is_skipped(item: Any) -> None:
    with pytest.raises(Skipped, match="the book has executed it"):
        executed_pages.pytest_runtest_setup(item)


def test_a_notebook_with_another_text_is_executed(item: Any) -> None:
    executed_pages.pytest_runtest_setup(written(item, "1 + 2"))


def test_after_a_change_of_the_package_every_notebook_is_executed(item: Any) -> None:
    (executed_pages.EXECUTED.package / "module.py").write_text("2")
    executed_pages.pytest_runtest_setup(item)


def test_a_test_that_is_no_notebook_is_left_alone(item: Any) -> None:
    executed_pages.pytest_runtest_setup(SimpleNamespace(path=item.path))  # type: ignore[arg-type]
