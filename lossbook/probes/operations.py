"""Where a pass through model and loss, or the way back, meets an operation that has no value or no slope there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.domains import DOMAINS, LOGARITHM, Undefined
from lossbook.evidence.replay import quiet
from lossbook.evidence.structure import tensors
from lossbook.probes.base import Mend, Reading
from lossbook.probes.rewired import Instead, within

PRODUCT = "mul"  # on the way back, a slope of 0 meets what has grown to infinity
LEAST = 1e-12  # under a root


class _Look(TorchDispatchMode):
    """Looks for the first of these operations whose result is not finite where it is undefined."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Undefined | None = None
        self.backward = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        name = name if name.startswith("_") else name.rstrip("_")
        there = None
        if self.found is None and name in DOMAINS and not (self.backward and name == PRODUCT):
            why, undefined = DOMAINS[name]
            there = torch.as_tensor(undefined(*args))
        result = func(*args, **(kwargs or {}))
        if there is not None and bool(there.any()) and not bool(torch.isfinite(result[there.expand_as(result)]).all()):
            node = torch._C._current_autograd_node() if self.backward else None
            said = name if node is None else node.name()
            self.found = Undefined(said, why, self.backward, int(there.sum()))
        return result


def undefined_at(case: Case, model: nn.Module, batch: Batch) -> Undefined | None:
    """The first such operation in a pass of a copy with this batch, and on the way back; None if there is none."""
    assert case.loss_of is not None
    model, look = copied_model(model, shared=[]), _Look()
    with quiet(model), torch.enable_grad(), look:
        loss = case.loss_of(model, batch)
        look.backward = True
        if look.found is None and loss.requires_grad and bool(torch.isfinite(loss.detach())):
            loss.backward()  # else something has grown too large already, and zeros come of it
    return look.found


def seen_undefined(case: Case) -> Reading:
    """What was seen at the first loss that was not finite: an operation without a value, which made it so.

    Args:
        case: whose first bad number came of an operation.
    """
    bad = case.seen.first_bad
    assert bad is not None
    assert bad.operation is not None
    operation, why, backward, places = bad.operation
    where = "so that the way back gives no number" if backward else "on the way to the loss"
    step = bad.step - (backward and bad.what == "weight")  # they are spoilt by the step before
    sentence = f"at step {step}, {operation} {why}, in {places} place{'s' * (places > 1)}, {where}"
    return Reading("found", f"{sentence}, while weights and outputs are finite", places, 0, certain=True)


def logarithm_at_once(case: Case) -> Reading | None:
    """A logarithm of 0 or less that the first batch meets in the fresh model and its loss; None if there is none."""
    losses = case.log.loss.values
    if case.loss_of is None or not case.batches or not losses or math.isfinite(losses[0]):
        return None
    if not all(bool(torch.isfinite(each).all()) for each in tensors(case.batches[0]) if each.is_floating_point()):
        return None
    met = undefined_at(case, unwrapped(case.start.model), case.batches[0])
    if met is None or met.operation != LOGARITHM or met.backward:
        return None
    where = f"in {met.places} place{'s' * (met.places > 1)}"
    sentence = f"at the first step, {met.operation} {met.why}, {where}, while weights and data are finite"
    return Reading("found", sentence, met.places, 0, certain=True)


def kept_defined(case: Case) -> Mend:
    """Roots, quotients and softmaxes kept from where they have no value or no slope."""
    change = "roots, quotients and softmaxes were kept from where they have no value or no slope"
    return Mend(change, within(case, lambda: Instead(_guarded)))


def _guarded(func: Any, args: Any) -> Callable[..., Any] | None:
    name = getattr(func, "__name__", "").strip("_")
    first = args[0] if args else None
    if name in ("sqrt", "rsqrt") and isinstance(first, Tensor):
        return lambda x, **kwargs: func(x.clamp_min(LEAST), **kwargs)
    if name == "pow" and isinstance(first, Tensor) and isinstance(args[1], float) and args[1] < 1:
        return lambda x, power, **kwargs: func(x.clamp_min(LEAST), power, **kwargs)
    if name in ("div", "truediv", "true_divide") and isinstance(args[1], Tensor):
        return lambda x, y, **kwargs: func(x, torch.where(y == 0, torch.ones_like(y), y), **kwargs)
    if name in ("softmax", "log_softmax") and isinstance(first, Tensor):
        return lambda x, *args, **kwargs: func(_opened(x, *args, **kwargs), *args, **kwargs)
    return None


def _opened(x: Tensor, dim: int = -1, *_: Any, **__: Any) -> Tensor:
    """A row in which everything is masked gets equal scores."""
    return x.masked_fill(torch.isneginf(x).all(dim, keepdim=True), 0.0)
