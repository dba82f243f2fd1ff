"""What the numbers on a printed line are: the name before each, and the counters that have no name."""

from __future__ import annotations

import re
from typing import NamedTuple

from lossbook.recorded.names import (
    LOSS,
    NOT_A_LOSS,
    PERPLEXITY,
    clock_place,
    is_epoch,
    is_held_out,
    is_score,
    loss_rank,
    said,
)

#: a number, or what stands in its place; not the digits of a name
NUMBER = re.compile(
    r"((?<![\w.@])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.])|\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)"
    r"|(?<!\w)[-+]?(?:nan|inf|infinity|null|none)\b)",
    re.IGNORECASE,
)
FIRST_MARK = (
    700_001  # a number in the place of the first one on a line, and so on: it tells which one a name belongs to
)
MARK = r"(7\d{5})\.?"
NAME = r"[^\W\d](?:[\w/.@\-]*[\w@)])?"
QUOTED = re.compile(rf"['\"]([^'\"{{}}]+)['\"]\s*:\s*['\"]?{MARK}")
PAIR = re.compile(
    rf"(?<![\w/.])({NAME}(?:[ _]{NAME}){{0,3}})\s*(?:\([^()\d]*\)\s*)?[:=|]?\s*\[?\s*{MARK}(?:\s*/\s*{MARK})?"
)
COUNTER = re.compile(rf"(?<![\w./]){MARK}\s*/\s*{MARK}(?![\w./])")  # 10/900
TUTORIAL = re.compile(rf"\[\s*{MARK}\s*,\s*{MARK}\s*\]")  # [1,  2000] loss: 2.173
EPOCH_BATCH = re.compile(
    rf"epoch:?\s*\[{MARK}(?:/{MARK})?\]\s*,?\s*(?:iter|step|batch)?:?\s*\[\s*{MARK}\s*/\s*{MARK}", re.IGNORECASE
)
LEADING = re.compile(rf"\s*{MARK}\s*(?:\|\s*(?=[^\W\d])|[:,]\s+(?=.*loss))", re.IGNORECASE)  # 0 | loss 10.4 | lr 0
TENSOR_ALONE = re.compile(r"^\s*tensor\((?=7\d{5})")
AT_A_STEP = re.compile(  # training loss (for one batch) at step 200: 2.3
    rf"((?:\w+ )?loss)[^:=|\d]*? at (step|epoch|iteration|iter|batch) {MARK}\s*[:=]\s*{MARK}", re.IGNORECASE
)
OTHERS = re.compile(r"\b(val|valid|validation|eval|evaluation|test|dev|held-out)\b", re.IGNORECASE)
OURS = re.compile(r"\b(train|training)\b", re.IGNORECASE)
TIMED = re.compile(r"7\d{5}[mun]?s/(step|epoch|sample)", re.IGNORECASE)  # a bar of Keras: its loss is a running mean
SUMMARY = ("train_runtime", "train_samples_per_second")  # of the Trainer's last line, with a mean of all losses


class Phrase(NamedTuple):
    """What one number on a line is."""

    name: str
    place: int  #: of the number, 0 for the first
    total: int | None = None  #: the place of the number that it is a part of
    bar: bool = False  #: whether the line counts only when the number has reached its total


def phrases(between: tuple[str, ...]) -> list[Phrase]:
    """The phrases of a line, given as the texts between its numbers.

    >>> phrases(("iter ", ": loss ", ", time ", "ms"))
    [Phrase(name='iter', place=0, total=None, bar=False), Phrase(name='loss', place=1, total=None, bar=False)]
    """
    marks = (str(FIRST_MARK + index) for index in range(len(between) - 1))
    line = "".join(part for pair in zip(between, (*marks, ""), strict=False) for part in pair)
    if any(word in line for word in SUMMARY):
        return []
    line = TENSOR_ALONE.sub("loss ", line).replace("tensor(", "")  # what print() makes of a loss
    line = AT_A_STEP.sub(r"\2 \3, \1 \4", line)
    pairs: list[tuple[str, str, str | None, int]]
    pairs = [(match[1], match[2], None, match.start()) for match in QUOTED.finditer(line)]
    pairs = pairs or [(match[1], match[2], match[3], match.start()) for match in PAIR.finditer(line)]
    if not pairs:
        return []
    first, start = pairs[0][0], pairs[0][3]
    theirs = not OURS.search(line[:start]) and (is_held_out(first) or OTHERS.search(line[: start + len(first)]))
    told: dict[str, Phrase] = {}
    for name, mark, total, _ in pairs:
        name = _shortened(name)
        if not _counts(name):
            continue
        if clock_place(name) is None and theirs and not is_held_out(name) and not OURS.search(name):
            name = f"val {name}"
        share = _place(total) if total is not None and is_score(name) else None
        told.setdefault(name, Phrase(name, _place(mark), share))
    return [*told.values(), *_counters(line, list(told))]


def _place(mark: str) -> int:
    return int(mark) - FIRST_MARK


def _counters(line: str, names: list[str]) -> list[Phrase]:
    """The clocks that have no name."""
    if (both := TUTORIAL.search(line)) is not None:
        return [Phrase("epoch", _place(both.group(1))), Phrase("batch", _place(both.group(2)))]
    if (both := EPOCH_BATCH.search(line)) is not None:
        return [Phrase("epoch", _place(both.group(1))), Phrase("batch", _place(both.group(3)))]
    if any(clock_place(name) is not None and not is_epoch(name) for name in names):
        return []
    if (leading := LEADING.match(line)) is not None:
        return [Phrase("step", _place(leading.group(1)))]
    named = [match.span() for match in PAIR.finditer(line) if match.group(3)]  # epoch 1/10, accuracy 98/100
    for match in COUNTER.finditer(line):
        if not any(start <= match.start() < end for start, end in named):
            done, total = map(_place, match.groups())
            return [Phrase("batch", done, total, TIMED.search(line) is not None)]
    return []


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
    """Whether a name speaks of a clock, a loss, a score, a perplexity or the norm of a gradient."""
    found = said(name)
    loss = loss_rank(name) < NOT_A_LOSS or bool(found & PERPLEXITY)
    return loss or clock_place(name) is not None or is_score(name) or {"grad", "norm"} <= found
