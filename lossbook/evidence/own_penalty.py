"""A penalty on the weights that the lines of a training add to the loss of output and target, found by its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor, nn

from lossbook.evidence.case import Batch, Case
from lossbook.evidence.recipe import SEVERAL
from lossbook.evidence.replay import train

STEPS = 8  #: of a copy that is trained on with the penalty, at which the numbers must agree
ALIKE = 0.02  #: share of the penalty's first value by which they may differ
LEAST = 1e-4  #: of the first loss, below which what remains may be rounding
FORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "norms": lambda param: param.norm(),
    "squares": lambda param: param.square().sum(),
    "absolute values": lambda param: param.abs().sum(),
}


@dataclass(frozen=True)
class OwnPenalty:
    """``strength`` times the sum over all parameters of one of ``FORMS``."""

    form: str
    strength: float
    biases: bool  #: also of parameters with one axis or none

    def value(self, param: Tensor) -> Tensor:
        """What is added to the loss for one parameter."""
        if not param.is_floating_point() or (param.ndim < 2 and not self.biases):
            return param.new_zeros(())
        return self.strength * FORMS[self.form](param)


def with_own_penalty(case: Case, batches: tuple[Batch, ...]) -> Case:
    """The case with its penalty, if the loss of output and target, and a penalty on the weights, give its numbers.

    How strong it is comes from the first step, at which the weights are known. Which form it has shows in the next
    steps, to which each form leads a copy by another way.

    Args:
        case: of a training whose loss is known.
        batches: those of its first steps.
    """
    if case.loss is None or case.loss_of is None or case.seen.whole_loss is not False or not batches:
        return case
    whole, own, case = case, case.loss_of, replace(case, batches=batches)
    ran_on = np.array(case.seen.ran_on.values[:STEPS])
    plain = train(case, case.start, 1)[1]
    rest = float(ran_on[0] - plain[0]) if len(ran_on) == STEPS == len(batches[:STEPS]) else math.nan
    if not rest > LEAST * abs(ran_on[0]):
        return whole
    for penalty in _candidates(case.start.model, rest):
        other = replace(case, penalty=penalty, loss_of=_with(penalty, own))
        if np.abs(train(other, case.start, STEPS)[1] - ran_on).max() <= ALIKE * rest:
            words = f"A penalty on the weights is added to the loss, {rest:.2g} at the start; copies have it, too."
            gaps = tuple(words if gap == SEVERAL else gap for gap in case.seen.gaps)
            return replace(other, seen=replace(case.seen, gaps=gaps))
    return whole


def _candidates(model: nn.Module, rest: float) -> Iterator[OwnPenalty]:
    for form in FORMS:
        for biases in (True, False):
            whole = sum(float(OwnPenalty(form, 1.0, biases).value(param.detach())) for param in model.parameters())
            if whole > 0:
                yield OwnPenalty(form, rest / whole, biases)


def _with(penalty: OwnPenalty, loss_of: Callable[[nn.Module, Batch], Tensor]) -> Callable[[nn.Module, Batch], Tensor]:
    def penalized(model: nn.Module, batch: Batch) -> Tensor:
        return loss_of(model, batch) + sum(map(penalty.value, model.parameters()))

    return penalized
