"""The progress bar of a long computation, whether anybody would see it, and what Ctrl-C does."""

from __future__ import annotations

import os
import sys
from typing import Any, TypeVar

T = TypeVar("T")


class Stopped(KeyboardInterrupt):
    """A training was stopped in a notebook: the cells below are not run. What it recorded is ``recorded``."""

    def __init__(self, recorded: object) -> None:
        super().__init__(
            "the training was stopped, so no further cell is run; this error's `recorded` holds its history"
        )
        self.recorded = recorded


def show_bar(progress: bool | None) -> bool:
    """Whether to show a bar: as asked; by default in a terminal and in a live notebook. Never without a stderr."""
    if sys.stderr is None or getattr(sys.stderr, "closed", False):
        return False
    if progress is not None:
        return progress
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book: nobody watches
        return False
    is_terminal = getattr(sys.stderr, "isatty", bool)  # an editor's console may have none; bool() is False
    return is_terminal() or in_notebook()


def ended_well(bar: Any) -> None:
    """Let a bar of tqdm close as finished though it is short of its total: in a notebook it would stay there, red."""
    bar.total = None


def in_notebook() -> bool:
    """Whether a notebook's cell is executed, so that the next cell may follow by itself."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def say_stopped(done: int, steps: int) -> None:
    """Say that Ctrl-C has ended a run, whose history is incomplete; in a terminal and in a live notebook only."""
    if show_bar(None):
        print(f"lossbook: stopped by Ctrl-C after {done} of {steps} steps.", file=sys.stderr)


def given_back(recorded: T, interrupted: bool) -> T:
    """What a training recorded; but stopped in a notebook it raises, since the cells below need the whole training.

    Raises:
        Stopped: ``interrupted``, in a notebook.
    """
    if interrupted and in_notebook():
        raise Stopped(recorded)
    return recorded
