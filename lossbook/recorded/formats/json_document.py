"""One document of JSON: the Trainer's ``trainer_state.json``, a dict of lists, a list of objects, a list of numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lossbook.recorded.cells import number
from lossbook.recorded.formats.json_lines import flat
from lossbook.recorded.source import Source, Unreadable

LISTS = ("log_history", "history", "logs", "data", "rows", "records", "metrics", "scalars", "results")
SUMMARY = ("train_runtime", "total_flos")  # the Trainer's last row, whose train_loss is a mean of all
TEXT = re.compile(r"\s*\[[^\[\]{}\"]*\]\s*[^\s,\]]|\s*\{\s*'")  # "[1,  2000] loss: 2.1" and {'loss': 2.1} are no JSON


def sniff(source: Source) -> bool:
    """It begins as JSON does, and not as lines of a terminal can."""
    text = "\n".join(source.look())
    return text.lstrip().startswith(("{", "[")) and TEXT.match(text) is None


def read(source: Source) -> Iterator[dict[str, float]]:
    """The rows of the document.

    Raises:
        Unreadable: it is cut off, no JSON, or holds no list of losses.
    """
    text = source.text()
    try:
        told = json.loads(text)
    except RecursionError as error:
        raise Unreadable("its JSON must not be nested so deeply") from error
    except json.JSONDecodeError as error:
        where = "it ends in the middle" if error.pos >= len(text.rstrip()) - 1 else f"line {error.lineno} is none"
        raise Unreadable(f"it must be JSON, and {where}") from error
    except ValueError as error:  # a whole number with thousands of digits
        raise Unreadable("its numbers must be shorter") from error
    yield from rows(told)


def rows(told: Any, depth: int = 0) -> Iterator[dict[str, float]]:
    """The rows of what JSON holds."""
    if isinstance(told, list):
        yield from _list(told)
        return
    if not isinstance(told, dict):
        raise Unreadable(f"it must hold losses, and is {json.dumps(told)[:40]}")
    for name in LISTS:
        if isinstance(told.get(name), (list, dict)) and told[name] and depth < 3:
            yield from rows(told[name], depth + 1)
            return
    columns = {name: column for name, value in told.items() if (column := _column(value)) is not None}
    if not columns:
        raise Unreadable(f"it must hold a list of losses; there are {', '.join(map(str, told)) or 'no names'}"[:300])
    if "eval_step" in columns and "reference_loss" in columns:  # of lossbook itself: two clocks
        yield from _history(columns)
        return
    for index in range(max(map(len, columns.values()))):
        row = {name: column[index] for name, column in columns.items() if index < len(column)}
        yield {name: found for name, cell in row.items() if (found := number(cell)) is not None}


def _list(told: list[Any]) -> Iterator[dict[str, float]]:
    for item in told:
        if isinstance(item, dict):
            if not any(name in item for name in SUMMARY):
                yield flat(item)
        elif isinstance(item, list) and len(item) == 3:  # TensorBoard's download: wall time, step, value
            cells = [number(cell) for cell in item]
            if cells[1] is not None and cells[2] is not None:
                yield {"step": cells[1], "Value": cells[2]}
        elif isinstance(item, list) and len(item) == 2:
            cells = [number(cell) for cell in item]
            if cells[0] is not None and cells[1] is not None:
                yield {"step": cells[0], "Value": cells[1]}
        elif (value := number(item)) is not None:
            yield {"loss": value}


def _column(value: Any) -> list[Any] | None:
    """A list of numbers, also as pandas writes one: {"0": 2.3, "1": 2.2}."""
    if isinstance(value, dict) and value and all(isinstance(key, str) and key.isdigit() for key in value):
        return list(value.values())
    if isinstance(value, list) and any(number(cell) is not None for cell in value[:50]):
        return value
    return None


def _history(columns: Mapping[str, list[Any]]) -> Iterator[dict[str, float]]:
    """A history of :func:`lossbook.run`: the losses of all steps, then the looks."""
    for index, loss in enumerate(columns.get("loss", [])):
        if (value := number(loss)) is not None:
            yield {"step": float(index), "loss": value}
    looks = {name: columns[name] for name in ("val_loss", "metric") if name in columns}
    for index, step in enumerate(columns["eval_step"]):
        cells = {name: number(column[index]) for name, column in looks.items() if index < len(column)}
        row = {("val score" if name == "metric" else name): cell for name, cell in cells.items() if cell is not None}
        yield {"step": number(step) or 0.0, **row}
