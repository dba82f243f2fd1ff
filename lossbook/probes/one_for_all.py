"""Batches in which all examples get one answer, as where a mean over all atoms of a batch stands for each molecule."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from torch import Tensor

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Reading, decided
from lossbook.probes.inputs import redrawn

LOOKS, DRAWS = 4, 3  # batches, and draws of fresh weights, as an output may be 0 at first
FEWEST = 4  # answers in a batch
SAME = 1e-5  # of an output's size, which is rounding


def or_one_for_all(decide: Callable[[Case], Reading]) -> Callable[[Case], Reading]:
    """A test of mixing; before it is asked whether all examples of a batch get one answer, and other batches another.

    No net that looks at each example by itself gives one answer to all that differ, whatever its weights are.
    """

    @wraps(decide)
    def decide_case(case: Case) -> Reading:
        count = _answers_alike(case)
        if count is None:
            return decide(case)
        sentence = f"with any weights all {count} answers of a batch are the same number, and another one in the next"
        return decided(True, f"{sentence} batch: each is made of all examples of its batch", count, 1)

    return decide_case


def _answers_alike(case: Case) -> int | None:
    """How many answers of a batch are the same, if all are in each of some batches, but not in all of them together."""
    batches, start = case.batches[:LOOKS], unwrapped(case.start.model)
    if len(batches) < 2 or not all(map(_differ, batches)):
        return None
    for seed in range(DRAWS):
        model, firsts = redrawn(start, seed), list[float]()
        for batch in batches:
            output = output_of(model, batch)
            if not isinstance(output, Tensor) or not output.is_floating_point() or output.ndim not in (1, 2):
                return None
            if len(output) != len(batch.target) or not bool(output.isfinite().all()):
                return None
            if bool(((output - output[:1]).abs() > SAME * output.abs().max()).any()):
                return None
            firsts.append(float(output.flatten()[0]))
        if len(set(firsts)) == 1:
            return None  # with any inputs, which is another cause
    return len(batches[0].target)


def _differ(batch: Batch) -> bool:
    """The examples have inputs and targets that are not all the same."""
    y = batch.target
    if not isinstance(y, Tensor) or y.ndim == 0 or len(y) < FEWEST or not bool((y != y[:1]).any()):
        return False
    return any(each.ndim > 0 and bool((each != each[:1]).any()) for each in tensors((batch.inputs, batch.kwargs)))
