"""The wall: the runs of one symptom as small curves, each a link to its case file."""

from __future__ import annotations

import html
from dataclasses import dataclass

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import trial
from lossbook.widgets.case_links import address_of_case
from lossbook.widgets.offered import run_names
from lossbook.widgets.small_curves import sparkline


@dataclass(frozen=True)
class Wall:
    """What :func:`wall` gives; its keys are those of ``SCENARIOS``, in the order in which they hang."""

    runs: dict[str, str]  #: name of a run -> key

    def _repr_html_(self) -> str:
        return f'<ul class="lossbook-wall">{"".join(_tile(name, key) for name, key in self.runs.items())}</ul>'

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {verdict(SCENARIOS[key])} {SCENARIOS[key].title}" for name, key in self.runs.items())


def wall(symptom: str, *, sound: bool = False) -> Wall:
    """The broken runs that show a symptom; or the runs in which nothing is wrong, though they may look so.

    Args:
        symptom: a key of ``SYMPTOMS``.
        sound: with "healthy", the look-alikes in place of the runs whose fault the loss does not show.

    Raises:
        ValueError: an unknown symptom; the message names the nearest one. No sound run shows another one than healthy.
    """
    checks.one_of("symptom", symptom, SYMPTOMS)
    if sound and symptom != "healthy":
        raise ValueError(f'symptom must be "healthy" for runs that are sound, got {symptom!r}.')
    runs = run_names(list(SCENARIOS))  # the names that the scenario lab has
    return Wall(
        {
            name: key
            for name, key in runs.items()
            if SCENARIOS[key].symptom == symptom and (SCENARIOS[key].cause is None) == sound
        }
    )


def verdict(row: Scenario) -> str:
    """What is wrong, in a few words."""
    return "Nothing is wrong." if row.cause is None else f"{CAUSES[row.cause].title}."


def _tile(name: str, key: str) -> str:
    row = SCENARIOS[key]
    history, _ = trial.broken(key)
    group = "none" if row.cause is None else CAUSES[row.cause].group.split()[0]
    return (
        f'<li data-group="{group}"><a href="{html.escape(address_of_case(row), quote=True)}">'
        f"{sparkline(row, history)}<span>{html.escape(name)}</span>"
        f"<span><b>{html.escape(verdict(row))}</b> {html.escape(row.title)}</span></a></li>"
    )
