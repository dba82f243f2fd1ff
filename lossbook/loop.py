"""The training loop as it should be. Faulty loops, as people write them, are under ``lossbook/scenarios/``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lossbook import checks
from lossbook.norms import norm
from lossbook.parts import Clipping, LossLike, Penalty, Projection
from lossbook.prediction import predict

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


@dataclass
class Training:
    """The objects that a loop works with; the only class here that can change. A faulty loop may replace the model."""

    model: nn.Module  #: the model that is trained, on the device
    optimizer: Optimizer  #: the optimiser that trains it
    loss: LossLike  #: of outputs and targets
    make_model: Callable[[], nn.Module]  #: the model as it was before the first step, made anew
    make_optimizer: Callable[[nn.Module], Optimizer]  #: a fresh optimiser for all parameters of a model
    penalty: Penalty | None = None  #: on every parameter
    clipping: Clipping | None = None  #: of the gradients
    projection: Projection | None = None  #: of the weights, after each update
    step: int = 0  #: steps done
    grad_norm: Any = None  #: Euclidean norm of the last step's whole gradient, before clipping
    total: Any = 0.0  #: what a faulty loop has added up

    def objective(self, x: Tensor, y: Tensor) -> Tensor:
        """J of one batch: the loss of the model's output, plus the penalty."""
        return self.objective_of(self.model(x), y)

    def objective_of(self, output: Tensor, y: Tensor) -> Tensor:
        """J for the model's output on one batch."""
        return regularized_loss(self.loss, self.penalty, output, y, self.model.parameters())

    def note_norm(self) -> None:
        """Note the norm of the present gradients."""
        self.grad_norm = norm([grad for param in self.model.parameters() if (grad := param.grad) is not None])

    def clip(self) -> None:
        """Note the norm of the gradients, and replace them by clipped ones if there is a clipping."""
        self.note_norm()
        if self.clipping is None:
            return
        params = {name: param for name, param in self.model.named_parameters() if param.grad is not None}
        clipped = self.clipping.apply({name: param.grad for name, param in params.items()})
        for name, param in params.items():
            param.grad = clipped[name]

    def project(self) -> None:
        """Put every weight back within its bounds, if there is a projection; biases have no bounds."""
        import torch

        if self.projection is None:
            return
        with torch.no_grad():
            for param in self.model.parameters():
                if param.ndim >= 2:
                    param.copy_(self.projection.project(param))


@dataclass(frozen=True)
class Loop:
    """One step of training, and how to validate. A subclass with one changed line is a faulty loop.

    Args:
        accumulate: number of batches whose gradients are averaged for one update, at least 1. Each batch is a step of
            the run, and the weights move once every ``accumulate`` steps: without a batch norm, and with batches of one
            size, as one large batch would move them. Batches that are left over at the end of the run move nothing.

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
        """The parameters that the optimiser gets."""
        return model.parameters()

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        """Train on one batch; returns the loss before the update."""
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


def regularized_loss(
    loss: LossLike, penalty: Penalty | None, output: Tensor, target: Tensor, params: Iterable[Tensor]
) -> Tensor:
    """J, which a step should lower: the loss of the batch, plus the penalty of every parameter."""
    value = loss.value(output, target)
    return value if penalty is None else value + sum(penalty.value(param) for param in params)
