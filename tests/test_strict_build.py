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


TITLES = ("学习率", "动量", "Adam: β₁", "Adam: β₂", "🙂", "🙃")


def shown(title: str) -> str:
    """The code of a page with six widgets; the title is an expression."""
    head = f"{WIDGET}\nfrom IPython.display import display\nfor title in {TITLES!r}:\n"
    return f"{head}    display(explore(line, title={title}, slope=[1, 2]))"


SOUND = {
    "notebook": ("", "import os\nprint(os.environ['LOSSBOOK_FACE'], 'face')"),
    "myst": ("", ""),  # in MyST
    "exercises": (EXERCISES, "1 + 1"),
    "more": (EXERCISES.replace("one", "three").replace("two", "four"), "1 + 2"),
    "widgets": ("", shown("title")),
}
FAULTY = {
    "raises": ("", "def deep(n):\n    return deep(n - 1) if n else 1 / 0\n\n\ndeep(50)"),
    "warns": ("", "import warnings\nwarnings.warn('on purpose')"),
    "dies": ("", "import os\nos._exit(1)"),
    "links": ("see {doc}`nowhere`", "2 + 2"),
    "alike": ("", shown("'学习率'")),
}
FAULTS = (
    "raises.ipynb: WARNING: code cell 1 raised ZeroDivisionError:",
    "code cell 1 wrote to stderr:",
    "code cell 1 ended with DeadKernelError: Kernel died",
    "unknown document: 'nowhere'",
    "the widget '学习率' stands 6 times on this page",
    "give each a title of its own",
)


def write_with_myst(folder: Path, **pages: tuple[str, str]) -> None:
    """Write these pages, the one called ``myst`` in MyST Markdown."""
    write(folder, **pages)
    (folder / "myst.ipynb").unlink()
    (folder / "myst.md").write_text(MYST)


def test_a_page_is_executed_once_and_again_when_the_package_changed_and_a_broken_one_fails_until_it_is_mended(
    small: Path,
) -> None:
    """One book in five states, as each build takes seconds."""
    write_with_myst(small, **SOUND)
    adam = small / "lossbook" / "optim" / "adam.py"
    first = build_book(small)
    assert first.returncode == 0, first.stdout + first.stderr
    assert executed(small) == dict.fromkeys(SOUND, 1)
    assert re.search(r"^  myst +\d+\.\d s +\d+\.\d CPU s$", first.stdout, re.MULTILINE)
    assert "index.html" in first.stdout
    assert "without encryption" not in first.stdout + first.stderr
    assert "static face" in page(small, "notebook")
    assert f"{len(adam.read_text())} characters" in page(small, "myst")
    assert_every_exercise_has_an_id_and_every_widget_a_title_of_its_own(small)
    assert lossbook_current.current(small)

    again = build_book(small)
    assert again.returncode == 0
    assert executed(small) == {}
    assert "index.html" in again.stdout

    adam.write_text(adam.read_text() + "# edited\n")
    assert not lossbook_current.current(small)
    kept = {name: SOUND[name] for name in ("notebook", "myst")}
    write_with_myst(small, **kept, **FAULTY)
    for expected in (kept | FAULTY, ("raises", "warns", "dies")):  # the second time, nothing has changed
        built = build_book(small)
        assert built.returncode != 0
        assert not lossbook_current.current(small)
        assert executed(small) == dict.fromkeys(expected, 1)
        assert [fault for fault in FAULTS if fault not in built.stderr] == []
        assert len(built.stderr.splitlines()) < 60  # not all fifty levels
        assert f"{len(adam.read_text())} characters" in page(small, "myst")  # no other page is lost

    write_with_myst(small, **kept, **dict.fromkeys(FAULTY, ("", "3 + 3")) | {"links": ("", "2 + 2")})
    mended = build_book(small)
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert executed(small) == dict.fromkeys(("raises", "warns", "dies", "alike"), 1)
    assert lossbook_current.current(small)


def assert_every_exercise_has_an_id_and_every_widget_a_title_of_its_own(small: Path) -> None:
    html = page(small, "exercises")
    assert ids_that_stand_twice(html) == []
    for name in ("one", "one-solved", "two", "two-solved"):
        assert html.count(f'id="{name}-content"') == 1
    for each in (html, page(small, "more")):  # counted page by page
        assert re.findall(r'caption-number">Exercise (\d+)', each) == ["1", "2"]
    html = page(small, "widgets")
    assert html.count("<loss-explore") == len(TITLES)
    assert ids_that_stand_twice(html) == []


def test_the_examples_in_the_extension_hold() -> None:
    tried = doctest.testmod(importlib.import_module("lossbook_ids"))
    assert tried.attempted >= 4
    assert tried.failed == 0
