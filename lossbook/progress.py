"""The progress bar of a long computation, and whether anybody would see it."""

from __future__ import annotations

import os
import sys


def show_bar(progress: bool | None) -> bool:
    """Whether to show a bar: as asked; by default in a terminal and in a live notebook. Never without a stderr."""
    if sys.stderr is None or getattr(sys.stderr, "closed", False):
        return False
    if progress is not None:
        return progress
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book: nobody watches
        return False
    is_terminal = getattr(sys.stderr, "isatty", bool)  # an editor's console may have none; bool() is False
    return is_terminal() or "ipykernel" in sys.modules


def say_stopped(done: int, steps: int) -> None:
    """Say that Ctrl-C has ended a run, whose history is incomplete; in a terminal and in a live notebook only."""
    if show_bar(None):
        print(f"lossbook: stopped by Ctrl-C after {done} of {steps} steps.", file=sys.stderr)
