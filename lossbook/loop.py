"""The training loop as it should be. The faulty ones, as people write them, stand under ``lossbook/scenarios/``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

TINY = 1e-15  # a norm below it may lack entries whose squares are 0 in float32


@dataclass
class Training:
    """What a loop works with; the only thing here that changes. A faulty loop may put another model into it."""

    experiment: Any  #: the :class:`lossbook.Experiment`
    model: nn.Module  #: what is trained, on the device
    optimizer: Optimizer  #: what trains it
    step: int = 0  #: steps done
    grad_norm: Any = None  #: Euclidean norm of the last step's whole gradient, before clipping

    def objective(self, x: Tensor, y: Tensor) -> Tensor:
        """J of one batch: the loss of the model's output, plus the penalty."""
        return objective(self.experiment, self.model(x), y, self.model.parameters())

    def clip(self) -> None:
        """Note the norm of the gradients, and replace them by clipped ones if the experiment says so."""
        params = {name: param for name, param in self.model.named_parameters() if param.grad is not None}
        self.grad_norm = norm([param.grad for param in params.values() if param.grad is not None])
        if self.experiment.clipping is None:
            return
        clipped = self.experiment.clipping.apply({name: param.grad for name, param in params.items()})
        for name, param in params.items():
            param.grad = clipped[name]


@dataclass(frozen=True)
class Loop:
    """One step of training, and what stands around it. A subclass with one line changed is a faulty loop.

    >>> Loop()
    Loop()
    """

    def parameters(self, model: nn.Module) -> Iterable[Any]:
        """What the optimiser gets."""
        return model.parameters()

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        """Train on one batch; the loss before the update."""
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.step()
        return loss

    def validate(self, training: Training, x: Tensor) -> Tensor:
        """The model's output on the held-out data, from which ``val_loss`` and ``metric`` are computed."""
        return predict(training.model, x)


class Watched:
    """A loop that does what another one does, and shows what it works with, and the loss, after each step."""

    def __init__(self, loop: Any, show: Callable[[Training, Tensor], None]) -> None:
        self._loop, self._show = loop, show
        self.parameters, self.validate = loop.parameters, loop.validate

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        """The other loop's step, shown."""
        loss = self._loop.step(training, x, y)
        self._show(training, loss)
        return loss


def objective(experiment: Any, output: Tensor, target: Tensor, params: Iterable[Tensor]) -> Tensor:
    """J, what a step goes down on: the loss of the batch, plus the penalty of every parameter."""
    loss = experiment.loss.value(output, target)
    if experiment.penalty is not None:
        loss = loss + sum(experiment.penalty.value(param) for param in params)
    return loss


def predict(model: nn.Module, x: Any, *, batch: int = 1000) -> Tensor:
    """The model's output on all of ``x``, in eval mode, on the CPU; the model's own mode is left as it was.

    Args:
        model: any module.
        x: inputs (N, ...), a tensor or a NumPy array.
        batch: examples per forward pass.
    """
    import torch

    first = next(model.parameters())
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return torch.cat([model(part.to(first)) for part in torch.as_tensor(x).split(batch)]).cpu()
    finally:
        model.train(was_training)


def norm(tensors: list[Tensor]) -> Tensor:
    """Euclidean norm over all entries of all tensors; zero if there is none.

    It is infinite only where an entry is, or, on a device without float64, the norm itself. On a GPU nothing waits.
    """
    import torch

    tensors = [x.detach() for x in tensors if x.numel()]
    if not tensors:
        return torch.zeros(())
    kind = tensors[0]
    if kind.device.type == "cpu" and kind.dtype.itemsize > 2:
        quick = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))
        if TINY < float(quick) < math.inf:
            return quick.double()
    return row_norms(torch.cat([row_norms(x.reshape(1, -1)) for x in tensors])[None])[0]


def row_norms(table: Tensor) -> Tensor:
    """Euclidean norm of each row of (rows, n), (rows,), in float64 where the device has it, as :func:`norm`."""
    import torch

    length, device = torch.linalg.vector_norm, table.device.type
    if device == "cpu" and table.dtype.itemsize > 2:
        quick = length(table, dim=1)
        if bool(((quick > TINY) & (quick < math.inf)).all()):
            return quick.double()
    elif device != "mps" and table.dtype != torch.float64:
        return length(table, dim=1, dtype=torch.float64)
    table = table if device == "mps" else table.double()
    top = table.abs().amax(dim=1, keepdim=True)
    unit = torch.where(torch.isfinite(top) & (top > 0), top, 1.0)
    return length(table / unit, dim=1) * unit[:, 0]
