"""Mends of causes in the signals: weights drawn anew, other activations, clipped gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.evidence import Case
from lossbook.optim import ClipByGlobalNorm
from lossbook.probes.base import Mend
from lossbook.probes.output_range import Reach, reach
from lossbook.probes.rewired import Rewired, activation_calls
from lossbook.probes.trials import STEPS as TRIAL


def drawn_anew(case: Case) -> Mend:
    """Every weight matrix of the fresh model drawn after He, biases zero."""
    start = case.start.copy(shared=[])
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, param in start.model.named_parameters():
            if param.ndim > 1:
                spread = math.sqrt(2 / (param[0].numel()))
                param.copy_(spread * torch.randn(param.shape, generator=generator))
            elif name.rpartition(".")[2].startswith("bias"):
                param.zero_()
    return Mend("every weight matrix was drawn anew, after He", replace(case, start=start))


def drawn_anew_for_long(case: Case) -> Mend:
    """The same for as many steps as a short training had, since it may need all of them to come down."""
    return drawn_anew(case)._replace(steps=min(max(len(case.log.loss.values), TRIAL), 2 * TRIAL))


def leaky(case: Case) -> Mend:
    """Leaky ReLUs in the place of ReLUs, with weights drawn anew."""
    mended = _instead(case, ("relu", "relu6"), leaks)
    return Mend("the ReLUs were made leaky, and the weights were drawn anew", mended, steps=2 * TRIAL)


def rectified(case: Case) -> Mend:
    """ReLUs in the place of sigmoids and tanhs, with weights drawn anew."""
    mended = _instead(case, ("sigmoid", "tanh", "hardsigmoid", "hardtanh", "softsign"), rectifies)
    change = "the activations were made ReLUs, and the weights were drawn anew"
    return Mend(change, mended, steps=2 * TRIAL)  # the first of many layers needs some time


def leaks(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A leaky ReLU."""
    return nn.functional.leaky_relu(x, 0.01)


def rectifies(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """A ReLU."""
    return torch.relu(x)


def _instead(case: Case, names: tuple[str, ...], other: Callable[..., Tensor]) -> Case:
    """The training with another activation in the place of those of these names, and with weights drawn anew.

    An activation at the end, which gives the outputs, stays.
    """
    mended, batch = drawn_anew(case).case, case.batches[0]
    calls = activation_calls(mended.start.model, batch)
    last = len(calls) - 1 if reach(mended.start.model, batch) != Reach() else len(calls)
    places = {place: other for place, name in enumerate(calls[:last]) if name in names}
    return replace(mended, start=mended.start._replace(model=Rewired(mended.start.model, places)))


def clipped(case: Case) -> Mend:
    """The gradient clipped to a norm of 1."""
    return Mend("the gradient was clipped to a norm of 1", replace(case, clipping=ClipByGlobalNorm(1.0)))
