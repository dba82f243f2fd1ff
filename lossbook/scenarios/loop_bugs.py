"""Training loops with the bugs that people write: what is cleared never or too early, and what is logged."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lossbook.loop import Loop, Training


@dataclass(frozen=True)
class NoZeroGrad(Loop):
    """Nobody calls ``zero_grad``: backward adds to the old gradients."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.step()
        return loss


@dataclass(frozen=True)
class NeverSetBack(Loop):
    """The number that is logged is the sum of all losses so far: nobody sets ``total`` back to 0."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        training.total = training.total + super().step(training, x, y).detach()
        return training.total


@dataclass(frozen=True)
class ClearsTooEarly(Loop):
    """``zero_grad`` stands between ``backward`` and ``step``, so that the optimiser finds no gradient."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.zero_grad()
        training.optimizer.step()
        return loss
