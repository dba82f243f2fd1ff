"""Decisive tests for causes in the optimiser's other knobs, the batch, and the precision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import gradients, loss_on, train
from lossbook.evidence.structure import tensors
from lossbook.probes import coarse
from lossbook.probes.at_length import FALLS, as_long
from lossbook.probes.base import NEEDS, Limit, Mend, Probe, Reading, decided, with_trial
from lossbook.probes.exchanged_betas import told_for_certain
from lossbook.probes.own_rules import as_it_steps
from lossbook.probes.small_norms import by_itself, fewest
from lossbook.probes.step_size import CLEARLY, FURTHER, MATTERS, SHARES, compared, fall_of
from lossbook.probes.told_adam import AT_ODDS, CORRECTED
from lossbook.probes.trials import STEPS, end, end_of, trial_of

LIMITS = {
    # held-out loss with larger batches over that with the own ones
    "averaged": Limit(0.35, ("all", 0.55), ("batch-of-one", 0.22)),
    # spread of the batches' gradients over their mean, below which they say much the same
    "spread": Limit(1.5, ("lr-too-high-oscillates", 1.1), ("batch-of-one", 2.6)),
}
AVERAGED, SPREAD = (limit.value for limit in LIMITS.values())
LIMITS |= coarse.LIMITS
LARGE_EPS = 1e-4  # beyond which an epsilon outweighs ordinary gradients
USUAL_MOMENTUM = 0.9
FEW_ROWS, SHORT = 4, 0.9  # rows in a norm; second beta
HIGH = 0.99  # momentum, or first beta, from which on nobody means it: the steps are means over hundreds of gradients
EXCHANGED = 0.85  # of the loss, with (0.999, 0.9): an autoencoder of digits 0.6; the usual betas themselves 1
LATER = 200  # steps
JOINED, SAMPLED = 8, 16  # batches that are made into one; whose gradients are compared
FEW = 100  # examples, with which no number of them in a batch may teach what holds for others


def momentum_too_high(case: Case) -> Reading:
    """Train from the start with a momentum of 0.5: the loss ends clearly lower.

    A lower momentum takes shorter steps, at the same learning rate; it helps only where the steps were too long. Where
    the momentum is a usual one, up to ``USUAL_MOMENTUM``, the learning rate is what makes them so.
    """
    case = as_it_steps(case)
    momentum = _knob(case, "momentum") or 0.0
    if momentum <= USUAL_MOMENTUM:
        return Reading("does not apply", f"the momentum is {momentum:g}, and {USUAL_MOMENTUM:g} is usual")
    own = f"the momentum of {momentum:g}"
    reading = _compared(case, own, {"0.5": {"momentum": 0.5}})
    if reading.found or momentum < HIGH:
        return reading
    return _at_length(case, own, f"{USUAL_MOMENTUM:g}", {"momentum": USUAL_MOMENTUM})


def adam_eps(case: Case) -> Reading:
    """Train from the start with epsilons of 1e-8 and 1e-4: the loss ends clearly lower with one of them.

    The one is the usual value, and undoes one that is too large, with which the loss hardly falls. The other outweighs
    gradients that are next to zero.
    """
    case = as_it_steps(case)
    if (eps := _knob(case, "eps")) is None:
        return Reading("does not apply", "the optimiser has no epsilon")
    reading = _compared(case, f"the epsilon of {eps:g}", {f"{other:g}": {"eps": other} for other in (1e-8, 1e-4)})
    if reading.found or eps <= LARGE_EPS:
        return reading
    own, usual = fall_of(case, case.start), fall_of(case, case.start, eps=1e-8)
    sentence = f"in {STEPS} steps the loss falls by {own:.2g} with the epsilon of {eps:g}, with 1e-08 by {usual:.2g}"
    matters = usual > MATTERS * abs(loss_on(case, case.start.model, case.batches[0]))
    if matters and usual > FURTHER * max(own, 0.0):
        return decided(True, sentence, usual / own if own > 0 else None, FURTHER)
    return _at_length(case, f"the epsilon of {eps:g}", "1e-08", {"eps": 1e-8}, FALLS)


def adam_betas(case: Case) -> Reading:
    """Train from the start with betas of 0.9 and 0.999 and the bias corrected: the loss ends clearly lower.

    These are Adam's usual ones. A training that already has them ends where it did. A second beta below ``SHORT`` makes
    each step as long as the last one, however small the gradient has become: its first steps are as good as any, and
    so more of them are looked at. So they are where the first beta is the larger one: nobody means that, and the loss
    need not end as much lower then. Nor need much be left where the correction of the bias is at odds with the
    averages. What an optimiser of the reader's own does is read from its steps.
    """
    case = as_it_steps(case)
    if (betas := _knob(case, "betas")) is None:
        return Reading("does not apply", "the optimiser has no betas")
    corrected = _knob(case, "bias_correction")
    own = f"the betas {betas}{CORRECTED.get(corrected, '')}"
    reading = _compared(case, own, {"the usual ones": USUAL})
    meant, at_odds = betas[0] <= betas[1] and betas[0] < HIGH, corrected in AT_ODDS
    if reading.found or (betas[1] >= SHORT and meant and not at_odds):
        return reading
    reading = _at_length(case, own, "the usual ones", USUAL, CLEARLY if meant else EXCHANGED, little=at_odds)
    return told_for_certain(case, reading)


def _at_length(
    case: Case, own: str, other: str, knobs: dict[str, Any], limit: float = EXCHANGED, *, little: bool = False
) -> Reading:
    """Whether the setting does harm in as many steps as the training had; ``little``: though not much is left."""
    trial = trial_of(case, Mend(f"{other} took the place of {own}", case, knobs, steps=as_long(case, LATER)))
    as_is, mended = end(trial.as_is), end(trial.mended)
    sentence = f"after {len(trial.as_is)} steps the loss with {own} is {as_is:.3g}, with {other} {mended:.3g}"
    return with_trial(compared(case, mended, as_is, sentence, limit, as_is if little else np.inf), trial)


USUAL: dict[str, Any] = {"betas": (0.9, 0.999), "bias_correction": True}


def batch_too_small(case: Case) -> Reading:
    """Join every eight batches into one, and train as many steps on the same examples: the held-out loss is far lower.

    Nothing differs but how many gradients are averaged in a step, so that it is their spread that did the harm. Any
    training gains a little by it; one whose steps are too long gains much, at any batch size. So the spread of the
    batches' gradients at the start must be larger than their mean, too, and no lower learning rate may do as well.

    A batch norm over ``FEW_ROWS`` numbers or less is looked at first: that the loss ends far lower where each example
    is normalised by itself shows that there are too few.
    """
    if (reading := _few_in_a_norm(case)) is not None:
        return reading
    steps, held_out, need = len(case.batches), case.held_out, NEEDS["held-out examples"]
    if held_out is None or not need.there(case):
        return Reading(need.outcome, need.sentence)
    if (mend := larger_batches(case)) is None:
        return Reading("cannot tell", f"{steps} batches were seen, and they cannot be joined")
    own, other = (loss_on(one, train(one, one.start, steps)[0].model, held_out) for one in (case, mend.case))
    sentence = (
        f"after {steps} steps on batches of {case.batches[0].size} the held-out loss is {own:.3g}, "
        f"on the same examples in batches {JOINED} times as large {other:.3g}"
    )
    reading = compared(case, other, own, sentence, AVERAGED)
    if not reading.found:
        seen = sum(batch.size for batch in case.batches)
        few = f"{sentence}; {seen} examples are too few to tell"
        return reading if seen >= FEW else Reading("cannot tell", few, reading.measured, AVERAGED)
    lower = min(_held_out_loss(case, held_out, lr_scale=scale) for scale in SHARES[:2])
    if not lower > other:
        return decided(False, f"{sentence}, and {lower:.3g} at a lower learning rate", reading.measured, AVERAGED)
    spread = _spread(case)
    return decided(
        spread > SPREAD, f"{sentence}; the batches' gradients spread by {spread:.2g} times their mean", spread, SPREAD
    )


def _held_out_loss(case: Case, held_out: Batch, **knobs: float) -> float:
    """Of a copy that was trained on each batch once."""
    loss = loss_on(case, train(case, case.start, len(case.batches), **knobs)[0].model, held_out)  # type: ignore[arg-type]
    return loss if np.isfinite(loss) else float("inf")


def _few_in_a_norm(case: Case) -> Reading | None:
    """What a norm over few examples does; None where none does harm."""
    numbers = fewest(case)
    if numbers is None or numbers > FEW_ROWS:
        return None
    trial = trial_of(case, by_itself(case))
    as_is, mended = end(trial.as_is), end(trial.mended)
    sentence = f"a batch norm takes the mean of {numbers} numbers; the loss ends at {as_is:.3g}, "
    sentence += f"and at {mended:.3g} if each example is normalised by itself"
    reading = compared(case, mended, as_is, sentence, AVERAGED)
    return with_trial(reading, trial) if reading.found else None


def larger_batches(case: Case) -> Mend | None:
    """Every eight batches joined to one; None where they cannot be joined."""
    groups = [case.batches[first : first + JOINED] for first in range(0, len(case.batches), JOINED)]
    try:
        joined = tuple(joined_batch(group) for group in groups)
    except (RuntimeError, TypeError, ValueError):
        return None
    return Mend(f"every {JOINED} batches were joined to one", replace(case, batches=joined))


def joined_batch(batches: tuple[Batch, ...]) -> Batch:
    """Their examples as one batch.

    Raises:
        ValueError: they are not of one structure.
        RuntimeError: their examples differ in shape.
    """
    parts = [tensors(tuple(batch)) for batch in batches]
    if len({len(part) for part in parts}) > 1:
        raise ValueError(f"batches must be of one structure, got {sorted({len(part) for part in parts})} tensors.")
    joined = iter([torch.cat(each) for each in zip(*parts, strict=True)])
    return batches[0].map(lambda _: next(joined))


def _knob(case: Case, name: str) -> Any:
    return case.start.groups[0].get(name)


def _compared(case: Case, own: str, others: dict[str, dict[str, Any]]) -> Reading:
    """Whether the best of some other settings ends clearly lower than the setting as it is."""
    stands, ends = end_of(case), {name: end_of(case, **others[name]) for name in others}
    best = min(ends, key=lambda name: ends[name])
    sentence = f"after {STEPS} steps the loss with {own} is {stands:.3g}, with {best} {ends[best]:.3g}"
    return compared(case, ends[best], stands, sentence)


def _spread(case: Case) -> float:
    """Root mean square distance of the first batches' gradients from their mean, over its norm, at the start."""
    rows = []
    for batch in case.batches[:SAMPLED]:
        grads = gradients(case, case.start.model, batch).values()
        rows.append(torch.cat([grad.flatten() for grad in grads if grad is not None]))
    all_of, mean = torch.stack(rows), torch.stack(rows).mean(dim=0)
    return float((all_of - mean).norm() / mean.norm()) / len(rows) ** 0.5


def _half_the_momentum(case: Case) -> Mend | None:
    case = as_it_steps(case)
    return Mend("the momentum was set to 0.5", case, {"momentum": 0.5}) if _knob(case, "momentum") else None


def _another_epsilon(case: Case) -> Mend | None:
    case = as_it_steps(case)
    eps = min((1e-8, 1e-4), key=lambda eps: end_of(case, eps=eps)) if _knob(case, "eps") is not None else None
    return None if eps is None else Mend(f"epsilon was set to {eps:g}", case, {"eps": eps})


def _usual_betas(case: Case) -> Mend | None:
    case = as_it_steps(case)
    return None if _knob(case, "betas") is None else Mend("the betas were set to 0.9 and 0.999", case, USUAL)


def plain_lines(case: Case) -> Mend:
    """The same model, batches, loss and optimiser in five plain lines, in single precision."""
    return Mend("the loop was replaced by five plain lines", case, plain=True)


_TRAINS = ("batches", "loss of batches", "optimizer")

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "momentum-too-high": Probe(momentum_too_high, _TRAINS, steps=2 * STEPS, mend=_half_the_momentum),
    "adam-eps": Probe(adam_eps, _TRAINS, steps=5 * STEPS + 2 * LATER, mend=_another_epsilon),
    "adam-betas": Probe(adam_betas, _TRAINS, steps=2 * (STEPS + LATER), mend=_usual_betas),
    "batch-too-small": Probe(batch_too_small, _TRAINS, steps=4 * 40, mend=larger_batches),
    "low-precision": Probe(
        coarse.low_precision,
        ("batches", "loss of batches", "seen zeros"),
        steps=2 * coarse.LONG,
        mend=lambda case: coarse.in_single_precision(case) or plain_lines(case),
    ),
}
