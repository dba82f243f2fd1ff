"""Whether outputs depend on inputs at all: the same model with weights drawn anew, and the same batch with others."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import mapped, tensors

SLIGHT = 0.1  # spread of what is added to gains, and of biases
NARROW = 3.0  # times as wide as held-out inputs; with noise of the data's own size: 1.4; divided by 255 again: 255
MEASURED = 1_000  # examples of each, whose numbers are sorted
ROUNDED = 1e-12  # change of outputs over their size, which in double precision rounding alone can make
ANSWERS = ("target", "targets", "label", "labels")  # names of what is asked


def redrawn(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy whose weights are drawn by He's rule; biases are small, and gains near what they were."""
    copy, generator = copied_model(model, shared=[]), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, param in copy.named_parameters():
            if not param.is_floating_point() or not param.numel():
                continue
            drawn = torch.randn(param.shape, generator=generator).to(param)
            if param.ndim > 1:
                param.copy_(drawn * (2 * param.shape[0] / param.numel()) ** 0.5)
            else:
                param.mul_(0.0 if "bias" in name else 1.0).add_(SLIGHT * drawn)
    return copy


def with_other_examples(batch: Batch) -> Batch | None:
    """The batch in which all examples have the inputs of the first one; None if they are all the same.

    An exchange among them would leave alone what a model makes of all of them together, such as a mean loss.
    """
    first = torch.zeros(batch.size, dtype=torch.int64)
    return _if_other(batch, batch.map(lambda each: each[first] if each.ndim and len(each) == len(first) else each))


def with_one_other(batch: Batch) -> dict[int, Batch]:
    """The same for one tensor alone, by its place, where there are several: measurements or numbers, and no mask.

    What a model is told under a name for answers enters its loss alone.
    """
    answers = {id(each) for name in ANSWERS for each in tensors(batch.kwargs.get(name))}
    first, given = torch.zeros(batch.size, dtype=torch.int64), tensors((batch.inputs, batch.kwargs))
    found = dict[int, Batch]()
    for place, one in enumerate(given if len(given) > 1 else []):
        axes = 2 if one.is_floating_point() else 1  # a row of measurements, or one number, such as that of a user
        if one.ndim < axes or len(one) != len(first) or _is_mask(one) or id(one) in answers:
            continue

        def of_first(each: Tensor, one: Tensor = one) -> Tensor:
            return one[first] if each is one else each

        inputs, kwargs = mapped(of_first, (batch.inputs, batch.kwargs))
        if (other := _if_other(batch, batch._replace(inputs=inputs, kwargs=kwargs))) is not None:
            found[place] = other
    return found


def _is_mask(one: Tensor) -> bool:
    return bool(((one == 0) | (one == 1)).all())


def with_level_values(batch: Batch) -> Batch | None:
    """The batch in which each place, but for what fills up, has the number of the first example that has one; or None.

    What fills up is the most frequent number. Each number stays in its place of an example: where one place is the
    user and another the film, a model knows 500 of the one and 80 of the other.
    """
    return _if_other(batch, batch.map(_level))


def with_other_pairs(batch: Batch) -> Batch | None:
    """The batch in which the numbers of each place come from another example, of each place from another one; or None.

    But for what fills up.
    """
    return _if_other(batch, batch.map(_exchanged))


def shrunk(batch: Batch) -> Batch:
    """The batch with no number beyond -1 to 1, where an activation with two flat ends tells numbers apart."""
    return batch.map(lambda each: each / each.abs().max().clamp_min(1) if each.is_floating_point() else each)


def where_indices_are_safe(model: nn.Module, *batches: Batch) -> tuple[nn.Module, tuple[Batch, ...]]:
    """The model and batches; on the CPU if these have indices, of which one may be out of an embedding's range.

    There that raises an IndexError; on a GPU it ends CUDA for the whole process, and the reader's training with it.
    """
    given = [each for batch in batches for each in tensors((batch.inputs, batch.kwargs))]
    if all(each.is_floating_point() or each.device.type == "cpu" for each in given):
        return model, batches
    return copied_model(model, shared=[]).cpu(), tuple(batch.map(Tensor.cpu) for batch in batches)


def outputs_stay(model: nn.Module, batch: Batch, other: Batch) -> bool | None:
    """Whether both batches have the same outputs, but for ``ROUNDED``; None if these are not finite.

    In double precision, in which a faint dependence is not rounded away, unless the model makes numbers of its own:
    then bit for bit. What is 0 but for rounding, as the mean of what was centred, hangs on no input.
    """
    model, (batch, other) = where_indices_are_safe(model, batch, other)
    try:
        exact = copied_model(model, shared=[]).double()
        before, after = (tensors(output_of(exact, each.map(_double))) for each in (batch, other))
        alike: Callable[[Tensor, Tensor], bool] = _rounded
    except RuntimeError:
        before, after = (tensors(output_of(model, each)) for each in (batch, other))
        alike = torch.equal
    if not all(bool(torch.isfinite(each).all()) for each in before if each.is_floating_point()):
        return None
    return bool(before) and len(before) == len(after) and all(map(alike, before, after))


def mean_and_deviation(batch: Batch) -> tuple[float, float]:
    """Mean and standard deviation of the inputs; NaN where they have none."""
    x = batch.x
    assert x is not None
    mean = x.mean(dtype=torch.float64)
    squares = sum((part.double() - mean).square().sum() for part in x.split(MEASURED))
    return float(mean), float(squares / (x.numel() - 1)) ** 0.5


def narrower(batch: Batch, held_out: Batch) -> float:
    """How many times as wide the first ones are: by their deviation, and by where all but a tenth of them lie.

    The smaller one of both, as a few outliers make the deviation of whichever holds them large. ``MEASURED`` examples
    of each, from all over it, are enough: to sort all numbers of a training takes its memory several times.
    """
    ways, (wide, narrow) = [], (_some_of(each).double() for each in (batch, held_out))
    for width in (torch.std, _reach):
        far, near = float(width(wide)), float(width(narrow))
        ways.append(far / near if near > 0 else 1.0)
    return min(ways)


def _some_of(batch: Batch) -> Tensor:
    assert batch.x is not None
    return batch.x[:: max(len(batch.x) // MEASURED, 1)]


def _reach(x: Tensor) -> Tensor:
    far = (x - x.mean()).abs().flatten()
    return far.kthvalue(max(round(0.9 * len(far)), 1)).values


def _rounded(one: Tensor, other: Tensor) -> bool:
    if one.dtype != torch.float64 or one.shape != other.shape or not one.numel():
        return torch.equal(one, other)
    return float((one - other).abs().max()) <= ROUNDED * float(one.abs().max())


def _double(each: Tensor) -> Tensor:
    return each.double() if each.is_floating_point() else each


def _level(each: Tensor) -> Tensor:
    if not _has_numbers(each):
        return each
    rows, there = _what_is_there(each)
    return torch.where(there, rows.gather(0, there.int().argmax(0, keepdim=True)), rows).reshape(each.shape)


def _exchanged(each: Tensor) -> Tensor:
    if not _has_numbers(each):
        return each
    rows, there = _what_is_there(each)
    shifts = 1 + torch.arange(rows.shape[1], device=rows.device) % max(len(rows) - 1, 1)
    source = (torch.arange(len(rows), device=rows.device)[:, None] + shifts) % len(rows)
    both = there & there.gather(0, source)
    return torch.where(both, rows.gather(0, source), rows).reshape(each.shape)


def _has_numbers(each: Tensor) -> bool:
    return each.dtype != torch.bool and each.ndim > 0 and each.numel() > 0


def _what_is_there(each: Tensor) -> tuple[Tensor, Tensor]:
    """A row of numbers for each example, and which of them are not what fills up."""
    values, counts = each.unique(return_counts=True)
    rows = each.reshape(len(each), -1)
    return rows, rows != values[counts.argmax()]


def _if_other(batch: Batch, other: Batch) -> Batch | None:
    pairs = zip(tensors((batch.inputs, batch.kwargs)), tensors((other.inputs, other.kwargs)), strict=True)
    return None if all(torch.equal(old, new) for old, new in pairs) else other
