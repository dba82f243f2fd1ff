"""Decisive tests for causes in the regularisation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import nn

from lossbook.evidence import Batch, Case, Snapshot, pair_loss
from lossbook.evidence.replay import FALL_BATCHES, loss_on, output_of, train
from lossbook.probes.at_length import FALLS, LONG, as_long, stands
from lossbook.probes.at_the_end import dropped_answers
from lossbook.probes.base import Limit, Mend, Probe, Reading, decided, missing
from lossbook.probes.dropped_in_lines import highest_share, undropped
from lossbook.probes.examples import data_loss, how_many, joined
from lossbook.probes.left_out import lowest_cost, unseen_parts
from lossbook.probes.made_up import value_of
from lossbook.probes.own_examples import STEPS as OF_A_PART
from lossbook.probes.own_examples import Parts, learnt_by_heart

#: name -> the number that decides, between two runs; of a scenario with a cause, the healthy run is the mended one
LIMITS: dict[str, Limit] = {
    "decay": Limit(0.7, ("healthy-weight-decay", 0.98), ("weight-decay-in-adam", 0.47)),  # fall over that without it
    "dropout": Limit(0.4, ("healthy-dropout", 0.8), ("dropout-too-high", 0.01)),  # fall over that with nothing dropped
    "gap": Limit(
        30.0, ("healthy-accuracy-rises-on", 10.0), ("overfitting-few-digits", 580.0)
    ),  # held-out loss over training loss
    # loss of unseen batches without decay over that with it
    "hurts": Limit(0.65, ("program", 0.76), ("weight-decay-in-adam", 0.41)),
}
DECAY, DROPOUT, GAP, HURTS = (limit.value for limit in LIMITS.values())
DECAY_STEPS = 100  # for which a copy is trained
DROPOUT_STEPS = 40
NEARLY = 0.9  # of the fall without decay, above which nothing more is tried
LESS = 0.3  # of what unseen examples cost, by which they must cost less with nothing dropped; broken: 0.6, sound: 0.2
UNSEEN = 8  # batches on which no copy is trained
MATTERS = 0.1  # of the fresh model's loss, which a decay must cost
RISE = 1.15  # held-out loss at the end over its lowest, as in ``symptoms``; broken: 1.2 and more
LEARNT = 0.99  # of the fresh model's held-out loss, below which something was learnt before it rose
TIMES = 4  # that each example was seen on average, so that there are no others
STILL = 0.1  # of the fresh model's held-out loss, above which there is something left to learn
GAIN = 0.03  # of the metric since then, which forgives a risen loss; broken: 0.01
#: what drops -> the attribute that says how much
DROPS: dict[type[nn.Module], str] = {
    nn.modules.dropout._DropoutNd: "p",
    nn.RNNBase: "dropout",
    nn.MultiheadAttention: "dropout",
}


def weight_decay_too_strong(case: Case) -> Reading:
    """Train from fresh weights as it is, and without weight decay and penalty: how far does the loss fall?

    The loss is that of the data alone, in eval mode. Any decay takes a little from its fall; one that takes more than
    1 - ``DECAY`` of it outweighs the data. So does one that takes less, but leaves a multiple of the loss, on batches,
    too, that the copies were not trained on, where a decay that keeps a net from learning by heart would help.
    """
    free = without_decay(case)
    if free is None:
        return Reading("does not apply", "there is no weight decay, and no penalty")
    own, other = train(case, case.start, DECAY_STEPS)[0], train(free.case, case.start, DECAY_STEPS, **free.knobs)[0]
    as_is, without = _fall(free.case, own), _fall(free.case, other)
    sentence = f"the loss falls by {as_is:.3g} in {DECAY_STEPS} steps, without decay and penalty by {without:.3g}"
    reading = _decided_by_share(as_is, without, sentence, DECAY)
    if reading.found:  # running statistics come late, and hide in eval mode what was learnt
        fell, other_fell = (_fall(free.case, each, train_mode=True) for each in (own, other))
        if fell >= DECAY * other_fell > 0:
            return decided(
                False, f"{sentence}; in train mode by {fell:.3g} and {other_fell:.3g}", fell / other_fell, DECAY
            )
    parts = unseen_parts(case)
    if reading.found and parts is not None:
        left, less, _ = _on_unseen(case, free, parts)
        sentence = f"{sentence}; unseen examples then cost {left:.3g}, without decay and penalty {less:.3g}"
        return decided(not left < less, sentence, reading.measured, DECAY)
    if reading.found or not as_is < NEARLY * without or len(case.batches) < 2 * UNSEEN:
        return reading
    left, less, first = _on_unseen(case, free, parts or Parts(case.batches[:-UNSEEN], case.batches[-UNSEEN:]))
    sentence = (
        f"after {DECAY_STEPS} steps the loss of unseen batches is {left:.3g}, without decay and penalty {less:.3g}"
    )
    return decided(less < HURTS * left and left - less > MATTERS * first, sentence, less / left, HURTS)


def _on_unseen(case: Case, free: Mend, parts: Parts) -> tuple[float, float, float]:
    """Of what no copy is trained on: the loss with decay, without it, and of the fresh model."""
    as_is = train(case, case.start, DECAY_STEPS, batches=parts.trained)[0]
    without = train(free.case, case.start, DECAY_STEPS, batches=parts.trained, **free.knobs)[0]
    models = (each.model for each in (as_is, without, case.start))
    left, less, first = (
        float(np.mean([loss_on(free.case, model, batch) for batch in parts.asked])) for model in models
    )
    return left, less, first


def dropout_too_high(case: Case) -> Reading:
    """Train from fresh weights as it is, and with nothing dropped: how far does the loss fall?

    The loss is measured in eval mode, and with nothing dropped, so that only what was learned counts. Any dropout slows
    the first steps; one that leaves less than ``DROPOUT`` of their fall is too high. So it is only if examples that no
    copy is trained on, where there are any, cost far less with nothing dropped as well: else a few noisy ones may have
    been learnt by heart.
    """
    in_layers = max((getattr(module, name) for module, name in _drops(case.start.model)), default=0.0)
    highest = max(in_layers, highest_share(case))
    free = nothing_dropped(case)
    if not highest or free is None:
        return Reading("does not apply", "nothing is dropped")
    as_is, without = (_fall(free.case, train(one, one.start, DROPOUT_STEPS)[0]) for one in (case, free.case))
    sentence = f"with a share of up to {highest} dropped, the loss falls by {as_is:.3g} in {DROPOUT_STEPS} steps"
    reading = _decided_by_share(as_is, without, f"{sentence}, with nothing dropped by {without:.3g}", DROPOUT)
    if reading.found or not stands(case):
        reading = _of_unseen(case, free, reading)
        return reading if reading.found else dropped_answers(case) or reading
    few = joined(case.batches[:FALL_BATCHES])
    own, other = (loss_on(free.case, train(one, one.start, LONG)[0].model, few) for one in (case, free.case))
    sentence = f"{reading.sentence}; after {LONG} steps it is {own:.3g} as it is, and {other:.3g} with nothing dropped"
    reading = _of_unseen(case, free, decided(other < FALLS * own, sentence, other / own if own else None, FALLS))
    return reading if reading.found else dropped_answers(case) or reading


def _of_unseen(case: Case, free: Mend, reading: Reading) -> Reading:
    """The reading; not found if what no copy is trained on costs nearly as much at best where nothing is dropped."""
    parts = unseen_parts(case) if reading.found else None
    if parts is None:
        return reading
    own, other = (lowest_cost(one, free.case, parts, as_long(case)) for one in (case, free.case))
    sentence = f"{reading.sentence}; unseen examples cost {own:.3g} at best, with nothing dropped {other:.3g}"
    less = own - other > LESS * abs(own)
    return replace(reading, outcome="found" if less else "not found", sentence=sentence)


def overfitting(case: Case) -> Reading:
    """Compare the loss of held-out examples with that of training examples, and see whether it has turned.

    Both are measured in eval mode, so that a faulty validation does not count. A gap alone is usual. It is learning
    by heart if the held-out loss first fell, from that of the fresh model, and has also risen by ``RISE`` since its
    lowest look, without a gain of the metric. It is so, too, where the examples that are trained on, over and over, are
    fewer than those that are held out, as where a part was cut off for a quick test. Where no held-out examples were
    seen, and those that are trained on came again and again, a copy is trained on a part of them.
    """
    if (reading := missing(case, ("held-out examples",))) is not None:
        return learnt_by_heart(case, GAP) or reading
    assert case.held_out is not None
    correct = _with_reference(case, case.held_out, case.batches[0])
    held_out = loss_on(correct, case.now.model, case.held_out)
    learned = float(np.mean([loss_on(correct, case.now.model, batch) for batch in case.batches]))
    fresh = loss_on(correct, case.start.model, case.held_out)  # the first look may come after the turn
    val, metric = case.log.val_loss.values, case.log.metric.values
    different = _few_examples(case)
    if different is not None and held_out > STILL * fresh > 0 and learned > 0 and held_out / learned > GAP:
        sentence = f"{different} examples are trained on, over and over, and more are held out: the held-out loss is"
        return decided(True, f"{sentence} {held_out:.3g}, the training loss {learned:.3g}", held_out / learned, GAP)
    if (reading := missing(case, ("held-out losses",))) is not None:
        return reading
    lowest = int(np.argmin(val))
    if not (learned > 0 and val[lowest] > 0):
        return Reading("cannot tell", f"the held-out loss is {held_out:.3g}, the training loss {learned:.3g}")
    rise, gap = held_out / val[lowest], held_out / learned
    gain = metric[-1] - metric[lowest] if len(metric) == len(val) else 0.0
    sentence = f"the held-out loss is {held_out:.3g}, {rise:.2f} times its lowest; the training loss is {learned:.3g}"
    sentence += f"; the metric gained {gain:.3f} since" if metric else ""
    turned = val[lowest] < LEARNT * fresh and rise > RISE and gain < GAIN
    return decided(turned and gap > GAP, sentence, gap, GAP)


def _few_examples(case: Case) -> int | None:
    """How many examples are trained on, if each of them came several times, and fewer than are held out; or None."""
    assert case.held_out is not None
    every = joined(case.batches)
    different = how_many(every)
    if different is None or different * TIMES > every.size or different >= case.held_out.size:
        return None
    return different if different > case.batches[0].size else None  # one batch, repeated, is another cause


def without_decay(case: Case) -> Mend | None:
    """No weight decay, no penalty."""
    if case.penalty is not None and case.loss is not None:
        case = data_loss(case)
    elif not any(group.get("weight_decay", 0.0) for group in case.start.groups):
        return None
    change = "weight decay and penalty were taken away"
    return Mend(change, replace(case, penalty=None), {"weight_decay": 0.0}, steps=DECAY_STEPS)


def nothing_dropped(case: Case) -> Mend | None:
    """No dropout layer drops anything, nor does a line."""
    start = case.start.copy(shared=[])
    layers = _drops(start.model)
    for module, name in layers:
        setattr(module, name, 0.0)
    free = replace(case, start=start)
    if highest_share(free):
        return Mend("nothing was dropped", undropped(free))
    return Mend("nothing was dropped", free) if layers else None


def _drops(model: nn.Module) -> list[tuple[nn.Module, str]]:
    return [(module, name) for module in model.modules() for kind, name in DROPS.items() if isinstance(module, kind)]


def _with_reference(case: Case, *batches: Batch) -> Case:
    """The case with the loss that is known to be right, if there is one and it takes the model's outputs."""
    if case.reference is None:
        return data_loss(case)
    value = case.reference.value
    taken = [value_of(value, output_of(case.now.model, batch), batch.target) is not None for batch in batches]
    return replace(case, loss_of=pair_loss(value)) if all(taken) else data_loss(case)


def _fall(case: Case, after: Snapshot, *, train_mode: bool = False) -> float:
    """How far the loss of the first batches has fallen, by default in eval mode, from the start until then."""
    feed, models = case.batches[:FALL_BATCHES], (case.start.model, after.model)
    before, now = (np.mean([loss_on(case, model, each, train_mode=train_mode) for each in feed]) for model in models)
    return float(before - now)


def _decided_by_share(fall: float, without: float, sentence: str, limit: float) -> Reading:
    """Whether the loss falls by less than this share of its fall without what is tested."""
    if not without > 0:
        return Reading("cannot tell", f"{sentence}: it does not fall, with or without")
    share = fall / without
    return Reading("found" if not share >= limit else "not found", sentence, share, limit)


#: key of the cause -> why no change that a case allows lowers its training loss
NO_MEND: dict[str, str] = {
    "overfitting": "the training loss is low; what lowers the held-out loss raises it",
}

_SEEN = ("batches", "loss of batches")

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "weight-decay-too-strong": Probe(weight_decay_too_strong, (*_SEEN, "optimizer"), 4 * DECAY_STEPS, without_decay),
    "dropout-too-high": Probe(dropout_too_high, _SEEN, 2 * DROPOUT_STEPS, nothing_dropped),
    "overfitting": Probe(overfitting, _SEEN, OF_A_PART),
}
