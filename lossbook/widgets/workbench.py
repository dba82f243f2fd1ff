"""The workbench: the live face of the scenario lab, where the reader predicts, trains, stops, tests and mends."""

from __future__ import annotations

import html
import threading
import weakref
from typing import Any

from matplotlib.figure import Figure

from lossbook.causes import CAUSES
from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
from lossbook.paths import replace_at, value_at
from lossbook.probes import PROBES
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import trial
from lossbook.widgets.controls import show
from lossbook.widgets.explorer import styled

PREDICTIONS = ("it will fall as it should", "it will look as before", "it will get worse")


def knobs(row: Scenario) -> list[Any]:
    """Values of the suspected knob, from the broken to the mended one: both ends of the range, if it is a number."""
    if row.fix is None:
        return []
    between = [] if row.persists is None else [value for value in row.persists if value is not None]
    values = [value_at(row.broken, row.fix[0]), *between, row.fix[1]]
    return list(dict.fromkeys(values))


def end(jobs: list[tuple[threading.Event, threading.Thread]]) -> None:
    """Stop them and wait: torch must not be at work in a thread while Python itself ends."""
    for stop, thread in jobs:
        stop.set()
        if thread is not threading.current_thread():
            thread.join(timeout=30)


class Workbench:
    """The live face: trainings and tests in a thread of their own, which "stop" ends, so that the page never hangs."""

    def __init__(self, keys: list[str]) -> None:
        import ipywidgets as w

        self.scenario = w.Dropdown(options=list(trial.names(keys).items()), description="run")
        self.knob = w.Dropdown(description="knob")
        self.device = w.Dropdown(options=["auto", "cpu", "cuda", "mps"], description="device")
        self.guess = w.RadioButtons(options=PREDICTIONS, index=None, description="predict")
        self.buttons = {name: w.Button(description=name) for name in ("train", "stop", "test", "show the fix")}
        self.bar = w.IntProgress(min=0, max=1)
        self.status, self.picture, self.caption = w.HTML(), w.HTML(), w.HTML()
        self.box = w.VBox(
            [
                w.HBox([self.scenario, self.device], layout=w.Layout(flex_flow="row wrap")),
                self.caption,
                self.knob,
                self.guess,
                w.HBox([*self.buttons.values(), self.bar], layout=w.Layout(flex_flow="row wrap")),
                self.status,
                self.picture,
            ]
        )
        self._asked = False  # whether the reader asked for the last job
        self._jobs: list[tuple[threading.Event, threading.Thread]] = []  # the last one: what stops it, and its thread
        weakref.finalize(self, end, self._jobs)
        self.history: History | None = None  #: of the last training
        for name, job in (("train", self._train), ("test", self._test), ("show the fix", self._fix)):
            self.buttons[name].on_click(lambda _, job=job: self._start(job))
        self.buttons["stop"].on_click(lambda _: self._jobs[0][0].set())
        self.scenario.observe(lambda _: self._chosen(), names="value")
        self._chosen()

    @property
    def row(self) -> Scenario:
        """The scenario that is chosen."""
        return SCENARIOS[self.scenario.value]

    def wait(self) -> None:
        """Return when nothing runs any more."""
        for _, thread in self._jobs:
            thread.join()

    def _chosen(self) -> None:
        """Another run: end what goes on, and show its curve as it stands."""
        path = "" if self.row.fix is None else self.row.fix[0]
        changed = [f"{path} = {_shown(value)}" for value in knobs(self.row)[1:]]
        self.knob.options = ["as it stands", *changed]
        self.knob.index = 0
        self.guess.index, self.history = None, None
        self.caption.value = f"<p>{SYMPTOMS[self.row.symptom]} What do you suspect?</p>"
        self.picture.value = self.status.value = ""
        self._begin(self._look)

    def _start(self, job: Any) -> None:
        if self._asked and self._jobs[0][1].is_alive():
            self.status.value = "<p>Something is running; stop it first.</p>"
            return
        self._begin(job)

    def _begin(self, job: Any) -> None:
        """Do it in a thread of its own, once what went on before has been told to stop, and has stopped."""
        before, stop = [thread for _, thread in self._jobs], threading.Event()
        for other, _ in self._jobs:
            other.set()
        self._asked = job != self._look  # a first look gives way to what is asked for
        self._jobs[:] = [(stop, threading.Thread(target=self._safely, args=(job, stop, before), daemon=True))]
        self._jobs[0][1].start()

    def _safely(self, job: Any, stop: threading.Event, before: list[threading.Thread]) -> None:
        for thread in before:
            thread.join()
        try:
            job(stop)
        except Exception as error:  # whatever it is, the reader must see it
            self.status.value = f'<p role="alert">{html.escape(trial.in_words(error, self.device.value))}</p>'

    def _run(self, experiment: Experiment, row: Scenario, stop: threading.Event) -> History | None:
        """Train under the eyes of the reader; None if it was stopped."""
        device = resolve_device(experiment.device).type
        self.bar.max, self.bar.value = experiment.steps, 0

        def report(progress: trial.Progress) -> None:
            self.bar.value = progress.step
            loss = progress.losses[-1]
            self.status.value = (
                f"<p>step {progress.step} of {experiment.steps} on {device}, {progress.rate:.0f} steps per second, "
                f"loss {loss:.3g}</p>"
            )
            self.picture.value = _sketch(progress, row)

        history = trial.train(experiment, report, stop)
        if not stop.is_set():
            return history
        if self.row is row:
            self.status.value = f"<p>Stopped after {len(history.loss)} steps.</p>"
        return None

    def _look(self, stop: threading.Event) -> None:
        row = self.row
        history = self._run(row.experiment("broken", 0, self.device.value), row, stop)
        if history is not None:
            self._show({"this run": history})
            told = f"{SYMPTOMS[row.symptom]} {trial.seen(row, history)} What do you suspect?"
            self.caption.value = f"<p>{html.escape(told)}</p>"

    def _train(self, stop: threading.Event) -> None:
        row, values, guess = self.row, knobs(self.row), self.guess.value
        experiment = row.experiment("broken", 0, self.device.value)
        if row.fix is not None:
            experiment = replace_at(experiment, row.fix[0], values[self.knob.index])
        history = self._run(experiment, row, stop)
        if history is None:
            return
        self.history = history
        self._show({"this run": history})
        guessed = "" if guess is None else f" You predicted: {guess}."
        self.caption.value = f"<p>{html.escape(trial.told(row, history) + guessed)}</p>"

    def _test(self, stop: threading.Event) -> None:
        row = self.row
        self.status.value = "<p>testing ...</p>"
        try:
            found = trial.tested(row.experiment("broken", 0, "cpu"), [row.cause] if row.cause else PROBES, stop)
        except trial.Stopped:
            if self.row is row:
                self.status.value = "<p>Stopped before the test had ended.</p>"
            return
        if row.cause is None:
            positive = sum(one.positive for one in found.values())
            self.status.value = f"<p>Of the {len(PROBES)} decisive tests {positive or 'none'} found its cause here.</p>"
            return
        test, saw = html.escape(CAUSES[row.cause].test), html.escape(str(found[row.cause]))
        self.status.value = f"<p><strong>{test}</strong> {saw}.</p>"

    def _fix(self, stop: threading.Event) -> None:
        row, shown = self.row, {}
        for name, variant in (("this run", "broken"), ("mended", "fixed"))[: 1 if row.cause is None else 2]:
            history = self._run(row.experiment(variant, 0, self.device.value), row, stop)
            if history is None:
                return
            shown[name] = history
        self._show(shown)
        change = "" if row.cause is None else f" <code>{html.escape(trial.the_change(row))}</code>"
        self.status.value = f"<p>{html.escape(trial.named(row))}{change}</p>"
        self.caption.value = f"<p>{html.escape(trial.told(row, shown[name]))}</p>"

    def _show(self, histories: dict[str, History]) -> None:
        row = self.row
        self.picture.value = str(styled(lambda: (trial.curves(row, histories), ""), row.key)[0])


def _sketch(progress: trial.Progress, row: Scenario) -> str:
    """The loss so far, as the training goes on."""

    def render() -> tuple[Figure, str]:
        figure = Figure(figsize=(4.6, 3.0))
        ax = figure.subplots()
        ax.plot(progress.steps, progress.losses, ".-")
        ax.set(xlabel="step", ylabel="loss of the batch", ylim=(row.floor, 2.2 * row.chance))
        return figure, ""

    return str(styled(render, f"{row.key}-now")[0])


def _shown(value: Any) -> str:
    text = show(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
