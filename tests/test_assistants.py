"""What assistants read: the JSON of the causes, llms.txt and SKILL.md say what the tables and the package say."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path

import pytest
import torch
from conftest import ROOT
from lossbook_llms import text
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import lossbook
from lossbook.causes import CAUSES, COSTS, GROUPS
from lossbook.cli import main
from lossbook.cli.arguments import parser
from lossbook.symptoms import SYMPTOMS


def test_the_json_of_the_causes_holds_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "book" / "recorded.md").read_text(encoding="utf8")
    table = page.partition("| name in a cause |")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert main(["causes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in told] == list(CAUSES)
    for row in told:
        assert list(row) == documented
        assert row["group"] in GROUPS
        assert row["cost"] in COSTS
        assert set(row["symptoms"]) <= set(SYMPTOMS)
        assert all(list(source) == ["key", "title", "url"] for source in row["sources"])
        assert isinstance(row["written"], bool)
        assert isinstance(row["section"], str)


def test_llms_txt_tells_all_causes_symptoms_and_commands() -> None:
    told = text({"book/intro.html": "lossbook", "notebooks/lr.html": "2.3 The learning rate"})
    assert told.startswith("# lossbook\n\n> ")
    for row in CAUSES.values():
        assert f"- {row.key}: {row.title} (" in told
        assert f"Fix: {row.fix}" in told
    for code, sentence in SYMPTOMS.items():
        assert f"- {code}: {sentence} Suspects: " in told
    for command in parser()[1]:
        assert f"- `lossbook {command}`: " in told
    assert "- [lossbook](book/intro.html)" in told
    read = re.findall(r"Read: \[(.+)\]\((.+)\)", told)
    assert read == [("2.3", "notebooks/lr.html")] * sum(row.chapter == "2.3" for row in CAUSES.values())


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_built_book_holds_llms_txt_and_its_links_lead_to_pages(book: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", (book / "llms.txt").read_text(encoding="utf8"))
    assert "notebooks/02_3_learning_rate.html" in links
    assert all((book / link).is_file() for link in links)


def test_the_transcript_of_the_skill_is_true() -> None:
    tried = doctest.testfile(str(ROOT / "SKILL.md"), module_relative=False, encoding="utf8")
    assert tried.attempted >= 8
    assert tried.failed == 0


def test_the_report_in_the_readme_is_the_one_that_such_a_loop_gets() -> None:
    """Each line of it stands in the report, in this order."""
    x, y = map(torch.from_numpy, lossbook.data.Digits().load()[:2])
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    with lossbook.watch(model, optimizer) as watching:
        for images, labels in DataLoader(TensorDataset(x, y), 64, shuffle=True):
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
    lines = iter(str(watching.report(steps=3000, progress=False)).splitlines())
    shown = (ROOT / "README.md").read_text(encoding="utf8").partition("```text\nlossbook ")[2].partition("```")[0]
    shown = f"lossbook {shown}"
    assert [line for line in shown.splitlines() if line.strip() and line not in lines] == []
    assert len(shown.splitlines()) > 8


def test_the_skill_begins_with_its_name_and_names_what_there_is() -> None:
    skill = (ROOT / "SKILL.md").read_text(encoding="utf8")
    assert re.match(r"---\nname: lossbook\ndescription: .{50,1024}\n---\n", skill)
    assert all(name in lossbook.__all__ for name in re.findall(r"lossbook\.([a-z_]+)\(", skill))
    assert set(re.findall(r"`lossbook ([a-z]+)", skill)) <= set(parser()[1])
