"""Losses that a model, or the lines of the loss, compute and then drop, as where two have one name in a dict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.evidence.window import LOSSES
from lossbook.probes.base import Mend

LOOKS = 2  # batches


class Computed(TorchFunctionMode):
    """Notes the losses of torch that have a slope, of answers and of targets that have none."""

    def __init__(self) -> None:
        super().__init__()
        self.values = list[Tensor]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        value = func(*args, **kwargs)
        target = args[1] if len(args) > 1 else kwargs.get("target")
        if func in LOSSES and isinstance(value, Tensor) and value.requires_grad and isinstance(target, Tensor):
            self.values += [] if target.requires_grad else [value]
        return value


def dropped(case: Case, names: list[str]) -> int:
    """The losses of these parameters that are computed at each step, while the loss itself reaches none of them."""
    counts = []
    for batch in case.batches[:LOOKS]:
        model = copied_model(unwrapped(case.start.model), shared=[])
        with quiet(model), torch.enable_grad():
            counts.append(len(_with_dropped(case, model.train(), batch, names)[1]))
    return min(counts, default=0)


def dropped_added(case: Case, names: list[str]) -> Mend | None:
    """The loss, and those that are computed of these parameters and dropped."""
    if not names or not dropped(case, names):
        return None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with torch.enable_grad():
            loss, others = _with_dropped(case, model, batch, names)
        total: Tensor = loss + sum(each.mean() for each in others)
        return total if torch.is_grad_enabled() else total.detach()

    return Mend("what was computed and dropped was added to the loss", replace(case, loss=None, loss_of=loss_of))


def _with_dropped(case: Case, model: nn.Module, batch: Batch, names: list[str]) -> tuple[Tensor, list[Tensor]]:
    assert case.loss_of is not None
    computed, own = Computed(), unwrapped(model)
    with computed:
        loss = case.loss_of(model, batch)
    params = [own.get_parameter(name) for name in names]

    def reaches(value: Tensor) -> bool:
        found = torch.autograd.grad(value.mean(), params, retain_graph=True, allow_unused=True)
        return any(grad is not None for grad in found)

    return loss, [each for each in computed.values if reaches(each)]
