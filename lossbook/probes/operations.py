"""Where a pass through model and loss, or the way back, meets an operation that has no value or no slope there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Mend
from lossbook.probes.rewired import Instead

LEAST = 1e-12  # under a root


class Undefined(NamedTuple):
    """The first operation that has no value or no slope for what it got."""

    operation: str  #: torch's name for it
    why: str
    backward: bool  #: on the way back
    places: int  #: numbers that have none


def _zero(below: Any) -> Any:
    return below == 0


def _fully_masked(x: Tensor, dim: int, *_: Any) -> Tensor:
    return torch.isneginf(x).all(dim, keepdim=True)


#: torch's operation -> what happens there, and at which of its arguments
DOMAINS: dict[str, tuple[str, Callable[..., Any]]] = {
    "div": ("divides by 0", lambda x, y, *_: _zero(y)),
    "reciprocal": ("divides by 0", lambda x: _zero(x)),
    "sqrt": ("meets a number below 0", lambda x: x < 0),
    "rsqrt": ("meets 0 or less", lambda x: x <= 0),
    "pow": ("meets 0 or less", lambda x, y: torch.as_tensor(x) <= 0),
    "acos": ("meets a number beyond 1", lambda x: x.abs() > 1),
    "asin": ("meets a number beyond 1", lambda x: x.abs() > 1),
    "_softmax": ("gets a row in which everything is masked", _fully_masked),
    "_log_softmax": ("gets a row in which everything is masked", _fully_masked),
    "log": ("meets 0 or less", lambda x: x <= 0),
}
LOGARITHM = "log"  # another cause


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
        if self.found is None and name in DOMAINS:
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
    with quiet(model, case.loss_of), torch.enable_grad(), look:
        loss = case.loss_of(model, batch)
        look.backward = True
        if look.found is None and loss.requires_grad and bool(torch.isfinite(loss.detach())):
            loss.backward()  # else something has grown too large already, and zeros come of it
    return look.found


def kept_defined(case: Case) -> Mend:
    """Roots, quotients and softmaxes kept from where they have no value or no slope."""
    as_is = case.loss_of
    assert as_is is not None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with Instead(_guarded):
            return as_is(model, batch)

    change = "roots, quotients and softmaxes were kept from where they have no value or no slope"
    return Mend(change, replace(case, loss_of=loss_of))


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
