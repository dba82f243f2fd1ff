"""The strict build on a book of one page: it fails every time, and executes again what changed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT, build_book


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
