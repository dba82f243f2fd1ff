"""A schedule that makes the learning rate zero for good: a warm-up that multiplies zero, or one that never steps."""

from __future__ import annotations

from torch import Tensor

from lossbook.evidence import Case
from lossbook.probes.base import Mend, Reading
from lossbook.probes.trials import helps, trial_of

MOST = 0.95  # of the steps
FEWEST = 20  # steps
FIX = "scheduler = LambdaLR(optimizer, lambda i: min(1.0, (i + 1) / warmup))  # a factor; then scheduler.step()"


def held_at_zero(case: Case) -> Reading | None:
    """Whether the rate was 0 while the optimiser was given another one, which helps; None if not."""
    lrs, meant = case.seen.lrs or (), _meant(case)
    still = sum(not any(each) for each in lrs)
    if len(lrs) < FEWEST or still < MOST * len(lrs) or not meant:
        return None
    trial = trial_of(case, Mend(f"the learning rate was {meant:g}, as the optimiser was given it", case, {"lr": meant}))
    if not helps(trial):
        return None
    sentence = f"in {still} of {len(lrs)} steps the learning rate was 0, while the optimiser was given {meant:g}"
    return Reading("found", sentence, 0.0, trial=trial, certain=True, fix=FIX)


def _meant(case: Case) -> float:
    """The highest rate that a group, or the optimiser, was given before a schedule took over; 0 if it has its own."""
    rates = [group.get("initial_lr", 0.0) for group in case.start.groups]
    rates += [optimizer.defaults.get("lr", 0.0) for optimizer in case.start.optimizers]
    return max((float(rate) for rate in rates if isinstance(rate, Tensor | float | int)), default=0.0)
