"""One step of training as a pure function."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from lossbook.experiment import Experiment
from lossbook.loop import regularized_loss
from lossbook.optim.base import updated
from lossbook.randomness import OwnGenerators


def train_step(
    experiment: Experiment,
    model: nn.Module,
    params: dict[str, Tensor],
    states: dict[str, Any],
    x: Tensor,
    y: Tensor,
    *,
    seed: int | None = None,
) -> tuple[dict[str, Tensor], dict[str, Any], Tensor]:
    """One step as a pure function: nothing is changed, the new parameters and states are results.

    Args:
        experiment: its loss, optimizer, penalty and clipping are used.
        model: the architecture, in its present mode; its own parameters and buffers do not change. Buffers, such as the
            running statistics of a batch norm, are copied: in train mode a batch is normalised by its own statistics,
            and the update of the running ones is lost.
        params: name -> parameter, as ``dict(model.named_parameters())``.
        states: name -> the optimiser's state, at first ``experiment.optimizer.init(param)`` for each.
        x, y: one batch.
        seed: of dropout and everything else that draws; give each step another one. None draws from torch's global
            generators, which move: the only change.

    Returns:
        params, states, and the loss before the step.
    """

    def loss_of(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
        output = functional_call(model, (params, buffers), (x,))
        return regularized_loss(experiment.loss, experiment.penalty, output, y, params.values())

    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with nullcontext() if seed is None else OwnGenerators(seed):
        grads, loss = grad_and_value(loss_of)(params, buffers)
    if experiment.clipping is not None:
        grads = experiment.clipping.apply(grads)
    return *updated(experiment.optimizer, grads, states, params), loss
