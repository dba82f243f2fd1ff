"""One widget, two faces: live where a kernel runs, drawn ahead where a page is built."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from lossbook import checks
from lossbook.widgets.controls import Control, control, states
from lossbook.widgets.drawing import styled
from lossbook.widgets.static import Budget, element
from lossbook.widgets.svg import Picture

BUDGET = Budget()


class TwoFaces:
    """The last value of a cell. In a notebook it shows its live face, in a page that is built its static one."""

    title: str

    def static(self) -> str:
        """The HTML element for a built page."""
        raise NotImplementedError

    def live(self) -> Any:
        """The face for a notebook; its ``box`` is the widget."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if os.environ.get("LOSSBOOK_FACE") == "static":
            return {"text/html": self.static(), "text/plain": self.title}
        from lossbook.widgets.live import bundle

        return bundle(self.live().box, self.title)


class Explorer(TwoFaces):
    """What :func:`explore` gives: shown as the last value of a cell, or by ``display``."""

    def __init__(
        self,
        render: Callable[..., tuple[Figure, str]],
        controls: dict[str, Control],
        *,
        title: str,
        play: str | None,
        budget: Budget,
    ) -> None:
        self.render, self.controls, self.title, self.play, self.budget = render, controls, title, play, budget
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "explore"
        self.ident = f"{slug}-{hashlib.sha256(repr((title, controls)).encode()).hexdigest()[:8]}"

    def draw(self, state: dict[str, Any]) -> tuple[Picture, str]:
        """The picture of one state, and the sentence that tells what it shows. Both faces show them."""
        return styled(partial(self.render, **state), self.ident)

    def static(self) -> str:
        """The HTML element that holds every state.

        Raises:
            ValueError: more states or characters than the budget allows.
        """
        self.budget.check(self.controls)
        drawn = [self.draw(state) for state in states(self.controls)]
        html = element(drawn, self.controls, title=self.title, play=self.play, ident=self.ident)
        return self.budget.check_size(html, self.controls)

    def live(self) -> Any:
        """A ``Live``."""
        from lossbook.widgets.live import Live

        def draw(state: dict[str, Any]) -> tuple[str, str]:
            shown, says = self.draw(state)
            return str(shown), says

        return Live(draw, self.controls, self.play)


def explore(
    render: Callable[..., tuple[Figure, str]],
    *,
    title: str,
    play: str | None = None,
    budget: Budget = BUDGET,
    **controls: Any,
) -> Explorer:
    """A figure under controls.

    In a notebook each change calls ``render`` in the kernel. A built page has no kernel: there every state is drawn
    when the page is built. Both show the same pictures.

    Args:
        render: takes the controls' values by name, and gives a matplotlib ``Figure`` and a sentence that tells readers
            who do not see it what it shows.
        title: what the widget is about; unique on its page.
        play: the name of a slider that gets a play button.
        budget: how much may be drawn ahead.
        controls: by name a list of numbers (a slider that steps through them), a list of other things (buttons,
            or a list that drops down if there are many), True or False (a box), or a :class:`lossbook.widgets.Control`.

    Raises:
        ValueError: no control; ``play`` is none of the sliders.
        TypeError: a control that is none of these.

    >>> from matplotlib.figure import Figure
    >>> def line(slope):
    ...     figure = Figure()
    ...     figure.subplots().plot([0, 1], [0, slope])
    ...     return figure, f"A line that rises by {slope}."
    >>> explorer = explore(line, title="A line", slope=[1, 2, 3])
    >>> explorer.static().startswith('<loss-explore id="a-line-')
    True
    """
    made = {name: control(name, value) for name, value in controls.items()}
    if not made:
        raise ValueError("explore needs at least one control, got none.")
    if play is not None:
        checks.one_of("play", play, [name for name, one in made.items() if one.kind == "slider"])
    return Explorer(render, made, title=title, play=play, budget=budget)
