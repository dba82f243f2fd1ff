"""Examples that no copy is trained on, and what they cost a copy at its best: what was learnt, and not by heart."""

from __future__ import annotations

from itertools import count

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import added_up, loss_on, train
from lossbook.probes.base import NEEDS
from lossbook.probes.own_examples import Parts, parted

LOOKS = 12  #: at them, until the last step, as somebody looks who stops in time


def unseen_parts(case: Case) -> Parts | None:
    """Held-out examples beside the batches; where there are none, a part of the different ones, if they came again."""
    if case.held_out is not None and NEEDS["held-out examples"].there(case):
        return Parts(case.batches, (case.held_out,))
    return parted(case)


def lowest_cost(case: Case, judge: Case, parts: Parts, steps: int) -> float:
    """The least that the examples that are left out cost a copy on its way, in eval mode.

    Args:
        case: what is trained.
        judge: by whose loss.
        parts: on the one of which, and asked of the other.
        steps: of the copy.
    """
    together, calls = added_up(case), count()
    apart = max(steps // LOOKS, 1)

    def cost(model: nn.Module) -> float:
        return float(np.mean([loss_on(judge, model, batch) for batch in parts.asked]))

    def looked(model: nn.Module, batch: Batch) -> Tensor:
        is_due = next(calls) // together % apart == 0
        return torch.tensor(cost(model) if is_due else np.inf)

    copy, costs = train(case, case.start, steps, batches=parts.trained, measure=looked)
    return float(np.nanmin([*costs, cost(copy.model)]))
