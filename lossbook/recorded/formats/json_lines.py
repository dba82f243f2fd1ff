"""Logs with an object of JSON on each line: OpenMMLab, DINO and DETR, W&B's history, and people's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lossbook.recorded.cells import number
from lossbook.recorded.names import is_held_out
from lossbook.recorded.source import Source

DEEPEST = 3  # objects within objects


def sniff(source: Source) -> bool:
    """Two of the first lines are objects, or the only line is one that holds no list, as a document does."""
    found = [told for line in source.look(6) if (told := _object(line)) is not None]
    return len(found) > 1 or (
        len(found) == 1 and not any(isinstance(value, (dict, list)) for value in found[0].values())
    )


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each line that is an object."""
    skipped = 0
    for line in source.lines():
        if (told := _object(line)) is None:
            skipped += 1
        elif row := flat(told):
            yield row
    source.leave_out(skipped, "without a whole object of JSON")


def flat(told: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, float]:
    """The numbers of an object, those of inner objects with both names; ``mode`` says whose they are.

    >>> flat({"mode": "val", "epoch": 1, "loss": 0.5, "box": {"iou": "0.25"}})
    {'val epoch': 1.0, 'val loss': 0.5, 'val box/iou': 0.25}
    """
    row: dict[str, float] = {}
    mode = told.get("mode", told.get("split", told.get("phase")))
    if isinstance(mode, str) and is_held_out(mode):
        prefix = f"val {prefix}"
    for name, value in told.items():
        if isinstance(value, dict):
            if depth < DEEPEST:
                row |= flat(value, f"{prefix}{name}/", depth + 1)
        elif (found := number(value)) is not None:
            row[f"{prefix}{name}"] = found
    return row


def _object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
