"""Scenarios of the optimiser's other knobs, of the batch, and of low precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lossbook.checks import Array
from lossbook.loop import Loop, Training
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.optim import SGD, Adam
from lossbook.optim.adam import AdamState
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import LINEAR, NET


@dataclass(frozen=True)
class Float16(Loop):
    """A step in float16 with the weights kept in float32, as on a GPU under autocast; here it runs on the CPU."""

    scale: float = 1.0  #: factor on the loss; the gradients are divided by it again. 1 means no scaling

    def step(self, training: Training, x: Any, y: Any) -> Any:
        from torch.func import functional_call

        training.optimizer.zero_grad()
        halves = {name: param.half() for name, param in training.model.named_parameters()}
        output = functional_call(training.model, halves, (x.half(),)).float()
        loss = training.objective_of(output, y)
        (self.scale * loss).backward()
        for param in training.model.parameters():
            if param.grad is not None:
                param.grad /= self.scale
        training.clip()
        training.optimizer.step()
        return loss


@dataclass(frozen=True)
class Float16Adam(Adam):
    """Adam whose state and arithmetic are float16, as they are after ``model.half()``."""

    def init(self, param: Array) -> AdamState:
        state = super().init(param)
        return state._replace(m=state.m.half(), v=state.v.half())

    def _update(self, xp: Any, grad: Array, state: AdamState, param: Array, lr: Any) -> tuple[Array, AdamState]:
        return super()._update(xp, grad.half(), state, param.half(), lr)


@dataclass(frozen=True)
class Weighted:
    """One term of a sum of losses, with its weight."""

    loss: Any
    weight: float

    def value(self, output: Any, target: Any) -> Any:
        return self.weight * self.loss.value(output, target)


MINOR = replace(
    NET,
    loss=Weighted(SoftmaxCrossEntropy(), 1e-6),
    reference=SoftmaxCrossEntropy(),
    optimizer=Adam(lr=0.005),
    loop=Float16(),
)  #: a loss with a small weight, in float16

ROWS = (
    Scenario(
        key="momentum-too-high",
        title="The steps add up to a hundred times the learning rate, and the run swings around its minimum.",
        cause="momentum-too-high",
        symptom="oscillating",
        broken=replace(LINEAR, optimizer=SGD(lr=0.05, momentum=0.99)),
        fix=("optimizer.momentum", 0.5),
        persists=(0.99, 0.992),
        also_cured_by=(("another-lr", "The momentum multiplies the learning rate."),),
    ),
    Scenario(
        key="adam-eps-too-large",
        title="Epsilon outweighs the gradients, and Adam becomes gradient descent at a thousandth of the rate.",
        cause="adam-eps",
        symptom="slow",
        broken=replace_at(NET, "optimizer.eps", 1.0),
        fix=("optimizer.eps", 1e-8),
        persists=(0.5, 2.0),
    ),
    Scenario(
        key="adam-eps-is-zero-in-float16",
        title="Float16 rounds 1e-8 to 0, so that Adam divides zero by zero where the gradient is zero.",
        cause="adam-eps",
        symptom="non-finite",
        broken=replace_at(NET, "optimizer", Float16Adam(lr=0.002)),
        fix=("optimizer.eps", 1e-4),
        persists=(0.0, 2e-8),
    ),
    Scenario(
        key="adam-betas",
        title="The second beta is 0.001, not 0.999, and old gradients are divided by the size of the newest one.",
        cause="adam-betas",
        symptom="diverging",
        broken=replace_at(LINEAR, "optimizer", Adam(lr=0.01, betas=(0.9, 0.001))),
        fix=("optimizer.betas.1", 0.999),
        persists=(0.0, 0.01),
    ),
    Scenario(
        key="batch-of-one",
        title="The gradient of one example points anywhere, and the learning rate was meant for 64.",
        cause="batch-too-small",
        symptom="oscillating",
        broken=replace(LINEAR, optimizer=SGD(lr=0.035), batch_size=1, eval_every=5),
        fix=("batch_size", 64),
        persists=(1, 2),
    ),
    Scenario(
        key="low-precision",
        title="The gradients of a loss with a small weight become zero in float16, simulated here on the CPU.",
        cause="low-precision",
        symptom="high-flat",
        broken=MINOR,
        fix=("loop.scale", 65536.0),
        persists=(0.1, 1.5),
    ),
)
