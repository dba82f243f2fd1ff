"""Trainings in which nothing moves, as no step was made."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Case, unwrapped
from lossbook.probes.base import Reading

FEW = 10  #: backward passes, from which on a step could have been made


def nothing_moved(case: Case) -> bool:
    """Whether no parameter that requires a gradient has another value than at the start, in ``FEW`` passes or more."""
    if (case.seen.backwards or 0) < FEW or case.seen.steps is None or case.now is case.start:
        return False
    before, after = (dict(unwrapped(each.model).named_parameters()) for each in (case.start, case.now))
    wanted = [name for name, param in before.items() if param.requires_grad and name in after]
    return bool(wanted) and not any(_differ(before[name], after[name]) for name in wanted)


def no_step(case: Case) -> Reading | None:
    """That the optimiser, which holds the model's parameters, never made a step; None if it did, or if they move."""
    held = {id(param) for group in case.start.groups for param in group["params"]}
    mine = any(id(param) in held for param in case.start.model.parameters() if param.requires_grad)
    wanted = {name for name, param in unwrapped(case.start.model).named_parameters() if param.requires_grad}
    reached = bool(wanted - set(case.seen.no_gradient or ()))  # else another model is trained
    if case.seen.steps != 0 or not mine or not reached or not nothing_moved(case):
        return None
    kind = type(case.start.optimizer).__name__
    sentence = f"in {case.seen.backwards} backward passes {kind}.step() was never called, and no parameter has moved"
    return Reading("found", sentence, certain=True, fix="optimizer.step()  # after loss.backward()")


def _differ(one: Tensor, other: Tensor) -> bool:
    return one.shape != other.shape or not torch.equal(one.detach().to(other.device), other.detach())
