"""What a run leaves behind: one recorder for both learners."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from array_api_compat import to_device

from lossbook.checks import Array
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.experiment import History
from lossbook.losses.initial import chance_loss


class Look(NamedTuple):
    """What was measured between two steps, as the fields of a history name it."""

    eval_step: int
    reference_loss: float
    val_loss: float
    metric: float


class Recorder:
    """Collects a history while a learner trains."""

    def __init__(self, learner: Any) -> None:
        self.learner, data = learner, learner.data
        self.ref_x = data.get("ref_x", data["train_x"][:REFERENCE_SIZE])
        self.ref_y = to_device(data.get("ref_y", data["train_y"][:REFERENCE_SIZE]), "cpu")
        self.val_x, self.val_y = data["val_x"], to_device(data["val_y"], "cpu")
        self.steps: list[tuple[float, Any, float]] = []
        self.looks: list[Look] = []
        self.before: dict[str, tuple[Any, ...]] = {}  # what was recorded before the run was resumed
        self.chance: float | None = None  # loss of a model that knows nothing
        self.start = time.perf_counter()

    def look(self) -> bool:
        """Measure the model on the reference and the held-out data, if it is time; whether it was."""
        learner, experiment = self.learner, self.learner.experiment
        if learner.step % experiment.eval_every and learner.step != experiment.steps:
            return False
        loss, metric = experiment.reference or experiment.loss, experiment.metric
        output = learner.predict(self.ref_x)
        if not self.looks:
            self.chance = chance_loss(loss, self.ref_y, output.shape[-1] if output.ndim else 1)
        reference = loss.value(output, self.ref_y)
        output = learner.validate(self.val_x)
        numbers = (reference, loss.value(output, self.val_y), metric.value(output, self.val_y))
        self.looks.append(Look(learner.step, *map(float, numbers)))
        return True

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
        looks = dict(zip(Look._fields, zip(*self.looks, strict=True) if self.looks else [()] * 4, strict=True))
        new = {"loss": loss, "lr": lr, "grad_norm": grad_norm, "update_ratio": update_ratio, "seconds": seconds}
        whole: dict[str, Any] = {name: (*self.before.get(name, ()), *values) for name, values in (new | looks).items()}
        return History(**whole, environment=environment, interrupted=interrupted, chance=self.chance)

    def resume(self, before: dict[str, tuple[Any, ...]]) -> None:
        """Go on after what another recorder has recorded."""
        self.before = before
        self.start -= before["seconds"][-1] if before["seconds"] else 0.0
