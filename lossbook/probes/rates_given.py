"""Rates in the place of their logarithms: what torch's Poisson loss takes for the logarithm is never below 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import as_it_is
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.passes import layers
from lossbook.probes.trials import LAST, end, trial_of
from lossbook.probes.wanted import Given, calls_on, with_other_arguments

LOSS = "poisson_nll_loss"
FAR = 1e4  # how far the last layer's output is driven: what comes out of it is at the end of an activation
EXPONENTIAL = 1e6  # times as far, which only an exponential comes
SHARE = 0.01  # of the fall with the rates taken as rates, by which the loss must end lower
ERRORS = 5.0  # standard errors of the difference, on the same batches
FIX = "loss_fn = nn.PoissonNLLLoss(log_input=False)  # of rates; of their logarithms, without exp() at the end, True"


def rates_for_logarithms(case: Case) -> Reading | None:
    """Whether the Poisson loss takes the exponential of one, or of numbers that cannot be below 0 where this costs.

    Nobody means the logarithm of a rate to be an exponential. Of a softplus, or a ReLU, it may be one where all rates
    are above 1: there the loss must fall further with these numbers as rates. Both losses are minus the logarithm of
    the same likelihood, so that their values can be compared.
    """
    if case.loss_of is None or not case.batches or not case.start.optimizers:
        return None
    if not _is_called(case) or (reached := _reached(case)) is None:
        return None
    sentence = f"{LOSS} takes what it gets for logarithms, and gets "
    if reached > EXPONENTIAL * FAR:
        return Reading("found", f"{sentence}exponentials, of which it takes the exponential again", reached, fix=FIX)
    mend = rates_as_rates(case)
    trial = trial_of(case, mend)._replace(as_is=tuple(map(float, as_it_is(case, mend.steps))))
    fall, ends = trial.mended[0] - end(trial.mended), (end(trial.as_is), end(trial.mended))
    lower = np.array(trial.as_is[-2 * LAST :]) - np.array(trial.mended[-2 * LAST :])
    mean, error = float(lower.mean()), float(lower.std()) / math.sqrt(len(lower))
    if not (mean > SHARE * fall > 0 and mean > ERRORS * error):
        return None
    sentence = f"{sentence}numbers that are never below 0, so that no rate is below 1; the loss ends at {ends[0]:.3g},"
    return Reading("found", f"{sentence} and at {ends[1]:.3g} with them as rates", mean / fall, SHARE, trial, fix=FIX)


def rates_as_rates(case: Case) -> Mend:
    """The loss is told that it gets rates."""
    mend = with_other_arguments(case, [LOSS], _told, "the Poisson loss was told that it gets rates, not logarithms")
    return mend._replace(steps=as_long(case))


def _told(given: Given) -> Given:
    return {**given, "log_input": False}


def _is_called(case: Case) -> bool:
    calls = calls_on(case, case.batches[0], LOSS)
    return bool(calls) and all(given["log_input"] for _, given in calls)


def _reached(case: Case) -> float | None:
    """The largest number that it gets, however far the last layer is driven; None if it may get one below 0."""
    batch = case.batches[0]
    called = layers(unwrapped(case.start.model), batch)
    if not called:
        return None
    driven = copied_model(unwrapped(case.start.model), shared=[])
    generator = torch.Generator().manual_seed(0)

    def drive(_: Any, __: Any, output: torch.Tensor) -> torch.Tensor:
        return FAR * torch.randn(output.shape, generator=generator).to(output)

    driven.get_submodule(called[-1].name).register_forward_hook(drive)
    models = (driven, case.start.model, case.now.model)
    calls = [given for model in models for _, given in calls_on(case, batch, LOSS, model=model)]
    ends = [torch.aminmax(given["input"].detach()) for given in calls]
    return max(float(high) for _, high in ends) if ends and all(float(low) >= 0 for low, _ in ends) else None
