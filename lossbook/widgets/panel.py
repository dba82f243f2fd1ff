"""The panel of the scenario lab's live face: what the reader can choose and press, and where answers appear."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from matplotlib.figure import Figure

from lossbook.devices import available_devices
from lossbook.experiment import Experiment
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.widgets.drawing import styled
from lossbook.widgets.knob_table import knobs
from lossbook.widgets.offered import run_names

PREDICTIONS = ("it will fall as it should", "it will look as before", "it will get worse")


class Asked(NamedTuple):
    """What the reader has chosen when a button is pressed."""

    row: Scenario
    experiment: Experiment  #: the broken run of the scenario with the knob at its value
    setting: str  #: which value that is, as a sentence begins

    @property
    def run(self) -> Experiment:
        """The experiment without its device: two with the same run have the same picture."""
        return replace(self.experiment, device="cpu")


class Panel:
    """Lists, buttons, a bar, and places for a picture and for words; :attr:`box` holds them all.

    Args:
        keys: of the scenarios that can be chosen.
    """

    def __init__(self, keys: list[str]) -> None:
        import ipywidgets as w

        self.scenario = w.Dropdown(options=list(run_names(keys).items()), description="run")
        self.device = w.Dropdown(options=["auto", *available_devices()], description="device")
        self.knob, self.value = w.Dropdown(description="knob"), w.Dropdown(description="value")
        self.guess = w.RadioButtons(options=PREDICTIONS, index=None, description="predict")
        self.buttons = {name: w.Button(description=name) for name in ("train", "stop", "test", "show the fix")}
        self.bar = w.IntProgress(min=0, max=1)
        self.status, self.picture, self.caption = w.HTML(), w.HTML(), w.HTML()
        wrapped = w.Layout(flex_flow="row wrap")
        self.box = w.VBox(
            [
                w.HBox([self.scenario, self.device], layout=wrapped),
                self.caption,
                w.HBox([self.knob, self.value], layout=wrapped),
                self.guess,
                w.HBox([*self.buttons.values(), self.bar], layout=wrapped),
                self.status,
                self.picture,
            ]
        )
        self.knob.observe(lambda _: self._offer_values(), names="index")
        self._offer_knobs()

    @property
    def row(self) -> Scenario:
        """The scenario that is chosen."""
        return SCENARIOS[self.scenario.value]

    def asked(self) -> Asked:
        """What is chosen now.

        Raises:
            ValueError, TypeError: the run refuses the value of the knob.
        """
        knob, place = self._knobs[self.knob.index], self.value.index
        experiment = knob.changed(self.row.experiment("broken", 0, self.device.value), place)
        setting = "As it stands" if place == 0 else f"With {knob.path} = {knob.options[place]}"
        return Asked(self.row, experiment, setting)

    def draw(self, figure: Callable[[], Figure], prefix: str) -> None:
        """Show what this function draws; ``prefix`` stands in front of its ids."""
        self.picture.value = str(styled(lambda: (figure(), ""), prefix)[0])

    def say(self, *sentences: str) -> None:
        """Tell what the picture shows, a paragraph for each sentence."""
        self.caption.value = "".join(f"<p>{html.escape(one)}</p>" for one in sentences)

    def note(self, words: str, more: str = "") -> None:
        """Tell how a job goes, or what came of it; ``more`` is HTML."""
        self.status.value = f"<p>{html.escape(words)}{more}</p>"

    def _offer_knobs(self) -> None:
        """Those of the scenario that is chosen, all as it stands, and no prediction yet."""
        self._knobs = knobs(self.row.broken)
        self.knob.options = [one.path for one in self._knobs]
        self.knob.index = 0
        self._offer_values()
        self.guess.index = None

    def _offer_values(self) -> None:
        if self.knob.index is not None:  # as it is for a moment while the list is exchanged
            self.value.options = self._knobs[self.knob.index].options
            self.value.index = 0
