"""The commands that train: a scenario's two runs side by side, and the decisive test of its cause."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.cli import INTERRUPTED
from lossbook.cli.chart import is_plain, picture, text_chart
from lossbook.cli.tables import WIDTH, fill, labelled, row_of
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History
from lossbook.files import write_whole
from lossbook.paths import diff
from lossbook.probes import probe, setup_of
from lossbook.scenarios import SCENARIOS, VARIANTS, Scenario
from lossbook.symptoms import LEAST_LOOKS, Verdict, symptom_of
from lossbook.train import run


def run_scenario(arguments: Namespace) -> int:
    """``lossbook run``: everything that can be refused is refused before the training."""
    row = row_of(SCENARIOS, arguments.scenario, "scenario")
    experiments = {
        name: with_steps(row.experiment(variant, arguments.seed, arguments.device), arguments.steps)
        for name, variant in (zip(VARIANTS, VARIANTS, strict=True) if row.cause else [("healthy", "broken")])
    }
    if arguments.plot is not None:
        checks.one_of("suffix of --plot", arguments.plot.suffix.lower(), (".png", ".svg"))
        checks.writable("--plot", arguments.plot)
    if arguments.json is not None:
        checks.writable("--json", arguments.json)
    introduce(row, arguments)

    histories: dict[str, History] = {}
    for name, experiment in experiments.items():
        histories[name] = run(experiment, progress=False if arguments.no_progress else None)
        if histories[name].interrupted:
            return interrupted(histories, experiment.steps)
    verdicts = {name: symptom_of(history, chance=row.chance, floor=row.floor) for name, history in histories.items()}
    if arguments.json is not None:
        write_whole(arguments.json, as_json(row, arguments.seed, histories, verdicts))
    if arguments.plot is not None:
        write_whole(arguments.plot, picture(histories, row.key, arguments.plot.suffix.lower()[1:]))

    for name, verdict in verdicts.items():
        print(labelled(name, str(verdict), 7))
    for change in diff(row.broken, row.fixed):
        print(labelled("change", str(change), 7))
    found = next(iter(verdicts.values())).code
    if found != row.symptom:
        print(fill(f"At its own {row.broken.steps} steps, this scenario is {row.symptom}.", "  "))
    width = min(shutil.get_terminal_size().columns, WIDTH)
    print(f"\n{text_chart(histories, width=width, plain=is_plain(sys.stdout))}", end="")
    return 0


def probe_scenario(arguments: Namespace) -> int:
    """``lossbook probe``."""
    row = row_of(SCENARIOS, arguments.scenario, "scenario")
    if row.cause is None:
        raise ValueError(f"the scenario must have a cause to test for, got the healthy {row.key!r}.")
    test = probe(row.cause)
    experiment = row.experiment(arguments.variant, arguments.seed, arguments.device)
    introduce(row, arguments)
    setup = setup_of(experiment)
    if setup.history.interrupted:
        return interrupted({arguments.variant: setup.history}, experiment.steps)
    print(labelled("test", CAUSES[row.cause].test, 7))
    print(labelled(arguments.variant, f"{test(setup)}.", 7))
    return 0


def with_steps(experiment: Experiment, steps: int | None) -> Experiment:
    """Another number of steps, with about as many looks at the loss as before: a verdict needs them."""
    if steps is None:
        return experiment
    checks.whole_number("--steps", steps, LEAST_LOOKS - 1)
    return replace(experiment, steps=steps, eval_every=max(1, steps * experiment.eval_every // experiment.steps))


def introduce(row: Scenario, arguments: Namespace) -> None:
    """What is about to run, and on which device."""
    device = resolve_device(arguments.device)
    print(fill(f"{row.key}: {row.title}", ""))
    if row.cause is not None:
        print(labelled("cause", f"{CAUSES[row.cause].title} ({row.cause})", 7))
    print(labelled("device", f"{device} ({device_name(device)}), seed {arguments.seed}", 7), flush=True)


def interrupted(histories: Mapping[str, History], steps: int) -> int:
    """After Ctrl-C: say what was recorded."""
    print("lossbook: stopped by Ctrl-C; nothing was written.", file=sys.stderr)
    for name, history in histories.items():
        looks = history.reference_loss
        loss = f", reference loss {looks[0]:.4g} -> {looks[-1]:.4g}" if looks else ""
        print(labelled(name, f"{len(history.loss)} of {steps} steps{loss}", 7))
    return INTERRUPTED


def as_json(row: Scenario, seed: int, histories: Mapping[str, History], verdicts: Mapping[str, Verdict]) -> bytes:
    """Both runs, for other programs; numbers that are not finite are the strings "nan", "inf", "-inf"."""
    told = {name: getattr(row, name) for name in ("key", "title", "cause", "symptom")}
    told |= {"seed": seed, "change": [str(change) for change in diff(row.broken, row.fixed)]}
    told["runs"] = {
        name: {"symptom": verdict.code, "reading": verdict.reading, "history": histories[name].to_dict()}
        for name, verdict in verdicts.items()
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False).encode()
