"""Pages are executed on all cores, and a notebook that the book has executed is not executed once more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import executed_pages
import lossbook_execute
import lossbook_kernels
import nbformat
import pytest
from jupyter_cache.base import CacheBundleIn
from lossbook_cache import Executed
from lossbook_kernels import CAN_FORK, Nursery

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


def page(folder: Path, name: str, *cells: str) -> lossbook_execute.Page:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return lossbook_execute.Page(name, folder / f"{name}.ipynb", made)


def printed(done: lossbook_execute.Page) -> str:
    return "".join(output.get("text", "") for cell in done.notebook.cells for output in cell.outputs)


@pytest.fixture(params=["forked", "started"])
def nursery(request: pytest.FixtureRequest) -> Iterator[Nursery | None]:
    if request.param == "started":
        yield None
        return
    if not CAN_FORK:
        pytest.skip("kernels are not forked here")
    made = Nursery(lossbook_execute.environment())
    yield made
    made.close()


def test_a_kernel_that_dies_costs_its_page_alone(tmp_path: Path, nursery: Nursery | None) -> None:
    pages = [
        page(tmp_path, "dies", "1 + 1", "import os\nos._exit(1)"),
        page(tmp_path, "raises", "1 / 0"),
        page(tmp_path, "writes", "import sys\nprint('oh', file=sys.stderr)"),
        page(tmp_path, "lives", "print(2)"),
    ]
    done = {one.name: one.execute(600, nursery) for one in pages}
    assert done["dies"].failure.startswith("code cell 2 ended with ")
    assert done["raises"].failure.startswith("code cell 1 raised ZeroDivisionError")
    assert done["writes"].failure.startswith("code cell 1 wrote to stderr")
    assert (done["lives"].failure, printed(done["lives"])) == ("", "2\n")


def test_a_kernel_works_in_its_folder_and_knows_nothing_of_others(tmp_path: Path, nursery: Nursery | None) -> None:
    """Forked or not, it has the same name and arguments, and draws into the page; a copy has torch, and other draws."""
    tells = (
        "import os, random, sys\nhad, known = 'torch' in sys.modules, 'x' in globals()\nx = random.random()",
        "import matplotlib\nprint(os.getcwd(), __name__, sys.argv[0].split('/')[-1][:18], matplotlib.get_backend())",
        "import torch as t\nprint(known, had, t.get_num_threads())\nprint(x)",
    )
    done = [page(tmp_path, name, *tells).execute(600, nursery) for name in "ab"]
    assert [one.failure for one in done] == ["", ""]
    (*told, first), (*same, second) = (printed(one).splitlines() for one in done)
    assert told == same
    assert told[0].startswith(f"{tmp_path.resolve()} __main__ ipykernel_launcher ")
    assert told[0].split()[-1] in ("module://matplotlib_inline.backend_inline", "inline")
    assert told[1] == f"False {nursery is not None} 1"
    assert first != second


@pytest.mark.skipif(not CAN_FORK, reason="kernels are not forked here")
def test_a_page_says_so_if_no_kernel_can_be_forked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossbook_kernels.sys, "executable", "/bin/false")
    nursery = Nursery(lossbook_execute.environment())
    failure = page(tmp_path, "one", "1 + 1").execute(600, nursery).failure
    nursery.close()
    assert "RuntimeError: The process that kernels are copies of has ended, with code 1." in failure
