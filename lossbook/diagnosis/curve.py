"""The symptom of a training of anybody's, from the losses that were logged. The one place where a report judges it."""

from __future__ import annotations

import numpy as np

from lossbook.evidence import Log, Series
from lossbook.recorded import Curve, symptom
from lossbook.symptoms import Verdict


def symptom_in(log: Log) -> Verdict:
    """The symptom of the losses in a log; its code is a key of ``SYMPTOMS``, or "too-short"."""
    return symptom(curve_of(log))


def curve_of(log: Log) -> Curve:
    """The losses in a log as a curve."""
    held = log.val_loss if log.val_loss.values else log.metric
    steps = np.array(held.steps, float)
    return Curve(
        step=np.array(log.loss.steps, float),
        loss=np.array(log.loss.values, float),
        val_step=steps,
        val_loss=np.array(log.val_loss.values, float),
        metric=_at(log.metric, steps),
    )


def _at(series: Series, steps: np.ndarray) -> np.ndarray:
    """The series at these steps; empty if there is none."""
    if not series.values:
        return np.empty(0)
    return np.interp(steps, np.array(series.steps, float), np.array(series.values, float))
