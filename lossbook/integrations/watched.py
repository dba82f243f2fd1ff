"""What the callbacks share: a watch that the events of a trainer open and close."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from lossbook.diagnosis import Report, Watching
from lossbook.diagnosis.watching import BUDGET
from lossbook.evidence import Case

UNFINISHED = "The training did not come to its end."


class Watched:
    """A watch that is opened and closed by events, and its report."""

    def __init__(self) -> None:
        self._watching: Watching | None = None
        self._open = self._unfinished = False

    def report(self, budget: float = BUDGET, **options: Any) -> Report:
        """What is wrong, from experiments on copies. It works after an exception, too.

        Of several trainings, it is about the last one.

        Args:
            budget: seconds of experiments; passed by one of them at most.
            **options: ``seed``, ``steps`` and ``progress``, as of :meth:`lossbook.diagnosis.Watching.report`.

        Raises:
            RuntimeError: no training has begun.
            ValueError: a budget below 0; a seed or a number of steps that is none.
        """
        report = self._closed().report(budget, **options)
        return replace(report, notes=(UNFINISHED, *report.notes)) if self._unfinished else report

    def case(self) -> Case:
        """The training as a probe sees it.

        Raises:
            RuntimeError: no training has begun; or the model could not be copied.
        """
        return self._closed().case()

    def _begins(self, watching: Watching) -> None:
        """This watch was opened, in the place of the last one."""
        self._ends()
        self._watching, self._open, self._unfinished = watching, True, False

    def _ends(self, error: BaseException | None = None) -> None:
        """Close the watch, if it is open."""
        if self._watching is not None and self._open:
            self._open = False
            self._watching.__exit__(type(error) if error is not None else None, error, None)

    def _tells(self, *, val_loss: Any = None, metric: Any = None) -> None:
        if self._watching is not None and self._open:
            self._watching.step(val_loss=val_loss, metric=metric)

    def _closed(self) -> Watching:
        if self._watching is None:
            raise RuntimeError("report() must come after the training, got a callback that has seen none.")
        if self._open:  # by a trainer that tells nothing of an exception; it may be the one that is handled just now
            error = sys.exception()
            self._unfinished = error is None
            self._ends(error)
        return self._watching


def needs(library: str, extra: str, there: bool) -> None:
    """Raise if the library of a trainer is missing.

    Raises:
        ImportError: it is; the message names the extra that installs it.
    """
    if not there:
        raise ImportError(f"WatchCallback needs {library}: pip install 'lossbook[{extra}]'.")
