"""A column that tells the targets of training rows, and nothing of those of held-out ones, as it was filled in later.

So is a refund, which is paid once something has gone wrong: it stands in a table of the past, and not in that of
today. A column that tells the target and is known beforehand tells it in both.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on
from lossbook.evidence.structure import tensors
from lossbook.probes.examples import joined

ROWS = 20_000  # that are looked at
FEWEST, HELD_OUT = 100, 30  # rows of the training, and held-out ones, so that nothing is by accident
WIDEST = 200  # columns of a table: pixels are none
CLASSES = 50  # whole numbers that may be classes
TELLS = 0.98  # of the targets' variance, or of the classes, that one column gives
EMPTY, VARIED = 0.9, 0.5  # of the rows with one number, where it is not filled in, and where it is
BROKEN = 0.5  # of the same, in held-out rows, below which it does not hold there
ELSEWHERE = 0.9  # of the same, which another column gives in held-out rows, as where columns have changed places
OTHERS = 0.1  # of the targets' variance that the other columns give, so that one sees whether rows are in order
HIGHER = 5.0  # times the training loss that the held-out loss is
USES = 3.0  # times the loss, with that column of other examples


def told_by_what_is_filled_in(case: Case) -> str | None:
    """That there is such a column, and the model makes use of it, in words; None if there is none."""
    known, new = _table(joined(case.batches)), None if case.held_out is None else _table(case.held_out)
    if known is None or new is None or known[0].shape[1] != new[0].shape[1]:
        return None
    (x, y), (new_x, new_y) = known, new
    if len(x) < FEWEST or len(new_x) < HELD_OUT or not 1 < x.shape[1] <= WIDEST or len(new_y.unique()) < 2:
        return None
    place = int(tells(x, y).argmax())
    share, there = float(tells(x, y)[place]), tells(new_x, new_y)
    elsewhere = float(there.max()) >= ELSEWHERE
    if share < TELLS or elsewhere or there[place] >= BROKEN or _fits(x[:, place], y, new_x[:, place], new_y):
        return None
    empty = _is_empty(x[:, place], new_x[:, place])
    if not (empty or _in_order(x, y, new_x, new_y, place)) or not _is_used(case, place):
        return None
    what = "is nearly always the same number" if empty else f"tells {float(there[place]):.2f} of it"
    return f"number {place} of the inputs alone tells {share:.3f} of the target; in held-out examples it {what}"


def _table(batch: Batch) -> tuple[Tensor, Tensor] | None:
    """Rows of numbers, and a target for each."""
    inputs, y = tensors((batch.inputs, batch.kwargs)), batch.target
    if len(inputs) != 1 or not isinstance(y, Tensor) or inputs[0].ndim != 2 or len(inputs[0]) != y.numel():
        return None
    x = inputs[0][:ROWS].double()
    return (x, y.flatten()[:ROWS]) if bool(torch.isfinite(x).all() and torch.isfinite(y).all()) else None


def are_classes(y: Tensor) -> bool:
    """Whether targets are few classes, or yes and no."""
    many = len(y.unique())
    return many == 2 or (not y.is_floating_point() and many <= CLASSES)


def tells(x: Tensor, y: Tensor) -> Tensor:
    """What each column alone tells of the targets, from 0 to 1, whatever its unit.

    Of numbers, the squared correlation, of values or of ranks; of classes, how many have the mean of their own class
    as the nearest one, from chance on.

    >>> tells(torch.tensor([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]).double(), torch.tensor([10.0, 20.0, 30.0]))
    tensor([1., 0.], dtype=torch.float64)
    """
    if are_classes(y):
        return torch.stack([_nearest(column, y, column, y) for column in x.T])
    return torch.maximum(_correlated(x, y.double()), _correlated(_ranks(x), _ranks(y[:, None])[:, 0]))


def _correlated(x: Tensor, y: Tensor) -> Tensor:
    x, y = x - x.mean(0), y - y.mean()
    return ((y @ x) ** 2 / ((x**2).sum(0) * (y**2).sum())).nan_to_num()


def _ranks(x: Tensor) -> Tensor:
    """Each value's place in its column; equal ones have that of the first of them."""
    ordered = x.T.contiguous().sort(dim=1).values
    return torch.searchsorted(ordered, x.T.contiguous()).T.double()


def _nearest(column: Tensor, y: Tensor, new: Tensor, new_y: Tensor) -> Tensor:
    """How many new rows have the class whose known mean is nearest, each class counted alike, from chance on."""
    values, of = y.unique(return_inverse=True)
    means = torch.zeros(len(values), dtype=column.dtype, device=column.device).index_add_(0, of, column)
    means = means / of.bincount(minlength=len(values))
    guess = values[(new[:, None] - means).abs().argmin(1)]
    right = torch.stack([(guess[new_y == value] == value).double().mean() for value in new_y.unique()]).mean()
    chance = 1 / len(values)
    return ((right - chance) / max(1 - chance, chance)).clamp(min=0)


def _fits(column: Tensor, y: Tensor, new: Tensor, new_y: Tensor) -> bool:
    """Whether what the column says of the known targets holds for the new ones, as they may lie closely together."""
    if are_classes(y):
        return bool(_nearest(column, y, new, new_y) >= BROKEN)
    y, new_y = y.double(), new_y.double()
    slope = ((column - column.mean()) @ (y - y.mean())) / ((column - column.mean()) ** 2).sum()
    missed = new_y - y.mean() - slope * (new - column.mean())
    return bool((missed**2).mean() < BROKEN * y.var())


def _is_empty(column: Tensor, new: Tensor) -> bool:
    """Whether held-out rows have nearly all one number, and the others have not."""
    most, few = (float(each.unique(return_counts=True)[1].max()) / len(each) for each in (new, column))
    return most > EMPTY and few < VARIED


def _in_order(x: Tensor, y: Tensor, new_x: Tensor, new_y: Tensor, place: int) -> bool:
    """Whether the other columns tell of the held-out targets what they tell of the known ones: each row has its own."""
    if are_classes(y) and len(y.unique()) != 2:
        return False
    rest = [each for each in range(x.shape[1]) if each != place]
    mean, spread = x[:, rest].mean(0), x[:, rest].std(0)
    known, new = ((each[:, rest] - mean) / spread.clamp_min(1e-12) for each in (x, new_x))
    small = 1e-3 * len(x) * torch.eye(len(rest), dtype=x.dtype, device=x.device)
    line = torch.linalg.solve(known.T @ known + small, known.T @ (y.double() - y.double().mean()))
    there, here = (float(_correlated((a @ line)[:, None], b.double())[0]) for a, b in ((known, y), (new, new_y)))
    return there > OTHERS and here > BROKEN * there


def _is_used(case: Case, place: int) -> bool:
    """Whether the model loses by that column of other examples, and has a far higher loss on held-out ones."""
    assert case.held_out is not None
    batch, model = case.batches[0], case.now.model
    x = tensors((batch.inputs, batch.kwargs))[0]
    other = x.clone()
    other[:, place] = x[:, place].roll(1, 0)
    changed = batch.map(lambda each: other if each is x else each)
    own = loss_on(case, model, batch)
    return loss_on(case, model, changed) > USES * own and loss_on(case, model, case.held_out) > HIGHER * own
