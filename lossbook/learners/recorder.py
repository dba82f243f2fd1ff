"""What a run leaves behind: one recorder for both learners."""

from __future__ import annotations

import time
from typing import Any

from array_api_compat import to_device

from lossbook.checks import Array
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.experiment import History


class Recorder:
    """Collects a history while a learner trains."""

    def __init__(self, learner: Any) -> None:
        self.learner, data = learner, learner.data
        self.ref_x = data.get("ref_x", data["train_x"][:REFERENCE_SIZE])
        self.ref_y = to_device(data.get("ref_y", data["train_y"][:REFERENCE_SIZE]), "cpu")
        self.val_x, self.val_y = data["val_x"], to_device(data["val_y"], "cpu")
        self.steps: list[tuple[float, Any, float]] = []
        self.looks: list[tuple[int, list[float]]] = []
        self.start = time.perf_counter()

    def look(self) -> None:
        """Measure the model on the reference and the held-out data, if it is time."""
        learner, experiment = self.learner, self.learner.experiment
        if learner.step % experiment.eval_every and learner.step != experiment.steps:
            return
        loss, metric = experiment.reference or experiment.loss, experiment.metric
        reference = loss.value(learner.predict(self.ref_x), self.ref_y)
        output = learner.validate(self.val_x)
        numbers = (reference, loss.value(output, self.val_y), metric.value(output, self.val_y))
        self.looks.append((learner.step, [float(number) for number in numbers]))

    def train(self, x: Array, y: Array) -> None:
        """One step, and what it was like."""
        numbers = self.learner.train(x, y)
        self.steps.append((self.learner.lr, numbers, time.perf_counter() - self.start))

    def tell(self, bar: Any) -> None:
        """Show the last step's loss beside a progress bar that is on."""
        if self.steps and not bar.disable:
            loss, *_ = self.steps[-1][1]
            bar.set_postfix(loss=f"{float(loss):.4g}")

    def history(self, environment: dict[str, Any], interrupted: bool) -> History:
        lr, rows, seconds = zip(*self.steps, strict=True) if self.steps else [()] * 3
        loss, grad_norm, update_ratio = zip(*self.learner.numbers(rows), strict=True) if rows else [()] * 3
        reference, val, metric = zip(*(numbers for _, numbers in self.looks), strict=True) if self.looks else [()] * 3
        return History(
            loss=loss,
            lr=lr,
            grad_norm=grad_norm,
            update_ratio=update_ratio,
            seconds=seconds,
            eval_step=tuple(step for step, _ in self.looks),
            reference_loss=reference,
            val_loss=val,
            metric=metric,
            environment=environment,
            interrupted=interrupted,
        )
