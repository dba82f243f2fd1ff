"""Whether a model is too small for its data: it is stuck, and is not with a wide net beside it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Case, Snapshot, pair_loss, unwrapped
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.base import Limit, Reading, decided
from lossbook.probes.made_up import knowing_nothing
from lossbook.probes.outputs import of_outputs
from lossbook.probes.paired import apart
from lossbook.probes.rewired import Beside

#: loss with a net beside over that without
LIMITS: dict[str, Limit] = {"helped": Limit(0.5, ("all", 0.71), ("capacity-too-small", 0.12))}
HELPED = LIMITS["helped"].value
STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy
STILL = 0.9  # loss after more steps over that before, below which it falls on; too small: at least 0.97
LR, FASTER = 3e-3, 10.0  # of Adam; times the training's own rate, at which few examples may be learned, too
FEW, STEPS = 4, 120  # examples to learn by heart, and steps of each training


@of_outputs
def capacity_too_small(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Where the loss is stuck: learn four examples by heart, then train the fresh model, and it with a wide net beside.

    That a few examples are learned shows that the training works. That the sum of the model and a wide net learns
    what the model alone does not shows that the model is too small. Both are trained by Adam from fresh weights, with
    no penalty, so that what the training did to the model, or left out, does not count. Limit ``HELPED``; it stands
    between runs in which the model alone is stuck with Adam, too. What the wide net learns must hold for examples that
    it was not trained on, where there are some: else it has learned the others by heart.
    """
    losses, few = np.array(case.log.loss.values), case.batches[0].first(FEW)
    end = float(losses[-math.ceil(len(losses) / 4) :].mean())
    level = _ratio(end, losses[0])
    if not level > STUCK:
        return decided(False, f"the loss is not stuck: it ends at {level:.2f} of its start")
    nothing = knowing_nothing(case, output, y)
    if nothing is not None and losses[0] < STUCK * nothing:
        return decided(False, f"it begins at {losses[0]:.2g}, and knowing nothing costs {nothing:.2g}: it has learned")
    learned = train(case, case.start, STEPS, batches=[few])[1]
    if not _ratio(learned[-1], learned[0]) < STUCK:  # a few units may need longer steps than many
        learned = train(case, case.start, STEPS, batches=[few], lr_scale=FASTER)[1]
    if not _ratio(learned[-1], learned[0]) < STUCK:
        return decided(False, f"four examples are not learned either: {learned[0]:.2g} to {learned[-1]:.2g}")
    more = _end(case, case.now)
    if not _ratio(more, end) > STILL:
        return decided(False, f"the loss is not stuck: {STEPS} more steps take it from {end:.2g} to {more:.2g}")
    free = case if case.loss is None else replace(case, loss_of=pair_loss(case.loss))
    model = copied_model(unwrapped(case.start.model), shared=[]).requires_grad_(True)
    alone = _end(free, _with_adam(model))
    if alone > end:  # the run had more steps: so has the copy
        curve = train(free, _with_adam(model), min(len(losses), 3 * STEPS))[1]
        *_, before, last = np.array_split(curve, 4)
        alone = float(last.mean())
        if not _ratio(alone, before.mean()) > STILL:
            return decided(False, f"the model is not stuck: in {len(curve)} steps of Adam it comes to {alone:.2g}")
    if not _ratio(alone, end) > STUCK:
        return decided(False, f"the model is not too small: Adam takes the loss to {alone:.2g} instead of {end:.2g}")
    helped = _end(free, _with_adam(Beside(model, case.batches[0])))
    sentence = f"stuck at {level:.2f} of its start; Adam takes it to {alone:.2g}, with a wide net beside the model to"
    ratio = _ratio(helped, alone)
    sentence = f"{sentence} {helped:.2g}"
    others = _of_others(free, model) if ratio < HELPED else None
    if others is not None and not others[1] < others[0]:
        sentence = f"{sentence}; of examples that neither was trained on, from {others[0]:.2g} to {others[1]:.2g}"
        return decided(False, sentence, _ratio(others[1], others[0]), 1.0)
    return decided(ratio < HELPED, sentence, ratio, HELPED)


def _of_others(case: Case, model: nn.Module) -> tuple[float, float] | None:
    """The loss of examples that were kept out, of the model alone and with a wide net beside; None without such."""
    parts = apart(case)
    if parts is None:
        return None
    known, asked = parts
    alone, helped = (
        train(case, _with_adam(each), STEPS, batches=known)[0].model for each in (model, Beside(model, case.batches[0]))
    )
    first, second = (float(np.mean([loss_on(case, each, batch) for batch in asked])) for each in (alone, helped))
    return first, second


def _with_adam(model: nn.Module) -> Snapshot:
    return Snapshot(model, (torch.optim.Adam(model.parameters(), lr=LR),))


def _end(case: Case, snapshot: Snapshot) -> float:
    """The mean loss of the last quarter of ``STEPS`` steps."""
    return float(train(case, snapshot, STEPS)[1][-STEPS // 4 :].mean())


def _ratio(after: Any, before: Any) -> float:
    return float(after) / float(before) if before else math.nan
