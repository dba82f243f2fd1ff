"""Numbers most of which are one and the same, as no rain; and a loss whose best answer to all is that one."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.probes.base import Reading
from lossbook.probes.examples import joined
from lossbook.probes.made_up import value_of
from lossbook.probes.objective_mends import fitting
from lossbook.probes.paired import LOOKED_AT, among_themselves

MOST = 0.5  #: of the targets, which are the same number; below it no median is that number
NEAR = 0.05  #: of the targets' spread: an answer is that number
SETTLED = 0.9  #: of the answers, which are that number


def settles_on_the_commonest(case: Case, output: Tensor, y: Tensor) -> Reading | None:
    """Whether the model gives the commonest target to all, which the loss prefers to the mean; and squares would not.

    The absolute error asks for the median. Where that is the same for all examples, nothing of them is learnt, though a
    copy that learns by squares tells them apart. None: it is not so here.
    """
    if not y.is_floating_point() or output.numel() != y.numel():
        return None
    every = joined(case.batches[:LOOKED_AT])
    targets = every.target.flatten()
    values, counts = targets.unique(return_counts=True)
    number, share = values[counts.argmax()], float(counts.max() / counts.sum())
    spread = targets.std()
    if share < MOST or not spread > 0:
        return None
    commonest, mean = (value_of(case.loss, torch.full_like(output, float(one)), y) for one in (number, targets.mean()))
    if commonest is None or mean is None or not commonest < mean:
        return None
    said = output_of(case.now.model, every)
    if not isinstance(said, Tensor) or said.numel() != len(targets):
        return None
    settled = float(((said.flatten() - number).abs() < NEAR * spread).float().mean())
    squares = fitting(case)
    if settled < SETTLED or squares is None:
        return None
    told = among_themselves(squares.case)
    if told is None or told.is_chance:
        return None
    sentence = f"{share:.0%} of the targets are {number:.3g}, and so are {settled:.0%} of the answers; the best answer "
    sentence = f"{sentence}to all is that one for this loss; of examples that a copy did not see, the squared error is "
    fix = f"loss = F.mse_loss(pred, y)  # the absolute error asks for the median, and that is {number:.3g}"
    return Reading("found", f"{sentence}{told}, where squares are learnt", settled, SETTLED, fix=fix)
