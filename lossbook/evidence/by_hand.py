"""Weights that a loop moves by lines of its own, without an optimiser, and whether it clears their gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from torch import Tensor

from lossbook.evidence.looks import Mark, dense, mark

Grads = Sequence[Tensor | None]  # of each parameter, in their order

MOST = 64  #: moves that are looked at
FEWEST = 4  #: of them, from which on something is said
DOWNHILL = -0.5  #: cosine of a move and the gradients that were there: of plain steps -1, of noise 0
PLAIN = -0.999  #: the same, of steps that are nothing but a rate times the gradient
SAME = 0.01  #: relative difference of rates that are one


class ByHand:
    """The moves of weights between one backward pass and the next, of a training whose optimiser was not seen."""

    def __init__(self) -> None:
        self._left: list[bool] = []  # of each move, whether it went down gradients that are there still
        self._rates: list[float] = []  # of each move that was plain; else NaN
        self.forget()

    def forget(self) -> None:
        """The parameters are others, or an optimiser moves them."""
        self._weights: list[Tensor] = []
        self._grads: list[Tensor | None] = []
        self._marks: list[Mark | None] = []

    def backward_begins(self, weights: Iterable[Tensor], grads: Grads) -> None:
        """See whether the weights have moved since the last backward pass, and what is left of its gradients."""
        before, slopes, marks = self._weights, self._grads, self._marks
        self.forget()
        moves = [dense(now) - then for now, then in zip(weights, before, strict=False)]
        if not any(bool(move.any()) for move in moves):
            return
        self._rates.append(_rate([(m, slope) for m, slope in zip(moves, slopes, strict=False) if slope is not None]))
        left = [
            (move, dense(grad))
            for move, grad, old in zip(moves, grads, marks, strict=True)
            if grad is not None and not grad.is_sparse and old is not None and old == mark(grad)
        ]
        cosine = _cosine(left)
        if math.isfinite(cosine):
            self._left.append(cosine < DOWNHILL)

    def backward_ends(self, weights: Iterable[Tensor], grads: Grads) -> None:
        """Its gradients are there."""
        if len(self._left) < MOST:
            self._weights = [dense(each).clone() for each in weights]
            self._grads = [None if grad is None else dense(grad).clone() for grad in grads]
            self._marks = [mark(grad) for grad in grads]

    @property
    def share(self) -> float | None:
        """The share of the moves whose gradients were left for the next backward pass to add to."""
        return sum(self._left) / len(self._left) if len(self._left) >= FEWEST else None

    @property
    def rate(self) -> float | None:
        """The number that times the gradient is taken off the weights; None if the lines do anything else."""
        known = [rate for rate in self._rates if math.isfinite(rate)]
        if len(known) < max(FEWEST, len(self._rates)) or max(known) > (1 + SAME) * min(known):
            return None
        return sorted(known)[len(known) // 2]


def _rate(pairs: list[tuple[Tensor, Tensor]]) -> float:
    """How many times the gradient the weights moved, downhill; NaN if they moved in another way."""
    if not _cosine(pairs) < PLAIN:
        return math.nan
    sizes = [sum(float(each.float().square().sum()) for each in some) for some in zip(*pairs, strict=True)]
    return math.sqrt(sizes[0] / sizes[1])


def _cosine(pairs: list[tuple[Tensor, Tensor]]) -> float:
    """Of two lists of tensors; 0 if one of them is 0 throughout, and NaN if not all is finite."""
    both, first, second = 0.0, 0.0, 0.0
    for one, other in pairs:
        one, other = one.float(), other.float()
        both += float((one * other).sum())
        first += float(one.square().sum())
        second += float(other.square().sum())
    sizes = math.sqrt(first * second)
    return 0.0 if sizes == 0 else both / sizes
