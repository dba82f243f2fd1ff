"""Which cause is to be mended first: facts before trials before statistics, a cause before what follows from it.

What follows from what says ``ALSO``. Besides, no setting makes a test positive that looks at the fresh model, the data
and the loss alone: where another setting helps, too, it makes up for what that test has seen. And steps that are too
long kill units, and are shortened by a larger epsilon. A loss that was turned round has no lowest value, and the less a
setting moves the weights, the longer it stays finite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from lossbook.diagnosis.suspicion import KINDS, Suspicion
from lossbook.probes import ALSO

#: causes whose test looks at the fresh model, the data and the loss alone
OF_THE_START = (
    *("unscaled-inputs", "unscaled-targets", "sum-reduction", "loss-terms-unbalanced", "data-not-shuffled"),
    *("bad-init-scale", "vanishing-gradients", "exploding-gradients"),
)
#: causes in settings that make up for another one, or which another one makes harmful
SETTINGS = (
    *("lr-too-high", "lr-too-low", "no-warmup", "momentum-too-high", "adam-betas", "adam-eps"),
    *("weight-decay-too-strong", "capacity-too-small"),
)
#: what a training does whose steps are too long, though it had none of it at the start
OF_LONG_STEPS = ("dead-relu", "adam-eps")
#: what leaves a net where it began, or lets it do what another term wants
OF_NO_MOVE = ("lr-too-high", "parameters-not-optimized", "loss-terms-unbalanced")
EXPLAINS = (
    frozenset(ALSO)
    | {(cause, setting) for cause in OF_THE_START for setting in SETTINGS}
    | {("lr-too-high", other) for other in OF_LONG_STEPS}
    | {("loss-sign-flipped", setting) for setting in SETTINGS}
    | {(cause, "labels-misaligned") for cause in OF_NO_MOVE}  # what learns nothing tells right labels from others not
    | {("dead-relu", "lr-too-low")}  # a layer that is all off comes back only by steps that are far too long
    | {("class-imbalance", "labels-misaligned")}  # who gives the frequent class to all learns no label of a rare one
    | {("labels-misaligned", "overfitting")}  # labels of other examples can only be learnt by heart
    | {("preprocessing-mismatch", "overfitting")}  # what is prepared otherwise costs the more, the surer a model is
    | {
        ("target-leak", other) for other in ("overfitting", "preprocessing-mismatch")
    }  # held-out examples have no answer
    | {("loss-term-lost", "target-leak")}  # what is left of the loss may be the part that is easy
    | {("representation-collapse", "degenerate-targets")}  # pairs that are all to be alike, whoever says so
    | {("softmax-before-cross-entropy", "wrong-loss")}  # a loss of squashed logits pulls nothing that is sure
    | {("wrong-loss", "loss-sign-flipped")}  # numbers of classes are met by other outputs than theirs
)


class Ranked(NamedTuple):
    """A suspicion in its place."""

    suspicion: Suspicion
    follows: str | None  #: the cause from which it follows, which stands before it


def ranked(
    suspicions: Iterable[Suspicion],
    also: Collection[tuple[str, str]] = EXPLAINS,
    *,
    loop_first: bool = False,
) -> list[Ranked]:
    """The suspicions, what is to be mended first in front, and behind each what follows from it.

    Args:
        suspicions: one for each cause, in any order.
        also: pairs (cause, other): where the cause is, the test of the other one is positive too.
        loop_first: the plain lines learn, and the program did not: faults of the loop stand in front.
    """
    given = list(suspicions)
    places = {one.cause: place for place, one in enumerate(given)}
    kinds = list(KINDS)

    def order(one: Suspicion) -> tuple[bool, int, float, int]:
        return not (loop_first and one.in_loop), kinds.index(one.kind), -one.gain, places[one.cause]

    given.sort(key=order)
    leads_to = {one.cause: _reached(one.cause, set(places), also) for one in given}

    def before(one: Suspicion, other: Suspicion) -> bool:
        """Of two that lead to each other, the one that is in front is the cause."""
        return other.cause in leads_to[one.cause] and (
            one.cause not in leads_to[other.cause] or order(one) < order(other)
        )

    roots = [one for one in given if not any(before(other, one) for other in given)]
    below = {one.cause: next(root.cause for root in roots if before(root, one)) for one in given if one not in roots}
    return [
        place
        for root in roots
        for place in (
            Ranked(root, None),
            *(Ranked(one, root.cause) for one in given if below.get(one.cause) == root.cause),
        )
    ]


def _reached(cause: str, there: Collection[str], also: Collection[tuple[str, str]]) -> set[str]:
    """The causes to which this one leads, by way of those that are there."""
    reached, todo = set[str](), [cause]
    while todo:
        here = todo.pop()
        new = {other for one, other in also if one == here and other in there} - reached - {cause}
        reached |= new
        todo += new
    return reached
