"""Pages are executed on all cores, and a notebook that the book has executed is not executed once more."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import executed_pages
import lossbook_execute
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


def test_as_many_pages_at_once_as_there_are_cores_or_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOSSBOOK_JOBS", raising=False)
    assert 1 <= lossbook_execute.jobs() <= (os.cpu_count() or 1)
    monkeypatch.setenv("LOSSBOOK_JOBS", "3")
    assert lossbook_execute.jobs() == 3
    monkeypatch.setenv("LOSSBOOK_JOBS", "all")
    with pytest.raises(ValueError, match="LOSSBOOK_JOBS must be a positive integer, got 'all'"):
        lossbook_execute.jobs()


def test_a_kernel_that_dies_costs_its_page_alone(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell("1 + 1"), nbformat.v4.new_code_cell("import os\nos._exit(1)")]
    page = lossbook_execute.Page("one", tmp_path / "one.ipynb", nbformat.v4.new_notebook(cells=cells))
    assert page.execute(timeout=600).failure.startswith("code cell 2 ended with ")
