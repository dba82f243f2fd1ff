"""Where operations have no value: a division by 0, a logarithm of 0, a mean of nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

MOST_NUMBERS = 1_000_000  #: of a result that is looked at while a loop runs


class Undefined(NamedTuple):
    """The first operation that has no value or no slope for what it got."""

    operation: str  #: torch's name for it
    why: str
    backward: bool  #: on the way back
    places: int  #: numbers that have none


def _zero(below: Any) -> Any:
    return below == 0


def _fully_masked(x: Tensor, dim: Any, *_: Any) -> Tensor:
    return torch.isneginf(x).all(dim, keepdim=True)


def _zero_times_infinity(x: Any, y: Any) -> Tensor:
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    return ((x == 0) & torch.isinf(y)) | (torch.isinf(x) & (y == 0))


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
    "mul": ("multiplies 0 by infinity", _zero_times_infinity),
    "mean": ("gets no number at all", lambda x, *_: x.numel() == 0),
    "std": ("gets a single number", lambda x, *_: x.numel() == 1),
    "var": ("gets a single number", lambda x, *_: x.numel() == 1),
}
LOGARITHM = "log"  #: another cause
#: what torch calls them where a loop calls them
NAMES = {"truediv": "div", "rtruediv": "rdiv", "true_divide": "div", "divide": "div", "softmax": "_softmax"}
NAMES |= {"log_softmax": "_log_softmax", "arccos": "acos", "arcsin": "asin", "multiply": "mul", "rmul": "mul"}


#: torch's operation -> where it has a value, and a slope that is infinite
STEEP: dict[str, Callable[..., Any]] = {
    "sqrt": _zero,
    "pow": lambda x, y: (x == 0) if isinstance(y, float) and 0 < y < 1 else None,
    "acos": lambda x: x.abs() == 1,
    "asin": lambda x: x.abs() == 1,
}


@lru_cache(maxsize=1024)
def _name(function: Any) -> str:
    """What an operation is called here; a loop calls the same few ones again and again."""
    name = getattr(function, "__name__", "").strip("_")
    return NAMES.get(name, name)


def _operands(args: Any, kwargs: Any) -> list[Any]:
    """What a function got, in its order, however it was handed over."""
    return [*args, *(kwargs[each] for each in ("input", "other", "exponent", "dim") if each in kwargs)]


def steep_in(function: Any, args: Any, kwargs: Any, result: Any) -> Undefined | None:
    """Whether a function of torch that a loop has called has no finite slope for what it got; on the CPU alone.

    >>> x = torch.zeros(2, requires_grad=True)
    >>> steep_in(torch.sqrt, (x,), {}, x.sqrt())
    Undefined(operation='sqrt', why='has no slope for what it got', backward=True, places=2)
    """
    name = _name(function)
    if name not in STEEP or not isinstance(result, Tensor) or not result.requires_grad or result.device.type != "cpu":
        return None
    if torch._C._functorch.is_functorch_wrapped_tensor(result) or result.numel() > MOST_NUMBERS:
        return None
    x, *others = _operands(args, kwargs)
    if not isinstance(x, Tensor) or not x.requires_grad or (there := STEEP[name](x.detach(), *others)) is None:
        return None
    places = int(there.sum())
    return Undefined(name, "has no slope for what it got", backward=True, places=places) if places else None


def undefined_in(function: Any, args: Any, kwargs: Any, result: Any) -> Undefined | None:
    """Whether a function of torch that a loop has called has no value for what it got.

    On the CPU alone: to look at numbers on a device would wait for it.

    >>> x = torch.zeros(2)
    >>> undefined_in(torch.div, (x, x), {}, x / x)
    Undefined(operation='div', why='divides by 0', backward=False, places=2)
    """
    name = _name(function)
    if name == "rdiv":
        name, args = "div", args[1::-1]
    if name not in DOMAINS or not isinstance(result, Tensor) or result.device.type != "cpu":
        return None
    if torch._C._functorch.is_functorch_wrapped_tensor(result):
        return None  # it stands for others, and cannot be looked at
    result = result.detach()
    if result.numel() > MOST_NUMBERS or not result.is_floating_point() or bool(torch.isfinite(result).all()):
        return None
    why, undefined = DOMAINS[name]
    with torch.no_grad():
        there = torch.as_tensor(undefined(*_operands(args, kwargs)))
        bad = int((~torch.isfinite(result) & there).sum())
    return Undefined(name.strip("_"), why, backward=False, places=bad) if bad else None
