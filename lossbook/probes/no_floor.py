"""Whether how low a loss is says nothing: it is a sum weighed by numbers of both signs, as that of a policy.

What a policy has done is made likelier where it was worth more than usual, and less likely where it was worth less. Any
copy can make the latter as good as impossible, and its loss falls below 0 without end, whatever the policy is worth.
Such a loss is told by what it makes of these numbers, however its lines are written: turned round they turn it round,
and a hundred or a million times as large they make it as many times as large.
"""

from __future__ import annotations

from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on
from lossbook.evidence.structure import tensors

SAYS_NOTHING = (
    "the loss weighs what it gets by numbers of both signs, as that of a policy does, and can always fall: "
    "how low it is says nothing"
)
#: of the numbers; a hinge or a logistic loss is a straight line only near 0, an absolute error only up to the outputs,
#: which may be hundreds of times too large, and a square nowhere
FACTORS = (-1.0, 100.0, 1e6)
EXACT = 1e-3  #: of the loss where all numbers are above 0
LOOKED_AT = 8  #: batches


def falls_without_end(case: Case) -> bool:
    """Whether the loss is such a sum; not so where it cannot be computed of other numbers."""
    if case.loss_of is None:
        return False
    for batch in case.batches[:LOOKED_AT]:
        of_both_signs = [each for each in tensors(batch.target) if _has_both_signs(each)]
        if of_both_signs:
            try:
                return any(_are_weights(case, batch, each) for each in of_both_signs)
            except Exception:  # in lines of the reader's own
                return False
    return False


def _has_both_signs(numbers: Tensor) -> bool:
    return numbers.is_floating_point() and bool((numbers > 0).any()) and bool((numbers < 0).any())


def _are_weights(case: Case, batch: Batch, numbers: Tensor) -> bool:
    def loss(others: Tensor) -> float:
        changed = batch.map(lambda each: others if each is numbers else each)
        return loss_on(case, case.start.model, changed)

    nothing = loss(0 * numbers)
    own, size = loss(numbers) - nothing, abs(loss(numbers.abs()) - nothing)
    misses = [abs(loss(factor * numbers) - nothing - factor * own) / abs(factor) for factor in FACTORS]
    return size > 0 and all(miss <= EXACT * size for miss in misses)
