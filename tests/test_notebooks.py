"""The pattern of a chapter, counted: predictions, figures, asserts, exercises. nbmake executes them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import NOTEBOOKS, ROOT

every = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind]


def text(path: Path, kind: str) -> str:
    return "\n\n".join("".join(cell["source"]) for cell in cells(path, kind))


def tree(path: Path) -> ast.Module:
    return ast.parse(text(path, "code"))


@every
def test_the_title_carries_the_documents_number_and_its_chinese_term(path: Path) -> None:
    number = ".".join(part.lstrip("0") for part in path.stem.split("_") if part.isdigit())
    first = "".join(cells(path, "markdown")[0]["source"]).splitlines()[0]
    assert re.fullmatch(rf"# {re.escape(number)} [^()]+ \([^()]*[\u4e00-\u9fff]+[^()]*\)", first), first
    assert len(re.findall(r"^# ", text(path, "markdown"), re.MULTILINE)) == 1


@every
def test_a_chapter_asks_shows_asserts_and_trains(path: Path) -> None:
    prose = text(path, "markdown")
    exercises = re.findall(r"\{exercise\}[^\n]*\n:label: (\S+)", prose)
    assert prose.count(":class: predict") >= 2
    assert len(exercises) >= 4
    assert sorted(exercises) == sorted(re.findall(r"\{solution\} (\S+)\n:class: dropdown", prose))
    drawn = [cell for cell in cells(path, "code") if "image" in cell["metadata"].get("mystnb", {})]
    made = re.findall(r"^way_\w+\(\)$", text(path, "code"), re.MULTILINE)  # sheet, tables and tree of the causes
    assert len(drawn) + len(made) >= 3
    assert "## What we have seen" in prose
    assert ":::{admonition} If your loss is stuck" in prose


@every
def test_every_figure_has_a_text_alternative(path: Path) -> None:
    draws = re.compile(r"\b(plt\.|plotting\.(plot|show)_|\.plot\(|\.imshow\(|\.bar\(|\.hist\()")
    for cell in cells(path, "code"):
        source = "".join(cell["source"])
        if draws.search(source) and "use_style" not in source and "\ndef " not in f"\n{source}":
            assert len(cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")) >= 40, source


@every
def test_asserts_compare_what_was_computed(path: Path) -> None:
    asserts = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Assert)]
    calls = [
        node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute) and node.attr.startswith("assert_")
    ]
    assert len(asserts) + len(calls) >= 5
    assert not [ast.unparse(node) for node in asserts if isinstance(node.test, ast.Constant)]
    for node in asserts:
        assert any(isinstance(part, ast.Name) for part in ast.walk(node.test)), ast.unparse(node)
        for one in ast.walk(node.test):
            if isinstance(one, ast.Compare):
                sides = [ast.dump(side) for side in (one.left, *one.comparators) if not calls_something(side)]
                assert len(set(sides)) == len(sides), ast.unparse(node)


@every
def test_nothing_is_stored_and_randomness_is_seeded(path: Path) -> None:
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells(path, "code"))
    assert not re.findall(r"np\.random\.(?!default_rng)\w+|default_rng\(\)", text(path, "code"))
    within = [part for node in ast.walk(tree(path)) if forks(node) for part in ast.walk(node)]
    seeds = [node for node in ast.walk(tree(path)) if ast.unparse(node) == "torch.manual_seed"]
    assert len(seeds) == sum(ast.unparse(node) == "torch.manual_seed" for node in within)


def calls_something(node: ast.AST) -> bool:
    """Whether to compute it twice may give two things."""
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def forks(node: ast.AST) -> bool:
    """Whether torch's global generators stand where they were after this block."""
    return isinstance(node, ast.With) and any("fork_rng(" in ast.unparse(item) for item in node.items)


def test_every_notebook_is_in_the_book() -> None:
    toc = (ROOT / "_toc.yml").read_text()
    assert all(f"notebooks/{path.stem}\n" in toc for path in NOTEBOOKS)
    assert len(NOTEBOOKS) == toc.count("notebooks/")
