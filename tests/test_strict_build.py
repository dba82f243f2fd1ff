"""The strict build on a book of one page: it fails every time, and executes changed pages again."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT, build_book, ids_that_stand_twice


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A book with the real configuration, extension and package, and one page that shows what Adam's file holds."""
    folder = tmp_path / "a book"
    for name in ("book", "lossbook"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n")
    write(folder, "from pathlib import Path\nprint(len(Path('lossbook/optim/adam.py').read_text()), 'characters')")
    return folder


def write(folder: Path, code: str, prose: str = "# A page") -> None:
    cells = [nbformat.v4.new_markdown_cell(prose), nbformat.v4.new_code_cell(code)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "page.ipynb")


def shown(folder: Path) -> int:
    found = re.search(r"(\d+) characters", (folder / "_build" / "html" / "page.html").read_text())
    assert found
    return int(found.group(1))


def executed(run: subprocess.CompletedProcess[str]) -> bool:
    return "Executing notebook" in run.stdout + run.stderr


def test_an_edit_of_the_package_executes_the_page_again(small: Path) -> None:
    first = build_book(small)
    assert first.returncode == 0, first.stdout + first.stderr
    assert executed(first)
    assert "index.html" in first.stdout
    size = shown(small)

    again = build_book(small)
    assert again.returncode == 0
    assert not executed(again)
    assert "index.html" in again.stdout

    adam = small / "lossbook" / "optim" / "adam.py"
    adam.write_text(adam.read_text() + "# edited\n")
    edited = build_book(small)
    assert edited.returncode == 0
    assert executed(edited)
    assert shown(small) == size + len("# edited\n")


@pytest.mark.parametrize(
    ("code", "prose"),
    [
        ("raise RuntimeError('on purpose')", "# A page"),
        ("import warnings\nwarnings.warn('on purpose')", "# A page"),
        ("1 + 1", "# A page\n\nsee {doc}`nowhere`"),
    ],
    ids=["raises", "warns", "broken link"],
)
def test_a_broken_page_fails_the_build_every_time_until_it_is_mended(small: Path, code: str, prose: str) -> None:
    write(small, code, prose)
    assert build_book(small).returncode != 0
    assert build_book(small).returncode != 0
    write(small, "1 + 1")
    assert build_book(small).returncode == 0


EXERCISES = """# A page

:::{exercise-start}
:label: one
:::
Say 1.
:::{exercise-end}
:::

:::{solution-start} one
:label: one-solved
:::
1.
:::{solution-end}
:::

:::{exercise}
:label: two
Say 2.
:::

:::{solution} two
:label: two-solved
2.
:::
"""
WIDGET = """from matplotlib.figure import Figure
from lossbook.widgets import explore

def line(slope):
    figure = Figure()
    figure.subplots().plot([0, 1], [0, slope])
    return figure, f"A line that rises by {slope}."
"""


def test_every_exercise_and_solution_has_an_id_of_its_own(small: Path) -> None:
    write(small, "1 + 1", EXERCISES)
    built = build_book(small)
    assert built.returncode == 0, built.stdout + built.stderr
    html = (small / "_build" / "html" / "page.html").read_text()
    assert ids_that_stand_twice(html) == []
    for name in ("one", "one-solved", "two", "two-solved"):
        assert html.count(f'id="{name}-content"') == 1


def test_two_widgets_with_one_title_fail_the_build_and_two_titles_in_any_script_do_not(small: Path) -> None:
    titles = ("学习率", "动量", "Adam: β₁", "Adam: β₂", "🙂", "🙃")
    page = "\n".join([WIDGET, "from IPython.display import display", f"for title in {titles!r}:"])
    write(small, f"{page}\n    display(explore(line, title=title, slope=[1, 2]))")
    built = build_book(small)
    assert built.returncode == 0, built.stdout + built.stderr
    html = (small / "_build" / "html" / "page.html").read_text()
    assert html.count("<loss-explore") == len(titles)
    assert ids_that_stand_twice(html) == []

    write(small, f"{page}\n    display(explore(line, title='学习率', slope=[1, 2]))")
    built = build_book(small)
    assert built.returncode != 0
    assert "the widget '学习率' stands 6 times on this page" in built.stderr
    assert "give each a title of its own" in built.stderr


def test_the_examples_in_the_extension_hold() -> None:
    spec = importlib.util.spec_from_file_location("lossbook_ids", ROOT / "book" / "_ext" / "lossbook_ids.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tried = doctest.testmod(module)
    assert tried.attempted >= 4
    assert tried.failed == 0
