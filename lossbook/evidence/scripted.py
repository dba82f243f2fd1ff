"""Steps that are told as a whole, if that gives the numbers that ``backward()`` ran on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence.case import Batch
from lossbook.evidence.keeper import Record, back
from lossbook.evidence.looks import length
from lossbook.evidence.retelling import ALIKE, hangs_on_earlier, in_full
from lossbook.evidence.script import Script
from lossbook.evidence.snapshot import Snapshot, unwrapped
from lossbook.evidence.structure import leaves, mapped, tensors
from lossbook.evidence.surroundings import quiet
from lossbook.evidence.telling import Told, draws_between, is_chained, is_needed, is_of_single_numbers, told_as_a_whole

MIXED = 0.02  #: relative difference between two numbers, one of which was computed in mixed precision
UNTOLD = (
    "A call of the model gets what an earlier one gave, or what else was made of weights, and that could not be "
    "repeated to the same numbers: no copy is trained."
)
UNTOLD_SLOPES = (
    "The loss holds slopes of the output, and could not be repeated to the same numbers: no copy is trained on it."
)


class Steps:
    """The batches of steps that are told as a whole, and their loss.

    Args:
        factor: of the loss.
    """

    def __init__(self, factor: float) -> None:
        self._scripts, self._factor = list[Script](), factor

    def batch_of(self, record: Record) -> Batch | None:
        """None where it is not known how it was made."""
        told = told_as_a_whole(record)
        return None if told is None else told._replace(script=self._known(told.script)).batch

    def _known(self, script: Script) -> Script:
        """One that does the same is the same one."""
        for each in self._scripts:
            if each.is_like(script):
                return each
        self._scripts.append(script)
        return script

    def loss_of(self, model: nn.Module, batch: Batch) -> Tensor:
        """The loss of one step."""
        if batch.script is None:
            raise ValueError("batch must be one of the steps that were seen, got one that does not hold how it goes.")
        loss: Tensor = batch.script.loss(model, batch.inputs, batch.target)
        return loss if self._factor == 1 else self._factor * loss


def must_be_whole(records: Sequence[Record]) -> bool:
    """Whether the loss of the first step is no function of outputs and target, or not of the same number of outputs."""
    if not records:
        return False
    first, second = records[0], records[min(1, len(records) - 1)]
    vary = len(first.earlier) != len(second.earlier) and hangs_on_earlier(first)
    return vary or any(look(first) for look in (is_needed, is_chained, draws_between, is_of_single_numbers))


def found_steps(records: Sequence[Record], start: Snapshot | None, slope: float | None) -> Steps | None:
    """The steps told as a whole; None if they do not give the numbers that ``backward()`` ran on.

    Args:
        records: of the first steps.
        start: the model before the first of them.
        slope: the norm of its gradient in that one; None if it is not known.
    """
    told = [(record, told_as_a_whole(record)) for record in records[:2]]
    pairs = [(record, each) for record, each in told if each is not None]
    if not pairs or len(pairs) < len(told):
        return None
    script = pairs[0][1].script
    by_outputs = not script.differentiates and not script.uses_weights
    factors = [_by_outputs(record, each) for record, each in pairs] if by_outputs else []
    if start is not None and records[0].step == 0:
        (factor, norm), (again, _) = (_by_a_copy(start.model, *pairs[0], seed=seed) for seed in (0, 1))
        draws = factor != again
        if not draws and slope is not None and abs(norm * factor - slope) > MIXED * slope:
            return None
        if not draws and abs(factor - (factors or [factor])[0]) > MIXED * abs(factor):
            return None
        if not draws and not factors:
            factors = [factor]
    if not factors or any(abs(each - factors[0]) > ALIKE * abs(factors[0]) for each in factors):
        return None
    whole = 1 / factors[0] if factors[0] else 0.0  # the factor of a scaler, if not 1
    if whole < 0.5 or abs(whole - round(whole)) > ALIKE * whole:
        return None
    return Steps(factors[0] if round(whole) > 1 else 1.0)


def _by_outputs(record: Record, told: Told) -> float:
    """What ``backward()`` ran on over what the script makes of the outputs that were kept; 0 if it goes another way."""
    kept, calls = iter((*record.earlier, record)), []

    def model(*args: Any, **kwargs: Any) -> Any:
        one = next(kept)
        if one.output is None:
            raise ValueError("the output of each call must be kept.")
        calls.append(_are_alike((args, kwargs), back((one.inputs, one.kwargs))))
        return mapped(in_full, back(one.output))

    batch = told.batch
    factor = _factor(record, lambda: told.script.loss(lambda called: model, batch.inputs, batch.target))
    return factor if all(calls) else 0.0


def _are_alike(one: Any, other: Any) -> bool:
    pairs = list(zip(tensors(one), tensors(other), strict=True))
    return len(leaves(one)) == len(leaves(other)) and all(
        a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=ALIKE, atol=1e-6, equal_nan=True)
        for a, b in pairs
    )


def _by_a_copy(model: nn.Module, record: Record, told: Told, *, seed: int) -> tuple[float, float]:
    """The same by a pass of a copy of the model, and the norm of its gradient."""
    copy, batch = copied_model(unwrapped(model), shared=[]), told.batch
    copy.zero_grad(set_to_none=True)
    with quiet(copy, seed=seed):
        factor = _factor(record, lambda: told.script.loss(copy, batch.inputs, batch.target), slopes=True)
    grads = [param.grad for param in copy.parameters() if param.grad is not None]
    return factor, float(length(grads)) if grads else 0.0


def _factor(record: Record, loss_of: Any, *, slopes: bool = False) -> float:
    try:
        with torch.set_grad_enabled(slopes):
            loss = loss_of()
            if slopes:
                loss.backward()
        factor = float(record.ran_on) / float(loss.detach())
    except Exception:  # it hangs on more than was seen
        return 0.0
    return factor if math.isfinite(factor) else 0.0
