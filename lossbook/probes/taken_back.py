"""Weights that are exchanged for a look at the model, as for an average of them, and are not put back."""

from __future__ import annotations

import numpy as np

from lossbook.evidence import Case
from lossbook.probes.base import Reading

OFTEN = 3  # times, from which on it is no single change
MOST = 0.9  # of all times that weights were written, that must have been for a look
BACK = 0.6  # of the way since the time before, that the weights went back; an average over 200 steps, after 30: 0.9


def throughout(case: Case, steps: tuple[int, ...] | None) -> tuple[int, ...]:
    """These steps, at which something befell all weights; none if that ends before half of the training.

    Where several clients learn in turn from one net, they begin at the start in the first round alone.
    """
    return steps if steps and 2 * steps[-1] >= (case.seen.steps or 0) else ()


def exchanged_for_good(case: Case) -> Reading | None:
    """Whether each look at the model leaves it with weights near those of the look before; else None.

    Who averages what several clients or tasks have learned also writes weights in between.
    """
    seen = case.seen
    found = seen.exchanged or ()
    if len(found) < OFTEN or len(found) < MOST * (seen.rewritten or 0):
        return None
    back = float(np.median([share for _, share in found]))
    if not back > BACK:
        return None
    sentence = f"{len(found)} times, first at step {found[0][0]}, passes without gradients had other weights, and the"
    sentence = (
        f"{sentence} training went on with these: {back:.0%} of what had been learned since the time before was lost"
    )
    return Reading("found", sentence, back, BACK)
