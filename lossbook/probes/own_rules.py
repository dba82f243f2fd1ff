"""An optimiser of the reader's own, told by its steps: copies of it answer gradients that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from lossbook.evidence import Case, Snapshot
from lossbook.evidence.replay import needs_closure, quiet
from lossbook.probes.responses import AdamLike, MomentumLike, adam_of, momentum_of
from lossbook.probes.told_adam import ToldAdam

STEPS = 40  #: that a copy makes
LARGE, LATER = 1e5, 1e3  #: sizes of the first and the last gradients, beside which no usual epsilon counts
ENTRIES = 4  #: of the first parameter, and of the last one, that are looked at
SIZES = (1e-9, 1e-6, 1e-3, 1.0)  #: of gradients, one of which the epsilon is as large as, give or take
ROUNDED = 1e-4  #: of a step, which single precision does not show
AS_SAID = 1e-3  #: by which a setting may differ from what was read
A_RATE = 0.01  #: by which a step may differ from the rate
KNOWN = ("torch.optim", "lossbook")  #: packages of optimisers whose settings say what they do


def as_it_steps(case: Case) -> Case:
    """The case with an optimiser in whose settings stands what the reader's own one does; else as it is.

    It is exchanged where a known rule makes the very steps that the reader's own makes, and its settings do not say so.
    """
    own = case.start.optimizers
    if len(own) != 1 or type(own[0]).__module__.startswith(KNOWN) or own[0].state or needs_closure(own[0]):
        return case
    try:
        rule = _rule_of(case.start)
    except Exception:  # in lines of the reader's own
        return case
    group = case.start.groups[0]
    if isinstance(rule, MomentumLike) and abs(rule.momentum - (group.get("momentum") or 0.0)) > AS_SAID:
        return _with(case, rule.gain, lambda groups: torch.optim.SGD(groups, lr=1.0, momentum=rule.momentum))
    if isinstance(rule, AdamLike) and not _says(group, rule):
        decay = _decay(case.start) or 0.0
        eps = _epsilon(case.start, rule, decay)
        return _with(case, 1.0, lambda groups: ToldAdam(groups, 1.0, rule.betas, eps, decay, rule.bias_correction))
    return case


def _says(group: dict[str, Any], rule: AdamLike) -> bool:
    """Whether the settings have an epsilon and the betas that were read, or the rule has no mean of gradients."""
    betas = group.get("betas")
    said = isinstance(betas, tuple | list) and len(betas) == 2 and np.allclose(betas, rule.betas, atol=AS_SAID)
    return rule.betas[0] < AS_SAID or (said and "eps" in group and rule.bias_correction is True)


def _all_of(size: float, param: Tensor, step: int) -> Tensor:
    return torch.full_like(param, size)


def _with(case: Case, gain: float, make: Callable[[list[dict[str, Any]]], Optimizer]) -> Case:
    groups = [{"params": group["params"], "lr": gain * float(group["lr"])} for group in case.start.groups]
    rates = case.seen.lrs and tuple(tuple(gain * rate for rate in each) for each in case.seen.lrs)
    start = Snapshot(case.start.model, (make(groups),))
    return replace(case, start=start, seen=replace(case.seen, lrs=rates))


def _rule_of(start: Snapshot) -> AdamLike | MomentumLike | None:
    """The rule whose steps these are, at the rate that is set; None if none is known."""
    decay = _decay(start)
    if decay is None:
        return None
    draw = torch.Generator().manual_seed(0)

    def drawn(param: Tensor, step: int) -> Tensor:
        sign = 2.0 * torch.randint(2, param.shape, generator=draw) - 1
        return (LARGE if step < STEPS // 2 else LATER) * sign * torch.randn(param.shape, generator=draw).exp()

    grads, steps = _answers(start, drawn, STEPS, decay)
    if not np.isfinite(steps).all() or not steps.any():
        return None
    momentum = momentum_of(grads, steps)
    if momentum is not None:
        return momentum if momentum.gain > 0 and decay == 0 else None
    adam = adam_of(grads, steps)
    return adam if adam is not None and abs(adam.gain - 1) < A_RATE else None


def _decay(start: Snapshot) -> float | None:
    """The share of a parameter by which it shrinks without a gradient, at a rate of 1; None if it moves otherwise."""
    weights, moved = _answers(start, partial(_all_of, 0.0), 1, 0.0, of_weights=True)
    share = float((weights * moved).sum() / np.square(weights).sum())
    return share if np.abs(moved - share * weights).max() <= AS_SAID * max(abs(share), AS_SAID) else None


def _epsilon(start: Snapshot, rule: AdamLike, decay: float) -> float:
    """What is added to the root, or as good as added: with a gradient as large as it a step is half as long."""
    mean, square = rule.first_step
    shares = {}
    for size in SIZES:
        _, steps = _answers(start, partial(_all_of, size), 1, decay)
        shares[size] = float(np.clip(steps.mean() * square / mean, ROUNDED, 1 - ROUNDED))
    size = min(SIZES, key=lambda size: abs(shares[size] - 0.5))
    return size * square * (1 / shares[size] - 1)


@torch.no_grad()
def _answers(
    start: Snapshot, gradient: Callable[[Tensor, int], Tensor], steps: int, decay: float, *, of_weights: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Some gradients (or weights) of a copy, and by how much it takes these weights down, both (steps, entries)."""
    copy = start.copy(shared=[])
    for group in copy.groups:
        group["lr"] = 1.0
    params = [each for group in copy.groups for each in group["params"] if each.requires_grad]
    given, moved = [], []
    with quiet(copy.model):
        draw = torch.Generator().manual_seed(1)
        places = [0.5 + torch.rand(each.shape, generator=draw) for each in params]
        for step in range(steps):
            for param, place in zip(params, places, strict=True):
                param.copy_(place)
                param.grad = gradient(place, step).to(param)
            copy.optimizer.step()
            before = _seen(places)
            given.append(before if of_weights else _seen([each.grad for each in params]))
            moved.append(before * (1 - decay) - _seen(params))
    return np.stack(given), np.stack(moved)


def _seen(params: list[Tensor]) -> np.ndarray:
    """Entries of the first and of the last parameter."""
    ends = [params[0], params[-1]]
    return np.concatenate([each.detach().flatten()[:ENTRIES].double().cpu().numpy() for each in ends])
