"""Whether a model in eval mode still drops something: a function of torch must be told the mode."""

from __future__ import annotations

import numpy as np
import torch

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Reading
from lossbook.probes.dropped_in_lines import Drops

APART = 0.1  # of the loss in eval mode, by which it must be another one where nothing is dropped
OFTEN = 5  # calls that get the same, from which on many answers are drawn on purpose
LOOKED_AT, DRAWS = 4, 4  # batches, and how often each is asked


def drops_when_judged(case: Case) -> Reading | None:
    """The loss in eval mode, with what is dropped there and with nothing dropped; None where it is the same, or meant.

    It can be meant, as where many answers to one question show how sure a net is.
    """
    seen = case.seen
    is_judged = bool(seen.forwards_no_grad) and (seen.train_mode_no_grad or 0.0) < 1
    if not is_judged or (seen.asked_again or 0) >= OFTEN or _own_mode(case):
        return None
    batches = case.batches[:LOOKED_AT] if case.held_out is None else (case.held_out,)
    found, dropped = _losses(case, batches, drop=True)
    if not found:
        return None
    _, whole = _losses(case, batches, drop=False)
    apart = abs(dropped - whole) / abs(whole) if whole else np.inf
    if not apart > APART:
        return None
    what = ", ".join(sorted(found))
    sentence = f"in eval mode {what} still drops: the loss is {dropped:.3g} there, and {whole:.3g} with nothing dropped"
    return Reading("found", sentence, apart, APART)


def _own_mode(case: Case) -> bool:
    """Whether a part of the model keeps to train mode in eval mode: it is made so."""
    model = copied_model(unwrapped(case.now.model), shared=[]).eval()
    return any(part.training for part in model.modules())


def _losses(case: Case, batches: tuple[Batch, ...], *, drop: bool) -> tuple[set[str], float]:
    assert case.loss_of is not None
    losses, found = list[float](), set[str]()
    for seed in range(DRAWS if drop else 1):
        for batch in batches:
            model, listens = copied_model(unwrapped(case.now.model), shared=[]), Drops(drop=drop)
            with torch.no_grad(), quiet(model, seed=seed), listens:
                losses.append(float(case.loss_of(model.eval(), batch)))
            found |= set(listens.found)
    return found, float(np.mean(losses))
