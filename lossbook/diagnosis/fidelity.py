"""Whether the training's loss can be computed once more, as every experiment must."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from lossbook.evidence import Case, pair_loss
from lossbook.evidence.replay import loss_on


def replayable(case: Case) -> tuple[Case, tuple[str, ...]]:
    """The case with a loss that can be computed, or without one, and why.

    A ``loss_fn`` may take its targets one by one.

    Args:
        case: the training.
    """
    if case.loss_of is None or not case.batches:
        return case, ()
    problem = _problem(case)
    if problem is None:
        return case, ()
    loss = case.loss
    if loss is not None and isinstance(case.batches[0].target, (tuple, list)):

        def one_by_one(output: Any, targets: Any) -> Tensor:
            value: Tensor = loss(output, *targets)
            return value

        other = replace(case, loss=one_by_one, loss_of=pair_loss(one_by_one))
        if _problem(other) is None:
            return other, ()
    raised = f"{type(problem).__name__}: {str(problem).partition(chr(10))[0]}"
    note = f"The loss of a batch cannot be computed again: give loss_fn=, a function of (output, target). {raised}"
    return replace(case, loss=None, loss_of=None), (note,)


def _problem(case: Case) -> Exception | None:
    try:
        loss_on(case, case.start.model, case.batches[0], train_mode=True)
    except Exception as error:  # of the reader's model or loss
        return error
    return None
