"""The workbench, live face of the scenario lab: the reader predicts, turns a knob, trains, tests and mends."""

from __future__ import annotations

import html
from collections.abc import Callable
from time import perf_counter

from lossbook.causes import CAUSES
from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
from lossbook.probes import PROBES
from lossbook.scenarios import Scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import trial
from lossbook.widgets.case_links import link_to_case
from lossbook.widgets.jobs import Jobs, Stop
from lossbook.widgets.panel import Asked, Panel
from lossbook.widgets.run_picture import picture_of, sketch
from lossbook.widgets.sentences import (
    the_change,
    what_is_wrong,
    what_the_curves_do,
    what_the_curves_do_and_the_verdict,
)

REST = 4.0  # after a drawing the training has this many times as long for itself, else a busy machine would only draw


class Workbench(Panel):
    """The panel at work. A button works on the run that the knob says; if that is not trained, it is trained first."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(keys)
        self._jobs = Jobs()
        self._trained: tuple[Asked, History] | None = None  # what is on the picture as this run
        for name, work in (("train", self._train), ("test", self._test), ("show the fix", self._fix)):
            self.buttons[name].on_click(lambda _, work=work: self._start(work))
        self.buttons["stop"].on_click(lambda _: self._jobs.stop())
        self.scenario.observe(lambda _: self._begin_scenario(), names="value")
        self._begin_scenario()

    @property
    def history(self) -> History | None:
        """Of the run that is on the picture; None if there is none."""
        return None if self._trained is None else self._trained[1]

    def wait(self) -> None:
        """Return when nothing runs any more."""
        self._jobs.wait()

    def _begin_scenario(self) -> None:
        """Another run is chosen: end what goes on, and show its curve as it stands."""
        self._offer_knobs()
        self._trained = None
        self.say(f"{SYMPTOMS[self.row.symptom]} What do you suspect?")
        self.picture.value = self.status.value = ""
        self._start(self._look, gives_way=True)

    def _start(self, work: Callable[[Asked, Stop], None], *, gives_way: bool = False) -> None:
        """Begin a job on what is chosen now; whatever it raises, the reader must see it."""
        try:
            asked = self.asked()
        except (ValueError, TypeError) as error:
            self._alert(error)
            return

        def do(stop: Stop) -> None:
            try:
                work(asked, stop)
            except Exception as error:
                self._alert(error)

        if not self._jobs.start(do, gives_way=gives_way):
            self.note("Something is running; stop it first.")

    def _alert(self, error: Exception) -> None:
        self.status.value = f'<p role="alert">{html.escape(trial.in_words(error, self.device.value))}</p>'

    def _run(self, experiment: Experiment, row: Scenario, stop: Stop) -> History | None:
        """Train under the eyes of the reader; None if it was stopped."""
        device = resolve_device(experiment.device).type
        self.bar.max, self.bar.value = experiment.steps, 0
        draws_next = perf_counter()

        def report(progress: trial.Progress) -> None:
            nonlocal draws_next
            self.bar.value = progress.step
            self.note(
                f"step {progress.step} of {experiment.steps} on {device}, {progress.rate:.0f} steps per second, "
                f"loss {progress.losses[-1]:.3g}"
            )
            if (start := perf_counter()) >= draws_next:
                self.draw(lambda: sketch(progress, experiment), f"{row.key}-now")
                draws_next = perf_counter() + REST * (perf_counter() - start)

        history = trial.train(experiment, report, stop)
        if not stop.is_set():
            return history
        if self.row is row:
            self.note(f"Stopped after {len(history.loss)} steps.")
        return None

    def _this_run(self, asked: Asked, stop: Stop) -> History | None:
        """The history of the run that the knob says, which is trained unless it is on the picture; None if stopped."""
        if self._trained is not None and self._trained[0].run == asked.run:
            return self._trained[1]
        history = self._run(asked.experiment, asked.row, stop)
        if history is not None:
            self._trained = asked, history
            self._show(asked.row, {"this run": history})
            self.say(f"{asked.setting}: {what_the_curves_do_and_the_verdict(asked.row, history)}")
        return history

    def _look(self, asked: Asked, stop: Stop) -> None:
        history, row = self._this_run(asked, stop), asked.row
        if history is not None:
            self.say(f"{SYMPTOMS[row.symptom]} {what_the_curves_do(row, history)} What do you suspect?")

    def _train(self, asked: Asked, stop: Stop) -> None:
        guess, self._trained = self.guess.value, None
        history = self._this_run(asked, stop)
        if history is not None and guess is not None:
            told = what_the_curves_do_and_the_verdict(asked.row, history)
            self.say(f"{asked.setting}: {told} You predicted: {guess}.")

    def _test(self, asked: Asked, stop: Stop) -> None:
        row = asked.row
        if self._this_run(asked, stop) is None:
            return
        self.note("testing ...")
        try:
            readings = trial.tested(asked.run, [row.cause] if row.cause else PROBES, stop)
        except trial.Stopped:
            if self.row is row:
                self.note("Stopped before the test had ended.")
            return
        if row.cause is None:
            positive = sum(one.found for one in readings.values())
            told = f"of the {len(PROBES)} decisive tests {positive or 'none'} found its cause here."
        else:
            told = f"{readings[row.cause]}. The test: {CAUSES[row.cause].test}"
        self.note(f"{asked.setting}: {told}")

    def _fix(self, asked: Asked, stop: Stop) -> None:
        row, history = asked.row, self._this_run(asked, stop)
        if history is None:
            return
        says = [f"{asked.setting}: {what_the_curves_do_and_the_verdict(row, history)}"]
        shown = {"this run": history}
        if row.cause is None:
            shown = {"healthy run" if asked.run == row.experiment("broken", 0, "cpu") else "this run": history}
        else:
            mended = self._run(row.experiment("fixed", 0, self.device.value), row, stop)
            if mended is None:
                self._show(row, shown)
                return
            shown["mended"] = mended
            says.append(f"Mended: {what_the_curves_do_and_the_verdict(row, mended)}")
        self._show(row, shown)
        change = "" if row.cause is None else f" <code>{html.escape(the_change(row))}</code>"
        self.note(what_is_wrong(row), f"{change} {link_to_case(row)}")
        self.say(*says)

    def _show(self, row: Scenario, histories: dict[str, History]) -> None:
        self.draw(lambda: picture_of(row, histories), row.key)
