"""What a list tells of the scenarios, read from their source files without importing them, which would load torch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, NamedTuple

from lossbook.causes import CAUSES


class Listed(NamedTuple):
    """The fields of :class:`lossbook.scenarios.Scenario` that a list tells."""

    key: str
    title: str
    cause: str | None
    symptom: str


def listed() -> dict[str, Listed]:
    """key -> its row, in the order of the causes. In the source files these four fields are literals."""
    rows: list[Listed] = []
    for path in sorted(files("lossbook").joinpath("scenarios").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".py"):
            rows += _rows(ast.parse(path.read_text(encoding="utf8")))
    place = list(CAUSES).index
    rows.sort(key=lambda row: len(CAUSES) if row.cause is None else place(row.cause))
    return {row.key: row for row in rows}


def _rows(tree: ast.Module) -> Iterator[Listed]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Scenario"), keywords=keywords) if keywords:
                told = {word.arg: word.value for word in keywords}
                if "key" in told:  # else the call makes a scenario of each row of RUNS, see below
                    yield Listed(*(_text(told[name]) for name in Listed._fields))
            case ast.AnnAssign(target=ast.Name("RUNS"), value=ast.Dict(keys, values)):  # the healthy runs
                for key, value in zip(keys, values, strict=True):
                    if key is not None and isinstance(value, ast.Tuple):
                        yield Listed(f"healthy-{_text(key)}", _text(value.elts[0]), None, "healthy")


def _text(node: ast.expr) -> Any:
    return ast.literal_eval(node)
