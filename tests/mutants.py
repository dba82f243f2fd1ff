"""Mutants: plain bugs (``mutant_bugs.py``) put into sound programs of ``programs/``, and what the report says of them.

    python tests/mutants.py OUT [--bugs "one NaN,sign"] [--each 2] [--part 0/4] [--seed 0]

A program gets bugs in an order that its name and the seed decide, until ``--each`` of them have done harm. Each line of
OUT is a mutant: whether the report named the cause first, what it said, and the error without and with the bug.
Programs of the reporting half take no part. Ten mutants take about a minute.
"""

from __future__ import annotations

import argparse
import collections
import math
import random
import sys
import types
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools")]

import measure_programs  # noqa: E402
from mutant_bugs import BUGS, Unfit  # noqa: E402

import lossbook  # noqa: E402

HARM, LEAST = 0.25, 1e-3  # of the error without the bug, and at least, by which a bug must raise it
LAST = 20  # losses, whose mean is the error of a program that has no other


class Mutant(NamedTuple):
    """What became of a program with a bug."""

    outcome: str  #: right, third (among the first three), missed, silent, harmless, crashed
    bug: str
    program: str
    error: tuple[float, float]  #: without and with the bug
    symptom: str
    found: tuple[str, ...]

    def __str__(self) -> str:
        found = ", ".join(self.found[:3]) or "-"
        error = f"{self.error[0]:.3g} -> {self.error[1]:.3g}"
        return f"{self.outcome:8} {self.bug:22} {self.program:44} {error:20} {self.symptom:11} {found}"


def sound_programs() -> list[str]:
    """Those that may be looked at, in the order of their names."""
    return [name for name in measure_programs.names() if _half(name) == "tuning"]


def mutant(name: str, bug: str) -> Mutant | None:
    """A sound program, or the mended twin of a broken one, trained with a bug; None if the bug has no place in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a bug may be warned of
        return _mutant(name, bug)


def _mutant(name: str, bug: str) -> Mutant | None:
    row, sound = BUGS[bug], measure_programs.program(name)
    try:
        module = sound if row.rewrite is None else _rewritten(name, row.rewrite)
        setup = _built(module)
        if row.spoil is not None:
            row.spoil(setup)
    except Unfit:
        return None
    plain = _built(sound)
    losses: list[float] = []
    sound.train(plain, lambda loss, **more: losses.append(float(loss)))
    before = _error(sound, plain, losses)
    losses = []
    known = {key: setup.get(key) for key in ("loss_fn", "scaler")}
    with lossbook.watch(setup["model"], setup["optimizer"], data=setup.get("train"), **known) as watching:

        def log(loss: Any, **more: Any) -> None:
            losses.append(float(loss))
            watching.step(loss, **{key: each for key, each in more.items() if key in ("val_loss", "metric")})

        try:
            module.train(setup, log)
        except Unfit:
            return None
        except Exception as error:
            return Mutant("crashed", bug, name, (before, math.nan), type(error).__name__, ())
    after = _error(module, setup, losses)
    if not after - before > HARM * abs(before) + LEAST:
        return Mutant("harmless", bug, name, (before, after), "-", ())
    report = watching.report(steps=measure_programs.STEPS, seed=0, progress=False)
    found = tuple(each.cause for each in sorted(report.findings, key=lambda each: each.follows is not None))
    outcome = "silent" if report.healthy else "missed"
    if set(found[:3]) & set(row.causes):
        outcome = "right" if found[0] in row.causes else "third"
    return Mutant(outcome, bug, name, (before, after), report.symptom.code if report.symptom else "-", found)


def _half(name: str) -> str:
    return measure_programs.half(measure_programs.program(name).FAMILY)


def _built(module: types.ModuleType) -> dict[str, Any]:
    return module.build(0, fixed=bool(module.ACCEPT))


def _rewritten(name: str, rewrite: Any) -> types.ModuleType:
    """The program with other lines in ``train``."""
    text = (measure_programs.PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
    start = text.index("\ndef train(")
    ends = [place for mark in ("\n\n\ndef ", "\n\n\n@") if (place := text.find(mark, start)) > 0]
    end = min(ends, default=len(text))
    module = types.ModuleType(f"programs.{name}")
    exec(compile(text[:start] + rewrite(text[start:end] + "\n") + text[end:], name, "exec"), module.__dict__)
    return module


def _error(module: types.ModuleType, setup: dict[str, Any], losses: list[float]) -> float:
    """How bad the end is, by the program's own error, or else by its last losses; not finite counts as infinite."""
    error = float(module.error(setup)) if hasattr(module, "error") else sum(losses[-LAST:]) / LAST
    return error if math.isfinite(error) else math.inf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bugs", default=",".join(BUGS))
    parser.add_argument("--each", type=int, default=2)
    parser.add_argument("--part", default="0/1", help="which part of the programs, as 0/4")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    part, parts = map(int, args.part.split("/"))
    names, counts = sound_programs(), collections.Counter[tuple[str, str]]()
    random.Random(args.seed).shuffle(names)
    with args.out.open("w", encoding="utf8") as out:
        for name in names[part::parts]:
            bugs, hurt = args.bugs.split(","), 0
            random.Random(f"{name} {args.seed}").shuffle(bugs)
            while bugs and hurt < args.each:
                if (made := mutant(name, bugs.pop())) is not None:
                    print(made, file=out, flush=True)
                    counts[made.bug, made.outcome] += 1
                    hurt += made.outcome not in ("harmless", "crashed")
        for (bug, outcome), count in sorted(counts.items()):
            print(f"{bug:24} {outcome:8} {count}", file=out)


if __name__ == "__main__":
    main()
