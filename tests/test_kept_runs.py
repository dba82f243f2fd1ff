"""Runs that the pages of a book share: one page trains, the others read; and without a build nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lossbook_book import in_order
from lossbook_cache import Executed

from lossbook.widgets import trial
from lossbook.widgets.kept_runs import kept

KEY = "lr-too-high-oscillates"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for runs, and no run in memory, neither before nor after."""
    caches = (trial.suspected, trial.mended, trial.trained)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setenv("LOSSBOOK_RUNS", str(tmp_path / "runs"))
    yield tmp_path / "runs"
    for cache in caches:
        cache.cache_clear()


def refuse(*_: Any, **__: Any) -> Any:
    raise AssertionError("it was trained once more")


def test_two_processes_agree_and_one_of_them_trains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"from lossbook.widgets import trial; print(trial.broken({KEY!r})); trial.mended({KEY!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ, check=True)
    assert sorted(path.name for path in folder.iterdir()) == [f"{KEY}-broken.pickle", f"{KEY}-mended.pickle"]
    with monkeypatch.context() as patched:
        patched.setattr(trial, "run_watched", refuse)
        patched.setattr(trial, "run", refuse)
        read = trial.broken(KEY), trial.mended(KEY)
    assert str(read[0]) == done.stdout.strip()
    monkeypatch.delenv("LOSSBOOK_RUNS")
    for cache in (trial.suspected, trial.mended):
        cache.cache_clear()
    assert read == (trial.broken(KEY), trial.mended(KEY))


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-9] + b"x" * 9])
def test_a_damaged_file_is_made_anew(folder: Path, damage: Any) -> None:
    made = iter(range(9))
    assert [kept("one", lambda: next(made)), kept("one", lambda: next(made))] == [0, 0]
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert [kept("one", lambda: next(made)), kept("one", lambda: next(made))] == [1, 1]
    assert len(file.read_bytes()) == len(whole)


def test_without_a_build_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOSSBOOK_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lossbook.widgets.kept_runs.write_whole", refuse)
    made = iter(range(9))
    assert [kept("one", lambda: next(made)), kept("one", lambda: next(made))] == [0, 1]
    assert list(tmp_path.iterdir()) == []


def test_a_change_of_the_package_forgets_the_runs(tmp_path: Path) -> None:
    executed = Executed(tmp_path / "_build", tmp_path / "package")
    executed.package.mkdir()
    executed.runs.mkdir(parents=True)
    (executed.runs / "one.pickle").write_bytes(b"1")
    executed.restart()
    assert not executed.runs.exists()


def test_pages_that_show_all_runs_come_when_others_have_trained_them(tmp_path: Path) -> None:
    executed = Executed(tmp_path, tmp_path)
    executed.note_seconds("book/scenarios", 99.0)
    executed.note_seconds("notebooks/long", 60.0)
    executed.note_seconds("book/cases/data", 5.0)
    names = ("book/cases", "book/scenarios", "notebooks/new", "notebooks/long", "book/cases/data", "book/cases/model")
    pages: Any = [SimpleNamespace(name=name, path=Path(__file__)) for name in names]
    assert [page.name for page in in_order(pages, executed)] == [
        "book/cases/model",
        "book/cases/data",
        "notebooks/new",
        "notebooks/long",
        "book/cases",
        "book/scenarios",
    ]
