"""The model and the optimiser of a run, before its first step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn

from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, is_numpy
from lossbook.learners.rehearsal import placed
from lossbook.loop import Training
from lossbook.optim.torch_adapter import make_optimizer
from lossbook.randomness import OwnGenerators


def prepare(experiment: Experiment) -> tuple[Any, Any]:
    """A fresh model and optimiser, as :func:`lossbook.run` makes them; look at them, or give them to it.

    Returns:
        model: a torch module on the experiment's device, in its dtype and in train mode; for a NumPy model the dict of
            its parameters, name -> array.
        optimizer: a ``torch.optim.Optimizer`` for the parameters that the experiment's loop trains; for a NumPy model a
            dict with the optimiser's state for each parameter.

    Raises:
        ValueError, TypeError: as :func:`lossbook.run` raises them for device and model.

    >>> from lossbook import data, losses, models, optim, run
    >>> small = Experiment(
    ...     data.Digits(train_size=200), models.MLP(), losses.SoftmaxCrossEntropy(), optim.Adam(), steps=3, device="cpu"
    ... )
    >>> model, optimizer = prepare(small)
    >>> history = run(small, model=model, optimizer=optimizer)  # trains these two
    >>> history.loss == run(small).loss
    True
    """
    if is_numpy(experiment.model):
        dtype = np.dtype(experiment.dtype)
        params = {name: np.asarray(param, dtype) for name, param in experiment.model.init(experiment.seed).items()}
        return params, {name: experiment.optimizer.init(param) for name, param in params.items()}
    device, dtype = resolve_device(experiment.device), getattr(torch, experiment.dtype)
    with plain_torch(device):
        net = placed(build(experiment), device, dtype, given=False).train()
        return net, optimizer_of(experiment, net)


def optimizer_of(experiment: Experiment, net: nn.Module) -> torch.optim.Optimizer:
    """A fresh optimiser for the parameters of a module that the experiment's loop trains."""
    return make_optimizer(experiment.optimizer, experiment.loop.parameters(net), net)


def training_of(experiment: Experiment, model: nn.Module, optimizer: torch.optim.Optimizer) -> Training:
    """The objects that the experiment's loop works with, for a module on its device."""

    def anew() -> nn.Module:
        device, dtype = next(model.parameters()).device, getattr(torch, experiment.dtype)
        return placed(build(experiment), device, dtype, given=False).train()

    return Training(
        model,
        optimizer,
        experiment.loss,
        anew,
        lambda net: make_optimizer(experiment.optimizer, net.parameters(), net),
        experiment.penalty,
        experiment.clipping,
        experiment.projection,
    )


def build(experiment: Experiment) -> nn.Module:
    """The experiment's model before its first step: weights drawn with its seed, on the CPU, in float32.

    The weights are the same in any thread, whatever torch's random state, default dtype and default device are. Only
    tensors for which ``build()`` gives a dtype have another one. A ``build()`` that calls ``torch.manual_seed`` moves
    torch's global generator, but does not change its weights.

    Raises:
        TypeError: the model is NumPy's.
    """
    model: Any = experiment.model
    refuse_numpy(experiment)
    with torch.device("cpu"), plain_torch(torch.device("cpu")), OwnGenerators(experiment.seed, torch.float32):
        return model.build()


def refuse_numpy(experiment: Experiment) -> None:
    """Raise if the model is NumPy's, for callers that need a torch module."""
    if is_numpy(experiment.model):
        raise TypeError(
            f"build() and probes need a torch model, got the NumPy model {experiment.model!r}. Its weights are "
            "model.init(seed), and model.to_torch(weights) makes a module of them."
        )


@contextmanager
def plain_torch(device: torch.device) -> Iterator[None]:
    """A context in which torch records gradients, without inference mode and autocast, whatever the caller has set."""
    cast = torch.autocast(device.type, enabled=False) if torch.is_autocast_enabled(device.type) else nullcontext()
    with torch.inference_mode(False), torch.enable_grad(), cast:
        yield
