"""Whether the running statistics of batch norm are those of the data; with an unusual momentum they may not be."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import loss_on, quiet
from lossbook.probes.base import Limit, Reading

USUAL = (0.01, 0.5)  #: torch's momentum is the weight of the newest batch; elsewhere it is that of the older ones
LOOKED_AT = 8  #: batches on which the loss is measured
#: the loss in eval mode over that with statistics measured anew
LIMITS = {"stale": Limit(1.5, ("program", 1.05), ("program", 1.8))}
STALE = LIMITS["stale"].value
MATTERS = 0.1  #: of the fresh model's loss, by which they must differ
FIX = "nn.BatchNorm2d(channels, momentum=0.1)  # the weight of the newest batch: Keras's 0.99 is 0.01 here"


def stale_statistics(case: Case) -> Reading | None:
    """The loss in eval mode, as it is and with statistics of all batches; None if they are as good, or usual.

    Without a loss of the data, or held-out looks, nothing is lost by asking: the statistics only count in eval mode.
    """
    momenta = sorted({momentum for each in _norms(case.now.model) if (momentum := _unusual(each)) is not None})
    if not momenta or case.loss_of is None:
        return None
    anew = copied_model(unwrapped(case.now.model), shared=[]).train()
    for each in _norms(anew):
        each.reset_running_stats()
        each.momentum = None  # the plain mean over all batches
    with torch.no_grad(), quiet(anew):
        for batch in case.batches:
            batch.output(anew)
    batches = case.batches[:LOOKED_AT]
    own, other, fresh = (
        float(np.mean([loss_on(case, model, batch) for batch in batches]))
        for model in (case.now.model, anew, case.start.model)
    )
    if not (own > STALE * other > 0 and own - other > MATTERS * abs(fresh)):
        return None
    listed = " and ".join(f"{momentum:g}" for momentum in momenta)
    sentence = f"batch norm's running statistics, of momentum {listed}, are not those of the data: in eval mode the"
    sentence = f"{sentence} training batches cost {own:.3g}, and {other:.3g} with statistics measured anew"
    return Reading("found", sentence, own / other, STALE, fix=FIX)


def _norms(model: nn.Module) -> list[_NormBase]:
    return [each for each in unwrapped(model).modules() if isinstance(each, _NormBase) and each.track_running_stats]


def _unusual(norm: _NormBase) -> float | None:
    return None if norm.momentum is None or USUAL[0] <= norm.momentum <= USUAL[1] else norm.momentum
