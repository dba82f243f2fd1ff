"""Training with torch: the loop's own ``Training``, and what is measured of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from lossbook.loop import Training, norm, predict
from lossbook.optim.rate import last_lr, next_lr


@dataclass
class TorchLearner(Training):
    """What learns in the run of a torch model; numbers stay on the device until the end, so that no step waits."""

    data: dict[str, Tensor] = field(kw_only=True)  #: as :func:`load` gives it
    lr: float = field(default=0.0, init=False)  #: of the last step's update; without one, of the next

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these training examples."""
        where = torch.from_numpy(index).to(self.data["train_x"].device)
        return self.data["train_x"][where], self.data["train_y"][where]

    def train(self, x: Tensor, y: Tensor) -> Tensor:
        """Train on one batch: the loss before the update, the gradient's norm before clipping, ‖Δθ‖ / ‖θ‖."""
        stood = [param.detach().clone() for param in self.model.parameters()]
        with self._noting_lr():
            loss = self.experiment.loop.step(self, x, y)
        moved = [param.detach() for param in self.model.parameters()]
        ratio = norm(list(torch._foreach_sub(moved, stood))) / norm(stood)
        return torch.stack([number.detach().to(ratio) for number in (loss, self.grad_norm, ratio)])

    @contextmanager
    def _noting_lr(self) -> Iterator[None]:
        """Note with which rate the optimiser steps within, whoever sets it; a loop may put in another optimiser."""
        optimizer, used = self.optimizer, list[float]()
        hook = optimizer.register_step_pre_hook(lambda *_: used.append(next_lr(optimizer)))
        try:
            yield
        finally:
            hook.remove()
        new = self.optimizer is not optimizer
        self.lr = used[-1] if used else (last_lr if new else next_lr)(self.optimizer)

    def predict(self, x: Tensor) -> Tensor:
        """The model's output on all of ``x``, in eval mode, on the CPU."""
        return predict(self.model, x)

    def validate(self, x: Tensor) -> Tensor:
        """The same on the held-out data, as the loop computes it."""
        return self.experiment.loop.validate(self, x)

    def numbers(self, rows: list[Tensor]) -> list[list[float]]:
        """What :meth:`train` gave at each step, as Python numbers."""
        return torch.stack(rows).tolist() if rows else []
