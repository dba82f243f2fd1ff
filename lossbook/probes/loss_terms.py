"""The terms of which a loss is the sum, as they are when it is computed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of, quiet
from lossbook.probes.made_up import probabilities, value_of, yes_or_no

LOOKS = 4  # batches on which the terms are measured
LossOf = Callable[[nn.Module, Batch], Tensor]
#: what Python calls for ``+=`` and the like -> the same without writing into the old number, which may be a term
PLAIN = {"iadd": operator.add, "isub": operator.sub, "imul": operator.mul, "itruediv": operator.truediv}


class Sums(TorchFunctionMode):
    """Notes of which single numbers others are the sum or a multiple."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[int, tuple[Tensor, list[tuple[Tensor, float]]]] = {}  # by id, with the tensor that has it

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "").strip("_")
        single = len(args) == 2 and not kwargs and all(not isinstance(each, Tensor) or each.ndim == 0 for each in args)
        if not single:
            return func(*args, **(kwargs or {}))
        result = PLAIN.get(name, func)(*args)
        if isinstance(result, Tensor) and (parts := _parts(name.removeprefix("i"), *args)):
            self.made[id(result)] = result, parts
        return result

    def terms(self, loss: Tensor, factor: float = 1.0) -> list[Tensor]:
        """The numbers whose sum it is."""
        return [own * term for term, own in self.parts(loss, factor)]

    def parts(self, loss: Tensor, factor: float = 1.0) -> list[tuple[Tensor, float]]:
        """The numbers of which it is a weighted sum, and how often each counts."""
        known = self.made.get(id(loss))
        if known is None or known[0] is not loss:
            return [(loss, factor)]
        return [pair for part, own in known[1] for pair in self.parts(part, factor * own)]


def _parts(name: str, left: Any, right: Any) -> list[tuple[Tensor, float]]:
    """The tensors that these functions add up, with their factors; nothing of others, and of products of two."""
    both = isinstance(left, Tensor), isinstance(right, Tensor)
    if name in ("add", "radd", "sub", "rsub"):
        signs = {"sub": (1.0, -1.0), "rsub": (-1.0, 1.0)}.get(name, (1.0, 1.0))
        pairs = zip((left, right), both, signs, strict=True)
        return [(each, sign) for each, is_tensor, sign in pairs if is_tensor]
    if all(both) and (left.requires_grad and right.requires_grad):
        return []
    if name in ("mul", "rmul"):
        tensor, number = (left, right) if both[0] and (not both[1] or left.requires_grad) else (right, left)
        return [(tensor, float(number))]
    return [(left, 1 / float(right))] if name in ("div", "truediv") and both[0] and float(right) else []


def terms_of(loss_of: LossOf, model: nn.Module, batch: Batch) -> list[Tensor]:
    """The terms of the loss of a batch; one if it is no sum."""
    sums = Sums()
    with torch.enable_grad(), sums:  # a product of two terms is told from one of a term and a number
        loss = loss_of(model, batch)
        return sums.terms(loss)


def weights_of(loss_of: LossOf, model: nn.Module, batch: Batch) -> list[float]:
    """How often each term counts in the lines of the loss."""
    sums, model = Sums(), copied_model(model, shared=[])
    with quiet(model), torch.enable_grad(), sums:
        loss = loss_of(model, batch)
        return [factor for _, factor in sums.parts(loss)]


def pulls(case: Case, loss_of: LossOf) -> list[float]:
    """The gradient norm of each term, at the start, on average over some batches; nothing if their number varies."""
    model, rows = copied_model(case.start.model, shared=[]), list[list[float]]()
    params = [param for param in model.parameters() if param.requires_grad]
    for batch in case.batches[:LOOKS]:
        with quiet(model), torch.enable_grad():
            rows.append([_pull(term, params) for term in terms_of(loss_of, model, batch)])
    return [float(np.mean(each)) for each in zip(*rows, strict=True)] if len({*map(len, rows)}) == 1 else []


def _pull(term: Tensor, params: list[nn.Parameter]) -> float:
    if not term.requires_grad:
        return 0.0
    grads = torch.autograd.grad(term, params, retain_graph=True, allow_unused=True)
    return float(sum((grad.double() ** 2).sum() for grad in grads if grad is not None)) ** 0.5


def nth_term(loss_of: LossOf, number: int) -> LossOf:
    """One term, as a loss of its own."""

    def term(model: nn.Module, batch: Batch) -> Tensor:
        return terms_of(loss_of, model, batch)[number]

    return term


def weighted(loss_of: LossOf, number: int, factor: float) -> LossOf:
    """The loss in which one term counts so many times."""

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        terms = terms_of(loss_of, model, batch)
        return sum(terms[1:], terms[0]) + (factor - 1) * terms[number]

    return loss


def own_answers(case: Case, model: nn.Module, term: LossOf) -> float:
    """By which share of its own size a term costs more if the examples get the targets of the next one."""
    own, others = 0.0, 0.0
    for batch in case.batches[:LOOKS]:
        rolled = _with_other_targets(batch)
        for one in (batch, rolled):
            copy = copied_model(model, shared=[])
            with quiet(copy), torch.no_grad():
                value = float(term(copy, one))
            own, others = (own + value, others) if one is batch else (own, others + value)
    return (others - own) / abs(others) if others else 0.0


def _with_other_targets(batch: Batch) -> Batch:
    rolled = Batch.of((), batch.target).map(lambda each: each.roll(1, 0) if each.ndim else each)
    return batch._replace(target=rolled.target)


def looks_at_targets(term: LossOf, model: nn.Module, batch: Batch) -> bool:
    """Whether the term is another one if the targets change their places among them."""
    values = []
    for one in (batch, _with_other_targets(batch)):
        copy = copied_model(model, shared=[])
        with quiet(copy), torch.no_grad():
            values.append(float(term(copy.eval(), one)))
    return values[0] != values[1]


class Costs(NamedTuple):
    """What a loss asks for answers that are numbers."""

    right: float
    one_for_all: float  #: the mean of all targets, for each example and place

    @property
    def truth_is_dearer(self) -> bool:
        """Whether other terms forbid what the targets ask for."""
        return self.right > self.one_for_all


def cost_of_the_truth(case: Case) -> Costs | None:
    """What the loss of the first batch would be for right answers, and for what knows nothing; None: no numbers."""
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    if case.loss is None or not isinstance(output, Tensor) or not isinstance(y, Tensor):
        return None
    if not y.is_floating_point() or y.numel() != output.numel() or yes_or_no(y) or probabilities(y):
        return None
    truth = y.to(output).reshape(output.shape)
    made = [value_of(case.loss, each, y) for each in (truth, torch.full_like(truth, float(truth.mean())))]
    return None if None in made else Costs(*made)  # type: ignore[arg-type]
