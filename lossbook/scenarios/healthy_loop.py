"""Healthy runs whose loop does something that looks like a mistake."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.func import functional_call

from lossbook.loop import Loop, Training
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET


@dataclass(frozen=True)
class ScaledFloat16(Loop):
    """Float16 with a ``GradScaler``, which leaves out the steps with infinite gradients, and then halves its scale."""

    scale: float = 2.0**22  #: the first factor on the loss

    def step(self, training: Training, x: Any, y: Any) -> Any:
        if training.step == 0:
            training.total = torch.amp.GradScaler("cpu", init_scale=self.scale)
        scaler = training.total
        training.optimizer.zero_grad()
        halves = {name: param.half() for name, param in training.model.named_parameters()}
        loss = training.objective_of(functional_call(training.model, halves, (x.half(),)).float(), y)
        scaler.scale(loss).backward()
        scaler.unscale_(training.optimizer)
        training.clip()
        scaler.step(training.optimizer)
        scaler.update()
        return loss


ROWS = (
    Scenario(
        key="healthy-skipped-steps",
        title="Some of the first gradients do not fit into float16, and the scaler leaves these steps out.",
        cause=None,
        symptom="healthy",
        broken=replace(NET, loop=ScaledFloat16()),
    ),
    Scenario(
        key="healthy-accumulation",
        title="The gradients of four batches are added up on purpose, and three steps of four move nothing.",
        cause=None,
        symptom="healthy",
        broken=replace(NET, loop=Loop(accumulate=4), batch_size=16, steps=400, eval_every=20),
    ),
)
