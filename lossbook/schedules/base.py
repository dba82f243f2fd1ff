"""The base of every schedule: a frozen object that is called with the step and gives the learning rate."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, ClassVar, Self

from lossbook import checks


class Schedule:
    """A learning rate that depends on the step alone. Give it to an optimiser as its ``lr``."""

    rates: ClassVar[tuple[str, ...]] = ("lr", "end")  #: names of the fields that are learning rates

    def __call__(self, step: int) -> float:
        """The learning rate of the update that comes after ``step`` updates; the first update has step 0.

        Raises:
            ValueError: ``step`` is below 0.
            TypeError: ``step`` is no Python int.
        """
        checks.whole_number("step", step, 0)
        return float(self._lr(step))

    def _lr(self, step: int) -> float:
        """The rule itself, for a step that has been checked."""
        raise NotImplementedError

    def scaled(self, factor: float) -> Self:
        """The same course with every learning rate times ``factor``.

        >>> from lossbook.schedules import Cosine, Warmup
        >>> Warmup(steps=10, then=Cosine(lr=1.0, end=0.5, steps=90)).scaled(0.5).then
        Cosine(lr=0.5, end=0.25, steps=90)
        """
        held = [field.name for field in fields(self) if field.name in self.rates]  # type: ignore[arg-type]
        values = {name: getattr(self, name) for name in held}
        scaled = {name: v.scaled(factor) if isinstance(v, Schedule) else v * factor for name, v in values.items()}
        return replace(self, **scaled)  # type: ignore[type-var]

    def to_torch(self, optimizer: Any) -> Any:
        """torch's own scheduler on ``optimizer``; first sets the optimiser's learning rate, which torch multiplies."""
        raise NotImplementedError


def with_lr(optimizer: Any, lr: float) -> Any:
    """The torch ``optimizer`` with ``lr`` in all its groups: the rate that torch's schedulers multiply."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = lr
    return optimizer
