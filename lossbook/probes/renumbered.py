"""Columns of codes, such as words that were numbered: do held-out examples number them otherwise than the training?"""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on
from lossbook.evidence.structure import tensors
from lossbook.probes.examples import data_loss, joined

#: of what held-out examples cost more than those of the training, the share that is left once codes are exchanged;
#: healthy: held-out rows that follow another rule
RENUMBERED = 0.15  # two programs: 0.29 healthy, 0.04 renumbered
LEARNT = 0.5  # of the fresh model's loss, below which they must come
WORSE = 2.0  # held-out loss over that of the training examples, from which it is asked why
MOST_CODES, MOST_LOOKS = 16, 1500  # of a column; at the held-out examples
ROUNDS = 3  # a code is chosen again once the others are
ROWS = 400  # of the held-out examples: half of them choose, and the others judge
FEWEST = 20
Place = tuple[int, int | None]  # which tensor of the inputs, and which of its columns
Codes = dict[Place, dict[float, float]]


def numbered_otherwise(case: Case) -> str | None:
    """That held-out examples are as cheap as others once their codes are exchanged for others; None: they are not.

    For each code of a column the one is looked for with which half of the held-out examples cost least, and the other
    half is asked. Where held-out examples are of another kind, no exchange of codes makes up for it.
    """
    plain, held_out = data_loss(case), case.held_out
    if held_out is None or case.loss_of is None or not case.batches or held_out.size < FEWEST:
        return None
    every = joined(case.batches)
    known = loss_on(plain, case.now.model, every.first(ROWS))
    if not loss_on(plain, case.now.model, held_out.first(ROWS)) > WORSE * known > 0:
        return None
    rows = torch.arange(min(held_out.size, ROWS))
    chooses, judges = held_out.rows(rows[::2]), held_out.rows(rows[1::2])
    codes = _codes(every, held_out)
    if not codes or ROUNDS * sum(len(each) * len(own) for each, own in codes.values()) > MOST_LOOKS:
        return None
    chosen: Codes = {place: {code: code for code in theirs} for place, (theirs, _) in codes.items()}

    def cost(batch: Batch, new: Codes) -> float:
        return loss_on(plain, case.now.model, exchanged(batch, new))

    best = cost(chooses, chosen)
    for _ in range(ROUNDS):
        last = best
        for place, (theirs, own) in codes.items():
            for code in theirs:
                for other in own:
                    tried = {**chosen, place: {**chosen[place], code: other}}
                    if (value := cost(chooses, tried)) < best:
                        best, chosen = value, tried
        if best == last:
            break
    before, after, fresh = cost(judges, {}), cost(judges, chosen), loss_on(plain, case.start.model, judges)
    if not after - known < RENUMBERED * (before - known) or not after < LEARNT * fresh:
        return None
    count = sum(code != other for each in chosen.values() for code, other in each.items())
    sentence = (
        f"the held-out loss is {before:.3g}, and {after:.3g} once {count} of the numbers that stand for something"
    )
    return f"{sentence} are exchanged for others: they are numbered otherwise than in the training"


def exchanged(batch: Batch, codes: Codes) -> Batch:
    """The batch with other codes in these columns."""
    inputs = tensors((batch.inputs, batch.kwargs))
    new = {id(inputs[which]): inputs[which].clone() for which, _ in codes}
    for (which, column), pairs in codes.items():
        old, made = (_column(each, column) for each in (inputs[which], new[id(inputs[which])]))
        for code, other in pairs.items():
            if code != other:
                made[old == code] = other
    with_new = batch.map(lambda each: new.get(id(each), each))
    return batch._replace(inputs=with_new.inputs, kwargs=with_new.kwargs)


def _column(each: Tensor, column: int | None) -> Tensor:
    return each if column is None else each[:, column]


def _codes(every: Batch, held_out: Batch) -> dict[Place, tuple[list[float], list[float]]]:
    """The columns of few whole numbers: those that are held out, and those of the training."""
    found: dict[Place, tuple[list[float], list[float]]] = {}
    pairs = zip(*(tensors((each.inputs, each.kwargs)) for each in (held_out, every)), strict=True)
    for which, (held, own) in enumerate(pairs):
        if held.ndim not in (1, 2) or own.shape[1:] != held.shape[1:] or held.dtype == torch.bool:
            continue
        if len(held) != held_out.size or len(own) != every.size:
            continue
        for column in (None,) if held.ndim == 1 else range(held.shape[1]):
            theirs, ours = (_column(each, column).unique() for each in (held, own))
            whole = all(bool((each == each.round()).all()) for each in (theirs, ours))
            if whole and 1 < len(ours) <= MOST_CODES and len(theirs) <= MOST_CODES:
                found[which, column] = theirs.tolist(), ours.tolist()
    return found
