"""Watch every program of ``tests/programs/``, ask for its report, and write what came of it: ``make programs``.

    python tools/measure_programs.py [NAME ...] [--half tuning] [--seeds 0 1] [--jobs 2] [--out FILE]

Without arguments all programs are measured, those that report with five seeds and those for tuning with two, and
``tests/programs/measured.txt`` is written. A healthy program is trained as it is; a broken one also as its mended twin.
A family of programs belongs, by a hash of its name, to the half on which limits may be tuned, or to the half that only
reports; once it has been looked at, it stands in ``moved.txt`` and is for tuning.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

from outcomes import FILE, ROOT, Outcome

PROGRAMS = FILE.parent
TABLE = ROOT / "lossbook" / "diagnosis" / "confidence.json"
SEEDS = {"reporting": (0, 1, 2, 3, 4), "tuning": (0, 1)}
STEPS = 10_000  #: of all experiments of one report; as many as 60 seconds, which a report has, allow in small nets
#: what the outcomes hang on, besides the programs
CODE = tuple(f"lossbook/{name}" for name in ("evidence", "probes", "diagnosis", "recorded", "symptoms", "causes"))
BESIDE = ("verify.py", "sections.py")  #: files there on which no outcome hangs
#: families that somebody has looked at in order to change a rule, though their name belongs to the other half
MOVED = frozenset((PROGRAMS / "moved.txt").read_text(encoding="utf-8").split())
#: programs whose outcome hangs on how a processor rounds
ROUNDED: tuple[str, ...] = ()


def names() -> list[str]:
    """Of all programs."""
    return sorted(path.stem for path in PROGRAMS.glob("*.py") if "\nACCEPT = " in path.read_text(encoding="utf-8"))


def program(name: str) -> ModuleType:
    """The module."""
    if str(PROGRAMS.parent) not in sys.path:
        sys.path.insert(0, str(PROGRAMS.parent))
    return importlib.import_module(f"programs.{name}")


def half(family: str) -> str:
    """ "tuning" or "reporting".

    >>> half("digits-cnn") in ("tuning", "reporting")
    True
    """
    if family in MOVED:
        return "tuning"
    return ("tuning", "reporting")[hashlib.sha256(family.encode()).digest()[0] % 2]


def outcome(name: str, seed: int, variant: str) -> Outcome:
    """Train it under the watch, and ask for the report and for every test."""
    import torch

    from lossbook.diagnosis import watch
    from lossbook.probes import PROBES

    torch.set_num_threads(1)
    module = program(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        setup = module.build(seed, fixed=variant == "mended")
        known = {key: setup.get(key) for key in ("loss_fn", "scaler")}
        with watch(setup["model"], setup["optimizer"], data=setup.get("train"), **known) as watching:

            def log(loss: Any, **more: Any) -> None:
                watching.step(loss, **{key: each for key, each in more.items() if key in ("val_loss", "metric")})

            module.train(setup, log)
        report = watching.report(steps=STEPS, seed=0, progress=False)
        readings = dict(report.readings)
        case = watching.case()
        for key, probe in PROBES.items():
            if key not in readings:
                readings[key] = probe(case)
    return Outcome(
        name,
        half(module.FAMILY),
        variant,
        seed,
        module.ACCEPT if variant == "broken" else (),
        module.SYMPTOMS,
        report.symptom.code if report.symptom else "none",
        tuple(finding.cause for finding in report.findings if finding.follows is None),
        tuple(finding.cause for finding in report.findings if finding.follows is not None),
        tuple(finding.grade for finding in sorted(report.findings, key=lambda each: each.follows is not None)),
        tuple(key for key, reading in readings.items() if reading.found),
        report.healthy,
        report.steps,
    )


def tasks(chosen: Iterable[str], seeds: Sequence[int] | None = None) -> list[tuple[str, int, str]]:
    """One for each training; by default with the seeds of its half."""
    return [
        (name, seed, variant)
        for name in chosen
        for seed in seeds or SEEDS[half(program(name).FAMILY)]
        for variant in (("broken", "mended") if program(name).ACCEPT else ("healthy",))
    ]


def measure(chosen: Iterable[str], seeds: Sequence[int] | None = None, jobs: int = 1) -> Iterator[Outcome]:
    """The outcomes, in the order of names, seeds and variants; of a program that fails, none, and a line of why."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with get_context("spawn").Pool(jobs, maxtasksperchild=40) as pool:
        for one in pool.imap(_attempt, tasks(chosen, seeds)):
            if isinstance(one, str):
                print(one, file=sys.stderr)
            else:
                yield one


def _attempt(task: tuple[str, int, str]) -> Outcome | str:
    try:
        return outcome(*task)
    except Exception as error:
        return f"{task} failed: {type(error).__name__}: {error}"


def fingerprint() -> str:
    """Of programs, tests and diagnosis: of their code, without comments and docstrings."""
    hashed = hashlib.sha256()
    paths = [PROGRAMS, *(ROOT / name for name in CODE)]
    files = sorted(file for path in paths for file in path.rglob("*") if file.suffix == ".py")
    for file in files:
        if file.name not in BESIDE:
            text = file.read_text(encoding="utf-8")
            text = _bare(text) if file.suffix == ".py" else text
            hashed.update(f"{file.relative_to(ROOT).as_posix()}\n{text}\n".encode())
    return hashed.hexdigest()[:16]


def _bare(text: str) -> str:
    """The code without what is only read by people."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.unparse(tree)


def main() -> None:
    """Measure, and write the file."""
    from programs_summary import confidence, summary

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--half", choices=("tuning", "reporting"))
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    chosen = [name for name in asked.names or names() if asked.half in (None, half(program(name).FAMILY))]
    began = time.monotonic()
    outcomes = []
    for one in measure(chosen, asked.seeds, asked.jobs):
        outcomes.append(one)
        print(one.line(), file=sys.stderr, flush=True)
    whole = not asked.names and asked.half is None and asked.seeds is None
    lines = [
        "# What the diagnosis says of the programs in this folder. Written by `make programs`; do not edit.",
        f"# fingerprint: {fingerprint()}",
        f"# seeds: {asked.seeds or SEEDS}",
        f"# minutes: {(time.monotonic() - began) / 60:.0f}, {asked.jobs} at a time",
        f"# hangs on rounding: {' '.join(ROUNDED) or '-'}",
        *(f"# {line}".rstrip() for line in summary(outcomes)),
        f"# columns: {' | '.join(field.name for field in fields(Outcome))}",
        *(each.line() for each in outcomes),
    ]
    text = "\n".join(lines) + "\n"
    if asked.out or whole:
        (asked.out or FILE).write_text(text, encoding="utf-8")
    if whole:
        TABLE.write_text(confidence(outcomes), encoding="utf-8")
    print("\n".join(line for line in lines if line.startswith("#")))


if __name__ == "__main__":
    main()
