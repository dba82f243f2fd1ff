"""Weights that are loaded again and again, always the same ones: what was learned in between is thrown away."""

from __future__ import annotations

from lossbook.evidence import Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.base import Reading

LOST = 1.3  # loss of the weights it ends with, over that of weights after plain steps; the first epoch's: 1.9 to 2.6
OFTEN = 4  # times that the weights become the same ones
MOST = 0.5  # of all steps, that must lie between the first and the last of these times
SLOWER = 0.5  # of the rate at the first time; who goes on at a lower one has loaded them on purpose
STEPS = 300  # of the plain lines, at most


def thrown_away(case: Case) -> Reading | None:
    """Whether the weights become the same ones again and again, and would be better without; else None.

    Who goes on from the best weights so far may also load the same ones often, once none are better: no others then
    have a lower loss of the examples by which they were chosen. Where nothing is judged, that of the training counts.
    """
    back, steps = case.seen.returned or (), case.seen.steps or 0
    if len(back) < OFTEN or back[-1] - back[0] < MOST * steps or not case.batches or case.loss_of is None:
        return None
    if case.seen.optimizer_changed or case.seen.state_lost or _is_slower(case, back):
        return None
    judged = case.held_out if case.seen.forwards_no_grad else case.batches[-1]
    if judged is None:
        return None
    plain, _ = train(case, case.start, min(steps, STEPS))
    own, other = (loss_on(case, model, judged) for model in (case.now.model, plain.model))
    if not other > 0 or not own > LOST * other:
        return None
    whose = "of held-out examples" if case.seen.forwards_no_grad else "of a batch"
    sentence = f"{len(back)} times in {steps} steps, first at step {back[0]}, the weights became the same ones again; "
    sentence += f"they end at a loss {whose} of {own:.3g}, and plain lines at {other:.3g}"
    return Reading("found", sentence, own / other, LOST)


def _is_slower(case: Case, back: tuple[int, ...]) -> bool:
    """Whether the learning rate has fallen since the first of these times."""
    rates = [max(group) for group in case.seen.lrs or ()]
    if len(rates) <= back[0] or not rates:
        return False
    return rates[min(back[-1], len(rates) - 1)] < SLOWER * rates[back[0]]
