"""Logits of several places whose axes a view exchanges before torch's cross entropy: each label meets others."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Reading

FIX = "loss = F.cross_entropy(logits.transpose(1, 2), y)  # (N, T, K) -> (N, K, T); view() does not exchange axes"


class _Logits(TorchFunctionMode):
    """Keeps logits and targets of torch's cross entropy."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = list[tuple[Tensor, Tensor]]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is F.cross_entropy:
            first, second = (*args, *(kwargs[name] for name in ("input", "target") if name in kwargs))[:2]
            self.calls.append((first.detach(), second.detach()))
        return func(*args, **kwargs)


def axes_exchanged_by_a_view(case: Case) -> Reading | None:
    """Whether the classes of the logits stand on another axis than those of the output whose numbers they are.

    The numbers of a row of logits are then those of several places and of several classes. It decides where the output
    is the logits' numbers one after the other, and one of its axes has as many numbers as there are classes.
    """
    if case.loss_of is None or not case.batches:
        return None
    model, logits, outputs = copied_model(unwrapped(case.start.model), shared=[]), _Logits(), list[Tensor]()
    hook = model.register_forward_hook(lambda _, __, out: outputs.extend(each.detach() for each in tensors(out)))
    with quiet(model), torch.no_grad(), logits:
        case.loss_of(model, case.batches[0])
    hook.remove()
    for given, y in logits.calls:
        for output in outputs:
            if (axis := _exchanged(output, given, y)) is not None:
                sentence = f"cross_entropy gets {tuple(given.shape)}, whose rows are the numbers of the output, "
                sentence += f"{tuple(output.shape)}, one after the other: its {given.shape[1]} classes stand on axis"
                return Reading("found", f"{sentence} {axis}, and a view does not exchange axes", certain=True, fix=FIX)
    return None


def _exchanged(output: Tensor, given: Tensor, y: Tensor) -> int | None:
    """The axis on which the classes stand in a 3-dimensional output, if a view took another one for them."""
    classes, three = given.shape[1] if given.ndim > 1 else 0, output.ndim == 3
    if not three or y.is_floating_point() or given.numel() != output.numel() or classes < 2 or len(output) < 2:
        return None
    one, other = output.shape[1:]
    if one == other or classes not in (one, other) or given.shape == output.shape:
        return None
    axis = 1 if one == classes else 2
    right = output.transpose(1, 2) if axis == 2 else output
    if given.ndim == 2:
        right = right.transpose(1, 2).reshape(-1, classes)
    in_order = torch.equal(given.flatten(), output.flatten())
    return axis if in_order and given.shape == right.shape and not torch.equal(given, right) else None
