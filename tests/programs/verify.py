"""Hold each program to its own words: broken ends worse than fixed, on every seed; it repeats itself and is quick.

Run ``python -m programs.verify [NAME ...]`` in tests/, or ``python tests/programs/verify.py [NAME ...]`` anywhere;
without names, all of them. ``--seeds 0 1`` takes fewer seeds, ``--curves 0`` prints no curves.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

SYMPTOMS = {"high-flat", "oscillating", "diverging", "plateau", "non-finite"}
SYMPTOMS |= {"overfitting", "slow", "spiking", "healthy", "too-good"}


class Run(NamedTuple):
    """One training: what was logged, how it was judged (lower is better), and the seconds of processor time it took."""

    losses: list[float]
    error: float
    seconds: float
    warned: set[str]


def names() -> list[str]:
    """The programs of this folder: every file that says what it is to be called."""
    return sorted(path.stem for path in HERE.glob("*.py") if "\nACCEPT = " in path.read_text())


def tail(losses: list[float], share: int = 10) -> float:
    """The mean of the last tenth; infinite if one of these is not finite."""
    last = losses[-max(len(losses) // share, 1) :]
    return sum(last) / len(last) if all(map(math.isfinite, last)) else math.inf


def run(program: ModuleType, seed: int, fixed: bool = False, steps: int | None = None) -> Run:
    """Train once."""
    losses: list[float] = []

    def log(loss: Any, **_: Any) -> None:
        losses.append(float(loss.detach() if torch.is_tensor(loss) else loss))

    began = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        setup = program.build(seed, fixed=fixed)
        program.train(setup, log, steps)
        error = tail(losses) if steps or not hasattr(program, "error") else float(program.error(setup))
    error = error if math.isfinite(error) else math.inf
    return Run(losses, error, time.process_time() - began, {str(one.message).split("\n")[0] for one in caught})


def thinned(losses: list[float], points: int = 16) -> str:
    """The curve as the first value and the means of so many parts, each with its spread."""
    size = max(len(losses) // points, 1)
    parts = [torch.tensor(losses[i : i + size]) for i in range(0, len(losses), size)]
    return f"{losses[0]:.4g} | " + " ".join(f"{part.mean():.3g}~{part.std(correction=0):.1g}" for part in parts)


def form(name: str, program: ModuleType) -> list[str]:
    """What is wrong with how it is written down."""
    from lossbook.causes import CAUSES

    text, found = (HERE / f"{name}.py").read_text(), []
    lines = text.splitlines()
    if not 25 <= len(lines) <= 80:
        found.append(f"{len(lines)} lines")
    if any(len(line) > 120 for line in lines):
        found.append("a line of more than 120 characters")
    if unknown := set(program.ACCEPT) - set(CAUSES):
        found.append(f"unknown causes {unknown}")
    if not program.SYMPTOMS or not set(program.SYMPTOMS) <= SYMPTOMS:
        found.append(f"symptoms {program.SYMPTOMS}")
    if not isinstance(program.FAMILY, str):
        found.append("no family")
    word = "Bug: " if program.ACCEPT else "Healthy: "
    if not (program.__doc__ or "").startswith(word) or "\nSource: " not in (program.__doc__ or ""):
        found.append(f"the docstring wants '{word}' and 'Source: '")
    if "lossbook" in text:
        found.append("it speaks of lossbook")
    return found


def behaviour(program: ModuleType, seeds: list[int], curves: int) -> list[str]:
    """What is wrong with what it does; prints one line a seed."""
    found, first = [], {}
    for seed in seeds:
        broken = first[seed] = run(program, seed)
        if broken.seconds > 4:
            found.append(f"seed {seed} takes {broken.seconds:.1f} s")
        said, fixed = (
            f"  seed {seed}: {len(broken.losses)} steps {broken.seconds:.1f} s, error {broken.error:.4g}",
            None,
        )
        if program.ACCEPT:
            fixed = run(program, seed, fixed=True)
            said += f", fixed {fixed.error:.4g} ({fixed.seconds:.1f} s)"
            if not broken.error > fixed.error:
                found.append(f"seed {seed}: broken {broken.error:.4g} is not worse than fixed {fixed.error:.4g}")
            if not math.isfinite(fixed.error):
                found.append(f"seed {seed}: fixed ends with {fixed.error}")
            if fixed.seconds > 4:
                found.append(f"seed {seed}: fixed takes {fixed.seconds:.1f} s")
        print(said)
        if len(first) <= curves:
            print(f"    {'broken ' if fixed else ''}{thinned(broken.losses)}")
            if fixed:
                print(f"    fixed  {thinned(fixed.losses)}")
        found += [f"warns: {said}" for said in (broken.warned | (fixed.warned if fixed else set())) if seed == seeds[0]]
    again, short = run(program, seeds[0]), run(program, seeds[0], steps=7)
    if again.losses != first[seeds[0]].losses and all(map(math.isfinite, again.losses)):
        found.append("a second call gives other losses")
    if len(short.losses) != 7:
        found.append(f"steps=7 logs {len(short.losses)} times")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of programs, or their paths; all by default")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--curves", type=int, default=2, help="of so many seeds are printed")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    bad = 0
    for name in [Path(one).stem for one in asked.names] or names():
        program = importlib.import_module(f"programs.{name}")
        print(f"{name}: {', '.join(program.ACCEPT) or 'healthy'} [{', '.join(program.SYMPTOMS)}]", flush=True)
        found = form(name, program) + behaviour(program, asked.seeds, asked.curves)
        bad += bool(found)
        print(*(f"  WRONG: {one}" for one in found), "" if found else "  ok", sep="\n", flush=True)
    print(f"{bad} with something wrong")
    return bad


if __name__ == "__main__":
    sys.exit(main() > 0)
