"""The pictures of a scenario, each trained and drawn once, however many widgets of a page show it."""

from __future__ import annotations

from functools import cache, partial

from matplotlib.figure import Figure

from lossbook.scenarios import SCENARIOS
from lossbook.widgets import trial
from lossbook.widgets.drawing import styled
from lossbook.widgets.run_picture import picture_of
from lossbook.widgets.sentences import the_change, what_is_wrong, what_the_curves_do_and_the_verdict
from lossbook.widgets.svg import Picture


@cache
def drawn(key: str, fix: bool) -> tuple[Picture, str]:
    """The picture of :func:`draw_state`, whose ids begin with ``key``, and its sentence."""
    return styled(partial(draw_state, key, fix), key)


def draw_state(key: str, fix: bool) -> tuple[Figure, str]:
    """One state of the lab's static face: what is seen, and with the fix what it was and the mended run beside it."""
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
