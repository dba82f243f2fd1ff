"""The scenario lab: see a broken run, change the knob that you suspect, predict, train, test, and see the fix."""

from __future__ import annotations

import html
import os
import threading
from typing import Any

from matplotlib.figure import Figure

from lossbook.causes import CAUSES
from lossbook.devices import resolve_device
from lossbook.experiment import History
from lossbook.paths import replace_at, value_at
from lossbook.scenarios import SCENARIOS, Scenario, scenario
from lossbook.widgets import trial
from lossbook.widgets.controls import Control, show
from lossbook.widgets.explore import Explorer, explore, styled
from lossbook.widgets.static import Budget

PREDICTIONS = ("it will fall as it should", "it will look as before", "it will get worse")
STATIC = Budget(states=200, bytes=1_500_000)  # one element for all scenarios of the book


def knobs(row: Scenario) -> list[Any]:
    """Values of the suspected knob, from the broken to the mended one: both ends of the range, if it is a number."""
    if row.fix is None:
        return []
    between = [] if row.persists is None else [value for value in row.persists if value is not None]
    values = [value_at(row.broken, row.fix[0]), *between, row.fix[1]]
    return list(dict.fromkeys(values))


def drawn(scenario: str, fix: bool) -> tuple[Figure, str]:
    """One state of the static face: the broken run, alone or beside the mended one."""
    row = SCENARIOS[scenario]
    histories = {"broken": trial.trained(row.experiment("broken", 0, "cpu"))}
    says = f"{row.title} {trial.told(row, histories['broken'])}"
    if row.cause is not None and fix:
        histories["mended"] = trial.trained(row.experiment("fixed", 0, "cpu"))
        seen = trial.found(scenario, "broken")
        says = (
            f"{CAUSES[row.cause].title}. Decisive test: {seen.reading} ({'found' if seen.positive else 'not found'}). "
            f"The fix: {trial.the_change(row)}. {trial.told(row, histories['mended'])}"
        )
    return trial.curves(row, histories), says


class ScenarioLab:
    """What :func:`scenario_lab` gives."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys

    def static(self) -> Explorer:
        """The face of a built page: every scenario, broken and mended."""
        choose = Control(tuple(self.keys), "scenario", kind="choice")
        return explore(drawn, title="Scenario lab", budget=STATIC, scenario=choose, fix=False)

    def live(self) -> Bench:
        """The face of a notebook, which trains."""
        return Bench(self.keys)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if os.environ.get("LOSSBOOK_FACE") == "static":
            return self.static()._repr_mimebundle_()
        return self.live().box._repr_mimebundle_()


def scenario_lab(keys: list[str] | None = None) -> ScenarioLab:
    """Runs that are broken on purpose, to be examined and mended by hand.

    In a notebook it trains on the device of your choice; in a built page it shows the runs trained at the build.

    Args:
        keys: of ``SCENARIOS``; by default all with a cause.

    Raises:
        ValueError: an unknown key; the message names the nearest one.
    """
    keys = [key for key, row in SCENARIOS.items() if row.cause] if keys is None else keys
    for key in keys:
        scenario(key)
    return ScenarioLab(keys)


class Bench:
    """The live face: a training in a thread of its own, which "stop" ends, so that the page never hangs."""

    def __init__(self, keys: list[str]) -> None:
        import ipywidgets as w

        self.scenario = w.Dropdown(options=keys, description="scenario")
        self.knob = w.Dropdown(description="knob")
        self.device = w.Dropdown(options=["auto", "cpu", "cuda", "mps"], description="device")
        self.guess = w.RadioButtons(options=PREDICTIONS, index=None, description="predict")
        names = ("train", "stop", "test", "show the fix")
        self.buttons = {name: w.Button(description=name) for name in names}
        self.bar = w.IntProgress(min=0, max=1)
        self.status, self.picture, self.caption = w.HTML(), w.HTML(), w.HTML()
        self.box = w.VBox(
            [
                w.HBox([self.scenario, self.knob, self.device], layout=w.Layout(flex_flow="row wrap")),
                self.guess,
                w.HBox([*self.buttons.values(), self.bar], layout=w.Layout(flex_flow="row wrap")),
                self.status,
                self.picture,
                self.caption,
            ]
        )
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.history: History | None = None  #: of the last training
        for name, job in (("train", self._train), ("test", self._test), ("show the fix", self._fix)):
            self.buttons[name].on_click(lambda _, job=job: self._start(job))
        self.buttons["stop"].on_click(lambda _: self._stop.set())
        self.scenario.observe(lambda _: self._chosen(), names="value")
        self._chosen()

    @property
    def row(self) -> Scenario:
        """The scenario that is chosen."""
        return SCENARIOS[self.scenario.value]

    def wait(self) -> None:
        """Return when nothing runs any more."""
        if self._thread is not None:
            self._thread.join()

    def _chosen(self) -> None:
        self._stop.set()
        path = "" if self.row.fix is None else self.row.fix[0]
        self.knob.options = [f"{path} = {_shown(value)}" for value in knobs(self.row)]
        self.knob.index = 0
        self.guess.index, self.history = None, None
        self.caption.value = f"<p>{html.escape(self.row.title)}</p>"
        self.picture.value = self.status.value = ""

    def _start(self, job: Any) -> None:
        if self._thread is not None and self._thread.is_alive():
            self.status.value = "<p>A training is running; stop it first.</p>"
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._safely, args=(job,), daemon=True)
        self._thread.start()

    def _safely(self, job: Any) -> None:
        try:
            job()
        except Exception as error:  # whatever it is, the reader must see it
            self.status.value = f'<p role="alert">{html.escape(trial.in_words(error, self.device.value))}</p>'

    def _train(self) -> None:
        row = self.row
        experiment = row.experiment("broken", 0, self.device.value)
        device = resolve_device(self.device.value).type
        if row.fix is not None:
            experiment = replace_at(experiment, row.fix[0], knobs(row)[self.knob.index])
        self.bar.max, self.bar.value = experiment.steps, 0

        def report(progress: trial.Progress) -> None:
            self.bar.value = progress.step
            loss = progress.losses[-1]
            self.status.value = (
                f"<p>step {progress.step} of {experiment.steps} on {device}, {progress.rate:.0f} steps per second, "
                f"loss {loss:.3g}</p>"
            )
            self.picture.value = _sketch(progress, row)

        self.history = history = trial.train(experiment, report, self._stop)
        if history.interrupted:
            self.status.value = f"<p>Stopped after {len(history.loss)} steps.</p>"
            return
        self._show({"this run": history})
        guessed = "" if self.guess.value is None else f" You predicted: {self.guess.value}."
        self.caption.value = f"<p>{html.escape(trial.told(row, history) + guessed)}</p>"

    def _test(self) -> None:
        row = self.row
        assert row.cause is not None
        self.status.value = "<p>testing ...</p>"
        seen = trial.found(row.key, "broken")
        self.status.value = f"<p><strong>{html.escape(CAUSES[row.cause].test)}</strong> {html.escape(str(seen))}.</p>"

    def _fix(self) -> None:
        row = self.row
        self.status.value = "<p>training both ...</p>"
        pair = {
            name: trial.train(row.experiment(variant, 0, self.device.value), lambda _: None, self._stop)
            for name, variant in (("broken", "broken"), ("mended", "fixed"))
        }
        if any(history.interrupted for history in pair.values()):
            self.status.value = "<p>Stopped.</p>"
            return
        self._show(pair)
        self.status.value = f"<p><code>{html.escape(trial.the_change(row))}</code></p>"
        self.caption.value = f"<p>{html.escape(trial.told(row, pair['mended']))}</p>"

    def _show(self, histories: dict[str, History]) -> None:
        row = self.row
        self.picture.value = str(styled(lambda: (trial.curves(row, histories), ""), row.key)[0])


def _sketch(progress: trial.Progress, row: Scenario) -> str:
    """The loss so far, as the training goes on."""

    def render() -> tuple[Figure, str]:
        figure = Figure(figsize=(5.8, 3.2))
        ax = figure.subplots()
        ax.plot(progress.steps, progress.losses, ".-")
        ax.set(xlabel="step", ylabel="loss of the batch", ylim=(row.floor, 2.2 * row.chance))
        return figure, ""

    return str(styled(render, f"{row.key}-now")[0])


def _shown(value: Any) -> str:
    text = show(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
