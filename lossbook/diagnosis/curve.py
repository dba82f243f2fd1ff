"""The symptom of a training of anybody's, from the losses that were logged. The one place where a report judges it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from lossbook.evidence import Log, Series
from lossbook.symptoms import LEAST_LOOKS, Verdict, symptom_of

LOOKS = 40  # means of as many batch losses in a row, at most


class TooShort(Verdict):
    """The verdict on a curve of a few points."""

    @property
    def sentence(self) -> str:
        """The code in words."""
        return "The curve is too short to be judged."


def symptom_in(log: Log) -> Verdict:
    """The symptom of the losses in a log; its code is a key of ``SYMPTOMS``, or "too-short".

    Losses of batches jump, so that means of several in a row are judged.
    """
    losses = np.array(log.loss.values, float)
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        stays = "on" if len(bad) == len(losses) - bad[0] else "on, at times"
        return Verdict("non-finite", ("loss",), f"not a finite number from step {log.loss.steps[bad[0]]} {stays}")
    width = max(len(losses) // LOOKS, 1)
    if len(losses) < 4 * LEAST_LOOKS:
        width = 1
    looks = [float(part.mean()) for part in np.split(losses, range(width, len(losses), width)) if len(part) == width]
    if len(looks) < LEAST_LOOKS:
        return TooShort("too-short", ("loss",), f"{len(losses)} losses; {LEAST_LOOKS} are needed")
    steps = np.array(log.loss.steps)[width - 1 :: width][: len(looks)]
    history = SimpleNamespace(
        loss=tuple(losses), eval_step=tuple(steps), reference_loss=tuple(looks), chance=None,
        val_loss=_at(log.val_loss, steps), metric=_at(log.metric, steps),
    )  # fmt: skip
    return symptom_of(cast(Any, history))


def _at(series: Series, steps: np.ndarray) -> tuple[float, ...]:
    """The series at these steps; empty where there are too few points in it to be a curve."""
    if len(series.values) < LEAST_LOOKS or not np.isfinite(series.values).all():
        return ()
    return tuple(np.interp(steps, series.steps, series.values))
