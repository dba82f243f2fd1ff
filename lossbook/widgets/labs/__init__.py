"""Labs: one small question each, as a widget. Nothing is trained before a lab is shown."""

from __future__ import annotations

from collections.abc import Callable

from lossbook.widgets.explore import Explorer
from lossbook.widgets.labs.adam_dissected import adam_dissected
from lossbook.widgets.labs.batch_noise import batch_noise
from lossbook.widgets.labs.capacity import capacity
from lossbook.widgets.labs.initial_scale import initial_scale
from lossbook.widgets.labs.learning_rate import learning_rate
from lossbook.widgets.labs.loss_explorer import loss_explorer
from lossbook.widgets.labs.optimizer_race import optimizer_race
from lossbook.widgets.labs.schedule_designer import schedule_designer
from lossbook.widgets.labs.shrinkage import shrinkage

#: name -> a function without required arguments that gives the widget
LABS: dict[str, Callable[[], Explorer]] = {
    lab.__name__: lab
    for lab in (
        loss_explorer,
        optimizer_race,
        learning_rate,
        schedule_designer,
        adam_dissected,
        shrinkage,
        capacity,
        initial_scale,
        batch_noise,
    )
}

__all__ = ["LABS", *LABS]
