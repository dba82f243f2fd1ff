"""Decisive tests for causes in what a model makes of its inputs."""

from __future__ import annotations

import math

import numpy as np

from lossbook.evidence import Case, unwrapped
from lossbook.probes.base import Limit, Mend, Probe, Reading
from lossbook.probes.inputs import outputs_stay, redrawn, with_other_examples, with_other_values
from lossbook.probes.model_mends import wide_net_beside

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {}
STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy


def input_ignored(case: Case) -> Reading:
    """Draw all weights anew, and give the examples of a batch other inputs: not one bit of the outputs changes.

    Fresh weights make an output that was zero at first, or whose units were dead, depend on the inputs; no weights do
    where a mask or a wrong line keeps the inputs away. Two changes are tried: the inputs of another example; and, where
    the loss is stuck, other numbers in the same places, which leaves alone what fills up, such as padding.
    """
    batch, model = case.batches[0], redrawn(unwrapped(case.start.model))
    tried = {
        "each example gets the inputs of another one": with_other_examples(batch),
        "numbers of the inputs are exchanged, but for those that fill up": with_other_values(batch),
    }
    ways = {words: other for words, other in tried.items() if other is not None}
    if not ways:
        return Reading("cannot tell", "all examples of the first batch have the same inputs")
    for words, other in ways.items():
        stays = outputs_stay(model, batch, other)
        if stays is None:
            return Reading("cannot tell", "with fresh weights the outputs are not finite")
        if stays and (words == next(iter(tried)) or _level(case) > STUCK):
            return Reading("found", f"{words}, and with any weights no output changes", 0.0, 0.0)
    return Reading("not found", "with other inputs there are other outputs")


def _level(case: Case) -> float:
    """The loss of the last quarter over the first one."""
    losses = np.array(case.log.loss.values)
    if not len(losses) or not losses[0]:
        return math.nan
    return float(losses[-math.ceil(len(losses) / 4) :].mean() / losses[0])


def beside(case: Case) -> Mend:
    """A wide net beside the model, which gets the inputs: there is something in them to be learned."""
    return wide_net_beside(case)._replace(steps=120)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "input-ignored": Probe(input_ignored, ("batches",), mend=beside),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
