"""What torch's own losses get as their targets where the model computes its loss itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.evidence.structure import tensors

OF_CLASSES = (F.cross_entropy, F.nll_loss)  #: losses whose targets are whole numbers, of which one may not count
IGNORED = -100  #: the class that torch leaves out, unless another one is named


class _Classes(TorchFunctionMode):
    """Keeps the classes that count, of each such loss."""

    def __init__(self) -> None:
        super().__init__()
        self.found = list[Tensor]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in OF_CLASSES:
            y = args[1] if len(args) > 1 else kwargs.get("target")
            left_out = args[4] if len(args) > 4 else kwargs.get("ignore_index")
            if isinstance(y, Tensor) and not y.is_floating_point():
                self.found.append(y.detach()[y != (IGNORED if left_out is None else left_out)])
        return func(*args, **kwargs)


def classes_within(case: Case) -> list[Tensor] | None:
    """The classes that count in each batch, where the model computes one loss of classes, which it is given.

    None if it computes another loss, or makes the classes itself, as where the first of several is always the right
    one: then they do not change with what it gets.
    """
    if any(tensors(batch.target) or batch.calls > 1 or batch.script is not None for batch in case.batches):
        return None
    found = [_classes(case, batch) for batch in case.batches]
    if any(each is None for each in found) or not any(
        each is not None and not _same(each, found[0])
        for each in map(partial(_classes, case), _others(case.batches[0]))
    ):
        return None
    return [each for each in found if each is not None]


def _classes(case: Case, batch: Batch) -> Tensor | None:
    assert case.loss_of is not None
    model, listens = copied_model(unwrapped(case.start.model), shared=[]), _Classes()
    with torch.no_grad(), quiet(model, seed=0), listens:
        case.loss_of(model, batch)
    return listens.found[0] if len(listens.found) == 1 else None


def _others(batch: Batch) -> Iterator[Batch]:
    """The batch with other whole numbers in the place of one of its tensors."""
    for each in tensors((batch.inputs, batch.kwargs)):
        if each.dtype == torch.int64 and each.numel() and int(each.max()) > 0:
            other = torch.where(each > 0, each - 1, each)
            yield batch.map(lambda one, each=each, other=other: other if one is each else one)  # type: ignore[misc]


def _same(one: Tensor, other: Tensor | None) -> bool:
    return other is not None and one.shape == other.shape and torch.equal(one, other)
