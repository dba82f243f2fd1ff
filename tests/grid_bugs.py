"""Bugs of the grid: what each changes of a task, and the causes that name it; None where it does not fit the task."""

from __future__ import annotations

from grid_bugs_of_data import DATA
from grid_bugs_of_loops import LOOPS
from grid_bugs_of_losses import LOSSES
from grid_bugs_of_models import MODELS
from grid_healthy import HEALTHY
from grid_rows import Bug

BUGS: dict[str, Bug] = {**HEALTHY, **DATA, **MODELS, **LOSSES, **LOOPS}
