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
from lossbook.scenarios.loop_bugs import ClearsTooEarly, NeverSetBack, NoZeroGrad


@dataclass(frozen=True)
class ParametersOfACopy(Loop):
    """The model was copied between making the optimiser and training, and the optimiser trains the wrong one."""

    def parameters(self, model: nn.Module) -> Iterable[Any]:
        return copy.deepcopy(model).parameters()


@dataclass(frozen=True)
class FrozenBody(Loop):
    """All layers but the last are frozen, as people do with a trained body; this body is untrained."""

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
    """The validation does not call ``eval()``, so the batch norm uses the statistics of the batch."""

    def validate(self, training: Training, x: Tensor) -> Tensor:
        with torch.no_grad():
            return torch.cat([training.model(part) for part in x.split(100)]).cpu()


@dataclass(frozen=True)
class HeldOutByClass(Digits):
    """Digits whose held-out part comes class by class, as from one folder per class without a shuffle."""

    def load(self) -> Split:
        split = super().load()
        order = np.argsort(split.val_y, kind="stable")
        return split._replace(val_x=split.val_x[order], val_y=split.val_y[order])


@dataclass(frozen=True)
class OptimizerInTheLoop(Loop):
    """The optimiser is made in the loop, and loses its state at every step."""

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
    """Model and optimiser are made in the loop over the epochs, and begin anew in each epoch."""

    epoch: int = 16  #: steps per epoch

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
        title="Every gradient is added to all earlier ones, and the run swings past its minimum again and again.",
        cause="missing-zero-grad",
        symptom="oscillating",
        # The gradient is clipped, so that no swing becomes too large.
        broken=replace(LINEAR, optimizer=SGD(lr=0.07), clipping=ClipByGlobalNorm(15.0), loop=NoZeroGrad()),
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
        title="All layers but the last keep their random weights, and the last layer learns little from their output.",
        cause="parameters-not-optimized",
        symptom="slow",
        broken=replace(NET, model=MLP(sizes=(784, 64, 64, 64, 10)), loop=FrozenBody()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="eval-mode-in-training",
        title="The batch norm is in eval mode and scales nothing, in a net that cannot learn without it.",
        cause="train-eval-mode",
        symptom="high-flat",
        broken=replace(SIGMOIDS, loop=StaysInEvalMode()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="train-mode-in-validation",
        title="The batch norm in train mode scales a batch of equal digits by itself, and removes what they share.",
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
        title="The model is made anew in each epoch, and loses what it has learned.",
        cause="state-reset",
        symptom="oscillating",
        broken=replace(LINEAR, data=Digits(train_size=1000), optimizer=Adam(lr=0.005), loop=ModelInTheLoop(epoch=16)),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="gradients-cleared-early",
        title="The gradients are cleared between backward and step, and no weight ever moves.",
        cause="gradients-cleared-early",
        symptom="high-flat",
        broken=replace(NET, loop=ClearsTooEarly()),
        fix=("loop", Loop()),
    ),
    Scenario(
        key="total-never-set-back",
        title="What is logged is the sum of all losses so far: it rises at every step, while the net learns.",
        cause="loss-misreported",
        symptom="healthy",
        seen_in="loss",
        broken=replace(LINEAR, loop=NeverSetBack()),
        fix=("loop", Loop()),
    ),
)
