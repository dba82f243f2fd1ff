"""Decisive tests for causes in the labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.alike import order_of, strangers
from lossbook.probes.at_length import LONG, stands
from lossbook.probes.base import Limit, Probe, Reading, before, decided
from lossbook.probes.examples import data_loss, how_many, joined
from lossbook.probes.learnt_alone import BY_HEART, alone
from lossbook.probes.made_up import cost_of_one_answer
from lossbook.probes.mends_of_data import balanced, doubtful_left_out
from lossbook.probes.mirrored import turned_apart
from lossbook.probes.one_by_one import SAMPLE, chance_loss, losses_of
from lossbook.probes.order import no_order_matters
from lossbook.probes.paired import (
    LOOKED_AT,
    OWN,
    PAIRED,
    among_themselves,
    apart,
    few,
    how_many_came,
    in_plain_conditions,
    pairing,
    within_batches,
)
from lossbook.probes.plain_learners import hang_together
from lossbook.probes.rare_classes import RECALL, class_imbalance
from lossbook.probes.viewed import axes_exchanged_by_a_view
from lossbook.probes.weights_of_classes import weighed_wrongly

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "same": Limit(
        0.85, ("labels-misaligned", 0.55), ("labels-misaligned", 0.95)
    ),  # held-out loss over the permuted one
    "tail": Limit(0.15, ("all", 0.05), ("noisy-labels", 0.23)),  # share in the tail beyond the held-out one
    "recall": RECALL,
}
STRANGERS, TAIL = (LIMITS[name].value for name in ("same", "tail"))
TOGETHER = 4.0  # deviations of chance: programs whose labels are misaligned at most 2.9; one of noisy returns 9.4
SAME = 0.85  # held-out loss over that after permuting: healthy runs at most 0.55, misaligned ones at least 0.95
AGAIN, SPREADS = 4, 3.0  # other permutations, and of how many of their deviations lower the held-out loss is no chance
GENTLE = 0.1  # of the learning rate, at which a training is asked that learns nothing at its own
LEARNT = 0.4  # share of held-out examples in the tail, above which too little was learnt to tell: noisy runs 0.1
WORSE = 1.5  # loss over that of one answer for all, above which a training has not come down yet to where labels matter
MANY = 500  # different examples, from which on those that a copy has not seen tell whether anything holds for them
FEW = 100  # different training examples, from which a net learns nothing that would hold for others


def labels_misaligned(case: Case) -> Reading:
    """Train with the labels as they are, and with permuted ones: held-out examples tell them apart.

    If images and labels belong together, permuting them makes the held-out loss much worse. If nothing changes, they
    did not belong together before; unless the training learns nothing whatever, which twenty examples show. A training
    that learns those alone has another fault if examples that look alike have like labels, which no training is
    needed to see. Where noise hides most of what is learnt, permutations show whether the rest is chance. Where each
    batch is a task of its own, what holds for one half of a batch holds for the other.

    Without held-out examples a part of the training's own is held out. If a training tells those apart, but not what is
    held out, the labels are right, and something else sets the two apart. So they are if there is a little to learn
    beneath much noise, which learners show that take all examples at once. Before all that, pictures that came twice
    show whether their masks were turned over with them.
    """
    if (apart_from_inputs := axes_exchanged_by_a_view(case) or turned_apart(case)) is not None:
        return apart_from_inputs
    reading = _misaligned(case)
    if not reading.found or (sure := hang_together(case)) is None or not sure > TOGETHER:
        return reading
    sentence = f"{reading.sentence}; yet of what plain learners say of the others they are {sure:.1f} deviations nearer"
    return decided(False, f"{sentence} than by chance", sure, TOGETHER)


def _misaligned(case: Case) -> Reading:
    every = joined(case.batches)
    if (why := no_order_matters(case)) is not None:
        return Reading("does not apply", why)
    if case.held_out is None:
        return _misaligned_among_themselves(case)
    different = how_many(every) or 0
    if different < FEW:
        return Reading("cannot tell", f"{different} different training examples are too few to tell")
    alike = strangers(every, case.held_out)
    if alike is None:
        return Reading("does not apply", "held-out examples and targets are not shaped as those of the training")
    if not alike >= STRANGERS:
        sentence = f"labels of examples that look alike differ {alike:.2f} times as much as any two"
        return decided(False, sentence, alike, STRANGERS)
    rng = np.random.default_rng(0)
    as_given, mixed = _held_out_loss(case, case.batches), _held_out_loss(case, _permuted(case, rng))
    sentence = f"the held-out loss is {as_given:.3g} with the labels as they are and {mixed:.3g} with permuted ones"
    if not 0 < mixed < float("inf"):
        return Reading("cannot tell", sentence)
    share = as_given / mixed
    if not share > SAME:
        return decided(False, sentence, share, SAME)
    twenty = alone(case, every.first(20))
    sentence += f"; on twenty examples the loss goes {twenty}"
    if not twenty.by_heart:
        return decided(False, sentence, twenty.share, BY_HEART)
    others = np.array([mixed, *(_held_out_loss(case, _permuted(case, rng)) for _ in range(AGAIN))])
    if as_given < others.mean() - SPREADS * others.std(ddof=1):  # a little can be learnt, beside much noise
        sentence += f"; with {len(others)} permutations it is {others.min():.3g} to {others.max():.3g}"
        return decided(False, sentence, share, SAME)
    own = among_themselves(case)
    if own is not None and own.share < OWN:
        sentence += f"; of examples that it was not trained on, among those of the training, it is {own}"
        return decided(False, sentence, own.share, OWN)
    if own is not None and (plain := in_plain_conditions(case)) is not None:
        return decided(False, f"{sentence}; of examples that a copy was not trained on, {plain}", None, OWN)
    return decided(True, sentence, alike, STRANGERS)


def _misaligned_among_themselves(case: Case) -> Reading:
    """The same with a part of the training's own examples held out; and the training has learnt none of all."""
    different = how_many_came(case)
    if different < FEW:
        return Reading("cannot tell", f"{different} different training examples are too few to tell")
    now = pairing(case, case.now.model, case.batches[:LOOKED_AT], 1)
    sentence = f"the loss of the training examples is {now}"
    if not now.share > SAME:
        return _by_heart_alone(case, sentence, now.share)
    if (nothing := cost_of_one_answer(case, case.batches[0])) is not None and now.given > WORSE * nothing:
        return Reading("cannot tell", f"{sentence}, and {nothing:.3g} if all examples get the same answer")
    own = among_themselves(case)
    if own is None:
        return Reading("cannot tell", f"{sentence}, and no examples came that could be held out")
    sentence += f"; of examples that a copy was not trained on it is {own}"
    if not own.share > SAME or not own.is_chance:
        return decided(False, sentence, own.share, SAME)
    if stands(case):
        gentle = among_themselves(case, lr_scale=GENTLE, steps=LONG)
        if gentle is not None and (not gentle.share > SAME or not gentle.is_chance):
            sentence += f", and at {GENTLE:g} times the learning rate {gentle}"
            return decided(False, sentence, gentle.share, SAME)
    twenty = alone(case, few(case, 20))
    sentence += f"; on twenty examples the loss goes {twenty}"
    tasks = within_batches(case) if twenty.by_heart else None
    if tasks is not None and tasks.share < SAME and not tasks.is_chance:
        sentence += f"; of one half of a batch, after training on the other half, it is {tasks}"
        return decided(False, sentence, tasks.share, SAME)
    if twenty.by_heart and (plain := in_plain_conditions(case)) is not None:
        return decided(False, f"{sentence}; of examples that a copy was not trained on, {plain}", None, BY_HEART)
    return decided(twenty.by_heart, sentence, twenty.share, BY_HEART)


def _by_heart_alone(case: Case, sentence: str, share: float) -> Reading:
    """Whether what was learnt is nothing but single examples: no copy, however short, knows anything of the others.

    And what is most alike has targets that differ as any two do. Of measurements alone, and where there are many: what
    is made of symbols, as sums of numbers are, is learnt by heart first.
    """
    nothing = decided(False, sentence, share, SAME)
    parts = apart(case) if how_many_came(case) >= MANY else None
    if parts is None or case.batches[0].x is None:
        return nothing
    known, asked = map(joined, parts)
    alike = strangers(known, asked)
    if alike is None or not alike >= STRANGERS:
        return nothing
    for steps in (PAIRED // 4, PAIRED // 2, PAIRED):
        own = among_themselves(case, steps=steps)
        if own is None or not own.is_chance:
            return nothing
    sentence = f"{sentence}; of examples that a copy was not trained on it is {own}, after {PAIRED} steps and after"
    sentence = f"{sentence} fewer; labels of examples that look alike differ {alike:.2f} times as much as any two"
    return decided(True, sentence, alike, STRANGERS)


def noisy_labels(case: Case) -> Reading:
    """Sort the training examples by their loss now: do many more of them cost more than knowing nothing, than held out?

    Where labels are right, training examples cost no more than held-out ones. Wrong labels lie in a tail far above:
    the model is surer of another class than of this one. The tail begins at the loss before training. What a model has
    learnt by heart is not in it, so that there must be too many examples, or too few steps, for that.
    """
    assert case.held_out is not None
    if case.seen.whole_loss is False:  # mixup gives each example a second label, which is not in the case
        return Reading("cannot tell", "the loss has other terms than that of each output and its target")
    training = joined(case.batches).first(SAMPLE)
    chance = chance_loss(case, training)
    tail, expected = (
        float((losses_of(case, batch) > chance).mean()) for batch in (training, case.held_out.first(SAMPLE))
    )
    sentence = f"{tail:.0%} of training examples cost more than knowing nothing, of held-out ones {expected:.0%}"
    if not expected < LEARNT:
        return Reading("cannot tell" if np.isnan(expected) else "not found", sentence, expected, LEARNT)
    return decided(tail - expected > TAIL, sentence, tail - expected, TAIL)


def _permuted(case: Case, rng: np.random.Generator) -> list[Batch]:
    """The batches with the targets of all of them permuted; where their shapes differ, each batch's by themselves."""
    targets = [batch.target for batch in case.batches]
    if len({target.shape[1:] for target in targets}) == 1:
        every = torch.cat(targets)
        targets = [*every[order_of(rng, every)].split([*map(len, targets)])]
    else:
        targets = [y[order_of(rng, y)] for y in targets]
    return [batch._replace(target=y) for batch, y in zip(case.batches, targets, strict=True)]


def _held_out_loss(case: Case, batches: Any) -> float:
    assert case.held_out is not None
    trained, _ = train(case, case.start, PAIRED, batches=batches)
    return loss_on(data_loss(case), trained.model, case.held_out)


#: key of the cause -> why no change that a case allows lowers its training loss
NO_MEND: dict[str, str] = {
    "labels-misaligned": "which label belongs to which example is not in the case",
}

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "labels-misaligned": Probe(
        labels_misaligned, ("batches", "loss of batches", "targets", "optimizer"), (9 + AGAIN) * PAIRED
    ),
    "noisy-labels": Probe(
        noisy_labels,
        ("batches", "loss of batches", "loss of outputs", "targets", "held-out examples"),
        mend=doubtful_left_out,
    ),
    "class-imbalance": Probe(
        before(weighed_wrongly, class_imbalance),
        ("batches", "loss of batches", "loss of outputs", "targets"),
        mend=balanced,
    ),
}
