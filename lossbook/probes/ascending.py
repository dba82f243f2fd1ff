"""An optimiser that is told to maximise, and climbs a loss of torch's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.evidence.window import LOSSES
from lossbook.probes.base import Mend, Reading
from lossbook.probes.climbed import most_is_trained

QUARTER = 4
SAME = 1e-4  # relative difference of two numbers that are one
FIX = "optimizer = torch.optim.Adam(model.parameters(), lr=lr)  # without maximize=True: a loss is to be small"


class _Values(TorchFunctionMode):
    """Keeps what torch's own losses give."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, float]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in LOSSES and result.numel() == 1:
            self.found.append((func.__name__, float(result.detach())))
        return result


def maximised(case: Case) -> Reading | None:
    """Whether all groups of the optimiser maximise, what they climb is one of torch's losses, and it has grown.

    Whoever makes a score as large as can be has none of these, or their negative. Whoever looks for an input that
    deceives a model climbs its loss, too, but trains no weights of it.
    """
    losses = np.array(case.log.loss.values)
    if not maximises(case) or len(losses) < QUARTER or not case.batches:
        return None
    if case.loss_of is None or not most_is_trained(case) or not losses[-(len(losses) // QUARTER) :].mean() > losses[0]:
        return None
    model, values = copied_model(unwrapped(case.start.model), shared=[]), _Values()
    with quiet(model), torch.no_grad(), values:
        whole = float(case.loss_of(model, case.batches[0]))
    names = [name for name, value in values.found if value > 0 and abs(value - whole) <= SAME * value]
    if not names:
        return None
    sentence = f"the optimiser has maximize=True, and what it climbs is {names[-1]}, which grew from {losses[0]:.3g}"
    return Reading("found", sentence, certain=True, fix=FIX)


def maximises(case: Case) -> bool:
    """Whether all groups of the optimiser do."""
    return bool(case.start.groups) and all(group.get("maximize") for group in case.start.groups)


def minimised(case: Case) -> Mend | None:
    """The same training without ``maximize``; None if nothing is maximised."""
    return Mend("the optimiser minimised the loss", case, {"maximize": False}) if maximises(case) else None
