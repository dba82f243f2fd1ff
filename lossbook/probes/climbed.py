"""Whether a loop makes a loss as large as it can: one of torch's own, or the number that it logs."""

from __future__ import annotations

import numpy as np
import torch

from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import output_of
from lossbook.evidence.retelling import Retold
from lossbook.evidence.structure import mapped, tensors
from lossbook.evidence.tape import Called, Ref
from lossbook.evidence.window import LOSSES
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Reading
from lossbook.probes.objective_mends import negated
from lossbook.probes.trials import end, trial_of

QUARTER = 4
SAME, MOST = 1e-3, 0.9  # relative difference of two numbers that are one, and the share of the steps at which they are
GROWS = 20.0  # times, which a share of right answers, or a score between 0 and 1, does not
HALF = 0.5  # of what it was


def loss_climbed(case: Case) -> Reading | None:
    """Whether all losses of outputs and data are taken away from what is minimised, which ends below 0; else None.

    Where one is taken away and another one added, two are played off against each other, which is meant. So is it where
    most of the model is left as it is, as by whoever looks for an input that deceives it.
    """
    losses = np.array(case.log.loss.values)
    if not isinstance(case.loss, Retold) or len(losses) < QUARTER or not case.batches or not most_is_trained(case):
        return None
    ended = float(np.median(losses[-(len(losses) // QUARTER) :]))
    if not ended < min(0.0, losses[0]):
        return None
    own = {place: call for place, call in case.loss.calls.items() if _is_of_data(case.loss, call)}
    batch = case.batches[0]
    fresh = output_of(case.start.model, batch)
    output = mapped(lambda each: each.detach().requires_grad_(each.is_floating_point()), fresh)
    with torch.enable_grad():
        total, results = case.loss.with_results(output, batch.target)
        given = [each for place in own for each in tensors(results[place]) if each.requires_grad]
        slopes = torch.autograd.grad(total, given, allow_unused=True) if given and total.requires_grad else ()
    signs = {float(sign) for slope in slopes if slope is not None for sign in slope.sign().unique()}
    if signs != {-1.0}:
        return None
    names = ", ".join(sorted({call.function.__name__ for call in own.values()}))
    sentence = f"what is minimised holds minus {names}, and has fallen from {losses[0]:.3g} to {ended:.3g}"
    fix = f"loss = {names.split(', ')[0]}(...) + others  # it is higher for worse answers: no minus before it"
    return Reading("found", f"{sentence}: the worse the outputs, the lower it is", ended, 0.0, fix=fix)


def told_climbs(case: Case) -> Reading | None:
    """Whether minus the number that is logged is what is minimised, so that it grows ``GROWS`` times; else None.

    Whoever makes something large on purpose, as a score, may log it, too. A loss has a floor at 0, and on copies that
    minimise it, it comes down, and stays above that.
    """
    told, ran_on = (np.array(each.values) for each in (case.log.loss, case.seen.ran_on))
    if len(told) != len(ran_on):
        return None
    told, ran_on = (each[np.isfinite(told) & np.isfinite(ran_on)] for each in (told, ran_on))
    if len(told) < QUARTER or not told[0] > 0:
        return None
    minus = float(np.mean(np.abs(told + ran_on) <= SAME * np.abs(told)))
    ended = float(np.median(told[-(len(told) // QUARTER) :]))
    if minus < MOST or not ended > GROWS * told[0]:
        return None
    trial = trial_of(case, negated(case)._replace(steps=as_long(case)))
    if not (min(trial.mended) >= 0 and end(trial.mended) < HALF * trial.mended[0]):
        return None
    sentence = f"backward() runs on minus the loss that is logged, which has grown from {told[0]:.3g} to {ended:.3g}"
    sentence = f"{sentence}; on copies that minimise it, it falls to {end(trial.mended):.3g}"
    return Reading("found", sentence, ended / told[0], GROWS, trial)


def most_is_trained(case: Case) -> bool:
    """Whether the optimiser holds most numbers of the model."""
    held = {id(param) for group in case.start.groups for param in group["params"] if param.requires_grad}
    sizes = {id(param): param.numel() for param in unwrapped(case.start.model).parameters()}
    return sum(size for key, size in sizes.items() if key in held) > sum(sizes.values()) / 2


def _is_of_data(loss: Retold, call: Called) -> bool:
    """Whether one of torch's losses compares an output, or what was made of it, with what the loop was fed."""
    if call.function not in LOSSES:
        return False
    reached = leading_to(loss, call)
    return any(ref.kind == "output" for ref in reached) and any(ref in loss.parts for ref in reached)


def leading_to(loss: Retold, call: Called) -> set[Ref]:
    """All that a call needs, by way of the calls before it."""
    reached, todo = set[Ref](), list(call.needs)
    while todo:
        ref = todo.pop()
        if ref in reached:
            continue
        reached.add(ref)
        if ref not in loss.parts and ref.kind == "result" and ref.place in loss.calls:
            todo += loss.calls[ref.place].needs
    return reached
