"""``python -m lossbook.gpu_check``: does every scenario show the same symptom on the GPU as on the CPU?

The two cannot agree bit for bit, since they add in another order; but the symptom of each run must agree.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from lossbook import checks
from lossbook.devices import device_name, resolve_device
from lossbook.files import write_whole
from lossbook.scenarios import SCENARIOS, VARIANTS, Scenario
from lossbook.symptoms import symptom_of
from lossbook.train import run

AGREE, DIFFER, REFUSED, NO_DEVICE, INTERRUPTED = 0, 1, 2, 3, 130  # exit codes
EXIT_CODES = (
    "exit code: 0 if every outcome agrees, 1 if some differ, 2 for invalid arguments, 3 if there is no such "
    "device, 130 after Ctrl-C"
)


@dataclass(frozen=True)
class Outcome:
    """The outcome of one run on one device."""

    symptom: str  #: the code of ``symptom_of``, or the error that ended the run
    reference_loss: float  #: at the end
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """One variant of a scenario on both devices."""

    scenario: str
    variant: str
    cpu: Outcome
    other: Outcome

    @property
    def agrees(self) -> bool:
        """Whether the symptom is the same."""
        return self.cpu.symptom == self.other.symptom

    def line(self, width: int) -> str:
        """A line of the table, and one more if the symptoms differ; ``width`` columns for the scenario's key."""
        cpu, other = self.cpu, self.other
        losses = f"{cpu.reference_loss:>10.4g} {other.reference_loss:>10.4g}"
        row = f"{self.scenario:<{width}}  {self.variant:<7}  {cpu.symptom:<11} {losses}"
        return row if self.agrees else f"{row}\n  DIFFERS: {other.symptom}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the check; returns the exit code, which the help and the README explain."""
    arguments = parser().parse_args(argv)
    try:
        device = resolve_device(arguments.device)
    except ValueError as error:
        print(f"gpu-check: {error}", file=sys.stderr)
        return NO_DEVICE
    try:
        for key in arguments.only or ():
            checks.one_of("--only", key, SCENARIOS)
        checks.seed("--seed", arguments.seed)
        if arguments.json is not None:
            checks.writable("--json", arguments.json)
    except ValueError as error:
        print(f"gpu-check: {error}", file=sys.stderr)
        return REFUSED
    devices, rows = (torch.device("cpu"), device), [SCENARIOS[key] for key in arguments.only or SCENARIOS]
    width = max(len(row.key) for row in rows)
    print(f"The symptom, and the last reference loss on {' and on '.join(map(describe, devices))}, of")
    made = []
    try:
        for comparison in compare(rows, devices, arguments.seed):
            print(comparison.line(width), flush=True)
            made.append(comparison)
    except KeyboardInterrupt:
        print(f"gpu-check: stopped by Ctrl-C after {len(made)} runs on each device.", file=sys.stderr)
        return INTERRUPTED
    agree = sum(comparison.agrees for comparison in made)
    print(f"\n{agree} of {len(made)} outcomes agree.")
    for name, device in zip(("cpu", "other"), devices, strict=True):
        print(f"{describe(device)}: {sum(getattr(comparison, name).seconds for comparison in made):.1f} s")
    if arguments.json is not None:
        try:
            write_whole(arguments.json, as_json(made, devices, arguments.seed))
        except OSError as error:  # the disk has become full meanwhile
            print(f"gpu-check: {error}", file=sys.stderr)
            return REFUSED
    return AGREE if agree == len(made) else DIFFER


def compare(rows: Sequence[Scenario], devices: tuple[torch.device, torch.device], seed: int) -> Iterator[Comparison]:
    """Each scenario, broken and fixed, on the CPU and on the other device."""
    for row in rows:
        for variant in VARIANTS if row.cause else VARIANTS[:1]:
            cpu, other = (outcome(row, variant, seed, device) for device in devices)
            yield Comparison(row.key, variant if row.cause else "healthy", cpu, other)


def outcome(row: Scenario, variant: str, seed: int, device: torch.device) -> Outcome:
    """Train, and judge. A run that raises has an outcome too, so that the other runs are still compared."""
    start = time.perf_counter()
    try:
        history = run(row.experiment(variant, seed, str(device)), progress=False)
        if history.interrupted:
            raise KeyboardInterrupt
        symptom = symptom_of(history, chance=row.chance, floor=row.floor).code
        return Outcome(symptom, history.reference_loss[-1], time.perf_counter() - start)
    except Exception as error:
        return Outcome(f"{type(error).__name__}: {error}", math.nan, time.perf_counter() - start)


def describe(device: torch.device) -> str:
    """The device and its name."""
    return f"{device} ({device_name(device)})"


def as_json(made: Sequence[Comparison], devices: Sequence[torch.device], seed: int) -> bytes:
    """All comparisons, for other programs; a loss that is not finite is null."""
    rows: list[dict[str, Any]] = [{**asdict(row), "agrees": row.agrees} for row in made]
    for row in rows:
        for name in ("cpu", "other"):
            loss = row[name]["reference_loss"]
            row[name]["reference_loss"] = loss if math.isfinite(loss) else None
    told = {"devices": [describe(device) for device in devices], "torch": str(torch.__version__), "seed": seed}
    return json.dumps({**told, "runs": rows}, indent=1, allow_nan=False).encode()


def parser() -> argparse.ArgumentParser:
    """The arguments of the command."""
    top = argparse.ArgumentParser(
        prog="python -m lossbook.gpu_check",
        description="Train every scenario on the CPU and on another device, and compare the symptoms.",
        epilog=EXIT_CODES,
    )
    top.add_argument("--device", default="cuda", help="device to compare with the CPU; cuda by default")
    top.add_argument("--only", nargs="+", metavar="KEY", help="only these scenarios")
    top.add_argument("--seed", type=int, default=0, metavar="N", help="seed of weights and batches; 0 by default")
    top.add_argument("--json", type=Path, metavar="FILE", help="write all outcomes")
    return top


if __name__ == "__main__":
    sys.exit(main())
