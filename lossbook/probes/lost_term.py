"""What a loss leaves out: parameters that move the outputs and not the loss, and targets that it does not look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import gradients, loss_on, output_of
from lossbook.evidence.structure import leaves, mapped
from lossbook.probes.base import Mend
from lossbook.probes.dropped_losses import dropped_added
from lossbook.probes.made_up import yes_or_no
from lossbook.probes.objective_mends import with_loss

LOOKS = 4  # batches on which a gradient is looked for
COLUMNS = 64  # of a table of targets, at most, which are looked at one by one


@dataclass(frozen=True)
class Part:
    """One tensor among the leaves of an output or a target, or some columns of it."""

    leaf: int
    columns: tuple[int, ...] | None = None  #: on the axis after the batch's; None: all of it

    def of(self, value: Any) -> Tensor:
        """This part of an output or a target."""
        whole: Tensor = leaves(value)[self.leaf]
        if self.columns is None:
            return whole
        return whole[:, self.columns[0]] if len(self.columns) == 1 else whole[:, list(self.columns)]

    def rolled(self, value: Any) -> Any:
        """The same structure with this part of each example given to the next one."""
        old = leaves(value)[self.leaf]
        new = old.roll(1, 0) if self.columns is None else old.clone()
        if self.columns is not None:
            new[:, list(self.columns)] = old[:, list(self.columns)].roll(1, 0)
        return mapped(lambda each: new if each is old else each, value)


def without_gradient(case: Case, model: nn.Module) -> list[str]:
    """The trained parameters that the loss of no batch reaches; none of them if it reaches none at all."""
    trained = {id(param) for group in case.start.groups for param in group["params"]}
    held = {name for name, param in model.named_parameters() if param.requires_grad and id(param) in trained}
    silent = set(held)
    for batch in case.batches[:LOOKS]:
        if not silent:
            break
        grads = gradients(case, model, batch)
        silent = {name for name in silent if (grad := grads[name]) is None or not grad.any()}
    return [] if silent == held else [name for name, _ in model.named_parameters() if name in silent]


def have_learned(case: Case, names: list[str]) -> bool:
    """Whether these parameters have moved, other than towards zero by a weight decay."""
    if any(group.get("weight_decay") for group in case.start.groups):
        return False
    before, after = (dict(unwrapped(each.model).named_parameters()) for each in (case.start, case.now))
    return any(name in after and not torch.equal(before[name], after[name]) for name in names)


def moved_outputs(case: Case, model: nn.Module, names: list[str], batch: Batch) -> list[Part]:
    """What of the output depends on these parameters; nothing if the loss depends on them as well."""
    moved, generator = copied_model(model, shared=[]), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name in names:
            param = moved.get_parameter(name)
            param.add_(torch.randn(param.shape, generator=generator).to(param))
    if loss_on(case, model, batch) != loss_on(case, moved, batch):
        return []
    found = []
    pairs = zip(*(leaves(output_of(one, batch)) for one in (model, moved)), strict=True)
    for number, (before, after) in enumerate(pairs):
        if not isinstance(before, Tensor) or torch.equal(before, after):
            continue
        if before.ndim < 2:
            found.append(Part(number))
            continue
        columns = tuple(i for i in range(before.shape[1]) if not torch.equal(before[:, i], after[:, i]))
        found.append(Part(number, columns if len(columns) < before.shape[1] else None))
    return found


def unused_targets(case: Case, model: nn.Module, batch: Batch) -> list[Part]:
    """The parts of the target on which the loss does not depend: it stays if they are given to other examples."""
    assert case.loss is not None
    output = output_of(model, batch)
    as_is = float(case.loss(output, batch.target))
    found = []
    for part in _parts(batch.target):
        rolled = part.rolled(batch.target)
        if not torch.equal(part.of(rolled), part.of(batch.target)) and float(case.loss(output, rolled)) == as_is:
            found.append(part)
    return found


def _parts(target: Any) -> Iterator[Part]:
    for number, leaf in enumerate(leaves(target)):
        if not isinstance(leaf, Tensor) or not leaf.ndim:
            continue
        if leaf.ndim == 2 and leaf.is_floating_point() and 1 < leaf.shape[1] <= COLUMNS:
            yield from (Part(number, (column,)) for column in range(leaf.shape[1]))
        else:
            yield Part(number)


def lost_term_added(case: Case) -> Mend | None:
    """The loss, and a term of the outputs and the targets that it leaves out: cross entropy, or a squared error.

    Where the term is computed and lost on the way, it is that one.
    """
    own, model, batch = case.loss, unwrapped(case.start.model), case.batches[0]
    silent = without_gradient(case, model)
    outputs = moved_outputs(case, model, silent, batch)
    if own is None or not outputs:
        return dropped_added(case, silent)
    made = output_of(model, batch)
    for of_output in outputs:
        for of_target in unused_targets(case, model, batch):
            term = _term(of_output.of(made), of_target.of(batch.target))
            if term is None:
                continue
            name, value = term

            def loss(output: Any, y: Any, of: tuple[Part, Part] = (of_output, of_target), value: Any = value) -> Tensor:
                return own(output, y) + value(of[0].of(output), of[1].of(y))

            return Mend(f"{name} of what the loss leaves out was added", with_loss(case, loss))
    return None


def _term(output: Tensor, y: Tensor) -> tuple[str, Callable[[Tensor, Tensor], Tensor]] | None:
    """The loss that fits such outputs and targets."""
    for axis in {output.ndim - 1, 1} if output.ndim == y.ndim + 1 else ():
        places = (*output.shape[:axis], *output.shape[axis + 1 :])
        whole = bool(((y == y.round()) & (y >= 0) & (y < output.shape[axis])).all())
        if places == y.shape and whole:
            return "the cross entropy", lambda made, y, axis=axis: F.cross_entropy(made.movedim(axis, 1), y.long())
    if output.numel() != y.numel():
        return None
    if yes_or_no(y):
        return "the binary cross entropy", lambda made, y: F.binary_cross_entropy_with_logits(
            made, y.reshape(made.shape).to(made)
        )
    return "the squared error", lambda made, y: F.mse_loss(made, y.reshape(made.shape).to(made))
