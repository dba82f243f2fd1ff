"""The scenario lab: see a run, predict, change the knob that is suspected, train, test, and see the fix."""

from __future__ import annotations

from typing import Any

from lossbook.scenarios import SCENARIOS, scenario
from lossbook.widgets.controls import Control, control
from lossbook.widgets.explorer import Explorer
from lossbook.widgets.offered import run_names
from lossbook.widgets.scenario_picture import draw_state, drawn
from lossbook.widgets.static import Budget
from lossbook.widgets.svg import Picture
from lossbook.widgets.workbench import Workbench

STATIC = Budget(states=250, bytes=2_000_000)  # one element for all scenarios of the book


class ScenarioLab(Explorer):
    """What :func:`scenario_lab` gives: drawn ahead, every run and every one mended; live, a workbench that trains."""

    def __init__(self, keys: list[str]) -> None:
        self.keys, self.runs = keys, run_names(keys)
        controls = {"run": Control(tuple(self.runs), "run", kind="choice"), "fix": control("fix", False)}
        super().__init__(
            lambda run, fix: draw_state(self.runs[run], fix), controls, title="Scenario lab", play=None, budget=STATIC
        )

    def draw(self, state: dict[str, Any]) -> tuple[Picture, str]:
        """The same as of any explorer; the quiz may have drawn it before."""
        key = self.runs[state["run"]]
        shown, says = drawn(key, state["fix"])
        return shown.renamed(key, self.ident), says

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
