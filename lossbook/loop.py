"""The training loop as it should be. The faulty ones, as people write them, stand under ``lossbook/scenarios/``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossbook import checks

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
        return regularized_loss(self.experiment, self.model(x), y, self.model.parameters())

    def note_norm(self) -> None:
        """Note the norm of the gradients as they stand."""
        self.grad_norm = norm([param.grad for param in self.model.parameters() if param.grad is not None])

    def clip(self) -> None:
        """Note the norm of the gradients, and replace them by clipped ones if the experiment says so."""
        params = {name: param for name, param in self.model.named_parameters() if param.grad is not None}
        self.note_norm()
        if self.experiment.clipping is None:
            return
        clipped = self.experiment.clipping.apply({name: param.grad for name, param in params.items()})
        for name, param in params.items():
            param.grad = clipped[name]

    def project(self) -> None:
        """Put every weight back within the experiment's bounds, if there are some; biases have none."""
        import torch

        if self.experiment.projection is None:
            return
        with torch.no_grad():
            for param in self.model.parameters():
                if param.ndim >= 2:
                    param.copy_(self.experiment.projection.project(param))


@dataclass(frozen=True)
class Loop:
    """One step of training, and what stands around it. A subclass with one line changed is a faulty loop.

    Args:
        accumulate: batches whose gradients are averaged for one update, at least 1. Each is a step of the run, and the
            weights move at every so many steps: without a batch norm, and with batches of one size, as one large batch
            would move them. What is left over at the end of the run moves nothing.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Loop()
    Loop(accumulate=1)
    """

    accumulate: int = 1

    def __post_init__(self) -> None:
        checks.whole_number("accumulate", self.accumulate, 1)

    def parameters(self, model: nn.Module) -> Iterable[Any]:
        """What the optimiser gets."""
        return model.parameters()

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        """Train on one batch; the loss before the update."""
        if training.step % self.accumulate == 0:
            training.optimizer.zero_grad()
        loss = training.objective(x, y)
        (loss / self.accumulate).backward()
        if (training.step + 1) % self.accumulate == 0:
            training.clip()
            training.optimizer.step()
            training.project()
        else:
            training.note_norm()
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


def regularized_loss(experiment: Any, output: Tensor, target: Tensor, params: Iterable[Tensor]) -> Tensor:
    """J, what a step goes down on: the loss of the batch, plus the penalty of every parameter."""
    loss = experiment.loss.value(output, target)
    if experiment.penalty is not None:
        loss = loss + sum(experiment.penalty.value(param) for param in params)
    return loss


def predict(model: nn.Module, x: Any, *, batch: int = 1000) -> Tensor:
    """The model's output on all of ``x``, in eval mode, on the CPU; each module's own mode is left as it was.

    Args:
        model: any module that gives one tensor.
        x: inputs (N, ...), a tensor, a NumPy array or a list. They are brought to the model's device, and floating ones
            to the dtype of its first floating parameter or buffer; integers, such as the indices of words, stay
            integers. A model without parameters gets them as they are.
        batch: examples per forward pass, at least 1.

    Raises:
        ValueError: ``batch`` below 1; ``x`` without an axis of examples.
        TypeError: the model gives something other than one tensor.

    >>> import torch
    >>> predict(torch.nn.Embedding(5, 2), torch.tensor([[1, 4, 0]])).shape
    torch.Size([1, 3, 2])
    """
    import torch

    checks.whole_number("batch", batch, 1)
    x = as_tensor(x)
    if x.ndim == 0:
        raise ValueError(f"x must have an axis of examples, (N, ...), got the single number {x.item()}.")
    held = [*model.parameters(), *model.buffers()]
    floating = [tensor.dtype for tensor in held if tensor.is_floating_point()]
    dtype = floating[0] if floating and x.is_floating_point() else x.dtype
    device = held[0].device if held else x.device
    with modes_kept(model), torch.no_grad():
        model.eval()
        return torch.cat([one_tensor(model(part.to(device, dtype))) for part in x.split(batch)]).cpu()


def as_tensor(x: Any) -> Tensor:
    """A tensor as it is; anything else by way of NumPy, copied only if torch cannot share it (``x[::-1]``)."""
    import numpy as np
    import torch

    return x if isinstance(x, torch.Tensor) else torch.as_tensor(np.require(x, requirements=["C", "W"]))


def one_tensor(output: Any) -> Tensor:
    """A model's output, if it is a tensor.

    Raises:
        TypeError: it is something else.
    """
    import torch

    if not isinstance(output, torch.Tensor) or output.ndim == 0:
        many = f" of {len(output)}" if isinstance(output, (tuple, list, dict)) else ""
        got = "one number" if isinstance(output, torch.Tensor) else f"a {type(output).__name__}{many}"
        raise TypeError(
            f"model must give one tensor, (N, ...), got {got}: wrap it in a module whose forward() returns the one "
            "that counts."
        )
    return output


@contextmanager
def modes_kept(model: nn.Module) -> Iterator[None]:
    """Afterwards each module within is in train or eval mode as before, those that were frozen in eval mode too."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:  # a module stands before its parts, whose modes train() changes with its own
            if module.training is not mode:
                module.train(mode)


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
