"""On which examples of a batch an example's output depends."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import output_of, quiet
from lossbook.evidence.structure import leaves, tensors

CLOSE = 1e-4  # relative difference of outputs that are equal but for rounding
NUMBERED = 10  # times this, from which on outputs of one input differ by their places


def change_of_ends(model: nn.Module, batch: Batch, output: Tensor) -> float:
    """How far the outputs of the first and the last example move when copies of the first stand between them.

    If those between them only changed places, a sum over all examples, as attention makes it, would stay the same.
    """
    size = batch.size
    other = output_of(model, batch.rows(torch.tensor([0] * (size - 1) + [size - 1])))
    return float((other - output)[[0, -1]].abs().max())


def others(model: nn.Module, batch: Batch, axis: int) -> int | None:
    """On how many others the first or the last place of the output depends, both along this axis.

    None: no gradient of finite numbers comes back to the inputs.
    """
    model, x = copied_model(model, shared=[]), batch.x
    assert x is not None
    x = x.detach().clone().requires_grad_()
    # cuDNN has no backward pass of a recurrent layer in eval mode
    with quiet(model), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        output = batch.with_x(x.clone()).output(model.eval())  # a clone, for what works in place
        if output.grad_fn is None or min(x.ndim, output.ndim) <= axis:
            return None
        counts = []
        for place in (0, -1):
            one = output.select(axis, place).flatten()
            weights = torch.arange(1, len(one) + 1).to(one)  # a plain sum of probabilities would be constant
            (grad,) = torch.autograd.grad((weights * one).sum(), x, retain_graph=True, allow_unused=True)
            if grad is None or not torch.isfinite(grad).all():
                return None
            touched = grad.movedim(axis, 0).reshape(x.shape[axis], -1).any(dim=1)
            counts.append(int(touched.sum()) - int(touched[place]))
    return max(counts)


def takes(model: nn.Module, batch: Batch) -> bool:
    """Whether the model can be called with these examples."""
    try:
        output_of(model, batch)
    except Exception:  # the model's own code
        return False
    return True


def one_output(model: nn.Module, case: Case) -> Batch:
    """The first batch; where the model gives several outputs, as one that gives the largest with a row an example.

    Not so if it gets, beside its input, what has the shape of a part of its output, as the state of a cell: examples
    then often stand on the second axis, behind the time.
    """
    batch = case.batches[0]
    output = output_of(model, batch)
    if isinstance(output, Tensor) or batch.calls > 1 or batch.script is not None:
        return batch
    shapes = {each.shape for each in tensors(output)}
    if any(each.shape in shapes for one in case.batches[:3] for each in tensors((one.inputs[1:], one.kwargs))):
        return batch
    given = [(each, place) for place, each in enumerate(leaves(output)) if isinstance(each, Tensor)]
    given = [(each, place) for each, place in given if each.is_floating_point() and each.ndim > 1]
    rows = [(each.numel(), place) for each, place in given if len(each) == batch.size]
    return batch._replace(place=max(rows)[1]) if rows else batch


def is_of_pairs(model: nn.Module, batch: Batch, output: Tensor) -> bool:
    """Whether each number of a square output belongs to two examples, and is the same without the others.

    So it is where a batch of pictures is compared with a batch of captions, each with each.
    """
    half = batch.size // 2
    if output.ndim != 2 or output.shape[0] != output.shape[1] or not 1 < half < batch.size == len(output):
        return False
    alone = output_of(model, batch.first(half))
    size = float(output.abs().max())
    return alone.shape == (half, half) and float((alone - output[:half, :half]).abs().max()) <= CLOSE * size


def first_axis_is_the_batchs(case: Case) -> bool:
    """Whether the examples stand on the first axis: there is one target for each, or its length alone varies.

    Or the model has numbers of its own for each place of the second axis, as for the steps of a sequence.
    """
    batches = (*case.batches, *([] if case.held_out is None else [case.held_out]))
    target = case.batches[0].target
    if not isinstance(target, Tensor) or target.ndim < 2 or case.batches[0].x.ndim < 3:  # type: ignore[union-attr]
        return True
    lengths = [{batch.x.shape[axis] for batch in batches if batch.x is not None} for axis in (0, 1)]
    if len(lengths[0]) > 1 and len(lengths[1]) == 1:
        return True
    return any(_numbers_the_second_axis(unwrapped(each.model), case.batches[0]) for each in (case.start, case.now))


def _numbers_the_second_axis(model: nn.Module, batch: Batch) -> bool:
    """Whether outputs of one input, which stands at all places, differ along the second axis, and not along the first.

    A recurrent layer that goes along the first axis would make them differ along that one.
    """
    assert batch.x is not None
    output = output_of(model, batch.with_x(batch.x[:1, :1].expand_as(batch.x).clone()))
    if not isinstance(output, Tensor) or output.shape[:2] != batch.x.shape[:2] or not output.isfinite().all():
        return False
    first, second = (float((output - output.narrow(axis, 0, 1)).abs().max()) for axis in (0, 1))
    size = CLOSE * float(output.abs().max())
    return first <= size and second > NUMBERED * size
