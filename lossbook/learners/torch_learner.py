"""Training with torch: one step of the loop, and the numbers that are measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from lossbook.experiment import Experiment
from lossbook.learners.rehearsal import check_values, first_output, rehearse
from lossbook.loop import Loop, Training
from lossbook.norms import norm
from lossbook.optim.rate import last_lr, next_lr, set_lr_factor
from lossbook.prediction import modes_kept, one_tensor, predict
from lossbook.randomness import OwnGenerators


class TorchLearner:
    """The learner in the run of a torch model; numbers stay on the device until the end, so that no step waits.

    Args:
        experiment: its loop defines a step.
        training: the objects that its loop works with.
        data: name -> tensor, as :func:`load` gives it.
    """

    lr = 0.0  # rate of the last step's update; of the next update if that step made none

    def __init__(self, experiment: Experiment, training: Training, data: dict[str, Tensor]) -> None:
        self.experiment, self.training, self.data = experiment, training, data

    @property
    def model(self) -> nn.Module:
        """The model that is trained now; a faulty loop may have replaced it."""
        return self.training.model

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimiser that trains it now."""
        return self.training.optimizer

    def batch(self, index: np.ndarray) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these training examples."""
        where = torch.from_numpy(index).to(self.data["train_x"].device)
        return self.data["train_x"].index_select(0, where), self.data["train_y"].index_select(0, where)

    def train(self, step: int, x: Tensor, y: Tensor) -> Tensor:
        """Train on one batch; returns the loss before the update, the gradient's norm before clipping, ‖Δθ‖ / ‖θ‖."""
        self.training.step = step
        stood = [param.detach().clone() for param in self.model.parameters()]
        with self._noting_lr():
            loss = self.experiment.loop.step(self.training, x, y)
        moved = [param.detach() for param in self.model.parameters()]
        ratio = norm(list(torch._foreach_sub(moved, stood))) / norm(stood)
        return torch.stack([number.detach().to(ratio) for number in (loss, self.training.grad_norm, ratio)])

    @contextmanager
    def _noting_lr(self) -> Iterator[None]:
        """Note the rate with which the optimiser steps, whoever sets it; the loop may replace the optimiser."""
        optimizer, used = self.optimizer, list[float]()
        hook = optimizer.register_step_pre_hook(lambda *_: used.append(next_lr(optimizer)))
        try:
            yield
        finally:
            hook.remove()
        new = self.optimizer is not optimizer
        self.lr = used[-1] if used else (last_lr if new else next_lr)(self.optimizer)

    def set_lr_factor(self, factor: float) -> None:
        """Multiply the learning rates by ``factor`` from the next step on."""
        set_lr_factor(self.optimizer, factor)

    def weights(self) -> Any:
        """A copy of the model's parameters and buffers, for :meth:`put_weights`."""
        return {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def put_weights(self, weights: Any) -> None:
        """Replace the model's parameters and buffers by these."""
        self.model.load_state_dict(weights)

    def state(self) -> Any:
        """All that the next step depends on, except data and random numbers; as numbers and tensors."""
        grads = [None if param.grad is None else param.grad.clone() for param in self.model.parameters()]
        return {"model": self.weights(), "optimizer": self.optimizer.state_dict(), "grads": grads}

    def restore(self, state: Any) -> None:
        """Continue from the state of another learner."""
        self.put_weights(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for param, grad in zip(self.model.parameters(), state["grads"], strict=True):
            param.grad = None if grad is None else grad.to(param)

    def rehearse(self) -> None:
        """Put one batch through model and loss, in eval mode, and one example through the model if it trains on one.

        Raises:
            ValueError: nothing can be trained; the model cannot take the batch; the loss is not one number.
            TypeError: the model gives no tensor; a part that cannot take what it gets.
        """
        experiment, model, size = self.experiment, self.model, self.experiment.batch_size
        plain = type(experiment.loop) is Loop and experiment.steps > 0  # any other loop may train in another way
        if plain and not any(param.requires_grad for param in model.parameters()):
            raise ValueError(
                f"model must have a parameter that is trained, got {type(model).__name__} in which all are frozen: "
                "model.requires_grad_(True) frees them."
            )
        x, y = self.data["train_x"][:size], self.data["train_y"][:size]
        held_x, held_y = self.data["val_x"][:size], self.data["val_y"][:size].cpu()
        with modes_kept(model):
            model.eval()
            output = one_tensor(first_output(model, lambda: model(x), x))
        check_values(experiment, output.detach().cpu(), self.data)
        value = rehearse(experiment, output, y, self.predict(held_x), held_y)
        if plain and not getattr(value, "requires_grad", False):
            value = experiment.loss.value(self._in_training(x), y)  # some models leave torch only in eval mode
        if plain and not getattr(value, "requires_grad", False):
            raise ValueError(
                f"loss must depend on the model's parameters, got {value!r} without a gradient: model or loss left "
                "torch on the way, by detach(), item(), numpy() or no_grad()."
            )
        self._rehearse_one()

    def _rehearse_one(self) -> None:
        """Raise if the training meets a batch of one example that the model cannot take, as with batch norm."""
        experiment, n, size = self.experiment, len(self.data["train_x"]), self.experiment.batch_size
        alone = size == 1 or (n % size == 1 and not experiment.drop_last)
        if not alone or experiment.steps <= (n // size if size > 1 else 0):
            return
        if self._takes(1) or not self._takes(2):  # if two examples fail too, the first step says why
            return
        holds, way_on = f"of {n} in batches of {size} the last batch holds one", "drop_last=True leaves that batch out"
        if size == 1:
            holds, way_on = "batch_size is 1", "take a larger one"
        elif n == 1:
            holds, way_on = "there is no other", "take more of them"
        raise ValueError(
            f"the model cannot train on one example alone, as a batch norm needs two, but {holds}: {way_on}."
        )

    def _takes(self, count: int) -> bool:
        """Whether the model can train on ``count`` examples."""
        try:
            self._in_training(self.data["train_x"][[0] * count])
        except ValueError:
            return False
        except RuntimeError:  # TorchScript takes no copies of its buffers: assume that it can
            return True
        return True

    def _in_training(self, x: Tensor) -> Any:
        """The model's output in training. Only copies of its buffers are changed."""
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        with OwnGenerators(self.experiment.seed):
            return functional_call(self.model, buffers, (x,))

    def predict(self, x: Tensor) -> Tensor:
        """The model's output on all of ``x``, in eval mode, on the CPU."""
        return predict(self.model, x)

    def validate(self, x: Tensor) -> Tensor:
        """The same on the held-out data, as the loop computes it."""
        return self.experiment.loop.validate(self.training, x)

    @staticmethod
    def numbers(rows: list[Tensor]) -> list[Any]:
        """The results of :meth:`train` at each step, as Python numbers."""
        return torch.stack(rows).tolist() if rows else []
