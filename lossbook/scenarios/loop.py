"""Scenarios of the training loop: loops as people write them, with one line missing or in the wrong place."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.data import Digits, Split
from lossbook.loop import Loop, Training
from lossbook.models import MLP
from lossbook.optim import SGD, Adam, ClipByGlobalNorm
from lossbook.paths import replace_at
from lossbook.prediction import predict
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET


@dataclass(frozen=True)
class NoZeroGrad(Loop):
    """Nobody calls ``zero_grad``: backward adds to what is there."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.step()
        return loss


@dataclass(frozen=True)
class ParametersOfACopy(Loop):
    """The optimiser was made before the model was copied, and trains the other one."""

    def parameters(self, model: nn.Module) -> Iterable[Any]:
        return copy.deepcopy(model).parameters()


@dataclass(frozen=True)
class FrozenBody(Loop):
    """All layers but the last are frozen, as for a trained body; this one is not trained."""

    def parameters(self, model: nn.Module) -> Iterable[Any]:
        *body, _ = model.children()
        for layer in body:
            layer.requires_grad_(False)
        return model.parameters()


@dataclass(frozen=True)
class StaysInEvalMode(Loop):
    """The validation calls ``eval()``, and nobody calls ``train()`` afterwards."""

    def validate(self, training: Training, x: Tensor) -> Tensor:
        training.model.eval()
        return predict(training.model, x)


@dataclass(frozen=True)
class ValidatesInTrainMode(Loop):
    """The validation does not call ``eval()``, and the batch norm goes by what else is in the batch."""

    def validate(self, training: Training, x: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.cat([training.model(part) for part in x.split(100)]).cpu()


@dataclass(frozen=True)
class HeldOutByClass(Digits):
    """Digits of which the held-out ones come class by class, as from one folder for each, which nobody shuffles."""

    def load(self) -> Split:
        split = super().load()
        order = np.argsort(split.val_y, kind="stable")
        return split._replace(val_x=split.val_x[order], val_y=split.val_y[order])


@dataclass(frozen=True)
class OptimizerInTheLoop(Loop):
    """The optimiser is made in the loop, and forgets at every step what it knew."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        training.optimizer = training.make_optimizer(training.model)
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.step()
        return loss


@dataclass(frozen=True)
class ModelInTheLoop(Loop):
    """Model and optimiser are made in the loop over the epochs, and begin anew with each."""

    epoch: int = 16  #: steps

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        if training.step % self.epoch == 0:
            training.model = training.make_model()
            training.optimizer = training.make_optimizer(training.model)
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        training.optimizer.step()
        return loss


SIGMOIDS = replace(
    NET,
    model=MLP(sizes=(784, 32, 32, 32, 32, 10), activation="sigmoid", norm="batch"),
    optimizer=SGD(lr=0.05, momentum=0.9),
)  #: a net that does not train without its batch norm

ROWS = (
    Scenario(
        key="missing-zero-grad",
        title="Every gradient is added to all before it, and the run swings past its minimum again and again.",
        cause="missing-zero-grad",
        symptom="oscillating",
        broken=replace(
            LINEAR, optimizer=SGD(lr=0.07), clipping=ClipByGlobalNorm(15.0), loop=NoZeroGrad()
        ),  # clipped, so that no swing gets out of hand
        fix=("loop", Loop()),
    ),
    Scenario(
        key="parameters-of-a-copy",
        title="The optimiser holds the parameters of a copy, and the model itself never moves.",
        cause="parameters-not-optimized",
        symptom="high-flat",
        broken=replace(NET, loop=ParametersOfACopy()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="frozen-body",
        title="All layers but the last are frozen as they were drawn, and the last can make little of their output.",
        cause="parameters-not-optimized",
        symptom="slow",
        broken=replace(NET, model=MLP(sizes=(784, 64, 64, 64, 10)), loop=FrozenBody()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="eval-mode-in-training",
        title="The batch norm is told to judge, not to train, and scales nothing in a net that cannot do without.",
        cause="train-eval-mode",
        symptom="high-flat",
        broken=replace(SIGMOIDS, loop=StaysInEvalMode()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="train-mode-in-validation",
        title="In train mode the batch norm scales a batch of equal digits by itself, and takes away what they share.",
        cause="train-eval-mode",
        symptom="overfitting",
        broken=replace(
            replace_at(NET, "model.norm", "batch"),
            data=HeldOutByClass(train_size=4000),
            loop=ValidatesInTrainMode(),
        ),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="optimizer-in-the-loop",
        title="A new optimiser at each step has no momentum, and the run crawls.",
        cause="state-reset",
        symptom="slow",
        broken=replace(DESCENT, optimizer=SGD(lr=0.002, momentum=0.95), loop=OptimizerInTheLoop()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="model-in-the-loop",
        title="The model is made anew at each epoch, and what it has learned is lost.",
        cause="state-reset",
        symptom="oscillating",
        broken=replace(LINEAR, data=Digits(train_size=1000), optimizer=Adam(lr=0.005), loop=ModelInTheLoop(epoch=16)),
        fix=("loop", Loop()),
    ),
)
