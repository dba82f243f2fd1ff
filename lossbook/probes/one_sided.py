"""Whether a training can be content with one answer: all targets say yes, and so does the net, whatever it is asked."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, output_of
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.examples import data_loss
from lossbook.probes.inputs import where_indices_are_safe, with_other_pairs
from lossbook.probes.made_up import sees_differences_alone, value_of, yes_or_no

FAR, FARTHER = 4.0, 8.0  # outputs: of a question of yes or no, the surer one costs less, or is refused as none


def one_answer(case: Case, values: Tensor) -> bool:
    """Whether the one target is a yes, or a no, to which no output comes too near.

    A residue that shall be 0 has an output of its own that is right, and others on both sides that are not.
    """
    if not yes_or_no(values):
        return False
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    if not isinstance(output, Tensor) or output.numel() != y.numel():
        return False
    sign = 1.0 if bool(values.bool().all()) else -1.0
    open_, far, farther = (value_of(case.loss, torch.full_like(output, sign * each), y) for each in (0.0, FAR, FARTHER))
    at_the_border = value_of(case.loss, torch.full_like(output, float(sign > 0)), y)
    if far is None or farther is None or open_ is None:
        return far is None and at_the_border is not None
    return farther < far or farther == far < open_  # as of pairs that are far enough apart


def one_number(case: Case, values: Tensor) -> bool:
    """Whether the one target is a number other than 0, which the output shall be itself.

    A residue shall be 0. What another net, or the loop, makes of an output has another shape as a rule.
    """
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    if not isinstance(output, Tensor) or output.numel() != y.numel() or not y.is_floating_point() or not values.all():
        return False
    return sees_differences_alone(case.loss, output, y, 1.0)


def strange_losses(case: Case) -> tuple[float | None, float | None]:
    """The loss of the trained model on inputs that have changed places, and on pairs that were exchanged.

    Who says that one of two is the better one gets targets of 1 alone, too, and is sure of a no if they are exchanged.
    Where outputs are compared with one another, each is compared with that of another example. None where no such
    inputs can be made.
    """
    plain, batch = data_loss(case), case.batches[0]
    other = with_other_partners(batch) if are_compared(case) else with_other_pairs(batch)
    moved, exchanged = (_loss(plain, each) for each in (other, _exchanged(batch)))
    return moved, exchanged


def are_compared(case: Case) -> bool:
    """Whether the model gives two outputs or more, in one call or in several, with a row for each example."""
    batch = case.batches[0]
    output = output_of(case.start.model, batch)
    rows = [each for each in tensors(output) if each.ndim and len(each) == batch.size]
    return not isinstance(output, Tensor) and batch.script is None and len(rows) > 1


def with_other_partners(batch: Batch) -> Batch | None:
    """The batch in which each example has another one's partner; None of one input in one call."""
    if batch.calls > 1:
        calls = [mapped(lambda each, by=by: _rolled(each, by, batch), one) for by, one in enumerate(batch.inputs)]  # type: ignore[misc]
        return batch._replace(inputs=tuple(calls))
    given = [each for each in tensors((batch.inputs, batch.kwargs)) if each.ndim and len(each) == batch.size]
    by = {id(each): place for place, each in enumerate(given)}
    inputs, kwargs = mapped(lambda each: _rolled(each, by.get(id(each), 0), batch), (batch.inputs, batch.kwargs))
    return batch._replace(inputs=inputs, kwargs=kwargs) if len(given) > 1 else None


def _rolled(each: Tensor, by: int, batch: Batch) -> Tensor:
    return each.roll(by, 0) if each.ndim and len(each) == batch.size else each


def _loss(case: Case, batch: Batch | None) -> float | None:
    if batch is None:
        return None
    model, (batch,) = where_indices_are_safe(case.now.model, batch)
    try:
        return loss_on(case, model, batch)
    except (RuntimeError, IndexError, ValueError):  # inputs that the model does not take
        return None


def _exchanged(batch: Batch) -> Batch | None:
    """The inputs of one shape in the other order; of a single table or pair, its columns; or None."""
    if batch.calls > 1:
        return batch._replace(inputs=tuple(reversed(batch.inputs)))
    given = tensors((batch.inputs, batch.kwargs))
    if len(given) == 1:
        return batch.map(lambda each: each.flip(1) if each is given[0] and each.ndim > 1 else each)
    alike = [each for each in given if each.shape == given[0].shape and each.dtype == given[0].dtype]
    if len(alike) < 2:
        return None
    other = {id(one): two for one, two in zip(alike, reversed(alike), strict=True)}
    inputs, kwargs = mapped(lambda each: other.get(id(each), each), (batch.inputs, batch.kwargs))
    return batch._replace(inputs=inputs, kwargs=kwargs)
