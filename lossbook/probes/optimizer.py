"""Decisive tests for causes in the optimiser's other knobs, the batch, and the precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from lossbook.learners import training_of
from lossbook.probes.base import Probe, Reading, Setup, quiet
from lossbook.probes.step_size import STEPS, clearly_lower, end_of

# In brackets: what was seen on broken runs, and on mended and healthy ones.
JOINED = 8  # batches that are made into one
AVERAGED = 0.35  # of the held-out loss, below which larger batches must bring it (<= 0.22, >= 0.55)
SAMPLED = 16  # batches whose gradients are compared
SPREAD = 1.5  # of those gradients, over their mean, below which they say much the same (>= 2.6; too long steps <= 1.1)
LOSS_SCALE = 1024.0  # what lifts a gradient above the smallest numbers of float16
REVIVED = 0.2  # share of the gradient's entries that a scaled loss must bring back from zero (>= 0.85, 0)


def momentum_too_high(setup: Setup) -> Reading:
    """Train from the start with a momentum of 0.5: the loss ends clearly lower.

    A lower momentum takes shorter steps, at the same learning rate; it helps only where the steps were too long.
    """
    momentum = setup.start.optimizer.param_groups[0].get("momentum", 0.0)
    if momentum <= 0.5:
        return Reading(False, f"the momentum is {momentum:g}")
    return _compared(setup, f"the momentum of {momentum:g}", {"0.5": {"momentum": 0.5}})


def adam_eps(setup: Setup) -> Reading:
    """Train from the start with an epsilon of 1e-8, and with one of 1e-4: one of them ends clearly lower.

    The first is right in float32; the second is what float16 needs, which holds no number as small as the first.
    """
    eps = setup.start.optimizer.param_groups[0].get("eps")
    if eps is None:
        return Reading(False, "the optimiser has no epsilon")
    return _compared(setup, f"the epsilon of {eps:g}", {f"{other:g}": {"eps": other} for other in (1e-8, 1e-4)})


def adam_betas(setup: Setup) -> Reading:
    """Train from the start with betas of 0.9 and 0.999 and the bias corrected: the loss ends clearly lower.

    These are Adam's usual ones. A training that already has them ends where it did.
    """
    betas = setup.start.optimizer.param_groups[0].get("betas")
    if betas is None:
        return Reading(False, "the optimiser has no betas")
    return _compared(setup, f"the betas {betas}", {"the usual ones": {"betas": (0.9, 0.999), "bias_correction": True}})


def batch_too_small(setup: Setup) -> Reading:
    """Join every eight batches into one, and train as many steps on the same examples: the held-out loss is far lower.

    Nothing differs but how many gradients are averaged in a step, so that it is their spread that did the harm. Any
    training gains a little by it; one whose steps are too long gains much, at any batch size. So the spread of the
    batches' gradients at the start must be larger than their mean, too.
    """
    steps = len(setup.batches)
    groups = [zip(*setup.batches[first : first + JOINED], strict=True) for first in range(0, steps, JOINED)]
    joined = replace(setup, batches=tuple((torch.cat(x), torch.cat(y)) for x, y in groups))
    own, other = (one.loss_on(one.train(one.start, steps)[0].model, one.held_out) for one in (setup, joined))
    reading = (
        f"after {steps} steps on batches of {len(setup.batches[0][1])} the held-out loss is {own:.3g}, "
        f"on the same examples in batches {JOINED} times as large {other:.3g}"
    )
    if not clearly_lower(setup, other, own, AVERAGED):
        return Reading(False, reading)
    spread = _spread(setup)
    return Reading(spread > SPREAD, f"{reading}; the batches' gradients spread by {spread:.2g} times their mean")


def low_precision(setup: Setup) -> Reading:
    """Multiply the loss by 1024, and count the gradient's zeros: many of them were numbers too small to be held.

    A zero that stays is one in any precision, such as that of a pixel that is black in the whole batch.
    """
    zeros = [_zeros(setup, scale) for scale in (1.0, LOSS_SCALE)]
    return Reading(
        zeros[0] - zeros[1] > REVIVED,
        f"{zeros[0]:.0%} of the gradient is exactly zero, with the loss times {LOSS_SCALE:g} {zeros[1]:.0%}",
    )


def _compared(setup: Setup, own: str, others: dict[str, dict[str, Any]]) -> Reading:
    """Whether the best of some other settings ends clearly lower than the setting as it is."""
    end, ends = end_of(setup, setup.start), {name: end_of(setup, setup.start, **others[name]) for name in others}
    best = min(ends, key=lambda name: ends[name])
    return Reading(
        clearly_lower(setup, ends[best], end),
        f"after {STEPS} steps the loss with {own} is {end:.3g}, with {best} {ends[best]:.3g}",
    )


def _spread(setup: Setup) -> float:
    """Root mean square distance of the first batches' gradients from their mean, over its norm, at the start."""
    rows = []
    for batch in setup.batches[:SAMPLED]:
        grads = setup.gradients(setup.start.model, batch).values()
        rows.append(torch.cat([grad.flatten() for grad in grads if grad is not None]))
    all_of, mean = torch.stack(rows), torch.stack(rows).mean(dim=0)
    return float((all_of - mean).norm() / mean.norm()) / len(rows) ** 0.5


def _zeros(setup: Setup, scale: float) -> float:
    """Share of exact zeros in the gradients of the training's own first step, with the loss times a factor."""
    model, optimizer = setup.start.copy()
    training = training_of(replace(setup.experiment, loss=_Scaled(setup.loss, scale)), model, optimizer)
    with quiet(model):
        setup.experiment.loop.step(training, *setup.batches[0])
    grads = [param.grad.flatten() for param in training.model.parameters() if param.grad is not None]
    return float((torch.cat(grads) == 0).float().mean()) if grads else 0.0


@dataclass(frozen=True)
class _Scaled:
    """A loss times a factor."""

    loss: Any
    factor: float

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        return self.factor * self.loss.value(output, target)


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "momentum-too-high": momentum_too_high,
    "adam-eps": adam_eps,
    "adam-betas": adam_betas,
    "batch-too-small": batch_too_small,
    "low-precision": low_precision,
}
