"""What enters a model in all of its calls, argument by argument, and a model that gets something else in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Case
from lossbook.evidence.replay import quiet
from lossbook.evidence.snapshot import roots
from lossbook.evidence.structure import mapped
from lossbook.probes.examples import is_mask

LOOKS = 8  # batches


class Through(nn.Module):
    """A model whose tensors of floating numbers go through a function first.

    Args:
        model: as it is.
        change: (place of the tensor among those of a call, from 0 on, the tensor) -> what the model gets.
    """

    def __init__(self, model: nn.Module, change: Callable[[int, Tensor], Tensor]) -> None:
        super().__init__()
        self.model, self.change = model, change

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        count = 0

        def one(each: Tensor) -> Tensor:
            nonlocal count
            if not each.is_floating_point() or each.layout != torch.strided:
                return each
            count += 1
            return self.change(count - 1, each)

        inputs, kwargs = mapped(one, (inputs, kwargs))
        return self.model(*inputs, **kwargs)


def what_enters(case: Case) -> dict[int, Tensor]:
    """Place among the tensors of floating numbers of a call -> all that came there, a row for each example.

    Without masks, and without what differs in shape from call to call; nothing where the model is a mere container.
    """
    copy, heard = case.start.copy(shared=[]).model, dict[int, list[Tensor]]()
    if roots(copy) != [copy]:
        return {}

    def note(place: int, each: Tensor) -> Tensor:
        heard.setdefault(place, []).append(each.detach())
        return each

    listening = Through(copy, note).eval()
    with torch.no_grad(), quiet(copy):
        for batch in case.batches[:LOOKS]:
            batch.output(listening)
    alike = {place: given for place, given in heard.items() if len({each.shape[1:] for each in given}) == 1}
    rows = {place: torch.cat(given) for place, given in alike.items() if given[0].ndim}
    return {place: each for place, each in rows.items() if each.numel() > 1 and not is_mask(each)}
