"""Dropout behind the last layer: it is the answers that are dropped, and no weights can answer in their place."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import loss_on, output_of, quiet, train
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Reading
from lossbook.probes.dropped_in_lines import FUNCTIONS
from lossbook.probes.left_out import lowest_cost, unseen_parts
from lossbook.probes.made_up import class_axis
from lossbook.probes.rewired import Instead, same, within

LESS = 0.3  # of what examples cost with nothing dropped, by which they must cost less
LOOKED_AT = 8  # batches, where no others were seen
FIX = "return self.out(h)  # no dropout behind the last layer: what it zeroes is an answer"


def dropped_answers(case: Case) -> Reading | None:
    """Answers that are dropped, if examples cost far less, with nothing dropped, where they were not; None otherwise.

    Only where each answer has a target of its own: of a code that others read, some may be dropped.
    """
    batch = case.batches[0]
    if batch.calls > 1 or batch.script is not None or not _has_targets(case, batch):
        return None
    last = _last_is_the_output(case)
    if last is None:
        return None
    mended = _without(case, last)
    parts, steps = unseen_parts(case), as_long(case)
    if parts is not None:
        own, other = (lowest_cost(one, mended, parts, steps) for one in (case, mended))
    else:
        copies = [train(one, one.start, steps)[0].model for one in (case, mended)]
        own, other = (sum(loss_on(mended, copy, each) for each in case.batches[:LOOKED_AT]) for copy in copies)
    if not own - other > LESS * abs(own):
        return None
    sentence = "dropout comes last, so that answers are dropped: with nothing dropped, examples then cost"
    sentence = f"{sentence} {own:.3g}, and {other:.3g} where no answer was"
    return Reading("found", sentence, other / own if own else None, 1 - LESS, fix=FIX)


def _has_targets(case: Case, batch: Batch) -> bool:
    """Whether the outputs are classes' scores, or numbers that should be the targets."""
    output, y = output_of(case.start.model, batch), batch.target
    if not isinstance(output, Tensor) or not isinstance(y, Tensor) or case.loss is None:
        return False
    return output.numel() == y.numel() or class_axis(case.loss, output, y) is not None


def _last_is_the_output(case: Case) -> int | None:
    """The number of the call that drops last, from 0 on, if its result is the output; else None."""
    model, batch = copied_model(unwrapped(case.start.model), shared=[]), case.batches[0]
    results = list[tuple[Any, Any]]()

    def choose(func: Any, args: Any) -> Callable[..., Any] | None:
        if func not in FUNCTIONS:
            return None

        def noted(*args: Any, **kwargs: Any) -> Any:
            results.append((args[0], func(*args, **kwargs)))
            return results[-1][1]

        return noted

    with quiet(model), torch.no_grad(), Instead(choose):
        output = batch.output(model.train())
    if not results or not isinstance(output, Tensor):
        return None
    before, after = results[-1]
    is_it = output.data_ptr() == after.data_ptr() and output.numel() == after.numel()
    return len(results) - 1 if is_it and not torch.equal(before, after) else None


def _without(case: Case, last: int) -> Case:
    def mode() -> Instead:
        number = itertools.count()
        return Instead(lambda func, args: same if func in FUNCTIONS and next(number) == last else None)

    return within(case, mode)


__all__ = ["dropped_answers"]
