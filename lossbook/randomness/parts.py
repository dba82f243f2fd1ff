"""Which parts of a training draw random numbers, and how a run gets its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.randomness.generators import TURN, OwnGenerators, global_generator, lent

#: here only dropout, the layers below, and modules that say ``draws = True`` draw
KNOWN = ("lossbook.", "torch.nn.modules.", "torch.optim.")
ALWAYS = (nn.RReLU, nn.FractionalMaxPool2d, nn.FractionalMaxPool3d)
PLAIN = (type(None), bool, int, float, complex, str, np.ndarray, np.generic, Tensor, torch.dtype, torch.device)


@contextmanager
def own_draws(seed: int, device: torch.device, *parts: Any) -> Iterator[dict[torch.device, torch.Generator]]:
    """A context in which ``parts`` draw from their own generators; yields these generators, by device.

    It is :class:`OwnGenerators`, or does nothing if no part draws, since the mode costs some 10 µs for each operation.
    Parts that the mode cannot follow (``torch.compile``, TorchScript, ``DataParallel``, ``torch.utils.checkpoint``)
    draw from the global generators; these are set to the seed, and afterwards to their old state. Such contexts take
    turns.
    """
    nets = [part for part in parts if isinstance(part, nn.Module)]
    if any(_is_out_of_reach(module) for net in nets for module in net.modules()):
        with lent_draws(seed, device) as generators:
            yield generators
    elif any(map(may_draw, parts)):
        with OwnGenerators(seed) as mode:
            yield mode.generators
    else:
        yield {}


@contextmanager
def lent_draws(seed: int, *devices: torch.device) -> Iterator[dict[torch.device, torch.Generator]]:
    """A context in which the global generators of the CPU and these devices begin at the seed; yields them, by device.

    Afterwards they are where they were. Such contexts take turns; other threads, which do not, draw from them too.
    Operations cost what they cost without, where :class:`OwnGenerators` makes the steps of a small net, on one thread,
    more than twice as slow (``benchmarks/test_draws.py``).
    """
    places = {torch.device("cpu"), *devices}
    with TURN, ExitStack() as stack:
        for each in places:
            stack.enter_context(lent(torch.Generator(each).manual_seed(seed)))
        yield {each: global_generator(each) for each in places}


def _is_out_of_reach(module: nn.Module) -> bool:
    return (
        isinstance(module, (torch.jit.ScriptModule, nn.DataParallel))
        or type(module).__module__.startswith("torch._dynamo.")
        or getattr(module, "_compiled_call_impl", None) is not None
        or _recomputes(type(module))
    )


def _recomputes(kind: type) -> bool:
    """Whether a method of this class calls ``torch.utils.checkpoint``, judged by the names in its code."""
    if kind.__module__.startswith(KNOWN):
        return False
    codes = [member.__code__ for member in vars(kind).values() if isinstance(member, FunctionType)]
    for code in codes:  # the list grows on the way
        codes += [inner for inner in code.co_consts if isinstance(inner, type(code))]
    return any("checkpoint" in name for code in codes for name in code.co_names) or any(
        map(_recomputes, kind.__bases__)
    )


def may_draw(part: Any) -> bool:
    """Whether a part of a training may draw from torch's generators; False only if all its contents are known.

    >>> may_draw(nn.Linear(2, 2)), may_draw(nn.Dropout(0.5)), may_draw(object())
    (False, True, True)
    """
    met, left = dict[int, Any](), [part]  # by identity: an optimiser and its scheduler hold each other
    while left:
        part = left.pop()
        if id(part) in met or isinstance(part, PLAIN):
            continue
        met[id(part)] = part
        if isinstance(part, nn.Module):
            if any(map(_module_may_draw, part.modules())):
                return True
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, (tuple, list)) and type(part).__module__ == "builtins":
            left += part
        elif isinstance(part, MethodType):
            left.append(part.__self__)
        elif not (part if isinstance(part, (type, FunctionType)) else type(part)).__module__.startswith(KNOWN):
            return True
        elif not isinstance(part, (type, FunctionType)):
            left.append(vars(part))
    return False


def _module_may_draw(module: nn.Module) -> bool:
    """The same for one module, without its children."""
    tables = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
    hooks = [hook for table in tables for hook in table.values() if not type(hook).__module__.startswith(KNOWN)]
    functions = [value for value in vars(module).values() if isinstance(value, FunctionType)]  # forward, activation
    rates = [rate for name in ("p", "dropout") if isinstance(rate := getattr(module, name, 0), (int, float))]
    return (
        not type(module).__module__.startswith(KNOWN)
        or bool(hooks)  # the book's own, which a watch hangs in, listen and draw nothing
        or any(not value.__module__.startswith("torch.nn.") for value in functions)
        or any(rates)
        or isinstance(module, ALWAYS)
        or getattr(module, "draws", False)
    )
