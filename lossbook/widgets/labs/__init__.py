"""Labs: one small question each, as a widget. Nothing is trained before a lab is shown."""

from __future__ import annotations

from collections.abc import Callable

from lossbook.widgets.explorer import Explorer
from lossbook.widgets.labs.adam_dissected_lab import adam_dissected
from lossbook.widgets.labs.batch_noise_lab import batch_noise
from lossbook.widgets.labs.capacity_lab import capacity
from lossbook.widgets.labs.initial_scale_lab import initial_scale
from lossbook.widgets.labs.learning_rate_lab import learning_rate
from lossbook.widgets.labs.loss_explorer_lab import loss_explorer
from lossbook.widgets.labs.optimizer_race_lab import optimizer_race
from lossbook.widgets.labs.ravine_lab import ravine
from lossbook.widgets.labs.schedule_designer_lab import schedule_designer
from lossbook.widgets.labs.shrinkage_lab import shrinkage

#: name -> a function without required arguments that gives the widget
LABS: dict[str, Callable[[], Explorer]] = {
    lab.__name__: lab
    for lab in (
        loss_explorer,
        optimizer_race,
        learning_rate,
        ravine,
        schedule_designer,
        adam_dissected,
        shrinkage,
        capacity,
        initial_scale,
        batch_noise,
    )
}

__all__ = ["LABS", *LABS]
