"""Functions whose slope is zero wherever they have one: rounding and signs let no gradient through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import gradients
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import LONG, can_be_trained, confirmed
from lossbook.probes.rewired import Instead, within
from lossbook.probes.trials import STEPS

LEVELS = frozenset(("round", "floor", "ceil", "trunc", "fix"))
SIGNS = frozenset(("sign", "sgn", "heaviside"))
LOOKED_AT = 4  # batches


def cut_by_flat_steps(case: Case) -> Reading | None:
    """Parameters whose gradient is 0 in every entry, since a function without a slope stands behind; None if none are.

    They get a gradient as soon as it is let through. Codes may be meant to be fixed, so that it is a cause only if the
    training ends clearly lower then.
    """
    if not can_be_trained(case):
        return None
    called = _called(case, case.start.model, case.batches[0])
    if not called or not (cut := _cut(case)):
        return None
    names = " and ".join(f"{name}()" for name in called)
    sentence = f"the gradient of {len(cut)} parameters, {cut[0]} the first, is exactly 0, since {names} has no slope"
    reading = confirmed(Reading("found", sentence, len(cut), 0), case, let_through)
    fix = f"h = h + (h.{called[0]}() - h).detach()  # forward as it is, backward as if nothing were done"
    return replace(reading, fix=fix) if reading.found else None


def let_through(case: Case) -> Mend:
    """The same values forward; backward, the slope of the numbers themselves, or that of tanh where a sign is taken."""
    straight = within(case, lambda: Instead(_straight))
    return Mend("the gradient was let through", straight, steps=as_long(case, STEPS, LONG))


def _cut(case: Case) -> list[str]:
    """Names of the matrices that the optimiser holds, and whose gradient is zero as it is, from start to end."""
    held = {id(param) for group in case.start.groups for param in group["params"]}
    named = unwrapped(case.start.model).named_parameters()
    left = {name for name, param in named if param.requires_grad and id(param) in held and param.ndim > 1}
    mended = let_through(case).case
    for model in (case.start.model, case.now.model):
        for batch in case.batches[:LOOKED_AT]:
            left &= {
                name for name, grad in gradients(case, model, batch).items() if grad is not None and not grad.any()
            }
    there = gradients(mended, case.start.model, case.batches[0])
    return [name for name, grad in there.items() if name in left and grad is not None and bool(grad.any())]


def _called(case: Case, model: nn.Module, batch: Batch) -> list[str]:
    """The names of such functions that a pass with gradients calls."""
    names = dict[str, None]()

    def note(func: Any, args: Any) -> None:
        if _is_flat(func, args):
            names[_name(func)] = None

    with Instead(note):
        gradients(case, model, batch)
    return [*names]


def _straight(func: Any, args: Any) -> Callable[..., Any] | None:
    if not _is_flat(func, args):
        return None

    def straight(x: Tensor, *more: Any, **kwargs: Any) -> Tensor:
        smooth = torch.tanh(x) if _name(func) in SIGNS else x
        return smooth + (func(x.detach().clone(), *more, **kwargs) - smooth).detach()

    return straight


def _is_flat(func: Any, args: Any) -> bool:
    named = _name(func) in LEVELS | SIGNS
    return named and isinstance(args[0], Tensor) and args[0].requires_grad and args[0].is_floating_point()


def _name(func: Any) -> str:
    return getattr(func, "__name__", "").rstrip("_")
