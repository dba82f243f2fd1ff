"""The recorder of a run, torch's or NumPy's, or of several runs that train as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from array_api_compat import to_device

from lossbook.checks import Array
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.experiment import Experiment, History
from lossbook.losses.initial import chance_loss


class Look(NamedTuple):
    """The numbers measured between two steps, named as in a history."""

    eval_step: int
    reference_loss: float
    val_loss: float
    metric: float


class Yardstick:
    """Measures a model between two steps: the correct loss on clean and on held-out examples, and the metric.

    Args:
        experiment: its ``loss`` or ``reference``, and its ``metric``.
        data: name -> array, as the fields of ``Split``.
    """

    def __init__(self, experiment: Experiment, data: dict[str, Array]) -> None:
        self.loss, self.metric = experiment.reference or experiment.loss, experiment.metric
        self.ref_x = data.get("ref_x", data["train_x"][:REFERENCE_SIZE])
        self.ref_y = to_device(data.get("ref_y", data["train_y"][:REFERENCE_SIZE]), "cpu")
        self.val_x, self.val_y = data["val_x"], to_device(data["val_y"], "cpu")
        self.chance: float | None = None  #: loss of a model that knows nothing; None before the first look

    def look(self, step: int, predict: Callable[[Any], Any], validate: Callable[[Any], Any]) -> Look:
        """Measure a model: ``predict`` and ``validate`` give its outputs on the CPU."""
        output = predict(self.ref_x)
        if self.chance is None:
            self.chance = chance_loss(self.loss, self.ref_y, output.shape[-1] if output.ndim else 1)
        reference = self.loss.value(output, self.ref_y)
        output = validate(self.val_x)
        numbers = (reference, self.loss.value(output, self.val_y), self.metric.value(output, self.val_y))
        return Look(step, *map(float, numbers))


class Recorder:
    """Collects the histories of runs that train side by side, one or more.

    Args:
        numbers: turns the numbers of all steps into Python lists, (steps, 3), or (steps, 3, runs) for several runs.
            Until then torch's numbers stay on the device, so that no step waits for it.
    """

    def __init__(self, numbers: Callable[[list[Any]], list[Any]]) -> None:
        self.steps: list[tuple[Sequence[float], Any, float]] = []
        self.looks: list[Sequence[Look]] = []
        self.before: dict[str, tuple[Any, ...]] = {}  # what was recorded before the run was resumed
        self._numbers, self._start = numbers, time.perf_counter()

    def step(self, lrs: Sequence[float], numbers: Any) -> None:
        """Note a step: the learning rate of each run; loss, gradient norm and update ratio, for each run if several."""
        self.steps.append((lrs, numbers, time.perf_counter() - self._start))

    def look(self, *looks: Look) -> None:
        """Note the numbers that were measured, for each run."""
        self.looks.append(looks)

    def tell(self, bar: Any) -> None:
        """Show the last step's loss, the lowest if there are several runs, beside a visible progress bar."""
        if self.steps and not bar.disable:
            loss = self.steps[-1][1][0]
            bar.set_postfix(loss=f"{float(loss.min() if hasattr(loss, 'min') else loss):.4g}")

    def histories(self, more: Sequence[dict[str, Any]]) -> list[History]:
        """The history of each run; ``more`` has the other fields of each."""
        table = self._numbers([numbers for _, numbers, _ in self.steps])
        return [History(**self._series(table, run), **rest) for run, rest in enumerate(more)]

    def _series(self, table: list[Any], run: int) -> dict[str, Any]:
        """field -> the recorded numbers of a run, step by step and look by look."""
        columns = [[of[run] if isinstance(of, list) else of for of in column] for column in zip(*table, strict=True)]
        loss, grad_norm, update_ratio = columns or [[], [], []]
        looks = [each[run] for each in self.looks]
        new: dict[str, Any] = {
            "loss": loss,
            "lr": [lrs[run] for lrs, _, _ in self.steps],
            "grad_norm": grad_norm,
            "update_ratio": update_ratio,
            "seconds": [seconds for _, _, seconds in self.steps],
            **{name: [getattr(look, name) for look in looks] for name in Look._fields},
        }
        return {name: (*self.before.get(name, ()), *values) for name, values in new.items()}

    def resume(self, before: dict[str, tuple[Any, ...]]) -> None:
        """Continue after the numbers that another recorder has recorded."""
        self.before = before
        self._start -= before["seconds"][-1] if before["seconds"] else 0.0
