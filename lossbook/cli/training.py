"""The commands that train: a scenario's two runs side by side, and the decisive test of its cause."""

from __future__ import annotations

import sys
import textwrap
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import torch

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.cli import output
from lossbook.cli.chart import is_plain, picture, text_chart
from lossbook.cli.errors import INTERRUPTED, ended, in_words
from lossbook.cli.find import find_key
from lossbook.cli.layout import columns, fill, labelled
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History
from lossbook.paths import diff
from lossbook.probes import probe
from lossbook.scenarios import SCENARIOS, VARIANTS, Scenario
from lossbook.scenarios.case import case_of
from lossbook.symptoms import LEAST_LOOKS, Verdict, symptom_of
from lossbook.train import run

SEEDS = 2**64  # as many as torch's generators take
SHORT = 250  # an error with more characters than this is cut


def run_scenario(arguments: Namespace) -> int:
    """``lossbook run``: everything that can be refused is refused before the training."""
    row = the_row(arguments)
    experiments = {
        name: with_steps(row.experiment(variant, arguments.seed, arguments.device), arguments.steps)
        for name, variant in (zip(VARIANTS, VARIANTS, strict=True) if row.cause else [("healthy", "broken")])
    }
    if arguments.plot is not None:
        checks.one_of("suffix of --plot", arguments.plot.suffix.lower(), (".png", ".svg"))
    begin(row, arguments)

    histories: dict[str, History] = {}
    for name, experiment in experiments.items():
        histories[name] = run(experiment, progress=False if arguments.no_progress else None)
        if histories[name].interrupted:
            return interrupted(histories, experiment.steps, arguments)
    verdicts = {name: judged(row, history) for name, history in histories.items()}
    contents = {}
    if arguments.plot is not None:
        contents[arguments.plot] = picture(histories, row.key, arguments.plot.suffix.lower()[1:], row.shown)
    if arguments.json is not None:
        contents[arguments.json] = output.as_json(told(row, arguments.seed, histories, verdicts))
    output.write(arguments, contents)
    if output.to_stdout(arguments.json):
        return 0

    for name, verdict in verdicts.items():
        print(labelled(name, str(verdict or too_short(row, histories[name])), 7))
    for change in diff(row.broken, row.fixed):
        print(labelled("change", str(change), 7))
    found = next(iter(verdicts.values()))
    if found is None or found.code != row.symptom:
        print(fill(f"At its own {row.broken.steps} steps, this scenario is {row.symptom}.", "  "))
    print(f"\n{text_chart(histories, row.shown, width=columns(), plain=is_plain(sys.stdout))}", end="")
    return 0


def probe_scenario(arguments: Namespace) -> int:
    """``lossbook probe``."""
    row = the_row(arguments)
    if row.cause is None:
        raise ValueError(f"the scenario must have a cause to test for, got the healthy {row.key!r}.")
    test, experiment = probe(row.cause), row.experiment(arguments.variant, arguments.seed, arguments.device)
    begin(row, arguments)
    reading = test(case_of(experiment))
    if arguments.json is not None:
        names = {"key": row.key, "cause": row.cause, "variant": arguments.variant, "seed": arguments.seed}
        output.write(arguments, {arguments.json: output.as_json(names | asdict(reading))})
    if not output.to_stdout(arguments.json):
        print(labelled("test", CAUSES[row.cause].test, 7))
        print(labelled(arguments.variant, f"{reading}.", 7))
    return 0


def the_row(arguments: Namespace) -> Scenario:
    """The scenario that is meant. Raises if torch cannot take the seed."""
    titles = {key: row.title for key, row in SCENARIOS.items()}
    row = SCENARIOS[find_key(arguments.scenario, titles, "scenario")]
    checks.whole_number("seed", arguments.seed, 0)
    if arguments.seed >= SEEDS:
        raise ValueError(f"seed must be below 2^64, got {arguments.seed}.")
    return row


def with_steps(experiment: Experiment, steps: int | None) -> Experiment:
    """Another number of steps, with about as many looks at the loss as before: a verdict needs them."""
    if steps is None:
        return experiment
    checks.whole_number("--steps", steps, LEAST_LOOKS - 1)
    return replace(experiment, steps=steps, eval_every=max(1, steps * experiment.eval_every // experiment.steps))


def begin(row: Scenario, arguments: Namespace) -> None:
    """Raise if a file or the device cannot be used; else print what is about to run, and where."""
    output.check(arguments)
    device = usable(arguments.device)
    arguments.begun = True
    if output.to_stdout(arguments.json):
        return
    print(fill(f"{row.key}: {row.title}"))
    if row.cause is not None:
        print(labelled("cause", f"{CAUSES[row.cause].title} ({row.cause})", 7))
    print(labelled("device", f"{device} ({device_name(device)}), seed {arguments.seed}", 7), flush=True)


def usable(name: str) -> torch.device:
    """The device, after a trial: torch takes the name "meta", too, a device that holds no numbers.

    Raises:
        ValueError: it is not there, or cannot compute.
    """
    try:
        device = resolve_device(name)
        float(torch.ones(1, device=device).sum())
    except Exception as error:  # each backend of torch has its own
        if str(error).startswith("device must") and len(str(error)) <= SHORT:
            raise
        reason = textwrap.shorten(in_words(error.__cause__ or error).rstrip("."), 150, placeholder=" ...")
        rule = f"device must be one that this machine has, got {name!r} ({reason})"
        raise ValueError(f"{rule}. --device auto takes the best one that is there.") from error
    return device


def judged(row: Scenario, history: History) -> Verdict | None:
    """The verdict; None if the run looks at its loss less often than the scenario's own."""
    if len(history.reference_loss) < looks(row.broken):
        return None
    return symptom_of(history, chance=row.chance, floor=row.floor)


def looks(experiment: Experiment) -> int:
    """How often a run measures its losses: at its start, every ``eval_every`` steps, and at its end."""
    return 1 - (-experiment.steps // experiment.eval_every)


def too_short(row: Scenario, history: History) -> str:
    """Why there is no verdict, and what gives one."""
    least = looks(row.broken)
    seen = f"{len(history.reference_loss)} looks at the loss, and a verdict on this scenario takes {least}"
    return f"too short to judge: {seen}; take --steps {least - 1} or more."


def interrupted(histories: Mapping[str, History], steps: int, arguments: Namespace) -> int:
    """After Ctrl-C: say what was recorded."""
    code = ended("stopped by Ctrl-C; nothing was written.", INTERRUPTED)
    if output.to_stdout(arguments.json):
        return code
    for name, history in histories.items():
        losses = [f"{loss:.4g}" for loss in history.reference_loss]
        course = " -> ".join([losses[0], losses[-1]] if len(losses) > 1 else losses)
        print(labelled(name, f"{len(history.loss)} of {steps} steps{f', reference loss {course}' * bool(losses)}", 7))
    return code


def told(
    row: Scenario, seed: int, histories: Mapping[str, History], verdicts: Mapping[str, Verdict | None]
) -> dict[str, Any]:
    """Both runs, for other programs; numbers that are not finite are the strings "nan", "inf", "-inf"."""
    names: dict[str, Any] = {name: getattr(row, name) for name in ("key", "title", "cause", "symptom", "shown")}
    names |= {"seed": seed, "change": [str(change) for change in diff(row.broken, row.fixed)]}
    names["runs"] = {
        name: {
            "symptom": verdict.code if verdict else None,
            "reading": verdict.reading if verdict else too_short(row, histories[name]),
            "history": histories[name].to_dict(),
        }
        for name, verdict in verdicts.items()
    }
    return names
