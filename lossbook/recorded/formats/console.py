"""Text that programs print: a number behind its name, and a clock somewhere on the line or above it.

Read are ``name: 2.3``, ``name=2.3``, ``name 2.3``, ``{'name': 2.3}`` and the counters ``[640/60000``, ``10/900``,
``[1,  2000]`` and ``[0][ 10/5005]``. A word for held-out data before a loss makes it a held-out loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lossbook.recorded.cells import number
from lossbook.recorded.names import (
    LOSS,
    PERPLEXITY,
    clock_place,
    is_epoch,
    is_held_out,
    is_score,
    loss_rank,
    said,
)
from lossbook.recorded.source import Source

NUMBER = (
    r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.])|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|(?:nan|inf)\b)"
)
NAME = r"[^\W\d](?:[\w/.@\-]*[\w@)])?"
QUOTED = re.compile(rf"['\"]([^'\"{{}}]+)['\"]\s*:\s*['\"]?({NUMBER}|NaN|-?Infinity|null|None)", re.IGNORECASE)
PAIR = re.compile(
    rf"(?<![\w/.])({NAME}(?:[ _]{NAME}){{0,3}})\s*(?:\([^()\d]*\)\s*)?[:=|]?\s*\[?\s*({NUMBER})(?:\s*/\s*(\d+))?",
    re.IGNORECASE,
)
COUNTER = re.compile(r"(?<![\w./])(\d+)\s*/\s*(\d+)(?![\w./])")  # 10/900
TUTORIAL = re.compile(r"\[\s*(\d+)\s*,\s*(\d+)\s*\]")  # [1,  2000] loss: 2.173
EPOCH_BATCH = re.compile(
    r"epoch:?\s*\[(\d+)(?:/\d+)?\]\s*,?\s*(?:iter|step|batch)?:?\s*\[\s*(\d+)\s*/\s*\d+", re.IGNORECASE
)
LLAMA = re.compile(r"\s*(\d+)\s*\|\s*(?=[^\W\d])|\s*(\d+)\s*[:,]\s+(?=.*loss)", re.IGNORECASE)  # 0 | loss 10.4 | lr 0
OTHERS = re.compile(r"\b(val|valid|validation|eval|evaluation|test|dev|held-out)\b", re.IGNORECASE)
OURS = re.compile(r"\b(train|training)\b", re.IGNORECASE)
TIMED = re.compile(r"\d+[mun]?s/(step|epoch|sample)", re.IGNORECASE)  # a bar of Keras, whose loss is a running mean
SUMMARY = ("train_runtime", "train_samples_per_second")


def sniff(source: Source) -> bool:
    """Anything that is text."""
    return source.is_text


def read(source: Source) -> Iterator[dict[str, float]]:
    """A row for each line that tells a loss, a score, or how far the training is."""
    epoch: float | None = None
    for line in source.lines():
        row = _row(line)
        if any(name in row for name in SUMMARY):
            continue
        own = next((value for name, value in row.items() if is_epoch(name)), None)
        if own is not None:
            epoch = own
        if any(clock_place(name) is None for name in row):
            if own is None and epoch is not None:
                row = {"epoch": epoch, **row}  # it stands on a line above
            yield row


def _row(line: str) -> dict[str, float]:
    row: dict[str, float] = {}
    pairs: list[tuple[str, str, str | None, int]]
    pairs = [(match.group(1), match.group(2), None, match.start()) for match in QUOTED.finditer(line)]
    if not pairs:
        pairs = [(match.group(1), match.group(2), match.group(3), match.start()) for match in PAIR.finditer(line)]
    if not pairs:
        return row
    theirs = (is_held_out(pairs[0][0]) or OTHERS.search(line[: pairs[0][3] + len(pairs[0][0])])) and not OURS.search(
        line[: pairs[0][3]]
    )
    for name, text, total, _ in pairs:
        name = _shortened(name)
        value = number(text)
        if value is None or not _counts(name):
            continue
        if total is not None and is_score(name) and float(total):
            value /= float(total)
        if clock_place(name) is None and theirs and not is_held_out(name) and not OURS.search(name):
            name = f"val {name}"
        row.setdefault(name, value)
    _add_counters(line, row)
    return row


def _add_counters(line: str, row: dict[str, float]) -> None:
    """Add the clocks that have no name."""
    if (both := TUTORIAL.search(line) or EPOCH_BATCH.search(line)) is not None:
        row |= {"epoch": float(both.group(1)), "batch": float(both.group(2))}
        return
    if any(clock_place(name) is not None and not is_epoch(name) for name in row):
        return
    if (leading := LLAMA.match(line)) is not None:
        row["step"] = float(leading.group(1) or leading.group(2))
        return
    named = [match.span() for match in PAIR.finditer(line) if match.group(3)]  # epoch 1/10, accuracy 98/100
    for match in COUNTER.finditer(line):
        done, total = map(float, match.groups())
        if any(start <= match.start() < end for start, end in named):
            continue
        if TIMED.search(line):
            if done < total:
                row.clear()
        elif done <= total:
            row["batch"] = done
        return


def _shortened(name: str) -> str:
    """The words that count: ``Train Epoch`` is the clock ``epoch``; ``INFO - loss`` is ``loss``."""
    parts = name.split()
    for start in range(len(parts)):
        rest = " ".join(parts[start:])
        if clock_place(rest) is not None:
            return rest
    first = next((i for i, part in enumerate(parts) if said(part) & LOSS or is_held_out(part) or OURS.search(part)), 0)
    return " ".join(parts[first:])


def _counts(name: str) -> bool:
    words = said(name)
    gradient = {"grad", "norm"} <= words
    return (
        clock_place(name) is not None or loss_rank(name) < 4 or is_score(name) or bool(words & PERPLEXITY) or gradient
    )
