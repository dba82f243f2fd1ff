"""What ``make lab`` opens: copies, with an index, whose links work, and which a reader may change."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT
from pattern_rules import LINK, cells_of, tool

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
