"""``llms.txt`` in the built book: what an assistant needs of it as one text, from the tables of the package.

It begins as https://llmstxt.org asks: a title, a quoted summary, then lists of links.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from lossbook.causes import CAUSES, COSTS, FAMILIES, GROUPS, suspects
from lossbook.cli.arguments import parser
from lossbook.symptoms import SYMPTOMS

#: key of a cause -> the name of its page in ``book/cases/``; the one of ``lossbook.widgets`` would load torch
CASES = {row.key: name for name in FAMILIES for row in import_module(f"lossbook.causes.{name}").ROWS}
SUMMARY = "Why the training loss will not go down: a book that runs, and the tested Python package behind it."
IN_PYTHON = """\
- `with lossbook.watch(model, optimizer) as watching: ...` around a training loop of torch, then
  `print(watching.report())`: what is wrong, from experiments on copies; the training stays the same number for number.
  `report.findings` has a `cause` each, a key of the list below, and a `fix`; `report.to_json()` is for programs.
- `lossbook.integrations.huggingface.WatchCallback` and `lossbook.integrations.lightning.WatchCallback` do the same from
  a trainer.
- `print(lossbook.checkup(model, loss_fn, loader))` looks before the first step.
- `print(lossbook.symptom(losses))` judges a list of losses; `lossbook.read_curve(path)` reads a log."""


def text(pages: Mapping[str, str]) -> str:
    """The file.

    Args:
        pages: address of a page in the built book -> its title, in reading order.
    """
    commands = [f"- `lossbook {name}`: {str(made.description).strip()}" for name, made in parser()[1].items()]
    parts = [
        "# lossbook",
        f"> {SUMMARY}",
        "To help somebody whose loss does not go down: let them watch the training, or judge the log that they have; "
        "then read the causes of the symptom in the order that is given here, the cheapest test first, and change one "
        "thing at a time. A curve alone cannot prove a cause.",
        "## Pages\n\n" + "\n".join(f"- [{title}]({address})" for address, title in pages.items()),
        f"## In Python\n\n{IN_PYTHON}",
        "## Commands\n\n" + "\n".join(commands),
        "## Symptoms, each with its suspects\n\n" + "\n".join(_symptoms()),
        "## Causes\n\n" + "\n\n".join(_causes(pages)),
    ]
    return "\n\n".join(parts) + "\n"


def _symptoms() -> Iterator[str]:
    for code, sentence in SYMPTOMS.items():
        keys = ", ".join(row.key for row in suspects(code))
        yield f"- {code}: {sentence} Suspects: {keys}."


def _causes(pages: Mapping[str, str]) -> Iterator[str]:
    sections = {title.partition(" ")[0]: address for address, title in pages.items()}
    for group in GROUPS:
        yield f"### {group}"
        for row in (row for row in CAUSES.values() if row.group == group):
            shown = ", ".join(row.symptoms) or "the loss looks well"
            read = f"\n  Read: [{row.chapter}]({sections[row.chapter]})" if row.chapter in sections else ""
            if (case := f"book/cases/{CASES[row.key]}.html") in pages:
                read += f"\n  Case file: {case}#case-{row.key}"
            yield (
                f"- {row.key}: {row.title} ({shown})\n  Test ({COSTS[row.cost]}): {row.test}\n  Fix: {row.fix}{read}"
            )


def pages_of(app: Sphinx) -> dict[str, str]:
    """address -> title of each page, in reading order."""
    assert app.builder is not None
    found: dict[str, str] = {}
    todo = [app.config.root_doc]
    while todo:
        name = todo.pop(0)
        found[app.builder.get_target_uri(name)] = app.env.titles[name].astext()
        todo = [*app.env.toctree_includes.get(name, []), *todo]
    return found


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the file beside the pages."""
    if exception is None and app.builder.format == "html":
        Path(app.outdir, "llms.txt").write_text(text(pages_of(app)), encoding="utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
