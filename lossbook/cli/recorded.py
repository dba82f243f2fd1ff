"""``lossbook diagnose``: what a recorded curve shows, what can be behind it, and what to try next."""

from __future__ import annotations

import io
import os
import sys
import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.causes import CAUSES, Cause, suspects
from lossbook.cli import output
from lossbook.cli.chart import Line, is_plain, text_lines
from lossbook.cli.find import find_symptom
from lossbook.cli.layout import columns, fill, labelled
from lossbook.constants import GivenAway, given_away
from lossbook.curves import PALETTE, Lost
from lossbook.recorded import Curve, read_curve, symptom
from lossbook.recorded.next_test import NEXT_TESTS
from lossbook.recorded.reading import read_stream
from lossbook.symptoms import NO_SYMPTOM, SYMPTOMS, Verdict

SHOWN = 5  # causes that are told in full; the others are named
DRAWN = 1000  # points of a line in a picture; of more, the highest and the lowest of each part are drawn
SLEEP = 2.0  # seconds between two looks at a file that grows
INPUT = "standard input"


@dataclass(frozen=True)
class Diagnosis:
    """All that is told of a curve."""

    file: str
    curve: Curve
    verdict: Verdict
    constants: list[GivenAway]
    causes: list[Cause]  #: those that a constant gives away first, then the suspects of the symptom


def diagnose(arguments: Namespace) -> int:
    """The command. Gives 1 if the symptom is one of ``--fail-on``, else 0."""
    if arguments.plot is not None:
        checks.one_of("suffix of --plot", arguments.plot.suffix.lower(), (".png", ".svg"))
    output.check(arguments)
    failing = _codes(arguments.fail_on)
    if arguments.follow:
        if arguments.file == "-":
            raise ValueError("--follow must be given a file, got standard input.")
        return _follow(arguments, failing)
    told = _diagnosis(arguments)
    _tell(told, arguments)
    return int(told.verdict.code in failing)


def _codes(typed: str | None) -> set[str]:
    """The symptoms of ``--fail-on``; "any" stands for all but healthy."""
    names = [name.strip() for name in (typed or "").split(",") if name.strip()]
    if names == ["any"]:
        return set(SYMPTOMS) - {"healthy"}
    return {name if name in NO_SYMPTOM else find_symptom(name) for name in names}


def _follow(arguments: Namespace, failing: set[str]) -> int:
    """Judge again whenever the file has grown, until Ctrl-C or a symptom of ``--fail-on``."""
    seen: tuple[int, float] | None = None
    while True:
        try:
            now = os.stat(arguments.file)
        except OSError as error:
            raise ValueError(f"{arguments.file!r} cannot be read: {error.strerror}.") from error
        if (now.st_size, now.st_mtime) != seen:
            seen = (now.st_size, now.st_mtime)
            try:
                told = _diagnosis(arguments)
            except ValueError as error:  # a run that has not logged anything yet
                print(fill(str(error)), flush=True)
            else:
                _tell(told, arguments)
                sys.stdout.flush()
                if told.verdict.code in failing:
                    return 1
        time.sleep(SLEEP)


def _diagnosis(arguments: Namespace) -> Diagnosis:
    options = {name: getattr(arguments, name) for name in ("column", "val", "run")}
    if arguments.file == "-":
        stream = getattr(sys.stdin, "buffer", None)
        if sys.stdin is None or (stream is None and not hasattr(sys.stdin, "read")):
            raise ValueError("standard input must be open, and is closed.")
        stream = stream if stream is not None else io.BytesIO(sys.stdin.read().encode())
        curve, name = read_stream(stream, INPUT, **options), INPUT
    else:
        curve, name = read_curve(arguments.file, **options), str(arguments.file)
    verdict = symptom(curve)
    found = given_away(curve.loss, unit=curve.unit)
    by_constant = [CAUSES[key] for row in found for key in row.constant.causes if key in CAUSES]
    by_symptom = suspects(verdict.code) if verdict.code in SYMPTOMS and verdict.code != "healthy" else []
    return Diagnosis(name, curve, verdict, found, list(dict.fromkeys([*by_constant, *by_symptom])))


def _tell(told: Diagnosis, arguments: Namespace) -> None:
    contents = {}
    if arguments.plot is not None:
        contents[arguments.plot] = _picture(told, arguments.plot.suffix.lower()[1:])
    if arguments.json is not None:
        contents[arguments.json] = output.as_json(as_dict(told))
    output.write(arguments, contents)
    if not output.to_stdout(arguments.json):
        print(_screen(told))


def as_dict(told: Diagnosis) -> dict[str, Any]:
    """What ``--json`` writes; the page on the command line documents each name."""
    curve, verdict = told.curve, told.verdict
    test = NEXT_TESTS[verdict.code]
    return {
        "symptom": verdict.code,
        "sentence": verdict.sentence,
        "reading": verdict.reading,
        "fields": list(verdict.fields),
        "file": told.file,
        "notes": list(curve.notes),
        "points": len(curve.loss),
        "held_out_points": len(curve.val_loss),
        "first": _number(curve.step[0], curve.loss[0]),
        "last": _number(curve.step[-1], curve.loss[-1]),
        "unit": curve.unit or None,
        "constants": [
            {
                "name": row.name,
                "value": row.constant.value,
                "seen": row.seen,
                "sentence": row.constant.sentence,
                "causes": list(row.constant.causes),
            }
            for row in told.constants
        ],
        "causes": [
            {name: getattr(row, name) for name in ("key", "title", "test", "cost", "fix")} for row in told.causes
        ],
        "next_test": {"what": test.what, "code": test.code},
    }


def _number(step: float, loss: float) -> dict[str, Any]:
    """A point; a loss that is not finite is the string "nan", "inf" or "-inf", since JSON has no such numbers."""
    return {"step": float(step), "loss": float(loss) if np.isfinite(loss) else str(float(loss))}


def _screen(told: Diagnosis) -> str:
    curve, verdict = told.curve, told.verdict
    width = 8
    ends = f"{curve.loss[0]:.4g} to {curve.loss[-1]:.4g} in {len(curve.loss)} points, to step {curve.step[-1]:g}"
    parts = [
        fill(f"{told.file}: {verdict.code}"),
        labelled("", verdict.sentence, width),
        labelled("loss", ends, width),
        labelled("numbers", f"{verdict.reading}.", width),
        *(labelled("read" if not index else "", f"{note}.", width) for index, note in enumerate(curve.notes)),
        "",
        text_lines(_lines(curve), "loss", width=columns(), plain=is_plain(sys.stdout)).rstrip("\n"),
        "",
    ]
    if told.constants:
        parts += [fill("What the numbers give away:"), *(fill(str(row), "    ", "  ") for row in told.constants), ""]
    if told.causes:
        parts.append(fill("What can be behind it, the first to be looked at first:"))
        for row in told.causes[:SHOWN]:
            parts.append(fill(f"{row.key}: {row.title}", "    ", "  "))
            parts.append(fill(f"test: {row.test}", "        ", "      "))
        if rest := told.causes[SHOWN:]:
            parts.append(fill(f"and {', '.join(row.key for row in rest)}", "    ", "  "))
        parts += [fill("All about one, with its fix: lossbook causes KEY", "    ", "  "), ""]
    test = NEXT_TESTS[verdict.code]
    parts += [fill(f"Next: {test.what}"), "", *(f"    {line}" for line in test.code.splitlines())]
    return "\n".join(parts)


def _lines(curve: Curve) -> dict[str, Line]:
    """The curves to draw: the training loss, and the held-out loss where there is one."""
    step, val_step = curve.step, curve.val_step
    if (step != np.floor(step)).any():  # epochs with a fraction: the chart has whole numbers
        step, val_step = np.arange(len(step)), np.interp(val_step, step, np.arange(len(step)))
    bad = ~np.isfinite(curve.loss)
    lost = Lost(int(step[bad][0]), f"not finite from step {curve.step[bad][0]:g}") if bad.any() else None
    lines = {"training": Line(*_thinned(step, curve.loss), lost)}
    if len(curve.val_loss):
        lines["held out"] = Line(*_thinned(val_step, curve.val_loss))
    return lines


def _thinned(step: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most 1,000 points, among them the highest and the lowest of each part."""
    if len(step) <= DRAWN:
        return step, value
    starts = np.linspace(0, len(step), DRAWN // 2, endpoint=False).astype(int)
    both = np.stack([np.fmin.reduceat(value, starts), np.fmax.reduceat(value, starts)], axis=1).ravel()
    return np.repeat(step[starts], 2), both


def _picture(told: Diagnosis, suffix: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from lossbook import plotting
    from lossbook.curves import scale_of

    content = io.BytesIO()
    with mpl.rc_context():
        plotting.use_style()
        figure = Figure()
        ax = figure.subplots()
        for index, (label, line) in enumerate(_lines(told.curve).items()):
            ax.plot(line.step, line.value, color=PALETTE[index], label=label)
        kind, unit = scale_of(told.curve.loss)
        ax.set_yscale(kind, **({"linthresh": unit} if kind == "symlog" else {}))
        ax.set(xlabel="step", ylabel="loss", title=f"{Path(told.file).name}: {told.verdict.code}")
        ax.legend()
        figure.savefig(content, format=suffix)
    return content.getvalue()
