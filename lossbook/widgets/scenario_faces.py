"""The scenario lab: see a run, predict, change the knob that is suspected, train, test, and see the fix."""

from __future__ import annotations

from matplotlib.figure import Figure

from lossbook.scenarios import SCENARIOS, scenario
from lossbook.widgets import trial
from lossbook.widgets.controls import Control, control
from lossbook.widgets.explorer import Explorer
from lossbook.widgets.offered import run_names
from lossbook.widgets.run_picture import picture_of
from lossbook.widgets.sentences import the_change, what_is_wrong, what_the_curves_do_and_the_verdict
from lossbook.widgets.static import Budget
from lossbook.widgets.workbench import Workbench

STATIC = Budget(states=200, bytes=1_500_000)  # one element for all scenarios of the book


def draw_state(key: str, fix: bool) -> tuple[Figure, str]:
    """One state of the static face: what is seen, and with the fix what it was and the mended run beside it."""
    row = SCENARIOS[key]
    history, reading = trial.broken(key)
    says = what_the_curves_do_and_the_verdict(row, history)
    if not fix:
        return picture_of(row, {"this run": history}), says
    if reading is None:
        return picture_of(row, {"healthy run": history}), f"{what_is_wrong(row)} {says}"
    mended = trial.trained(row.experiment("fixed", 0, "cpu"))
    after = what_the_curves_do_and_the_verdict(row, mended)
    return picture_of(row, {"this run": history, "mended": mended}), (
        f"{what_is_wrong(row)} Decisive test: {reading.sentence} ({reading.outcome}). "
        f"The fix: {the_change(row)}. Mended, {after[0].lower()}{after[1:]}"
    )


class ScenarioLab(Explorer):
    """What :func:`scenario_lab` gives: drawn ahead, every run and every one mended; live, a workbench that trains."""

    def __init__(self, keys: list[str]) -> None:
        self.keys, runs = keys, run_names(keys)
        controls = {"run": Control(tuple(runs), "run", kind="choice"), "fix": control("fix", False)}
        super().__init__(
            lambda run, fix: draw_state(runs[run], fix), controls, title="Scenario lab", play=None, budget=STATIC
        )

    def live(self) -> Workbench:
        """A ``Workbench``."""
        return Workbench(self.keys)


def scenario_lab(keys: list[str] | None = None) -> ScenarioLab:
    """Runs that are broken on purpose, and healthy ones that look it, to be examined and mended by hand.

    In a notebook it trains on the device of your choice; in a built page it shows the runs trained at the build.

    Args:
        keys: of ``SCENARIOS``; by default all.

    Raises:
        ValueError: an unknown key; the message names the nearest one.
    """
    keys = list(SCENARIOS) if keys is None else keys
    for key in keys:
        scenario(key)
    return ScenarioLab(keys)
