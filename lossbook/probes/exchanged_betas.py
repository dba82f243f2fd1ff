"""Betas of Adam that stand in each other's place: what nobody means, however little harm it has done so far."""

from __future__ import annotations

from dataclasses import replace

from lossbook.evidence import Case
from lossbook.probes.base import Reading
from lossbook.probes.trials import end

LONG_MEAN = 0.99  #: a first beta from which on the step is a mean over a hundred gradients and more
SHORT_MEAN = 0.95  #: a second beta up to which their size is one over twenty or less


def told_for_certain(case: Case, reading: Reading) -> Reading:
    """The reading, found where the two betas are given in the other order, and a trial with the usual ones ends lower.

    Kingma & Ba (2015), theorem 4.1, want β1² / √β2 < 1, and (0.999, 0.9) gives 1.05: a step follows gradients that are
    hundreds of steps old, and its size those of the last ten.
    """
    given = [group["betas"] for group in case.start.groups if "betas" in group]
    turned = bool(given) and all(first >= LONG_MEAN and second <= SHORT_MEAN for first, second, *_ in given)
    if reading.found or not turned or reading.trial is None or not end(reading.trial.mended) < end(reading.trial.as_is):
        return reading
    return replace(reading, outcome="found", certain=True)


__all__ = ["LONG_MEAN", "SHORT_MEAN", "told_for_certain"]
