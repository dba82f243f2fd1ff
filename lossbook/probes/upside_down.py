"""Whether what is minimised is a log-likelihood without its minus: it is never above 0, and has no lowest value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import loss_on, output_of
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.base import Reading
from lossbook.probes.made_up import value_of

FIX = "loss = -log_likelihood.mean()  # an optimiser makes small what backward() starts from"
EXACT = 1e-3  #: relative difference of two values that are one but for rounding
SCALES = (0.1, 1.0, 10.0, 100.0)  #: of outputs that are made up
DRAWS = 3  #: of them, at each scale
FALLS = 5.0  #: times that the lowest value is lower at ten times the scale: of logarithms of probabilities 10


def likelihood_minimised(case: Case) -> Reading | None:
    """What the loss is of a model that knows nothing, and of any outputs; None if that is no log-likelihood.

    If all weights are 0, no example is told from another. Then the loss of a choice among n is ln n, the logarithm of a
    share -ln n. Where the outputs are known, any may be made up: a log-likelihood is below 0 for all of them, and the
    lower the larger they are. A loss of densities, of rewards or of critics is above 0 for some of them.
    """
    if case.loss_of is None or not case.batches or not case.log.loss.values or not case.log.loss.values[0] < 0:
        return None
    batch = case.batches[0]
    nothing = loss_on(case, _of_zeros(case), batch)
    for n in (batch.size, batch.size - 1, 2 * batch.size - 1):  # each among all, among the others, among both views
        if n > 2 and abs(nothing + math.log(n)) < EXACT * math.log(n):
            sentence = f"of a model that knows nothing the loss is {nothing:.3g}, the logarithm of a share of 1/{n}"
            return Reading("found", f"{sentence}, and minus that would be a loss", nothing, 0.0, fix=FIX)
    return None if case.loss is None else _below_zero(case)


def _below_zero(case: Case) -> Reading | None:
    output, y, rng = output_of(case.start.model, case.batches[0]), case.batches[0].target, np.random.default_rng(0)
    parts = tensors(output)
    if not parts or not all(each.is_floating_point() for each in parts):
        return None
    lowest = list[float]()
    for scale in SCALES:
        values = [value_of(case.loss, _drawn(output, rng, scale), y) for _ in range(DRAWS)]
        if any(value is None or not math.isfinite(value) or value >= 0 for value in values):
            return None
        lowest.append(min(value for value in values if value is not None))
    if not lowest[-1] < FALLS * lowest[-2]:
        return None
    sentence = f"whatever the outputs, the loss is below 0, {lowest[1]:.3g} say, and {lowest[-1]:.3g} for larger ones"
    return Reading(
        "found", f"{sentence}: it has no lowest value, and minus it would be a loss", lowest[-1], 0.0, fix=FIX
    )


def _drawn(like: Any, rng: np.random.Generator, scale: float) -> Any:
    """Random numbers of this size in the structure of an output."""
    return mapped(lambda each: torch.from_numpy(scale * rng.standard_normal(tuple(each.shape))).to(each), like)


def _of_zeros(case: Case) -> nn.Module:
    model = copied_model(unwrapped(case.start.model), shared=[])
    with torch.no_grad():
        for param in model.parameters():
            param.zero_()
    return model
