"""What ``make lab`` opens: copies, with an index, whose links work, and which a reader may change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT
from pattern_rules import LINK, cells_of, tool

from lossbook import chapters

lab = tool("lab")


def said(path: Path, kinds: tuple[str, ...] = ("markdown", "code")) -> str:
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in cells_of(path) if cell.kind in kinds)


def test_every_link_of_every_copy_leads_to_a_copy(tmp_path: Path) -> None:
    index = lab.main(tmp_path)
    copies = [path for path in tmp_path.rglob("*") if path.suffix in (".ipynb", ".md")]
    assert len(copies) >= 16
    assert said(index).count("](notebooks/") == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for path in copies:
        for _, address in LINK.findall(said(path, ("markdown",))):
            if not re.match(r"https?://|#", address):
                assert (path.parent / address.partition("#")[0]).is_file(), f"{path.name}: {address}"
    pages = {path.stem: said(path) for path in copies}
    assert "widgets.scenario_lab()" in pages["scenarios"]
    assert "labs.capacity()" in pages["03_2_2_parameters"]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    lab.main(folder := tmp_path_factory.mktemp("lab"))
    return [path for path in folder.rglob("*") if path.suffix in (".ipynb", ".md")]


def test_a_copy_holds_nothing_that_jupyterlab_shows_as_an_error_or_not_at_all(copies: list[Path]) -> None:
    for path in copies:
        text = said(path, ("markdown",))
        assert set(re.findall(r"^\W*\{([\w-]+)\}", text, re.MULTILINE)) <= {"admonition", "exercise", "solution"}, path
        assert "<input" not in text, path
        named = re.findall(r"[_^]\\(?:max|min|sup|inf|lim|log|ln|exp|det|arg|Pr|sin|cos)\b.*", text)
        assert not named, f"{path}: KaTeX wants braces around {named}"
        opened = []
        for colons, what in re.findall(r"^(:{3,})(.*)$", text, re.MULTILINE):
            opened = [*opened, colons] if what else opened[: opened.index(colons)]
        assert not opened, path


def test_code_that_the_book_folds_is_folded_and_the_line_that_is_left_is_short(copies: list[Path]) -> None:
    folded = 0
    for path in copies:
        for cell in [] if path.suffix == ".md" else cells_of(path):
            if cell.kind == "code" and (cell.mark or lab.SCREENED & set(cell.metadata.get("tags", []))):
                folded += 1
                assert cell.metadata["jupyter"]["source_hidden"], cell
                assert not cell.mark or len(cell.source.split("\n")[0]) <= lab.WIDTH, cell
    assert folded > 500


def test_a_long_first_line_keeps_all_of_its_words() -> None:
    line = f"# checked: {'so many words ' * 20}".rstrip()
    broken = lab.broken(f"{line}\nassert True").splitlines()
    assert all(len(one) <= lab.WIDTH for one in broken)
    assert broken[-1] == "assert True"
    assert " ".join(one.removeprefix("# ").removesuffix(" …") for one in broken[:-1]) == line.removeprefix("# ")
    assert chapters._claim("\n".join(broken)) == chapters._claim(line)
    for kept in ("# checked: short\nassert True", f"{line[2:]}\n", f"#{line}", "# folded: all"):
        assert lab.broken(kept) == kept


def test_the_questions_begin_with_the_list_of_them(copies: list[Path]) -> None:
    page = next(path for path in copies if path.stem == "questions")
    asked = re.findall(r"^### (.*)$", said(page, ("markdown",)), re.MULTILINE)
    assert len(asked) > 20
    assert all(one in cells_of(page)[0].source for one in asked)


def test_a_copy_that_its_reader_changed_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    path, text = tmp_path / "one.ipynb", json.dumps(lab.notebook([("code", "1 + 1")]))
    lab.place(path, text)
    run = json.loads(text)
    run["cells"][0]["execution_count"] = 1  # running it is no change
    path.write_text(json.dumps(run))
    lab.place(path, text)
    assert capsys.readouterr().out == ""
    path.write_text(json.dumps(lab.notebook([("code", "1 + 2")])))
    lab.place(path, text)
    assert "kept: one.ipynb differs from the book's" in capsys.readouterr().out
    assert "1 + 2" in path.read_text()


def test_widgets_are_saved_with_a_notebook_and_what_is_chosen_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "share/jupyter/lab/settings/overrides.json"
    lab.keep_widgets(tmp_path)
    assert json.loads(path.read_text()) == {lab.WIDGETS: {"saveState": True}}
    chosen = {lab.WIDGETS: {"saveState": False}, "other": {}}
    path.write_text(json.dumps(chosen))
    lab.keep_widgets(tmp_path)
    assert json.loads(path.read_text()) == chosen
    for wrong in ("{", "[]"):
        path.write_text(wrong)
        lab.keep_widgets(tmp_path)
        assert path.read_text() == wrong
        assert f"will not show the last picture of its widgets, for {path}: " in capsys.readouterr().out
