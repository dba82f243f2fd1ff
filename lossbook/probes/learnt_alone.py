"""Whether a copy learns a few examples that it is trained on alone."""

from __future__ import annotations

from typing import NamedTuple

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import train
from lossbook.probes.made_up import cost_of_one_answer
from lossbook.probes.paired import PAIRED

BY_HEART = 0.5  # last loss over that of knowing nothing, on twenty examples: runs that train at all reach 0.4
FASTER = 10.0  # times the learning rate, which twenty examples may need, though all of them do not


class Learnt(NamedTuple):
    """What a few examples cost before and after a copy has learnt them alone, and if all of them get one answer."""

    first: float
    last: float
    nothing: float | None  #: None where the loss does not take such an answer

    @property
    def before(self) -> float:
        """What knowing nothing costs: a fresh model's loss can stand far above it, and then falls to it unlearnt."""
        return self.first if self.nothing is None else min(self.first, self.nothing)

    @property
    def share(self) -> float:
        """Of what knowing nothing costs."""
        return self.last / self.before if self.before else float("nan")

    @property
    def by_heart(self) -> bool:
        """Whether they are learnt."""
        return self.last < BY_HEART * self.before

    def __str__(self) -> str:
        chance = "" if self.nothing is None else f", where one answer for all costs {self.nothing:.3g}"
        return f"from {self.first:.3g} to {self.last:.3g}{chance}"


def alone(case: Case, some: Batch) -> Learnt:
    """A copy learns these alone; at ten times the rate, where they are not learnt at its own."""
    nothing = cost_of_one_answer(case, some)

    def learnt(lr_scale: float) -> Learnt:
        losses = train(case, case.start, PAIRED, batches=[some], lr_scale=lr_scale)[1]
        return Learnt(float(losses[0]), float(losses[-1]), nothing)

    own = learnt(1.0)
    if own.by_heart:
        return own
    faster = learnt(FASTER)
    return faster if faster.last < own.last else own
