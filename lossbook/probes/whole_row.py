"""Whether what a model gives at each place comes there by a code of the whole row."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch
from lossbook.evidence.replay import quiet
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.structure import mapped, tensors


def by_a_code(model: nn.Module, batch: Batch, changed: Batch, places: int) -> tuple[Any, Any]:
    """The output for a batch; and for a changed one where what has no axis for the places is as for the first.

    So are the codes of an autoencoder of sequences. What is called once for each place is no such code.

    Args:
        model: it is copied.
        batch, changed: two batches of one shape.
        places: of the sequences.
    """
    model = copied_model(unwrapped(model), shared=[]).eval()
    kept: dict[nn.Module, Any] = {}
    calls: Counter[nn.Module] = Counter()

    def keep(module: nn.Module, _: Any, output: Any) -> None:
        kept[module] = output
        calls[module] += 1

    def put_back(module: nn.Module, _: Any, output: Any) -> Any:
        if calls[module] != 1:
            return output
        old = iter(tensors(kept[module]))
        return mapped(lambda each: _code_or(each, next(old), batch.size, places), output)

    with torch.no_grad(), quiet(model):
        return tuple(_with_hooks(model, hook, each) for hook, each in ((keep, batch), (put_back, changed)))


def _with_hooks(model: nn.Module, hook: Any, batch: Batch) -> Any:
    handles = [module.register_forward_hook(hook) for module in model.modules() if module is not model]
    try:
        return batch.output(model)
    finally:
        for handle in handles:
            handle.remove()


def _code_or(each: Tensor, old: Tensor, size: int, places: int) -> Tensor:
    """The old one of a tensor with a row for each example, and nothing for each place."""
    spread = {places, places - 1, size * places, size * (places - 1)} & {*each.shape}
    return old if size in each.shape and not spread and old.shape == each.shape else each
