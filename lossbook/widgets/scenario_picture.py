"""The pictures of a scenario, each trained and drawn once, however many widgets of a page show it."""

from __future__ import annotations

from functools import cache, partial

from matplotlib.figure import Figure

from lossbook.scenarios import SCENARIOS
from lossbook.widgets import trial
from lossbook.widgets.case_links import link_to_case
from lossbook.widgets.drawing import styled
from lossbook.widgets.paragraphs import Paragraphs
from lossbook.widgets.run_picture import picture_of
from lossbook.widgets.sentences import the_change, what_is_wrong, what_the_curves_do_and_the_verdict
from lossbook.widgets.svg import Picture

CHANGE = "The one change."


@cache
def drawn(key: str, fix: bool) -> tuple[Picture, str]:
    """The picture of :func:`draw_state`, whose ids begin with ``key``, and its sentence."""
    return styled(partial(draw_state, key, fix), key)


def draw_state(key: str, fix: bool) -> tuple[Figure, str]:
    """One state of the lab's static face: what is seen, and with the fix what it was and the mended run beside it."""
    row = SCENARIOS[key]
    history, reading = trial.broken(key)
    if not fix:
        return picture_of(row, {"this run": history}), what_the_curves_do_and_the_verdict(row, history)
    histories = {"healthy run": history} if reading is None else {"this run": history, "mended": trial.mended(key)}
    return picture_of(row, histories), Paragraphs(
        ("It was:", what_is_wrong(row)), *told(key), more=f"<p>{link_to_case(row)}</p>"
    )


def told(key: str) -> list[tuple[str, str]]:
    """What is to be said of a run and of the mended one: a head and a sentence for each paragraph."""
    row = SCENARIOS[key]
    history, reading = trial.broken(key)
    says = what_the_curves_do_and_the_verdict(row, history)
    if reading is None:
        return [("The run.", says)]
    return [
        ("Broken.", says),
        (f"lossbook's test: {reading.outcome}.", f"{reading.sentence[0].upper()}{reading.sentence[1:]}."),
        (CHANGE, the_change(row)),
        ("Mended.", what_the_curves_do_and_the_verdict(row, trial.mended(key))),
    ]
