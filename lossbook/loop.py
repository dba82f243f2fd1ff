"""The training loop as it should be. The faulty ones, as people write them, stand under ``lossbook/scenarios/``."""

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
    """What a loop works with; the only thing here that changes. A faulty loop may put another model into it."""

    model: nn.Module  #: what is trained, on the device
    optimizer: Optimizer  #: what trains it
    loss: LossLike  #: of outputs and targets
    make_model: Callable[[], nn.Module]  #: the model as it was before the first step, made anew
    make_optimizer: Callable[[nn.Module], Optimizer]  #: an optimiser that has taken no step yet, for all of a model
    penalty: Penalty | None = None  #: on every parameter
    clipping: Clipping | None = None  #: of the gradients
    projection: Projection | None = None  #: of the weights, after each update
    step: int = 0  #: steps done
    grad_norm: Any = None  #: Euclidean norm of the last step's whole gradient, before clipping

    def objective(self, x: Tensor, y: Tensor) -> Tensor:
        """J of one batch: the loss of the model's output, plus the penalty."""
        return self.objective_of(self.model(x), y)

    def objective_of(self, output: Tensor, y: Tensor) -> Tensor:
        """J of what the model gave for one batch."""
        return regularized_loss(self.loss, self.penalty, output, y, self.model.parameters())

    def note_norm(self) -> None:
        """Note the norm of the gradients as they stand."""
        self.grad_norm = norm([param.grad for param in self.model.parameters() if param.grad is not None])

    def clip(self) -> None:
        """Note the norm of the gradients, and replace them by clipped ones if that is asked for."""
        params = {name: param for name, param in self.model.named_parameters() if param.grad is not None}
        self.note_norm()
        if self.clipping is None:
            return
        clipped = self.clipping.apply({name: param.grad for name, param in params.items()})
        for name, param in params.items():
            param.grad = clipped[name]

    def project(self) -> None:
        """Put every weight back within its bounds, if there are some; biases have none."""
        import torch

        if self.projection is None:
            return
        with torch.no_grad():
            for param in self.model.parameters():
                if param.ndim >= 2:
                    param.copy_(self.projection.project(param))


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


def regularized_loss(
    loss: LossLike, penalty: Penalty | None, output: Tensor, target: Tensor, params: Iterable[Tensor]
) -> Tensor:
    """J, what a step goes down on: the loss of the batch, plus the penalty of every parameter."""
    value = loss.value(output, target)
    return value if penalty is None else value + sum(penalty.value(param) for param in params)
