"""Whether targets belong to their inputs: a model that was trained on some examples tells the others' targets apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, train
from lossbook.probes.entering import what_enters
from lossbook.probes.examples import data_loss, joined, marks
from lossbook.probes.mends_of_data import LARGE, size_of, standardised
from lossbook.probes.own_examples import Parts, parted

PAIRED = 120  # on the batches seen: what any healthy run needs to learn most of them, a warm-up of 50 steps included
LOOKED_AT = 8  # batches, where the trained model is asked
PART = 0.75  # of the batches are trained on, the others are asked
MOST_KNOWN = 0.1  # of the examples that are asked may have been trained on
HALF = 0.5  # of the examples of a batch
OWN = 0.6  # the loss over that of permuted targets, of examples that the model tells apart
TASKS, LEAST = 4, 16  # batches that are cut in halves, and the examples that each must hold
APART = 4.0  # times this share is that of held-out examples of another kind
PERMUTATIONS, SPREADS = 5, 3.0  # and of how many of their deviations lower the loss is no chance


class Pairing(NamedTuple):
    """What the batches cost with their targets, and with targets that have changed places within each batch."""

    given: float
    mixed: float  #: mean over the permutations
    spread: float  #: of them

    @property
    def share(self) -> float:
        """Near 1, if the model does not know which target belongs to which input."""
        return self.given / self.mixed if 0 < self.mixed < float("inf") else float("nan")

    @property
    def is_chance(self) -> bool:
        """Whether the targets as they are cost no less than others do by chance."""
        return self.given >= self.mixed - SPREADS * self.spread

    def __str__(self) -> str:
        return f"{self.given:.3g} with the labels as they are and {self.mixed:.3g} with permuted ones"


def pairing(case: Case, model: nn.Module, batches: Sequence[Batch], times: int = PERMUTATIONS) -> Pairing:
    """How well a model knows which target belongs to which input; of so many permutations."""
    plain, rng = data_loss(case), np.random.default_rng(0)
    given = float(np.mean([loss_on(plain, model, batch) for batch in batches]))
    mixed = [float(np.mean([loss_on(plain, model, _permuted(batch, rng)) for batch in batches])) for _ in range(times)]
    return Pairing(given, float(np.mean(mixed)), float(np.std(mixed, ddof=1)) if times > 1 else 0.0)


def among_themselves(case: Case, *, lr_scale: float = 1.0, steps: int = PAIRED) -> Pairing | None:
    """Train a copy on most of the batches, and ask it of the others; None if these hold the same examples."""
    parts = apart(case)
    if parts is None:
        return None
    trained, _ = train(case, case.start, steps, lr_scale=lr_scale, batches=parts[0])
    return pairing(case, trained.model, parts[1])


def in_plain_conditions(case: Case) -> str | None:
    """In which conditions a copy tells unseen examples' targets apart, though not in its own; None if in none.

    Another term of the loss may drown that of the targets; of inputs that are far too large a net hardly sees how they
    differ.
    """
    plain = dict[str, Case]()
    if case.loss is not None and (case.penalty is not None or case.seen.whole_loss is False):
        plain["with the loss of outputs and targets alone"] = data_loss(case)
    x = joined(case.batches).x
    entering = [x] if x is not None else [*what_enters(case).values()]
    if any(size_of(each) > LARGE for each in entering):
        plain["with standardised inputs"] = standardised(case).case
    for words, other in plain.items():
        found = among_themselves(other)
        if found is not None and found.share < OWN and not found.is_chance:
            return f"{words} it is {found}"
    return None


def within_batches(case: Case) -> Pairing | None:
    """Train a copy on one half of each of some batches, and ask it of the other half; None if batches are too small.

    Where each batch is a task of its own, as in learning from few examples, nothing holds from one to the next.
    """
    rng = np.random.default_rng(0)
    cut = [_cut(batch, rng) for batch in case.batches[:TASKS] if batch.size >= LEAST]
    if not cut:
        return None
    known = [train(case, case.start, PAIRED // 2, batches=[half])[0].model for half, _ in cut]
    each = [pairing(case, model, [other]) for model, (_, other) in zip(known, cut, strict=True)]
    given, mixed, spread = (np.array(column) for column in zip(*each, strict=True))
    return Pairing(float(given.mean()), float(mixed.mean()), float(np.sqrt((spread**2).sum())) / len(each))


def _cut(batch: Batch, rng: np.random.Generator) -> tuple[Batch, Batch]:
    """Two halves of a batch, each in the old order."""
    order, half = torch.from_numpy(rng.permutation(batch.size)), batch.size // 2
    return batch.rows(order[:half].sort().values), batch.rows(order[half:].sort().values)


def apart(case: Case) -> Parts | None:
    """Batches to train on, and others to be asked; dealt anew, where the batches hold all examples more than once."""
    return halves(case) or parted(case)


def halves(case: Case) -> Parts | None:
    """Batches to train on, and others of the same epoch to be asked; None if too many examples are in both."""
    in_epoch = case.seen.in_data
    batches = _before_all_came_again(case.batches) if in_epoch is None else case.batches[:in_epoch]
    cut = int(PART * len(batches))
    first, others = batches[:cut], batches[cut:]
    if cut < 1 or not others:
        return None
    known = set[bytes]().union(*map(marks, first))
    asked = [mark for batch in others for mark in marks(batch)]
    return Parts(first, others) if asked and np.mean([mark in known for mark in asked]) <= MOST_KNOWN else None


def _before_all_came_again(batches: tuple[Batch, ...]) -> tuple[Batch, ...]:
    """The batches before the first one most of whose examples came before: that is where an epoch ends."""
    known = set[bytes]()
    for number, batch in enumerate(batches):
        here = marks(batch)
        if here and np.mean([mark in known for mark in here]) > HALF:
            return batches[:number]
        known |= set(here)
    return batches


def how_many_came(case: Case) -> int:
    """Different examples in all the batches."""
    return len(set[bytes]().union(*map(marks, case.batches)))


def _permuted(batch: Batch, rng: np.random.Generator) -> Batch:
    y: Tensor = batch.target
    return batch._replace(target=y[torch.from_numpy(rng.permutation(len(y))).to(y.device)])


def few(case: Case, n: int) -> Batch:
    """The first examples, of as many batches as it takes, where these have one form."""
    batch = case.batches[0]
    return batch.first(n) if batch.size >= n else joined(case.batches).first(n)


def strangers_to(case: Case) -> str | None:
    """That held-out examples cost the trained model more than a fresh one, though it knows its own kind well.

    Its own kind are those that it was trained on, and, of a copy, others of the same batches. Of the held-out examples
    it hardly knows which target belongs to which. None: this is not so.
    """
    held_out, y = case.held_out, case.batches[0].target
    if held_out is None or not isinstance(y, Tensor) or not isinstance(held_out.target, Tensor) or y.ndim == 0:
        return None
    if case.loss_of is None or held_out.target.ndim != y.ndim or not case.start.optimizers:
        return None
    held = pairing(case, case.now.model, [held_out])
    fresh = loss_on(data_loss(case), case.start.model, held_out)
    if not (
        held.share > OWN and held.given > fresh and pairing(case, case.now.model, case.batches).share < OWN / APART
    ):
        return None
    own = among_themselves(case)
    if own is None or not own.share < held.share / APART:
        return None
    sentence = f"the held-out loss is {held}, and {fresh:.3g} of the fresh model; of examples from the batches"
    return f"{sentence} that a copy was not trained on it is {own}"
