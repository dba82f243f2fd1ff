"""The strict build on a small book: it fails every time, and executes once what changed, and nothing else."""

from __future__ import annotations

import doctest
import importlib
import re
import shutil
from pathlib import Path

import lossbook_current
import nbformat
import pytest
from conftest import ROOT, build_book, ids_that_stand_twice


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A book with the real configuration, extension and package, and no page yet."""
    folder = tmp_path / "a book"
    for name in ("book", "lossbook"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    shutil.copy(ROOT / "_config.yml", folder)
    return folder


def write(folder: Path, **pages: tuple[str, str]) -> None:
    """Write these pages, each of one cell of prose and one of code; the cell notes that it was executed."""
    first, *others = pages
    listed = "".join(f"  - file: {name}\n" for name in others)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: {first}\n" + ("chapters:\n" + listed if others else ""))
    for name, (prose, code) in pages.items():
        counted = f"with open('{name}.count', 'a') as file:\n    _ = file.write('x')\n{code}"
        cells = [nbformat.v4.new_markdown_cell(f"# A page\n\n{prose}"), nbformat.v4.new_code_cell(counted)]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / f"{name}.ipynb")


def executed(folder: Path) -> dict[str, int]:
    """How often each page was executed since the last call."""
    counts = {path.stem: len(path.read_text()) for path in folder.glob("*.count")}
    for path in folder.glob("*.count"):
        path.unlink()
    return counts


def page(folder: Path, name: str) -> str:
    return (folder / "_build" / "html" / f"{name}.html").read_text()


MYST = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# In MyST

```{code-cell} ipython3
:tags: [hide-input]
from pathlib import Path
_ = Path("myst.count").open("a").write("x")
print(len(Path('lossbook/optim/adam.py').read_text()), 'characters')
```
"""


def test_a_page_is_executed_once_and_again_when_the_package_changed(small: Path) -> None:
    write(small, notebook=("", "import os\nprint(os.environ['LOSSBOOK_FACE'], 'face')"), myst=("", ""))
    (small / "myst.ipynb").unlink()
    (small / "myst.md").write_text(MYST)
    adam = small / "lossbook" / "optim" / "adam.py"

    first = build_book(small)
    assert first.returncode == 0, first.stdout + first.stderr
    assert executed(small) == {"notebook": 1, "myst": 1}
    assert re.search(r"^  myst +\d+\.\d s +\d+\.\d CPU s$", first.stdout, re.MULTILINE)
    assert "index.html" in first.stdout
    assert "without encryption" not in first.stdout + first.stderr
    assert "static face" in page(small, "notebook")
    assert f"{len(adam.read_text())} characters" in page(small, "myst")
    assert lossbook_current.current(small)

    again = build_book(small)
    assert again.returncode == 0
    assert executed(small) == {}
    assert "index.html" in again.stdout

    adam.write_text(adam.read_text() + "# edited\n")
    assert not lossbook_current.current(small)
    edited = build_book(small)
    assert edited.returncode == 0
    assert executed(small) == {"notebook": 1, "myst": 1}
    assert f"{len(adam.read_text())} characters" in page(small, "myst")


def test_a_broken_page_fails_every_build_until_it_is_mended_and_costs_no_other_page(small: Path) -> None:
    pages = {
        "sound": ("", "1 + 1"),
        "raises": ("", "def deep(n):\n    return deep(n - 1) if n else 1 / 0\n\n\ndeep(50)"),
        "warns": ("", "import warnings\nwarnings.warn('on purpose')"),
        "dies": ("", "import os\nos._exit(1)"),
        "links": ("see {doc}`nowhere`", "2 + 2"),
    }
    faults = ("raises.ipynb: WARNING: code cell 1 raised ZeroDivisionError:", "code cell 1 wrote to stderr:")
    faults += ("code cell 1 ended with DeadKernelError: Kernel died", "unknown document: 'nowhere'")
    write(small, **pages)
    for expected in (set(pages), {"raises", "warns", "dies"}):
        built = build_book(small)
        assert built.returncode != 0
        assert not lossbook_current.current(small)
        assert executed(small) == dict.fromkeys(expected, 1)
        assert [fault for fault in faults if fault not in built.stderr] == []
        assert len(built.stderr.splitlines()) < 60  # not all fifty levels

    write(small, **{name: ("", "1 + 1" if name in ("sound", "links") else "3 + 3") for name in pages})
    mended = build_book(small)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert executed(small) == dict.fromkeys(("raises", "warns", "dies", "links"), 1)


EXERCISES = """:::{exercise-start}
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


def test_every_exercise_and_solution_has_an_id_of_its_own_and_every_widget_a_title_of_its_own(small: Path) -> None:
    titles = ("学习率", "动量", "Adam: β₁", "Adam: β₂", "🙂", "🙃")
    widgets = "\n".join([WIDGET, "from IPython.display import display", f"for title in {titles!r}:"])
    shown = f"{widgets}\n    display(explore(line, title=title, slope=[1, 2]))"
    more = EXERCISES.replace("one", "three").replace("two", "four")
    write(small, exercises=(EXERCISES, "1 + 1"), more=(more, "1 + 2"), widgets=("", shown))
    built = build_book(small)
    assert built.returncode == 0, built.stdout + built.stderr
    html = page(small, "exercises")
    assert ids_that_stand_twice(html) == []
    for name in ("one", "one-solved", "two", "two-solved"):
        assert html.count(f'id="{name}-content"') == 1
    for each in (html, page(small, "more")):  # counted page by page
        assert re.findall(r'caption-number">Exercise (\d+)', each) == ["1", "2"]
    html = page(small, "widgets")
    assert html.count("<loss-explore") == len(titles)
    assert ids_that_stand_twice(html) == []

    write(small, widgets=("", f"{widgets}\n    display(explore(line, title='学习率', slope=[1, 2]))"))
    built = build_book(small)
    assert built.returncode != 0
    assert "the widget '学习率' stands 6 times on this page" in built.stderr
    assert "give each a title of its own" in built.stderr


def test_the_examples_in_the_extension_hold() -> None:
    tried = doctest.testmod(importlib.import_module("lossbook_ids"))
    assert tried.attempted >= 4
    assert tried.failed == 0
