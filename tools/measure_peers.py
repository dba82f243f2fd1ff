"""Ask other tools about the same logs: writes ``tests/programs/peers.txt``.

    pip install "lossbook[peers]"
    python tools/measure_peers.py [--seeds 0 1] [--reporting]

Each training is written as one CSV file, which every tool reads by its own reader: ``lossbook.symptom``, which sees no
more than the others, ``gradsnitch`` and ``runmedic``. The book's own runs have columns for the learning rate, the
gradient norm and the update ratio as well; foreign programs log their losses, and held-out ones where they have them.
``torchtest2`` gets the untrained model, its loss and the first batch of each program, where this is a pair of tensors.
With ``--reporting`` only the half that reports is asked about; the other lines of the file stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from measure_programs import PROGRAMS, half, names, program, tasks

from lossbook import read_curve, run, symptom
from lossbook.scenarios import SCENARIOS

FILE = PROGRAMS / "peers.txt"
QUIET = ("healthy", "too-short")


class Log(NamedTuple):
    """A training, and whether something is wrong with it."""

    origin: str  #: "own runs", "tuning half" or "reporting half"
    broken: bool
    columns: dict[str, list[float | None]]  #: step, train_loss and more; None was not logged


def own_runs(seeds: Iterable[int]) -> Iterator[Log]:
    """Every scenario, broken and mended."""
    for seed in seeds:
        for row in SCENARIOS.values():
            for variant in ("broken", "fixed") if row.cause else ("broken",):
                told = run(row.experiment(variant, seed, "cpu"))
                held_out = dict(zip(told.eval_step, told.val_loss, strict=True))
                steps = list(range(1, len(told.loss) + 1))
                yield Log(
                    "own runs",
                    row.cause is not None and variant == "broken",
                    {
                        "step": list(steps),
                        "train_loss": list(told.loss),
                        "val_loss": [held_out.get(step) for step in steps],
                        "lr": list(told.lr),
                        "grad_norm": list(told.grad_norm),
                        "update_ratio": list(told.update_ratio),
                    },
                )


def chosen(reporting: bool) -> list[str]:
    """The programs that report, or all."""
    return [name for name in names() if not reporting or half(program(name).FAMILY) == "reporting"]


def programs(seeds: Sequence[int], reporting: bool) -> Iterator[Log]:
    """Every program, and the mended twin of a broken one."""
    for name, seed, variant in tasks(chosen(reporting), seeds):
        module = program(name)
        columns: dict[str, list[float | None]] = {"step": [], "train_loss": [], "val_loss": []}

        def log(loss: Any, columns: Any = columns, **more: Any) -> None:
            columns["step"].append(len(columns["step"]) + 1)
            columns["train_loss"].append(float(loss))
            held_out = more.get("val_loss")
            columns["val_loss"].append(None if held_out is None else float(held_out))

        module.train(module.build(seed, fixed=variant == "mended"), log)
        yield Log(f"{half(module.FAMILY)} half", variant == "broken", columns)


def write(log: Log, file: Path) -> None:
    """One row a step; a column without a number is left out."""
    columns = {name: each for name, each in log.columns.items() if any(value is not None for value in each)}
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows(
            ["" if value is None else value for value in row] for row in zip(*columns.values(), strict=True)
        )


def lossbook_alarms(file: Path) -> bool:
    """Any symptom."""
    return symptom(read_curve(file)).code not in QUIET


def gradsnitch_alarms(file: Path) -> bool:
    """Any finding."""
    import gradsnitch

    return bool(gradsnitch.lint_csv(str(file)))


def runmedic_alarms(file: Path) -> bool:
    """A finding that is critical or a warning, as by ``--fail-on warning``."""
    from runmedic import checks, loaders, roles

    told = [one for each in loaders.load(str(file)) for one in checks.run_checks(each, roles.detect(each))]
    return any(one.severity in ("critical", "warning") for one in told)


READERS: dict[str, Callable[[Path], bool]] = {
    "lossbook.symptom": lossbook_alarms,
    "gradsnitch": gradsnitch_alarms,
    "runmedic": runmedic_alarms,
}


def checked(seeds: Sequence[int], reporting: bool) -> Iterator[tuple[str, bool, bool | None]]:
    """The half, whether it is broken, and what ``torchtest2`` says; None if it cannot be asked."""
    import torchtest2

    for name, seed, variant in tasks(chosen(reporting), seeds):
        module = program(name)
        setup = module.build(seed, fixed=variant == "mended")
        alarm = None
        try:
            x, y = next(iter(setup["train"]))
            told = torchtest2.check_model(setup["model"], x, y, loss_fn=setup["loss_fn"], optimizer=setup["optimizer"])
            alarm = not told.ok
        except Exception as error:  # whatever a tool does not take, or does
            print(f"torchtest2: {name}: {type(error).__name__}: {str(error)[:80]}")
        yield f"{half(module.FAMILY)} half", variant == "broken", alarm


def line(tool: str, origin: str, told: Sequence[tuple[bool, bool]]) -> str:
    """Counts."""
    alarms = [[alarm for is_broken, alarm in told if is_broken is broken] for broken in (True, False)]
    return f"{tool} | {origin} | {' | '.join(f'{sum(each)} | {len(each)}' for each in alarms)}"


def main() -> None:
    """Measure, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--reporting", action="store_true")
    asked = parser.parse_args()
    seeds, reporting = asked.seeds, asked.reporting
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    told: defaultdict[tuple[str, str], list[tuple[bool, bool]]] = defaultdict(list)
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        own = () if reporting else own_runs([200 + seed for seed in seeds])
        for source in (own, programs(seeds, reporting)):
            for log in source:
                write(log, file)
                for tool, alarms in READERS.items():
                    try:
                        alarm = alarms(file)
                    except Exception as error:  # a tool that refuses a log is silent
                        print(f"{tool}: {type(error).__name__}: {str(error)[:80]}")
                        alarm = False
                    told[tool, log.origin].append((log.broken, alarm))
    for origin, broken, said in checked(seeds, reporting):
        if said is None:
            refused += origin == "reporting half"
        else:
            told["torchtest2", origin].append((broken, said))
    text = FILE.read_text(encoding="utf-8").splitlines() if reporting else []
    kept = [each for each in text if not each.startswith("#") and each.split(" | ")[1] != "reporting half"]
    lines = [
        "# What other tools say of the same trainings. Written by tools/measure_peers.py; do not edit.",
        f"# seeds: {seeds} of the programs, {[200 + seed for seed in seeds]} of own runs",
        f"# torchtest2 could not be asked: {refused} of the reporting half",
        "# columns: tool | runs | alarms on broken | of | alarms on others | of",
        *kept,
        *(line(tool, origin, each) for (tool, origin), each in told.items()),
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
